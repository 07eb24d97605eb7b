//! Where the bytes of a decoded text stood in the text they were decoded from.
//!
//! A map is a list of segments, each a row of equal units: so many decoded bytes from so many source
//! bytes. Base64 and hexadecimal add one fixed step in between, from bytes to digits, so that a digit
//! may stand anywhere (another line, behind a backslash) and the answer is still exact to the byte.
//! Nothing here knows how an encoding is read.

use crate::model::Span;

/// How decoded bytes relate to the digits or pieces that the segments speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Step {
    /// One to one.
    #[default]
    Each,
    /// Three bytes from four digits; each byte takes bits of two digits.
    Base64,
    /// One byte from two digits.
    Hex,
}

impl Step {
    /// The first digit that holds bits of decoded byte `byte`.
    fn first(self, byte: u32) -> u64 {
        let byte = u64::from(byte);
        match self {
            Self::Each => byte,
            Self::Base64 => byte / 3 * 4 + byte % 3,
            Self::Hex => byte * 2,
        }
    }

    /// The last digit that holds bits of decoded byte `byte`.
    fn last(self, byte: u32) -> u64 {
        match self {
            Self::Each => self.first(byte),
            Self::Base64 | Self::Hex => self.first(byte) + 1,
        }
    }
}

/// The size of one unit that is never divided, in bytes on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Decoded bytes; never 0.
    pub decoded: u32,
    /// Source bytes they come from.
    pub source: u32,
}

impl Unit {
    /// A byte that stands for itself.
    pub const BYTE: Unit = Unit {
        decoded: 1,
        source: 1,
    };
}

/// A row of units without gap on either side.
#[derive(Clone, Copy, Debug)]
struct Segment {
    decoded: u32,
    source: u32,
    unit: Unit,
    count: u32,
}

impl Segment {
    fn decoded_end(&self) -> u64 {
        u64::from(self.decoded) + u64::from(self.unit.decoded) * u64::from(self.count)
    }

    fn source_end(&self) -> u64 {
        u64::from(self.source) + u64::from(self.unit.source) * u64::from(self.count)
    }

    /// Source range of the unit that holds decoded offset `at`, which lies in this segment.
    fn unit_at(&self, at: u64) -> (u32, u32) {
        let index = (at - u64::from(self.decoded)) / u64::from(self.unit.decoded);
        let start = u64::from(self.source) + index * u64::from(self.unit.source);
        (clamp(start), clamp(start + u64::from(self.unit.source)))
    }
}

/// Texts are windows far below 4 GiB; an offset beyond is held at the limit rather than wrapped.
fn clamp(offset: u64) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Maps offsets of a decoded text to offsets of the text it was decoded from. Both grow together.
#[derive(Clone, Debug, Default)]
pub struct Map {
    step: Step,
    segments: Vec<Segment>,
}

impl Map {
    /// A map without content, for [`Map::push`].
    pub fn new() -> Self {
        Self::default()
    }

    /// The map of a text that is its own source.
    pub fn identity() -> Self {
        Self {
            step: Step::Each,
            segments: vec![Segment {
                decoded: 0,
                source: 0,
                unit: Unit::BYTE,
                count: u32::MAX,
            }],
        }
    }

    /// Forgets everything but its buffer.
    pub fn clear(&mut self) {
        self.step = Step::Each;
        self.segments.clear();
    }

    /// Says that what is pushed are digits, related to decoded bytes by `step`.
    pub(super) fn set_step(&mut self, step: Step) {
        self.step = step;
    }

    /// Appends `count` units that stand at `source` and after. `source` must not lie before the end of
    /// what was pushed last; a unit of no decoded bytes is ignored.
    pub fn push(&mut self, source: usize, unit: Unit, count: usize) {
        let (source, count) = (clamp(source as u64), clamp(count as u64));
        if unit.decoded == 0 || count == 0 {
            return;
        }
        let Some(last) = self.segments.last_mut() else {
            self.segments.push(Segment {
                decoded: 0,
                source,
                unit,
                count,
            });
            return;
        };
        if last.unit == unit && last.source_end() == u64::from(source) {
            last.count = last.count.saturating_add(count);
            return;
        }
        let decoded = clamp(last.decoded_end());
        self.segments.push(Segment {
            decoded,
            source,
            unit,
            count,
        });
    }

    /// The smallest source range that holds all source bytes of the decoded range. An empty range maps to
    /// an empty one; offsets past the decoded text map to the end of what is mapped.
    pub fn span(&self, decoded: Span) -> Span {
        let (start, _) = self.unit_at(self.step.first(decoded.start));
        if decoded.is_empty() {
            return Span { start, end: start };
        }
        let (_, end) = self.unit_at(self.step.last(decoded.end - 1));
        Span {
            start,
            end: end.max(start),
        }
    }

    /// Source range of the unit that holds digit or byte `at`.
    fn unit_at(&self, at: u64) -> (u32, u32) {
        let after = self
            .segments
            .partition_point(|segment| u64::from(segment.decoded) <= at);
        let Some(segment) = after.checked_sub(1).and_then(|i| self.segments.get(i)) else {
            return (0, 0);
        };
        if at < segment.decoded_end() {
            return segment.unit_at(at);
        }
        let end = clamp(segment.source_end());
        (end, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    #[test]
    fn identity_maps_everything_to_itself() {
        let map = Map::identity();
        assert_eq!(map.span(span(0, 0)), span(0, 0));
        assert_eq!(map.span(span(7, 4_000_000_000)), span(7, 4_000_000_000));
    }

    #[test]
    fn units_are_never_divided() {
        let mut map = Map::new();
        map.push(10, Unit::BYTE, 2);
        map.push(
            12,
            Unit {
                decoded: 3,
                source: 6,
            },
            1,
        );
        map.push(20, Unit::BYTE, 4);
        assert_eq!(map.span(span(0, 2)), span(10, 12));
        assert_eq!(map.span(span(1, 3)), span(11, 18));
        assert_eq!(map.span(span(3, 4)), span(12, 18));
        assert_eq!(map.span(span(4, 6)), span(12, 21));
        assert_eq!(map.span(span(5, 9)), span(20, 24));
        assert_eq!(map.span(span(9, 9)), span(24, 24));
    }

    #[test]
    fn base64_bytes_take_two_digits_each() {
        let mut map = Map::new();
        map.set_step(Step::Base64);
        map.push(100, Unit::BYTE, 6);
        map.push(110, Unit::BYTE, 6);
        assert_eq!(map.span(span(0, 1)), span(100, 102));
        assert_eq!(map.span(span(1, 2)), span(101, 103));
        assert_eq!(map.span(span(0, 3)), span(100, 104));
        assert_eq!(map.span(span(4, 5)), span(105, 111));
        assert_eq!(map.span(span(6, 9)), span(112, 116));
    }
}
