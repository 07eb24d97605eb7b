//! Versions of files through the scanner, each whole and under its path.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::git::pack::{Kind, guard};
use crate::git::{Finder, Store};
use crate::model::{self, Allows, Blob, Coverage, Finding, Origin, Part, Skip, SkipReason};
use crate::scan::{Scanned, Scanner, Worker};

use super::diff::Version;
use super::object;

/// From so many on, several threads read: to start them takes as long as to read some files.
const MANY: usize = 64;

/// Reads versions of files.
pub(super) struct Reader<'a> {
    pub(super) store: &'a Store,
    pub(super) scanner: &'a Scanner,
    pub(super) threads: usize,
    /// Largest version that is scanned. Bytes.
    pub(super) most: Option<u64>,
}

/// What reading gave.
#[derive(Default)]
pub(super) struct Read {
    pub(super) findings: Vec<Finding>,
    pub(super) coverage: Coverage,
    pub(super) drops: BTreeMap<(Cow<'static, str>, &'static str), u64>,
    pub(super) allows: Allows,
}

impl Read {
    fn merge(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.coverage.merge(other.coverage);
        self.allows.merge(other.allows);
        for (drop, count) in other.drops {
            *self.drops.entry(drop).or_default() += count;
        }
    }
}

impl Reader<'_> {
    /// Scans `versions`.
    pub(super) fn read(&self, versions: &[Version]) -> Read {
        if versions.len() < MANY || self.threads < 2 {
            return self.read_in_one(versions);
        }
        let share = versions.len().div_ceil(self.threads * 8).max(MANY / 4);
        let work = || -> Vec<Read> {
            versions
                .par_chunks(share)
                .map(|share| self.read_in_one(share))
                .collect()
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads);
        let parts = match pool.build() {
            Ok(pool) => pool.install(work),
            Err(_) => work(),
        };
        let mut all = Read::default();
        for part in parts {
            all.merge(part);
        }
        all
    }

    /// Scans `versions` in this thread.
    pub(super) fn read_in_one(&self, versions: &[Version]) -> Read {
        let mut read = Read::default();
        let mut finder = Finder::open(self.store);
        let mut worker = self.scanner.worker();
        for version in versions {
            let content = match object(&version.id, Kind::Blob, &mut finder) {
                Ok(content) => content,
                Err((reason, why)) => {
                    read.coverage.skip(self.unread(version, reason, &why));
                    continue;
                }
            };
            if self.most.is_some_and(|most| content.len() as u64 > most) {
                read.coverage.skip(Skip {
                    path: version.path.clone(),
                    reason: SkipReason::OverLimit,
                    detail: String::new(),
                });
                continue;
            }
            let done = guard(|| scan(&mut worker, version, &content, &mut read));
            if done.is_err() {
                // what it left behind in the worker is not to be trusted
                worker = self.scanner.worker();
                read.coverage.skip(Skip {
                    path: version.path.clone(),
                    reason: SkipReason::Internal,
                    detail: String::new(),
                });
            }
        }
        read.allows = worker.take_allows();
        for (rule, reason, count) in worker.drops() {
            let drop = (Cow::from(rule.to_owned()), reason.id());
            *read.drops.entry(drop).or_default() += count;
        }
        read
    }

    fn unread(&self, version: &Version, reason: SkipReason, why: &str) -> Skip {
        let advice = match reason {
            SkipReason::Missing if self.store.is_partial => {
                "; it is left to the remote by a partial clone, `git fetch --refetch --no-filter` brings it"
            }
            SkipReason::Missing | SkipReason::Damaged => "; `git fsck` tells more",
            _ => "",
        };
        Skip {
            path: version.path.clone(),
            reason,
            detail: format!("its blob {why}{advice}"),
        }
    }
}

fn scan(worker: &mut Worker<'_>, version: &Version, content: &[u8], read: &mut Read) {
    let blob = Blob {
        origin: Origin::new(&version.path, model::Store::Index(version.id)),
        bytes: content,
        part: Part::whole(content.len()),
    };
    match worker.scan(&blob, &mut read.findings) {
        Scanned::LeftOut => read.coverage.skip(Skip {
            path: version.path.clone(),
            reason: SkipReason::Binary,
            detail: String::new(),
        }),
        scanned => {
            read.coverage.files += 1;
            read.coverage.binary_files += u64::from(scanned == Scanned::Binary);
            read.coverage.bytes += content.len() as u64;
        }
    }
}
