//! The baseline of a repository as a file: where it is, how it is read and written, and which key goes with it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::baseline::{Baseline, BaselineError, FILE_NAME, KeyPlace, LARGEST};
use crate::config::{self, BaselineChoice, Input};
use crate::error::Error;
use crate::model::{FingerprintKey, display_path};
use crate::regular::{self, Links, Opened};

/// The variable that holds a key which is not to lie in the repository.
pub(in crate::app) const KEY_VARIABLE: &str = "WAXSEAL_FINGERPRINT_KEY";

/// Shortest key that the variable may hold. Bytes. A word that somebody made up could be guessed from the id of the key.
const SHORTEST_KEY: usize = 32;

/// Most bytes of a file that are read for its first line.
const LONGEST_HEAD: u64 = 4096;

/// The key of the fingerprints of a run, and the baseline that it goes by.
#[derive(Debug)]
pub(in crate::app) struct Standing {
    /// The key.
    pub(in crate::app) key: FingerprintKey,
    /// The baseline, if there is one.
    pub(in crate::app) baseline: Option<Named>,
    /// What is to be said of the key, if anything.
    pub(in crate::app) note: Option<String>,
}

/// A baseline and what to call it.
#[derive(Debug)]
pub(in crate::app) struct Named {
    /// The file, as it is shown in reports.
    pub(in crate::app) name: String,
    /// What it says.
    pub(in crate::app) baseline: Baseline,
}

impl Standing {
    /// What counts for a scan of `input`.
    pub(in crate::app) fn of(input: &Input, choice: &BaselineChoice) -> Result<Self, Error> {
        // looking for it costs more than reading it
        let root = match &choice.file {
            Some(_) => None,
            None => config::root(input),
        };
        Self::in_folder(root.as_deref(), choice)
    }

    /// The same for a scan by the files at the top of the work tree `root`, if there is one.
    pub(in crate::app) fn in_folder(
        root: Option<&Path>,
        choice: &BaselineChoice,
    ) -> Result<Self, Error> {
        if choice.off {
            let head = match root {
                Some(root) => head_in(root).map_err(|error| told(&error)),
                None => Ok(None),
            };
            return Self::off(head);
        }
        let file = match (&choice.file, root) {
            (Some(file), _) => Some(file.clone()),
            (None, Some(root)) => config::file_in(root, FILE_NAME, "--baseline")?,
            (None, None) => None,
        };
        let text = match &file {
            Some(path) => Some((shown(path), read(path)?)),
            None => None,
        };
        let mut standing = Self::by(text)?;
        if let (None, Some(found)) = (&choice.file, &mut standing.baseline) {
            // a report must not depend on where a clone was put
            FILE_NAME.clone_into(&mut found.name);
        }
        Ok(standing)
    }

    /// The same without a baseline, for a scan that is only to make fingerprints.
    pub(in crate::app) fn bare(key: &FingerprintKey) -> Self {
        Self {
            key: key.clone(),
            baseline: None,
            note: None,
        }
    }

    /// The same with the text of a baseline that was read elsewhere, and its name.
    pub(in crate::app) fn by(text: Option<(String, Vec<u8>)>) -> Result<Self, Error> {
        let given = key_of_environment()?;
        let Some((name, text)) = text else {
            return Ok(Self::bare(&given.unwrap_or_default()));
        };
        let baseline = Baseline::parse(text).map_err(|error| refused(&name, &error))?;
        let key = key(&baseline.header().key, given).map_err(|problem| Error::Config {
            file: name.clone(),
            problem,
        })?;
        Ok(Self {
            key,
            baseline: Some(Named { name, baseline }),
            note: None,
        })
    }

    /// The same with no baseline but its key, of which `text` is the beginning, or the reason why it can't be read. It lets nothing
    /// pass, so that a broken one keeps nobody from scanning; fingerprints only are others than usual then.
    pub(in crate::app) fn off(text: Result<Option<Vec<u8>>, String>) -> Result<Self, Error> {
        let given = key_of_environment()?;
        let head = text.and_then(|text| {
            let header = text.map(|text| Baseline::head(&text)).transpose();
            header.map_err(|error| error.to_string())
        });
        let found = match head {
            Ok(None) => return Ok(Self::bare(&given.unwrap_or_default())),
            Ok(Some(header)) => key(&header.key, given.clone()),
            Err(problem) => Err(problem),
        };
        Ok(found.map_or_else(
            |problem| Self {
                key: given.unwrap_or_default(),
                baseline: None,
                note: Some(format!(
                    "{FILE_NAME}: {problem}; without its key, fingerprints are others than those in it"
                )),
            },
            |key| Self::bare(&key),
        ))
    }
}

/// The beginning of the baseline in `root`, if there is one.
fn head_in(root: &Path) -> Result<Option<Vec<u8>>, Error> {
    let Some(path) = config::file_in(root, FILE_NAME, "--baseline")? else {
        return Ok(None);
    };
    let failed = |source| Error::Io {
        path: shown(&path),
        source,
    };
    let Opened::File(file, _) = regular::open(&path, Links::Follow).map_err(failed)? else {
        return Ok(None);
    };
    let mut text = Vec::new();
    file.take(LONGEST_HEAD)
        .read_to_end(&mut text)
        .map_err(failed)?;
    Ok(Some(text))
}

/// What `error` says, without the name of the file.
fn told(error: &Error) -> String {
    match error {
        Error::Config { problem, .. } => problem.clone(),
        Error::Io { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}

/// The key that belongs to a baseline whose header says that it is at `place`, where `given` is the one of the environment.
fn key(place: &KeyPlace, given: Option<FingerprintKey>) -> Result<FingerprintKey, String> {
    match (place, given) {
        (KeyPlace::Elsewhere(id), None) => Err(format!(
            "this baseline was made with a key that is not in it (key id {id}); set {KEY_VARIABLE} to that key"
        )),
        (place, Some(given)) if given.id() != place.id() => Err(format!(
            "this baseline was made with another key (key id {}) than the one in {KEY_VARIABLE} (key id {}), so that none of its entries \
             could match; {}",
            place.id(),
            given.id(),
            match place {
                KeyPlace::Here(_) => "it holds its own key: unset the variable",
                KeyPlace::Elsewhere(_) =>
                    "set the variable to the key that it was made with, or make it anew",
            }
        )),
        (KeyPlace::Here(key), _) => Ok(key.clone()),
        (KeyPlace::Elsewhere(_), Some(given)) => Ok(given),
    }
}

/// The key that the environment holds, if it holds one. Where a CI service hands out no secrets, the variable is empty.
pub(super) fn key_of_environment() -> Result<Option<FingerprintKey>, Error> {
    let key = std::env::var_os(KEY_VARIABLE).filter(|key| !key.is_empty());
    let Some(key) = key else {
        return Ok(None);
    };
    if key.len() < SHORTEST_KEY {
        return Err(Error::Usage(format!(
            "{KEY_VARIABLE} is shorter than {SHORTEST_KEY} characters; `openssl rand -hex 32` makes a good one"
        )));
    }
    Ok(Some(FingerprintKey::new(key.as_encoded_bytes())))
}

/// The text of the baseline at `path`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Io {
        path: shown(path),
        source,
    };
    let opened = regular::open(path, Links::Follow).map_err(failed)?;
    let Opened::File(file, size) = opened else {
        return Err(Error::Config {
            file: shown(path),
            problem: "this is no regular file".to_owned(),
        });
    };
    let mut text = Vec::new();
    if size <= LARGEST {
        text.reserve(usize::try_from(size).unwrap_or(0));
        // it may grow meanwhile
        file.take(LARGEST + 1)
            .read_to_end(&mut text)
            .map_err(failed)?;
    }
    if size.max(text.len() as u64) > LARGEST {
        return Err(refused(&shown(path), &BaselineError::TooLarge));
    }
    Ok(text)
}

/// Writes `text` to `path`, whole or not at all: what lies there gives way to a finished file only. Where a link leads to a file,
/// that file is written.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| Error::Io {
        path: shown(path),
        source,
    };
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let part = Part::beside(&target);
    let put = || {
        let mut file = File::create_new(&part.0)?;
        file.write_all(text.as_bytes())?;
        if let Ok(before) = target.metadata() {
            file.set_permissions(before.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&part.0, &target)
    };
    put().map_err(failed)
}

/// A file that grows, and is gone if it does not get a better name.
struct Part(PathBuf);

impl Part {
    fn beside(path: &Path) -> Self {
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}.part", std::process::id()));
        Self(path.with_file_name(name))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // after a rename there is none
        let _ = fs::remove_file(&self.0);
    }
}

/// Whether there is something called `path`, even a link to nothing.
pub(super) fn exists(path: &Path) -> Result<bool, Error> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::Io {
            path: shown(path),
            source,
        }),
    }
}

fn refused(name: &str, error: &BaselineError) -> Error {
    Error::Config {
        file: name.to_owned(),
        problem: error.to_string(),
    }
}

/// A path for people.
pub(super) fn shown(path: &Path) -> String {
    display_path(path.as_os_str().as_encoded_bytes())
}
