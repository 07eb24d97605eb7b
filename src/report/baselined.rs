//! What a baseline let pass, for the summary.
//!
//! What an entry says was written by somebody and is shown escaped. What quotes a secret of this run was taken out before.

use std::io::{self, Write};

use super::term::{self, Painter, Role};
use super::wording::{counted, grouped};
use super::{Meta, Verbosity, text};
use crate::model::{Accepted, Report};

/// How many entries are named before they are only counted.
const ENTRIES: usize = 20;

/// Writes how many findings passed and, on request, which; then the entries that somebody should look at.
pub(super) fn render(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(baseline) = report.baseline.as_deref() else {
        return Ok(());
    };
    let verbose = meta.verbosity >= Verbosity::Verbose;
    let file = term::escape(&baseline.file);
    let passed = &baseline.findings;
    if !passed.is_empty() {
        let count = counted(passed.len() as u64, "finding is", "findings are");
        let it = if passed.len() == 1 { "it" } else { "them" };
        writeln!(
            out,
            "waxseal: {count} in the baseline {file}; --no-baseline reports {it}"
        )?;
    }
    if verbose {
        let paint = Painter { color: meta.color };
        for (finding, entry) in passed {
            let place = paint.paint(Role::Place, text::place(finding));
            let rule = term::escape(&finding.rule);
            writeln!(out, "waxseal:   {place}  {rule}: {}", said(entry))?;
        }
    }
    let most = if verbose || report.fail_on_unused {
        usize::MAX
    } else {
        ENTRIES
    };
    let unused = baseline.unused.as_deref().unwrap_or_default();
    let lists = [
        (
            &*baseline.expired,
            ("entry of it has", "entries of it have"),
            "expired, so what it names counts",
            "expired, so what they name counts",
        ),
        (
            unused,
            ("entry of it names", "entries of it name"),
            "nothing that is there; `waxseal baseline prune` removes it",
            "nothing that is there; `waxseal baseline prune` removes them",
        ),
    ];
    for (entries, (one, many), end_one, end_many) in lists {
        if entries.is_empty() {
            continue;
        }
        let count = counted(entries.len() as u64, one, many);
        let end = if entries.len() == 1 {
            end_one
        } else {
            end_many
        };
        writeln!(out, "waxseal: baseline {file}: {count} {end}")?;
        list(entries, most, out)?;
    }
    if baseline.is_alien {
        writeln!(
            out,
            "waxseal: baseline {file}: not one of its entries names anything that is there, though there are findings of the same rules; if its \
             first line was changed, take that of an earlier version before anything is pruned"
        )?;
    }
    for fingerprint in &baseline.doubled {
        writeln!(
            out,
            "waxseal: baseline {file}: several entries for {fingerprint} do not say the same; the one that expires first counts, then the \
             one that sorts first; the next command that changes the file keeps only that one"
        )?;
    }
    Ok(())
}

/// Names entries, a line each.
fn list(entries: &[Accepted], most: usize, out: &mut dyn Write) -> io::Result<()> {
    for entry in entries.iter().take(most) {
        let rule = term::escape(&entry.rule);
        write!(out, "waxseal:   {}  {rule}", entry.fingerprint)?;
        if let Some(day) = entry.expires {
            write!(out, ", until {day}")?;
        }
        if let Some(owner) = &entry.owner {
            write!(out, " ({})", term::escape(owner))?;
        }
        writeln!(out)?;
    }
    let rest = entries.len().saturating_sub(most) as u64;
    if rest > 0 {
        writeln!(out, "waxseal:   and {} more; -v names them", grouped(rest))?;
    }
    Ok(())
}

/// What an entry says, for people: `recorded answers of the test server (ops), until 2026-03-31`.
pub fn said(entry: &Accepted) -> String {
    let reason = entry.reason.as_deref().unwrap_or("no reason given");
    let mut text = term::escape(reason);
    if let Some(owner) = &entry.owner {
        text.push_str(" (");
        text.push_str(&term::escape(owner));
        text.push(')');
    }
    if let Some(day) = entry.expires {
        text.push_str(", until ");
        text.push_str(&day.to_string());
    }
    text
}
