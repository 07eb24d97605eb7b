//! Which findings a comment beside them lets pass.
//!
//! Looks at a text only once something was found in it. A marker has to stand in a comment (`comment`) on the line of the secret
//! or alone on the line above, and never in the secret or in the string literal that holds it. What a marker says, `marker`
//! knows. Nothing here decides what a secret is.

mod comment;
mod marker;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

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
    /// Stretches that hold secrets, sorted and disjoint.
    masks: &'t [Span],
    quotes: Quotes,
}

impl<'t> Text<'t> {
    /// Searches `bytes` for markers. `secrets` are those found in it, and `masks` the stretches that hold one.
    pub fn new<'s>(
        words: &Words,
        allowing: &Allowing,
        bytes: &'t [u8],
        masks: &'t [Span],
        secrets: impl Iterator<Item = &'s Secret>,
    ) -> Self {
        let markers = words.find(bytes, allowing.foreign);
        let mut quotes = Quotes::default();
        if markers.iter().any(|found| found.marker == Marker::Waxseal) {
            secrets.for_each(|secret| quotes.add(secret));
        }
        Self {
            bytes,
            markers,
            masks,
            quotes,
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

    fn comment(&self, stretch: &Stretch, at: usize) -> Option<(usize, Comment)> {
        let Range { start, end } = stretch.range;
        let first = self.masks.partition_point(|it| it.range().end <= start);
        let values: Vec<Range<usize>> = self.masks[first..]
            .iter()
            .map(|mask| mask.range())
            .take_while(|mask| mask.start < end)
            .map(|mask| mask.start.saturating_sub(start)..mask.end.min(end) - start)
            .collect();
        let line = stretch.line(self.bytes);
        let comment = line.comment_at(at - start, &values)?;
        Some((start + comment.end, comment))
    }

    /// The reason at `range`, as it may be shown.
    fn reason(&self, range: Range<usize>) -> String {
        let reason = &self.bytes[range.clone()];
        if self.quotes.are_in(reason) {
            return Secret::MASK.to_owned();
        }
        let shown = excerpt::quote(self.bytes, range, self.masks);
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
        text: &Text<'_>,
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
        let mut foreign = None;
        let mut own = None;
        for (stretch, is_above) in lines.into_iter().flatten() {
            let literal = if is_above {
                None
            } else {
                literal(text, stretch, secret)
            };
            for found in text.markers_in(&stretch.range) {
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
                let Some((end, comment)) = text.comment(stretch, found.at.start) else {
                    continue;
                };
                if is_above && !comment.alone {
                    continue;
                }
                let line = number(found.at.start);
                let next = text.markers_in(&(found.at.end..end));
                let end = next.first().map_or(end, |next| next.at.start);
                let said = found.at.end..end.max(found.at.end);
                if found.marker == Marker::Waxseal {
                    let allowed = self.entry(allowing, text, claim.rule, said, line);
                    own = own.or(allowed);
                } else if foreign.is_none()
                    && (found.marker != Marker::Secretlint
                        || marker::secretlint_names(&text.bytes[said], claim.rule))
                {
                    foreign = Some(Allowed {
                        marker: found.marker,
                        line,
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
        let text = Text::new(words, allowing, &head[..end], &[], std::iter::empty());
        let stretch = Stretch {
            range: 0..end,
            is_start: true,
        };
        let mut own = None;
        // other programs' comments speak of a line
        for found in &text.markers {
            if found.marker == Marker::Waxseal
                && let Some((end, _)) = text.comment(&stretch, found.at.start)
            {
                let next = text.markers_in(&(found.at.end..end));
                let end = next.first().map_or(end, |next| next.at.start);
                let said = found.at.end..end.max(found.at.end);
                own = own.or(self.entry(allowing, &text, rule, said, 1));
            }
        }
        self.head = kept;
        own
    }

    /// What a comment of ours on `line` that goes on with `said` does for a finding of `rule`.
    fn entry(
        &mut self,
        allowing: &Allowing,
        text: &Text<'_>,
        rule: &str,
        said: Range<usize>,
        line: u64,
    ) -> Option<Allowed> {
        let entry = marker::entry(&text.bytes[said.clone()]);
        let mut faults = BTreeSet::new();
        let mut is_named = false;
        let mut is_known = false;
        for name in &entry.rules {
            match fault_of(name, allowing) {
                None => {
                    is_known = true;
                    is_named |= *name == rule.as_bytes();
                }
                // the first word of a reason, mostly
                Some(AllowFault::NoRule) if is_known => {}
                Some(fault) => _ = faults.insert(fault),
            }
        }
        if entry.rules.is_empty() {
            faults.insert(AllowFault::NoRule);
        }
        let has_reason = !entry.reason.is_empty();
        if is_known && !has_reason {
            faults.insert(AllowFault::NoReason {
                required: allowing.require_reason,
            });
        }
        if faults.is_empty() {
            *self.used.entry(line).or_default() |= is_named;
        }
        self.faults
            .extend(faults.into_iter().map(|fault| (line, fault)));
        let counts = is_named && (has_reason || !allowing.require_reason);
        counts.then(|| Allowed {
            marker: Marker::Waxseal,
            line,
            reason: has_reason.then(|| {
                text.reason(said.start + entry.reason.start..said.start + entry.reason.end)
            }),
        })
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
