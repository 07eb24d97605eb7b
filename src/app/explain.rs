//! `explain`: what a rule or a finding is, why it matters, what to do, and which controls it touches.

use super::baseline::{Found, Site, ambiguous, nowhere, today};
use super::scan::render_one;
use super::{Failure, Streams};
use crate::baseline::{is_fingerprint, resolve};
use crate::cli::{ExplainArgs, Look};
use crate::config::Color;
use crate::error::{Error, unknown};
use crate::model::{Finding, Fingerprint, Severity};
use crate::report::{escape, said};
use crate::rules::{self, BUILTIN, POLICY_TOO_WIDE, Rule};

/// Explains what is named.
pub(super) fn run(args: ExplainArgs, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let mut what = args.what;
    let notices = rules::notices();
    if let Some(rule) = BUILTIN.iter().chain(&notices).find(|rule| rule.id == what) {
        return explain(rule, streams);
    }
    let look = args.place.look()?;
    let site = Site::here(args.place.scan)?;
    let own = site.rules()?;
    if let Some(rule) = own.iter().find(|rule| rule.id == what) {
        return explain(rule, streams);
    }
    what.make_ascii_lowercase();
    if !is_fingerprint(&what) {
        let known = BUILTIN.iter().chain(&own).chain(&notices);
        let known = known.map(|rule| &*rule.id);
        return Err(unknown("rule or fingerprint", &what, known).into());
    }
    let found = site.scan(&look, streams)?;
    let color = match args.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => streams.color.0,
    };
    match found.resolve(&what)? {
        Some(fingerprint) => show(fingerprint, &found, &site, color, streams),
        None => absent(&what, &look, &found, &site, streams),
    }
}

/// A finding: its places, then what there is to say of all of them.
fn show(
    fingerprint: Fingerprint,
    found: &Found,
    site: &Site,
    color: bool,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    let places = found
        .findings
        .get(&fingerprint)
        .map_or(&[][..], Vec::as_slice);
    let Some(first) = places.first() else {
        return Ok(());
    };
    let rule = found.rules.iter().find(|rule| rule.id == first.rule);
    let out = &mut *streams.out;
    writeln!(out, "{fingerprint}")?;
    writeln!(out, "{}\n", standing(first, found, site))?;
    for finding in places {
        writeln!(out, "{}", render_one(finding, None, color)?)?;
    }
    if let Some(rule) = rule {
        explain(rule, streams)?;
    }
    Ok(())
}

/// What is known of a fingerprint that nothing has which is there.
fn absent(
    what: &str,
    look: &Look,
    found: &Found,
    site: &Site,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    let hint = nowhere(look);
    let entries: Vec<_> = site
        .standing
        .baseline
        .iter()
        .flat_map(|named| named.baseline.entries())
        .collect();
    let known = entries.iter().map(|entry| entry.fingerprint);
    let rule_of = |it: &Fingerprint| {
        let entry = entries.iter().find(|entry| entry.fingerprint == *it);
        entry.map_or("", |entry| &entry.rule).to_owned()
    };
    let meant = resolve(what, known).map_err(|error| ambiguous(what, &error, rule_of))?;
    let Some(entry) = meant.and_then(|it| entries.iter().find(|entry| entry.fingerprint == it))
    else {
        return Err(Error::Usage(format!("no finding has the fingerprint {what} {hint}")).into());
    };
    writeln!(streams.out, "{}", entry.fingerprint)?;
    writeln!(
        streams.out,
        "in the baseline {} for {}: {}\nnothing has it {hint}\n",
        site.name,
        escape(&entry.rule),
        said(entry)
    )?;
    let rule = found.rules.iter().find(|rule| rule.id == entry.rule);
    rule.map_or(Ok(()), |rule| explain(rule, streams))
}

/// Whether the finding counts, and why not.
fn standing(finding: &Finding, found: &Found, site: &Site) -> String {
    let kin = found.kin(&site.standing.key);
    let entry = site.standing.baseline.as_ref().and_then(|named| {
        let mut names = kin.names(finding);
        names.find_map(|(rule, name)| {
            let place = named.baseline.find(&name)?;
            let entry = named.baseline.entry(place);
            (entry.rule == rule).then_some(entry)
        })
    });
    match entry {
        Some(entry) if entry.expires.is_some_and(|day| day < today()) => {
            format!(
                "counts again: the baseline let it pass, but its time is over: {}",
                said(&entry)
            )
        }
        Some(entry) => format!("let pass by the baseline: {}", said(&entry)),
        None if finding.severity == Severity::Info => "a note, which fails no run".to_owned(),
        None => "counts: it is not in the baseline".to_owned(),
    }
}

/// All that a rule says of itself.
fn explain(rule: &Rule, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let out = &mut *streams.out;
    writeln!(out, "{}: {}", escape(&rule.id), escape(&rule.title))?;
    writeln!(
        out,
        "severity {}, confidence {}",
        rule.severity.id(),
        rule.confidence.id()
    )?;
    if rule.optional {
        writeln!(
            out,
            "Off unless asked for with --rule {}.",
            escape(&rule.id)
        )?;
    }
    if !rule.why.is_empty() {
        writeln!(out, "\nWhy it matters:\n  {}", escape(&rule.why))?;
    }
    if !rule.remedy.is_empty() {
        writeln!(out, "\nWhat to do:")?;
        for (number, step) in (1..).zip(rule.remedy.iter()) {
            writeln!(out, "  {number}. {}", escape(step))?;
        }
    }
    if !rule.controls.is_empty() {
        writeln!(out, "\nControls it touches:")?;
        for control in rule.controls.iter() {
            let control = escape(control);
            match rules::control(&control) {
                Some(meaning) => writeln!(out, "  {control}: {meaning}")?,
                None => writeln!(out, "  {control}")?,
            }
        }
    }
    if !rule.references.is_empty() {
        writeln!(out, "\nRead more:")?;
        for reference in rule.references.iter() {
            writeln!(out, "  {}", escape(reference))?;
        }
    }
    if rules::notices().iter().any(|notice| notice.id == rule.id) {
        // it is about the scan itself, and no comment and no entry silences it
        if rule.id == POLICY_TOO_WIDE {
            writeln!(
                out,
                "\nIf it is meant so:\n  whoever runs the scan can leave it out, by --skip-rule {POLICY_TOO_WIDE}; the repository can't"
            )?;
        }
        return Ok(());
    }
    writeln!(
        out,
        "\nIf it is harmless:\n  a comment `waxseal:allow {} REASON` beside it, or `waxseal baseline add FINGERPRINT --reason REASON`",
        escape(&rule.id)
    )?;
    Ok(())
}
