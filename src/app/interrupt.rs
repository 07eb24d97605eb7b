//! Ctrl-C while providers are asked: the run stops asking and tells what it knows, instead of ending with nothing.
//!
//! A signal is for the process as a whole, and so is this. Everywhere else it ends the program at once.

use std::sync::{Mutex, PoisonError};

use crate::verify::Stop;

/// What ends the asking that is going on, if any is and it was not ended yet.
static ASKING: Mutex<Option<Stop>> = Mutex::new(None);

/// Told of an interruption: whether the run ends by itself now, soon and with a report. A second one finds it ending, and waits no longer.
pub fn stops_by_itself() -> bool {
    let mut asking = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    asking.take().inspect(Stop::set).is_some()
}

/// Does `work`, which ends when it is told by the stop that it gets.
pub(super) fn stoppable<T>(work: impl FnOnce(&Stop) -> T) -> T {
    let stop = Stop::default();
    let _ended = Listening::to(stop.clone());
    work(&stop)
}

/// Hears of interruptions, until it is dropped.
struct Listening;

impl Listening {
    fn to(stop: Stop) -> Self {
        *ASKING.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
        Self
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        ASKING.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
