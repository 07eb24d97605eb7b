//! Which findings a comment beside them lets pass.
//!
//! Looks at a text only once something was found in it, or where it is asked for comments of no use. A marker has to stand in a comment (`comment`) on the line of the secret
//! or alone on the line above, and never in the secret or in the string literal that holds it. What a marker says, `marker`
//! and `text` know. Nothing here decides what a secret is.

mod comment;
mod marker;
mod text;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::model::{AllowFault, AllowWarning, Allowed, Allows, Marker, Origin, Store};

use comment::Comment;
use marker::Scope;
use text::{Said, Stretch};

pub use marker::Words;
pub use text::Text;

/// Bytes of a line that are looked at on each side of a secret, and of the line above it. Lines are longer in machine-made
/// files only. Far less than windows of a file overlap.
const REACH: usize = 4096;

/// Which comments let findings pass, and how.
#[derive(Clone, Debug)]
pub struct Allowing {
    /// Whether those count that were written for other programs.
    pub foreign: bool,
    /// Whether ours count only with a reason.
    pub require_reason: bool,
    /// Whether comments of ours are looked for that stand beside nothing that is found.
    pub seek: bool,
    /// Ids of all rules that there are, also of those that the scan leaves out.
    pub known: Vec<Cow<'static, str>>,
    /// Ids of those that it leaves out: what is said of them is not known to be of no use.
    pub idle: Vec<Cow<'static, str>>,
}

/// What is known of the comments of one file, and of all files before it.
#[derive(Default)]
pub struct Ledger {
    /// Lines of the file with a comment of ours that nothing is wrong with, and whether it let anything pass.
    used: BTreeMap<u64, bool>,
    faults: BTreeSet<(u64, AllowFault)>,
    /// The beginning of a file that is read in several windows.
    head: Vec<u8>,
    done: Allows,
}

/// A value that was found, and by which rule.
pub struct Claim<'c> {
    /// Id of the rule.
    pub rule: &'c str,
    /// Where in the text it stands.
    pub secret: Range<usize>,
}

impl Ledger {
    /// Forgets the file before. `head` is the beginning of one of which no more windows show it.
    pub fn begin(&mut self, head: &[u8]) {
        self.used.clear();
        self.faults.clear();
        self.head.clear();
        self.head.extend_from_slice(&head[..head.len().min(REACH)]);
    }

    /// Ends the file.
    pub fn end(&mut self, origin: &Origin<'_>) {
        // a version in a history can't be mended
        if matches!(origin.store, Store::Object(..)) {
            return;
        }
        let unused = self.used.iter().filter(|(_, used)| !**used);
        let unused = unused.map(|(line, _)| (origin.path.to_vec(), *line));
        self.done.unused.extend(unused);
        let faults = std::mem::take(&mut self.faults);
        let warnings = faults.into_iter().map(|(line, fault)| AllowWarning {
            path: origin.path.to_vec(),
            line,
            fault,
        });
        self.done.warnings.extend(warnings);
    }

    /// What there is to say of all files so far, which is said once.
    pub fn take(&mut self) -> Allows {
        std::mem::take(&mut self.done)
    }

    /// The comment that lets `claim` pass, if one does. `number` tells the line of an offset, from 1.
    pub fn judge(
        &mut self,
        allowing: &Allowing,
        text: &mut Text<'_>,
        claim: &Claim<'_>,
        number: &dyn Fn(usize) -> u64,
    ) -> Option<Allowed> {
        if text.is_unmarked() {
            return None;
        }
        let secret = &claim.secret;
        // a secret may be put together from several lines: its first one and its last one count
        let is_one = memchr::memchr(b'\n', &text.bytes()[secret.clone()]).is_none();
        let first_end = if is_one { secret.end } else { secret.start };
        let first = text.line(&(secret.start..first_end));
        let last = (!is_one).then(|| text.line(&(secret.end..secret.end)));
        let above = if first.is_start {
            text.above(first.range.start)
        } else {
            None
        };
        let lines = [
            Some((&first, false)),
            last.as_ref().map(|it| (it, false)),
            above.as_ref().map(|it| (it, true)),
        ];
        let (mut own, mut foreign) = (None, None);
        for (stretch, is_above) in lines.into_iter().flatten() {
            let markers = text.markers_in(&stretch.range).to_vec();
            if markers.is_empty() {
                continue;
            }
            let literal = (!is_above).then(|| text.literal(stretch, secret)).flatten();
            let comments = text.comments(stretch);
            for found in markers {
                let stands_in =
                    |range: &Range<usize>| found.at.start < range.end && range.start < found.at.end;
                let speaks = match found.scope {
                    Scope::Line => !is_above,
                    Scope::Next => is_above,
                    Scope::Both => true,
                };
                if !speaks || stands_in(secret) || literal.as_ref().is_some_and(stands_in) {
                    continue;
                }
                let ix = comments.partition_point(|it| it.inside.end <= found.at.start);
                let Some(comment) = comments
                    .get(ix)
                    .filter(|it| it.inside.start <= found.at.start && (it.alone || !is_above))
                else {
                    continue;
                };
                let behind = text.words_behind(&found.at, comment);
                if found.marker == Marker::Waxseal {
                    let said = text.said(&found.at, behind.end, allowing);
                    let line = number(found.at.start);
                    let passes = self.note(allowing, &said, claim.rule, line);
                    if passes && own.is_none() {
                        own = Some(text.allowed(&said, line));
                    }
                } else if foreign.is_none()
                    && (found.marker != Marker::Secretlint
                        || marker::secretlint_names(&text.bytes()[behind], claim.rule))
                {
                    foreign = Some(Allowed {
                        marker: found.marker,
                        line: number(found.at.start),
                        reason: None,
                    });
                }
            }
        }
        own.or(foreign)
    }

    /// The comment on the first line of a file that lets a finding about the file as a whole pass. `head` is the beginning of
    /// the file, if it is not the one that [`Self::begin`] was given.
    pub fn judge_file(
        &mut self,
        words: &Words,
        allowing: &Allowing,
        head: Option<&[u8]>,
        rule: &str,
    ) -> Option<Allowed> {
        let kept = std::mem::take(&mut self.head);
        let head = head.unwrap_or(&kept);
        let head = &head[..head.len().min(REACH)];
        let end = memchr::memchr(b'\n', head).unwrap_or(head.len());
        let bytes = &head[..end];
        let mut text = Text::new(words, allowing, (&[], bytes), &[], std::iter::empty());
        let stretch = Stretch {
            range: 0..end,
            is_start: true,
        };
        let comments = text.comments(&stretch);
        let mut own = None;
        // other programs' comments speak of a line
        let markers = text.markers_in(&stretch.range).to_vec();
        for found in markers {
            let is_in = |comment: &&Comment| comment.inside.contains(&found.at.start);
            if found.marker == Marker::Waxseal
                && let Some(comment) = comments.iter().find(is_in)
            {
                let behind = text.words_behind(&found.at, comment);
                let said = text.said(&found.at, behind.end, allowing);
                if self.note(allowing, &said, rule, 1) && own.is_none() {
                    own = Some(text.allowed(&said, 1));
                }
            }
        }
        self.head = kept;
        own
    }

    /// Looks for comments of ours in `text` that stand beside nothing that was found, after what was found has been judged. `number` tells
    /// the line of an offset, and those count for which `is_own` holds.
    pub fn seek(
        &mut self,
        allowing: &Allowing,
        text: Text<'_>,
        number: &dyn Fn(usize) -> u64,
        is_own: &dyn Fn(usize) -> bool,
    ) {
        // a text that shows how it is done is no use of it
        let mut text = text.without_quoted();
        let markers = text.markers().to_vec();
        let ours = |found: &&marker::Found| found.marker == Marker::Waxseal;
        for found in markers.iter().filter(ours) {
            if !is_own(found.at.start) {
                continue;
            }
            let line = number(found.at.start);
            let is_known =
                self.used.contains_key(&line) || self.faults.iter().any(|(at, _)| *at == line);
            let stretch = text.line(&found.at);
            let is_in = |it: &&Comment| it.inside.contains(&found.at.start);
            let comments = text.comments(&stretch);
            let Some(comment) = comments.iter().find(is_in).filter(|_| !is_known) else {
                continue;
            };
            let behind = text.words_behind(&found.at, comment);
            let said = text.said(&found.at, behind.end, allowing);
            if said.is_meant() && !said.may_be_of_use(allowing) {
                self.used.insert(line, false);
            }
        }
    }

    /// Takes note of a comment of ours on `line`, and tells whether it lets a finding of `rule` pass.
    fn note(&mut self, allowing: &Allowing, said: &Said, rule: &str, line: u64) -> bool {
        let is_named = said.rules.iter().any(|name| name == rule.as_bytes());
        if said.faults.is_empty() && (is_named || !said.may_be_of_use(allowing)) {
            *self.used.entry(line).or_default() |= is_named;
        }
        for fault in &said.faults {
            self.faults.insert((line, fault.clone()));
        }
        is_named && (!said.reason.is_empty() || !allowing.require_reason)
    }
}
