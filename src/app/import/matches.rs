//! Which present findings the entries of another scanner are about.
//!
//! What an entry says of the value decides. Only one that says nothing of it goes by its place, and only where a finding of the same kind
//! stands there: the line may hold something else by now.

use std::collections::HashMap;
use std::path::Path;

use crate::import::{Entry, Listed, Value, is_alike};
use crate::model::{Finding, FingerprintKey, GitState, Origin, Quotes, Secret, Severity, Store};
use crate::regular::{self, Links};
use crate::rules::gitleaks::{PREFIX, id_of};
use crate::rules::{Kind, POLICY_TOO_WIDE, Rule};
use crate::scan::{AllowLists, Options, Paths, Scanner};

use super::commits::Commits;

/// Largest file that is read again for the lines of its findings. Bytes.
const LARGEST: u64 = 64 << 20;

/// By what an entry and a finding were taken for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// The value, or a digest of it.
    Value,
    /// File and line.
    Place,
    /// A commit that the entry names.
    Commit,
}

/// What became of an entry.
pub(super) enum Found {
    /// These findings are what it is about.
    These(By, Vec<Finding>),
    /// Another value stands there.
    OtherValue,
    /// Something of another kind stands there.
    OtherKind,
    /// Nothing is found there.
    Nothing,
}

/// The rules of the other scanner that run here, to tell what it would find in a file.
pub(super) struct Theirs(Option<Scanner>);

impl Theirs {
    /// Those among `rules`.
    pub(super) fn among(rules: &[Rule], key: &FingerprintKey) -> Self {
        let is_theirs = |rule: &&Rule| matches!(rule.kind, Kind::Foreign(_));
        let theirs: Vec<Rule> = rules.iter().filter(is_theirs).cloned().collect();
        let options = Options {
            fingerprint_key: key.clone(),
            ..Options::default()
        };
        Self((!theirs.is_empty()).then(|| Scanner::new(theirs, options)))
    }

    /// Files of commits of the repository of `root`, with what these rules find in them.
    pub(super) fn commits(&self, root: &Path) -> Option<Commits<'_>> {
        Commits::of(root, self.0.as_ref()?)
    }
}

/// The files of commits: with what is found in them here, and with what the other scanner's own rules find.
pub(super) struct Past<'s> {
    /// By all rules.
    pub(super) ours: Option<Commits<'s>>,
    /// By those that run as they are.
    pub(super) theirs: Option<Commits<'s>>,
}

/// What is found here, ready to be looked up.
pub(super) struct Present<'f> {
    findings: &'f [Finding],
    by_path: HashMap<String, Vec<usize>>,
    /// The top of the work tree, as others may write it.
    root: String,
    theirs: &'f Theirs,
    /// What the other scanner's own rules find, by the path of the file.
    by_theirs: HashMap<String, Vec<Finding>>,
    /// Files that were read again.
    texts: HashMap<String, Vec<u8>>,
}

impl<'f> Present<'f> {
    /// What was found in the work tree at `root`.
    pub(super) fn new(findings: &'f [Finding], root: &Path, theirs: &'f Theirs) -> Self {
        let mut by_path: HashMap<String, Vec<usize>> = HashMap::new();
        for (ix, finding) in findings
            .iter()
            .enumerate()
            .filter(|(_, finding)| counts(finding))
        {
            let path = String::from_utf8_lossy(&finding.origin.within).into_owned();
            by_path.entry(path).or_default().push(ix);
        }
        Self {
            findings,
            by_path,
            root: format!("{}/", root.to_string_lossy().trim_end_matches('/')),
            theirs,
            by_theirs: HashMap::new(),
            texts: HashMap::new(),
        }
    }

    /// The findings that `entry` is about.
    pub(super) fn of(&mut self, entry: &Entry, past: &mut Past<'_>) -> Found {
        let path = entry.path.strip_prefix(&self.root).unwrap_or(&entry.path);
        let findings = self.findings;
        let here = self.by_path.get(path).map_or(&[][..], Vec::as_slice);
        let here: Vec<&Finding> = here.iter().map(|ix| &findings[*ix]).collect();
        if matches!(entry.value, Value::Unknown) {
            return self.by_place(entry, path, &here, past);
        }
        let has_value = |finding: &&Finding| {
            !finding.secret.is_empty() && entry.value.is(&finding.secret) == Some(true)
        };
        let all = |found: Vec<&Finding>| found.into_iter().cloned().collect::<Vec<_>>();
        // in its own file first: elsewhere the same value may be no mistake
        let mut found: Vec<&Finding> = here.iter().copied().filter(has_value).collect();
        if found.is_empty() {
            let everywhere = findings.iter().filter(|finding| counts(finding));
            found = everywhere.filter(has_value).collect();
        }
        if !found.is_empty() {
            return Found::These(By::Value, all(found));
        }
        let then = entry.commit.as_ref().zip(past.ours.as_mut());
        let then = then.and_then(|(commit, commits)| commits.findings(commit, path));
        let then = then.unwrap_or_default().iter();
        found = then
            .filter(|finding| counts(finding))
            .filter(has_value)
            .collect();
        if !found.is_empty() {
            return Found::These(By::Commit, all(found));
        }
        let standing = here.iter().filter(|finding| stands(finding, entry));
        let standing: Vec<&Finding> = standing.copied().collect();
        // others take a value as it is spelt, or with what stands around it
        let mut spelt = standing.clone();
        spelt.retain(|finding| {
            let value = self.spelt(finding);
            entry.value.overlaps(&finding.secret)
                || value.is_some_and(|value| entry.value.is(&value) == Some(true))
        });
        match (spelt.is_empty(), standing.is_empty()) {
            (false, _) => Found::These(By::Value, all(spelt)),
            (true, false) => Found::OtherValue,
            (true, true) => Found::Nothing,
        }
    }

    /// What stands in the file where `finding` is, with escapes and all.
    fn spelt(&mut self, finding: &Finding) -> Option<Secret> {
        let file = String::from_utf8_lossy(&finding.origin.path).into_owned();
        let text = self.texts.entry(file).or_insert_with_key(|file| {
            regular::read(Path::new(file), Links::Refuse, LARGEST).unwrap_or_default()
        });
        let offset = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let spelt = text.get(offset(finding.place.start)..offset(finding.place.end))?;
        Some(Secret::new(spelt, 0))
    }

    /// The findings where `entry` says, in the commit that it names or in the file at `path` as it is, of which there are those `here`.
    fn by_place(
        &mut self,
        entry: &Entry,
        path: &str,
        here: &[&Finding],
        past: &mut Past<'_>,
    ) -> Found {
        let id = id_of(&entry.rule);
        let (by, there, theirs) = match &entry.commit {
            None => {
                let there: Vec<&Finding> = here.to_vec();
                let theirs = there.first().map(|finding| self.of_theirs(finding));
                (By::Place, there, theirs.unwrap_or_default())
            }
            Some(commit) => {
                let ours = past.ours.as_mut();
                let ours = ours.and_then(|commits| commits.findings(commit, path));
                let theirs = past.theirs.as_mut();
                let theirs = theirs.and_then(|commits| commits.findings(commit, path));
                (
                    By::Commit,
                    ours.unwrap_or_default()
                        .iter()
                        .filter(|it| counts(it))
                        .collect(),
                    theirs.unwrap_or_default(),
                )
            }
        };
        let is_theirs = |finding: &Finding| {
            let covers = |other: &Finding| {
                other.place.start < finding.place.end.max(finding.place.start + 1)
                    && finding.place.start < other.place.end.max(other.place.start + 1)
            };
            finding.rule == id
                || theirs
                    .iter()
                    .any(|other| other.rule == id && stands(other, entry) && covers(other))
        };
        let standing: Vec<&Finding> = there
            .into_iter()
            .filter(|finding| stands(finding, entry))
            .collect();
        let is_empty = standing.is_empty();
        let alike: Vec<Finding> = standing
            .into_iter()
            .filter(|finding| is_alike(&entry.rule, &finding.rule) || is_theirs(finding))
            .cloned()
            .collect();
        match (alike.is_empty(), is_empty) {
            (false, _) => Found::These(by, alike),
            (true, false) => Found::OtherKind,
            (true, true) => Found::Nothing,
        }
    }

    /// What the other scanner's own rules find in the file of `finding`.
    fn of_theirs(&mut self, finding: &Finding) -> &[Finding] {
        let path = String::from_utf8_lossy(&finding.origin.within).into_owned();
        let theirs = self.theirs;
        let scanned = || {
            let scanner = theirs.0.as_ref()?;
            let file = String::from_utf8_lossy(&finding.origin.path).into_owned();
            let text = regular::read(Path::new(&file), Links::Refuse, LARGEST).ok()?;
            let origin = Origin::new(path.as_bytes(), Store::File(GitState::Outside));
            Some(scanner.scan_text(origin, &text))
        };
        self.by_theirs
            .entry(path.clone())
            .or_insert_with(|| scanned().unwrap_or_default())
    }

    /// The values of all findings, to tell whether a text quotes one.
    pub(super) fn quotes(&self) -> Quotes {
        let mut quotes = Quotes::default();
        for finding in self.findings {
            quotes.add(&finding.secret);
        }
        quotes
    }

    /// The findings in files that `paths` hold.
    pub(super) fn below(&self, paths: &Paths) -> impl Iterator<Item = &'f Finding> {
        let findings = self.findings.iter();
        findings.filter(move |finding| counts(finding) && paths.hold(&finding.origin.within))
    }

    /// The findings of our own rules that a list of another scanner lets pass, each with the reason of that list.
    pub(super) fn listed(&self, lists: Vec<Listed>) -> Vec<(&'f Finding, String)> {
        let (lists, reasons): (Vec<_>, Vec<_>) = lists
            .into_iter()
            .map(|listed| (listed.list, listed.reason))
            .unzip();
        let lists = AllowLists::new(lists);
        let mut passed = Vec::new();
        for (path, here) in &self.by_path {
            let own = here.iter().map(|ix| &self.findings[*ix]);
            let own: Vec<&Finding> = own
                .filter(|finding| !finding.rule.starts_with(PREFIX) && !finding.secret.is_empty())
                .collect();
            let Some(first) = own.first() else {
                continue;
            };
            let file = String::from_utf8_lossy(&first.origin.path).into_owned();
            let Ok(text) = regular::read(Path::new(&file), Links::Refuse, LARGEST) else {
                continue;
            };
            for finding in own {
                let offset = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
                let secret = offset(finding.place.start)..offset(finding.place.end);
                if let Some(list) = lists.passing(path.as_bytes(), &text, secret) {
                    passed.push((finding, reasons[list].clone()));
                }
            }
        }
        passed.sort_by(|a, b| Finding::report_order(a.0, b.0));
        passed
    }
}

/// Whether a finding counts for anything, so that it would have to be let pass.
fn counts(finding: &Finding) -> bool {
    finding.severity > Severity::Info && finding.rule != POLICY_TOO_WIDE
}

/// Whether a finding stands where an entry says. One about a file as a whole stands nowhere in it.
fn stands(finding: &Finding, entry: &Entry) -> bool {
    entry.lines.is_some_and(|(first, last)| {
        if finding.secret.is_empty() {
            first == 0
        } else {
            (first..=last).contains(&finding.place.line)
        }
    })
}
