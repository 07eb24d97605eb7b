//! Files of rules: those that a configuration or the command line names, ours and gitleaks' own, and whose they are.
//!
//! What of them is used, `policy` decides.

use std::path::{Component, Path, PathBuf};

use super::file::{self, File, Item};
use super::gitleaks::{self, Beside, Given};
use super::options::ScanOptions;
use super::policy::{Reader, named};
use super::source::{self, Origin, Text};
use crate::error::Error;
use crate::rules::parse::{self, RuleError, RuleSource};
use crate::rules::{BUILTIN, POLICY_TOO_WIDE, Rule};

/// The rule file at `path`, which the configuration names from its own folder on in `item`, and where that is.
pub(super) fn rule_file(
    file: &File,
    item: &Item,
    path: &str,
    options: &ScanOptions,
    repository: Reader<'_>,
) -> Result<(Text, Beside), Error> {
    if let Some(config) = named(&options.policy) {
        let path = config.parent().unwrap_or(Path::new("")).join(path);
        let text = source::read(&path, Origin::Named)?;
        return Ok((text, Beside::Folder(folder(&path))));
    }
    let mut parts = Path::new(path).components();
    if !parts.all(|part| matches!(part, Component::Normal(_))) {
        let problem =
            "a rule file of a repository lies in it: give its path from the top on, without `..`";
        return Err(file.refuse(&item.span, problem));
    }
    let missing = || file.refuse(&item.span, "there is no such file in the repository");
    let text = repository(path)?.ok_or_else(missing)?;
    Ok((text, Beside::Repository(folder(Path::new(path)))))
}

/// What a gitleaks file builds on. gitleaks takes its path from the current folder on, which is the top of the repository; people write
/// it from the folder of the file on as well.
pub(super) fn open(beside: &Beside, path: &str, repository: Reader<'_>) -> Result<String, String> {
    let read = match beside {
        Beside::Folder(folder) => {
            let here = Path::new(path);
            let from = if here.is_file() {
                here.to_owned()
            } else {
                folder.join(path)
            };
            source::read(&from, Origin::Named).map(Some)
        }
        Beside::Repository(folder) => {
            let mut found = Ok(None);
            for path in [PathBuf::from(path), folder.join(path)] {
                let plain = path.components().filter(|part| *part != Component::CurDir);
                let path: PathBuf = plain.collect();
                let mut parts = path.components();
                if !parts.all(|part| matches!(part, Component::Normal(_))) {
                    return Err("it does not lie in the repository".to_owned());
                }
                found = repository(&path.to_string_lossy().replace('\\', "/"));
                if !matches!(found, Ok(None)) {
                    break;
                }
            }
            found
        }
    };
    match read {
        Ok(Some(text)) => Ok(text.text),
        Ok(None) => Err("there is no such file in the repository".to_owned()),
        Err(Error::Io { source, .. }) => Err(source.to_string()),
        Err(other) => Err(other.to_string()),
    }
}

fn folder(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// The built-in rules and those of `files`, ids unique.
pub fn all_rules(files: &[PathBuf]) -> Result<Vec<Rule>, Error> {
    let mut rules = BUILTIN.to_vec();
    let mut foreign = Vec::new();
    for path in files {
        add_file(&mut rules, &mut foreign, path)?;
    }
    let open = &mut |beside: &Beside, path: &str| open(beside, path, &mut |_| Ok(None));
    rules.extend(gitleaks::foreign_rules(&foreign, open, &|_| false)?.rules);
    Ok(rules)
}

/// A rule file with its samples.
pub fn read_rules(path: &Path) -> Result<Vec<RuleSource>, Error> {
    let text = source::read(path, Origin::Named)?;
    parse::parse(&text.name, &text.text).map_err(|error| file::bad_rule(error, &text))
}

/// Adds the rules of the file at `path`, or the file to `foreign` if it was written for gitleaks.
pub(super) fn add_file(
    rules: &mut Vec<Rule>,
    foreign: &mut Vec<Given>,
    path: &Path,
) -> Result<(), Error> {
    let path = match path
        .to_str()
        .and_then(|text| text.strip_prefix(gitleaks::SCHEME))
    {
        Some(path) => {
            let text = source::read(Path::new(path), Origin::Named)?;
            let beside = Beside::Folder(folder(Path::new(path)));
            foreign.push(Given {
                text,
                path: path.to_owned(),
                beside,
            });
            return Ok(());
        }
        None => path,
    };
    let text = source::read(path, Origin::Named)?;
    let sources = parse::parse(&text.name, &text.text);
    let sources = sources.map_err(|error| file::bad_rule(error, &text))?;
    add(rules, &text.name, sources)
}

/// Fails where a rule of the repository says how its provider is asked: it would choose where a secret goes.
pub(super) fn no_recipe(text: &Text, sources: &[RuleSource]) -> Result<(), Error> {
    let mut sources = sources.iter();
    let asks = sources.find(|source| source.rule.verify.is_some());
    match asks {
        Some(source) if text.origin == Origin::Repository => Err(RuleError::Rule {
            file: text.name.clone(),
            rule: source.rule.id.to_string(),
            problem: "[rule.verify] does not count in a repository's own configuration, as it would choose where a secret is sent; \
                      put the rule into a file that --rules or --config names"
                .to_owned(),
        }
        .into()),
        _ => Ok(()),
    }
}

/// Adds the rules that stand in `file`.
pub(super) fn add(
    rules: &mut Vec<Rule>,
    file: &str,
    sources: Vec<RuleSource>,
) -> Result<(), Error> {
    for source in sources {
        let id = &source.rule.id;
        if id == POLICY_TOO_WIDE || rules.iter().any(|rule| rule.id == *id) {
            return Err(RuleError::Rule {
                file: file.to_owned(),
                rule: id.to_string(),
                problem: "this id is taken by another rule; ids are unique".to_owned(),
            }
            .into());
        }
        rules.push(source.rule);
    }
    Ok(())
}
