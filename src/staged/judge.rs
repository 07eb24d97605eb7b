//! Which findings a commit adds, and which `HEAD` holds already.
//!
//! A finding is one that `HEAD` holds if there the same rule finds the same value, in what the index holds no more: each such place
//! pays for one finding, that in the same file first. So a secret that moves adds nothing, and a second copy of one adds one. While a
//! merge is in progress, the commits that are merged pay as well, for what they have under the same path: they are parents of what will be
//! committed, as `HEAD` is.

use std::collections::{BTreeSet, HashMap};

use crate::git::pack::Kind;
use crate::git::tree::Target;
use crate::git::{Finder, merge_heads};
use crate::model::{Coverage, Finding, Fingerprint, ObjectId, Report};

use super::diff::{Differences, Version, below};
use super::read::{Read, Reader};
use super::{entries, object, root_of};

/// A rule, a value, and whether a comment allows it: what is allowed in `HEAD` does not pay for what is not any more.
type Key = (String, (Fingerprint, bool));

fn key(finding: &Finding) -> Key {
    (finding.rule.to_string(), finding.standing())
}

/// Leaves out of `report` what `HEAD` holds already; how many findings that were. What can't be read is added to its coverage.
pub(super) fn leave_out(report: &mut Report, found: &Differences, reader: &Reader<'_>) -> u64 {
    if report.findings.is_empty() || found.old.is_empty() && found.gone.is_empty() {
        return 0;
    }
    let mut open = Open::new(std::mem::take(&mut report.findings));
    // what is in the same file is most likely to be the same
    let (same, others): (Vec<Version>, Vec<Version>) = found
        .old
        .iter()
        .cloned()
        .partition(|old| open.has_path(&old.path));
    open.pay(reader.read(&same), &mut report.coverage);
    if open.wants_more() {
        open.pay(reader.read(&others), &mut report.coverage);
    }
    if open.wants_more() && !found.gone.is_empty() {
        let mut coverage = Coverage::default();
        let gone = below(&found.gone, reader.store, &mut coverage);
        add_failures(coverage, &mut report.coverage);
        open.pay(reader.read(&gone), &mut report.coverage);
    }
    let (held, added) = open.settle();
    report.findings = added;
    held
}

/// Leaves out of `report` what a commit that is being merged holds under the same path; how many findings that were.
pub(super) fn leave_out_merged(report: &mut Report, reader: &Reader<'_>) -> u64 {
    if report.findings.is_empty() {
        return 0;
    }
    let mut finder = Finder::open(reader.store);
    let mut open = Open::new(std::mem::take(&mut report.findings));
    for commit in merge_heads(reader.store).into_iter().take(MOST_MERGED) {
        let Ok(Some(root)) = root_of(&commit, &mut finder) else {
            continue;
        };
        let paths = open.paths();
        let version = |path: Vec<u8>| {
            let id = blob_at(&root, &path, &mut finder)?;
            Some(Version { path, id })
        };
        let theirs: Vec<Version> = paths.into_iter().filter_map(version).collect();
        // what can't be read pays for nothing; what is staged was read all the same
        open.pay(reader.read(&theirs), &mut Coverage::default());
    }
    open.spare.clear();
    let (held, added) = open.settle();
    report.findings = added;
    held
}

/// Most commits that are merged at once; git itself refuses far fewer.
const MOST_MERGED: usize = 64;

/// The blob at `path` in the tree `root`.
fn blob_at(root: &ObjectId, path: &[u8], finder: &mut Finder) -> Option<ObjectId> {
    let mut tree = *root;
    let mut parts = path.split(|byte| *byte == b'/').peekable();
    while let Some(part) = parts.next() {
        let content = object(&tree, Kind::Tree, finder).ok()?;
        let wanted = match parts.peek() {
            Some(_) => Target::Tree,
            None => Target::Blob,
        };
        let entries = entries(&content, root.as_bytes().len()).ok()?;
        let found = entries
            .iter()
            .find(|entry| entry.name == part && entry.target == wanted)?;
        tree = ObjectId::new(found.id);
    }
    Some(tree)
}

/// Findings that nobody has paid for yet.
struct Open {
    findings: Vec<Option<Finding>>,
    by_key: HashMap<Key, Vec<usize>>,
    /// What `HEAD` has in other files than the findings of the same key.
    spare: HashMap<Key, u64>,
    held: u64,
}

impl Open {
    fn new(findings: Vec<Finding>) -> Self {
        let mut by_key: HashMap<Key, Vec<usize>> = HashMap::new();
        for (at, finding) in findings.iter().enumerate() {
            by_key.entry(key(finding)).or_default().push(at);
        }
        Self {
            findings: findings.into_iter().map(Some).collect(),
            by_key,
            spare: HashMap::new(),
            held: 0,
        }
    }

    /// The paths of all that nobody has paid for, each once.
    fn paths(&self) -> BTreeSet<Vec<u8>> {
        let left = self.findings.iter().flatten();
        left.map(|finding| finding.origin.path.to_vec()).collect()
    }

    fn has_path(&self, path: &[u8]) -> bool {
        let mut left = self.findings.iter().flatten();
        left.any(|finding| finding.origin.path == path)
    }

    /// Whether there are findings that what is not read yet may pay for.
    fn wants_more(&self) -> bool {
        let mut left = HashMap::new();
        for finding in self.findings.iter().flatten() {
            *left.entry(key(finding)).or_insert(0_u64) += 1;
        }
        left.iter()
            .any(|(key, count)| self.spare.get(key).unwrap_or(&0) < count)
    }

    /// Lets what `HEAD` holds pay for findings in the same file; the rest is kept for others.
    fn pay(&mut self, old: Read, coverage: &mut Coverage) {
        add_failures(old.coverage, coverage);
        // one with the same line around it is the same one; among the others the first is as good as any
        let left: Vec<Finding> = old
            .findings
            .into_iter()
            .filter(|old| !self.pay_one(old, true))
            .collect();
        for old in left {
            if !self.pay_one(&old, false) {
                *self.spare.entry(key(&old)).or_default() += 1;
            }
        }
    }

    fn pay_one(&mut self, old: &Finding, same_line: bool) -> bool {
        let Some(places) = self.by_key.get(&key(old)) else {
            // nobody asks for this one
            return true;
        };
        let fits = |at: &&usize| {
            self.findings[**at].as_ref().is_some_and(|new| {
                new.origin.path == old.origin.path && (!same_line || new.excerpt == old.excerpt)
            })
        };
        let Some(&at) = places.iter().find(fits) else {
            return false;
        };
        self.findings[at] = None;
        self.held += 1;
        true
    }

    /// How many findings were paid for, and the others.
    fn settle(mut self) -> (u64, Vec<Finding>) {
        for (key, mut count) in self.spare {
            for &at in self.by_key.get(&key).into_iter().flatten() {
                if count > 0 && self.findings[at].take().is_some() {
                    self.held += 1;
                    count -= 1;
                }
            }
        }
        (self.held, self.findings.into_iter().flatten().collect())
    }
}

/// Adds what could not be read; what could is not part of what is committed and is not counted.
fn add_failures(from: Coverage, to: &mut Coverage) {
    for mut skip in from
        .named
        .into_iter()
        .filter(|skip| skip.reason.is_failure())
    {
        if !skip.detail.is_empty() {
            skip.detail.insert_str(0, "in HEAD, ");
        }
        to.skip(skip);
    }
}
