//! Which stretches of a text have been opened, so that dense anchors cost no more than sparse ones.
//!
//! An anchor inside a stretch that an earlier one has opened is not opened again, unless the stretch was cut off near it. An
//! anchor that could not be opened speaks for those beside it. Decodes nothing itself.

use crate::model::Encoding;

use super::view::{self, Opening, View};

/// How far each opening has been dealt with in a text: anchors up to there would give the same view again, or none again.
/// Without it, dense anchors would decode the same stretch once for each of them.
#[derive(Default)]
pub struct Opened(Vec<(Opening, usize)>);

impl Opened {
    /// Forgets everything but its buffer, for the next text.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether an anchor that ends at `end` has been dealt with.
    fn covers(&self, opening: Opening, end: usize) -> bool {
        self.0
            .iter()
            .any(|(done, until)| *done == opening && end <= *until)
    }

    /// Opens the stretch of `bytes` around the anchor `at`, unless an earlier anchor has opened the same.
    pub fn open(
        &mut self,
        bytes: &[u8],
        at: std::ops::Range<usize>,
        opening: Opening,
    ) -> Option<View> {
        if self.covers(opening, at.end) {
            return None;
        }
        let end = at.end;
        let view = view::open(bytes, at, opening);
        let until = match &view {
            Some(view) => still_open(bytes, end, view),
            None => still_closed(bytes, end, opening),
        };
        self.note(opening, until);
        view
    }

    fn note(&mut self, opening: Opening, until: usize) {
        match self.0.iter_mut().find(|(done, _)| *done == opening) {
            Some((_, known)) => *known = until,
            None => self.0.push((opening, until)),
        }
    }
}

/// Bytes at the end of a view that was cut off at its longest in which an anchor is opened for itself, because what it
/// begins may go on behind the cut. More than a key takes in its widest encoding (69 characters as `\\U00000053`).
const CUT: usize = 1024;

/// Up to where anchors lie in the view that one ending at `end` opened.
fn still_open(bytes: &[u8], end: usize, view: &View) -> usize {
    let source_end = view.source.range().end;
    // a stretch that ends a literal or a line short of the limit may have been ended by it
    let whole =
        source_end + CUT / 2 < end + view::stretch(view.encoding) || source_end == bytes.len();
    if whole {
        source_end
    } else {
        end.max(source_end.saturating_sub(CUT))
    }
}

/// Up to where anchors fail as the one ending at `end` did: inside the same literal, for joined ones.
fn still_closed(bytes: &[u8], end: usize, opening: Opening) -> usize {
    if opening.encoding != Encoding::Joined {
        return end;
    }
    let ahead = &bytes[end..bytes.len().min(end + CUT)];
    let quote = memchr::memchr3(b'"', b'\'', b'`', ahead).unwrap_or(ahead.len());
    end + memchr::memchr2(b'\n', b'\r', &ahead[..quote]).unwrap_or(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE64: Opening = Opening {
        encoding: Encoding::Base64,
        phase: 0,
    };

    #[test]
    fn an_anchor_in_the_same_stretch_is_not_opened_again() {
        let text = b"U0cuZm9vYmFy U0cuZm9vYmFy";
        let mut opened = Opened::default();
        assert!(opened.open(text, 0..4, BASE64).is_some());
        assert!(opened.open(text, 0..4, BASE64).is_none());
        assert!(opened.open(text, 13..17, BASE64).is_some(), "another run");
        assert!(
            opened
                .open(
                    text,
                    13..17,
                    Opening {
                        encoding: Encoding::Html,
                        ..BASE64
                    }
                )
                .is_none()
        );
    }

    #[test]
    fn an_anchor_near_the_end_of_a_cut_stretch_is_opened_for_itself() {
        let text = b"U0cu".repeat(3 * view::STRETCH / 4);
        let mut opened = Opened::default();
        let first = opened
            .open(&text, 0..4, BASE64)
            .map(|view| view.source.range().end);
        let end = first.expect("all of it is base64");
        assert!(end < text.len(), "the stretch is cut");
        let far = (end - 2 * CUT) / 4 * 4;
        assert!(opened.open(&text, far..far + 4, BASE64).is_none());
        let near = (end - CUT / 2) / 4 * 4;
        assert!(opened.open(&text, near..near + 4, BASE64).is_some());
    }

    #[test]
    fn what_does_not_join_is_not_tried_again_before_the_next_quote() {
        let joined = Opening {
            encoding: Encoding::Joined,
            phase: 0,
        };
        let text = b"SG. SG. SG. 'SG.'";
        let mut opened = Opened::default();
        assert!(opened.open(text, 0..3, joined).is_none());
        assert!(opened.covers(joined, 11));
        assert!(!opened.covers(joined, 16));
    }
}
