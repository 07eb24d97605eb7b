//! Comments that let nothing pass, where a scan is to find them.

use memchr::memmem;

use crate::model::{Blob, Marker, Span, Store};
use crate::scan::allow::Text;
use crate::scan::lines::Lines;

use super::Worker;

impl Worker<'_> {
    /// Looks for comments of ours in `bytes`, the readable text of `blob`, beside which nothing was found. Costs nothing where nobody asked
    /// for that, and one search for the words where somebody did.
    pub(super) fn seek_comments(
        &mut self,
        blob: &Blob<'_>,
        bytes: &[u8],
        stored: &impl Fn(Span) -> Span,
    ) {
        let options = &self.scanner.options;
        let Some(allowing) = options.allowing.as_ref().filter(|it| it.seek) else {
            return;
        };
        // a version in a history can't be mended
        let is_object = matches!(blob.origin.store, Store::Object(..));
        if is_object || memmem::find(bytes, Marker::Waxseal.id().as_bytes()).is_none() {
            return;
        }
        let path = &blob.origin.within;
        let none = std::iter::empty();
        let text = Text::new(&self.scanner.words, allowing, (path, bytes), &[], none);
        let lines = Lines::new(bytes, self.state.base);
        let number = |at: usize| lines.number(at);
        let is_own = |at: usize| {
            let start = stored(Span::new(at, at + 1)).range().start;
            blob.part.own.contains(&start)
        };
        self.ledger.seek(allowing, text, &number, &is_own);
    }
}
