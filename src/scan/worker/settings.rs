//! The settings of a dotenv file, each of them in the hands of the rules that judge them all. Such rules have no anchors.

use crate::rules::Kind;
use crate::scan::assignment::{self, Lang};
use crate::scan::matcher::assignment as assigned;

use super::{Frame, Share, Worker, text_of};

impl Worker<'_> {
    /// Reads every assignment of a dotenv file with the rules that judge them all.
    pub(super) fn scan_dotenv(
        &mut self,
        frame: Frame<'_>,
        path: &[u8],
        share: &dyn Fn(usize) -> Share,
    ) {
        // what a shell reads is read as a shell does
        let lang = match Lang::of_path(path) {
            Lang::Shell => Lang::Shell,
            _ => Lang::Env,
        };
        let frame = Frame { lang, ..frame };
        let scanner = self.scanner;
        let text = text_of(frame, &[]);
        for found in assignment::read_all(frame.bytes, 0..frame.bytes.len(), frame.lang) {
            let share = share(found.key.start as usize);
            if share == Share::None || !is_setting(frame.bytes, &found) {
                continue;
            }
            self.decisions.uncounted = share == Share::Near;
            for &rule in &scanner.dotenv {
                let compiled = &scanner.rules[usize::from(rule)];
                if let Kind::Assignment(kind) = &compiled.rule.kind {
                    assigned::judge_assignment(compiled, kind, &text, &found, &mut self.decisions);
                }
            }
        }
    }
}

/// Whether an assignment read in a dotenv file is one: `key: value` counts at the start of a line only, for in a comment it is
/// prose (`if using a password: …`).
fn is_setting(bytes: &[u8], found: &assignment::Assignment) -> bool {
    let key = found.key.range().start;
    found.syntax != assignment::Syntax::Colon
        || bytes[..key]
            .iter()
            .rev()
            .take_while(|b| **b != b'\n')
            .all(|b| b" \t#\"'".contains(b))
}
