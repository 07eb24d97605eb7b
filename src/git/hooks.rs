//! Where git looks for the hooks of a repository: in its own folder, or where `core.hooksPath` points.
//!
//! Reads configuration and nothing else. What lies in those folders is no matter of this module.

use std::path::{Path, PathBuf};

use git2::{Config, ConfigLevel, Repository, RepositoryOpenFlags};

use super::repo::{self, GitError, Ground, WorkTree};

/// Which configuration sets a value, and so for how much it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetIn {
    /// The machine's: every repository of every user.
    System,
    /// The user's: every repository of theirs.
    Global,
    /// The repository's.
    Repository,
    /// That of one work tree.
    WorkTree,
}

impl SetIn {
    /// The configuration as it may be called in a sentence.
    pub fn describe(self) -> &'static str {
        match self {
            Self::System => "the system's git configuration",
            Self::Global => "your global git configuration",
            Self::Repository => "this repository's git configuration",
            Self::WorkTree => "this work tree's git configuration",
        }
    }

    /// Whether it counts for other repositories too.
    pub fn is_shared(self) -> bool {
        matches!(self, Self::System | Self::Global)
    }
}

impl From<ConfigLevel> for SetIn {
    fn from(level: ConfigLevel) -> Self {
        match level {
            ConfigLevel::ProgramData | ConfigLevel::System => Self::System,
            ConfigLevel::XDG | ConfigLevel::Global => Self::Global,
            ConfigLevel::Worktree => Self::WorkTree,
            _ => Self::Repository,
        }
    }
}

/// A value of `core.hooksPath`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksPath {
    /// As it was written.
    pub value: String,
    /// Where.
    pub set_in: SetIn,
}

/// A repository, as far as its hooks are concerned.
#[derive(Clone, Debug)]
pub struct HookSite {
    /// Top of the work tree; none for a bare repository.
    pub root: Option<PathBuf>,
    /// The folder that git takes hooks from. It may not exist, and need not be a folder.
    pub dir: PathBuf,
    /// The folder that it would take them from if nothing was configured; linked work trees share it.
    pub own: PathBuf,
    /// The setting that decides, if there is one.
    pub hooks_path: Option<HooksPath>,
}

impl HookSite {
    /// The site of the repository that `dir`, an absolute path without symbolic links, belongs to; none if it belongs to
    /// none. `GIT_DIR` and its like do not count.
    pub fn of(dir: &Path) -> Result<Option<Self>, GitError> {
        let (root, common) = match Ground::of(dir)? {
            Ground::Outside => return Ok(None),
            Ground::WorkTree(tree) => (Some(tree.clone()), tree.common_dir().to_owned()),
            Ground::Store(store) => {
                // the inside of a `.git` belongs to the work tree around it
                let around = store
                    .file_name()
                    .filter(|name| *name == ".git")
                    .and(store.parent());
                match around.map(WorkTree::at).transpose()?.flatten() {
                    Some(tree) => (Some(tree.clone()), tree.common_dir().to_owned()),
                    None => (None, store),
                }
            }
        };
        let own = common.join("hooks");
        let config = match &root {
            Some(tree) => config_at(tree.root()).or_else(|| tree.config()),
            None => config_at(&common).or_else(|| repo::config_of(&common, &common)),
        };
        let hooks_path = config.as_ref().and_then(hooks_path);
        let base = root.as_ref().map_or(common.as_path(), WorkTree::root);
        let dir = match (&hooks_path, &config) {
            (Some(set), Some(config)) => {
                // `~` is spelled out where that can be done
                let path = config
                    .get_path(KEY)
                    .unwrap_or_else(|_| PathBuf::from(&set.value));
                base.join(path)
            }
            _ => own.clone(),
        };
        Ok(Some(Self {
            root: root.map(|tree| tree.root().to_owned()),
            dir,
            own,
            hooks_path,
        }))
    }
}

/// The key, in the form in which libgit2 looks it up.
const KEY: &str = "core.hookspath";

fn hooks_path(config: &Config) -> Option<HooksPath> {
    let entry = config.get_entry(KEY).ok()?;
    Some(HooksPath {
        value: entry.value().ok()?.to_owned(),
        set_in: entry.level().into(),
    })
}

/// The configuration of the repository at `dir` with its conditional includes, which depend on where it lies. None if
/// libgit2 does not open it (SHA-256, reftables, a foreign owner), or if the user's file is not where it expects it.
fn config_at(dir: &Path) -> Option<Config> {
    if std::env::var_os("GIT_CONFIG_GLOBAL").is_some() {
        return None;
    }
    let none: [&Path; 0] = [];
    Repository::open_ext(dir, RepositoryOpenFlags::NO_SEARCH, none)
        .and_then(|repository| repository.config())
        .ok()
}

/// The user's own configuration.
#[derive(Clone, Debug)]
pub struct GlobalConfig {
    /// The file that `git config --global` writes to. It may not exist.
    pub file: PathBuf,
    /// `core.hooksPath` in it or in a file that it includes.
    pub hooks_path: Option<String>,
}

impl GlobalConfig {
    /// Finds it; none if this user has no home.
    pub fn find() -> Option<Self> {
        let file = repo::global_config_file()?;
        let hooks_path = file
            .is_file()
            .then(|| Config::open(&file).ok())
            .flatten()
            .and_then(|config| hooks_path(&config));
        Some(Self {
            file,
            hooks_path: hooks_path.map(|set| set.value),
        })
    }
}
