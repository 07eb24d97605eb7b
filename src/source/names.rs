//! File names as bytes, and back.
//!
//! On Unix a name is bytes and nothing is lost. Elsewhere a name that is not Unicode is shown with
//! replacement characters, and separators are turned into `/`. Nothing here touches the disk.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// `path` as `/`-separated bytes.
#[cfg(unix)]
pub(super) fn bytes(path: &Path) -> Cow<'_, [u8]> {
    use std::os::unix::ffi::OsStrExt;
    Cow::Borrowed(path.as_os_str().as_bytes())
}

/// `path` as `/`-separated bytes.
#[cfg(not(unix))]
pub(super) fn bytes(path: &Path) -> Cow<'_, [u8]> {
    Cow::Owned(path.to_string_lossy().replace('\\', "/").into_bytes())
}

/// The relative path that `bytes` name.
#[cfg(unix)]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// The relative path that `bytes` name.
#[cfg(not(unix))]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::new(&*String::from_utf8_lossy(bytes)))
}

/// What precedes the names below a PATH: nothing for `.`, else the PATH with a slash at its end.
pub(super) fn prefix(path: &Path) -> Vec<u8> {
    let mut prefix = shown(path);
    if !prefix.is_empty() && prefix != b"/" {
        prefix.push(b'/');
    }
    prefix
}

/// A PATH as the user typed it, without `./` before it and slashes after it; empty for `.`.
pub(super) fn shown(path: &Path) -> Vec<u8> {
    let bytes = bytes(path);
    let mut rest: &[u8] = &bytes;
    while let Some(shorter) = rest.strip_prefix(b"./") {
        let slashes = shorter.iter().take_while(|&&byte| byte == b'/').count();
        rest = &shorter[slashes..];
    }
    while rest.len() > 1 {
        match rest.strip_suffix(b"/").or_else(|| rest.strip_suffix(b"/.")) {
            Some([]) => return b"/".to_vec(),
            Some(shorter) => rest = shorter,
            None => break,
        }
    }
    if rest == b"." {
        Vec::new()
    } else {
        rest.to_vec()
    }
}
