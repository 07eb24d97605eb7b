//! Rules of gitleaks files at work.
//!
//! They mean something else than ours: a pattern is tried on all of a text in which a keyword stands anywhere. What makes that
//! cheap is that nearly every pattern holds a literal, and that what follows the literal is tried first, from there on. All literals
//! and keywords are looked for in one pass, whatever their case. Nothing is decided by hope: where a pattern has no such literal, it
//! is tried on the whole text.

mod allow;
mod need;
mod required;
mod search;
mod words;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Hir, HirKind, Look};

use crate::rules::{AllowList, Foreign, Kind};

use super::candidate::RuleIx;
use super::matcher::Compiled;
use allow::Allowed;
use need::Need;
use words::Words;

pub use allow::AllowLists;
pub use search::{Hunt, Place};

/// Position of a rule among those that are foreign.
type Slot = usize;

/// All rules of gitleaks files in use.
pub struct ForeignRules {
    rules: Vec<ForeignRule>,
    lists: Vec<Allowed>,
    /// Lists that are in force for all rules.
    common: Vec<usize>,
    words: Option<Words>,
    /// For each word, what it is to which rules.
    meanings: Vec<Vec<(Slot, Role)>>,
}

/// What a word is to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Each match holds this literal or another one.
    Lead,
    /// The rule is tried only where this or another keyword stands.
    Keyword,
}

/// How a rule's matches are come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Around each lead, as it is met: a lead holds a keyword, or there are none.
    Leads,
    /// In the whole text, if a keyword was met and, where there are leads, one of those too.
    Whole,
    /// Not at all: it is about paths, or serves others only.
    Silent,
}

struct ForeignRule {
    ix: RuleIx,
    id: String,
    rule: Foreign,
    way: Way,
    need: Option<Need>,
    /// Whether a keyword has to be met.
    keyed: bool,
    /// Longest match, where that is bounded. Bytes.
    longest: Option<usize>,
    lists: Vec<usize>,
    /// Whether its path, if it matches at all, matches the last part of a path.
    ends_in_name: bool,
    pattern: OnceLock<Regex>,
    tail: OnceLock<Regex>,
    /// What a match has from its literal on.
    rest: OnceLock<Regex>,
    path: OnceLock<Regex>,
}

impl ForeignRules {
    /// The foreign ones among `rules`; none if there are none.
    pub fn new(rules: &[Compiled]) -> Option<Self> {
        let mut lists: Vec<Allowed> = Vec::new();
        let mut own = Vec::new();
        for compiled in rules {
            let Kind::Foreign(rule) = &compiled.rule.kind else {
                continue;
            };
            let mut number = |list: &Arc<AllowList>| {
                let known = lists
                    .iter()
                    .position(|known| Arc::ptr_eq(&known.list, list));
                known.unwrap_or_else(|| {
                    lists.push(Allowed::new(Arc::clone(list)));
                    lists.len() - 1
                })
            };
            let lists = rule.allow.iter().map(&mut number).collect();
            own.push(ForeignRule::new(
                compiled.ix,
                &compiled.rule.id,
                rule,
                lists,
            ));
        }
        if own.is_empty() {
            return None;
        }
        let mut words: Vec<Vec<u8>> = Vec::new();
        let mut meanings: Vec<Vec<(Slot, Role)>> = Vec::new();
        let mut places = std::collections::HashMap::new();
        let mut add = |word: &[u8], slot: Slot, role: Role| {
            let place = *places.entry(word.to_vec()).or_insert_with(|| {
                words.push(word.to_vec());
                meanings.push(Vec::new());
                words.len() - 1
            });
            if !meanings[place].contains(&(slot, role)) {
                meanings[place].push((slot, role));
            }
        };
        for (slot, rule) in own
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.way != Way::Silent)
        {
            if let Some(need) = &rule.need {
                need.literals
                    .iter()
                    .for_each(|literal| add(literal, slot, Role::Lead));
            }
            if rule.keyed {
                rule.rule
                    .keywords
                    .iter()
                    .for_each(|word| add(word.as_bytes(), slot, Role::Keyword));
            }
        }
        let is_common = |list: &usize| own.iter().all(|rule| rule.lists.contains(list));
        Some(Self {
            common: (0..lists.len()).filter(is_common).collect(),
            words: (!words.is_empty()).then(|| Words::new(&words)),
            meanings,
            lists,
            rules: own,
        })
    }

    /// The rules about paths alone that name `path`.
    pub fn name(&self, path: &[u8]) -> impl Iterator<Item = RuleIx> {
        let about_paths = |rule: &&ForeignRule| rule.rule.pattern.is_none() && !rule.rule.silent;
        let rules = self.rules.iter().filter(about_paths);
        let named = rules.filter(move |rule| {
            let passes = rule
                .lists
                .iter()
                .any(|list| self.lists[*list].passes_file(path));
            rule.is_for(path) && !passes
        });
        named.map(|rule| rule.ix)
    }

    /// Whether a rule about paths alone may name a file called `name`, wherever it lies.
    pub fn may_name(&self, name: &[u8]) -> bool {
        let mut about_paths = self.rules.iter().filter(|rule| rule.rule.pattern.is_none());
        about_paths.any(|rule| !rule.ends_in_name || rule.is_for(name))
    }

    /// Commits whose findings of the rule `id` pass.
    pub fn passes_commit(&self, id: &str, commit: &str) -> bool {
        let rule = self.rules.iter().find(|rule| rule.id == id);
        let lists = rule.into_iter().flat_map(|rule| &rule.lists);
        let mut lists = lists.map(|list| &self.lists[*list].list);
        lists.any(|list| {
            let alone = list.paths.is_empty() && list.patterns.is_empty() && list.words.is_empty();
            (!list.all || alone) && list.commits.iter().any(|known| known == commit)
        })
    }
}

impl ForeignRule {
    fn new(ix: RuleIx, id: &str, rule: &Foreign, lists: Vec<usize>) -> Self {
        let hir = rule
            .pattern
            .as_ref()
            .map(crate::rules::gitleaks::Pattern::hir);
        let need = hir.as_ref().and_then(Need::of);
        let holds_keyword = |literal: &Vec<u8>| {
            let holds = |word: &[u8]| literal.windows(word.len().max(1)).any(|part| part == word);
            rule.keywords.iter().any(|word| holds(word.as_bytes()))
        };
        let keyed = !rule.keywords.is_empty()
            && !need
                .as_ref()
                .is_some_and(|need| need.literals.iter().all(holds_keyword));
        let way = match (&hir, &need) {
            (None, _) => Way::Silent,
            _ if rule.silent => Way::Silent,
            (_, Some(_)) if !keyed => Way::Leads,
            _ => Way::Whole,
        };
        Self {
            ix,
            id: id.to_owned(),
            rule: rule.clone(),
            way,
            keyed,
            longest: hir.as_ref().and_then(|hir| hir.properties().maximum_len()),
            need,
            lists,
            ends_in_name: rule
                .path
                .as_ref()
                .is_some_and(|path| ends_in_name(&path.hir())),
            pattern: OnceLock::new(),
            tail: OnceLock::new(),
            rest: OnceLock::new(),
            path: OnceLock::new(),
        }
    }

    /// Whether it is for files at `path`.
    fn is_for(&self, path: &[u8]) -> bool {
        self.rule.path.as_ref().is_none_or(|pattern| {
            self.path
                .get_or_init(|| regex(&pattern.hir()))
                .is_match(path)
        })
    }

    fn pattern(&self) -> Option<&Regex> {
        let pattern = self.rule.pattern.as_ref()?;
        Some(self.pattern.get_or_init(|| regex(&pattern.hir())))
    }

    /// Where in a text of `len` bytes all matches lie, if their leads do not stand before the first or behind the last of `leads`.
    fn stretch(&self, leads: (usize, usize), len: usize) -> Range<usize> {
        let Some(need) = &self.need else {
            return 0..len;
        };
        let start = need
            .before
            .map_or(0, |before| leads.0.saturating_sub(before));
        let end = self.longest.map_or(len, |longest| leads.1 + longest);
        start..end.min(len)
    }

    /// Whether what follows the lead at `at` can belong to a match.
    fn may_follow(&self, text: &[u8], at: usize) -> bool {
        let Some(tail) = self.need.as_ref().and_then(|need| need.tail.as_ref()) else {
            return true;
        };
        let tail = self.tail.get_or_init(|| regex(tail));
        let input = Input::new(text)
            .range(at..)
            .anchored(Anchored::Yes)
            .earliest(true);
        tail.search_half(&input).is_some()
    }

    /// Whether what a match has before its literal can be told by going back from it ([`Self::split_match`]).
    fn is_split(&self) -> bool {
        self.need.as_ref().is_some_and(|need| need.split.is_some())
    }

    /// The match with the literal at `at`, which does not begin before `from`, of a rule that is split there: what follows is tried once,
    /// and what comes before is found by going back. Trying the pattern from every place before it takes a hundred times as long.
    fn split_match(&self, text: &[u8], from: usize, at: usize, end: usize) -> Option<Range<usize>> {
        let need = self.need.as_ref()?;
        let (lead_in, rest) = need.split.as_ref()?;
        let rest = self.rest.get_or_init(|| regex(rest));
        let follows = |at: usize| {
            let input = Input::new(text).range(at..end).anchored(Anchored::Yes);
            Some(rest.search(&input)?.end())
        };
        let (mut at, mut stop) = (at, follows(at)?);
        let mut start = lead_in.start(text, from, at);
        // as few bytes as it takes: a longer literal that begins earlier is met later
        while let Some((earlier, end)) = (start..at)
            .filter(|at| need.begins(&text[*at..]))
            .find_map(|at| Some((at, follows(at)?)))
        {
            (at, stop) = (earlier, end);
            start = lead_in.start(text, from, at);
        }
        Some(start..stop)
    }
}

/// Whether what a pattern for paths matches always lies in the last part of a path, but for a slash before it.
fn ends_in_name(path: &Hir) -> bool {
    let parts = need::flat(path);
    let [rest @ .., last] = parts.as_slice() else {
        return false;
    };
    let opens = |part: &Hir| match part.kind() {
        HirKind::Alternation(branches) => branches.iter().all(|branch| match branch.kind() {
            HirKind::Look(look) => *look == Look::Start,
            HirKind::Literal(literal) => *literal.0 == *b"/",
            _ => false,
        }),
        _ => false,
    };
    let rest = match rest {
        [first, rest @ ..] if opens(first) => rest,
        rest => rest,
    };
    matches!(last.kind(), HirKind::Look(Look::End)) && !rest.iter().any(need::may_match_slash)
}

/// Compiles `hir`, which is part of a pattern that was read, so that it is not too large.
fn regex(hir: &Hir) -> Regex {
    let config = Regex::config().utf8_empty(false).nfa_size_limit(None);
    let built = Regex::builder().configure(config).build_from_hir(hir);
    built.expect("a pattern that was read is not too large")
}

#[cfg(test)]
mod tests;
