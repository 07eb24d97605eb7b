//! From many threads' sinks to one sorted report.
//!
//! A [`Lane`] is one thread's sink: it owns a worker, keeps what it finds, and hands everything over when it is
//! dropped. Nothing is shared while scanning. A panic is caught by the source, which drops the lane then.

use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{Blob, Coverage, Finding, Report, Sink, Sinks, Skip, SkipReason};
use crate::scan::{Scanned, Scanner, Worker};

/// Makes lanes and merges what they bring back.
pub(super) struct Collector<'s> {
    scanner: &'s Scanner,
    merged: Arc<Mutex<Report>>,
}

impl<'s> Collector<'s> {
    /// A collector for one run.
    pub(super) fn new(scanner: &'s Scanner) -> Self {
        Self {
            scanner,
            merged: Arc::default(),
        }
    }

    /// The report, sorted. All lanes have been dropped by then.
    pub(super) fn into_report(self) -> Report {
        let mut report =
            std::mem::take(&mut *self.merged.lock().unwrap_or_else(PoisonError::into_inner));
        report.sort();
        // two windows of a large file may meet the same secret, and two PATHs the same file
        for findings in [&mut report.findings, &mut report.allows.findings] {
            findings.dedup_by(|a, b| Finding::report_order(a, b).is_eq());
        }
        report
    }
}

impl<'s> Sinks for Collector<'s> {
    type Sink = Lane<'s>;

    fn sink(&self) -> Lane<'s> {
        Lane {
            worker: self.scanner.worker(),
            findings: Vec::new(),
            coverage: Coverage::default(),
            merged: Arc::clone(&self.merged),
        }
    }
}

/// One thread's sink.
pub(super) struct Lane<'s> {
    worker: Worker<'s>,
    findings: Vec<Finding>,
    coverage: Coverage,
    merged: Arc<Mutex<Report>>,
}

impl Sink for Lane<'_> {
    fn blob(&mut self, blob: &Blob<'_>) {
        let first = blob.part.offset == 0;
        match self.worker.scan(blob, &mut self.findings) {
            Scanned::LeftOut if first => self.skip(Skip {
                path: blob.origin.path.to_vec(),
                reason: SkipReason::Binary,
                detail: String::new(),
            }),
            Scanned::LeftOut => {}
            scanned => {
                self.coverage.files += u64::from(first);
                self.coverage.binary_files += u64::from(first && scanned == Scanned::Binary);
                self.coverage.bytes += blob.part.own.len() as u64;
            }
        }
    }

    fn skip(&mut self, skip: Skip) {
        self.coverage.skip(skip);
    }
}

impl Lane<'_> {
    fn merge_drops(&self) {
        let mut merged = self.merged.lock().unwrap_or_else(PoisonError::into_inner);
        for (rule, reason, count) in self.worker.drops() {
            *merged
                .drops
                .entry((rule.to_owned().into(), reason.id()))
                .or_default() += count;
        }
    }
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        self.merge_drops();
        let mut merged = self.merged.lock().unwrap_or_else(PoisonError::into_inner);
        merged.findings.append(&mut self.findings);
        merged.coverage.merge(std::mem::take(&mut self.coverage));
        merged.allows.merge(self.worker.take_allows());
    }
}
