//! Reads rule files that were written for gitleaks, so that they run as they are.
//!
//! Knows the format: old and new forms, what a file may build on, in which order entries count. Files are handed in, nothing is
//! opened here. What can't be used is named with its rule: a *fault* means that a rule would find less than it should, a
//! *note* that something is passed over that finds nothing.

pub mod raw;
mod reader;
mod syntax;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::foreign::{AllowList, Foreign, Required};
use super::{Kind, Rule, Str};
use crate::model::{Confidence, Severity};
use raw::{RawAllow, RawFile, RawRule};

pub use syntax::{Mark, Pattern, Unfit};

/// What stands before the ids of such rules, so that they are never those of others.
pub const PREFIX: &str = "gitleaks/";

/// Files that may build on one another, at most; gitleaks stops there too.
const DEEPEST: usize = 2;

/// Most rules that are taken from one file with all that it builds on.
const MOST_RULES: usize = 10_000;

/// What came out of a file.
#[derive(Debug, Default)]
pub struct RuleFile {
    /// The rules that can be used.
    pub rules: Vec<Rule>,
    /// What can't be used.
    pub faults: Vec<Fault>,
    /// What was passed over, a clause each.
    pub notes: Vec<String>,
}

/// A rule that can't be used as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its id, as ours.
    pub rule: String,
    /// What is wrong.
    pub problem: String,
    /// Where in its pattern.
    pub mark: Option<Mark>,
}

impl Fault {
    fn new(rule: &str, problem: impl Into<String>) -> Self {
        Self {
            rule: id_of(rule),
            problem: problem.into(),
            mark: None,
        }
    }
}

/// Why a file can't be read at all.
#[derive(Debug)]
pub enum Unreadable {
    /// It is no TOML.
    Toml(Box<toml::de::Error>),
    /// It is not what gitleaks reads.
    Shape(String),
}

/// The id under which we know a rule that a gitleaks file calls `id`.
pub fn id_of(id: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    PREFIX.chars().chain(id.chars().map(plain)).collect()
}

/// Reads a file as it stands.
pub fn read(text: &str) -> Result<RawFile, Unreadable> {
    let table = toml::from_str(text).map_err(|error| Unreadable::Toml(Box::new(error)))?;
    raw::read(table).map_err(Unreadable::Shape)
}

/// Makes rules of `file`. `open` gives the file that an `extend.path` names; `base` is gitleaks' own file, where it is known.
pub fn rules(
    file: RawFile,
    base: Option<&str>,
    open: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<RuleFile, String> {
    let mut out = RuleFile::default();
    let whole = extended(file, base, open, 0, &mut out)?;
    let mut targeted: BTreeMap<&str, Vec<&RawAllow>> = BTreeMap::new();
    let mut global = Vec::new();
    for list in &whole.allow {
        if list.rules.is_empty() {
            global.push(list);
        }
        for rule in &list.rules {
            targeted.entry(rule).or_default().push(list);
        }
    }
    for target in targeted.keys() {
        if !whole.rules.iter().any(|rule| rule.id == *target) {
            out.notes.push(format!(
                "an allow list is for the rule `{target}`, which there is none of"
            ));
        }
    }
    let mut shared = Vec::new();
    for list in global {
        match allow_list(list) {
            Ok(list) => shared.push(Arc::new(list)),
            Err(problem) => out.notes.push(format!(
                "an allow list for all rules lets nothing pass: {problem}"
            )),
        }
    }
    let ids: Vec<&str> = whole.rules.iter().map(|rule| rule.id.as_str()).collect();
    let lacks_base = whole.extend.use_default && base.is_none();
    for raw in &whole.rules {
        if lacks_base && raw.pattern.is_none() && raw.path.is_none() {
            out.notes.push(format!(
                "rule `{}` changes one of gitleaks' own rules, which are not here; it finds nothing",
                raw.id
            ));
            continue;
        }
        let targeted = targeted.get(raw.id.as_str()).map_or(&[][..], Vec::as_slice);
        match rule_of(raw, targeted, &shared, &ids, &mut out.notes) {
            Ok(rule) => out.rules.push(rule),
            Err(fault) => out.faults.push(fault),
        }
    }
    unlike_ids(&mut out);
    lone(&mut out);
    Ok(out)
}

/// Makes faults of the rules that require one which can't be used: they would find nothing.
fn lone(out: &mut RuleFile) {
    while let Some(at) = out
        .rules
        .iter()
        .position(|rule| lacking(rule, &out.faults).is_some())
    {
        let rule = out.rules.remove(at);
        let lacking = lacking(&rule, &out.faults).unwrap_or_default();
        out.faults.push(Fault {
            problem: format!("it requires the rule `{lacking}`, which can't be used itself"),
            rule: rule.id.into_owned(),
            mark: None,
        });
    }
}

/// The rule among `faults` that `rule` requires.
fn lacking(rule: &Rule, faults: &[Fault]) -> Option<String> {
    let Kind::Foreign(foreign) = &rule.kind else {
        return None;
    };
    let required = foreign.required.iter();
    let mut lacking = required.filter(|it| faults.iter().any(|fault| fault.rule == it.rule));
    lacking.next().map(|it| it.rule.clone())
}

/// `file` with all that it builds on.
fn extended(
    file: RawFile,
    base: Option<&str>,
    open: &mut dyn FnMut(&str) -> Result<String, String>,
    depth: usize,
    out: &mut RuleFile,
) -> Result<RawFile, String> {
    let mut file = latest(file, out);
    out.notes.append(&mut file.notes);
    let faults = std::mem::take(&mut file.faults);
    out.faults
        .extend(faults.iter().map(|(id, problem)| Fault::new(id, problem)));
    let extend = file.extend.clone();
    if extend.use_default && extend.path.is_some() {
        return Err("[extend] can't have both useDefault and path, in gitleaks neither".to_owned());
    }
    if let Some(url) = &extend.url {
        out.notes.push(format!(
            "[extend] url `{}`: nothing is fetched; gitleaks does not fetch it either",
            url.escape_default()
        ));
    }
    let text = match (&extend.path, base) {
        (Some(path), _) if depth < DEEPEST => open(path)
            .map_err(|problem| format!("[extend] path `{}`: {problem}", path.escape_default()))?,
        (Some(path), _) => {
            out.notes.push(format!("[extend] path `{}` is not followed: it is the third file in a row, where gitleaks stops too", path.escape_default()));
            return Ok(file);
        }
        (None, Some(base)) if extend.use_default => base.to_owned(),
        (None, _) => {
            if extend.use_default {
                out.notes.push(format!(
                    "[extend] useDefault: gitleaks' own rules don't come with waxseal; give a copy of its file as well (--rules {}:gitleaks.toml)",
                    PREFIX.trim_end_matches('/')
                ));
            }
            return Ok(file);
        }
    };
    let inner = read(&text).map_err(|error| match error {
        Unreadable::Toml(error) => format!(
            "[extend]: the file that it names is no TOML: {}",
            error.message()
        ),
        Unreadable::Shape(problem) => format!("[extend]: {problem}"),
    })?;
    let own = out.faults.len();
    let inner = extended(inner, base, open, depth + 1, out)?;
    // what is left out need not be usable
    let is_left_out = |fault: &Fault| extend.disabled.iter().any(|id| id_of(id) == fault.rule);
    let faults = out.faults.split_off(own);
    out.faults
        .extend(faults.into_iter().filter(|fault| !is_left_out(fault)));
    merge(&mut file, inner, &extend.disabled, out);
    if file.rules.len() > MOST_RULES {
        return Err(format!("it has more than {MOST_RULES} rules"));
    }
    Ok(file)
}

/// `file` with the last of the rules that share an id, as gitleaks has it.
fn latest(mut file: RawFile, out: &mut RuleFile) -> RawFile {
    let mut rules: Vec<RawRule> = Vec::with_capacity(file.rules.len());
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (number, rule) in (1..).zip(std::mem::take(&mut file.rules)) {
        if rule.id.is_empty() {
            let problem = "it has no id, without which gitleaks 8 takes no rule; give it one";
            out.faults
                .push(Fault::new(&format!("rule {number}"), problem));
            continue;
        }
        if let Some(&place) = places.get(&rule.id) {
            out.notes.push(format!(
                "rule `{}` stands there twice; the last one counts, as in gitleaks",
                rule.id
            ));
            rules[place] = rule;
        } else {
            places.insert(rule.id.clone(), rules.len());
            rules.push(rule);
        }
    }
    file.rules = rules;
    file
}

/// Adds to `file` what `base`, which it builds on, has besides.
fn merge(file: &mut RawFile, base: RawFile, disabled: &[String], out: &mut RuleFile) {
    for id in disabled {
        if !base.rules.iter().any(|rule| rule.id == *id) {
            out.notes.push(format!(
                "[extend] disabledRules names `{id}`, which the extended file has none of"
            ));
        }
    }
    for mut rule in base.rules {
        if disabled.contains(&rule.id) {
            continue;
        }
        let Some(own) = file.rules.iter_mut().find(|own| own.id == rule.id) else {
            file.rules.push(rule);
            continue;
        };
        if !own.description.is_empty() {
            rule.description.clone_from(&own.description);
        }
        rule.entropy = own
            .entropy
            .filter(|entropy| *entropy != 0.0)
            .or(rule.entropy);
        rule.group = own.group.filter(|group| *group != 0).or(rule.group);
        rule.pattern = own.pattern.take().or(rule.pattern);
        rule.path = own.path.take().or(rule.path);
        rule.keywords.append(&mut own.keywords);
        rule.allow.append(&mut own.allow);
        *own = rule;
    }
    file.allow.extend(base.allow);
}

/// Makes ids that became the same unlike one another.
fn unlike_ids(out: &mut RuleFile) {
    let mut seen = std::collections::BTreeSet::new();
    for rule in &mut out.rules {
        let plain = rule.id.to_string();
        let mut number = 1;
        while !seen.insert(rule.id.to_string()) {
            number += 1;
            rule.id = Cow::Owned(format!("{plain}-{number}"));
        }
    }
}

fn rule_of(
    raw: &RawRule,
    targeted: &[&RawAllow],
    shared: &[Arc<AllowList>],
    ids: &[&str],
    notes: &mut Vec<String>,
) -> Result<Rule, Fault> {
    let fault = |problem: String| Fault::new(&raw.id, problem);
    let read = |text: &Option<String>, what: &str| {
        let pattern = text.as_deref().map(Pattern::of_go).transpose();
        pattern.map_err(|unfit| Fault {
            mark: Some(unfit.mark),
            ..fault(format!("its {what} can't be used: {}", unfit.problem))
        })
    };
    let pattern = read(&raw.pattern, "regex")?;
    let path = read(&raw.path, "path")?;
    if pattern.is_none() && path.is_none() {
        return Err(fault(
            "it has neither regex nor path; if it changes a rule of gitleaks' own file, that file is missing (--rules gitleaks:gitleaks.toml)"
                .to_owned(),
        ));
    }
    let group = raw.group.unwrap_or(0);
    let groups = pattern.as_ref().map_or(0, Pattern::groups);
    if pattern.is_some() && group > groups {
        return Err(fault(format!(
            "secretGroup is {group}, and its regex has {groups} groups"
        )));
    }
    let mut required = Vec::new();
    for other in &raw.required {
        if !ids.contains(&other.id.as_str()) {
            return Err(fault(format!(
                "it requires the rule `{}`, which there is none of",
                other.id
            )));
        }
        required.push(Required {
            rule: id_of(&other.id),
            lines: other.lines,
            columns: other.columns,
        });
    }
    let mut allow = Vec::new();
    for list in raw.allow.iter().chain(targeted.iter().copied()) {
        match allow_list(list) {
            Ok(list) => allow.push(Arc::new(list)),
            Err(problem) => notes.push(format!(
                "rule `{}`: an allow list lets nothing pass: {problem}",
                raw.id
            )),
        }
    }
    allow.extend(shared.iter().cloned());
    let mut keywords: Vec<Str> = raw
        .keywords
        .iter()
        .map(|word| Cow::Owned(word.to_lowercase()))
        .collect();
    keywords.sort();
    keywords.dedup();
    if keywords.iter().any(|word| word.is_empty()) {
        // an empty word stands in every text
        keywords.clear();
    }
    // guesses by the name of a key alone are called so there
    let is_guess = raw.id.to_lowercase().contains("generic");
    let kind = Kind::Foreign(Box::new(Foreign {
        pattern,
        path,
        keywords: Cow::Owned(keywords),
        entropy: raw.entropy.unwrap_or(0.0),
        group,
        allow,
        required,
        silent: raw.silent,
    }));
    let severity = if is_guess {
        Severity::Medium
    } else {
        Severity::High
    };
    Ok(Rule {
        confidence: if is_guess {
            Confidence::Low
        } else {
            Confidence::Medium
        },
        why: Cow::Borrowed(
            "A rule that was written for gitleaks takes this for a secret. Whoever can read the repository can use it.",
        ),
        remedy: Cow::Borrowed(&[
            Cow::Borrowed(
                "Revoke the secret where it was issued, and put a new one where it is not committed.",
            ),
            Cow::Borrowed(
                "If it is none, let it pass in the gitleaks file or with a comment: gitleaks:allow.",
            ),
        ]),
        ..Rule::without_anchors(
            Cow::Owned(id_of(&raw.id)),
            Cow::Owned(title(raw)),
            severity,
            kind,
        )
    })
}

/// A noun phrase for the list of rules: the description's first sentence, without control characters.
fn title(raw: &RawRule) -> String {
    const LONGEST: usize = 120;
    let words: Vec<&str> = raw
        .description
        .split(|c: char| c.is_whitespace() || c.is_control())
        .collect();
    let text = words
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let first = text
        .split_once(". ")
        .map_or(text.as_str(), |(first, _)| first);
    let title: String = first.trim_end_matches('.').chars().take(LONGEST).collect();
    if title.is_empty() {
        format!(
            "What the gitleaks rule {} looks for",
            id_of(&raw.id).trim_start_matches(PREFIX)
        )
    } else {
        title
    }
}

fn allow_list(raw: &RawAllow) -> Result<AllowList, String> {
    let patterns = |texts: &[String]| {
        texts
            .iter()
            .map(|text| Pattern::of_go_to_pass(text).map_err(|unfit| unfit.problem))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(AllowList {
        all: raw.all,
        commits: raw
            .commits
            .iter()
            .map(|commit| commit.trim().to_lowercase())
            .collect(),
        paths: patterns(&raw.paths)
            .map_err(|problem| format!("one of its paths can't be used: {problem}"))?,
        patterns: patterns(&raw.patterns)
            .map_err(|problem| format!("one of its regexes can't be used: {problem}"))?,
        target: raw.target,
        words: raw.words.iter().map(|word| word.to_lowercase()).collect(),
    })
}

#[cfg(test)]
mod tests;
