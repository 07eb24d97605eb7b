//! Findings for people.
//!
//! One block a finding: a line that editors and terminals can jump from, the masked line of the file
//! with its number, one line of circumstances, where it is in the history, notes, and what to do. The summary is in `summary`,
//! because it goes to another stream.

use std::io::{self, Write};

use super::term::{self, Painter, Role};
use super::{Meta, Verbosity, history, verdict};
use crate::model::{Confidence, Finding, GitState, Report, Severity, Store};

/// Writes every finding, with an empty line between two.
pub(super) fn render(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (index, finding) in report.findings.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        headline(finding, meta, out)?;
        body(finding, meta, out)?;
    }
    Ok(())
}

/// Where a finding is, as its headline says it, safe on a terminal.
pub fn place(finding: &Finding) -> String {
    match finding.origin.store {
        Store::Object(kind, object) => history::headline(finding, kind, object),
        Store::File(_) | Store::Stdin | Store::Index(_) => format!(
            "{}:{}:{}",
            term::path(&finding.origin.path),
            finding.place.line,
            finding.place.column
        ),
    }
}

fn headline(finding: &Finding, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let paint = Painter { color: meta.color };
    let place = place(finding);
    write!(
        out,
        "{}  {}  {}",
        paint.paint(Role::Place, term::line(&place)),
        paint.paint(Role::Severity(finding.severity), finding.severity.id()),
        term::escape(&finding.rule),
    )?;
    match meta.rule(&finding.rule) {
        Some(rule) => writeln!(out, "  {}", term::escape(&rule.title)),
        None => writeln!(out),
    }
}

fn body(finding: &Finding, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let paint = Painter { color: meta.color };
    let number = finding.place.line.to_string();
    // Everything below the headline starts in the column of the excerpt's bar.
    let indent = " ".repeat(number.len() + 3);
    if !finding.excerpt.0.is_empty() {
        let gutter = paint.paint(Role::Gutter, format!("{number} |"));
        writeln!(out, "  {gutter} {}", term::escape(&finding.excerpt.0))?;
    }
    let circumstances = circumstances(finding).join("; ");
    if !circumstances.is_empty() {
        writeln!(out, "{indent}{circumstances}")?;
    }
    if let Some(history) = &finding.history {
        for line in history::lines(finding, history, meta) {
            writeln!(out, "{indent}{line}")?;
        }
    }
    if let Some(verified) = &finding.verified {
        for line in verdict::lines(finding, verified, meta) {
            writeln!(out, "{indent}{line}")?;
        }
    }
    for note in &finding.notes {
        writeln!(out, "{indent}note: {}", term::escape(note))?;
    }
    let verbose = meta.verbosity >= Verbosity::Verbose;
    if let Some(rule) = meta.rule(&finding.rule) {
        if verbose && !rule.why.is_empty() {
            writeln!(out, "{indent}why: {}", term::escape(&rule.why))?;
        }
        let steps = match (verbose, finding.severity) {
            (true, _) => rule.remedy.len(),
            // a mere note calls for nothing
            (false, Severity::Info) => 0,
            (false, _) => 1,
        };
        for step in rule.remedy.iter().take(steps) {
            let label = paint.paint(Role::Remedy, "fix:");
            writeln!(out, "{indent}{label} {}", term::escape(step))?;
        }
    }
    if verbose {
        match finding.origin.store {
            Store::Object(kind, object) => {
                writeln!(out, "{indent}object: {} {object}", kind.id())?;
            }
            Store::Index(object) => writeln!(out, "{indent}object: blob {object}")?,
            Store::File(_) | Store::Stdin => {}
        }
        writeln!(out, "{indent}fingerprint: {}", finding.fingerprint)?;
    }
    Ok(())
}

/// What the headline and the excerpt do not show, a clause each, escaped.
fn circumstances(finding: &Finding) -> Vec<String> {
    let mut clauses = Vec::new();
    let parts: Vec<String> = finding
        .parts
        .iter()
        .map(|part| {
            let (line, column) = (part.place.line, part.place.column);
            format!("{} at {line}:{column}", term::escape(&part.name))
        })
        .collect();
    if !parts.is_empty() {
        clauses.push(format!("with {}", parts.join(", ")));
    }
    let layers: Vec<&str> = finding.encodings.iter().map(|layer| layer.id()).collect();
    if !layers.is_empty() {
        clauses.push(format!("inside {}", layers.join(", then ")));
    }
    if finding.place.end_line > finding.place.line {
        clauses.push(format!("goes on to line {}", finding.place.end_line));
    }
    match finding.origin.store {
        Store::File(GitState::Untracked) => clauses.push("not tracked by git".to_owned()),
        Store::File(GitState::Ignored) => clauses.push("ignored by git".to_owned()),
        Store::File(GitState::Tracked | GitState::Outside)
        | Store::Stdin
        | Store::Index(_)
        | Store::Object(..) => {}
    }
    if finding.confidence == Confidence::Low {
        clauses.push("low confidence".to_owned());
    }
    clauses
}
