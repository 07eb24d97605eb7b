//! Several files written together: all of them, or none.
//!
//! Each grows beside the file that it is to become. What is there gives way only when all are finished, and comes back if one of them can't
//! be put in its place.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::model::display_path;

/// Writes each text to its path. Where a link leads to a file, that file is written.
pub(super) fn write(files: &[(&Path, String)]) -> Result<(), Error> {
    let mut parts = Vec::new();
    for (path, text) in files {
        parts.push(Part::of(path, text.as_bytes()).map_err(|source| failed(path, source))?);
    }
    let mut done: Vec<Part> = Vec::new();
    for (part, (path, _)) in parts.into_iter().zip(files) {
        if let Err(source) = fs::rename(&part.beside, &part.target) {
            for before in done {
                before.take_back();
            }
            return Err(failed(path, source));
        }
        done.push(part);
    }
    Ok(())
}

/// A file that grows, and is gone if it does not get a better name.
struct Part {
    target: PathBuf,
    beside: PathBuf,
    /// What the target held; none if it was not there.
    before: Option<Vec<u8>>,
}

impl Part {
    fn of(path: &Path, text: &[u8]) -> io::Result<Self> {
        let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let before = match fs::read(&target) {
            Ok(before) => Some(before),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut name = OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(format!(".{}.part", std::process::id()));
        let part = Self {
            beside: target.with_file_name(name),
            target,
            before,
        };
        part.put(text)?;
        Ok(part)
    }

    fn put(&self, text: &[u8]) -> io::Result<()> {
        let mut file = File::create_new(&self.beside)?;
        file.write_all(text)?;
        if let Ok(before) = self.target.metadata() {
            file.set_permissions(before.permissions())?;
        }
        file.sync_all()
    }

    /// Puts back what was there. Where that fails as well, the failure that is told is the first one.
    fn take_back(&self) {
        let _ = match &self.before {
            Some(before) => self
                .put(before)
                .and_then(|()| fs::rename(&self.beside, &self.target)),
            None => fs::remove_file(&self.target),
        };
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // after a rename there is none
        let _ = fs::remove_file(&self.beside);
    }
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Io {
        path: display_path(path.as_os_str().as_encoded_bytes()),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn all_are_written_or_none() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| scratch.path().join(name);
        fs::write(path("a"), "old").unwrap();
        write(&[
            (&path("a"), "new".to_owned()),
            (&path("b"), "made".to_owned()),
        ])
        .unwrap();
        assert_eq!(fs::read(path("a")).unwrap(), b"new");
        assert_eq!(names(scratch.path()), ["a", "b"]);
        // a folder that is not empty can't be replaced by a file
        fs::create_dir(path("c")).unwrap();
        fs::write(path("c").join("x"), "").unwrap();
        let failed = write(&[
            (&path("a"), "newer".to_owned()),
            (&path("d"), "made".to_owned()),
            (&path("c"), "x".to_owned()),
        ]);
        assert!(failed.is_err());
        assert_eq!(fs::read(path("a")).unwrap(), b"new");
        assert_eq!(names(scratch.path()), ["a", "b", "c"]);
        // what is put in place before the one that fails is taken back
        let part = Part::of(&path("a"), b"newest").unwrap();
        fs::rename(&part.beside, &part.target).unwrap();
        part.take_back();
        assert_eq!(fs::read(path("a")).unwrap(), b"new");
    }
}
