//! The new versions of files through the scanner, each under every path at which it is new.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::git::pack::{Kind, guard};
use crate::model::{
    Blob, Finding, Fingerprint, ObjectId, ObjectKind, Objects, Origin, Part, Store,
};
use crate::scan::{PathClass, Scanned, Scanner, Worker};

use super::objects::{Loss, Lost, Reader, Source};
use super::secrets::{Secrets, Sight};

/// Fewest blobs for which a second thread is worth starting.
const HANDFUL: usize = 32;

/// A blob that a commit has at a path at which none of its parents has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    /// The blob.
    pub id: ObjectId,
    /// Number of the path.
    pub path: u32,
    /// Place of the commit in the range; behind all of them that of an end that leads to it without one.
    pub commit: u32,
    /// What the parents have at the path.
    pub before: Vec<ObjectId>,
}

/// What to scan, and how.
pub struct Job<'a> {
    /// The rules.
    pub scanner: &'a Scanner,
    /// Sorted.
    pub arrivals: &'a [Arrival],
    /// The paths.
    pub paths: &'a [Vec<u8>],
    /// Largest blob that is scanned. Bytes.
    pub most: Option<u64>,
    /// Whether secrets that a parent has in its version of the file are left out.
    pub added_only: bool,
    /// Threads, at least 1.
    pub threads: usize,
}

/// What became of the blobs.
#[derive(Default)]
pub struct Done {
    /// What was found.
    pub secrets: Secrets,
    /// What could not be read.
    pub lost: Lost,
    /// What was read.
    pub counts: Objects,
    /// Blobs that were scanned.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// How many of them were taken for binary.
    pub binary: u64,
    /// How many were left out as binary.
    pub left_out: u64,
}

/// Scans all arrivals. Each thread reads from a source of its own.
pub fn scan<S: Source>(job: &Job<'_>, source: &(impl Fn() -> S + Sync)) -> Done {
    let mut groups: Vec<&[Arrival]> = job.arrivals.chunk_by(|a, b| a.id == b.id).collect();
    // the order of ids is none at all; that of commits is close to the one in which objects lie in a pack
    groups.sort_by_key(|group| group.iter().map(|arrival| arrival.commit).min());
    let threads = job.threads.min(groups.len().div_ceil(HANDFUL)).max(1);
    let next = AtomicUsize::new(0);
    let run = || {
        let mut lane = Lane {
            job,
            worker: job.scanner.worker(),
            reader: Reader::new(source()),
            held: HashMap::new(),
            done: Done::default(),
        };
        while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
            let id = group[0].id;
            if let Err(damage) = guard(|| lane.blob(id, group)) {
                lane.worker = job.scanner.worker();
                lane.done
                    .lost
                    .note(id, Some(Kind::Blob), Loss::Damaged(damage));
            }
        }
        lane.done.counts = lane.reader.counts;
        lane.done
    };
    if threads == 1 {
        return run();
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let mut all = Done::default();
        for thread in threads {
            let done = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.merge(done);
        }
        all
    })
}

impl Done {
    fn merge(&mut self, other: Self) {
        self.secrets.merge(other.secrets);
        self.lost.merge(other.lost);
        self.counts.merge(other.counts);
        self.files += other.files;
        self.bytes += other.bytes;
        self.binary += other.binary;
        self.left_out += other.left_out;
    }
}

/// What stands in an older version, by [`Finding::standing`].
type Held = Rc<HashSet<(Fingerprint, bool)>>;

/// One thread.
struct Lane<'j, S> {
    job: &'j Job<'j>,
    worker: Worker<'j>,
    reader: Reader<S>,
    /// Secrets of older versions, by blob and path.
    held: HashMap<(ObjectId, u32), Held>,
    done: Done,
}

impl<S: Source> Lane<'_, S> {
    /// Scans the blob `id`, which arrived as `group` says.
    fn blob(&mut self, id: ObjectId, group: &[Arrival]) {
        let content = match self.reader.read(&id, Kind::Blob) {
            Ok(content)
                if self
                    .job
                    .most
                    .is_some_and(|most| content.len() as u64 > most) =>
            {
                self.done.lost.note(id, Some(Kind::Blob), Loss::OverLimit);
                return;
            }
            Ok(content) => content,
            Err(loss) => {
                self.done.lost.note(id, Some(Kind::Blob), loss);
                return;
            }
        };
        let len = content.len();
        let mut by_class: HashMap<PathClass, Vec<Finding>> = HashMap::new();
        let mut seen: BTreeMap<u32, Vec<Finding>> = BTreeMap::new();
        let mut became = Scanned::LeftOut;
        for arrivals in group.chunk_by(|a, b| a.path == b.path) {
            let number = arrivals[0].path;
            let path = &self.job.paths[number as usize];
            // what a file rule says hangs on the name itself, and what is left out on the whole path
            let class = (!self.job.scanner.hangs_on_path(path)).then(|| PathClass::of(path));
            let known = class.and_then(|class| by_class.get(&class));
            let findings = if let Some(known) = known {
                known.iter().map(|finding| at(finding, path)).collect()
            } else {
                let mut findings = Vec::new();
                let scanned = self.worker.scan(&blob(path, id, content), &mut findings);
                // under one name it may be binary, and a dotenv file under another
                became = match (became, scanned) {
                    (Scanned::LeftOut, other) => other,
                    (Scanned::Text, _) | (_, Scanned::Text) => Scanned::Text,
                    (Scanned::Binary, _) => Scanned::Binary,
                };
                if let Some(class) = class {
                    by_class.insert(class, findings.clone());
                }
                findings
            };
            if !findings.is_empty() {
                seen.insert(number, findings);
            }
        }
        match became {
            Scanned::LeftOut => self.done.left_out += 1,
            scanned => {
                self.done.files += 1;
                self.done.bytes += len as u64;
                self.done.binary += u64::from(scanned == Scanned::Binary);
            }
        }
        for arrivals in group.chunk_by(|a, b| a.path == b.path) {
            for finding in seen.remove(&arrivals[0].path).into_iter().flatten() {
                self.found(finding, arrivals);
            }
        }
    }

    /// Notes a finding at one path, with the first of the commits that brought it in.
    fn found(&mut self, finding: Finding, arrivals: &[Arrival]) {
        let added = arrivals.iter().find(|arrival| {
            !self.job.added_only
                || !arrival.before.iter().any(|before| {
                    self.secrets_of(*before, arrival.path)
                        .contains(&finding.standing())
                })
        });
        if let Some(arrival) = added {
            self.done.secrets.add(Sight {
                commit: arrival.commit,
                finding,
            });
        }
    }

    /// The secrets in the blob `id` at the path number `path`; none where it can't be read, so that nothing is hidden.
    fn secrets_of(&mut self, id: ObjectId, path: u32) -> Held {
        if let Some(held) = self.held.get(&(id, path)) {
            return Rc::clone(held);
        }
        let mut findings = Vec::new();
        if let Some(content) = self.reader.again(&id) {
            let path = &self.job.paths[path as usize];
            self.worker.scan(&blob(path, id, &content), &mut findings);
        }
        let held: Held = Rc::new(findings.iter().map(Finding::standing).collect());
        self.held.insert((id, path), Rc::clone(&held));
        held
    }
}

fn blob<'b>(path: &'b [u8], id: ObjectId, content: &'b [u8]) -> Blob<'b> {
    Blob {
        origin: Origin::new(path, Store::Object(ObjectKind::Blob, id)),
        bytes: content,
        part: Part::whole(content.len()),
    }
}

/// The same finding at another path.
fn at(finding: &Finding, path: &[u8]) -> Finding {
    Finding {
        origin: Origin::new(path, finding.origin.store).to_owned(),
        ..finding.clone()
    }
}
