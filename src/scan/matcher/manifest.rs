//! The `data` of a Kubernetes Secret, where every value stands in base64: what a value says, and which login it belongs to, for which
//! its siblings must be decoded as well.

use crate::model::{Encoding, Span};
use crate::rules::Call;
use crate::scan::assignment::{self, Assignment, Form, Lang};
use crate::scan::filter::Drop;
use crate::scan::view;

use super::Text;
use super::mail::{self, Login};

/// Bytes in which `kind: Secret` is looked for around a value of a Kubernetes manifest.
const MANIFEST: usize = 2048;

/// The decoded value where `found` stands in the `data` of a Kubernetes Secret, which holds base64.
pub(super) fn value(text: &Text<'_>, found: &Assignment) -> Option<Vec<u8>> {
    if !matches!(text.lang, Lang::Yaml | Lang::Json | Lang::Unknown) {
        return None;
    }
    let is_data = |span: &Span| text.slice(span.range()).eq_ignore_ascii_case(b"data");
    if !assignment::parents(text.bytes, found, text.lang)
        .names()
        .first()
        .is_some_and(is_data)
    {
        return None;
    }
    let around = text.slice(
        found.key.range().start.saturating_sub(MANIFEST)..found.value.range().end + MANIFEST,
    );
    let says_so = memchr::memmem::find(around, b"Secret").is_some();
    let stored = text.slice(found.value.range());
    let decoded = decode(stored)?;
    // a fragment of a manifest does not say that it is one; eight digits that decode to printable ASCII do, by chance only
    // one value in 400 does
    let looks_so = stored.len() >= 8
        && stored.len().is_multiple_of(4)
        && decoded.iter().all(u8::is_ascii_graphic);
    (says_so || looks_so).then_some(decoded)
}

/// What a value in base64 says, if that is text.
fn decode(stored: &[u8]) -> Option<Vec<u8>> {
    let opening = view::Opening {
        encoding: Encoding::Base64,
        phase: 0,
    };
    let view = view::open(stored, 0..stored.len().min(4), opening)?;
    let decoded = view.bytes.trim_ascii();
    let readable = decoded
        .iter()
        .all(|b| !b.is_ascii_control() || b.is_ascii_whitespace());
    readable.then(|| decoded.to_vec())
}

/// The login that the value of `found` belongs to, or why it is none. It is read from a copy of the block in which every value is
/// decoded; its parts are given where they stand in the text.
pub(super) fn login(text: &Text<'_>, calls: &[Call], found: &Assignment) -> Result<Login, Drop> {
    let block = assignment::block(text.bytes, found, text.lang);
    let mut copy = Vec::with_capacity(block.len());
    let mut places: Vec<(Span, Span)> = Vec::new();
    let mut key = None;
    let mut from = block.start;
    for sibling in assignment::read_all(text.bytes, block.clone(), text.lang) {
        let stored = sibling.value.range();
        if sibling.form != Form::Literal || stored.start < from || stored.end > block.end {
            continue;
        }
        if sibling.key == found.key {
            key = Some(copy.len() + sibling.key.range().start - from);
        }
        copy.extend_from_slice(text.slice(from..stored.start));
        let start = copy.len();
        let bytes = text.slice(stored.clone());
        copy.extend_from_slice(decode(bytes).as_deref().unwrap_or(bytes));
        places.push((Span::new(start, copy.len()), sibling.value));
        from = stored.end;
    }
    copy.extend_from_slice(text.slice(from..block.end));
    let near = mail::is_near(text, found.key.range());
    let mail_words = [0];
    let decoded = Text {
        bytes: &copy,
        mail: if near { &mail_words } else { &[] },
        ..*text
    };
    let again = key.and_then(|key| assignment::read_at(&copy, key, text.lang));
    let mut login = mail::login(&decoded, calls, again.as_ref().ok_or(Drop::NoContext)?)?;
    login.parts.retain_mut(|part| {
        let place = places.iter().find(|(copied, _)| copied.overlaps(part.span));
        if let Some((_, stored)) = place {
            part.span = *stored;
        }
        place.is_some()
    });
    Ok(login)
}
