//! Opens views at every encoded anchor of arbitrary bytes, two layers deep: nothing panics, and what a
//! map gives back lies inside the stretch that was decoded.

use waxseal::model::{Encoding, Span};
use waxseal::scan::view::{TextEncoding, View, detect, encoded_anchors, open, utf16};

/// Most views opened for one input, so that dense anchors do not slow the search for new paths.
const MOST: usize = 64;

fn open_all(text: &[u8], depth: u8, budget: &mut usize) {
    for encoding in Encoding::ALL {
        for (literal, opening) in encoded_anchors(b"SG.", encoding) {
            for at in 0..text.len() {
                if !text[at..].starts_with(&literal) || *budget == 0 {
                    continue;
                }
                *budget -= 1;
                let Some(view) = open(text, at..at + literal.len(), opening) else {
                    continue;
                };
                let source = view.map.span(Span::new(0, view.bytes.len()));
                assert!(view.source.contains(source), "{view:?} maps to {source:?}");
                assert!(view.source.range().end <= text.len());
                if depth > 0 {
                    open_all(&view.bytes, depth - 1, budget);
                }
            }
        }
    }
}

/// One input.
pub fn run(text: &[u8]) {
    let (encoding, mark) = detect(text);
    if let TextEncoding::Utf16(order) = encoding {
        let mut view = View::new(Encoding::Utf16);
        utf16(text, mark, order, &mut view);
        assert!(std::str::from_utf8(&view.bytes).is_ok());
    }
    open_all(text, 1, &mut MOST.clone());
}
