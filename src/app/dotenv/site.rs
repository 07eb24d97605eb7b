//! Where `.env` files lie, which of them git tracks, and which ignore lines are missing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::git::{Ground, Index, Kind, WorkTree};
use crate::model::display_path;
use crate::report;
use crate::scan::assignment::Lang;
use crate::scan::{Dotenv, PathClass};
use crate::source::IgnoreRules;

/// A `.env` file on disk.
#[derive(Debug)]
pub(super) struct Live {
    /// Where it is, absolute.
    pub(super) path: PathBuf,
    /// Its path from the top of the work tree, `/`-separated.
    within: Vec<u8>,
}

impl Live {
    /// Where its sample belongs: `.env.local` has that of `.env`, `shop.env` one of its own.
    pub(super) fn sample(&self) -> PathBuf {
        let name = bytes(Path::new(self.path.file_name().unwrap_or_default()));
        let stem = if name.starts_with(b".env") && !name.starts_with(b".envrc") {
            ".env".to_owned()
        } else {
            String::from_utf8_lossy(&name).into_owned()
        };
        self.path.with_file_name(format!("{stem}.example"))
    }
}

/// A folder of a work tree, or one file in it, with what matters here.
#[derive(Debug)]
pub(super) struct Site {
    tree: WorkTree,
    /// Those in the folder, in the order of their names.
    live: Vec<Live>,
    /// Names of the samples in the folder.
    samples: Vec<Vec<u8>>,
    /// Tracked ones in the folder and below, by their path from the top.
    pub(super) tracked: Vec<Vec<u8>>,
    /// Why something of the folder was left out.
    pub(super) left_out: Vec<String>,
}

impl Site {
    /// What `path` means: a folder, or one `.env` file.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let name = display_path(path.as_os_str().as_encoded_bytes());
        let io = |source: io::Error| Error::Io {
            path: name.clone(),
            source,
        };
        let usage = |problem: String| Error::Usage(problem);
        let meta = fs::symlink_metadata(path).map_err(io)?;
        let is_folder = fs::metadata(path).is_ok_and(|meta| meta.is_dir());
        if meta.is_symlink() && !is_folder {
            return Err(usage(format!(
                "{name} is a symbolic link; name the file that it leads to"
            )));
        }
        if !is_folder && !meta.is_file() {
            return Err(usage(format!(
                "{name} is neither a folder nor a regular file"
            )));
        }
        let folder = match path.parent() {
            _ if is_folder => path,
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let folder = folder.canonicalize().map_err(io)?;
        let file = path
            .file_name()
            .filter(|_| !is_folder)
            .map(|name| folder.join(name));
        if let Some(file) = &file {
            match class(&bytes(file)) {
                Dotenv::Live => {}
                Dotenv::Sample => {
                    return Err(usage(format!(
                        "{name} is a sample by its name, and belongs into the repository"
                    )));
                }
                Dotenv::No => return Err(usage(format!("{name} has not the name of a .env file"))),
            }
        }
        let tree = match Ground::of(&folder).map_err(|error| usage(error.to_string()))? {
            Ground::WorkTree(tree) => tree,
            Ground::Outside => {
                return Err(usage(format!(
                    "no git repository at {name} or above, so there is nothing to keep out of one; `git init` makes one"
                )));
            }
            Ground::Store(_) => {
                return Err(usage(format!(
                    "{name} is in a bare repository or in a repository's own folder, where no files are ignored"
                )));
            }
        };
        let index = tree.index().map_err(|error| usage(error.to_string()))?;
        let mut site = Self {
            tracked: Vec::new(),
            live: Vec::new(),
            samples: Vec::new(),
            left_out: Vec::new(),
            tree,
        };
        match file {
            Some(file) => site.live.push(site.live_at(file)),
            None => site.list(&folder).map_err(io)?,
        }
        site.live.sort_by(|a, b| a.within.cmp(&b.within));
        site.samples.sort();
        site.tracked = if is_folder {
            let below = site.within(&folder);
            tracked_below(&index, &below)
        } else {
            let is_tracked = |live: &&Live| index.get(&live.within).is_some();
            site.live
                .iter()
                .filter(is_tracked)
                .map(|live| live.within.clone())
                .collect()
        };
        Ok(site)
    }

    /// Top of the work tree.
    pub(super) fn root(&self) -> &Path {
        self.tree.root()
    }

    fn within(&self, path: &Path) -> Vec<u8> {
        bytes(path.strip_prefix(self.tree.root()).unwrap_or(path))
    }

    fn live_at(&self, path: PathBuf) -> Live {
        Live {
            within: self.within(&path),
            path,
        }
    }

    fn list(&mut self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            match class(&self.within(&path)) {
                Dotenv::Live => {}
                Dotenv::Sample => {
                    self.samples.push(bytes(Path::new(&entry.file_name())));
                    continue;
                }
                Dotenv::No => continue,
            }
            let kind = entry.file_type()?;
            if kind.is_file() {
                self.live.push(self.live_at(path));
            } else if kind.is_symlink() {
                let name = display_path(&self.within(&path));
                self.left_out
                    .push(format!("{name} is a symbolic link and was left out"));
            }
        }
        Ok(())
    }

    /// The file of which a sample is made: `.env`, or the only one there is.
    pub(super) fn to_sample(&self) -> Option<&Live> {
        let is_plain = |live: &&Live| live.path.file_name().is_some_and(|name| name == ".env");
        match &self.live[..] {
            [only] => Some(only),
            live => live.iter().find(is_plain),
        }
    }

    /// The lines that the ignore file at the top lacks.
    pub(super) fn missing_lines(&self) -> Vec<Vec<u8>> {
        let rules = IgnoreRules::of(&self.tree);
        let ignored = |within: &[u8]| rules.ignores(&self.root().join(path_of(within)), false);
        let mut lines: Vec<Vec<u8>> = Vec::new();
        // a rule for the top alone leaves out the folders below
        if !ignored(b".env") || !ignored(b"app/.env") {
            lines.push(b".env".to_vec());
        }
        if !ignored(b".env.local") || !ignored(b".env.production") {
            lines.push(b".env.*".to_vec());
        }
        for within in self.files().filter(|within| !ignored(within)) {
            let name = within.rsplit(|&b| b == b'/').next().unwrap_or(within);
            let line = match name {
                b".env" => b".env".to_vec(),
                _ if name.starts_with(b".env.") => b".env.*".to_vec(),
                _ if name.ends_with(b".env") => b"*.env".to_vec(),
                _ => report::ignore_pattern(within),
            };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let has = |line: &[u8]| lines.iter().any(|other| other == line);
        let (stages, named) = (has(b".env.*"), has(b"*.env"));
        let mut kept: Vec<Vec<u8>> = Vec::new();
        let wants_sample = !lines.is_empty() || self.to_sample().is_some();
        if stages || (wants_sample && ignored(b".env.example")) {
            kept.push(b".env.example".to_vec());
        }
        // samples stay in the repository
        kept.extend(
            self.samples
                .iter()
                .filter(|name| {
                    let shut_out = (stages && name.starts_with(b".env."))
                        || (named && name.ends_with(b".env"));
                    shut_out && name.as_slice() != b".env.example"
                })
                .cloned(),
        );
        lines.extend(
            kept.iter()
                .map(|name| [b"!", report::ignore_pattern(name).as_slice()].concat()),
        );
        lines
    }

    /// Files that are not ignored.
    pub(super) fn uncovered(&self) -> Vec<Vec<u8>> {
        let rules = IgnoreRules::of(&self.tree);
        let files = self.files();
        files
            .filter(|within| !rules.ignores(&self.root().join(path_of(within)), false))
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// Whether every file is ignored, if that was to be brought about.
    pub(super) fn is_covered(&self, was_written: bool) -> bool {
        !was_written || self.uncovered().is_empty()
    }

    fn files(&self) -> impl Iterator<Item = &[u8]> {
        let live = self.live.iter().map(|live| live.within.as_slice());
        live.chain(self.tracked.iter().map(Vec::as_slice))
    }
}

fn tracked_below(index: &Index, below: &[u8]) -> Vec<Vec<u8>> {
    index
        .unmet(below)
        .into_iter()
        .filter(|(path, entry)| {
            matches!(entry.kind, Kind::File | Kind::Symlink) && class(path) == Dotenv::Live
        })
        .map(|(path, _)| path.to_vec())
        .collect()
}

/// What the name at the end of `path` says. Files that hold public variables and ciphertext are none of those.
fn class(path: &[u8]) -> Dotenv {
    let name = path.rsplit(|&b| b == b'/').next().unwrap_or(path);
    let is_harmless = matches!(name, b".flaskenv" | b".env.vault")
        || name.ends_with(b".encrypted")
        || name.ends_with(b".enc")
        || name.ends_with(b".gpg");
    if is_harmless {
        Dotenv::No
    } else {
        // what is called otherwise, or is JSON or code, is scanned like one, but has neither sample nor ignore line
        let class = PathClass::of(name);
        match class.lang {
            Lang::Env | Lang::Shell => class.dotenv,
            _ => Dotenv::No,
        }
    }
}

#[cfg(unix)]
fn bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(not(unix))]
fn bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
