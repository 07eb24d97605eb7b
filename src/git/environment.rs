//! Where a repository is, as git's environment variables say.
//!
//! Git sets them for the hooks that it runs, and a commit may use another index or another store than the usual one. Only what is
//! about to be committed or pushed is looked for this way: a scan of a PATH or a REPO is about that one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variables that count, where they are set and not empty.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `GIT_DIR`.
    pub git_dir: Option<PathBuf>,
    /// `GIT_COMMON_DIR`.
    pub common_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`.
    pub work_tree: Option<PathBuf>,
    /// Whether `GIT_IMPLICIT_WORK_TREE` says that the current folder is no work tree.
    pub is_outside: bool,
    /// `GIT_INDEX_FILE`.
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`.
    pub objects: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`, a list of paths.
    pub alternates: Option<OsString>,
}

impl Environment {
    /// Those of this process.
    pub fn of_process() -> Self {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let path = |name| set(name).map(PathBuf::from);
        let no = ["0", "false", "no", "off"];
        Self {
            git_dir: path("GIT_DIR"),
            common_dir: path("GIT_COMMON_DIR"),
            work_tree: path("GIT_WORK_TREE"),
            is_outside: set("GIT_IMPLICIT_WORK_TREE")
                .is_some_and(|value| no.iter().any(|no| value.eq_ignore_ascii_case(no))),
            index_file: path("GIT_INDEX_FILE"),
            objects: path("GIT_OBJECT_DIRECTORY"),
            alternates: set("GIT_ALTERNATE_OBJECT_DIRECTORIES"),
        }
    }

    /// The object directories that are lent, absolute or from `base`.
    pub(super) fn lent(&self, base: &Path) -> Vec<PathBuf> {
        let list = self.alternates.clone().unwrap_or_default();
        super::alternates::listed(list)
            .into_iter()
            .map(|path| base.join(path))
            .collect()
    }
}
