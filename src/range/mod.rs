//! Ranges of commits: what a push, a merge request or `A..B` brings in, at a cost that grows with the range and not with the
//! repository.
//!
//! [`scan`] takes what is to be scanned ([`Tip`]: a commit, a tag, or what else a ref may name) and the ids whose history is known
//! already. It walks the commits between them (`walk`), compares each one's tree with its parents' (`diff`), scans what none of these
//! has (`arrivals`, `blobs`) and every commit and tag text, and gives one finding a secret (`secrets`), as a scan of a whole history does:
//!
//! ```text
//! let tips = [Tip { name: "HEAD".to_owned(), id: head }];
//! let options = range::Options { threads: 1, head: Some(head), ..range::Options::default() };
//! let found = range::scan(&store, &scanner, &tips, &[base], &options)?;
//! ```
//!
//! *New* is what stands in a commit at a path where none of its parents has it: what a merge made up is seen, what it brought in from a
//! parent outside of the range is not. A file that moved counts as new, and so does a secret that was once removed and comes back.
//! Refs and names of commits are resolved by the caller; nothing is written and nothing printed here.

mod arrivals;
mod blobs;
mod diff;
mod objects;
mod secrets;
mod walk;

use std::collections::{BTreeSet, HashMap};

use crate::git::pack::Kind;
use crate::git::{Finder, Store};
use crate::history::CommitInfo;
use crate::model::{Coverage, Finding, FirstCommit, Location, ObjectId, Objects, Skip, SkipReason};
use crate::scan::Scanner;

use arrivals::Arrivals;
use blobs::Job;
use objects::Reader;
use secrets::{Ground, Secrets};
use walk::{Ends, Walk};

pub use objects::{Loss, Source};

/// What is to be scanned with all that it reaches, down to what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// What people call it, such as `refs/heads/main`: findings say that they are reached by it.
    pub name: String,
    /// The object that it names.
    pub id: ObjectId,
}

/// How a range is to be scanned.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Threads; 0 counts as 1. Few blobs are scanned by one thread.
    pub threads: usize,
    /// Largest blob that is scanned. Bytes.
    pub most: Option<u64>,
    /// Whether blobs and trees may be missing that a partial clone left to its remote.
    pub allow_missing: bool,
    /// Whether secrets are left out that stand in a parent's version of the same file as well: those are not what the range adds.
    pub added_only: bool,
    /// The commit of `HEAD`. Findings say whether it has one of the versions that they stand in, at the same path.
    pub head: Option<ObjectId>,
}

/// Why a range can't be scanned at all. What can't be read in it is a [`Skip`] instead.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// The range goes on behind the commit at which a shallow clone was cut.
    #[error(
        "this clone is shallow: it ends at commit {0}, and the range goes on behind it; fetch more with `git fetch --unshallow` or `git fetch --deepen=N`"
    )]
    Shallow(ObjectId),
}

/// What a scan of a range gives.
#[derive(Debug, Default)]
pub struct Scanned {
    /// One finding for each secret.
    pub findings: Vec<Finding>,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// How many commits the range has.
    pub commits: u64,
    /// What was read: what was scanned, and the commits around the range that tell where it ends.
    pub read: Objects,
}

/// Scans in `store` what `include` reaches and `exclude` does not. What is excluded and is not there leaves nothing out.
pub fn scan(
    store: &Store,
    scanner: &Scanner,
    include: &[Tip],
    exclude: &[ObjectId],
    options: &Options,
) -> Result<Scanned, RangeError> {
    let options = Options {
        // where nothing was left to a remote, nothing may be missing
        allow_missing: options.allow_missing && store.is_partial,
        ..options.clone()
    };
    let source = || Finder::open(store);
    let mut result = scan_from(&source, &store.shallow, scanner, include, exclude, &options)?;
    for problem in &store.problems {
        result.coverage.skip(Skip {
            path: store.git_dir.as_os_str().as_encoded_bytes().to_vec(),
            reason: SkipReason::Unreadable,
            detail: problem.clone(),
        });
    }
    Ok(result)
}

/// As [`scan`], with objects from `source`, of which each thread gets its own. `shallow` are the commits, sorted, at which the clone was
/// cut; `options.allow_missing` is taken at its word.
pub fn scan_from<S: Source>(
    source: &(impl Fn() -> S + Sync),
    shallow: &[ObjectId],
    scanner: &Scanner,
    include: &[Tip],
    exclude: &[ObjectId],
    options: &Options,
) -> Result<Scanned, RangeError> {
    let mut reader = Reader::new(source());
    let ids: Vec<ObjectId> = include.iter().map(|tip| tip.id).collect();
    let ends = Ends::of(&ids, &mut reader);
    for (id, loss) in &ends.lost {
        reader.lost.note(*id, None, loss.clone());
    }
    let known = Ends::of(exclude, &mut reader);
    let walk = walk::walk(&ends, &known, shallow, &mut reader)?;
    let (mut secrets, commits) = arrivals::texts(&walk, &ends, &known, scanner, &mut reader);
    let arrivals = Arrivals::find(&walk, &ends, &known, &mut reader);
    let job = Job {
        scanner,
        arrivals: &arrivals.list,
        paths: &arrivals.paths,
        most: options.most,
        added_only: options.added_only,
        threads: options.threads.max(1),
    };
    let done = blobs::scan(&job, source);
    secrets.merge(done.secrets);
    reader.lost.merge(done.lost);
    let findings = shown(secrets, &walk, &ends, include, options.head, &mut reader);
    let mut read = reader.counts;
    read.merge(done.counts);
    let objects = Objects { commits, ..read };
    let mut coverage = Coverage {
        files: done.files,
        bytes: done.bytes + objects.commits.bytes + objects.tags.bytes,
        binary_files: done.binary,
        objects: Some(objects),
        ..Coverage::default()
    };
    coverage.skipped[SkipReason::Binary as usize] += done.left_out;
    reader.lost.add_to(&mut coverage, options.allow_missing);
    for path in arrivals.submodules {
        coverage.skip(Skip {
            path,
            reason: SkipReason::Submodule,
            detail: "a repository of its own, with a history of its own".to_owned(),
        });
    }
    if arrivals.is_cut {
        coverage.skip(Skip {
            path: b"trees of the range".to_vec(),
            reason: SkipReason::TooLarge,
            detail: "they stand for more paths than can be followed; some are left out".to_owned(),
        });
    }
    Ok(Scanned {
        findings,
        coverage,
        commits: walk.order.len() as u64,
        read,
    })
}

/// The findings with what the range tells of their history.
fn shown<S: Source>(
    secrets: Secrets,
    walk: &Walk,
    ends: &Ends,
    include: &[Tip],
    head: Option<ObjectId>,
    reader: &mut Reader<S>,
) -> Vec<Finding> {
    if secrets.is_empty() {
        return Vec::new();
    }
    let masks: Vec<_> = ends
        .commits
        .chunks(64)
        .map(|ends| {
            let ids: Vec<ObjectId> = ends.iter().map(|(id, _)| *id).collect();
            (ends, walk.reached_by(&ids))
        })
        .collect();
    let commit = |place: u32| {
        let node = walk.node(*walk.order.get(place as usize)?);
        Some(FirstCommit {
            id: node.id,
            author_time: node.author_time,
        })
    };
    let refs = |commits: &BTreeSet<u32>| {
        let mut names = BTreeSet::new();
        for &place in commits {
            if let Some(end) = walk.end_at(place) {
                names.insert(include[end].name.clone());
                continue;
            }
            for (ends, masks) in &masks {
                let reaching = masks[place as usize];
                let ends = ends.iter().enumerate();
                let ends = ends.filter(|(bit, _)| reaching & 1 << bit != 0);
                names.extend(ends.map(|(_, (_, end))| include[*end].name.clone()));
            }
        }
        names.into_iter().collect()
    };
    let ground = Ground {
        commit: &commit,
        refs: &refs,
    };
    let top = head
        .and_then(|head| Some((head, reader.shared(&head, Kind::Commit).ok()?)))
        .and_then(|(head, content)| CommitInfo::parse(head, &content))
        .map(|commit| commit.tree);
    let mut there: HashMap<Vec<u8>, Option<ObjectId>> = HashMap::new();
    secrets.into_findings(&ground, |at: &Location| {
        let Some(top) = top else {
            return false;
        };
        let id = there
            .entry(at.path.clone())
            .or_insert_with(|| diff::at_path(reader, top, &at.path));
        *id == Some(at.object)
    })
}
