//! Finds the work tree a directory belongs to, and the files that belong to it.
//!
//! Follows git's own discovery: upwards from the directory, stopping at a file-system boundary and at
//! `GIT_CEILING_DIRECTORIES`. `GIT_DIR` and its like do not count here: a scan of a PATH is about that
//! PATH. What git would refuse for its owner is read all the same, because reading runs nothing.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::Index;
use super::index::ObjectFormat;
use crate::regular::{self, Links};

/// Why a repository could not be used.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The `.git` file of this directory names no repository.
    #[error("{} does not lead to a repository", .0.join(".git").display())]
    BrokenLink(PathBuf),
    /// Whether there is a repository cannot be told.
    #[error("cannot look into {}: {source}", .root.join(".git").display())]
    Access {
        /// Top of what would be the work tree.
        root: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The index is damaged, or of a kind that cannot be read.
    #[error("cannot read the git index of {}: {reason}", .root.display())]
    Index {
        /// Top of the work tree.
        root: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// What a directory belongs to.
#[derive(Debug)]
pub enum Ground {
    /// No repository.
    Outside,
    /// A bare repository, or the inside of a `.git` directory; this is its top.
    Store(PathBuf),
    /// A work tree.
    WorkTree(WorkTree),
}

/// A work tree and where its repository keeps things.
#[derive(Clone, Debug)]
pub struct WorkTree {
    root: PathBuf,
    /// Holds the index.
    git_dir: PathBuf,
    /// Holds the configuration; the same as `git_dir` except in a linked work tree.
    common_dir: PathBuf,
}

/// The ignore files that do not lie in the work tree itself.
#[derive(Debug)]
pub struct IgnoreFiles {
    /// Weakest first. Each is relative to the top of the work tree, and may not exist.
    pub files: Vec<PathBuf>,
    /// Whether patterns match whatever the case (`core.ignoreCase`).
    pub ignore_case: bool,
}

impl Ground {
    /// What `dir`, an absolute path without symbolic links, belongs to.
    pub fn of(dir: &Path) -> Result<Self, GitError> {
        let ceilings: Vec<PathBuf> = std::env::var_os("GIT_CEILING_DIRECTORIES")
            .map(|list| std::env::split_paths(&list).collect())
            .unwrap_or_default();
        let device = device(dir);
        for (steps, dir) in dir.ancestors().enumerate() {
            if steps > 0 && (ceilings.iter().any(|top| top == dir) || self::device(dir) != device) {
                break;
            }
            if let Some(tree) = WorkTree::at(dir)? {
                return Ok(Self::WorkTree(tree));
            }
            if is_git_dir(dir) {
                return Ok(Self::Store(dir.to_owned()));
            }
        }
        Ok(Self::Outside)
    }
}

impl WorkTree {
    /// The work tree whose top is `dir`, if it is one: if it holds a `.git` that is a repository or leads
    /// to one. A `.git` that is neither a repository nor a git file does not count.
    pub fn at(dir: &Path) -> Result<Option<Self>, GitError> {
        let link = dir.join(".git");
        // Where even this is refused, so is everything else in the directory, and says so itself.
        let Ok(meta) = fs::metadata(&link) else {
            return Ok(None);
        };
        let access = |source| GitError::Access {
            root: dir.to_owned(),
            source,
        };
        let is_link = !meta.is_dir();
        let git_dir = if is_link {
            match linked_dir(dir, &link).map_err(access)? {
                Some(git_dir) => git_dir,
                None => return Ok(None),
            }
        } else {
            link
        };
        let common_dir = common_dir_of(&git_dir).map_err(access)?;
        if !is_git_dir_with(&git_dir, &common_dir).map_err(access)? {
            return if is_link {
                Err(GitError::BrokenLink(dir.to_owned()))
            } else {
                Ok(None)
            };
        }
        Ok(Some(Self {
            root: dir.to_owned(),
            git_dir,
            common_dir,
        }))
    }

    /// Top of the work tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The repository's directory for this work tree.
    pub(super) fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The repository's directory for what its work trees share.
    pub(super) fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// Reads the index.
    pub fn index(&self) -> Result<Index, GitError> {
        let format = self.object_format()?;
        Index::read(&self.git_dir.join("index"), format)
            .map_err(|err| self.unreadable(err.to_string()))
    }

    /// How the repository names its objects. Only its own configuration says so.
    fn object_format(&self) -> Result<ObjectFormat, GitError> {
        let path = self.common_dir.join("config");
        if !path.is_file() {
            return Ok(ObjectFormat::Sha1);
        }
        let format = git2::Config::open(&path)
            .and_then(|config| config.get_string("extensions.objectformat"));
        match format.as_deref() {
            Err(_) | Ok("sha1") => Ok(ObjectFormat::Sha1),
            Ok("sha256") => Ok(ObjectFormat::Sha256),
            Ok(other) => Err(self.unreadable(format!("object format {other} is not supported"))),
        }
    }

    fn unreadable(&self, reason: String) -> GitError {
        GitError::Index {
            root: self.root.clone(),
            reason,
        }
    }

    /// The ignore files that apply besides the `.gitignore` files of the tree.
    pub fn ignore_files(&self) -> IgnoreFiles {
        let config = self.config();
        let config = config.as_ref();
        let excludes = config
            .and_then(|config| config.get_path("core.excludesfile").ok())
            .filter(|path| !path.as_os_str().is_empty())
            .or_else(|| user_config_dir().map(|dir| dir.join("ignore")));
        let mut files = Vec::with_capacity(2);
        files.extend(excludes.map(|path| self.root.join(path)));
        files.push(self.common_dir.join("info/exclude"));
        IgnoreFiles {
            files,
            ignore_case: config
                .is_some_and(|config| config.get_bool("core.ignorecase").unwrap_or(false)),
        }
    }

    /// The configuration that git would use here; a file of it that cannot be read counts as empty.
    pub(super) fn config(&self) -> Option<git2::Config> {
        config_of(&self.common_dir, &self.git_dir)
    }
}

/// The configuration that git would use in the repository whose directories are these; a file of it that cannot be read
/// counts as empty.
pub(super) fn config_of(common_dir: &Path, git_dir: &Path) -> Option<git2::Config> {
    use git2::ConfigLevel::{Global, Local, System, Worktree, XDG};
    let mut config = git2::Config::new().ok()?;
    let mut add = |path: PathBuf, level| {
        if path.is_file() {
            let _ = config.add_file(&path, level, false);
        }
    };
    if std::env::var_os("GIT_CONFIG_NOSYSTEM").is_none()
        && let Ok(path) = git2::Config::find_system()
    {
        add(path, System);
    }
    if let Some(path) = set_variable("GIT_CONFIG_GLOBAL") {
        add(PathBuf::from(path), Global);
    } else {
        if let Some(dir) = user_config_dir() {
            add(dir.join("config"), XDG);
        }
        if let Some(home) = home() {
            add(home.join(".gitconfig"), Global);
        }
    }
    add(common_dir.join("config"), Local);
    add(git_dir.join("config.worktree"), Worktree);
    Some(config)
}

/// The file that `git config --global` writes to: the one in the home, unless only the other one exists.
pub(super) fn global_config_file() -> Option<PathBuf> {
    if let Some(path) = set_variable("GIT_CONFIG_GLOBAL") {
        return Some(PathBuf::from(path));
    }
    let in_home = home().map(|home| home.join(".gitconfig"));
    let other = user_config_dir().map(|dir| dir.join("config"));
    match (in_home, other) {
        (Some(first), Some(second)) if !first.exists() && second.exists() => Some(second),
        (first, second) => first.or(second),
    }
}

/// Where the repository whose directory for one work tree is `git_dir` keeps what its work trees share.
pub(super) fn common_dir_of(git_dir: &Path) -> io::Result<PathBuf> {
    let line = first_line(&git_dir.join("commondir"))?;
    Ok(line.map_or_else(|| git_dir.to_owned(), |line| git_dir.join(line)))
}

/// The directory that the `.git` file at `link` leads to; none if it is no such file.
pub(super) fn git_link_target(link: &Path) -> io::Result<Option<PathBuf>> {
    linked_dir(link.parent().unwrap_or(Path::new("")), link)
}

/// The directory that the `.git` file at `link` in `dir` leads to; none if it is no such file.
fn linked_dir(dir: &Path, link: &Path) -> io::Result<Option<PathBuf>> {
    let first = first_line(link)?;
    let target = first
        .as_deref()
        .and_then(Path::to_str)
        .and_then(|line| line.strip_prefix("gitdir:"));
    Ok(target.map(|target| dir.join(target.trim_start())))
}

/// The first line of a small file as a path; none if there is no such file, or nothing git wrote.
fn first_line(path: &Path) -> io::Result<Option<PathBuf>> {
    // Such a file holds one path; anything much longer is not what git wrote.
    const LONGEST: u64 = 64 << 10;
    match regular::read(path, Links::Follow, LONGEST) {
        Ok(data) => Ok(String::from_utf8(data)
            .ok()
            .and_then(|text| text.lines().next().map(PathBuf::from))),
        Err(err) if err.kind() == ErrorKind::InvalidData => Ok(None),
        Err(err) => found(Err(err)),
    }
}

/// Whether `path`, whose name is `.git`, is a repository's own directory or a link to one, even if it cannot
/// be followed. What else bears this name is like any other file or directory.
pub fn is_git_link(path: &Path) -> bool {
    let at = path.parent().map(WorkTree::at);
    !matches!(at, None | Some(Ok(None)))
}

/// Whether `dir` is a bare repository or the directory of one, as far as can be seen.
pub fn is_git_dir(dir: &Path) -> bool {
    is_git_dir_with(dir, dir).unwrap_or(false)
}

/// Git's own test for a repository.
pub(super) fn is_git_dir_with(git_dir: &Path, common_dir: &Path) -> io::Result<bool> {
    let is_dir = |path| {
        Ok::<_, io::Error>(found(fs::metadata(path).map(Some))?.is_some_and(|meta| meta.is_dir()))
    };
    Ok(
        found(fs::symlink_metadata(git_dir.join("HEAD")).map(Some))?.is_some()
            && is_dir(common_dir.join("objects"))?
            && is_dir(common_dir.join("refs"))?,
    )
}

/// What is not there is no failure.
fn found<T>(result: io::Result<Option<T>>) -> io::Result<Option<T>> {
    match result {
        Err(err) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        result => result,
    }
}

/// `$XDG_CONFIG_HOME/git` or `~/.config/git`.
fn user_config_dir() -> Option<PathBuf> {
    set_variable("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| home().map(|home| home.join(".config")))
        .map(|dir| dir.join("git"))
}

fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|dir| !dir.as_os_str().is_empty())
}

fn set_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(unix)]
fn device(dir: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(dir).ok().map(|meta| meta.dev())
}

#[cfg(not(unix))]
fn device(_: &Path) -> Option<u64> {
    None
}
