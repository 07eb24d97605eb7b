//! `rules list`, `rules show`, `rules check`.

use std::path::PathBuf;

use super::samples::{Fault, check};
use crate::cli::RulesCommand;
use crate::config;
use crate::error::{Error, unknown};
use crate::rules::{BUILTIN, Rule, notices};

use super::{Failure, Streams};

/// Runs a subcommand of `rules`.
pub(super) fn run(command: RulesCommand, streams: &mut Streams<'_>) -> Result<(), Failure> {
    match command {
        RulesCommand::List { files } => list(&config::all_rules(&files)?, streams),
        RulesCommand::Show { id, files } => {
            let mut rules = config::all_rules(&files)?;
            // they look for nothing, and reports name them all the same
            rules.extend(notices());
            let known = || rules.iter().map(|rule| &*rule.id);
            let rule = rules
                .iter()
                .find(|rule| rule.id == id)
                .ok_or_else(|| unknown("rule", &id, known()))?;
            show(rule, streams)
        }
        RulesCommand::Check { files } => check_files(&files, streams),
    }
}

fn list(rules: &[Rule], streams: &mut Streams<'_>) -> Result<(), Failure> {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in rules {
        let off = if rule.optional {
            " (only with --rule)"
        } else {
            ""
        };
        let (id, severity, kind) = (&rule.id, rule.severity.id(), rule.kind.id());
        writeln!(
            streams.out,
            "{id:width$}  {severity:8}  {kind:10}  {}{off}",
            rule.title
        )?;
    }
    Ok(())
}

fn show(rule: &Rule, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let out = &mut *streams.out;
    writeln!(out, "{}: {}", rule.id, rule.title)?;
    writeln!(
        out,
        "kind {}, severity {}, confidence {}",
        rule.kind.id(),
        rule.severity.id(),
        rule.confidence.id()
    )?;
    if rule.optional {
        writeln!(out, "Off unless asked for with --rule {}.", rule.id)?;
    }
    writeln!(out, "\n{}\n\nWhat to do:", rule.why)?;
    for (number, step) in rule.remedy.iter().enumerate() {
        writeln!(out, "  {}. {step}", number + 1)?;
    }
    for (title, list) in [
        ("Anchors", &rule.anchors),
        ("Controls", &rule.controls),
        ("References", &rule.references),
    ] {
        if !list.is_empty() {
            writeln!(out, "\n{title}: {}", list.join(", "))?;
        }
    }
    if !rule.encodings.is_empty() {
        let names: Vec<&str> = rule
            .encodings
            .iter()
            .map(|encoding| encoding.id())
            .collect();
        writeln!(out, "\nAlso found inside: {}", names.join(", "))?;
    }
    Ok(())
}

/// Runs the samples of each file's rules through a scanner with the built-in rules and the file's own.
fn check_files(files: &[PathBuf], streams: &mut Streams<'_>) -> Result<(), Failure> {
    let (mut failed, mut total) = (0, 0);
    for path in files {
        let sources = config::read_rules(path)?;
        // a built-in rule of the same id gives way, so that the project's own files can be checked too
        let own = |rule: &&Rule| sources.iter().any(|source| source.rule.id == rule.id);
        let others: Vec<Rule> = BUILTIN.iter().filter(|rule| !own(rule)).cloned().collect();
        for source in &sources {
            let faults = check(source, &sources, &others);
            total += source.hits.len() + source.misses.len();
            failed += faults.len();
            for Fault { sample, problem } in &faults {
                writeln!(
                    streams.err,
                    "waxseal: {}: rule `{}`: {sample}: {problem}",
                    path.display(),
                    source.rule.id
                )?;
            }
            let outcome = if faults.is_empty() { "ok" } else { "FAILED" };
            let (hits, misses) = (source.hits.len(), source.misses.len());
            writeln!(
                streams.out,
                "{}: {outcome} ({hits} hits, {misses} misses)",
                source.rule.id
            )?;
        }
    }
    if failed > 0 {
        Err(Error::Samples { failed, total }.into())
    } else {
        Ok(())
    }
}
