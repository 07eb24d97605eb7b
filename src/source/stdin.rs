//! Standard input, or anything else that can only be read once, as one blob.
//!
//! A stream of any length is read in bounded memory and never stored.

use std::io::Read;
use std::ops::ControlFlow;

use super::window::{Cutter, Expect, Windows};
use super::worker::{Panicked, push};
use crate::model::{Blob, Origin, Sink, Sinks, Skip, SkipReason, Store};

/// Reads `input` to its end and pushes it under `name`. What was read before an error is pushed, and the
/// error is a skip.
///
/// # Panics
/// When a sink panics outside [`Sink::blob`]; a panic there is a skip.
pub fn scan_stdin<S: Sinks>(name: &[u8], mut input: impl Read, windows: Windows, sinks: &S) {
    let mut sink = sinks.sink();
    let mut pushed = Ok(());
    let expect = Expect {
        size: 0,
        limit: u64::MAX,
        short_is_end: false,
    };
    let end = Cutter::new(windows).cut(&mut input, expect, |bytes, part| {
        pushed = push(
            &mut sink,
            &Blob {
                origin: Origin::new(name, Store::Stdin),
                bytes,
                part,
            },
        );
        if pushed.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    if let Err(Panicked) = pushed {
        sink = sinks.sink();
        return sink.skip(Panicked::skip(name));
    }
    if let Err(err) = end {
        sink.skip(Skip {
            path: name.to_vec(),
            reason: SkipReason::Unreadable,
            detail: err.to_string(),
        });
    }
}
