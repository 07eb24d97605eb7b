//! What somebody sees whose push was refused: `remote:` and these lines, on a terminal of unknown width.
//!
//! Short, without colours, and without any of the text in which a secret was found.

use std::io::{self, Write};

use super::wording::{counted, problem};
use super::{Meta, term};
use crate::model::{Finding, Report, Severity};

/// Most findings, and most failures, that are shown; the rest is counted.
const MOST: usize = 20;

/// Longest name that is shown whole. Characters.
const WIDTH: usize = 60;

/// Says why a push is refused, and what comments in it let pass. Writes nothing where there is neither.
pub fn render_rejection(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts =
        |finding: &&Finding| finding.severity >= Severity::Low && meta.fail_on.counts(finding);
    let findings: Vec<&Finding> = report.findings.iter().filter(counts).collect();
    if !findings.is_empty() {
        let secrets = counted(findings.len() as u64, "secret", "secrets");
        writeln!(out, "waxseal: push refused: it brings in {secrets}")?;
    }
    for finding in findings.iter().take(MOST) {
        let path = if finding.origin.path.is_empty() {
            "a commit or tag message".to_owned()
        } else {
            term::path(&finding.origin.path)
        };
        let place = finding.place;
        writeln!(out, "  {}:{}:{}", cut(&path), place.line, place.column)?;
        let rule = term::escape(&finding.rule);
        writeln!(out, "    {rule}, {}", finding.severity.id())?;
        if let Some(history) = &finding.history {
            if let Some(first) = history.first {
                writeln!(out, "    since commit {}", first.id.short())?;
            }
            if let Some(name) = history.refs.first() {
                let more = history.ref_count.saturating_sub(1);
                let more = if more == 0 {
                    String::new()
                } else {
                    format!(" and {more} more")
                };
                writeln!(out, "    in {}{more}", cut(&term::escape(name)))?;
            }
        }
    }
    if findings.len() > MOST {
        writeln!(out, "  and {} more", findings.len() - MOST)?;
    }
    if !findings.is_empty() {
        writeln!(out, "waxseal: take them out of these commits")?;
        writeln!(out, "  (git commit --amend, git rebase -i) and push")?;
        writeln!(out, "  again; replace every key that left your machine")?;
    }
    let allowed = &report.allows.findings;
    if !allowed.is_empty() {
        let secrets = counted(allowed.len() as u64, "secret", "secrets");
        writeln!(out, "waxseal: comments in the files let {secrets} pass")?;
    }
    for finding in allowed.iter().take(MOST) {
        let path = term::path(&finding.origin.path);
        writeln!(out, "  {}:{}", cut(&path), finding.place.line)?;
    }
    let failures = report.coverage.named.iter();
    let failures: Vec<_> = failures.filter(|skip| skip.reason.is_failure()).collect();
    if !report.coverage.is_complete() {
        writeln!(out, "waxseal: push refused: it could not be read")?;
    }
    for skip in failures.iter().take(MOST) {
        writeln!(out, "  {}", cut(&term::path(&skip.path)))?;
        writeln!(out, "    {}", term::escape(problem(skip, true)))?;
    }
    if failures.len() > MOST {
        writeln!(out, "  and {} more", failures.len() - MOST)?;
    }
    Ok(())
}

/// The end of a name that is too long to be shown whole.
fn cut(name: &str) -> String {
    let count = name.chars().count();
    if count <= WIDTH {
        return name.to_owned();
    }
    let end: String = name.chars().skip(count - WIDTH).collect();
    format!("…{end}")
}
