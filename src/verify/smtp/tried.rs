//! That no login is sent twice in a run. What is said, and what the answer means, is for others.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::model::{Secret, Verified};
use crate::verify::credential::bytes;

/// Logins that were tried, with what came of it. The same one may be found by several rules, and is not tried again: accounts are
/// locked after a few failures. Holds no login, but digests under a key of this run.
#[derive(Debug, Default)]
pub(super) struct Tried {
    state: RandomState,
    answers: Mutex<HashMap<u64, Arc<OnceLock<Verified>>>>,
}

impl Tried {
    /// The answer to a login, by `ask` if it is the first time. Whoever comes meanwhile waits for it.
    pub fn once(
        &self,
        (host, user, password): (&str, &Secret, &Secret),
        ask: impl FnOnce() -> Verified,
    ) -> Verified {
        let digest = self.state.hash_one((host, bytes(user), bytes(password)));
        let answer = {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(answers.entry(digest).or_default())
        };
        answer.get_or_init(ask).clone()
    }
}
