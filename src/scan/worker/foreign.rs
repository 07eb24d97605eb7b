//! The rules of gitleaks files on a text, and on names.

use crate::model::{Confidence, Secret, Span};
use crate::scan::candidate::Candidate;
use crate::scan::foreign::{Hunt, Place};
use crate::scan::view::{self, TextEncoding};

use super::{Share, Worker};

/// Length from which on a text's path is asked first, whether any rule looks at it. Bytes.
const LONG: usize = 32 << 10;

impl Worker<'_> {
    /// Adds what the foreign rules find in a file at `path` of which `text` is read.
    pub(super) fn scan_foreign(
        &mut self,
        text: &[u8],
        path: &[u8],
        share: &dyn Fn(usize) -> Share,
    ) {
        let scanner = self.scanner;
        let Some(rules) = &scanner.foreign else {
            return;
        };
        if text.len() > LONG && rules.leave_out(path) {
            return;
        }
        self.hunt.first = false;
        self.hunt.run(rules, text, Place::Path(path));
        for &(slot, reason, at) in &self.hunt.dropped {
            self.decisions.uncounted = share(at) != Share::Own;
            self.decisions.drop(rules.ix(slot), reason);
        }
        for found in &self.hunt.found {
            let compiled = &scanner.rules[usize::from(rules.ix(found.slot))];
            let secret = Span::new(found.secret.start, found.secret.end);
            let value = Secret::new(&text[found.secret.clone()], 0);
            self.decisions.candidates.push(Candidate {
                // a guess gives way to a rule that knows what it found
                rank: -i32::from(compiled.rule.confidence == Confidence::Low),
                ..compiled.candidate(secret, value)
            });
        }
    }

    /// Whether a foreign rule may find something in `text` as it is stored, under some path.
    pub(in crate::scan) fn may_hold_foreign(&mut self, text: &[u8]) -> bool {
        let Some(rules) = &self.scanner.foreign else {
            return false;
        };
        let (encoding, mark) = view::detect(text);
        let mut hunt = std::mem::take(&mut self.hunt);
        hunt.first = true;
        let found = |hunt: &mut Hunt, text: &[u8]| {
            hunt.run(rules, text, Place::Anywhere);
            !hunt.found.is_empty()
        };
        let is_found = match encoding {
            // a dotenv file is text whatever is in it
            TextEncoding::Utf8 | TextEncoding::Binary => found(&mut hunt, &text[mark..]),
            TextEncoding::Utf16(order) => {
                view::utf16(text, mark, order, &mut self.utf16);
                found(&mut hunt, &self.utf16.bytes)
            }
        };
        self.hunt = hunt;
        is_found
    }
}
