//! Rules that count only near matches of others.

use crate::rules::Required;
use crate::scan::filter::Drop;
use crate::scan::lines::{Base, Lines};

use super::search::{Found, Hunt, Place};
use super::{ForeignRules, Slot};

impl Hunt {
    /// Drops the matches of rules that require others which do not match near them.
    pub(super) fn pair(&mut self, rules: &ForeignRules, text: &[u8], place: Place<'_>) {
        let requires = |slot: Slot| !rules.rules[slot].rule.required.is_empty();
        if !self.found.iter().any(|found| requires(found.slot)) {
            return;
        }
        let mut lines = Lines::new(text, Base::default());
        let mut known: Vec<(Slot, Vec<(u64, u64)>)> = Vec::new();
        let (alone, together): (Vec<Found>, Vec<Found>) = std::mem::take(&mut self.found)
            .into_iter()
            .partition(|found| !requires(found.slot));
        self.found = alone;
        for found in together {
            let at = lines.locate(found.whole.start);
            let complete = rules.rules[found.slot]
                .rule
                .required
                .iter()
                .all(|required| {
                    let other = rules.rules.iter().position(|rule| rule.id == required.rule);
                    let Some(other) = other else {
                        return false;
                    };
                    if !known.iter().any(|(slot, _)| *slot == other) {
                        let all = self.all_of(rules, other, text, place);
                        known.push((
                            other,
                            all.iter()
                                .map(|found| lines.locate(found.whole.start))
                                .collect(),
                        ));
                    }
                    let places = known.iter().find(|(slot, _)| *slot == other);
                    places.is_some_and(|(_, places)| {
                        places.iter().any(|place| is_near(required, at, *place))
                    })
                });
            if complete {
                self.found.push(found);
            } else {
                self.dropped
                    .push((found.slot, Drop::Unpaired, found.secret.start));
            }
        }
        self.found
            .sort_by_key(|found| (found.secret.start, found.slot));
    }
}

/// Whether two matches that begin at these lines and columns stand as near to one another as is `required`.
fn is_near(required: &Required, one: (u64, u64), other: (u64, u64)) -> bool {
    required
        .lines
        .is_none_or(|most| one.0.abs_diff(other.0) <= most)
        && required
            .columns
            .is_none_or(|most| one.1.abs_diff(other.1) <= most)
}
