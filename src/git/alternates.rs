//! The lines of `objects/info/alternates`: other object directories that a repository borrows from.
//!
//! Where they lead is found out elsewhere.

use std::ffi::OsString;
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

/// Where `GIT_ALTERNATE_OBJECT_DIRECTORIES` leads: lines as above, in one list. What is in quotes may hold what parts the others.
pub(super) fn listed(list: OsString) -> Vec<PathBuf> {
    let list = list.into_encoded_bytes();
    let separator = if cfg!(windows) { b';' } else { b':' };
    let mut paths = Vec::new();
    let mut rest = list.as_slice();
    while !rest.is_empty() {
        let quoted = closing_quote(rest).unwrap_or(0);
        let end = rest[quoted..].iter().position(|byte| *byte == separator);
        let end = end.map_or(rest.len(), |end| quoted + end);
        paths.extend(alternate(&rest[..end]));
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    paths
}

/// Where the quotes end with which `text` begins, one past their last byte.
fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    let inner = text.strip_prefix(b"\"")?;
    let end = inner.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    })?;
    Some(end + 2)
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
    #[cfg(unix)]
    fn a_list_of_alternates_is_parted_by_colons() {
        for (list, paths) in [
            ("", &[][..]),
            ("/a", &["/a"]),
            ("/a:b::/c", &["/a", "b", "/c"]),
            ("\"/a:b\\\"\":/c", &["/a:b\"", "/c"]),
            ("\"/a:b", &["\"/a", "b"]),
        ] {
            let expected: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            assert_eq!(listed(list.into()), expected, "{list}");
        }
    }

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
