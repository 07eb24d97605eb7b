//! What is missing or can't be read, as skips of the report: an incomplete scan must not look clean.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::Store;
use crate::git::pack::{Damage, Kind};
use crate::model::{Coverage, ObjectId, Skip, SkipReason};

use super::graph::{CommitIx, Graph};
use super::names::Names;
use super::objects::{ObjectIx, Objects};
use super::tips::Tips;

/// Most skips of one reason that a report names; all are counted.
const MOST_NAMED: usize = 1000;

/// The name of an object in a skip.
fn name(kind: Option<Kind>, id: &ObjectId) -> Vec<u8> {
    let kind = match kind {
        Some(Kind::Blob) => "blob",
        Some(Kind::Tree) => "tree",
        Some(Kind::Commit) => "commit",
        Some(Kind::Tag) => "tag",
        None => "object",
    };
    format!("{kind} {id}").into_bytes()
}

/// Objects that something names and that are not there, each with its kind where that is known. `roots` are the trees of all commits.
pub fn missing_objects(
    graph: &Graph,
    roots: &[Option<ObjectIx>],
    tips: &Tips,
    store: &Store,
) -> BTreeSet<(ObjectId, Option<Kind>)> {
    let reached = &tips.reached;
    let mut missing: BTreeSet<(ObjectId, Option<Kind>)> =
        tips.missing.iter().map(|id| (*id, None)).collect();
    for (parent, child) in graph.missing() {
        let is_edge = store.shallow.binary_search(&graph.id(*child)).is_ok();
        if reached.contains(*child) && !is_edge {
            missing.insert((*parent, Some(Kind::Commit)));
        }
    }
    let is_lost = |commit: &CommitIx| roots[*commit as usize].is_none();
    let lost = reached.iter().filter(is_lost);
    missing.extend(lost.map(|commit| (graph.tree(commit), Some(Kind::Tree))));
    missing
}

/// Adds objects that are not there to `coverage`.
pub fn add_missing(
    coverage: &mut Coverage,
    missing: &BTreeSet<(ObjectId, Option<Kind>)>,
    store: &Store,
    allow: bool,
) {
    // a partial clone leaves blobs and trees to its remote, never commits
    let is_left = |kind: &Option<Kind>| {
        store.is_partial && allow && matches!(kind, Some(Kind::Blob | Kind::Tree))
    };
    for (reason, left) in [(SkipReason::Promised, true), (SkipReason::Missing, false)] {
        let skips = missing.iter().filter(|(_, kind)| is_left(kind) == left);
        add(
            coverage,
            skips.map(|(id, kind)| Skip {
                path: name(*kind, id),
                reason,
                detail: String::new(),
            }),
        );
    }
}

/// Adds objects that can't be read to `coverage`.
pub fn add_damaged(
    coverage: &mut Coverage,
    objects: &Objects,
    damaged: &BTreeMap<ObjectIx, Damage>,
) {
    // one object may be damaged in several places
    let by_id: BTreeMap<Vec<u8>, Damage> = damaged
        .iter()
        .map(|(ix, damage)| (name(objects.kind(*ix).ok(), &objects.id(*ix)), *damage))
        .collect();
    for reason in [
        SkipReason::Damaged,
        SkipReason::TooLarge,
        SkipReason::Internal,
    ] {
        let skips = by_id
            .iter()
            .filter(|(_, damage)| self::reason(**damage) == reason);
        add(
            coverage,
            skips.map(|(path, damage)| Skip {
                path: path.clone(),
                reason,
                detail: if reason == SkipReason::Damaged {
                    format!("damaged: {damage}")
                } else {
                    String::new()
                },
            }),
        );
    }
}

fn reason(damage: Damage) -> SkipReason {
    match damage {
        Damage::TooLarge => SkipReason::TooLarge,
        Damage::Internal => SkipReason::Internal,
        _ => SkipReason::Damaged,
    }
}

/// Adds blobs larger than was asked for.
pub fn add_over_limit(coverage: &mut Coverage, objects: &Objects, blobs: &[ObjectIx]) {
    let skips = blobs.iter().map(|ix| Skip {
        path: name(Some(Kind::Blob), &objects.id(*ix)),
        reason: SkipReason::OverLimit,
        detail: String::new(),
    });
    add(coverage, skips);
}

/// Adds the commits at which a shallow clone was cut, submodules, and files of the repository that can't be used.
pub fn add_edges(
    coverage: &mut Coverage,
    store: &Store,
    objects: &Objects,
    graph: &Graph,
    names: &Names,
    problems: &[String],
) {
    let cut = store.shallow.iter().filter(|id| graph.ix(id).is_some());
    add(
        coverage,
        cut.map(|id| Skip {
            path: name(Some(Kind::Commit), id),
            reason: SkipReason::Shallow,
            detail: String::new(),
        }),
    );
    add(
        coverage,
        names.submodules.iter().map(|name| Skip {
            path: name.clone(),
            reason: SkipReason::Submodule,
            detail: "a repository of its own, with a history of its own".to_owned(),
        }),
    );
    let files = objects.problems.iter().map(|(path, problem)| Skip {
        path: path.as_os_str().as_encoded_bytes().to_vec(),
        reason: SkipReason::Unreadable,
        detail: problem.clone(),
    });
    let others = problems.iter().map(|problem| Skip {
        path: store.git_dir.as_os_str().as_encoded_bytes().to_vec(),
        reason: SkipReason::Unreadable,
        detail: problem.clone(),
    });
    add(coverage, files.chain(others));
}

/// Adds skips of one reason: names the first, counts all.
fn add(coverage: &mut Coverage, skips: impl Iterator<Item = Skip>) {
    for (ix, skip) in skips.enumerate() {
        if ix < MOST_NAMED {
            coverage.skip(skip);
        } else {
            coverage.skipped[skip.reason as usize] += 1;
        }
    }
}
