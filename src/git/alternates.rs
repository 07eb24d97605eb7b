//! The lines of `objects/info/alternates`: other object directories that a repository borrows from.
//!
//! Where they lead is found out elsewhere.

use std::path::PathBuf;

/// Where a line of `alternates` leads; nothing for a comment. A quoted path is left as it stands if its quoting is broken, as git
/// does.
pub(super) fn alternate(line: &[u8]) -> Option<PathBuf> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() || line.starts_with(b"#") {
        return None;
    }
    let path = unquoted(line).unwrap_or_else(|| line.to_owned());
    Some(path_from(path))
}

/// The text of a path in git's quotes; none if it is not in quotes.
fn unquoted(line: &[u8]) -> Option<Vec<u8>> {
    let inner = line.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let mut text = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            text.push(byte);
            continue;
        }
        text.push(match bytes.next()? {
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            other @ (b'"' | b'\\') => other,
            high @ b'0'..=b'3' => {
                let mut digit = || bytes.next().filter(|digit| (b'0'..=b'7').contains(digit));
                (high - b'0') * 64 + (digit()? - b'0') * 8 + (digit()? - b'0')
            }
            _ => return None,
        });
    }
    Some(text)
}

#[cfg(unix)]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_alternates_may_be_quoted() {
        for (line, path) in [
            ("/a/b c", Some("/a/b c")),
            ("# /a", None),
            ("", None),
            ("\"/a\\\\b\\n\\101\"", Some("/a\\b\nA")),
            ("\"/a\\", Some("\"/a\\")),
        ] {
            assert_eq!(
                alternate(line.as_bytes()),
                path.map(PathBuf::from),
                "{line}"
            );
        }
    }
}
