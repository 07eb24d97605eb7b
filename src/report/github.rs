//! Workflow commands of GitHub Actions: the runner makes annotations of the lines that it reads here.
//!
//! A command is one line, `::error file=…,line=…::message`. Everything that was scanned or bears a name of somebody else's
//! stands behind the marks of a command and is escaped, so that no file can give a command of its own. Columns count code
//! points, and the end column is the one just after the secret; GitHub states neither unit nor end, and other tools do the same.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::wording::{counted, explain};
use super::{Meta, issue, term};
use crate::model::{Finding, Report, Severity};

/// How many annotations of one kind GitHub shows for a step.
const SHOWN: usize = 10;

/// The kinds of annotations, worst first.
const KINDS: [&str; 3] = ["error", "warning", "notice"];

/// Writes a command for each failure, then one for each finding, worst first. A last line, which is no command, tells how many
/// of them GitHub will not show.
pub(super) fn render(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut counts = [0_usize; KINDS.len()];
    let in_history = report.coverage.objects.is_some();
    for skip in &report.coverage.named {
        if skip.reason.is_failure() {
            counts[0] += 1;
            let name = term::path(&skip.path);
            let message = format!("{name}: {}", term::escape(&explain(skip, in_history)));
            let mut properties = vec![("title", "waxseal: not scanned".to_owned())];
            // objects are no files, and what lies in `.git` is none of the repository
            if !in_history {
                properties.insert(0, ("file", issue::skipped_file(skip)));
            }
            command(KINDS[0], &properties, &message, out)?;
        }
    }
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| Reverse(finding.severity));
    for finding in findings {
        let kind = kind(finding.severity);
        counts[kind] += 1;
        let told = term::escape(&issue::told(finding, meta));
        let message = format!("{}: {told}", issue::headline(finding));
        command(KINDS[kind], &properties(finding, meta), &message, out)?;
    }
    let hidden: usize = counts.iter().map(|count| count.saturating_sub(SHOWN)).sum();
    if hidden > 0 {
        let more = counted(hidden as u64, "more stands", "more stand");
        writeln!(
            out,
            "waxseal: GitHub shows the first {SHOWN} errors, {SHOWN} warnings and {SHOWN} notices of a step; {more} in this log only"
        )?;
    }
    Ok(())
}

/// Place in [`KINDS`].
fn kind(severity: Severity) -> usize {
    match severity {
        Severity::Critical | Severity::High => 0,
        Severity::Medium => 1,
        Severity::Low | Severity::Info => 2,
    }
}

/// Where the annotation belongs. What is no longer in the file has no line there, and messages have no file.
fn properties(finding: &Finding, meta: &Meta<'_>) -> Vec<(&'static str, String)> {
    let mut properties = Vec::new();
    let gone = finding
        .history
        .as_ref()
        .is_some_and(|history| !history.in_head);
    if !finding.origin.within.is_empty() {
        properties.push(("file", issue::file(finding)));
        if !gone {
            let place = finding.place;
            properties.push(("line", place.line.to_string()));
            properties.push(("endLine", place.end_line.to_string()));
            // GitHub takes columns for a single line only
            if place.line == place.end_line && place.end > place.start {
                properties.push(("col", place.column.to_string()));
                properties.push(("endColumn", place.end_column.to_string()));
            }
        }
    }
    let title = issue::title(finding, meta);
    let (rule, severity) = (&finding.rule, finding.severity.id());
    let title = term::escape(&format!("{severity}: {title} ({rule})"));
    properties.push(("title", title));
    properties
}

/// Writes one command. Values need not be escaped for GitHub, but for a terminal.
fn command(
    kind: &str,
    properties: &[(&str, String)],
    message: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = format!("::{kind} ");
    for (at, (name, value)) in properties.iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        line.push_str(name);
        line.push('=');
        escape(value, true, &mut line);
    }
    line.push_str("::");
    escape(message, false, &mut line);
    writeln!(out, "{line}")
}

/// Escapes as the runner wants it: line ends and the sign of an escape everywhere, separators where the text is a property.
fn escape(text: &str, is_property: bool, line: &mut String) {
    for c in text.chars() {
        match c {
            '%' | '\r' | '\n' => {
                // Writing to a String cannot fail.
                let _ = write!(line, "%{:02X}", u32::from(c));
            }
            ':' | ',' if is_property => {
                let _ = write!(line, "%{:02X}", u32::from(c));
            }
            _ => line.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_separates_is_escaped() {
        let escaped = |text: &str, is_property| {
            let mut line = String::new();
            escape(text, is_property, &mut line);
            line
        };
        let text = "50%, a:b\r\nc::d";
        assert_eq!(escaped(text, false), "50%25, a:b%0D%0Ac::d");
        assert_eq!(escaped(text, true), "50%25%2C a%3Ab%0D%0Ac%3A%3Ad");
        // not twice
        assert_eq!(escaped("%0A", true), "%250A");
    }
}
