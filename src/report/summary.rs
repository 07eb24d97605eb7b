//! The end of a run for people: what could not be read, what was found, how much was looked at.
//!
//! Meant for standard error beside any format. Every line starts with the program's name, so that it
//! can be told apart in a log. What could not be scanned is said even when asked to be quiet, and a run
//! that did not see everything is never called clean.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

use super::term::{self, Painter, Role};
use super::wording::{advice, counted, elapsed, grouped, problem, size, skipped_noun};
use super::{Meta, Settings, Verbosity, allowed, verification};
use crate::model::{
    Confidence, Coverage, FailOn, Objects, Outcome, Report, Severity, Skip, SkipReason,
};

/// How many names of one kind the summary line holds before it only counts.
const NAMES: usize = 3;

/// How many failures for one reason are named before they are only counted.
const FAILURES: u64 = 20;

/// Writes failures, the configuration file, the summary line and, on request, what was dropped.
pub fn render_summary(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let paint = Painter { color: meta.color };
    failures(&report.coverage, paint, meta.verbosity, out)?;
    if let Some(cut) = cut(&report.coverage) {
        writeln!(out, "waxseal: {cut}")?;
    }
    if meta.verbosity >= Verbosity::Debug {
        drops(report, out)?;
    }
    if meta.verbosity >= Verbosity::Normal {
        if let Some(settings) = meta.settings {
            writeln!(out, "waxseal: {}", term::escape(&configured(settings)))?;
        }
        if let Some(left_out) = left_out(report) {
            writeln!(out, "waxseal: {left_out}")?;
        }
        allowed::render(report, meta, out)?;
    }
    verification::render(report, meta, out)?;
    if meta.verbosity >= Verbosity::Normal {
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
        if let Some(held @ 1..) = report.held {
            let (them, noun) = match held {
                1 => ("it", "1 finding that is committed already was".to_owned()),
                _ => (
                    "them",
                    format!("{} findings that are committed already were", grouped(held)),
                ),
            };
            writeln!(out, "waxseal: {noun} left out; --all shows {them}")?;
        }
        if let Some(hidden @ 1..) = report.hidden {
            let (them, noun) = match hidden {
                1 => (
                    "it",
                    "1 finding that is less sure than was asked for was".to_owned(),
                ),
                _ => (
                    "them",
                    format!(
                        "{} findings that are less sure than was asked for were",
                        grouped(hidden)
                    ),
                ),
            };
            writeln!(
                out,
                "waxseal: {noun} hidden; --min-confidence low shows {them}"
            )?;
        }
    }
    if !report.coverage.is_complete() {
        let count = failure_count(&report.coverage);
        let (one, many) = if report.coverage.objects.is_some() {
            // objects, and what holds them
            ("part of the repository", "parts of the repository")
        } else {
            ("path", "paths")
        };
        writeln!(
            out,
            "waxseal: {}: {} could not be scanned, so {}",
            paint.paint(Role::Bad, "incomplete"),
            counted(count, one, many),
            if report.findings.is_empty() {
                "this result is not clean"
            } else {
                "there may be more to find"
            }
        )?;
    }
    verification::render_unanswered(report, meta, out)
}

/// `configuration .waxseal.toml: leaves out dotenv-file; lets pass what is milder than high`.
fn configured(settings: &Settings) -> String {
    let mut effects = Vec::new();
    if !settings.left_out.is_empty() {
        effects.push(format!("leaves out {}", settings.left_out.join(", ")));
    }
    if settings.excludes > 0 {
        let entries = counted(settings.excludes as u64, "entry", "entries");
        effects.push(format!("excludes files by {entries}"));
    }
    if settings.stop_words > 0 {
        let words = counted(settings.stop_words as u64, "stop word", "stop words");
        effects.push(format!("has {words}"));
    }
    if !settings.overrides.is_empty() {
        effects.push(format!(
            "judges {} otherwise",
            settings.overrides.join(", ")
        ));
    }
    if let Some(most) = settings.most {
        effects.push(format!("leaves out what is over {}", size(most)));
    }
    if let Some(least) = settings.fail_on.filter(|&least| least > Severity::Low) {
        effects.push(format!("lets pass what is milder than {}", least.id()));
    }
    if let Some(least) = settings
        .min_confidence
        .filter(|&least| least > Confidence::Low)
    {
        effects.push(format!("hides what is less sure than {}", least.id()));
    }
    let colon = if effects.is_empty() { "" } else { ": " };
    format!(
        "configuration {}{colon}{}",
        settings.file,
        effects.join("; ")
    )
}

/// `3 values left out by the configuration (2 in excluded files, 1 by a stop word); -vv says by which rules they were seen`. Not
/// counted in a history.
fn left_out(report: &Report) -> Option<String> {
    let count = |wanted: &str| -> u64 {
        let drops = report.drops.iter();
        let of = drops.filter(|((_, reason), _)| *reason == wanted);
        of.map(|(_, count)| count).sum()
    };
    let (excluded, stopped) = (count("excluded"), count("stop-word"));
    let mut parts = Vec::new();
    if excluded > 0 {
        parts.push(format!("{} in excluded files", grouped(excluded)));
    }
    if stopped > 0 {
        parts.push(format!("{} by stop words", grouped(stopped)));
    }
    let values = counted(excluded + stopped, "value", "values");
    let parts = parts.join(", ");
    let text =
        format!("{values} left out by the configuration ({parts}); -vv says which rules saw them");
    (!parts.is_empty()).then_some(text)
}

/// What was to be scanned and was not: the first ones for each reason by name, all of them when asked to say more. A
/// repository that lost much must not drown what was found.
fn failures(
    coverage: &Coverage,
    paint: Painter,
    verbosity: Verbosity,
    out: &mut dyn Write,
) -> io::Result<()> {
    let most = if verbosity >= Verbosity::Verbose {
        u64::MAX
    } else {
        FAILURES
    };
    let in_history = coverage.objects.is_some();
    let mut counts = [0; SkipReason::ALL.len()];
    let mut advised = [None; SkipReason::ALL.len()];
    for skip in &coverage.named {
        let reason = skip.reason as usize;
        counts[reason] += 1;
        advised[reason] = advised[reason].or(advice(skip));
        if skip.reason.is_failure() && counts[reason] <= most {
            let path = paint.paint(Role::Place, term::path(&skip.path));
            let problem = term::escape(problem(skip, in_history));
            writeln!(out, "waxseal: {path}: {problem}")?;
        }
    }
    for reason in SkipReason::ALL.into_iter().filter(|it| it.is_failure()) {
        let count = counts[reason as usize];
        let rest = count.saturating_sub(most);
        if rest > 0 {
            let noun = skipped_noun(reason, rest, in_history);
            writeln!(out, "waxseal: and {} more: {noun}", grouped(rest))?;
        }
        if let Some(advice) = advised[reason as usize] {
            let noun = skipped_noun(reason, count, in_history);
            writeln!(out, "waxseal: {} {noun}: {advice}", grouped(count))?;
        }
    }
    Ok(())
}

/// What a shallow clone does not hold. Nobody chose that in the call of waxseal, so it is said whatever is asked for.
fn cut(coverage: &Coverage) -> Option<String> {
    let count = coverage.count(SkipReason::Shallow);
    (count > 0).then(|| {
        let commits = skipped_noun(SkipReason::Shallow, count, true);
        let count = grouped(count);
        format!("the history is cut at {count} {commits}; `git fetch --unshallow` brings the rest")
    })
}

fn failure_count(coverage: &Coverage) -> u64 {
    SkipReason::ALL
        .iter()
        .filter(|reason| reason.is_failure())
        .map(|&reason| coverage.count(reason))
        .sum()
}

/// `3 findings (1 critical, 2 high) in 2 files`; for a history `3 findings (1 critical, 2 high), 1 of them still in HEAD`.
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
    let mut text = format!(
        "{} ({}){}",
        counted(report.findings.len() as u64, "finding", "findings"),
        severities.join(", "),
        spread(report)
    );
    // Without this, exit status 0 beside a list of findings looks like a mistake.
    if report
        .findings
        .iter()
        .all(|finding| !meta.fail_on.counts(finding))
    {
        text.push_str(", none of them ");
        text.push_str(meta.fail_on.id());
        if !matches!(
            meta.fail_on,
            FailOn::Live | FailOn::Severity(Severity::Critical)
        ) {
            text.push_str(" or worse");
        }
    }
    text
}

/// How far the findings are spread.
fn spread(report: &Report) -> String {
    if report.coverage.objects.is_some() {
        let histories = report.findings.iter().filter_map(|it| it.history.as_ref());
        let in_head = histories.filter(|history| history.in_head).count();
        return match in_head {
            0 => ", none of them still in HEAD".to_owned(),
            count => format!(", {} of them still in HEAD", grouped(count as u64)),
        };
    }
    let files: BTreeSet<&[u8]> = report
        .findings
        .iter()
        .map(|finding| finding.origin.path.as_ref())
        .collect();
    format!(" in {}", counted(files.len() as u64, "file", "files"))
}

/// `scanned 34,000 files (12 binary), 270 MB in 0.21 s`.
fn scanned(report: &Report) -> String {
    let coverage = &report.coverage;
    if let Some(objects) = &coverage.objects {
        return scanned_objects(coverage, objects, report.elapsed);
    }
    if coverage.files == 0 {
        let is_staged = report.held.is_some() && coverage.is_complete();
        let none = if is_staged {
            "nothing is staged that HEAD does not hold"
        } else {
            "nothing was scanned"
        };
        return none.to_owned();
    }
    let (one, many) = match report.held {
        Some(_) => ("staged file", "staged files"),
        None => ("file", "files"),
    };
    let binary = match coverage.binary_files {
        0 => String::new(),
        count => format!(" ({} binary)", grouped(count)),
    };
    format!(
        "scanned {}{binary}, {} in {}",
        counted(coverage.files, one, many),
        size(coverage.bytes),
        elapsed(report.elapsed)
    )
}

/// `scanned 262,343 blobs (5,120 binary), 203,352 commits, 1,006 tags, 8.1 GB in 1.6 s`. Trees are not told: only their
/// names are looked at.
fn scanned_objects(coverage: &Coverage, objects: &Objects, time: Duration) -> String {
    // what --no-binary leaves out had to be read to be told for binary
    let left_out = coverage.count(SkipReason::Binary);
    let blobs = objects.blobs.count.saturating_sub(left_out);
    let binary = match coverage.binary_files {
        0 => String::new(),
        count => format!(" ({} binary)", grouped(count)),
    };
    let mut kinds = Vec::new();
    if blobs > 0 {
        kinds.push(format!("{}{binary}", counted(blobs, "blob", "blobs")));
    }
    for (count, one, many) in [
        (objects.commits.count, "commit", "commits"),
        (objects.tags.count, "tag", "tags"),
    ] {
        if count > 0 {
            kinds.push(counted(count, one, many));
        }
    }
    if kinds.is_empty() {
        return "nothing was scanned".to_owned();
    }
    let bytes = [objects.blobs, objects.commits, objects.tags]
        .iter()
        .fold(0_u64, |sum, tally| sum.saturating_add(tally.bytes));
    let kinds = kinds.join(", ");
    format!("scanned {kinds}, {} in {}", size(bytes), elapsed(time))
}

/// What was left out on purpose: `3 symbolic links, 1 submodule (vendor/x; --submodules scans it)`.
fn skipped(coverage: &Coverage, verbosity: Verbosity) -> Option<String> {
    let kinds: Vec<String> = SkipReason::ALL
        .into_iter()
        // the cut of a shallow clone has a line of its own
        .filter(|&reason| !reason.is_failure() && reason != SkipReason::Shallow)
        .filter(|&reason| coverage.count(reason) > 0)
        .map(|reason| {
            let count = coverage.count(reason);
            let noun = skipped_noun(reason, count, coverage.objects.is_some());
            let kind = format!("{} {noun}", grouped(count));
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
    let in_history = coverage.objects.is_some();
    let switch = matches!(reason, SkipReason::NestedRepository | SkipReason::Submodule);
    // A detail says itself what to do.
    let hint = match skips.len() {
        _ if !switch || skips.iter().all(|skip| !skip.detail.is_empty()) => "",
        1 if in_history => "; it has a history of its own",
        _ if in_history => "; they have histories of their own",
        1 => "; --submodules scans it",
        _ => "; --submodules scans them",
    };
    Some(names.join(", ") + hint)
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
