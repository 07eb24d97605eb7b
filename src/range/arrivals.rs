//! What the commits of a range bring in: every new version of a file under its path, and the texts of commits and tags.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::git::pack::{Kind, guard};
use crate::model::{Blob, Finding, ObjectId, ObjectKind, Origin, Part, Store, Tally};
use crate::scan::{Scanner, Worker};

use super::blobs::Arrival;
use super::diff::{Differ, New};
use super::objects::{Loss, Reader, Source};
use super::secrets::{Secrets, Sight};
use super::walk::{Ends, Walk};

/// Most versions of files, under their paths, that one range may bring in. A few crafted trees stand for any number of paths; each takes
/// some hundred bytes and as much time as a small file. The first commit of the largest repositories has half a million.
const MOST: usize = 1 << 21;

/// Most bytes of their paths.
const MOST_PATHS: usize = 256 << 20;

/// What a range brings in.
#[derive(Default)]
pub struct Arrivals {
    /// New versions of files.
    pub list: Vec<Arrival>,
    /// Their paths.
    pub paths: Vec<Vec<u8>>,
    /// Paths of new submodules.
    pub submodules: BTreeSet<Vec<u8>>,
    /// Whether something was left out because there was too much.
    pub is_cut: bool,
    numbers: HashMap<Vec<u8>, u32>,
    path_bytes: usize,
}

impl Arrivals {
    /// Compares each commit of `walk` with its parents, and takes what `ends` lead to without a commit, unless it is `known`.
    pub fn find<S: Source>(walk: &Walk, ends: &Ends, known: &Ends, reader: &mut Reader<S>) -> Self {
        let mut all = Self::default();
        let mut differ = Differ::default();
        for (place, ix) in (0..).zip(&walk.order) {
            let node = walk.node(*ix);
            let Some(tree) = node.tree else {
                continue;
            };
            let parents = node.parents.iter();
            let parents: Vec<ObjectId> = parents
                .filter_map(|parent| walk.node(*parent).tree)
                .collect();
            differ.diff(reader, tree, &parents, |path, new| {
                all.add(path, new, place);
            });
        }
        let before: HashSet<ObjectId> = known.others.iter().map(|other| other.id).collect();
        for other in &ends.others {
            let place = walk.place_of_end(other.end);
            if before.contains(&other.id) {
                continue;
            }
            if other.kind == Kind::Tree {
                differ.diff(reader, other.id, &[], |path, new| all.add(path, new, place));
            } else {
                all.add(b"", &New::Blob(other.id, &[]), place);
            }
        }
        all.is_cut |= differ.is_cut;
        all.list.sort_unstable();
        all
    }

    fn add(&mut self, path: &[u8], new: &New<'_>, commit: u32) {
        let New::Blob(id, before) = *new else {
            self.submodules.insert(path.to_vec());
            return;
        };
        let number = if let Some(number) = self.numbers.get(path) {
            *number
        } else {
            self.path_bytes += path.len();
            let Ok(number) = u32::try_from(self.paths.len()) else {
                self.is_cut = true;
                return;
            };
            if self.path_bytes > MOST_PATHS {
                self.is_cut = true;
                return;
            }
            self.paths.push(path.to_vec());
            self.numbers.insert(path.to_vec(), number);
            number
        };
        if self.list.len() >= MOST {
            self.is_cut = true;
            return;
        }
        self.list.push(Arrival {
            id,
            path: number,
            commit,
            before: before.into(),
        });
    }
}

/// Scans the texts of all commits of `walk` and of the tags in `ends`, unless those are `known`. Gives how many commits those were as well.
pub fn texts<S: Source>(
    walk: &Walk,
    ends: &Ends,
    known: &Ends,
    scanner: &Scanner,
    reader: &mut Reader<S>,
) -> (Secrets, Tally) {
    let (mut secrets, mut done) = (Secrets::default(), Tally::default());
    let mut worker = scanner.worker();
    let commits = (0..).zip(&walk.order);
    let commits = commits.map(|(place, ix)| (ObjectKind::Commit, walk.node(*ix).id, place));
    let before: HashSet<ObjectId> = known.tags.iter().map(|(id, _)| *id).collect();
    let tags = ends.tags.iter().filter(|(id, _)| !before.contains(id));
    let tags = tags.map(|(id, end)| (ObjectKind::Tag, *id, walk.place_of_end(*end)));
    for (kind, id, commit) in commits.chain(tags) {
        let stored = if kind == ObjectKind::Tag {
            Kind::Tag
        } else {
            Kind::Commit
        };
        let read = reader.shared(&id, stored);
        let read = read.and_then(|content| {
            if kind == ObjectKind::Commit {
                done.count += 1;
                done.bytes += content.len() as u64;
            }
            guard(|| text(&mut worker, kind, id, &content)).map_err(Loss::Damaged)
        });
        match read {
            Ok(findings) => {
                for finding in findings {
                    secrets.add(Sight { commit, finding });
                }
            }
            Err(loss) => {
                worker = scanner.worker();
                reader.lost.note(id, Some(stored), loss);
            }
        }
    }
    (secrets, done)
}

fn text(worker: &mut Worker<'_>, kind: ObjectKind, id: ObjectId, content: &[u8]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let blob = Blob {
        origin: Origin::new(b"", Store::Object(kind, id)),
        bytes: content,
        part: Part::whole(content.len()),
    };
    worker.scan(&blob, &mut findings);
    findings
}
