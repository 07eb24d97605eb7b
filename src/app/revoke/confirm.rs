//! Whether a key that was deleted is dead: asked until the provider says so, and told as what is known.

use std::time::{Duration, Instant};

use crate::model::{Verdict, Verified};
use crate::report::escape;

/// What the provider said to the deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// It was done.
    Deleted,
    /// There is no such key in the account of who asked.
    NoSuchKey,
    /// Nothing.
    NoAnswer,
}

impl Before {
    /// Seconds that are waited before each question. What is deleted may work for a moment; what was not deleted now need not be
    /// waited for that long.
    fn waits(self) -> &'static [u64] {
        match self {
            Self::Deleted => &[0, 1, 2, 5, 10, 20],
            Self::NoSuchKey | Self::NoAnswer => &[0, 1, 2],
        }
    }
}

/// Longest time in which another question is begun.
const LONGEST: Duration = Duration::from_secs(60);

/// What came of asking.
#[derive(Debug)]
pub(super) struct Confirmation {
    before: Before,
    asked: usize,
    took: Duration,
    last: Verified,
}

impl Confirmation {
    /// Asks with `ask`, and waits with `wait` between the questions, until the key is known to be dead, or nobody is going to tell, or
    /// it was asked often enough.
    pub(super) fn of(
        before: Before,
        mut ask: impl FnMut() -> Verified,
        mut wait: impl FnMut(Duration),
    ) -> Self {
        let began = Instant::now();
        let mut asked = 0;
        let mut last = None;
        for seconds in before.waits() {
            if asked > 0 {
                if began.elapsed() > LONGEST {
                    break;
                }
                wait(Duration::from_secs(*seconds));
            }
            let verified = ask();
            asked += 1;
            let is_dead = verified.verdict == Verdict::Dead;
            let is_untold = verified.verdict == Verdict::Unknown && !verified.unanswered;
            last = Some(verified);
            if is_dead || is_untold {
                break;
            }
        }
        Self {
            before,
            asked,
            took: began.elapsed(),
            last: last.expect("there is at least one wait, and a question behind each"),
        }
    }

    /// Whether the provider says that the key is dead. What is refused, or not told, is not known to be.
    pub(super) fn is_dead(&self) -> bool {
        self.last.verdict == Verdict::Dead
    }

    /// What is known now, in a sentence or two.
    pub(super) fn told(&self, name: &str) -> String {
        let asked = match (self.asked, self.took.as_secs()) {
            (1, _) => "asked once".to_owned(),
            (times, seconds) => format!("asked {times} times in {seconds} s"),
        };
        let (verdict, reason) = (self.last.verdict.id(), escape(&self.last.reason));
        if self.is_dead() {
            return format!("dead, confirmed ({asked}): {reason}");
        }
        let works = self.last.verdict.is_live() || self.last.verdict == Verdict::Test;
        match self.before {
            Before::Deleted => format!(
                "deleted, not yet confirmed: {asked}, the last answer was {verdict}: {reason}. Run this again in some minutes to ask \
                 again, and look into the account"
            ),
            Before::NoSuchKey if works => format!(
                "not deleted: the key still works ({verdict}: {reason}), and belongs to another account than {}",
                escape(name)
            ),
            Before::NoSuchKey => format!(
                "not confirmed: {asked}, the last answer was {verdict}: {reason}. Look into the account that the key belonged to"
            ),
            Before::NoAnswer => format!(
                "not known to be deleted: {asked} whether it still works, the last answer was {verdict}: {reason}. Run this again"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of answers, the last of which is repeated, and how long was waited.
    fn confirmed(before: Before, answers: &[Verified]) -> (Confirmation, u64) {
        let (mut at, mut waited) = (0, 0);
        let confirmation = Confirmation::of(
            before,
            || {
                at += 1;
                answers[(at - 1).min(answers.len() - 1)].clone()
            },
            |time| waited += time.as_secs(),
        );
        assert_eq!(confirmation.asked, at);
        (confirmation, waited)
    }

    fn answer(verdict: Verdict) -> Verified {
        Verified::new(verdict, "so")
    }

    #[test]
    fn only_dead_is_dead() {
        let dead = answer(Verdict::Dead);
        let (at_once, waited) = confirmed(Before::Deleted, std::slice::from_ref(&dead));
        assert_eq!(
            (at_once.told("A"), waited),
            ("dead, confirmed (asked once): so".to_owned(), 0)
        );
        let late = [answer(Verdict::Live), answer(Verdict::Rejected), dead];
        let (late, waited) = confirmed(Before::Deleted, &late);
        assert!(late.is_dead());
        assert_eq!(waited, 3);
        assert_eq!(late.told("A"), "dead, confirmed (asked 3 times in 0 s): so");
        for verdict in Verdict::ALL.into_iter().filter(|it| *it != Verdict::Dead) {
            let verified = Verified {
                unanswered: true,
                ..answer(verdict)
            };
            let (open, waited) = confirmed(Before::Deleted, &[verified]);
            assert!(!open.is_dead(), "{verdict:?}");
            assert_eq!((open.asked, waited), (6, 38));
            let told = open.told("A");
            let expected = format!(
                "deleted, not yet confirmed: asked 6 times in 0 s, the last answer was {}: so.",
                verdict.id()
            );
            assert!(told.starts_with(&expected), "{told}");
        }
    }

    #[test]
    fn nobody_waits_for_who_will_not_tell() {
        let (open, waited) = confirmed(Before::Deleted, &[answer(Verdict::Unknown)]);
        assert_eq!((open.asked, waited), (1, 0));
        assert!(open.told("A").contains("not yet confirmed: asked once"));
    }

    #[test]
    fn a_key_that_was_not_deleted_is_not_called_deleted() {
        for before in [Before::NoSuchKey, Before::NoAnswer] {
            for verdict in Verdict::ALL {
                let (known, waited) = confirmed(before, &[answer(verdict)]);
                let told = known.told("ADMIN");
                assert!(waited <= 3 && !told.starts_with("deleted"), "{told}");
                assert_eq!(
                    told.starts_with("dead, confirmed"),
                    verdict == Verdict::Dead
                );
            }
        }
        let (other, _) = confirmed(Before::NoSuchKey, &[answer(Verdict::Live)]);
        assert!(
            other
                .told("ADMIN")
                .starts_with("not deleted: the key still works (live: so)")
        );
    }
}
