//! Reads one file after the other into the sink of one thread.
//!
//! The only reader of contents in a scan of paths. Symbolic links are not followed and what turns out not
//! to be a regular file is not read, even if it changed after it was listed. A sink that panics costs
//! the blob it panicked on, which becomes a skip, and not the run.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::window::{Cutter, End, Expect, Windows};
use crate::model::{Blob, GitState, Origin, Sink, Sinks, Skip, SkipReason, Store};
use crate::regular::{self, Links, Opened};

/// A sink, and what one thread needs to feed it.
pub(super) struct Worker<'s, S: Sinks> {
    sinks: &'s S,
    sink: S::Sink,
    cutter: Cutter,
    most: Option<u64>,
    /// Scratch for the name of the file at hand; taken and put back by the caller.
    pub(super) name: Vec<u8>,
    /// Scratch for its path in the index.
    pub(super) key: Vec<u8>,
}

/// A file to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    /// Where it is.
    pub(super) path: &'a Path,
    /// What it is called in reports.
    pub(super) name: &'a [u8],
    /// The way to it from the top of its tree.
    pub(super) within: &'a [u8],
    /// What git says of it.
    pub(super) state: GitState,
    /// What it means if it is not there.
    pub(super) gone: SkipReason,
}

impl<S: Sinks> Worker<'_, S> {
    /// Notes something that is not read.
    pub(super) fn skip(&mut self, name: &[u8], reason: SkipReason, detail: impl Into<String>) {
        self.sink.skip(Skip {
            path: name.to_vec(),
            reason,
            detail: detail.into(),
        });
    }

    /// Notes that `name` could not be opened or listed.
    pub(super) fn skip_failed(&mut self, name: &[u8], gone: SkipReason, err: &io::Error) {
        match err.kind() {
            // A path below something that is no directory any more is as gone as the file itself.
            ErrorKind::NotFound | ErrorKind::NotADirectory => self.skip(name, gone, ""),
            ErrorKind::PermissionDenied => self.skip(name, SkipReason::PermissionDenied, ""),
            _ => self.skip(name, SkipReason::Unreadable, err.to_string()),
        }
    }

    /// Reads a file and pushes it.
    pub(super) fn read(&mut self, target: Target<'_>) {
        let (file, size) = match regular::open(target.path, Links::Refuse) {
            Ok(Opened::File(file, size)) => (file, size),
            Ok(Opened::Symlink) => return self.skip(target.name, SkipReason::Symlink, ""),
            Ok(Opened::Special) => return self.skip(target.name, SkipReason::Special, ""),
            Err(err) => return self.skip_failed(target.name, target.gone, &err),
        };
        if self.most.is_some_and(|most| size > most) {
            return self.skip(target.name, SkipReason::OverLimit, "");
        }
        let windows = self.cutter.windows();
        let expect = Expect {
            size,
            // A file that grows as fast as it is read must not keep the scan for ever.
            limit: size.saturating_add(windows.own.max(1) as u64),
            short_is_end: true,
        };
        // One read is as good as a snapshot; the windows of a large file are not.
        let before = (size > windows.own as u64).then(|| stamp(&file));
        let mut pushed = Ok(());
        let Self { sink, cutter, .. } = self;
        let end = cutter.cut(&mut &file, expect, |bytes, part| {
            let blob = Blob {
                origin: Origin::new(target.name, Store::File(target.state)).within(target.within),
                bytes,
                part,
            };
            pushed = push(sink, &blob);
            if pushed.is_ok() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        if let Err(Panicked) = pushed {
            self.sink = self.sinks.sink();
            return self.sink.skip(Panicked::skip(target.name));
        }
        match end {
            Err(err) => self.skip(target.name, SkipReason::Unreadable, err.to_string()),
            Ok(End::Complete(read)) if read < size => {
                let detail = format!("it had {size} bytes when opened and ended after {read}");
                self.skip(target.name, SkipReason::Changed, detail);
            }
            // What was appended while it was read was read too, so a file that only grew is covered.
            Ok(End::Complete(read))
                if read == size && before.is_some_and(|at| at != stamp(&file)) =>
            {
                self.skip(
                    target.name,
                    SkipReason::Changed,
                    "it was written to while it was read",
                );
            }
            Ok(End::Limit(read)) if size > 0 => {
                let detail =
                    format!("it had {size} bytes when opened and was still growing after {read}");
                self.skip(target.name, SkipReason::Changed, detail);
            }
            Ok(End::Limit(read)) => {
                let detail = format!("it gives no size; only its first {read} bytes were scanned");
                self.skip(target.name, SkipReason::Changed, detail);
            }
            Ok(End::Complete(_) | End::Stopped) => {}
        }
    }
}

/// A sink panicked. What state it is in is unknown: it gets no more, and another takes its place.
#[derive(Debug)]
pub(super) struct Panicked;

impl Panicked {
    /// The blob, or what was left of it, as a skip.
    pub(super) fn skip(name: &[u8]) -> Skip {
        Skip {
            path: name.to_vec(),
            reason: SkipReason::Internal,
            detail: "waxseal failed on this file; please report it".to_owned(),
        }
    }
}

/// Pushes a blob, or the next window of one. After a panic the rest of that blob must not follow: the sink
/// would judge it without what it knew of the beginning.
pub(super) fn push(sink: &mut impl Sink, blob: &Blob<'_>) -> Result<(), Panicked> {
    // The caller drops the sink, so nothing sees the state a panic left it in.
    catch_unwind(AssertUnwindSafe(|| sink.blob(blob))).map_err(|_| Panicked)
}

/// Workers that wait for a thread, so that each walk and each list of a run uses the same few sinks and
/// buffers.
pub(super) struct Workers<'s, S: Sinks> {
    sinks: &'s S,
    windows: Windows,
    /// Largest file that is read. Bytes.
    most: Option<u64>,
    idle: Mutex<Vec<Worker<'s, S>>>,
}

impl<'s, S: Sinks> Workers<'s, S> {
    pub(super) fn new(sinks: &'s S, windows: Windows, most: Option<u64>) -> Self {
        Self {
            sinks,
            windows,
            most,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// An idle worker, or a new one.
    pub(super) fn take(&self) -> Worker<'s, S> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        idle.unwrap_or_else(|| Worker {
            sinks: self.sinks,
            sink: self.sinks.sink(),
            cutter: Cutter::new(self.windows),
            most: self.most,
            name: Vec::new(),
            key: Vec::new(),
        })
    }

    /// Takes a worker back.
    pub(super) fn put(&self, worker: Worker<'s, S>) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(worker);
    }
}

/// Changes when the file is written to.
fn stamp(file: &File) -> Option<(u64, std::time::SystemTime)> {
    let meta = file.metadata().ok()?;
    Some((meta.len(), meta.modified().ok()?))
}
