//! Files that are read whole by rules without anchors: the settings of a dotenv file, and the lines of one that holds a login a line.

use crate::rules::{Kind, LineFile};
use crate::scan::assignment::{self, Lang};
use crate::scan::matcher::{assignment as assigned, token};

use super::{Frame, Share, Worker, text_of};

/// Longest line of a file that holds a login a line, bytes.
const LONGEST_LINE: usize = 1024;

impl Worker<'_> {
    /// Reads every assignment of a dotenv file with the rules that judge them all.
    pub(super) fn scan_dotenv(
        &mut self,
        frame: Frame<'_>,
        path: &[u8],
        share: &dyn Fn(usize) -> Share,
    ) {
        // what a shell reads is read as a shell does, and what stands in JSON as such
        let lang = match Lang::of_path(path) {
            lang @ (Lang::Shell | Lang::Json | Lang::Yaml | Lang::Php) => lang,
            _ => Lang::Env,
        };
        let frame = Frame { lang, ..frame };
        let scanner = self.scanner;
        let text = text_of(frame, &[]);
        for found in assignment::read_all(frame.bytes, 0..frame.bytes.len(), frame.lang) {
            let share = share(found.key.start as usize);
            let is_prose =
                matches!(lang, Lang::Env | Lang::Shell) && !is_setting(frame.bytes, &found);
            if share == Share::None || is_prose {
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

    /// Tries every line of a file that holds a login a line.
    pub(super) fn scan_lines(
        &mut self,
        frame: Frame<'_>,
        file: LineFile,
        share: &dyn Fn(usize) -> Share,
    ) {
        let scanner = self.scanner;
        let text = text_of(frame, &[]);
        let mut start = 0;
        for line in frame.bytes.split(|b| *b == b'\n') {
            let at = start;
            start += line.len() + 1;
            let share = share(at);
            if share == Share::None || line.len() > LONGEST_LINE {
                continue;
            }
            self.decisions.uncounted = share == Share::Near;
            for &(_, rule) in scanner.lines.iter().filter(|(of, _)| *of == file) {
                let compiled = &scanner.rules[usize::from(rule)];
                if let Kind::Token(kind) = &compiled.rule.kind {
                    token::judge_line(
                        compiled,
                        kind,
                        &text,
                        at..at + line.len(),
                        &mut self.decisions,
                    );
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
