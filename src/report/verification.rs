//! What asking providers took, for people: which verdicts there are, which hosts were contacted and how often, what the
//! operator changed about that, and what is still open.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::term::{self, Painter, Role};
use super::wording::{counted, grouped};
use super::{Meta, Verbosity};
use crate::model::{Report, Verdict, Verification};

/// Writes what was asked. What the operator changed is told even when asked to be quiet: whoever reads a verdict must see that
/// it may not be the provider's.
pub(super) fn render(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(verification) = &report.verification else {
        return Ok(());
    };
    let paint = Painter { color: meta.color };
    if !verification.changes.is_empty() {
        let changes: Vec<String> = verification
            .changes
            .iter()
            .map(|it| term::escape(it))
            .collect();
        let label = paint.paint(Role::Bad, "not the usual way to the providers:");
        writeln!(out, "waxseal: {label} {}", changes.join("; "))?;
    }
    if meta.verbosity < Verbosity::Normal {
        return Ok(());
    }
    writeln!(out, "waxseal: {}", asked(verification))?;
    for it in &verification.planned {
        let credentials = counted(it.credentials, "credential", "credentials");
        writeln!(
            out,
            "waxseal:   {}  {}: {}, for {credentials}",
            term::escape(&it.provider),
            term::escape(&it.host),
            term::escape(&it.what)
        )?;
    }
    if let Some(why) = &verification.no_cache {
        writeln!(
            out,
            "waxseal: answers are not kept for the next run: {}",
            term::escape(why)
        )?;
    }
    let verdicts = by_verdict(report);
    if !verdicts.is_empty() && !verification.dry_run {
        let findings = counted(verdicts.values().sum(), "finding", "findings");
        writeln!(
            out,
            "waxseal: verdicts on {findings}: {}",
            listed(&verdicts)
        )?;
    }
    if let Some(hidden) = verification.hidden.as_ref().filter(|it| !it.is_empty()) {
        let findings = counted(hidden.values().sum(), "finding", "findings");
        writeln!(
            out,
            "waxseal: {findings} hidden by --only ({})",
            listed(hidden)
        )?;
    }
    Ok(())
}

/// Says that something got no answer.
pub(super) fn render_unanswered(
    report: &Report,
    meta: &Meta<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let open = report.unanswered();
    if open == 0 {
        return Ok(());
    }
    let paint = Painter { color: meta.color };
    let (findings, it) = if open == 1 {
        ("1 finding".to_owned(), "it")
    } else {
        (format!("{} findings", grouped(open)), "they")
    };
    let is_stopped = report.verification.as_ref().is_some_and(|it| it.stopped);
    let stopped = if is_stopped { "stopped: " } else { "" };
    writeln!(
        out,
        "waxseal: {}: {stopped}nobody answered about {findings}, and {it} may be live; run again",
        paint.paint(Role::Bad, "incomplete")
    )
}

/// How many of the findings that were asked about have which verdict.
pub(super) fn by_verdict(report: &Report) -> BTreeMap<Verdict, u64> {
    let mut counts = BTreeMap::new();
    for verified in report.findings.iter().filter_map(|it| it.verified.as_ref()) {
        *counts.entry(verified.verdict).or_default() += 1;
    }
    counts
}

/// `2 live, 1 dead`.
fn listed(counts: &BTreeMap<Verdict, u64>) -> String {
    let counts: Vec<String> = counts
        .iter()
        .map(|(verdict, &count)| format!("{} {}", grouped(count), verdict.id()))
        .collect();
    counts.join(", ")
}

/// `asked about 6 credentials (1 of them in an earlier run): 7 requests, 5 to api.sendgrid.com and 2 to api.eu.sendgrid.com`.
fn asked(verification: &Verification) -> String {
    let credentials = counted(verification.credentials, "credential", "credentials");
    if verification.dry_run {
        return format!(
            "dry run: nothing was asked about {credentials}; the first question about each would be"
        );
    }
    let earlier = match verification.cached {
        0 => String::new(),
        count => format!(" ({} of them in an earlier run)", grouped(count)),
    };
    let hosts: Vec<String> = verification
        .hosts
        .iter()
        .map(|it| format!("{} to {}", grouped(it.requests), term::escape(&it.host)))
        .collect();
    let requests = match verification.requests() {
        0 => "no host was contacted".to_owned(),
        count => format!(
            "{}: {}",
            counted(count, "request", "requests"),
            hosts.join(", ")
        ),
    };
    format!("asked about {credentials}{earlier}; {requests}")
}
