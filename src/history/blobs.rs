//! Which versions of files something may be found in.
//!
//! Two engines answer: one reads what is new in each version ([`crate::scan::Surveyor`]), the other reads every version whole through
//! libgit2. They must agree; what is found in a version is settled later, by scanning it whole under each of its paths.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::git::Store;
use crate::git::pack::{Damage, Delta, Kind, LARGEST, NodeIx, Visit};
use crate::scan::{Copied, Known, Scanner, Surveyor};

use super::bits::BitSet;
use super::names::{Names, SetIx};
use super::objects::{ObjectIx, Objects, Reader};
use super::tally::{Lane, Tally};
use super::visit;

/// What to look at and what to leave out.
pub struct Choice<'a> {
    /// The blobs to look at; all where there is no choice.
    pub wanted: Option<&'a BitSet>,
    /// Largest blob to look at. Bytes.
    pub most: Option<u64>,
}

/// What became of the blobs.
#[derive(Default)]
pub struct Surveyed {
    /// Something may be found in these, sorted.
    pub suspects: Vec<ObjectIx>,
    /// Larger than was asked for, sorted.
    pub over_limit: Vec<ObjectIx>,
    /// How many were taken for binary, of those that were looked at.
    pub binary: u64,
}

/// Surveys the blobs of `objects` by what is new in each.
pub fn survey(
    objects: &Objects,
    scanner: &Scanner,
    names: &Names,
    choice: &Choice<'_>,
    tally: &Tally<'_>,
) -> Surveyed {
    let visitors: Vec<Visitor<'_>> = (0..tally.threads())
        .map(|_| Visitor::new(objects, scanner, names, choice, tally))
        .collect();
    let visitors = match choice.wanted {
        None => visit::all(objects, Kind::Blob, visitors),
        Some(wanted) => visit::some(objects, Kind::Blob, wanted, visitors),
    };
    merged(visitors)
}

/// Surveys the blobs of `objects` by reading each whole through libgit2.
pub fn survey_in_full(
    store: &Store,
    objects: &Objects,
    scanner: &Scanner,
    names: &Names,
    choice: &Choice<'_>,
    tally: &Tally<'_>,
) -> Result<Surveyed, git2::Error> {
    let blobs: Vec<ObjectIx> = objects
        .of_kind(Kind::Blob)
        .into_iter()
        .filter(|ix| {
            let counting = objects.counting(*ix);
            counting == *ix || objects.kind(counting).is_err()
        })
        .collect();
    let next = AtomicUsize::new(0);
    let run = || {
        let odb = git2::Odb::new()?;
        for dir in &store.object_dirs {
            odb.add_disk_alternate(&dir.to_string_lossy())?;
        }
        let mut visitor = Visitor::new(objects, scanner, names, choice, tally);
        let mut reader = Reader::default();
        while let Some(&ix) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let id = objects.id(ix);
            let oid = git2::Oid::from_bytes(id.as_bytes())?;
            let object = match odb.read(oid) {
                Ok(object) if object.len() as u64 <= LARGEST => object,
                refused => {
                    // libgit2 does not say what is wrong
                    let read = objects.read(&id, &mut reader, &mut Vec::new());
                    let damage = read.and_then(Result::err).unwrap_or(if refused.is_ok() {
                        Damage::TooLarge
                    } else {
                        Damage::Stream
                    });
                    visitor.damaged(ix, damage);
                    continue;
                }
            };
            let classes = names.classes(names.set_of(ix));
            let known = visitor.surveyor.in_full(object.data(), classes);
            visitor.note(ix, object.len(), &known);
        }
        Ok(visitor)
    };
    let visitors: Result<Vec<Visitor<'_>>, git2::Error> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..tally.threads()).map(|_| scope.spawn(run)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    });
    visitors.map(merged)
}

fn merged(visitors: Vec<Visitor<'_>>) -> Surveyed {
    let mut all = Surveyed::default();
    for visitor in visitors {
        all.suspects.extend(visitor.found.suspects);
        all.over_limit.extend(visitor.found.over_limit);
        all.binary += visitor.found.binary;
    }
    all.suspects.sort_unstable();
    all.over_limit.sort_unstable();
    all
}

/// Reads blobs for one thread.
struct Visitor<'p> {
    objects: &'p Objects,
    names: &'p Names,
    choice: &'p Choice<'p>,
    lane: Lane<'p>,
    surveyor: Surveyor<'p>,
    copied: Vec<Copied>,
    found: Surveyed,
}

/// A blob as its deltas have to know it.
struct Seen {
    known: Known,
    set: SetIx,
}

impl<'p> Visitor<'p> {
    fn new(
        objects: &'p Objects,
        scanner: &'p Scanner,
        names: &'p Names,
        choice: &'p Choice<'p>,
        tally: &'p Tally<'p>,
    ) -> Self {
        Self {
            objects,
            names,
            choice,
            lane: tally.lane(),
            surveyor: Surveyor::new(scanner),
            copied: Vec::new(),
            found: Surveyed::default(),
        }
    }

    fn note(&mut self, ix: ObjectIx, len: usize, known: &Known) {
        let is_wanted = self.choice.wanted.is_none_or(|wanted| wanted.contains(ix));
        if !is_wanted || !self.objects.counts(ix) {
            return;
        }
        if self.choice.most.is_some_and(|most| len as u64 > most) {
            self.found.over_limit.push(ix);
            return;
        }
        self.lane.read(Kind::Blob, ix, len);
        self.found.binary += u64::from(known.is_binary());
        if known.is_suspect() || self.names.named.contains(ix) {
            self.lane.suspect();
            self.found.suspects.push(ix);
        }
    }
}

impl Visit for Visitor<'_> {
    type State = Seen;

    fn whole(&mut self, ix: NodeIx, content: &[u8]) -> Seen {
        let set = self.names.set_of(self.objects.counting(ix));
        let known = self.surveyor.whole(content, self.names.classes(set));
        self.note(ix, content.len(), &known);
        Seen { known, set }
    }

    fn delta(&mut self, ix: NodeIx, delta: &Delta<'_, Seen>, content: &[u8]) -> Seen {
        let set = self.names.set_of(self.objects.counting(ix));
        self.copied.clear();
        let copied = delta.ops.iter().filter(|op| op.copy).map(|op| Copied {
            from: op.from,
            at: op.at,
            len: op.len,
        });
        self.copied.extend(copied);
        let known = self.surveyor.version(
            &delta.state.known,
            delta.base_len,
            &self.copied,
            self.names.is_within(set, delta.state.set),
            content,
            self.names.classes(set),
        );
        self.note(ix, content.len(), &known);
        Seen { known, set }
    }

    fn damaged(&mut self, ix: NodeIx, damage: Damage) {
        let is_wanted = self.choice.wanted.is_none_or(|wanted| wanted.contains(ix));
        if is_wanted {
            self.lane.damaged(ix, damage);
        }
    }
}
