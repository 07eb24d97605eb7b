//! Hooks on disk: the scripts that git runs, put where git looks for them, beside those that are there already.
//!
//! The one place that writes into a repository's hooks folder and into the user's git configuration. Writes only files that
//! carry its own mark, moves foreign ones aside under a name of their own, and takes nothing away that was changed since.
//! Says what it did as data; knows nothing of secrets and prints nothing.

mod armed;
mod file;
mod global;
mod install;
mod manager;
mod shim;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

pub use armed::{Armed, armed};
pub use file::is_run;
pub use global::{Disarmed, Global, Globally};
pub use install::{Earlier, How, Installed, Uninstalled, install, uninstall};
pub use manager::Manager;
pub use shim::{Runs, Shim, Written};

/// A hook that waxseal has something to do in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Hook {
    /// What is about to be committed.
    PreCommit,
    /// The message of a commit.
    CommitMsg,
    /// What is about to be pushed.
    PrePush,
    /// What was pushed here, before it is let in. Runs on the server.
    PreReceive,
}

impl Hook {
    /// Every hook, in the order in which a change meets them.
    pub const ALL: [Self; 4] = [
        Self::PreCommit,
        Self::CommitMsg,
        Self::PrePush,
        Self::PreReceive,
    ];

    /// Git's name for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::CommitMsg => "commit-msg",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }
}

/// Why a hook could not be installed or taken away.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// The file system refused.
    #[error("cannot {doing} {}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The repository can't be made out.
    #[error(transparent)]
    Git(#[from] crate::git::GitError),
    /// Git takes hooks from something that is no folder.
    #[error(
        "core.hooksPath is {0}, which is no folder: git runs no hooks here; unset it (`git config --unset core.hooksPath`) and install again"
    )]
    NoFolder(String),
    /// Something that is no file has the hook's name.
    #[error("{} is in the way: it is no file", .0.display())]
    NoFile(PathBuf),
    /// The hook was written by us and changed since.
    #[error("{} was changed since waxseal wrote it, so it is left alone; take out by hand what is not needed, or delete it and install again", .0.display())]
    Edited(PathBuf),
    /// A hook of somebody else lies in our folder.
    #[error("{} is not waxseal's; move it into the repositories that need it, or delete it, and install again", .0.display())]
    Foreign(PathBuf),
    /// So many earlier hooks lie aside that there is no name for another one.
    #[error("too many earlier hooks lie beside {}; delete those that nobody needs", .0.display())]
    Crowded(PathBuf),
    /// The user's git configuration can't be found.
    #[error(
        "there is no place for a global git configuration: neither HOME nor GIT_CONFIG_GLOBAL is set"
    )]
    NoHome,
    /// The user's git configuration can't be written.
    #[error("cannot set core.hooksPath in {}: {reason}", .file.display())]
    Config {
        /// The file.
        file: PathBuf,
        /// What libgit2 says.
        reason: String,
    },
    /// The user's git configuration names another folder for hooks.
    #[error(
        "core.hooksPath in your global git configuration is {0} already, and git takes hooks from one folder only; --force puts waxseal's in its place and `hook uninstall --global` puts it back, but the hooks in {0} do not run in the meantime"
    )]
    Taken(String),
}

impl HookError {
    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}

/// The program as it should be called from a hook: by the way over `PATH` that leads to it, if one does, for what it leads
/// to may bear a version in its name and be gone after an update. None if it can't be told.
pub fn this_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let real = program.canonicalize().ok()?;
    let name = program.file_name()?;
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&paths)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|candidate| candidate.canonicalize().is_ok_and(|path| path == real));
    Some(on_path.unwrap_or(program))
}

/// The last part of a path.
fn name_of(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}
