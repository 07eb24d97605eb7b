//! Base64 and hexadecimal, on one line or wrapped over many.
//!
//! The run of digits around the anchor is extended over line breaks as long as the neighbouring line
//! reads as more of the same: lines of equal length, a shorter last one, and, where the lengths alone
//! prove little, text when decoded. An ordinary word on the next line must not be taken for digits. The
//! anchor's phase, not the start of the run, decides where groups begin.

use std::collections::VecDeque;
use std::ops::Range;

use super::alphabet::{Alphabet, Bits};
use super::lines;
use super::map::Step;
use super::{Unit, View, window};
use crate::model::{Encoding, Span};

/// Lines of equal length are taken without a further test from this many digits on: two ordinary words
/// that long and of equal length hardly follow each other.
const SURE_WIDTH: usize = 16;

/// Fewest digits of a line that another may follow.
const LEAST_WIDTH: usize = 4;

/// The digits of one line.
#[derive(Clone, Debug)]
struct Body {
    range: Range<usize>,
    digits: usize,
    /// Nothing but indentation and marks stands before it on its line.
    full: bool,
}

/// The lines found so far around an anchor.
struct Wrapped<'a> {
    text: &'a [u8],
    window: Range<usize>,
    alphabet: Alphabet,
    anchor: Range<usize>,
    /// The anchor is what its line of digits starts with.
    anchor_leads: bool,
    phase: usize,
    bodies: VecDeque<Body>,
    /// Digits before the anchor.
    lead: usize,
    /// Digits from the anchor on.
    tail: usize,
    /// Two lines of equal length have been joined.
    even: bool,
}

/// Opens Base64 digits around `at`, whose first digit has position `phase` in its group of four.
pub(super) fn open_base64(text: &[u8], at: &Range<usize>, phase: usize) -> Option<View> {
    let standard = Wrapped::gather(text, at, Alphabet::Standard, phase);
    let url = Wrapped::gather(text, at, Alphabet::Url, phase);
    // Symbols of the other alphabet end a run, so the right alphabet reaches further behind the anchor.
    let wrapped = match (standard, url) {
        (Some(standard), Some(url)) if url.tail > standard.tail => url,
        (Some(standard), _) => standard,
        (None, url) => url?,
    };
    wrapped.decode()
}

/// Opens hexadecimal digits around `at`, whose first digit has position `phase` in its pair.
pub(super) fn open_hex(text: &[u8], at: &Range<usize>, phase: usize) -> Option<View> {
    Wrapped::gather(text, at, Alphabet::Hex, phase)?.decode()
}

impl<'a> Wrapped<'a> {
    fn gather(text: &'a [u8], at: &Range<usize>, alphabet: Alphabet, phase: usize) -> Option<Self> {
        let window = window(text, at);
        let mut wrapped = Self {
            text,
            window,
            alphabet,
            anchor: at.clone(),
            anchor_leads: false,
            phase: phase % alphabet.group(),
            bodies: VecDeque::new(),
            lead: 0,
            tail: 0,
            even: false,
        };
        let (start, lead) = wrapped.back_from(at.start);
        let (end, tail) = wrapped.forward_from(at.start);
        if end < at.end || tail == 0 {
            return None;
        }
        wrapped.anchor_leads = lead == 0;
        wrapped.lead = lead;
        wrapped.tail = tail;
        wrapped.bodies.push_back(Body {
            range: start..end,
            digits: lead + tail,
            full: wrapped.is_line_start(start),
        });
        while wrapped.extend_down() {}
        while wrapped.extend_up() {}
        // The lines above may have shown the width that a short last line is judged by.
        while wrapped.extend_down() {}
        Some(wrapped)
    }

    /// Start of the digits that end at `at`, and how many they are.
    fn back_from(&self, at: usize) -> (usize, usize) {
        let (mut p, mut digits) = (at, 0);
        while let Some(start) = self.alphabet.before(self.text, p, self.window.start) {
            p = start;
            digits += 1;
        }
        (p, digits)
    }

    /// End of the digits that start at `at`, and how many they are.
    fn forward_from(&self, at: usize) -> (usize, usize) {
        let (mut p, mut digits) = (at, 0);
        while let Some((_, end)) = self.alphabet.at(self.text, p, self.window.end) {
            p = end;
            digits += 1;
        }
        (p, digits)
    }

    fn is_line_start(&self, at: usize) -> bool {
        lines::line_start(self.text, at, self.window.start).is_some()
            || lines::before(self.text, at, self.window.start).is_some()
    }

    fn is_padded(&self, end: usize) -> bool {
        self.alphabet != Alphabet::Hex && self.text.get(end) == Some(&b'=')
    }

    /// Takes the line below the last one, if it goes on with it.
    fn extend_down(&mut self) -> bool {
        let Some(last) = self.bodies.back().cloned() else {
            return false;
        };
        let Some(start) = lines::after(self.text, last.range.end, self.window.end) else {
            return false;
        };
        let (end, digits) = self.forward_from(start);
        let shorter_before = self.bodies.len() > 1
            && last.digits < self.bodies[self.bodies.len() - 2].digits
            && self.bodies[self.bodies.len() - 2].full;
        if digits == 0 || shorter_before || !self.ends_well(end) || self.is_list_item(start) {
            return false;
        }
        let offset = self.phase + self.tail;
        let padded = self.is_padded(end);
        let complete = padded || (offset + digits).is_multiple_of(self.alphabet.group());
        // Only Base64 for URLs leaves its padding out, and never one digit over.
        let unpadded = (offset + digits) % self.alphabet.group() != 1;
        let likely = complete || unpadded && (digits >= LEAST_WIDTH || self.even);
        let reads = || self.reads_as_text(start, digits, offset);
        let taken = if digits == last.digits && digits >= SURE_WIDTH {
            true
        } else if last.digits < LEAST_WIDTH {
            false
        } else if digits == last.digits {
            reads()
        } else if digits < last.digits {
            padded || likely && reads()
        } else {
            !last.full && reads()
        };
        if taken {
            self.even |= digits == last.digits;
            self.tail += digits;
            self.bodies.push_back(Body {
                range: start..end,
                digits,
                full: true,
            });
        }
        taken
    }

    /// Takes the line above the first one, if that goes on with it.
    fn extend_up(&mut self) -> bool {
        let Some(first) = self.bodies.front().cloned() else {
            return false;
        };
        let low = self.window.start;
        let Some(end) = lines::before(self.text, first.range.start, low) else {
            return false;
        };
        let (start, digits) = self.back_from(end);
        if digits == 0 || self.is_list_item(start) {
            return false;
        }
        let full = self.is_line_start(start);
        let group = self.alphabet.group();
        let offset = (self.phase + group * (self.lead + digits) - self.lead - digits) % group;
        let reads = || self.reads_as_text(start, digits, offset);
        let is_last = self.bodies.len() == 1;
        let taken = if !full || (is_last && digits > first.digits) {
            digits >= LEAST_WIDTH && reads()
        } else {
            digits == first.digits && (digits >= SURE_WIDTH || reads())
        };
        if taken {
            self.even |= digits == first.digits;
            self.lead += digits;
            self.bodies.push_front(Body {
                range: start..end,
                digits,
                full,
            });
        }
        taken
    }

    /// Whether what follows the digits of a line lets them be the end of a value.
    fn ends_well(&self, end: usize) -> bool {
        let mut rest = &self.text[end..self.window.end];
        while let [b'=' | b' ' | b'\t', tail @ ..] = rest {
            rest = tail;
        }
        match rest.first() {
            None => true,
            Some(byte) => b"\r\n\"'`<);,}]\\".contains(byte),
        }
    }

    /// Whether another value, not more of the same, starts at `start`: it begins just like this one.
    fn is_list_item(&self, start: usize) -> bool {
        self.phase == 0
            && self.anchor_leads
            && self.text[start..].starts_with(&self.text[self.anchor.clone()])
    }

    /// Whether the groups that lie wholly in the `digits` from `start` decode to text or NULs. `offset` is
    /// the position of the first digit modulo a group.
    fn reads_as_text(&self, start: usize, digits: usize, offset: usize) -> bool {
        let group = self.alphabet.group();
        let skip = (group - offset % group) % group;
        let mut bits = Bits::new(self.alphabet);
        let (mut p, mut good, mut bad) = (start, 0, 0);
        for index in 0..digits {
            let Some((value, end)) = self.alphabet.at(self.text, p, self.window.end) else {
                break;
            };
            p = end;
            if index < skip {
                continue;
            }
            match bits.push(value) {
                Some(b' '..=b'~' | b'\t' | b'\r' | b'\n' | 0) => good += 1,
                Some(_) => bad += 1,
                None => {}
            }
        }
        if good + bad == 0 {
            // Too few digits to tell: they are wanted where a group is still open.
            return self.even || skip > 0;
        }
        // Where a wrapped width is known, some foreign letters are no objection.
        let tolerated = if self.even { 3 } else { 8 };
        bad * tolerated <= good + bad
    }

    /// The digits as bytes.
    fn decode(&self) -> Option<View> {
        let group = self.alphabet.group();
        let first = self.bodies.front()?;
        let cut = first.range.start == self.window.start && self.window.start > 0;
        // The digits that should come first may stand on a line that was not recognised. Zeros in their
        // place make the bytes that are lost control characters, which are no part of any value.
        let missing = self.phase.saturating_sub(self.lead);
        let before = self.lead + missing - self.phase;
        // A run that does not fit is glued to text before it. Where the value really starts is unknown, so
        // the group of the anchor is the start, unless lines above it are known to belong to it.
        let drop = if self.bodies.len() == 1 && !cut && !before.is_multiple_of(group) {
            before
        } else {
            before % group
        };
        let (encoding, step) = match self.alphabet {
            Alphabet::Hex => (Encoding::Hex, Step::Hex),
            Alphabet::Standard | Alphabet::Url => (Encoding::Base64, Step::Base64),
        };
        let mut view = View::new(encoding);
        view.map.set_step(step);
        let mut bits = Bits::new(self.alphabet);
        let mut index = 0;
        let mut start = first.range.start;
        let lost = Unit {
            decoded: 1,
            source: 0,
        };
        view.map.push(start, lost, missing);
        (0..missing).for_each(|_| view.bytes.extend(bits.push(0)));
        for body in &self.bodies {
            let mut p = body.range.start;
            while p < body.range.end
                && let Some((value, end)) = self.alphabet.at(self.text, p, body.range.end)
            {
                if index == drop {
                    start = p;
                }
                if index >= drop {
                    let source = u32::try_from(end - p).unwrap_or(1);
                    view.map.push(p, Unit { decoded: 1, source }, 1);
                    view.bytes.extend(bits.push(value));
                }
                index += 1;
                p = end;
            }
        }
        let end = self.bodies.back()?.range.end;
        let padding = (0..2).take_while(|i| self.is_padded(end + i)).count();
        view.source = Span::new(start, end + padding);
        (!view.bytes.is_empty()).then_some(view)
    }
}
