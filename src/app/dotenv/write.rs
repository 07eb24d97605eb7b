//! Files read and written with care: regular ones only, each written whole or not at all, and none over another.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::regular::{self, Links};

/// Longest file that is read, in bytes. Real ones have a few hundred lines.
const LONGEST: u64 = 1 << 20;

/// What became of a file that was to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It is there.
    Done,
    /// Something else has its name.
    Taken,
}

/// The bytes of the regular file at `path`. A symbolic link is none.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    regular::read(path, Links::Refuse, LONGEST)
}

/// Makes the file `path` with `content`, unless there is something of that name.
pub(super) fn create(path: &Path, content: &[u8]) -> io::Result<Written> {
    let part = Part::write(path, content)?;
    // unlike a rename, a second name is never given over another file
    match fs::hard_link(&part.path, path) {
        Ok(()) => Ok(Written::Done),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Written::Taken),
        // not every file system has second names
        Err(_) => {
            let mut file = match File::options().write(true).create_new(true).open(path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    return Ok(Written::Taken);
                }
                file => file?,
            };
            file.write_all(content)?;
            file.sync_all()?;
            Ok(Written::Done)
        }
    }
}

/// Adds `lines` at the end of the ignore file `path`, which may not be there yet.
pub(super) fn append(path: &Path, lines: &[Vec<u8>]) -> io::Result<()> {
    let before = match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
        Ok(meta) if meta.is_symlink() => {
            let problem = "it is a symbolic link, which git does not follow; make it a file first";
            return Err(io::Error::new(ErrorKind::InvalidData, problem));
        }
        Ok(meta) => Some((read(path)?, meta.permissions())),
    };
    let mut content = Vec::new();
    if let Some((bytes, _)) = &before {
        content.extend_from_slice(bytes);
    }
    let end: &[u8] = if content.windows(2).any(|pair| pair == b"\r\n") {
        b"\r\n"
    } else {
        b"\n"
    };
    if !content.is_empty() && !content.ends_with(b"\n") {
        content.extend_from_slice(end);
    }
    for line in lines {
        content.extend_from_slice(line);
        content.extend_from_slice(end);
    }
    let part = Part::write(path, &content)?;
    if let Some((_, permissions)) = before {
        fs::set_permissions(&part.path, permissions)?;
    }
    fs::rename(&part.path, path)
}

/// A file beside the one that is meant, until that one is whole.
struct Part {
    path: PathBuf,
}

impl Part {
    fn write(path: &Path, content: &[u8]) -> io::Result<Self> {
        let mut name = OsString::from(path.file_name().unwrap_or_default());
        name.push(format!(".{}.part", std::process::id()));
        let path = path.with_file_name(name);
        let mut file = File::options().write(true).create_new(true).open(&path)?;
        let part = Self { path };
        file.write_all(content)?;
        file.sync_all()?;
        Ok(part)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // after a rename there is none
        let _ = fs::remove_file(&self.path);
    }
}
