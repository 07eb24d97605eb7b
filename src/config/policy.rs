//! What a run goes by: rules, thresholds, what is left out. Made of the files that count, the environment and the flags.
//!
//! Where the files of a repository are read from is the caller's to say: the work tree, or a commit.

use std::path::{Path, PathBuf};

use super::discover;
use super::file::{self, File, Item};
use super::gitleaks::{self, Given};
use super::merge::{Merged, Source};
use super::options::{Output, PolicyChoice, ScanOptions};
use super::rule_files::{add, add_file, no_recipe, open, rule_file};
use super::source::{self, Origin, Text};
use super::table::Name;
use super::verify::VerifySettings;
use super::wide::{self, Wide};
use super::{CONFIG_VARIABLE, FILE_NAME};
use crate::error::{Error, unknown};
use crate::model::{Confidence, Severity};
use crate::report::{Format, Settings};
use crate::rules::gitleaks::Fault;
use crate::rules::parse;
use crate::rules::{BUILTIN, Kind, POLICY_TOO_WIDE, Rule};
use crate::scan::{Allowing, Exclude};

/// The rules of a run, and what else its configuration decides.
#[derive(Debug)]
pub struct Policy {
    /// The rules to use.
    pub rules: Vec<Rule>,
    /// All others.
    pub unused: Vec<Rule>,
    /// Lowest severity that makes a finding count.
    pub fail_on: Severity,
    /// Least confidence that a finding must have to be shown.
    pub min_confidence: Confidence,
    /// Which comments let findings pass, if any do.
    pub allowing: Option<Allowing>,
    /// Files that rules are not used in.
    pub excludes: Vec<Exclude>,
    /// Words that make a value none.
    pub stop_words: Vec<String>,
    /// How providers are asked.
    pub verify: VerifySettings,
    /// What of the configuration lets too much pass, each with the file and the line.
    pub wide: Vec<TooWide>,
    /// Whether nothing of that kind is to be told, as whoever runs the scan says.
    pub wide_is_off: bool,
    /// How bad it is: whatever a repository says of what counts, this does.
    pub wide_severity: Severity,
    /// The configuration file that had a say.
    pub settings: Option<Settings>,
    /// What to say of rule files, a line each.
    pub notes: Vec<String>,
    /// Rules of gitleaks files that can't be used and are left out, because somebody said so.
    pub unusable: Vec<Fault>,
    /// Whether a gitleaks file builds on gitleaks' own rules, which were not given.
    pub lacks_base: bool,
}

/// Something in a configuration file that lets too much pass.
#[derive(Clone, Debug)]
pub struct TooWide {
    /// The file, as it may be shown.
    pub file: String,
    /// The line in it.
    pub line: usize,
    /// What it lets pass, as a clause.
    pub problem: String,
}

/// The rules that there are, by what becomes of them.
struct Chosen {
    /// Those to use.
    on: Vec<Rule>,
    /// Those that would be used, and that the file leaves out.
    off: Vec<Rule>,
    /// Those that nobody asked for.
    others: Vec<Rule>,
}

/// All that was read to make a policy, for those who want to see it.
#[derive(Debug)]
pub struct Sources {
    /// Every setting and where it came from.
    pub merged: Merged,
    /// The configuration file, if there is one.
    pub file: Option<File>,
    /// The user's own file, if there is one.
    pub own: Option<File>,
}

/// Reads a file of the repository's policy, given by its path from the top on. None if it is not there.
pub type Reader<'r> = &'r mut dyn FnMut(&str) -> Result<Option<Text>, Error>;

/// What `options` ask for, with all that they leave open filled in, and the policy. The files of the repository are those in its
/// work tree.
pub fn resolve(options: ScanOptions) -> Result<(ScanOptions, Policy), Error> {
    let root = match named(&options.policy) {
        Some(_) => None,
        None => discover::root(&options.input),
    };
    resolve_from(options, &mut |path| in_folder(root.as_deref(), path))
}

/// The same with the files of the repository that `repository` gives.
pub fn resolve_from(
    options: ScanOptions,
    repository: Reader<'_>,
) -> Result<(ScanOptions, Policy), Error> {
    let file = configuration(&options.policy, repository)?;
    resolve_with(options, file.as_ref(), repository)
}

/// The same with the configuration file as `file`, whatever stands in the one that counts.
pub fn resolve_with(
    mut options: ScanOptions,
    file: Option<&Text>,
    repository: Reader<'_>,
) -> Result<(ScanOptions, Policy), Error> {
    let sources = sources_with(&options, file)?;
    let policy = sources.policy(&options, repository)?;
    let merged = &sources.merged;
    options.jobs = usize::try_from(merged.number(Name::Jobs)).ok();
    options.max_blob_size = merged.size(Name::MaxBlobSize);
    if options.outputs.is_empty() {
        let given = merged.texts(Name::Formats).iter();
        options.outputs = given.filter_map(|(text, _)| output(text)).collect();
    }
    policy.verify.put_into(&mut options)?;
    Ok((options, policy))
}

/// The file `path` in `root`, the top of a work tree.
pub fn in_folder(root: Option<&Path>, path: &str) -> Result<Option<Text>, Error> {
    let Some(root) = root else {
        return Ok(None);
    };
    let Some(file) = source::file_in(root, path, "--config")? else {
        return Ok(None);
    };
    // as short as people would write it
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let real = root.canonicalize().map(|root| root.join(path));
    let short = match (&here, &real) {
        (Ok(here), Ok(real)) => real.strip_prefix(here).ok(),
        _ => None,
    };
    let is_there = |short: &&Path| short.is_file();
    let file = short.filter(is_there).unwrap_or(&file);
    source::read(file, Origin::Repository).map(Some)
}

/// The configuration file that a flag or, failing that, a variable names.
pub fn named(policy: &PolicyChoice) -> Option<PathBuf> {
    let by_variable = || {
        let path = std::env::var_os(CONFIG_VARIABLE).filter(|path| !path.is_empty());
        path.filter(|_| !policy.deaf).map(PathBuf::from)
    };
    // whoever asks for the file of a commit asks for no other
    let is_from = policy.from.is_some();
    policy
        .file
        .clone()
        .or_else(|| by_variable().filter(|_| !is_from))
}

/// Reads everything that has a say.
pub fn sources(options: &ScanOptions, repository: Reader<'_>) -> Result<Sources, Error> {
    let text = configuration(&options.policy, repository)?;
    sources_with(options, text.as_ref())
}

/// The configuration file that counts, if there is one.
pub fn configuration(policy: &PolicyChoice, repository: Reader<'_>) -> Result<Option<Text>, Error> {
    match named(policy) {
        Some(path) => source::read(&path, Origin::Named).map(Some),
        None => repository(FILE_NAME),
    }
}

fn sources_with(options: &ScanOptions, text: Option<&Text>) -> Result<Sources, Error> {
    let file = text.map(File::read).transpose()?;
    let own = if options.policy.deaf {
        None
    } else {
        source::own()
    };
    let own = own.map(|path| source::read(&path, Origin::Own));
    let own = own.transpose()?.as_ref().map(File::read).transpose()?;
    let files: Vec<&File> = own.iter().chain(&file).collect();
    let merged = Merged::new(options, &files)?;
    Ok(Sources { merged, file, own })
}

impl Sources {
    /// The policy.
    pub fn policy(&self, options: &ScanOptions, repository: Reader<'_>) -> Result<Policy, Error> {
        let mut rules = BUILTIN.to_vec();
        let mut foreign = Vec::new();
        if let Some(file) = &self.file {
            no_recipe(&file.source, &file.rules)?;
            add(&mut rules, &file.source.name, file.rules.clone())?;
            for item in items(file, Name::RuleFiles) {
                if let Some(path) = item.text.strip_prefix(gitleaks::SCHEME) {
                    let (text, beside) = rule_file(file, item, path, options, repository)?;
                    foreign.push(Given {
                        text,
                        path: path.to_owned(),
                        beside,
                    });
                    continue;
                }
                let (text, _) = rule_file(file, item, &item.text, options, repository)?;
                let sources = parse::parse(&text.name, &text.text);
                let sources = sources.map_err(|error| file::bad_rule(error, &text))?;
                no_recipe(&text, &sources)?;
                add(&mut rules, &text.name, sources)?;
            }
        }
        for path in &options.rules.files {
            add_file(&mut rules, &mut foreign, path)?;
        }
        let skipped = self.texts(Name::SkipRules);
        let is_skipped = |id: &str| {
            let mut skipped = skipped.iter().chain(&options.rules.skip);
            options.rules.lenient || skipped.any(|skip| skip == id)
        };
        let foreign = gitleaks::foreign_rules(
            &foreign,
            &mut |beside, path| open(beside, path, repository),
            &is_skipped,
        )?;
        rules.extend(foreign.rules);
        self.override_rules(&mut rules)?;
        self.check_ids(options, &rules, &foreign.unusable)?;
        let wide_is_off = self.wide_is_off(options);
        let wide = if wide_is_off {
            Vec::new()
        } else {
            self.wide(&rules)
        };
        let merged = &self.merged;
        let known: Vec<_> = rules.iter().map(|rule| rule.id.clone()).collect();
        let Chosen { on, off, others } = self.choose(options, rules)?;
        let allowing = merged.flag(Name::AllowComments).then(|| {
            let is_used = |id: &str| on.iter().any(|rule| rule.id == id);
            let idle = known.iter().filter(|id| !is_used(id)).cloned();
            Allowing {
                foreign: merged.flag(Name::ForeignMarkers),
                require_reason: merged.flag(Name::RequireReason),
                seek: options.baseline.fail_on_unused,
                idle: idle.collect(),
                known,
            }
        });
        let excludes = self.excludes();
        let stop_words = self.texts(Name::StopWords);
        let settings = self.file.as_ref().map(|file| Settings {
            file: file.source.name.clone(),
            left_out: off.iter().map(|rule| rule.id.to_string()).collect(),
            fail_on: Some(merged.fail_on()).filter(|_| merged.is_by_file(Name::FailOn)),
            min_confidence: Some(merged.min_confidence())
                .filter(|_| merged.is_by_file(Name::MinConfidence)),
            excludes: excludes.len(),
            stop_words: stop_words.len(),
            overrides: file
                .overrides
                .iter()
                .map(|it| it.rule.text.clone())
                .collect(),
            most: merged
                .size(Name::MaxBlobSize)
                .filter(|_| merged.is_by_file(Name::MaxBlobSize)),
        });
        Ok(Policy {
            rules: on,
            unused: off.into_iter().chain(others).collect(),
            fail_on: merged.fail_on(),
            min_confidence: merged.min_confidence(),
            allowing,
            excludes,
            stop_words,
            verify: VerifySettings::of(merged, options),
            wide,
            wide_is_off,
            wide_severity: self.wide_severity(),
            settings,
            notes: foreign.notes,
            unusable: foreign.unusable,
            lacks_base: foreign.lacks_base,
        })
    }

    fn override_rules(&self, rules: &mut [Rule]) -> Result<(), Error> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        for overriding in &file.overrides {
            let id = &overriding.rule;
            let Some(at) = rules.iter().position(|rule| *rule.id == id.text) else {
                return Err(unknown_in(file, id, rules));
            };
            let rule = &mut rules[at];
            rule.severity = overriding.severity.unwrap_or(rule.severity);
            rule.confidence = overriding.confidence.unwrap_or(rule.confidence);
        }
        Ok(())
    }

    /// Fails at the first id that is none of a rule.
    fn check_ids(
        &self,
        options: &ScanOptions,
        rules: &[Rule],
        unusable: &[Fault],
    ) -> Result<(), Error> {
        let has = |id: &str| {
            rules.iter().any(|rule| rule.id == id) || unusable.iter().any(|it| it.rule == id)
        };
        let flags = options.rules.only.iter().chain(&options.rules.skip);
        for id in flags {
            let is_of_policy = id == POLICY_TOO_WIDE && options.rules.skip.contains(id);
            if !has(id) && !is_of_policy {
                return Err(unknown("rule", id, rules.iter().map(|rule| &*rule.id)));
            }
        }
        let Some(file) = &self.file else {
            return Ok(());
        };
        let named = file.excludes.iter().flat_map(|exclude| &exclude.rules);
        let enabled = items(file, Name::EnableRules);
        let skipped = items(file, Name::SkipRules);
        let skipped = skipped.filter(|item| !is_leave(file, item));
        for item in skipped.chain(enabled).chain(named) {
            if !has(&item.text) {
                return Err(unknown_in(file, item, rules));
            }
        }
        Ok(())
    }

    /// Whether whoever runs the scan wants to hear nothing of what is too wide, by a flag or in a file of their own.
    fn wide_is_off(&self, options: &ScanOptions) -> bool {
        let by_flag = options.rules.skip.iter().any(|id| id == POLICY_TOO_WIDE);
        let by_file = |file: &File| items(file, Name::SkipRules).any(|item| is_leave(file, item));
        by_flag || self.file.as_ref().is_some_and(by_file)
    }

    /// How bad a policy is that is too wide. What the repository itself says of what counts must not make that pass.
    fn wide_severity(&self) -> Severity {
        let is_own = |file: &File| file.source.origin == Origin::Repository;
        let has_say =
            self.file.as_ref().is_some_and(is_own) && self.merged.is_by_file(Name::FailOn);
        if has_say {
            Severity::High.max(self.merged.fail_on())
        } else {
            Severity::High
        }
    }

    /// What of the configuration is too wide.
    fn wide(&self, rules: &[Rule]) -> Vec<TooWide> {
        let Some(file) = &self.file else {
            return Vec::new();
        };
        let told = |wide: Wide| TooWide {
            file: file.source.name.clone(),
            line: file.line(&wide.span),
            problem: wide.problem,
        };
        wide::judge(file, rules).into_iter().map(told).collect()
    }

    fn choose(&self, options: &ScanOptions, rules: Vec<Rule>) -> Result<Chosen, Error> {
        let choice = &options.rules;
        let by_file = |name: Name, rule: &Rule| {
            let mut texts = self.merged.texts(name).iter();
            texts.any(|(id, source)| *id == rule.id && matches!(source, Source::File { .. }))
        };
        let has = |list: &[String], rule: &Rule| list.iter().any(|id| *id == rule.id);
        let asked_for = |rule: &Rule| {
            let on = if choice.only.is_empty() {
                !rule.optional || by_file(Name::EnableRules, rule)
            } else {
                has(&choice.only, rule)
            };
            on && !has(&choice.skip, rule)
        };
        let left_out = |rule: &Rule| choice.only.is_empty() && by_file(Name::SkipRules, rule);
        let (asked_for, others): (Vec<Rule>, Vec<Rule>) = rules.into_iter().partition(asked_for);
        let (off, mut on): (Vec<Rule>, Vec<Rule>) = asked_for.into_iter().partition(left_out);
        if on.is_empty() {
            let problem = "no rule is left to look for: the rules that --rule or the configuration ask for are left out again";
            return Err(Error::Usage(problem.to_owned()));
        }
        required(&mut on, off.iter().chain(&others));
        Ok(Chosen { on, off, others })
    }

    fn excludes(&self) -> Vec<Exclude> {
        let Some(file) = &self.file else {
            return Vec::new();
        };
        let texts = |items: &[Item]| items.iter().map(|item| item.text.clone()).collect();
        let entry = |exclude: &super::file::Exclude| Exclude {
            paths: texts(&exclude.paths),
            rules: texts(&exclude.rules),
            name: format!("{}:{}", file.source.name, file.line(&exclude.span)),
        };
        file.excludes.iter().map(entry).collect()
    }

    fn texts(&self, name: Name) -> Vec<String> {
        let texts = self.merged.texts(name).iter();
        texts.map(|(text, _)| text.clone()).collect()
    }
}

/// Adds to the rules that are `on` those among `others` which they require. Such a rule finds nothing by itself.
fn required<'r>(on: &mut Vec<Rule>, others: impl Iterator<Item = &'r Rule>) {
    let requires = |rule: &Rule, other: &Rule| match &rule.kind {
        Kind::Foreign(rule) => rule.required.iter().any(|it| it.rule == other.id),
        _ => false,
    };
    let others = others.filter(|other| on.iter().any(|rule| requires(rule, other)));
    let mut silent: Vec<Rule> = others.cloned().collect();
    for rule in &mut silent {
        if let Kind::Foreign(foreign) = &mut rule.kind {
            foreign.silent = true;
        }
    }
    on.append(&mut silent);
}

/// The texts that `file` gives to a list.
fn items(file: &File, name: Name) -> impl Iterator<Item = &Item> {
    file.settings
        .iter()
        .filter(move |(of, ..)| *of == name)
        .flat_map(|(_, said, _)| match said {
            file::Said::Many(items) => items.as_slice(),
            file::Said::One(_) => &[],
        })
}

/// Whether `item` of `skip_rules` in `file` leaves out what is told of the policy itself, in a file whose word counts for that.
fn is_leave(file: &File, item: &Item) -> bool {
    item.text == POLICY_TOO_WIDE && file.source.origin == Origin::Named
}

/// The error that `id` in `file` is no rule's.
fn unknown_in(file: &File, id: &Item, rules: &[Rule]) -> Error {
    if id.text == POLICY_TOO_WIDE {
        let problem = format!(
            "{POLICY_TOO_WIDE} tells of this file itself, so it can't be left out or changed here; whoever runs the scan can, by \
             --skip-rule {POLICY_TOO_WIDE} or by skip_rules in a file that --config or WAXSEAL_CONFIG names"
        );
        return file.refuse(&id.span, &problem);
    }
    let error = unknown("rule", &id.text, rules.iter().map(|rule| &*rule.id));
    file.refuse(&id.span, &error.to_string())
}

/// What a text of `formats` asks for. It was checked when it was read.
fn output(text: &str) -> Option<Output> {
    let (name, file) = match text.split_once('=') {
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = Format::ALL.into_iter().find(|it| it.id() == name)?;
    Some(Output { format, file })
}
