//! One text, all rules: which of them match where.

use std::ops::Range;

use regex_automata::Input;
use regex_automata::util::captures::Captures;

use crate::scan::filter::Drop;

use super::allow::Match;
use super::words::Scratch;
use super::{ForeignRule, ForeignRules, Role, Slot, Way};

/// Bytes of a line that allow lists see on either side of a match.
const LINE: usize = 4096;

/// How often a pattern of unbounded length is tried at single leads of a text. Then it is tried on all the rest at once, so that the time
/// stays in proportion to the text.
const MOST_MISSED: u32 = 32;

/// Where a text is from, as far as rules ask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place<'p> {
    /// From a file at this path; an empty one for what has none.
    Path(&'p [u8]),
    /// From anywhere: what may be found under some path counts.
    Anywhere,
}

/// A match of a rule that nothing lets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The rule.
    pub slot: Slot,
    /// All that its pattern matched.
    pub whole: Range<usize>,
    /// The secret.
    pub secret: Range<usize>,
}

/// How far a rule has come in a text.
#[derive(Clone, Copy, Default)]
struct Progress {
    /// From where on matches are looked for.
    from: usize,
    /// Whether a lead was met, and where the first and the last one stand.
    led: bool,
    leads: (usize, usize),
    /// Whether a keyword was met.
    keyed: bool,
    /// How often it was tried at a lead for nothing, where it may have looked at the text up to its end.
    missed: u32,
    /// Whether the path is one that the rule is for; none while that was not asked.
    open: Option<bool>,
}

/// Searches texts for one thread. Keeps its memory.
#[derive(Default)]
pub struct Hunt {
    words: Scratch,
    progress: Vec<Progress>,
    /// Rules that have come anywhere.
    touched: Vec<Slot>,
    /// For each list, whether it lets the file pass; none while that was not asked.
    lists: Vec<Option<bool>>,
    /// What was found in the text.
    pub found: Vec<Found>,
    /// What was let pass or fell through, and why.
    pub dropped: Vec<(Slot, Drop, usize)>,
    /// Whether to stop at the first match.
    pub first: bool,
}

impl Hunt {
    /// Fills `self.found` with what `rules` find in `text`.
    pub fn run(&mut self, rules: &ForeignRules, text: &[u8], place: Place<'_>) {
        self.found.clear();
        self.dropped.clear();
        self.progress.resize(rules.rules.len(), Progress::default());
        self.lists.clear();
        self.lists.resize(rules.lists.len(), None);
        if let Some(words) = &rules.words {
            let mut scratch = std::mem::take(&mut self.words);
            words.each(text, &mut scratch, |word| {
                for &(slot, role) in &rules.meanings[word.ix] {
                    self.meet(rules, slot, role, text, place, word.start);
                }
                !self.first || self.found.is_empty()
            });
            self.words = scratch;
        }
        for (slot, rule) in rules.rules.iter().enumerate() {
            if self.first && !self.found.is_empty() {
                break;
            }
            let Progress {
                led, keyed, leads, ..
            } = self.progress[slot];
            let wanted = (keyed || !rule.keyed) && (led || rule.need.is_none());
            if rule.way == Way::Whole && wanted && self.is_open(rules, slot, place) {
                self.search(rules, slot, text, place, rule.stretch(leads, text.len()));
            }
        }
        for slot in self.touched.drain(..) {
            self.progress[slot] = Progress::default();
        }
        if !self.first {
            self.pair(rules, text, place);
        }
    }

    /// A word was met that is something to the rule in `slot`.
    fn meet(
        &mut self,
        rules: &ForeignRules,
        slot: Slot,
        role: Role,
        text: &[u8],
        place: Place<'_>,
        at: usize,
    ) {
        let own = &rules.rules[slot];
        let progress = &mut self.progress[slot];
        if !progress.led && !progress.keyed {
            self.touched.push(slot);
        }
        match role {
            Role::Keyword => progress.keyed = true,
            Role::Lead if progress.led => {
                progress.leads.0 = progress.leads.0.min(at);
                progress.leads.1 = progress.leads.1.max(at);
            }
            Role::Lead => {
                progress.led = true;
                progress.leads = (at, at);
            }
        }
        if role == Role::Lead
            && own.way == Way::Leads
            && at >= progress.from
            && own.may_follow(text, at)
            && self.is_open(rules, slot, place)
        {
            self.search_around(rules, slot, text, place, at);
        }
    }

    /// Looks for matches that hold the lead at `at`.
    fn search_around(
        &mut self,
        rules: &ForeignRules,
        slot: Slot,
        text: &[u8],
        place: Place<'_>,
        at: usize,
    ) {
        let rule = &rules.rules[slot];
        let before = rule.need.as_ref().and_then(|need| need.before);
        while self.progress[slot].from <= at {
            let from = self.progress[slot].from;
            let start = before.map_or(from, |before| at.saturating_sub(before).max(from));
            let end = rule
                .longest
                .map_or(text.len(), |longest| (at + longest).min(text.len()));
            let is_split = rule.is_split() && self.progress[slot].missed < MOST_MISSED;
            let found = if is_split {
                rule.split_match(text, from, at, end)
            } else {
                first(rule, text, start..end)
            };
            let Some(whole) = found else {
                if is_split {
                    self.progress[slot].missed += u32::from(rule.longest.is_none());
                } else if rule.longest.is_none() {
                    // there is none up to the end
                    self.progress[slot].from = usize::MAX;
                }
                return;
            };
            if rule.longest.is_some() && whole.start > at {
                // it belongs to a later lead, and may be cut off
                return;
            }
            self.progress[slot].from = whole.end.max(whole.start + 1);
            self.take(rules, slot, text, place, whole);
        }
    }

    /// Looks for all matches in a stretch.
    fn search(
        &mut self,
        rules: &ForeignRules,
        slot: Slot,
        text: &[u8],
        place: Place<'_>,
        mut stretch: Range<usize>,
    ) {
        while stretch.start <= stretch.end
            && let Some(whole) = first(&rules.rules[slot], text, stretch.clone())
        {
            stretch.start = whole.end.max(whole.start + 1);
            self.take(rules, slot, text, place, whole);
            if self.first && !self.found.is_empty() {
                return;
            }
        }
    }

    /// Keeps a match that nothing lets pass.
    fn take(
        &mut self,
        rules: &ForeignRules,
        slot: Slot,
        text: &[u8],
        place: Place<'_>,
        whole: Range<usize>,
    ) {
        let rule = &rules.rules[slot];
        let Some(secret) = secret(rule, text, &whole) else {
            return;
        };
        let value = &text[secret.clone()];
        if value.is_empty() {
            self.dropped.push((slot, Drop::Empty, secret.start));
            return;
        }
        if rule.rule.entropy != 0.0 && entropy(value) <= rule.rule.entropy {
            self.dropped.push((slot, Drop::LowEntropy, secret.start));
            return;
        }
        let line = lines(text, &whole);
        let seen = Match {
            secret: value,
            whole: &text[whole.clone()],
            line: &text[line],
        };
        let passes = rule.lists.iter().any(|list| {
            let list = &rules.lists[*list];
            match place {
                Place::Path(path) => list.passes(path, seen),
                // under another path it may not pass
                Place::Anywhere => {
                    (list.list.paths.is_empty() || !list.list.all) && list.passes(b"", seen)
                }
            }
        });
        if passes {
            self.dropped.push((slot, Drop::AllowListed, secret.start));
        } else {
            self.found.push(Found {
                slot,
                whole,
                secret,
            });
        }
    }

    /// Whether the rule in `slot` is for files at `place`, and none of its lists lets all of them pass.
    fn is_open(&mut self, rules: &ForeignRules, slot: Slot, place: Place<'_>) -> bool {
        let Place::Path(path) = place else {
            return true;
        };
        if let Some(open) = self.progress[slot].open {
            return open;
        }
        let rule = &rules.rules[slot];
        let mut passes = false;
        for &list in &rule.lists {
            passes |= *self.lists[list].get_or_insert_with(|| rules.lists[list].passes_file(path));
        }
        let open = !passes && rule.is_for(path);
        self.progress[slot].open = Some(open);
        if !self.touched.contains(&slot) {
            self.touched.push(slot);
        }
        open
    }

    /// All matches of the rule in `slot`, whatever it takes to try it, and whether or not it is silent.
    pub(super) fn all_of(
        &mut self,
        rules: &ForeignRules,
        slot: Slot,
        text: &[u8],
        place: Place<'_>,
    ) -> Vec<Found> {
        let found = std::mem::take(&mut self.found);
        if self.is_open(rules, slot, place) {
            self.search(rules, slot, text, place, 0..text.len());
        }
        for slot in self.touched.drain(..) {
            self.progress[slot] = Progress::default();
        }
        std::mem::replace(&mut self.found, found)
    }
}

impl ForeignRules {
    /// Whether no rule looks at files at `path`.
    pub fn leave_out(&self, path: &[u8]) -> bool {
        self.common
            .iter()
            .any(|list| self.lists[*list].passes_file(path))
    }

    /// The index of the rule in `slot` among all rules.
    pub fn ix(&self, slot: Slot) -> crate::scan::candidate::RuleIx {
        self.rules[slot].ix
    }
}

/// The lines on which `range` stands, as far as allow lists see them.
pub(super) fn lines(text: &[u8], range: &Range<usize>) -> Range<usize> {
    let start = range.start - range.start.min(LINE);
    let start = start + memchr::memrchr(b'\n', &text[start..range.start]).map_or(0, |at| at + 1);
    let end = (range.end + LINE).min(text.len());
    let end = memchr::memchr(b'\n', &text[range.end..end]).map_or(end, |at| range.end + at);
    start..end
}

/// The first match in a stretch. What stands around the stretch is in sight of look-around.
fn first(rule: &ForeignRule, text: &[u8], stretch: Range<usize>) -> Option<Range<usize>> {
    let found = rule.pattern()?.search(&Input::new(text).range(stretch))?;
    Some(found.range())
}

/// The secret in a match: the group that the rule names, or the first one that matched anything, or all of it.
fn secret(rule: &ForeignRule, text: &[u8], whole: &Range<usize>) -> Option<Range<usize>> {
    let pattern = rule.pattern()?;
    let trimmed = || {
        let is_break = |at: &usize| text[*at] == b'\n';
        let start = whole.start + whole.clone().take_while(is_break).count();
        let end = whole.end - (start..whole.end).rev().take_while(is_break).count();
        start..end
    };
    if pattern.captures_len() < 2 {
        return Some(trimmed());
    }
    let mut groups: Captures = pattern.create_captures();
    let input = Input::new(text)
        .range(whole.clone())
        .anchored(regex_automata::Anchored::Yes);
    pattern.search_captures(&input, &mut groups);
    let of = |group: usize| groups.get_group(group).map(|span| span.range());
    if rule.rule.group > 0 {
        // gitleaks takes a group without a match for an empty secret
        return Some(of(rule.rule.group).unwrap_or(whole.start..whole.start));
    }
    let full = (1..pattern.captures_len())
        .filter_map(of)
        .find(|range| !range.is_empty());
    Some(full.unwrap_or_else(trimmed))
}

/// Shannon entropy as gitleaks has it: of characters, over the length in bytes. Bits.
fn entropy(value: &[u8]) -> f64 {
    if value.is_empty() {
        return 0.0;
    }
    let mut counts = std::collections::HashMap::new();
    for c in String::from_utf8_lossy(value).chars() {
        *counts.entry(c).or_insert(0_u32) += 1;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "secrets are far shorter than 2^52 bytes"
    )]
    let length = value.len() as f64;
    let share = |count: u32| f64::from(count) / length;
    -counts
        .into_values()
        .map(|count| share(count) * share(count).log2())
        .sum::<f64>()
}
