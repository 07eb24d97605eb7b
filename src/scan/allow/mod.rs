//! Which findings a comment beside them lets pass.
//!
//! Looks at a text only once something was found in it. A marker has to stand in a comment (`comment`) on the line of the secret
//! or alone on the line above, and never in the secret or in the string literal that holds it. What a marker says, `marker`
//! knows. Nothing here decides what a secret is.

mod comment;
mod marker;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

use crate::model::{
    AllowFault, AllowWarning, Allowed, Allows, Marker, Origin, Quotes, Secret, Span, Store,
};
use crate::rules::nearest;

use super::excerpt;

use comment::{Comment, Line};
use marker::{Found, Scope};

pub use marker::Words;

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
    /// Ids of all rules that there are, also of those that the scan leaves out.
    pub known: Vec<Cow<'static, str>>,
}

/// A text in which something was found.
pub struct Text<'t> {
    bytes: &'t [u8],
    markers: Vec<Found>,
    /// Where secrets stand, sorted and disjoint.
    values: Vec<Span>,
    /// The stretches that an excerpt hides, sorted and disjoint. One that was decoded may go far beyond its secret.
    masks: &'t [Span],
    quotes: Quotes,
    /// What our own markers say, by their places, and up to where it was read: dense secrets look at the same ones.
    entries: HashMap<usize, (usize, Rc<Said>)>,
}

/// What a comment of ours says.
struct Said {
    /// The rules that there are among those it names.
    rules: Vec<Vec<u8>>,
    faults: BTreeSet<AllowFault>,
    /// Where in the text the reason stands; empty if there is none.
    reason: Range<usize>,
}

impl<'t> Text<'t> {
    /// Searches `bytes` for markers. `secrets` are those found in it, with their places, and `masks` the stretches that an
    /// excerpt hides.
    pub fn new<'s>(
        words: &Words,
        allowing: &Allowing,
        bytes: &'t [u8],
        masks: &'t [Span],
        secrets: impl Iterator<Item = (Span, &'s Secret)>,
    ) -> Self {
        let markers = words.find(bytes, allowing.foreign);
        let mut quotes = Quotes::default();
        let mut values = Vec::new();
        if !markers.is_empty() {
            for (value, secret) in secrets {
                values.push(value);
                quotes.add(secret);
            }
        }
        Self {
            bytes,
            markers,
            values: excerpt::disjoint(values),
            masks,
            quotes,
            entries: HashMap::new(),
        }
    }

    /// The markers that begin in `range`.
    fn markers_in(&self, range: &Range<usize>) -> &[Found] {
        let first = self.markers.partition_point(|it| it.at.start < range.start);
        let end = self.markers.partition_point(|it| it.at.start < range.end);
        &self.markers[first.min(end)..end]
    }

    /// The line of `at`, as far as it is looked at.
    fn line(&self, at: &Range<usize>) -> Stretch {
        let low = at.start.saturating_sub(REACH);
        let high = self.bytes.len().min(at.end.saturating_add(REACH));
        let before = memchr::memrchr(b'\n', &self.bytes[low..at.start]);
        let start = before.map_or(low, |n| low + n + 1);
        let after = memchr::memchr(b'\n', &self.bytes[at.end..high]);
        let end = after.map_or(high, |n| at.end + n);
        Stretch {
            range: start..end,
            is_start: before.is_some() || low == 0,
        }
    }

    /// The line above the one that begins at `start`, if all of it is looked at.
    fn above(&self, start: usize) -> Option<Stretch> {
        let end = start.checked_sub(1)?;
        let low = end.saturating_sub(REACH);
        let before = memchr::memrchr(b'\n', &self.bytes[low..end]);
        (before.is_some() || low == 0).then(|| Stretch {
            range: before.map_or(low, |n| low + n + 1)..end,
            is_start: true,
        })
    }

    /// The comments on a line, as offsets in the text.
    fn comments(&self, stretch: &Stretch) -> Vec<Comment> {
        let Range { start, end } = stretch.range;
        let values: Vec<Range<usize>> = excerpt::within(&self.values, &stretch.range)
            .into_iter()
            .map(|value| value.start.saturating_sub(start)..value.end.min(end) - start)
            .collect();
        let markers = self.markers_in(&stretch.range).iter();
        let markers: Vec<usize> = markers.map(|found| found.at.start - start).collect();
        let mut comments = stretch.line(self.bytes).comments(&values, &markers);
        for comment in &mut comments {
            comment.inside = comment.inside.start + start..comment.inside.end + start;
        }
        comments
    }

    /// What the marker at `at` says in a comment that ends at `end`.
    fn said(&mut self, at: &Range<usize>, end: usize, allowing: &Allowing) -> Rc<Said> {
        if let Some((known, said)) = self.entries.get(&at.start)
            && *known == end
        {
            return Rc::clone(said);
        }
        let said = Rc::new(Said::read(self.bytes, at.end..end, allowing));
        self.entries.insert(at.start, (end, Rc::clone(&said)));
        said
    }

    /// The words behind the marker at `at` in `comment`, up to the next marker.
    fn words_behind(&self, at: &Range<usize>, comment: &Comment) -> Range<usize> {
        let rest = at.end..comment.inside.end.max(at.end);
        let next = self.markers_in(&rest).first();
        at.end..next.map_or(rest.end, |next| next.at.start)
    }

    fn allowed(&self, said: &Said, line: u64) -> Allowed {
        let has_reason = !said.reason.is_empty();
        Allowed {
            marker: Marker::Waxseal,
            line,
            reason: has_reason.then(|| self.reason(said.reason.clone())),
        }
    }

    /// The reason at `range`, as it may be shown.
    fn reason(&self, range: Range<usize>) -> String {
        let reason = &self.bytes[range.clone()];
        if self.quotes.are_in(reason) {
            return Secret::MASK.to_owned();
        }
        // a decoded stretch that holds the comment itself is readable; one that begins in it may be anything
        let first = self
            .masks
            .partition_point(|it| it.range().start < range.start);
        let mut hidden = excerpt::within(&self.values, &range);
        hidden.extend(excerpt::within(&self.masks[first..], &range));
        let shown = excerpt::quote(self.bytes, range, hidden);
        shown.chars().take(Allowed::MOST).collect()
    }
}

/// A line, or a part of one.
struct Stretch {
    range: Range<usize>,
    /// Whether the line begins where it does.
    is_start: bool,
}

impl Stretch {
    fn line<'t>(&self, bytes: &'t [u8]) -> Line<'t> {
        let bytes = &bytes[self.range.clone()];
        Line {
            bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes),
            is_start: self.is_start,
        }
    }
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
        self.done.unused += self.used.values().filter(|used| !**used).count() as u64;
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
        if text.markers.is_empty() {
            return None;
        }
        let secret = &claim.secret;
        // a secret may be put together from several lines: its first one and its last one count
        let is_one = memchr::memchr(b'\n', &text.bytes[secret.clone()]).is_none();
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
            let literal = (!is_above)
                .then(|| literal(text, stretch, secret))
                .flatten();
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
                        || marker::secretlint_names(&text.bytes[behind], claim.rule))
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
        let mut text = Text::new(words, allowing, bytes, &[], std::iter::empty());
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

    /// Takes note of a comment of ours on `line`, and tells whether it lets a finding of `rule` pass.
    fn note(&mut self, allowing: &Allowing, said: &Said, rule: &str, line: u64) -> bool {
        let is_named = said.rules.iter().any(|name| name == rule.as_bytes());
        if said.faults.is_empty() {
            *self.used.entry(line).or_default() |= is_named;
        }
        for fault in &said.faults {
            self.faults.insert((line, fault.clone()));
        }
        is_named && (!said.reason.is_empty() || !allowing.require_reason)
    }
}

impl Said {
    /// Reads what stands behind a marker in `range` of `text`.
    fn read(text: &[u8], range: Range<usize>, allowing: &Allowing) -> Self {
        let entry = marker::entry(&text[range.clone()]);
        let (mut rules, mut faults) = (Vec::new(), BTreeSet::new());
        for name in &entry.rules {
            match fault_of(name, allowing) {
                None => rules.push(name.to_vec()),
                // the first word of a reason, mostly
                Some(AllowFault::NoRule) if !rules.is_empty() => {}
                Some(fault) => _ = faults.insert(fault),
            }
        }
        if entry.rules.is_empty() {
            faults.insert(AllowFault::NoRule);
        }
        if !rules.is_empty() && entry.reason.is_empty() {
            faults.insert(AllowFault::NoReason {
                required: allowing.require_reason,
            });
        }
        Self {
            rules,
            faults,
            reason: range.start + entry.reason.start..range.start + entry.reason.end,
        }
    }
}

/// The inside of the string literal in which `secret` stands, as far as it is on the line.
fn literal(text: &Text<'_>, stretch: &Stretch, secret: &Range<usize>) -> Option<Range<usize>> {
    let Range { start, end } = stretch.range;
    let value = secret.start.clamp(start, end) - start..secret.end.clamp(start, end) - start;
    let literal = stretch.line(text.bytes).literal_around(&value)?;
    Some(start + literal.start..start + literal.end)
}

/// What is wrong with `name` as the name of a rule.
fn fault_of(name: &[u8], allowing: &Allowing) -> Option<AllowFault> {
    let known = || allowing.known.iter().map(AsRef::as_ref);
    if known().any(|id| id.as_bytes() == name) {
        return None;
    }
    if matches!(name, b"*" | b"all" | b"any" | b"ALL") {
        return Some(AllowFault::AllRules);
    }
    let known: Vec<&str> = known().collect();
    let near = std::str::from_utf8(name)
        .ok()
        .filter(|name| name.len() <= 64);
    Some(match near.and_then(|name| nearest(name, &known)) {
        Some(nearest) => AllowFault::UnknownRule {
            nearest: nearest.to_owned(),
        },
        None => AllowFault::NoRule,
    })
}
