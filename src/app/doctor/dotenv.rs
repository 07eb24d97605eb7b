//! Whether the `.env` files on disk are kept out of the repository.

use std::path::Path;

use super::Notes;
use crate::app::Failure;
use crate::app::collect::Collector;
use crate::model::{Finding, GitState, Severity, Store};
use crate::rules::{BUILTIN, Kind};
use crate::scan::{OVERLAP, Options, Scanner};
use crate::source::{FileOptions, Windows, scan_paths};

/// As many files as a line names.
const FEW: usize = 5;

/// Looks for files that the scanner takes for dotenv files, in the work tree at `root`, with the same rules of what is ignored.
pub(super) fn check(root: &Path, notes: &mut Notes<'_>) -> Result<(), Failure> {
    // all of them: whether a file holds values is for the others to say
    let rules = BUILTIN.iter().filter(|rule| !rule.optional);
    let scanner = Scanner::new(rules.cloned(), Options::default());
    let collector = Collector::new(&scanner);
    let files = FileOptions {
        jobs: 0,
        no_ignore: false,
        submodules: false,
        most: None,
        windows: Windows {
            reach: OVERLAP,
            ..Windows::default()
        },
    };
    scan_paths(&[root.to_owned()], &files, &collector);
    let report = collector.into_report();
    let is_file = |id: &str| {
        let rule = BUILTIN.iter().find(|rule| rule.id == id);
        rule.is_some_and(|rule| matches!(rule.kind, Kind::File(_)))
    };
    let of = |wanted: GitState, least: Severity| -> Vec<&Finding> {
        let found = report.findings.iter().filter(|finding| {
            finding.origin.store == Store::File(wanted)
                && finding.severity >= least
                && is_file(&finding.rule)
        });
        found.collect()
    };
    let tracked = of(GitState::Tracked, Severity::Low);
    let loose = of(GitState::Untracked, Severity::Info);
    if !tracked.is_empty() {
        let text = format!(
            "tracked, with values in it: {}; rotate the values, git rm --cached the file, and add it to .gitignore",
            names(&tracked)
        );
        notes.fail(".env files", &text)?;
    }
    if !loose.is_empty() {
        let text = format!(
            "not ignored, so `git add .` takes it: {}; add it to .gitignore",
            names(&loose)
        );
        notes.warn(".env files", &text)?;
    }
    if !report.coverage.is_complete() {
        notes.warn(
            ".env files",
            "not everything in the work tree could be read; `waxseal scan` says what",
        )?;
    } else if tracked.is_empty() && loose.is_empty() {
        notes.ok(
            ".env files",
            "none on disk is tracked with values in it, and all others are ignored",
        )?;
    }
    Ok(())
}

fn names(findings: &[&Finding]) -> String {
    let named: Vec<String> = findings
        .iter()
        .take(FEW)
        .map(|finding| crate::model::display_path(&finding.origin.within))
        .collect();
    match findings.len().saturating_sub(FEW) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
