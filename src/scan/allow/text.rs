//! A text in which something was found, with the markers in it: lines, comments and what they say.
//!
//! Everything is bounded, however long a line is. Which comment counts for which secret is not decided here.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

use crate::model::{AllowFault, Allowed, Marker, Quotes, Secret, Span};
use crate::rules::nearest;
use crate::scan::excerpt;

use super::comment::{Comment, Line, Signs};
use super::marker::{self, Found, Words};
use super::{Allowing, REACH};

/// A text in which something was found.
pub struct Text<'t> {
    bytes: &'t [u8],
    signs: Signs,
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
pub(super) struct Said {
    /// The rules that there are among those it names.
    pub(super) rules: Vec<Vec<u8>>,
    /// What is wrong with it.
    pub(super) faults: BTreeSet<AllowFault>,
    /// Where in the text the reason stands; empty if there is none.
    pub(super) reason: Range<usize>,
}

impl<'t> Text<'t> {
    /// Searches `bytes`, the text of the file at `path`, for markers. `secrets` are those found in it, with their places, and `masks` the stretches that an
    /// excerpt hides.
    pub fn new<'s>(
        words: &Words,
        allowing: &Allowing,
        (path, bytes): (&[u8], &'t [u8]),
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
            signs: Signs::of(path),
            markers,
            values: excerpt::disjoint(values),
            masks,
            quotes,
            entries: HashMap::new(),
        }
    }

    /// The same text, of which only those comments count that are its own.
    pub(super) fn without_quoted(mut self) -> Self {
        self.signs = self.signs.own();
        self
    }

    /// The markers, in order.
    pub(super) fn markers(&self) -> &[Found] {
        &self.markers
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &'t [u8] {
        self.bytes
    }

    /// Whether it holds no marker.
    pub(super) fn is_unmarked(&self) -> bool {
        self.markers.is_empty()
    }

    /// The markers that begin in `range`.
    pub(super) fn markers_in(&self, range: &Range<usize>) -> &[Found] {
        let first = self.markers.partition_point(|it| it.at.start < range.start);
        let end = self.markers.partition_point(|it| it.at.start < range.end);
        &self.markers[first.min(end)..end]
    }

    /// The line of `at`, as far as it is looked at.
    pub(super) fn line(&self, at: &Range<usize>) -> Stretch {
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
    pub(super) fn above(&self, start: usize) -> Option<Stretch> {
        let end = start.checked_sub(1)?;
        let low = end.saturating_sub(REACH);
        let before = memchr::memrchr(b'\n', &self.bytes[low..end]);
        (before.is_some() || low == 0).then(|| Stretch {
            range: before.map_or(low, |n| low + n + 1)..end,
            is_start: true,
        })
    }

    /// The comments on a line, as offsets in the text.
    pub(super) fn comments(&self, stretch: &Stretch) -> Vec<Comment> {
        let Range { start, end } = stretch.range;
        let values: Vec<Range<usize>> = excerpt::within(&self.values, &stretch.range)
            .into_iter()
            .map(|value| value.start.saturating_sub(start)..value.end.min(end) - start)
            .collect();
        let markers = self.markers_in(&stretch.range).iter();
        let markers: Vec<usize> = markers.map(|found| found.at.start - start).collect();
        let mut comments = stretch.line(self).comments(&values, &markers);
        for comment in &mut comments {
            comment.inside = comment.inside.start + start..comment.inside.end + start;
        }
        comments
    }

    /// What the marker at `at` says in a comment that ends at `end`.
    pub(super) fn said(&mut self, at: &Range<usize>, end: usize, allowing: &Allowing) -> Rc<Said> {
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
    pub(super) fn words_behind(&self, at: &Range<usize>, comment: &Comment) -> Range<usize> {
        let rest = at.end..comment.inside.end.max(at.end);
        let next = self.markers_in(&rest).first();
        at.end..next.map_or(rest.end, |next| next.at.start)
    }

    /// Why a finding is let pass by a comment on `line` that says so.
    pub(super) fn allowed(&self, said: &Said, line: u64) -> Allowed {
        let has_reason = !said.reason.is_empty();
        Allowed {
            marker: Marker::Waxseal,
            line,
            reason: has_reason.then(|| self.reason(said.reason.clone())),
        }
    }

    /// The inside of the string literal in which `secret` stands, as far as it is on the line.
    pub(super) fn literal(&self, stretch: &Stretch, secret: &Range<usize>) -> Option<Range<usize>> {
        let Range { start, end } = stretch.range;
        let value = secret.start.clamp(start, end) - start..secret.end.clamp(start, end) - start;
        let literal = stretch.line(self).literal_around(&value)?;
        Some(start + literal.start..start + literal.end)
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
pub(super) struct Stretch {
    /// Where in the text.
    pub(super) range: Range<usize>,
    /// Whether the line begins where it does.
    pub(super) is_start: bool,
}

impl Stretch {
    fn line<'t>(&self, text: &Text<'t>) -> Line<'t> {
        let bytes = &text.bytes[self.range.clone()];
        Line {
            bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes),
            is_start: self.is_start,
            signs: text.signs,
        }
    }
}

impl Said {
    /// Whether it is a comment that was to let something pass, and no sentence about such comments.
    pub(super) fn is_meant(&self) -> bool {
        !self.rules.is_empty() || !self.faults.contains(&AllowFault::NoRule)
    }

    /// Whether it names a rule that the scan leaves out.
    pub(super) fn may_be_of_use(&self, allowing: &Allowing) -> bool {
        let is_idle = |name: &Vec<u8>| allowing.idle.iter().any(|id| id.as_bytes() == name);
        self.rules.iter().any(is_idle)
    }

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
