//! Reads files whose paths are already known.
//!
//! These are the PATHs that name a single file, and the tracked files that a walk does not meet because
//! they lie in an ignored directory or bear an ignored name. Nothing is listed here.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::worker::{Target, Workers};
use crate::model::{GitState, Sinks, SkipReason};

/// A file to be read.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) path: PathBuf,
    /// What it is called in reports.
    pub(super) name: Vec<u8>,
    /// The way to it from the top of its tree.
    pub(super) within: Vec<u8>,
    pub(super) state: GitState,
    /// What it means if it is not there.
    pub(super) gone: SkipReason,
}

/// Files for which a second thread is worth its start, which costs about as much as reading a few.
const FILES_A_THREAD: usize = 16;

/// Reads `files` on at most `jobs` threads.
pub(super) fn read<S: Sinks>(files: &[Listed], jobs: usize, workers: &Workers<'_, S>) {
    if files.is_empty() {
        return;
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut worker = workers.take();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            worker.read(Target {
                path: &file.path,
                name: &file.name,
                within: &file.within,
                state: file.state,
                gone: file.gone,
            });
        }
        workers.put(worker);
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs.min(files.len().div_ceil(FILES_A_THREAD)) {
            scope.spawn(work);
        }
        work();
    });
}
