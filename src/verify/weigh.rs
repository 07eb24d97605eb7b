//! Which of several answers about one credential counts.

use crate::model::{Verdict, Verified};

/// The one of `answers` that counts, with the hosts of all of them; nothing if there is none. What works is settled. Where nothing
/// does, doubt weighs more than a refusal, and most of all that nobody answered: it may be live.
pub(super) fn weightiest(answers: impl IntoIterator<Item = Verified>) -> Option<Verified> {
    let mut asked: Vec<String> = Vec::new();
    let mut best: Option<Verified> = None;
    for answer in answers {
        for host in &answer.asked {
            if !asked.contains(host) {
                asked.push(host.clone());
            }
        }
        // of two that weigh the same the earlier stays
        if best
            .as_ref()
            .is_none_or(|best| weight(&answer) > weight(best))
        {
            best = Some(answer);
        }
    }
    best.map(|best| Verified { asked, ..best })
}

/// How much an answer weighs. Of those that tell nothing, one that somebody was asked for says more than one that nobody was.
fn weight(answer: &Verified) -> (u8, bool, bool) {
    let verdict = match answer.verdict {
        Verdict::Live => 5,
        Verdict::LiveRestricted => 4,
        Verdict::Test => 3,
        Verdict::Unknown => 2,
        Verdict::Rejected => 1,
        Verdict::Dead => 0,
    };
    (verdict, answer.unanswered, !answer.asked.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(host: &str, verified: Verified) -> Verified {
        Verified {
            asked: vec![host.to_owned()],
            ..verified
        }
    }

    #[test]
    fn what_nobody_answered_outweighs_what_tells_nothing_in_either_order() {
        let silent = || asked("b", Verified::no_answer("no answer in time"));
        let vague = || Verified::new(Verdict::Unknown, "no user stands beside it");
        let dead = || asked("a", Verified::new(Verdict::Dead, "not known"));
        for answers in [
            vec![vague(), silent(), dead()],
            vec![dead(), silent(), vague()],
            vec![silent(), vague()],
        ] {
            let best = weightiest(answers).unwrap();
            assert!(best.unanswered);
            assert_eq!(best.reason, "no answer in time");
            assert!(best.asked.contains(&"b".to_owned()));
        }
        let live = asked("c", Verified::new(Verdict::Live, "taken"));
        let best = weightiest([silent(), live]).unwrap();
        assert_eq!((best.verdict, best.unanswered), (Verdict::Live, false));
        assert_eq!(best.asked, ["b", "c"]);
        assert!(weightiest([]).is_none());
    }

    #[test]
    fn of_two_that_tell_nothing_the_one_that_was_asked_for_says_why() {
        let missing = Verified::new(Verdict::Unknown, "no user stands beside it");
        let vague = asked("a", Verified::new(Verdict::Unknown, "it does not tell"));
        let best = weightiest([missing, vague]).unwrap();
        assert_eq!(best.reason, "it does not tell");
    }
}
