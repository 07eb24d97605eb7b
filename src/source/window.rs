//! Cuts a stream of any length into windows that fit into memory.
//!
//! A stream that fits into one window is handed over whole. The windows of a longer one overlap by the
//! longest reach on both sides, so that whatever is judged in a window is judged with the same context
//! as in the whole stream, and their own ranges tile it. Knows nothing of files.

use std::io::{self, Read};
use std::ops::ControlFlow;

use crate::model::Part;

/// Sizes of windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Bytes a window judges: streams up to this size are one window. At least 1.
    pub own: usize,
    /// Bytes of context on each side.
    pub reach: usize,
}

impl Default for Windows {
    /// Enough reach for every rule; a scan asks the scanner for the exact one.
    fn default() -> Self {
        Self {
            own: 8 << 20,
            reach: 128 << 10,
        }
    }
}

impl Windows {
    /// Bytes the buffer of a long stream takes: context, own range and context, and one byte lost
    /// to keeping offsets even on the left, with one that shows whether there is more.
    fn buffer_len(self) -> usize {
        self.own.max(1) + 2 * self.reach + 2
    }
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At its end, after so many bytes.
    Complete(u64),
    /// At the limit the caller had set, after so many bytes.
    Limit(u64),
    /// Because the receiver of windows had enough.
    Stopped,
}

/// What is known of a stream before it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expect {
    /// The size it is said to have; 0 if there is no telling.
    pub(super) size: u64,
    /// Bytes after which reading ends, come what may.
    pub(super) limit: u64,
    /// Whether a read that returns fewer bytes than asked for has reached the end, as it does in a
    /// regular file. Saves the second read.
    pub(super) short_is_end: bool,
}

/// The one buffer of a thread, reused for every stream.
#[derive(Debug)]
pub(super) struct Cutter {
    windows: Windows,
    /// As long as the largest stream so far called for, so that it is zeroed once.
    buffer: Vec<u8>,
}

/// Room for a stream of unknown size, in bytes; grows as needed.
const FIRST_ROOM: usize = 64 << 10;

impl Cutter {
    pub(super) fn new(windows: Windows) -> Self {
        Self {
            windows,
            buffer: Vec::new(),
        }
    }

    pub(super) fn windows(&self) -> Windows {
        self.windows
    }

    /// Reads `input` to its end and hands each window to `push`, in order. On an error, what was
    /// read before is handed over first.
    pub(super) fn cut(
        &mut self,
        input: &mut impl Read,
        expect: Expect,
        mut push: impl FnMut(&[u8], Part) -> ControlFlow<()>,
    ) -> io::Result<End> {
        let Windows { reach, .. } = self.windows;
        let full = self.windows.buffer_len();
        // One byte more than the size, so that a read which does not fill the buffer has seen the end.
        let mut room = match usize::try_from(expect.size) {
            Ok(0) => FIRST_ROOM.min(full),
            Ok(size) if size <= self.windows.own => size + 1,
            _ => full,
        };
        self.make_room(room, 0);
        let mut offset = 0_u64;
        let mut own_start = 0;
        let mut filled = 0;
        let mut failure = None;
        loop {
            let end = loop {
                if filled == room && room < full {
                    room = (room * 2).max(FIRST_ROOM).min(full);
                    self.make_room(room, filled);
                }
                let left = expect.limit - offset - filled as u64;
                let asked = (room - filled).min(usize::try_from(left).unwrap_or(usize::MAX));
                if asked == 0 {
                    break (left == 0).then_some(End::Limit(expect.limit));
                }
                match input.read(&mut self.buffer[filled..filled + asked]) {
                    Ok(0) => break Some(End::Complete(offset + filled as u64)),
                    Ok(read) => {
                        filled += read;
                        if read < asked
                            && expect.short_is_end
                            && reached(expect.size, offset, filled)
                        {
                            break Some(End::Complete(offset + filled as u64));
                        }
                    }
                    Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                    Err(err) => {
                        failure = Some(err);
                        break Some(End::Stopped);
                    }
                }
            };
            let last = end.is_some();
            let own_end = if last { filled } else { filled - reach };
            // The next window begins `reach` before its own range, or a byte earlier to stay even.
            let keep = (own_end.saturating_sub(reach)) & !1;
            let part = Part {
                offset,
                own: own_start..own_end,
                next: if last { filled } else { keep },
                last,
            };
            if push(&self.buffer[..filled], part).is_break() {
                return Ok(End::Stopped);
            }
            if let Some(end) = end {
                return failure.map_or(Ok(end), Err);
            }
            self.buffer.copy_within(keep..filled, 0);
            offset += keep as u64;
            filled -= keep;
            own_start = own_end - keep;
        }
    }

    /// Makes the buffer at least `len` long and keeps its first `filled` bytes.
    fn make_room(&mut self, len: usize, filled: usize) {
        if self.buffer.len() < len {
            // A new zeroed buffer comes from the system without being touched; growing this one would
            // write zeros over all of it.
            let mut buffer = vec![0; len.max(FIRST_ROOM)];
            buffer[..filled].copy_from_slice(&self.buffer[..filled]);
            self.buffer = buffer;
        }
    }
}

/// Whether a stream of `size` has given all it should. A short read before that is not the end: network
/// file systems return what has arrived.
fn reached(size: u64, offset: u64, filled: usize) -> bool {
    size != 0 && offset + filled as u64 >= size
}
