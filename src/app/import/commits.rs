//! Files as they were in some commit: what a finding is about that stands in the history.

use std::collections::HashMap;
use std::path::Path;

use crate::git::pack::Kind;
use crate::git::tree::{self, Target};
use crate::git::{Finder, Store};
use crate::history::CommitInfo;
use crate::model::{Blob, Finding, ObjectId, ObjectKind, Origin, Part, Store as From};
use crate::scan::{Scanner, Worker};

/// Reads files of commits, each once, and scans them.
pub(super) struct Commits<'s> {
    id_len: usize,
    finder: Finder,
    worker: Worker<'s>,
    known: HashMap<(ObjectId, String), Option<Vec<Finding>>>,
}

impl<'s> Commits<'s> {
    /// Those of the repository of `root`; none if there is none.
    pub(super) fn of(root: &Path, scanner: &'s Scanner) -> Option<Self> {
        let store = Store::open(root, None).ok()?;
        Some(Self {
            id_len: store.id_len(),
            finder: Finder::open(&store),
            worker: scanner.worker(),
            known: HashMap::new(),
        })
    }

    /// What is found in the file at `path` as it was in `commit`; none if it can't be read here.
    pub(super) fn findings(&mut self, commit: &str, path: &str) -> Option<&[Finding]> {
        let commit = ObjectId::from_hex(commit.as_bytes())?;
        let key = (commit, path.to_owned());
        if !self.known.contains_key(&key) {
            let found = self.scan(commit, path);
            self.known.insert(key.clone(), found);
        }
        self.known.get(&key)?.as_deref()
    }

    fn scan(&mut self, commit: ObjectId, path: &str) -> Option<Vec<Finding>> {
        let content = self.object(commit, Kind::Commit)?;
        let mut id = CommitInfo::parse(commit, &content)?.tree;
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            let content = self.object(id, Kind::Tree)?;
            let entries = tree::entries(&content, self.id_len).ok()?;
            let entry = entries
                .into_iter()
                .find(|entry| entry.name == name.as_bytes())?;
            let wanted = if names.peek().is_some() {
                Target::Tree
            } else {
                Target::Blob
            };
            if entry.target != wanted {
                return None;
            }
            id = ObjectId::new(entry.id);
        }
        let content = self.object(id, Kind::Blob)?;
        let mut findings = Vec::new();
        let blob = Blob {
            origin: Origin::new(path.as_bytes(), From::Object(ObjectKind::Blob, id)),
            bytes: &content,
            part: Part::whole(content.len()),
        };
        self.worker.scan(&blob, &mut findings);
        findings.retain(|finding| finding.allowed.is_none());
        Some(findings)
    }

    fn object(&mut self, id: ObjectId, kind: Kind) -> Option<Vec<u8>> {
        if id.as_bytes().len() != self.id_len {
            return None;
        }
        let (found, content) = self.finder.find(&id).ok()??;
        (found == kind).then_some(content)
    }
}
