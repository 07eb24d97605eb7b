//! The allow lists of gitleaks files at work: whether a file, or a match in it, passes.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::AhoCorasick;
use regex_automata::meta::Regex;

use super::regex;
use crate::rules::gitleaks::Pattern;
use crate::rules::{AllowList, Target};

/// An allow list, compiled when it is first asked.
pub struct Allowed {
    /// The list.
    pub list: Arc<AllowList>,
    paths: OnceLock<Option<Regex>>,
    patterns: OnceLock<Option<Regex>>,
    words: OnceLock<Option<AhoCorasick>>,
}

/// Allow lists that are held against findings of other rules than those they were written for.
pub struct AllowLists(Vec<Allowed>);

impl AllowLists {
    /// Prepares `lists`.
    pub fn new(lists: Vec<Arc<AllowList>>) -> Self {
        Self(lists.into_iter().map(Allowed::new).collect())
    }

    /// The first list that lets the secret at `at` in the file `text` at `path` pass, by its place among them.
    pub fn passing(&self, path: &[u8], text: &[u8], at: Range<usize>) -> Option<usize> {
        let secret = text.get(at.clone())?;
        let line = &text[super::search::lines(text, &at)];
        let found = Match {
            secret,
            whole: line,
            line,
        };
        self.0
            .iter()
            .position(|list| list.passes_file(path) || list.passes(path, found))
    }
}

/// A match, as allow lists look at it.
#[derive(Clone, Copy)]
pub struct Match<'t> {
    /// The secret.
    pub secret: &'t [u8],
    /// All that the pattern matched.
    pub whole: &'t [u8],
    /// The lines on which it stands.
    pub line: &'t [u8],
}

impl Allowed {
    /// Prepares `list`; nothing is compiled yet.
    pub fn new(list: Arc<AllowList>) -> Self {
        Self {
            list,
            paths: OnceLock::new(),
            patterns: OnceLock::new(),
            words: OnceLock::new(),
        }
    }

    /// Whether it lets everything in a file at `path` pass.
    pub fn passes_file(&self, path: &[u8]) -> bool {
        // where all conditions must hold and others are left, each match is asked
        let is_open = self.list.all
            && !(self.list.patterns.is_empty()
                && self.list.words.is_empty()
                && self.list.commits.is_empty());
        !is_open && self.passes_path(path)
    }

    /// Whether it lets a match in a file at `path` pass.
    pub fn passes(&self, path: &[u8], found: Match<'_>) -> bool {
        let list = &self.list;
        if !list.all {
            return self.passes_text(found) || self.passes_words(found.secret);
        }
        // which commit it is from is not known here, so a list that names some as well lets nothing pass
        list.commits.is_empty()
            && (list.paths.is_empty() || self.passes_path(path))
            && (list.patterns.is_empty() || self.passes_text(found))
            && (list.words.is_empty() || self.passes_words(found.secret))
    }

    fn passes_path(&self, path: &[u8]) -> bool {
        is_match(&self.paths, &self.list.paths, path)
    }

    fn passes_text(&self, found: Match<'_>) -> bool {
        let text = match self.list.target {
            Target::Secret => found.secret,
            Target::Match => found.whole,
            Target::Line => found.line,
        };
        is_match(&self.patterns, &self.list.patterns, text)
    }

    fn passes_words(&self, secret: &[u8]) -> bool {
        let words = self.words.get_or_init(|| {
            let words = &self.list.words;
            let search = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(words);
            (!words.is_empty()).then(|| search.expect("as many words as fit into a rule file"))
        });
        words.as_ref().is_some_and(|words| words.is_match(secret))
    }
}

/// Whether any of `patterns`, which are compiled into `cell`, matches somewhere in `text`. An empty text matches nothing.
fn is_match(cell: &OnceLock<Option<Regex>>, patterns: &[Pattern], text: &[u8]) -> bool {
    let any = cell.get_or_init(|| Pattern::any(patterns).map(|pattern| regex(&pattern.hir())));
    !text.is_empty() && any.as_ref().is_some_and(|any| any.is_match(text))
}
