//! How far a history scan has come, for somebody who waits at a terminal. Silent everywhere else.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::history::Progress;
use crate::model::display_path;

/// How often the line is drawn anew.
const INTERVAL: Duration = Duration::from_millis(100);

/// Scans shorter than this show nothing: a line that comes and goes at once is only unrest.
const PATIENCE: Duration = Duration::from_millis(500);

/// Runs `work`, and shows how far `so_far` says that it has come if `wanted` and if standard error is a terminal of somebody.
pub(super) fn shown<T>(
    name: &Path,
    so_far: &Progress,
    wanted: bool,
    work: impl FnOnce() -> T,
) -> T {
    if !wanted || !std::io::stderr().is_terminal() || std::env::var_os("CI").is_some() {
        return work();
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let drawer = scope.spawn(|| draw(name, so_far, &done));
        let stop = Stop(&done);
        let result = work();
        drop(stop);
        drawer.thread().unpark();
        result
    })
}

/// Stops the drawing, however the work ends.
struct Stop<'d>(&'d AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn draw(name: &Path, so_far: &Progress, done: &AtomicBool) {
    std::thread::park_timeout(PATIENCE);
    if done.load(Ordering::Acquire) {
        return;
    }
    let bar = ProgressBar::new(0);
    let template =
        "waxseal: {prefix} {wide_bar} {human_pos} of {human_len} objects, {msg}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(display_path(name.as_os_str().as_encoded_bytes()));
    while !done.load(Ordering::Acquire) {
        let count = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
        bar.set_length(count(&so_far.expected));
        bar.set_position(count(&so_far.objects));
        bar.set_message(format!(
            "{}, {} to look at closely",
            HumanBytes(count(&so_far.bytes)),
            count(&so_far.suspects)
        ));
        std::thread::park_timeout(INTERVAL);
    }
    bar.finish_and_clear();
}
