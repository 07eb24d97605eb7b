//! Finds a repository and the places its objects lie in: packs, loose objects, alternates.
//!
//! Only the repository's own files count and no environment variable, unless they are handed in: a scan of a REPO is about that
//! REPO. What can't be listed or is missing becomes a problem in words, never a silent gap. Objects themselves are read elsewhere.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::alternates::alternate;
use super::format::{Format, RefStorage, last};
use super::repo::{Ground, common_dir_of, git_link_target, is_git_dir_with};
use super::settings::{self, Setting};
use super::{Environment, GitError, WorkTree};
use crate::model::ObjectId;
use crate::regular::{self, Links};

/// Largest `config`, `shallow` or `alternates` file that is read. Bytes.
const LONGEST: u64 = 64 << 20;

/// How many alternates may lead to one another. Git's own limit.
const DEEPEST: usize = 5;

/// Most object directories of one repository.
const MOST_DIRS: usize = 1000;

/// Why a repository can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What was named can't be looked at.
    #[error("cannot open {}", .path.display())]
    Access {
        /// What was named.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What was named is no repository and lies in none.
    #[error(
        "{} is not in a git repository; name a work tree, a bare repository or a .git directory",
        .0.display()
    )]
    Nothing(PathBuf),
    /// What should be the repository's directory is none.
    #[error("{} is not a git directory: it needs HEAD, objects and refs", .0.display())]
    NoGitDir(PathBuf),
    /// The way from the work tree to its repository is broken.
    #[error(transparent)]
    Link(#[from] GitError),
    /// Its objects are stored in a way that can't be read.
    #[error("cannot read the repository {}: {reason}", .dir.display())]
    Format {
        /// The repository's own directory.
        dir: PathBuf,
        /// What is in the way.
        reason: String,
    },
}

/// A repository and where its objects lie.
#[derive(Debug)]
pub struct Store {
    /// The directory of this work tree's `HEAD`.
    pub git_dir: PathBuf,
    /// The directory of what all work trees share; the same as `git_dir` except in a linked work tree.
    pub common_dir: PathBuf,
    /// Top of the work tree, if there is one.
    pub root: Option<PathBuf>,
    /// How objects are named.
    pub hash: gix_hash::Kind,
    /// How refs are kept.
    pub ref_storage: RefStorage,
    /// The repository's own `objects` first, then alternates in the order they are named. All exist, none stands here twice.
    pub object_dirs: Vec<PathBuf>,
    /// Whether objects may be missing because they were never fetched.
    pub is_partial: bool,
    /// Commits whose parents were never fetched, sorted.
    pub shallow: Vec<ObjectId>,
    /// What is missing or can't be read, in words.
    pub problems: Vec<String>,
    /// The index, where another than the usual one is asked for.
    index_file: Option<PathBuf>,
}

impl Store {
    /// Opens the repository that `path`, a directory, is or lies in. `git_dir` names the repository's own directory (or a `.git`
    /// file) where it is not found from `path`; `path` is then the top of the work tree.
    pub fn open(path: &Path, git_dir: Option<&Path>) -> Result<Self, StoreError> {
        let (git_dir, common_dir, root) = find(path, git_dir, None)?;
        let (mut store, settings) = Self::at(git_dir, common_dir, root)?;
        if last(&settings, "core.bare").is_some_and(Setting::is_true) {
            store.root = None;
        }
        store.find_object_dirs(store.common_dir.join("objects"), Vec::new());
        Ok(store)
    }

    /// Opens the repository that git would use in the directory `path` with these variables, as in one of its hooks.
    pub fn open_as_git(path: &Path, given: &Environment) -> Result<Self, StoreError> {
        let here = real(path)?;
        let from_here = |dir: &PathBuf| here.join(dir);
        let git_dir = given.git_dir.as_ref().map(from_here);
        let common_dir = given.common_dir.as_ref().map(from_here);
        let (own_dir, shared, root) = find(&here, git_dir.as_deref(), common_dir.as_deref())?;
        let is_named = git_dir.is_some();
        let (mut store, mut settings) = Self::at(own_dir, common_dir.unwrap_or(shared), root)?;
        if last(&settings, "extensions.worktreeconfig").is_some_and(Setting::is_true) {
            let own = store.git_dir.join("config.worktree");
            settings.extend(read_settings(&own, &mut store.problems));
        }
        let is_bare = last(&settings, "core.bare").is_some_and(Setting::is_true);
        // the setting of the main work tree says nothing of the others
        let is_main = store.git_dir == store.common_dir;
        let named = last(&settings, "core.worktree").and_then(|setting| setting.value.as_ref());
        if let Some(top) = &given.work_tree {
            store.root = Some(real(&here.join(top))?);
        } else if is_main && is_bare {
            store.root = None;
        } else if let Some(top) = named.filter(|_| is_main) {
            store.root = Some(real(&store.git_dir.join(top))?);
        } else if is_named && given.is_outside {
            store.root = None;
        }
        // git goes to the top of the work tree before it reads the others
        let base = store.root.clone().unwrap_or(here);
        let own = given.objects.as_ref().map(|dir| base.join(dir));
        let own = own.unwrap_or_else(|| store.common_dir.join("objects"));
        store.find_object_dirs(own, given.lent(&base));
        store.index_file = given.index_file.as_ref().map(|file| base.join(file));
        Ok(store)
    }

    /// The index of this work tree.
    pub fn index_file(&self) -> PathBuf {
        let usual = || self.git_dir.join("index");
        self.index_file.clone().unwrap_or_else(usual)
    }

    /// A repository whose objects are still to be found, and its settings.
    fn at(
        git_dir: PathBuf,
        common_dir: PathBuf,
        root: Option<PathBuf>,
    ) -> Result<(Self, Vec<Setting>), StoreError> {
        // they may lead through `..`, which reads badly in messages
        let [git_dir, common_dir] =
            [git_dir, common_dir].map(|dir| fs::canonicalize(&dir).unwrap_or(dir));
        let mut problems = Vec::new();
        let settings = read_settings(&common_dir.join("config"), &mut problems);
        let format = Format::of(&settings).map_err(|reason| StoreError::Format {
            dir: common_dir.clone(),
            reason,
        })?;
        let mut store = Self {
            git_dir,
            root,
            hash: format.hash,
            ref_storage: format.ref_storage,
            object_dirs: Vec::new(),
            is_partial: format.is_partial,
            shallow: Vec::new(),
            problems,
            common_dir,
            index_file: None,
        };
        store.read_shallow();
        Ok((store, settings))
    }

    /// Bytes of an object's name.
    pub fn id_len(&self) -> usize {
        self.hash.len_in_bytes()
    }

    /// Every pack, by the path of its `.pack` file, of which only the `.idx` may be there: by object directory, then by name.
    /// What can't be listed is added to `problems`.
    pub fn packs(&self, problems: &mut Vec<String>) -> Vec<PathBuf> {
        Self::packs_in(&self.object_dirs, problems)
    }

    /// As [`packs`](Self::packs), in these object directories.
    pub(super) fn packs_in(dirs: &[PathBuf], problems: &mut Vec<String>) -> Vec<PathBuf> {
        let mut packs = Vec::new();
        for dir in dirs {
            let dir = dir.join("pack");
            let stems: BTreeSet<PathBuf> = names_in(&dir, problems)
                .into_iter()
                .map(PathBuf::from)
                .filter(|name| {
                    name.extension()
                        .is_some_and(|end| end == "pack" || end == "idx")
                })
                .map(|name| name.with_extension("pack"))
                .collect();
            packs.extend(stems.into_iter().map(|stem| dir.join(stem)));
        }
        packs
    }

    /// Every loose object and its file: by object directory, then by id. An object may lie in several directories. What can't be
    /// listed is added to `problems`.
    pub fn loose<'a>(
        &'a self,
        problems: &'a mut Vec<String>,
    ) -> impl Iterator<Item = (ObjectId, PathBuf)> + 'a {
        let fans = self
            .object_dirs
            .iter()
            .flat_map(|dir| (0..=u8::MAX).map(move |fan| (fan, dir.join(format!("{fan:02x}")))));
        fans.flat_map(move |(fan, dir)| {
            let start = format!("{fan:02x}");
            let mut objects: Vec<(ObjectId, PathBuf)> = names_in(&dir, problems)
                .into_iter()
                .filter_map(|name| {
                    let id = parse_id(
                        format!("{start}{}", name.to_str()?).as_bytes(),
                        self.id_len(),
                    )?;
                    Some((id, dir.join(name)))
                })
                .collect();
            objects.sort_unstable();
            objects
        })
    }

    /// Finds all object directories from `own` and those that are `lent` besides.
    fn find_object_dirs(&mut self, own: PathBuf, lent: Vec<PathBuf>) {
        let mut seen = HashSet::new();
        // depth-first in the order of the files, without recursion
        let mut stack: Vec<(PathBuf, usize, Option<PathBuf>)> = Vec::new();
        stack.extend(lent.into_iter().rev().map(|dir| (dir, 1, None)));
        stack.push((own, 0, None));
        while let Some((dir, depth, named_by)) = stack.pop() {
            let real = match fs::canonicalize(&dir) {
                Ok(real) if real.is_dir() => real,
                result => {
                    let why = result
                        .err()
                        .map_or("it is not a directory".to_owned(), |error| {
                            error.to_string()
                        });
                    self.problems.push(match named_by {
                        None => format!("cannot open {}: {why}", dir.display()),
                        Some(file) => format!(
                            "objects are missing: {} names {} as an alternate, which can't be opened: {why}",
                            file.display(),
                            dir.display()
                        ),
                    });
                    continue;
                }
            };
            if !seen.insert(real) {
                continue;
            }
            if depth > DEEPEST || self.object_dirs.len() >= MOST_DIRS {
                self.problems.push(format!(
                    "objects are missing: the alternate {} is left out, as there are too many or they lead too deep",
                    dir.display()
                ));
                continue;
            }
            let file = dir.join("info/alternates");
            let text = self.read_optional(&file).unwrap_or_default();
            let named: Vec<PathBuf> = text
                .split(|byte| *byte == b'\n')
                .filter_map(alternate)
                .map(|path| dir.join(path))
                .collect();
            stack.extend(
                named
                    .into_iter()
                    .rev()
                    .map(|path| (path, depth + 1, Some(file.clone()))),
            );
            self.is_partial |= has_promisor(&dir);
            self.object_dirs.push(dir);
        }
    }

    fn read_shallow(&mut self) {
        let file = self.common_dir.join("shallow");
        let text = self.read_optional(&file).unwrap_or_default();
        let mut is_damaged = false;
        for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
            match parse_id(line, self.id_len()) {
                Some(id) => self.shallow.push(id),
                None => is_damaged |= !line.is_empty(),
            }
        }
        if is_damaged {
            self.problems
                .push(format!("{} has lines that are no ids", file.display()));
        }
        self.shallow.sort_unstable();
        self.shallow.dedup();
    }

    fn read_optional(&mut self, file: &Path) -> Option<Vec<u8>> {
        read_optional(file, LONGEST, &mut self.problems)
    }
}

type Dirs = (PathBuf, PathBuf, Option<PathBuf>);

fn real(path: &Path) -> Result<PathBuf, StoreError> {
    fs::canonicalize(path).map_err(|source| StoreError::Access {
        path: path.to_owned(),
        source,
    })
}

/// Git directory, common directory and top of the work tree. The common directory may be given.
fn find(path: &Path, git_dir: Option<&Path>, common: Option<&Path>) -> Result<Dirs, StoreError> {
    let dir = real(path)?;
    if let Some(named) = git_dir {
        let mut git_dir = real(named)?;
        let refused = |source| StoreError::Access {
            path: named.to_owned(),
            source,
        };
        if git_dir.is_file() {
            let target = git_link_target(&git_dir).map_err(refused)?;
            git_dir = target.ok_or_else(|| StoreError::NoGitDir(named.to_owned()))?;
        }
        let common_dir = match common {
            Some(common) => common.to_owned(),
            None => common_dir_of(&git_dir).map_err(refused)?,
        };
        if !is_git_dir_with(&git_dir, &common_dir).map_err(refused)? {
            return Err(StoreError::NoGitDir(named.to_owned()));
        }
        return Ok((git_dir, common_dir, Some(dir)));
    }
    match Ground::of(&dir)? {
        Ground::Outside => Err(StoreError::Nothing(path.to_owned())),
        Ground::WorkTree(tree) => Ok(dirs_of(&tree)),
        Ground::Store(store) => {
            let tree = store
                .parent()
                .and_then(|top| WorkTree::at(top).ok().flatten());
            let tree = tree.filter(|tree| tree.git_dir() == store);
            Ok(match tree {
                Some(tree) => dirs_of(&tree),
                None => (store.clone(), common_dir_of(&store).unwrap_or(store), None),
            })
        }
    }
}

fn dirs_of(tree: &WorkTree) -> Dirs {
    (
        tree.git_dir().to_owned(),
        tree.common_dir().to_owned(),
        Some(tree.root().to_owned()),
    )
}

fn read_settings(file: &Path, problems: &mut Vec<String>) -> Vec<Setting> {
    let text = read_optional(file, LONGEST, problems).unwrap_or_default();
    let (settings, bad) = settings::parse(&text);
    if let Some(line) = bad.first() {
        problems.push(format!(
            "{}, line {line}: not a setting that git would read",
            file.display()
        ));
    }
    settings
}

fn has_promisor(objects: &Path) -> bool {
    // what can't be listed is told where packs are listed
    names_in(&objects.join("pack"), &mut Vec::new())
        .iter()
        .any(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|end| end == "promisor")
        })
}

/// The names in a directory; none if it does not exist.
pub(super) fn names_in(dir: &Path, problems: &mut Vec<String>) -> Vec<std::ffi::OsString> {
    let mut refused = |error: &io::Error| {
        if !is_absent(error) {
            problems.push(format!("cannot list {}: {error}", dir.display()));
        }
    };
    match fs::read_dir(dir) {
        Ok(entries) => entries
            .filter_map(|entry| entry.map_err(|error| refused(&error)).ok())
            .map(|entry| entry.file_name())
            .collect(),
        Err(error) => {
            refused(&error);
            Vec::new()
        }
    }
}

/// A file that need not exist.
pub(super) fn read_optional(
    file: &Path,
    longest: u64,
    problems: &mut Vec<String>,
) -> Option<Vec<u8>> {
    match regular::read(file, Links::Follow, longest) {
        Ok(text) => Some(text),
        Err(error) => {
            if !is_absent(&error) {
                problems.push(format!("cannot read {}: {error}", file.display()));
            }
            None
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The id of `len` bytes whose digits, in lower or upper case, are all of `text`.
pub(super) fn parse_id(text: &[u8], len: usize) -> Option<ObjectId> {
    ObjectId::from_hex(text).filter(|id| id.as_bytes().len() == len)
}
