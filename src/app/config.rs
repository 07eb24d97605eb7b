//! `config`: what counts, and whether it can be used.

use super::baseline::KEY_VARIABLE;
use super::samples::{Fault, check};
use super::{Failure, Streams, policy};
use crate::cli::{ConfigArgs, ConfigCommand};
use crate::config::{self, CONFIG_VARIABLE, Sources, table};
use crate::error::{EXIT_CLEAN, EXIT_FOUND, Error};
use crate::report::escape;
use crate::rules::{BUILTIN, Rule, nearest};

/// Runs a subcommand of `config`, and gives the exit status.
pub(super) fn run(command: ConfigCommand, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    match command {
        ConfigCommand::Check(args) => check_config(args, streams),
        ConfigCommand::Show(args) => {
            let (sources, _) = policy::read(&args.into_options())?;
            write!(streams.out, "{}", config::show(&sources))?;
            Ok(EXIT_CLEAN)
        }
        ConfigCommand::Schema => {
            write!(streams.out, "{}", config::schema())?;
            Ok(EXIT_CLEAN)
        }
    }
}

fn check_config(args: ConfigArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let (sources, policy) = policy::read(&args.into_options())?;
    for (variable, hint) in misspelt() {
        let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
        writeln!(
            streams.err,
            "waxseal: {} is no variable that waxseal reads{hint}",
            escape(&variable)
        )?;
    }
    samples(&sources, streams)?;
    for wide in &policy.wide {
        writeln!(
            streams.err,
            "waxseal: {}:{}: policy-too-wide: {}",
            escape(&wide.file),
            wide.line,
            escape(&wide.problem)
        )?;
    }
    let said = sources.file.as_ref().map_or_else(
        || "no configuration file; the defaults count".to_owned(),
        |file| {
            let settings = file.settings.len() + file.excludes.len() + file.overrides.len();
            let rules = file.rules.len();
            let count = |count: usize, noun: &str| match count {
                1 => format!("1 {noun}"),
                _ => format!("{count} {noun}s"),
            };
            format!(
                "{}: {}, {} of its own",
                escape(&file.source.name),
                count(settings, "setting"),
                count(rules, "rule")
            )
        },
    );
    let verdict = if policy.wide.is_empty() {
        "ok"
    } else {
        "too wide"
    };
    writeln!(streams.out, "{verdict}: {said}")?;
    Ok(if policy.wide.is_empty() {
        EXIT_CLEAN
    } else {
        EXIT_FOUND
    })
}

/// Runs the samples of the rules in the configuration through a scanner with the built-in rules and these.
fn samples(sources: &Sources, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let Some(file) = &sources.file else {
        return Ok(());
    };
    let others: Vec<Rule> = BUILTIN.to_vec();
    let (mut failed, mut total) = (0, 0);
    for source in &file.rules {
        let faults = check(source, &file.rules, &others);
        total += source.hits.len() + source.misses.len();
        failed += faults.len();
        for Fault { sample, problem } in &faults {
            writeln!(
                streams.err,
                "waxseal: {}: rule `{}`: {sample}: {problem}",
                escape(&file.source.name),
                source.rule.id
            )?;
        }
    }
    if failed > 0 {
        return Err(Error::Samples { failed, total }.into());
    }
    Ok(())
}

/// Variables that begin with our name and are none of ours, each with what may have been meant.
fn misspelt() -> Vec<(String, Option<String>)> {
    let mut known: Vec<String> = table::SETTINGS
        .iter()
        .filter_map(table::Setting::variable)
        .collect();
    known.extend([CONFIG_VARIABLE, KEY_VARIABLE, "WAXSEAL_SKIP"].map(str::to_owned));
    // of docs/gitlab-ci.yml
    known.extend(["WAXSEAL_REPOSITORY", "WAXSEAL_REVISION"].map(str::to_owned));
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut misspelt: Vec<_> = set
        .filter(|name| name.starts_with("WAXSEAL_") && !known.contains(&name.as_str()))
        .map(|name| {
            let hint = list(&name).or_else(|| {
                let near = nearest(&name, &known)?;
                Some(format!("did you mean {near}?"))
            });
            (name, hint)
        })
        .collect();
    misspelt.sort();
    misspelt
}

/// How the list is set that the variable `name` would be called after: lists have none.
fn list(name: &str) -> Option<String> {
    let key = |setting: &&table::Setting| {
        let called = setting.key.replace('.', "_").to_ascii_uppercase();
        name.strip_prefix("WAXSEAL_") == Some(&called)
    };
    let setting = table::SETTINGS.iter().find(key)?;
    let by_flag = setting.flag.map(|flag| format!(" or by {flag}"));
    Some(format!(
        "lists are set by `{}` in a configuration file{}",
        setting.key,
        by_flag.unwrap_or_default()
    ))
}
