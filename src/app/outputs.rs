//! Report files: tried before a scan, written after it.
//!
//! A report that can't be written must be known before minutes of scanning, not after. And a report is there whole or
//! not at all: it is written beside the old one, which gives way only to a finished one.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::model::display_path;

/// Fails if a report could not be written to one of `paths`, or if two of them are the same file, of which only the last
/// report would be left. Leaves nothing behind: what lies there might be scanned.
pub(super) fn probe<'p>(paths: impl Iterator<Item = &'p PathBuf>) -> Result<(), Error> {
    let mut files = BTreeSet::new();
    for path in paths {
        let file = tried(path).map_err(|source| failed(path, source))?;
        if file.is_some_and(|file| !files.insert(file)) {
            let path = display_path(path.as_os_str().as_encoded_bytes());
            return Err(Error::Usage(format!(
                "{path} is named by more than one --format; give each a file of its own"
            )));
        }
    }
    Ok(())
}

/// Writes the report that `render` gives to `path`.
pub(super) fn write(
    path: &Path,
    render: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    written(path, render).map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Io {
        path: display_path(path.as_os_str().as_encoded_bytes()),
        source,
    }
}

/// What a path leads to.
enum Target {
    /// A file that is there; links are resolved, so that they stay.
    Old(PathBuf),
    /// A file that is to be made.
    New(PathBuf),
    /// A device or pipe, which is written to and never replaced, or a link to nothing.
    Other,
}

fn target(path: &Path) -> io::Result<Target> {
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => Err(ErrorKind::IsADirectory.into()),
        // /dev/stdout may be a file that a shell has opened and goes on writing to
        Ok(meta) if meta.is_file() && !path.starts_with("/dev") && !path.starts_with("/proc") => {
            Ok(Target::Old(path.canonicalize()?))
        }
        Ok(_) => Ok(Target::Other),
        Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => {
            Ok(Target::New(path.to_owned()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Target::Other),
        Err(error) => Err(error),
    }
}

/// The file that a report would be written to, by the one name that no other file has; none for a device or pipe, which may
/// well take several.
fn tried(path: &Path) -> io::Result<Option<PathBuf>> {
    match target(path)? {
        // opening a pipe would wait for its reader, or end what it reads
        Target::Other => Ok(None),
        Target::Old(path) => {
            File::options().write(true).open(&path)?;
            Ok(Some(path))
        }
        Target::New(path) => {
            let beside = beside(&path);
            File::create_new(&beside)?;
            let folder = beside.canonicalize();
            fs::remove_file(beside)?;
            Ok(Some(
                folder?.with_file_name(path.file_name().unwrap_or_default()),
            ))
        }
    }
}

fn written(path: &Path, render: impl Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let put = |file: &File| {
        let mut out = BufWriter::new(file);
        render(&mut out)?;
        out.flush()
    };
    let (path, permissions) = match target(path)? {
        Target::Other => return put(&File::create(path)?),
        Target::Old(path) => {
            let permissions = path.metadata()?.permissions();
            (path, Some(permissions))
        }
        Target::New(path) => (path, None),
    };
    let beside = beside(&path);
    let file = match File::create_new(&beside) {
        Ok(file) => file,
        // a file may be written to in a folder that takes no new ones
        Err(error) if permissions.is_some() && error.kind() == ErrorKind::PermissionDenied => {
            return put(&File::create(path)?);
        }
        Err(error) => return Err(error),
    };
    let done = put(&file)
        .and_then(|()| permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions)))
        .and_then(|()| fs::rename(&beside, &path));
    if done.is_err() {
        // the failure that is told is the first one
        let _ = fs::remove_file(&beside);
    }
    done
}

/// The name under which a report grows. Another run may write the same one at the same time.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}
