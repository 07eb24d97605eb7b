//! Where rules are not used, and which words make a value none, because the configuration says so.
//!
//! Asked only once something was found. A value that is left out counts as dropped, for a reason of its own.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use super::candidate::RuleIx;
use super::matcher::Compiled;
use crate::rules::nearly_all;

/// Files that rules are not used in.
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    /// Globs, as [`exclude_globs`] reads them.
    pub paths: Vec<String>,
    /// Ids of the rules; empty for all of them.
    pub rules: Vec<String>,
    /// What people call it: where it is written.
    pub name: String,
}

/// The globs that `pattern` stands for, in the way of ignore files: without a `/` it is a name in any folder, with one a path from
/// the top on; a folder stands for all that is below it, and a `/` at the end is for folders only.
pub fn exclude_globs(pattern: &str) -> Result<Vec<Glob>, String> {
    if pattern.starts_with('!') {
        return Err("there is no `!` here; leave out less instead".to_owned());
    }
    let is_folder = pattern.ends_with('/');
    let path = pattern.trim_start_matches("./").trim_end_matches('/');
    let is_anchored = path.contains('/');
    let path = path.trim_start_matches('/');
    if path.is_empty() {
        return Err("this names nothing; `**` is everything".to_owned());
    }
    let start = if is_anchored { "" } else { "**/" };
    let below = format!("{start}{path}/**");
    let itself = (!is_folder).then(|| format!("{start}{path}"));
    let build = |glob: String| {
        let built = GlobBuilder::new(&glob)
            .literal_separator(true)
            .backslash_escape(true)
            .build();
        built.map_err(|error| format!("no glob: {}", error.kind()))
    };
    itself.into_iter().chain([below]).map(build).collect()
}

/// A set of globs.
#[derive(Debug)]
pub struct Paths(GlobSet);

impl Paths {
    /// The files that any of `patterns` matches. One that is no glob matches none.
    pub fn new(patterns: &[String]) -> Self {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            for glob in exclude_globs(pattern).into_iter().flatten() {
                set.add(glob);
            }
        }
        Self(set.build().unwrap_or_else(|_| GlobSet::empty()))
    }

    /// Whether the file at `path`, from the top on, is one of them.
    pub fn hold(&self, path: &[u8]) -> bool {
        !path.is_empty() && self.0.is_match(&*String::from_utf8_lossy(path))
    }
}

/// All that is left out.
#[derive(Debug, Default)]
pub struct Exclusions {
    entries: Vec<(Paths, Option<Vec<RuleIx>>, String)>,
    /// In lower case.
    words: Vec<Vec<u8>>,
}

/// What is left out of one file.
#[derive(Debug, Default)]
pub struct LeftOut<'e> {
    /// The name of the entry that leaves out all rules, if one does.
    wholly: Option<&'e str>,
    rules: Vec<RuleIx>,
    /// The names of the entries that leave out some.
    names: Vec<&'e str>,
}

impl LeftOut<'_> {
    /// Whether `rule` is not used in the file.
    pub fn has(&self, rule: RuleIx) -> bool {
        self.wholly.is_some() || self.rules.contains(&rule)
    }

    /// The names of the entries that together leave out nearly all of `rules`, if they do.
    pub fn silences(&self, rules: &[RuleIx]) -> Option<String> {
        if let Some(name) = self.wholly {
            return Some(name.to_owned());
        }
        let count = rules.iter().filter(|rule| self.has(**rule)).count();
        nearly_all(count, rules.len()).then(|| self.names.join(" and "))
    }
}

impl Exclusions {
    /// Those of `excludes`, for the rules of the scan, and of the `words`.
    pub fn new(excludes: &[Exclude], words: &[String], rules: &[Compiled]) -> Self {
        let entry = |exclude: &Exclude| {
            let is_named = |rule: &&Compiled| exclude.rules.iter().any(|id| *id == rule.rule.id);
            let named = || rules.iter().filter(is_named).map(|rule| rule.ix).collect();
            let named = (!exclude.rules.is_empty()).then(named);
            (Paths::new(&exclude.paths), named, exclude.name.clone())
        };
        let lower = |word: &String| word.to_ascii_lowercase().into_bytes();
        Self {
            entries: excludes.iter().map(entry).collect(),
            words: words.iter().map(lower).collect(),
        }
    }

    /// Whether anything is left out of the file at `path`.
    pub fn concern(&self, path: &[u8]) -> bool {
        self.entries.iter().any(|(paths, ..)| paths.hold(path))
    }

    /// What is left out of the file at `path`.
    pub fn of(&self, path: &[u8]) -> LeftOut<'_> {
        let mut left_out = LeftOut::default();
        for (paths, rules, name) in &self.entries {
            if !paths.hold(path) {
                continue;
            }
            match rules {
                None => left_out.wholly = left_out.wholly.or(Some(name)),
                Some(rules) => {
                    left_out.rules.extend(rules);
                    left_out.names.push(name);
                }
            }
        }
        left_out
    }

    /// The words that make a value none, in lower case.
    pub fn words(&self) -> &[Vec<u8>] {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_read_as_in_ignore_files() {
        let holds =
            |pattern: &str, path: &str| Paths::new(&[pattern.to_owned()]).hold(path.as_bytes());
        for (pattern, path) in [
            ("*.snap", "a.snap"),
            ("*.snap", "x/y/a.snap"),
            ("fixtures", "tests/fixtures/a.py"),
            ("fixtures/", "tests/fixtures/deep/a.py"),
            ("tests/fixtures", "tests/fixtures/a.py"),
            ("tests/fixtures/", "tests/fixtures/deep/a.py"),
            ("/a.py", "a.py"),
            ("./a/b.py", "a/b.py"),
            ("**", "a/b.py"),
            ("tests/**", "tests/a/b.py"),
            ("**/*.{json,yml}", "x/y.yml"),
            ("a b.py", "a b.py"),
        ] {
            assert!(holds(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("*.snap", "a.snap.py"),
            ("tests/fixtures", "x/tests/fixtures/a.py"),
            ("tests/*.py", "tests/a/b.py"),
            ("fixtures/", "tests/fixtures"),
            ("/a.py", "x/a.py"),
            ("a.py", "A.py"),
            ("**", ""),
        ] {
            assert!(!holds(pattern, path), "{pattern} {path}");
        }
        for bad in ["", "/", "!a", "a[", "{a", "./"] {
            assert!(exclude_globs(bad).is_err(), "{bad}");
        }
    }
}
