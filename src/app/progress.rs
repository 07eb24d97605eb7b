//! How far a run has come, for somebody who waits at a terminal. Silent everywhere else.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::history;

/// How often the line is drawn anew.
const INTERVAL: Duration = Duration::from_millis(100);

/// Runs shorter than this show nothing: a line that comes and goes at once is only unrest.
const PATIENCE: Duration = Duration::from_millis(500);

/// Something whose progress can be drawn, from another thread than the one that makes it.
pub(super) trait Drawn: Sync {
    /// The line, in the words of `indicatif`.
    const TEMPLATE: &'static str;

    /// Puts into `bar` how far it is.
    fn draw(&self, bar: &ProgressBar);
}

impl Drawn for history::Progress {
    const TEMPLATE: &'static str =
        "waxseal: {prefix} {wide_bar} {human_pos} of {human_len} objects, {msg}, {eta} left";

    fn draw(&self, bar: &ProgressBar) {
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        bar.set_length(count(&self.expected));
        bar.set_position(count(&self.objects));
        bar.set_message(format!(
            "{}, {} to look at closely",
            HumanBytes(count(&self.bytes)),
            count(&self.suspects)
        ));
    }
}

/// Runs `work`, and shows under the name `name` how far `so_far` says that it has come, if `wanted` and if standard error is a
/// terminal of somebody.
pub(super) fn shown<D: Drawn, T>(
    name: &str,
    so_far: &D,
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

fn draw<D: Drawn>(name: &str, so_far: &D, done: &AtomicBool) {
    std::thread::park_timeout(PATIENCE);
    if done.load(Ordering::Acquire) {
        return;
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template(D::TEMPLATE) {
        bar.set_style(style);
    }
    bar.set_prefix(name.to_owned());
    while !done.load(Ordering::Acquire) {
        so_far.draw(&bar);
        std::thread::park_timeout(INTERVAL);
    }
    bar.finish_and_clear();
}
