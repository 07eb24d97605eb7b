//! What comments in the files let pass, for the summary.
//!
//! Nothing here is quoted from a file but the reasons, which hold no secret any more.

use std::io::{self, Write};

use super::term::{self, Painter, Role};
use super::wording::{counted, fault, grouped};
use super::{Meta, Verbosity, text};
use crate::model::{Allowed, Finding, Marker, Report};

/// How many comments are named before they are only counted.
const WARNINGS: usize = 20;

/// Writes what is wrong with comments, how many findings they let pass and, on request, which.
pub(super) fn render(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let allows = &report.allows;
    let paint = Painter { color: meta.color };
    let verbose = meta.verbosity >= Verbosity::Verbose;
    let most = if verbose { usize::MAX } else { WARNINGS };
    for warning in allows.warnings.iter().take(most) {
        let place = format!("{}:{}", term::path(&warning.path), warning.line);
        let place = paint.paint(Role::Place, place);
        let fault = term::escape(&fault(&warning.fault));
        writeln!(out, "waxseal: {place}: {fault}")?;
    }
    let rest = allows.warnings.len().saturating_sub(most) as u64;
    if rest > 0 {
        let comments = counted(rest, "waxseal:allow comment", "waxseal:allow comments");
        writeln!(
            out,
            "waxseal: and {comments} more; -v tells what is wrong with them"
        )?;
    }
    let all = || allows.findings.iter().filter_map(with_comment);
    let unused = allows.unused.len() as u64;
    if (verbose || report.fail_on_unused) && unused > 0 {
        let (comments, lets) = if unused == 1 {
            ("comment", "lets")
        } else {
            ("comments", "let")
        };
        let count = grouped(unused);
        // only a run that fails for them looks for those beside nothing
        let (which, what) = if report.fail_on_unused {
            ("", "nothing")
        } else {
            (" beside findings", "none of them")
        };
        writeln!(
            out,
            "waxseal: {count} waxseal:allow {comments}{which} {lets} {what} pass"
        )?;
        let most = if report.fail_on_unused { usize::MAX } else { 0 };
        for (path, line) in allows.unused.iter().take(most) {
            let place = format!("{}:{line}", term::path(path));
            writeln!(out, "waxseal:   {}", paint.paint(Role::Place, place))?;
        }
    }
    if allows.findings.is_empty() {
        return Ok(());
    }
    let kinds: Vec<String> = Marker::ALL
        .into_iter()
        .filter_map(|marker| {
            let count = all()
                .filter(|(_, allowed)| allowed.marker == marker)
                .count();
            (count > 0).then(|| format!("{} {}", grouped(count as u64), marker.id()))
        })
        .collect();
    let place = if report.coverage.objects.is_some() {
        "history"
    } else {
        "files"
    };
    writeln!(
        out,
        "waxseal: {} allowed in the {place} ({}); --no-allow reports what is allowed",
        counted(allows.findings.len() as u64, "finding", "findings"),
        kinds.join(", ")
    )?;
    if verbose {
        for (finding, allowed) in all() {
            let place = text::place(finding);
            let reason = allowed.reason.as_deref().unwrap_or("no reason given");
            writeln!(
                out,
                "waxseal:   {}  {}  {}: {}",
                paint.paint(Role::Place, place),
                term::escape(&finding.rule),
                allowed.marker.id(),
                term::escape(reason)
            )?;
        }
    }
    Ok(())
}

fn with_comment(finding: &Finding) -> Option<(&Finding, &Allowed)> {
    Some((finding, finding.allowed.as_deref()?))
}
