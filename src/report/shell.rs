//! Paths inside commands that somebody is going to paste: quoted for a POSIX shell, literal for git.

use std::fmt::Write as _;

use super::term;

/// `text` as one word of a shell command. Bytes that are no text, and characters that a terminal must not get, are written as
/// `$'\xNN'`, which every shell but the plainest takes.
pub fn word(text: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(byte);
    if !text.is_empty() && text.iter().all(plain) {
        return String::from_utf8_lossy(text).into_owned();
    }
    match std::str::from_utf8(text) {
        Ok(text) if !text.chars().any(term::is_hazard) => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => escaped(text),
    }
}

fn escaped(text: &[u8]) -> String {
    let mut out = String::from("$'");
    let hex = |out: &mut String, bytes: &[u8]| {
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    };
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' | '\\' => out.extend(['\\', c]),
                _ if term::is_hazard(c) => hex(&mut out, c.encode_utf8(&mut [0; 4]).as_bytes()),
                _ => out.push(c),
            }
        }
        hex(&mut out, chunk.invalid());
    }
    out.push('\'');
    out
}

/// `text` and a newline as the format of a `printf`.
pub(super) fn format(text: &[u8]) -> String {
    let mut format = Vec::with_capacity(text.len() + 4);
    for &byte in text {
        match byte {
            b'\n' => format.extend_from_slice(br"\n"),
            b'%' | b'\\' => format.extend_from_slice(&[byte, byte]),
            _ => format.push(byte),
        }
    }
    format.extend_from_slice(br"\n");
    word(&format)
}

/// `path`, from the top of the work tree, as an argument of git that names this file and no other. `below` says that the
/// command is going to be given in another folder.
pub fn pathspec(path: &[u8], below: bool) -> String {
    let magic = path.starts_with(b":") || path.iter().any(|byte| b"*?[\\".contains(byte));
    let prefix: &[u8] = match (below, magic) {
        (false, false) => b"",
        (true, false) => b":/",
        (false, true) => b":(literal)",
        (true, true) => b":(top,literal)",
    };
    word(&[prefix, path].concat())
}

/// `path`, from the top of the work tree, as a line of `.gitignore` there.
pub fn ignore_pattern(path: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(path.len() + 2);
    if path.contains(&b'/') {
        pattern.push(b'/');
    }
    for (at, &byte) in path.iter().enumerate() {
        let is_sign = b"*?[\\".contains(&byte) || at == 0 && b"#!".contains(&byte);
        // a blank at the end would be cut off
        if is_sign || byte == b' ' && at + 1 == path.len() {
            pattern.push(b'\\');
        }
        pattern.push(byte);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_needed() {
        for (text, quoted) in [
            (&b"config/mail.rb"[..], "config/mail.rb"),
            (b"a b", "'a b'"),
            (b"it's", r"'it'\''s'"),
            (b"$(x)", "'$(x)'"),
            ("größe".as_bytes(), "'größe'"),
            (b"", "''"),
            (b"a\nb'\\", r"$'a\x0ab\'\\'"),
            (b"\xff", r"$'\xff'"),
            ("a\u{202e}b".as_bytes(), r"$'a\xe2\x80\xaeb'"),
        ] {
            assert_eq!(word(text), quoted);
        }
    }

    #[test]
    fn git_takes_a_path_for_itself() {
        assert_eq!(pathspec(b"a.rb", false), "a.rb");
        assert_eq!(pathspec(b"a.rb", true), ":/a.rb");
        assert_eq!(pathspec(b"a[1].rb", false), "':(literal)a[1].rb'");
        assert_eq!(pathspec(b":a", true), "':(top,literal):a'");
    }

    #[test]
    fn an_ignored_name_means_itself() {
        assert_eq!(ignore_pattern(b".env"), b".env");
        assert_eq!(ignore_pattern(b"web/.env"), b"/web/.env");
        assert_eq!(ignore_pattern(b"#a*b "), br"\#a\*b\ ");
        assert_eq!(format(b"\n/a%\\b"), r"'\n/a%%\\b\n'");
    }
}
