//! What a source pushes into a scan.
//!
//! A source never sees a scanner: `app` hands it a [`Sinks`] factory, the source asks for one sink a
//! thread and pushes [`Blob`]s and [`Skip`]s into it.

use std::ops::Range;

use super::{Origin, Skip};

/// One stretch of stored bytes, whole or one window of a large file.
#[derive(Clone, Debug)]
pub struct Blob<'a> {
    /// Where it was read from.
    pub origin: Origin<'a>,
    /// The stored bytes, undecoded; at most 4 GiB (sources cut far below that).
    pub bytes: &'a [u8],
    /// How `bytes` lie in the stored file.
    pub part: Part,
}

/// The place of one window in its file. Windows of a file are pushed in order into one sink, overlap
/// by the longest reach on both sides of `own`, and their `own` ranges tile the file without gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Offset in the stored file of the first byte of the window. Even, so that UTF-16 units are
    /// never cut.
    pub offset: u64,
    /// Bytes of the window whose secrets are reported from this window; the rest is context only.
    pub own: Range<usize>,
    /// Offset in `bytes` at which the next window begins; the length of `bytes` when this is the last.
    pub next: usize,
    /// Whether the file ends with this window.
    pub last: bool,
}

impl Part {
    /// The part of a blob that was read whole.
    pub fn whole(len: usize) -> Self {
        Self {
            offset: 0,
            own: 0..len,
            next: len,
            last: true,
        }
    }
}

/// Takes what a source reads. One sink serves one thread.
pub trait Sink {
    /// Takes a blob, or the next window of one.
    fn blob(&mut self, blob: &Blob<'_>);
    /// Takes note of something that was not scanned, by choice or by failure.
    fn skip(&mut self, skip: Skip);
}

/// Makes one [`Sink`] for each thread of a source.
pub trait Sinks: Sync {
    /// The sink of one thread.
    type Sink: Sink + Send;
    /// A new sink.
    fn sink(&self) -> Self::Sink;
}
