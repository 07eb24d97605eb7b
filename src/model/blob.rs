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

    /// The windows of a file of `len` bytes, each as a range of it and its part: `own` bytes that it judges (at least 1), and `reach`
    /// bytes of context on each side. A file that fits into one is one.
    pub fn windows(
        len: usize,
        own: usize,
        reach: usize,
    ) -> impl Iterator<Item = (Range<usize>, Self)> {
        // one byte is lost to keeping offsets even
        let full = own.max(1) + 2 * reach + 1;
        let mut next = Some((0, 0));
        std::iter::from_fn(move || {
            let (start, own_start) = next?;
            let end = len.min(start + full);
            let last = end == len;
            let held = end - start;
            let own_end = if last { held } else { held - reach };
            let keep = own_end.saturating_sub(reach) & !1;
            next = (!last).then_some((start + keep, own_end - keep));
            let part = Self {
                offset: start as u64,
                own: own_start..own_end,
                next: if last { held } else { keep },
                last,
            };
            Some((start..end, part))
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_tile_a_file_and_overlap_by_their_reach() {
        for (len, own, reach) in [
            (0, 1, 0),
            (10, 4, 0),
            (100, 7, 5),
            (101, 8, 3),
            (9, 100, 50),
        ] {
            let windows: Vec<_> = Part::windows(len, own, reach).collect();
            let mut judged = 0;
            for (at, (range, part)) in windows.iter().enumerate() {
                assert_eq!(part.offset, range.start as u64);
                assert_eq!(part.offset % 2, 0);
                assert_eq!(range.start + part.own.start, judged);
                assert!(part.own.start >= reach.min(judged));
                judged = range.start + part.own.end;
                assert!(judged + reach <= range.end || part.last);
                match windows.get(at + 1) {
                    Some((next, _)) => assert_eq!(range.start + part.next, next.start),
                    None => assert!(part.last && range.end == len),
                }
            }
            assert_eq!(judged, len);
        }
    }
}
