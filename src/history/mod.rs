//! Whole histories: every object of a repository through the scanner, and where what was found came from.
//!
//! Names come first (`names`), because decisions hang on them; then commits and tags (`texts`); then every version of every file,
//! as far as it is new (`blobs`). Only what may hold something is followed to its paths and commits (`leads`, `places`,
//! `findings`). How a finding is shown is not known here, and nothing is written.

mod bits;
mod blobs;
mod commit;
mod findings;
mod gaps;
mod graph;
mod ids;
mod leads;
mod names;
mod objects;
mod places;
mod reached;
mod revision;
mod scope;
mod tally;
mod texts;
mod tips;
mod trail;
mod tree;
mod visit;

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use crate::git::{Refs, Store};
use crate::model::{self, Coverage, Finding, ObjectId, ObjectKind, Skip, SkipReason};
use crate::scan::Scanner;

pub use bits::BitSet;
pub use commit::{CommitInfo, Commits};
pub use graph::{CommitIx, Graph};
pub use revision::{Range, RevisionError, Revisions};
pub use scope::Scope;
pub use tally::Progress;

use blobs::{Choice, Surveyed};
use findings::Ground;
use leads::{Leads, Search};
use objects::{ObjectIx, Objects};
use places::Places;
use scope::Chosen;
use tally::Tally;
use texts::Texts;
use tips::Tips;

/// How a history is to be scanned.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Threads; at least 1.
    pub threads: usize,
    /// Which part.
    pub scope: Scope,
    /// Largest blob that is scanned. Bytes.
    pub most: Option<u64>,
    /// Whether objects may be missing that a partial clone left to its remote.
    pub allow_missing: bool,
    /// Read every version whole through libgit2 instead of what is new in it.
    pub in_full: bool,
    /// Leave binary blobs out.
    pub no_binary: bool,
}

/// Why a history can't be scanned at all.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// A name that leads to no commit.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// libgit2 can't read the objects.
    #[error("libgit2 cannot read the objects: {0}")]
    Git(#[from] git2::Error),
    /// Objects with SHA-256 names, which libgit2 can't read.
    #[error("--history-engine naive reads SHA-1 repositories only; leave it out")]
    Sha256,
}

/// What a scan of a history gives.
#[derive(Debug)]
pub struct Scanned {
    /// One finding for each secret.
    pub findings: Vec<Finding>,
    /// What was read and what was not.
    pub coverage: Coverage,
}

/// Scans the history in `store`.
pub fn scan(
    store: &Store,
    scanner: &Scanner,
    options: &Options,
    progress: &Progress,
) -> Result<Scanned, HistoryError> {
    if options.in_full && store.hash != gix_hash::Kind::Sha1 {
        return Err(HistoryError::Sha256);
    }
    let mut problems = store.problems.clone();
    // refs first: what they name was there when they were read
    let refs = Refs::read(store);
    problems.extend(refs.problems.iter().cloned());
    let objects = Objects::open(store, &mut problems);
    progress
        .expected
        .store(objects.count() as u64, Ordering::Relaxed);
    let tally = Tally::new(&objects, progress, options.threads.max(1));
    // both read much and then put it in order alone: side by side, neither waits for the other
    let (names, (texts, graph)) = rayon::join(
        || names::Pass::new(scanner, &objects).run(&tally),
        || {
            let mut texts = texts::read(&objects, scanner, &tally);
            let graph = Graph::new(std::mem::take(&mut texts.commits));
            (texts, graph)
        },
    );
    let mut texts = texts;
    let tips = Tips::new(&refs, &texts.tags, &graph, &objects);
    let chosen = choose(options, &refs, &texts, &objects, &graph, &tips)?;
    let choice = Choice {
        wanted: chosen.as_ref().map(|chosen| &chosen.blobs),
        most: options.most,
    };
    let surveyed = if options.in_full {
        blobs::survey_in_full(store, &objects, scanner, &names, &choice, &tally)?
    } else {
        blobs::survey(&objects, scanner, &names, &choice, &tally)
    };
    if let Some(chosen) = &chosen {
        texts
            .findings
            .retain(|finding| is_chosen(finding, chosen, &graph, &tips));
    }
    for &(ix, damage) in objects.without_kind() {
        if objects.is_lost(ix) {
            tally.damaged(ix, damage);
        }
    }
    let roots = objects.find_each(graph.trees());
    let mut missing = gaps::missing_objects(&graph, &roots, &tips, store);
    let (leads, places, lost) = locate(
        &objects,
        &names,
        &roots,
        &tips,
        chosen.as_ref(),
        &surveyed,
        &texts,
    );
    missing.extend(lost.into_iter().map(|at| {
        let (id, kind) = names.missing[at].0;
        (id, Some(kind))
    }));
    let ground = Ground {
        objects: &objects,
        scanner,
        graph: &graph,
        leads: &leads,
        places: &places,
        tips: &tips,
        tally: &tally,
    };
    let findings = findings::settle(&ground, &surveyed.suspects, texts.findings);
    let mut coverage = covered(&tally, &surveyed, options);
    gaps::add_missing(&mut coverage, &missing, store, options.allow_missing);
    gaps::add_over_limit(&mut coverage, &objects, &surveyed.over_limit);
    gaps::add_edges(&mut coverage, store, &objects, &graph, &names, &problems);
    if places.is_cut {
        coverage.skip(Skip {
            path: store.git_dir.as_os_str().as_encoded_bytes().to_vec(),
            reason: SkipReason::TooLarge,
            detail: "its trees stand for more paths than can be followed; some may be left out"
                .to_owned(),
        });
    }
    gaps::add_damaged(&mut coverage, &objects, &tally.into_damaged());
    Ok(Scanned { findings, coverage })
}

/// The part that is asked for; none where it is everything.
fn choose(
    options: &Options,
    refs: &Refs,
    texts: &Texts,
    objects: &Objects,
    graph: &Graph,
    tips: &Tips,
) -> Result<Option<Chosen>, RevisionError> {
    let scope = &options.scope;
    if scope.is_all() {
        return Ok(None);
    }
    let commits = scope.commits(refs, &texts.tags, graph, tips)?;
    Ok(Some(scope.chosen(commits, objects, graph, tips)))
}

/// Whether a finding in a commit or tag belongs to the part that is asked for.
fn is_chosen(finding: &Finding, chosen: &Chosen, graph: &Graph, tips: &Tips) -> bool {
    match finding.origin.store {
        model::Store::Object(ObjectKind::Commit, id) => graph
            .ix(&id)
            .is_some_and(|commit| chosen.commits.contains(commit)),
        model::Store::Object(_, id) => chosen.tags && tips.others.contains_key(&id),
        model::Store::File(_) | model::Store::Stdin | model::Store::Index(_) => true,
    }
}

/// Where suspects stand, and which of the missing objects the commits that are asked for lead to, by their places in the list. Costs
/// nothing where there is neither.
fn locate(
    objects: &Objects,
    names: &names::Names,
    roots: &[Option<ObjectIx>],
    tips: &Tips,
    chosen: Option<&Chosen>,
    surveyed: &Surveyed,
    texts: &Texts,
) -> (Leads, Places, BTreeSet<usize>) {
    let nothing = || {
        let leads = Leads::default();
        let places = Places::find(objects, &leads, roots, &[]);
        (leads, places)
    };
    if surveyed.suspects.is_empty() && names.missing.is_empty() {
        let (leads, places) = nothing();
        return (leads, places, BTreeSet::new());
    }
    let is_counted =
        |commit: &CommitIx| chosen.is_none_or(|chosen| chosen.commits.contains(*commit));
    let commits = tips.reached.iter().filter(is_counted);
    let others = tips.others.keys();
    let starts: Vec<ObjectIx> = commits
        .filter_map(|commit| roots[commit as usize])
        .chain(others.filter_map(|id| objects.find(id.as_bytes())))
        .collect();
    // what follows can mostly be spared where only objects are missing
    let (reached, open) = reached::split(objects, names, &starts);
    let mut lost: BTreeSet<usize> = reached.into_iter().collect();
    let is_cut = names.trails.iter().any(|(trail, _)| trail.is_cut);
    if surveyed.suspects.is_empty() && open.is_empty() {
        let (leads, mut places) = nothing();
        places.is_cut |= is_cut;
        return (leads, places, lost);
    }
    let search = Search::new(objects, names);
    if !open.is_empty() {
        lost.extend(search.reached(&open, &starts));
    }
    let leads = search.leads(&surveyed.suspects);
    let tagged: BTreeSet<ObjectId> = tips
        .others
        .keys()
        .chain(texts.tags.values())
        .copied()
        .collect();
    let tagged: Vec<ObjectId> = tagged.into_iter().collect();
    let mut places = Places::find(objects, &leads, roots, &tagged);
    places.is_cut |= is_cut || search.is_cut();
    (leads, places, lost)
}

fn covered(tally: &Tally<'_>, surveyed: &Surveyed, options: &Options) -> Coverage {
    let counts = tally.counts();
    let mut coverage = Coverage {
        files: counts.blobs.count,
        bytes: counts.blobs.bytes + counts.commits.bytes + counts.tags.bytes,
        binary_files: surveyed.binary,
        objects: Some(counts),
        ..Coverage::default()
    };
    if options.no_binary {
        coverage.files -= surveyed.binary;
        coverage.binary_files = 0;
        coverage.skipped[SkipReason::Binary as usize] += surveyed.binary;
    }
    coverage
}
