//! Texts that lie in memory as a whole and are too long to be scanned so: what is remembered of a text of nothing but anchors takes
//! twelve times its size.

use crate::model::{Blob, Finding, Part};

use super::super::OVERLAP;
use super::{Scanned, Worker};

/// Longest text that is scanned as one. Windows of files are shorter. Bytes.
pub(super) const LONGEST: usize = 16 << 20;

/// What each window of a longer one judges. Bytes.
const OWN: usize = 8 << 20;

impl Worker<'_> {
    /// Scans a text in windows, as a file of that length is read, and appends what it finds.
    pub(super) fn scan_long(&mut self, blob: &Blob<'_>, findings: &mut Vec<Finding>) -> Scanned {
        let before = findings.len();
        let mut scanned = Scanned::Text;
        for (range, part) in Part::windows(blob.bytes.len(), OWN, OVERLAP) {
            let window = Blob {
                origin: blob.origin.clone(),
                bytes: &blob.bytes[range],
                part,
            };
            scanned = self.scan_window(&window, findings);
        }
        // two windows may meet the same secret
        let mut found = findings.split_off(before);
        found.sort_by(Finding::report_order);
        found.dedup_by(|a, b| Finding::report_order(a, b).is_eq());
        findings.append(&mut found);
        scanned
    }
}
