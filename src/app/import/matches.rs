//! Which present findings the entries of another scanner are about.

use std::collections::HashMap;
use std::path::Path;

use crate::import::{Entry, Listed};
use crate::model::{Finding, Severity};
use crate::rules::gitleaks::PREFIX;
use crate::scan::AllowLists;

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
    /// File and line in a commit.
    Commit,
}

/// What is found here, ready to be looked up.
pub(super) struct Present<'f> {
    findings: &'f [Finding],
    by_path: HashMap<String, Vec<usize>>,
    /// The top of the work tree, as others may write it.
    root: String,
}

impl<'f> Present<'f> {
    /// What was found in the work tree at `root`.
    pub(super) fn new(findings: &'f [Finding], root: &Path) -> Self {
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
        }
    }

    /// The findings that `entry` is about.
    pub(super) fn of(
        &self,
        entry: &Entry,
        commits: Option<&mut Commits<'_>>,
    ) -> Option<(By, Vec<Finding>)> {
        let path = entry.path.strip_prefix(&self.root).unwrap_or(&entry.path);
        let here = self.by_path.get(path).map_or(&[][..], Vec::as_slice);
        let here = here.iter().map(|ix| &self.findings[*ix]);
        let has_value = |finding: &&Finding| {
            !finding.secret.is_empty() && entry.value.is(&finding.secret) == Some(true)
        };
        // in its own file first: elsewhere the same value may be no mistake
        let mut found: Vec<Finding> = here.clone().filter(has_value).cloned().collect();
        if found.is_empty() {
            found = self
                .findings
                .iter()
                .filter(|finding| counts(finding))
                .filter(has_value)
                .cloned()
                .collect();
        }
        if !found.is_empty() {
            return Some((By::Value, found));
        }
        if entry.commit.is_none() {
            found = here
                .filter(|finding| stands(finding, entry))
                .cloned()
                .collect();
            return (!found.is_empty()).then_some((By::Place, found));
        }
        let then = entry
            .commit
            .as_ref()
            .zip(commits)
            .and_then(|(commit, commits)| commits.findings(commit, path))?;
        let then = then.iter().filter(|finding| counts(finding));
        found = then.clone().filter(has_value).cloned().collect();
        if found.is_empty() {
            found = then
                .filter(|finding| stands(finding, entry))
                .cloned()
                .collect();
        }
        (!found.is_empty()).then_some((By::Commit, found))
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
            let Ok(text) =
                crate::regular::read(Path::new(&file), crate::regular::Links::Refuse, LARGEST)
            else {
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
    finding.severity > Severity::Info
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
