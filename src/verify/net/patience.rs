//! Waits for what can't be told a deadline, or not that the run was stopped: in a thread of its own, which is left behind if it is late.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::dial::broken;
use crate::verify::{Stop, Trouble};

/// How often somebody who waits looks whether the run was stopped.
pub(super) const GLANCE: Duration = Duration::from_millis(100);

/// What comes of `work`, called `name`, if it is done by `deadline` and before `stop` is set.
pub(super) fn in_time<T: Send + 'static>(
    name: &str,
    deadline: Instant,
    stop: &Stop,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<io::Result<T>, Trouble> {
    let (answer, answered) = sync_channel(1);
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // nobody listens any more if it took too long
            let _ = answer.send(work());
        })
        .map_err(|error| broken(&error))?;
    loop {
        if stop.is_set() {
            return Err(Trouble::Stopped);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match answered.recv_timeout(left.min(GLANCE)) {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Timeout) if left > GLANCE => {}
            Err(RecvTimeoutError::Timeout) => return Err(Trouble::Timeout),
            // it panicked
            Err(RecvTimeoutError::Disconnected) => return Err(Trouble::Connection),
        }
    }
}
