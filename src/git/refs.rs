//! Everything a repository names objects by: heads, refs, logs of refs, and what an operation in progress left behind.
//!
//! Each of these keeps objects alive or did so lately. `refs/replace/` is read like any other: what it names is reached, nothing is put
//! in the place of anything. A reflog may name objects that are long gone. Objects are not looked at, so that tags are
//! not peeled here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::reftable::{Tables, Value};
use super::store::{names_in, parse_id, read_optional};
use super::{RefStorage, Store};
use crate::model::ObjectId;

/// Largest `packed-refs` or reflog that is read. Bytes.
const LONGEST: u64 = 256 << 20;

/// Largest file of a single ref. Bytes.
const LONGEST_REF: u64 = 1 << 20;

/// How many symbolic refs may lead to one another. Git's own limit.
const DEEPEST: usize = 5;

/// Most problems that are told one by one.
const MOST_PROBLEMS: usize = 100;

/// What an operation in progress, or the last one, leaves in a work tree's git directory. Each line begins with an id.
const PSEUDO: [&str; 15] = [
    "AUTO_MERGE",
    "BISECT_EXPECTED_REV",
    "BISECT_HEAD",
    "CHERRY_PICK_HEAD",
    "FETCH_HEAD",
    "MERGE_AUTOSTASH",
    "MERGE_HEAD",
    "NOTES_MERGE_PARTIAL",
    "ORIG_HEAD",
    "REBASE_HEAD",
    "REVERT_HEAD",
    "rebase-apply/orig-head",
    "rebase-merge/autostash",
    "rebase-merge/orig-head",
    "rebase-merge/stopped-sha",
];

/// All refs of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refs {
    /// What `HEAD` of this work tree leads to; none before the first commit.
    pub head: Option<ObjectId>,
    /// Names and objects, sorted, no pair twice. A reflog or `FETCH_HEAD` has a pair for each object. Another work tree's
    /// own refs are `worktrees/NAME/HEAD` and so on, the main one's `main-worktree/HEAD`; a reflog is `reflog of HEAD`.
    pub refs: Vec<(String, ObjectId)>,
    /// Symbolic refs that lead to a ref that does not exist, sorted. Usual in clones (`refs/remotes/origin/HEAD`), and
    /// nothing can be reached through one.
    pub dangling: Vec<String>,
    /// What can't be read, in words.
    pub problems: Vec<String>,
}

impl Refs {
    /// Reads the refs of `store` as they stand now: no reflogs, nothing that an operation left behind, nothing of other work trees. That
    /// is what a remote can have from here, and it costs no more than there are refs.
    pub fn current(store: &Store) -> Self {
        let mut reader = Reader {
            id_len: store.id_len(),
            found: Self::default(),
        };
        let mut shared = BTreeMap::new();
        reader.storage(store, &store.common_dir, &mut shared);
        let mut own: Values = extract_own(&mut shared);
        if store.git_dir != store.common_dir {
            own = BTreeMap::new();
            reader.storage(store, &store.git_dir, &mut own);
        }
        let scope = Scope {
            own: &own,
            shared: &shared,
        };
        for name in own.keys() {
            let id = reader.resolve(&scope, name, "");
            if name == b"HEAD" {
                reader.found.head = id;
            }
        }
        for name in shared.keys() {
            reader.resolve(&scope, name, "");
        }
        reader.finish()
    }

    /// Reads all refs of `store`.
    pub fn read(store: &Store) -> Self {
        let mut reader = Reader {
            id_len: store.id_len(),
            found: Self::default(),
        };
        let mut shared = BTreeMap::new();
        reader.storage(store, &store.common_dir, &mut shared);
        // those of one work tree are not shared, though they lie in the same place for the main one
        let main_own: Values = extract_own(&mut shared);
        let linked = worktrees(&store.common_dir, &mut reader.found.problems);
        let is_this = |dir: &Path| dir.canonicalize().is_ok_and(|dir| dir == store.git_dir);
        let mut trees = vec![(
            String::from("main-worktree/"),
            store.common_dir.clone(),
            main_own,
        )];
        for (name, dir) in linked {
            let mut own = BTreeMap::new();
            reader.storage(store, &dir, &mut own);
            trees.push((format!("worktrees/{name}/"), dir, own));
        }
        // a work tree whose directory is not among the repository's own
        if !trees.iter().any(|(_, dir, _)| is_this(dir)) {
            let mut own = BTreeMap::new();
            reader.storage(store, &store.git_dir, &mut own);
            trees.push((String::new(), store.git_dir.clone(), own));
        }
        for (prefix, dir, own) in trees {
            let is_here = is_this(&dir);
            let prefix = if is_here { "" } else { &prefix };
            reader.pseudo(&dir, prefix);
            let both = Scope {
                own: &own,
                shared: &shared,
            };
            for name in own.keys() {
                let id = reader.resolve(&both, name, prefix);
                if is_here && name == b"HEAD" {
                    reader.found.head = id;
                }
            }
            reader.logs(store, &dir, prefix);
        }
        let none = BTreeMap::new();
        let scope = Scope {
            own: &none,
            shared: &shared,
        };
        for name in shared.keys() {
            reader.resolve(&scope, name, "");
        }
        reader.finish()
    }
}

type Values = BTreeMap<Vec<u8>, Value>;

/// What a name in one work tree means: its own first.
struct Scope<'a> {
    own: &'a Values,
    shared: &'a Values,
}

impl Scope<'_> {
    fn get(&self, name: &[u8]) -> Option<&Value> {
        self.own.get(name).or_else(|| self.shared.get(name))
    }
}

/// Whether a ref belongs to one work tree alone.
fn is_own(name: &[u8]) -> bool {
    let own: [&[u8]; 3] = [b"refs/bisect/", b"refs/worktree/", b"refs/rewritten/"];
    !name.starts_with(b"refs/") || own.iter().any(|start| name.starts_with(start))
}

fn extract_own(shared: &mut Values) -> Values {
    let (own, rest) = std::mem::take(shared)
        .into_iter()
        .partition(|(name, _)| is_own(name));
    *shared = rest;
    own
}

/// Name and git directory of each linked work tree.
fn worktrees(common_dir: &Path, problems: &mut Vec<String>) -> Vec<(String, PathBuf)> {
    let dir = common_dir.join("worktrees");
    let mut trees: Vec<_> = names_in(&dir, problems)
        .into_iter()
        .map(|name| (name.to_string_lossy().into_owned(), dir.join(name)))
        .filter(|(_, dir)| dir.is_dir())
        .collect();
    trees.sort_unstable();
    trees
}

struct Reader {
    id_len: usize,
    found: Refs,
}

impl Reader {
    fn finish(self) -> Refs {
        let mut found = self.found;
        for list in [&mut found.dangling, &mut found.problems] {
            list.sort_unstable();
            list.dedup();
        }
        found.refs.sort_unstable();
        found.refs.dedup();
        if found.problems.len() > MOST_PROBLEMS {
            let more = found.problems.len() - MOST_PROBLEMS;
            found.problems.truncate(MOST_PROBLEMS);
            found
                .problems
                .push(format!("{more} more refs can't be read"));
        }
        found
    }

    fn problem(&mut self, text: String) {
        self.found.problems.push(text);
    }

    /// Reads what refs are stored in a git directory.
    fn storage(&mut self, store: &Store, dir: &Path, values: &mut Values) {
        if store.ref_storage == RefStorage::Reftable {
            let tables = Tables::read(&dir.join("reftable"), self.id_len, &mut self.found.problems);
            let refs = tables.refs();
            values.extend(refs.map(|(name, value)| (name.to_owned(), value.clone())));
            return;
        }
        self.packed(&dir.join("packed-refs"), values);
        for (name, file) in self.files(dir, "refs") {
            self.loose(name, &file, values);
        }
        self.loose(b"HEAD".to_vec(), &dir.join("HEAD"), values);
    }

    fn packed(&mut self, file: &Path, values: &mut Values) {
        let text = read_optional(file, LONGEST, &mut self.found.problems).unwrap_or_default();
        let mut bad = None;
        for (number, line) in lines(&text) {
            // `^`: what the tag in the line before leads to
            if line.starts_with(b"#") || line.starts_with(b"^") || line.is_empty() {
                continue;
            }
            let parts = line.split_at_checked(2 * self.id_len);
            let name = parts.and_then(|(_, rest)| rest.strip_prefix(b" "));
            let id = parts.and_then(|(id, _)| parse_id(id, self.id_len));
            match (id, name) {
                (Some(id), Some(name)) if !name.is_empty() => {
                    values.insert(name.to_owned(), Value::Id(id));
                }
                _ => bad = bad.or(Some(number)),
            }
        }
        if let Some(number) = bad {
            self.problem(format!(
                "refs may be missing: {}, line {number}, is no ref",
                file.display()
            ));
        }
    }

    fn loose(&mut self, name: Vec<u8>, file: &Path, values: &mut Values) {
        let Some(text) = read_optional(file, LONGEST_REF, &mut self.found.problems) else {
            return;
        };
        let value = match text.strip_prefix(b"ref:") {
            Some(target) => Some(Value::Symbolic(target.trim_ascii().to_owned())),
            None => leading_id(&text, self.id_len).map(Value::Id),
        };
        match value {
            Some(value) => drop(values.insert(name, value)),
            None => self.problem(format!("{} is no ref that git would read", file.display())),
        }
    }

    /// Every file below `dir/top` with its name from `dir` on.
    fn files(&mut self, dir: &Path, top: &str) -> Vec<(Vec<u8>, PathBuf)> {
        let mut files = Vec::new();
        let mut folders = vec![(top.as_bytes().to_vec(), dir.join(top))];
        while let Some((name, folder)) = folders.pop() {
            for entry in names_in(&folder, &mut self.found.problems) {
                let bytes = entry.as_encoded_bytes();
                // not refs for git either: hidden files, and locks
                if bytes.starts_with(b".") || bytes.ends_with(b".lock") {
                    continue;
                }
                let name = [&name, &b"/"[..], bytes].concat();
                let path = folder.join(&entry);
                if !path.is_dir() {
                    files.push((name, path));
                } else if path.is_symlink() {
                    // links to folders could go round and round
                    self.problem(format!(
                        "refs may be missing: {} is a link to a folder, which is not followed",
                        path.display()
                    ));
                } else {
                    folders.push((name, path));
                }
            }
        }
        files
    }

    fn pseudo(&mut self, dir: &Path, prefix: &str) {
        for name in PSEUDO {
            let file = dir.join(name);
            let text = read_optional(&file, LONGEST, &mut self.found.problems).unwrap_or_default();
            let mut is_damaged = false;
            for (_, line) in lines(&text) {
                match leading_id(line, self.id_len) {
                    Some(id) => self.add(format!("{prefix}{name}"), id),
                    None => is_damaged |= !line.is_empty(),
                }
            }
            // a rebase may write abbreviated ids, and whatever else it likes
            if is_damaged && !name.contains('/') && !text.starts_with(b"ref:") {
                self.problem(format!(
                    "{} has lines that begin with no id",
                    file.display()
                ));
            }
        }
    }

    fn logs(&mut self, store: &Store, dir: &Path, prefix: &str) {
        if store.ref_storage == RefStorage::Reftable {
            // what can't be read has been told when the refs were read
            let tables = Tables::read(&dir.join("reftable"), self.id_len, &mut Vec::new());
            for (name, ids) in tables.logs() {
                self.logged(name, prefix, *ids);
            }
            return;
        }
        for (name, file) in self.files(dir, "logs") {
            let text = read_optional(&file, LONGEST, &mut self.found.problems).unwrap_or_default();
            let name = name.strip_prefix(b"logs/").unwrap_or(&name);
            let mut bad = None;
            for (number, line) in lines(&text) {
                let ids = line
                    .split_at_checked(2 * self.id_len)
                    .and_then(|(old, rest)| {
                        let new = leading_id(rest.strip_prefix(b" ")?, self.id_len)?;
                        Some([parse_id(old, self.id_len)?, new])
                    });
                match ids {
                    Some(ids) => self.logged(name, prefix, ids),
                    None if line.is_empty() => {}
                    None => bad = bad.or(Some(number)),
                }
            }
            if let Some(number) = bad {
                self.problem(format!(
                    "{}, line {number}, is no reflog entry",
                    file.display()
                ));
            }
        }
    }

    fn logged(&mut self, name: &[u8], prefix: &str, ids: [ObjectId; 2]) {
        let prefix = if is_own(name) { prefix } else { "" };
        let name = format!("reflog of {prefix}{}", String::from_utf8_lossy(name));
        for id in ids {
            self.add(name.clone(), id);
        }
    }

    /// Adds `id`; the same pair right after itself, as in every reflog, is dropped at once.
    fn add(&mut self, name: String, id: ObjectId) {
        let is_repeated = self
            .found
            .refs
            .last()
            .is_some_and(|last| last.1 == id && last.0 == name);
        if !id.is_null() && !is_repeated {
            self.found.refs.push((name, id));
        }
    }

    /// Adds the ref `name` with what it leads to.
    fn resolve(&mut self, scope: &Scope<'_>, name: &[u8], prefix: &str) -> Option<ObjectId> {
        let shown = format!("{prefix}{}", String::from_utf8_lossy(name));
        let mut at = name;
        for _ in 0..=DEEPEST {
            match scope.get(at) {
                Some(Value::Id(id)) if id.is_null() => {
                    self.problem(format!("{shown} names no object, its id is all zeros"));
                    return None;
                }
                Some(Value::Id(id)) => {
                    self.add(shown, *id);
                    return Some(*id);
                }
                Some(Value::Symbolic(target)) => at = target,
                None => {
                    // a branch without a commit is how every repository begins
                    if name != b"HEAD" {
                        self.found.dangling.push(shown);
                    }
                    return None;
                }
            }
        }
        self.problem(format!(
            "{shown} can't be followed: it leads over too many symbolic refs, or in a circle"
        ));
        None
    }
}

/// Lines and their numbers from 1.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = text.split(|byte| *byte == b'\n');
    (1..).zip(lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)))
}

/// The id with which `text` begins, if nothing but space follows it directly.
fn leading_id(text: &[u8], id_len: usize) -> Option<ObjectId> {
    let (id, rest) = text.split_at_checked(2 * id_len)?;
    let ends = rest.first().is_none_or(u8::is_ascii_whitespace);
    parse_id(id, id_len).filter(|_| ends)
}
