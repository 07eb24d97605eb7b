//! The end of a run for people: what could not be read, what was found, how much was looked at.
//!
//! Meant for standard error beside any format. Every line starts with the program's name, so that it
//! can be told apart in a log. What could not be scanned is said even when asked to be quiet, and a run
//! that did not see everything is never called clean.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::term::{self, Painter, Role};
use super::wording::{counted, elapsed, explain, grouped, size, skipped_noun};
use super::{Meta, Settings, Verbosity};
use crate::model::{Coverage, Outcome, Report, Severity, Skip, SkipReason};

/// How many names of one kind the summary line holds before it only counts.
const NAMES: usize = 3;

/// Writes failures, the configuration file, the summary line and, on request, what was dropped.
pub fn render_summary(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let paint = Painter { color: meta.color };
    for skip in failures(&report.coverage) {
        let path = paint.paint(Role::Place, term::path(&skip.path));
        writeln!(out, "waxseal: {path}: {}", term::escape(&explain(skip)))?;
    }
    if meta.verbosity >= Verbosity::Debug {
        drops(report, out)?;
    }
    if meta.verbosity >= Verbosity::Normal {
        if let Some(settings) = meta.settings {
            writeln!(out, "waxseal: {}", term::escape(&configured(settings)))?;
        }
        let role = match report.outcome(meta.fail_on) {
            Outcome::Clean => Role::Good,
            Outcome::Found | Outcome::Failed => Role::Bad,
        };
        let found = paint.paint(role, found(report, meta));
        write!(out, "waxseal: {found}; {}", scanned(report))?;
        match skipped(&report.coverage, meta.verbosity) {
            Some(skipped) => writeln!(out, "; skipped {skipped}")?,
            None => writeln!(out)?,
        }
    }
    if !report.coverage.is_complete() {
        let count = failure_count(&report.coverage);
        writeln!(
            out,
            "waxseal: {}: {} could not be scanned, so {}",
            paint.paint(Role::Bad, "incomplete"),
            counted(count, "path", "paths"),
            if report.findings.is_empty() {
                "this result is not clean"
            } else {
                "there may be more to find"
            }
        )?;
    }
    Ok(())
}

/// `configuration .waxseal.toml: leaves out dotenv-file; lets pass what is milder than high`.
fn configured(settings: &Settings) -> String {
    let mut effects = Vec::new();
    if !settings.left_out.is_empty() {
        effects.push(format!("leaves out {}", settings.left_out.join(", ")));
    }
    if let Some(least) = settings.fail_on.filter(|&least| least > Severity::Low) {
        effects.push(format!("lets pass what is milder than {}", least.id()));
    }
    let colon = if effects.is_empty() { "" } else { ": " };
    format!(
        "configuration {}{colon}{}",
        settings.file,
        effects.join("; ")
    )
}

fn failures(coverage: &Coverage) -> impl Iterator<Item = &Skip> {
    coverage
        .named
        .iter()
        .filter(|skip| skip.reason.is_failure())
}

fn failure_count(coverage: &Coverage) -> u64 {
    SkipReason::ALL
        .iter()
        .filter(|reason| reason.is_failure())
        .map(|&reason| coverage.count(reason))
        .sum()
}

/// `3 findings (1 critical, 2 high) in 2 files`.
fn found(report: &Report, meta: &Meta<'_>) -> String {
    if report.findings.is_empty() {
        let partly = if report.coverage.is_complete() {
            ""
        } else {
            " in what could be scanned"
        };
        return format!("no findings{partly}");
    }
    let severities: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .filter_map(|severity| {
            let count = report
                .findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count();
            (count > 0).then(|| format!("{} {}", grouped(count as u64), severity.id()))
        })
        .collect();
    let files: BTreeSet<&[u8]> = report
        .findings
        .iter()
        .map(|finding| finding.origin.path.as_ref())
        .collect();
    let mut text = format!(
        "{} ({}) in {}",
        counted(report.findings.len() as u64, "finding", "findings"),
        severities.join(", "),
        counted(files.len() as u64, "file", "files"),
    );
    // Without this, exit status 0 beside a list of findings looks like a mistake.
    if report
        .findings
        .iter()
        .all(|finding| finding.severity < meta.fail_on)
    {
        text.push_str(", none of them ");
        text.push_str(meta.fail_on.id());
        if meta.fail_on != Severity::Critical {
            text.push_str(" or worse");
        }
    }
    text
}

/// `scanned 34,000 files (12 binary), 270 MB in 0.21 s`.
fn scanned(report: &Report) -> String {
    let coverage = &report.coverage;
    if coverage.files == 0 {
        return "nothing was scanned".to_owned();
    }
    let binary = match coverage.binary_files {
        0 => String::new(),
        count => format!(" ({} binary)", grouped(count)),
    };
    format!(
        "scanned {}{binary}, {} in {}",
        counted(coverage.files, "file", "files"),
        size(coverage.bytes),
        elapsed(report.elapsed)
    )
}

/// What was left out on purpose: `3 symbolic links, 1 submodule (vendor/x; --submodules scans it)`.
fn skipped(coverage: &Coverage, verbosity: Verbosity) -> Option<String> {
    let kinds: Vec<String> = SkipReason::ALL
        .into_iter()
        .filter(|&reason| !reason.is_failure() && coverage.count(reason) > 0)
        .map(|reason| {
            let count = coverage.count(reason);
            let kind = format!("{} {}", grouped(count), skipped_noun(reason, count));
            match names(coverage, reason, verbosity) {
                Some(names) => format!("{kind} ({names})"),
                None => kind,
            }
        })
        .collect();
    (!kinds.is_empty()).then(|| kinds.join(", "))
}

fn names(coverage: &Coverage, reason: SkipReason, verbosity: Verbosity) -> Option<String> {
    let skips: Vec<&Skip> = coverage
        .named
        .iter()
        .filter(|skip| skip.reason == reason)
        .collect();
    if skips.is_empty() {
        return None;
    }
    let shown = if verbosity >= Verbosity::Verbose {
        skips.len()
    } else {
        NAMES.min(skips.len())
    };
    let mut names: Vec<String> = skips[..shown]
        .iter()
        .map(|skip| match skip.detail.as_str() {
            "" => term::path(&skip.path),
            detail => format!("{}: {}", term::path(&skip.path), term::escape(detail)),
        })
        .collect();
    if shown < skips.len() {
        names.push(format!("{} more", grouped((skips.len() - shown) as u64)));
    }
    let switch = matches!(reason, SkipReason::NestedRepository | SkipReason::Submodule);
    // A detail says itself what to do.
    let hint = if switch && skips.iter().any(|skip| skip.detail.is_empty()) {
        let object = if skips.len() == 1 { "it" } else { "them" };
        format!("; --submodules scans {object}")
    } else {
        String::new()
    };
    Some(names.join(", ") + &hint)
}

/// A table of what was seen but is no finding.
fn drops(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.drops.is_empty() {
        return writeln!(out, "waxseal: no candidate was dropped");
    }
    writeln!(out, "waxseal: candidates dropped")?;
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let rules = width(&mut report.drops.keys().map(|(rule, _)| rule.chars().count()));
    let reasons = width(&mut report.drops.keys().map(|(_, reason)| reason.len()));
    let counts = width(&mut report.drops.values().map(|&count| grouped(count).len()));
    for ((rule, reason), &count) in &report.drops {
        writeln!(
            out,
            "waxseal:   {:rules$}  {reason:reasons$}  {:>counts$}",
            term::escape(rule),
            grouped(count)
        )?;
    }
    Ok(())
}
