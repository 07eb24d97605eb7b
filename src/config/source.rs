//! Texts of configuration and rule files: whose they are, and how they are read from disk.
//!
//! Only regular files of a bounded size are read, so that a pipe, a device or a gigabyte under the right name is an error that says
//! so. Nothing here knows what is in them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::model::display_path;
use crate::regular::{self, Links};

/// Largest configuration or rule file that is read. Bytes.
pub const LARGEST: usize = 4 << 20;

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The repository's that is scanned: whoever writes there has written it.
    Repository,
    /// One that `--config` or `WAXSEAL_CONFIG` names.
    Named,
    /// The one in the user's own configuration folder.
    Own,
}

/// A file and what is in it.
#[derive(Clone, Debug)]
pub struct Text {
    /// What it is called in messages.
    pub name: String,
    /// What is in it.
    pub text: String,
    /// Whose it is.
    pub origin: Origin,
    /// Whether it was meant to be TOML, so that it may be quoted.
    is_toml: bool,
}

impl Text {
    /// The text of a file called `path`, shown as `name`. Fails where `bytes` are none that a configuration could hold.
    pub fn new(path: &Path, name: String, bytes: Vec<u8>, origin: Origin) -> Result<Self, Error> {
        let refused = |problem: String| Error::Config {
            file: name.clone(),
            problem,
        };
        if bytes.len() > LARGEST {
            return Err(refused(too_large()));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            refused(format!("it is not UTF-8, from byte {} on", at + 1))
        })?;
        Ok(Self {
            is_toml: path.extension().is_some_and(|ending| ending == "toml"),
            name,
            text,
            origin,
        })
    }

    /// Whether it was meant to be TOML.
    pub fn is_toml(&self) -> bool {
        self.is_toml
    }
}

/// That a file is too large.
pub fn too_large() -> String {
    format!(
        "larger than {} MiB, which is more than a configuration or rule file holds",
        LARGEST >> 20
    )
}

/// Reads the file at `path`.
pub fn read(path: &Path, origin: Origin) -> Result<Text, Error> {
    let name = display_path(path.as_os_str().as_encoded_bytes());
    let refused = |problem: String| Error::Config {
        file: name.clone(),
        problem,
    };
    // what can't be reached says so in the system's words
    let meta = std::fs::metadata(path).map_err(|source| Error::Io {
        path: name.clone(),
        source,
    })?;
    if meta.is_dir() {
        return Err(refused("this is a folder; name the file in it".to_owned()));
    }
    if !meta.is_file() {
        return Err(refused(
            "this is no regular file, such as a pipe or a device".to_owned(),
        ));
    }
    if meta.len() > LARGEST as u64 {
        return Err(refused(too_large()));
    }
    match regular::read(path, Links::Follow, LARGEST as u64) {
        Ok(bytes) => Text::new(path, name, bytes, origin),
        Err(source) => Err(Error::Io { path: name, source }),
    }
}

/// The file `name` in `root`, which says how a scan is done. One that is there and can't be used is an error and never as good
/// as none: a scan that goes by other rules than the repository asks for must not pass for the one that was meant. Pipes are not
/// opened. `option` reads one from anywhere.
pub fn file_in(root: &Path, name: &str, option: &str) -> Result<Option<PathBuf>, Error> {
    let file = root.join(name);
    let name = || display_path(file.as_os_str().as_encoded_bytes());
    let failed = |source| Error::Io {
        path: name(),
        source,
    };
    match file.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(_) => {}
    }
    let real = file.canonicalize().map_err(failed)?;
    // the top of a work tree may be known by a name that leads through a link itself
    let top = root.canonicalize().map_err(failed)?;
    let problem = if !real.starts_with(&top) {
        format!(
            "this symbolic link leads out of the repository; {option} reads a file from anywhere"
        )
    } else if !real.metadata().map_err(failed)?.is_file() {
        "this is no regular file".to_owned()
    } else {
        return Ok(Some(file));
    };
    Err(Error::Config {
        file: name(),
        problem,
    })
}

/// Where the user's own configuration file is, if it is there. Not in a place that the current folder decides.
pub fn own() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|dir| !dir.is_empty());
    let base = set("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        home.map(|home| home.join(".config"))
    })?;
    let file = base.join("waxseal").join("config.toml");
    (base.is_absolute() && file.symlink_metadata().is_ok()).then_some(file)
}
