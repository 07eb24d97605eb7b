//! What a run needs to know, and the configuration file.
//!
//! A flag outranks the file, the file outranks the default. Reads files, runs nothing.

mod verify;

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Deserialize;

use crate::error::{Error, unknown};
use crate::git::{Environment, Ground, Store, WorkTree};
use crate::model::{Confidence, Severity, display_path};
use crate::report::{Format, Settings, Verbosity};
use crate::rules::parse::{self, RuleError, RuleSource};
use crate::rules::{BUILTIN, Rule};
use crate::scan::Allowing;

pub use verify::{RevokeOptions, VerifyOptions, VerifyTask};

/// Name of the configuration file.
pub const FILE_NAME: &str = ".waxseal.toml";

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal that takes them, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A place to write a report to.
#[derive(Clone, Debug)]
pub struct Output {
    /// In which format.
    pub format: Format,
    /// To which file; none for standard output.
    pub file: Option<PathBuf>,
}

/// Which rules to use.
#[derive(Clone, Debug, Default)]
pub struct RuleChoice {
    /// These only, if any are named.
    pub only: Vec<String>,
    /// All but these.
    pub skip: Vec<String>,
    /// Files with further rules.
    pub files: Vec<PathBuf>,
    /// Whether comments in the scanned files let nothing pass.
    pub no_allow: bool,
    /// Whether comments that were written for other programs let nothing pass.
    pub no_foreign_markers: bool,
}

/// How the versions of files in a history are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HistoryEngine {
    /// What a version shares with the one it is stored as a delta of is not searched again.
    Delta,
    /// Every version in full. It finds the same, and is there to prove that.
    Naive,
}

/// Which history to scan, and how much of it.
#[derive(Clone, Debug)]
pub struct HistoryOptions {
    /// A folder of the repository, or a bare one; not looked at where `git_dir` is given.
    pub repo: PathBuf,
    /// The repository's own directory.
    pub git_dir: Option<PathBuf>,
    /// `A..B`: only what is reachable from B and not from A; an empty side is `HEAD`.
    pub range: Option<String>,
    /// Only what these branches reach, if any are named.
    pub branches: Vec<String>,
    /// Only commits from then on, in seconds since 1970 UTC.
    pub since: Option<i64>,
    /// Only what a ref reaches.
    pub reachable: bool,
    /// Largest blob that is scanned. Bytes.
    pub max_blob_size: Option<u64>,
    /// How blobs are read.
    pub engine: HistoryEngine,
    /// Whether objects may be missing that a partial clone left to its remote.
    pub allow_missing: bool,
}

/// How what is staged is scanned.
#[derive(Clone, Copy, Debug, Default)]
pub struct StagedOptions {
    /// Keep findings that `HEAD` holds already.
    pub all: bool,
}

/// What of a CI job to scan.
#[derive(Clone, Debug)]
pub struct CiOptions {
    /// `A..B`, instead of what the environment says.
    pub range: Option<String>,
    /// Largest blob that is scanned. Bytes.
    pub max_blob_size: Option<u64>,
    /// Whether objects may be missing that a partial clone left to its remote.
    pub allow_missing: bool,
}

/// What to scan.
#[derive(Clone, Debug)]
pub enum Input {
    /// Files and folders, or standard input where it is `-`.
    Paths(Vec<PathBuf>),
    /// What a repository holds and held.
    History(HistoryOptions),
    /// What the index of the repository holds that git would use here, and `HEAD` does not.
    Staged(StagedOptions),
    /// What a hook is handed by git, or a CI job by its service, and what is read elsewhere.
    Handed {
        /// Top of the work tree whose configuration file counts; none where only one that is named does.
        root: Option<PathBuf>,
    },
}

/// Everything a scan needs.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches that have nothing to do with each other"
)]
pub struct ScanOptions {
    /// What to scan.
    pub input: Input,
    /// The name of standard input.
    pub stdin_path: OsString,
    /// Whether ignored files are scanned too.
    pub no_ignore: bool,
    /// Whether binary files are left out.
    pub no_binary: bool,
    /// Whether repositories inside the work tree are entered.
    pub submodules: bool,
    /// Threads; 0 for one a core.
    pub jobs: usize,
    /// Which rules.
    pub rules: RuleChoice,
    /// The configuration file that was asked for.
    pub config: Option<PathBuf>,
    /// Where to write what.
    pub outputs: Vec<Output>,
    /// Lowest severity that makes a finding count, if it was given.
    pub fail_on: Option<Severity>,
    /// Whether only what is live counts instead.
    pub fail_on_live: bool,
    /// Least confidence that a finding must have to be shown, if it was given.
    pub min_confidence: Option<Confidence>,
    /// How providers are asked, if they are.
    pub verify: Option<Box<VerifyOptions>>,
    /// How much to say.
    pub verbosity: Verbosity,
    /// Whether to use colours.
    pub color: Color,
}

impl ScanOptions {
    /// Threads to use; at least 1.
    pub fn threads(&self) -> usize {
        match self.jobs {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            jobs => jobs,
        }
    }
}

/// The configuration file. Unknown keys are errors.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Rules to leave out.
    #[serde(default)]
    skip_rules: Vec<String>,
    /// Rules that are off by default and are to be used.
    #[serde(default)]
    enable_rules: Vec<String>,
    /// Lowest severity that makes a finding count.
    fail_on: Option<String>,
    /// Least confidence that a finding must have to be shown.
    min_confidence: Option<String>,
    /// Whether a `waxseal:allow` comment counts only with a reason.
    #[serde(default)]
    require_reason: bool,
    /// Whether comments that were written for other programs let findings pass.
    foreign_markers: Option<bool>,
    /// Further rules; read by the rule parser.
    #[serde(default)]
    rule: Vec<toml::Table>,
}

/// The rules of a run, and what else the configuration file decides.
#[derive(Debug)]
pub struct Policy {
    /// The rules to use.
    pub rules: Vec<Rule>,
    /// Lowest severity that makes a finding count.
    pub fail_on: Severity,
    /// Least confidence that a finding must have to be shown.
    pub min_confidence: Confidence,
    /// Which comments let findings pass, if any do.
    pub allowing: Option<Allowing>,
    /// The configuration file that had a say in them.
    pub settings: Option<Settings>,
}

/// Merges the built-in rules, rule files, the configuration file and the flags.
pub fn policy(options: &ScanOptions) -> Result<Policy, Error> {
    let path = match &options.config {
        Some(path) => Some(path.clone()),
        None => discover(options)?,
    };
    let file = path.map(|path| read(&path)).transpose()?;
    policy_of(options, file)
}

/// The same with a configuration file that was read elsewhere, given as its name and its text.
pub fn policy_of(options: &ScanOptions, given: Option<(String, String)>) -> Result<Policy, Error> {
    let mut own = None;
    let mut file = File::default();
    if let Some((name, text)) = &given {
        file = toml::from_str(text).map_err(|error| syntax(name, text, &error))?;
        if !file.rule.is_empty() {
            let rules = parse::parse_among(name, text).map_err(|error| refused(error, text))?;
            own = Some((name.clone(), rules));
        }
    }
    let rules = all_rules(&options.rules.files, own)?;
    let known = |id: &String| {
        let found = rules.iter().any(|rule| rule.id == *id);
        if found {
            Ok(())
        } else {
            Err(unknown("rule", id, rules.iter().map(|rule| &*rule.id)))
        }
    };
    let choice = &options.rules;
    [
        &choice.only,
        &choice.skip,
        &file.skip_rules,
        &file.enable_rules,
    ]
    .into_iter()
    .flatten()
    .try_for_each(known)?;
    let has = |list: &[String], rule: &Rule| list.iter().any(|id| *id == rule.id);
    let left_out = |rule: &Rule| choice.only.is_empty() && has(&file.skip_rules, rule);
    let asked_for = |rule: &Rule| {
        let on = if choice.only.is_empty() {
            !rule.optional || has(&file.enable_rules, rule)
        } else {
            has(&choice.only, rule)
        };
        on && !has(&choice.skip, rule)
    };
    let allowing = (!choice.no_allow).then(|| Allowing {
        foreign: !choice.no_foreign_markers && file.foreign_markers.unwrap_or(true),
        require_reason: file.require_reason,
        known: rules.iter().map(|rule| rule.id.clone()).collect(),
    });
    let fail_on = match (options.fail_on, &file.fail_on) {
        (Some(severity), _) => severity,
        (None, Some(name)) => severity(name)?,
        (None, None) => Severity::Low,
    };
    let min_confidence = match (options.min_confidence, &file.min_confidence) {
        (Some(least), _) => least,
        (None, Some(name)) => confidence(name)?,
        (None, None) => Confidence::Low,
    };
    let (off, rules): (Vec<Rule>, Vec<Rule>) =
        rules.into_iter().filter(asked_for).partition(left_out);
    if rules.is_empty() {
        let problem = "no rule is left to look for: the rules that --rule or the configuration ask for are left out again";
        return Err(Error::Usage(problem.to_owned()));
    }
    let settings = given.map(|(name, _)| Settings {
        file: name,
        left_out: off.iter().map(|rule| rule.id.to_string()).collect(),
        fail_on: Some(fail_on).filter(|_| options.fail_on.is_none() && file.fail_on.is_some()),
        min_confidence: Some(min_confidence)
            .filter(|_| options.min_confidence.is_none() && file.min_confidence.is_some()),
    });
    Ok(Policy {
        rules,
        fail_on,
        min_confidence,
        allowing,
        settings,
    })
}

/// The built-in rules, those of the configuration file (given with its name) and those of `files`, ids unique.
pub fn all_rules(
    files: &[PathBuf],
    own: Option<(String, Vec<RuleSource>)>,
) -> Result<Vec<Rule>, Error> {
    let mut rules: Vec<Rule> = BUILTIN.to_vec();
    let mut add = |file: &str, sources: Vec<RuleSource>| {
        for source in sources {
            if rules.iter().any(|rule| rule.id == source.rule.id) {
                let problem = "this id is taken by another rule; ids are unique".to_owned();
                let rule = source.rule.id.to_string();
                return Err(RuleError::Rule {
                    file: file.to_owned(),
                    rule,
                    problem,
                });
            }
            rules.push(source.rule);
        }
        Ok(())
    };
    if let Some((name, rules)) = own {
        add(&name, rules)?;
    }
    for path in files {
        let (name, text) = read(path)?;
        add(
            &name,
            parse::parse(&name, &text).map_err(|error| refused(error, &text))?,
        )?;
    }
    Ok(rules)
}

/// A rule file with its samples.
pub fn read_rules(path: &Path) -> Result<Vec<RuleSource>, Error> {
    let (name, text) = read(path)?;
    parse::parse(&name, &text).map_err(|error| refused(error, &text))
}

/// Ids of the rules in a rule or configuration file.
pub fn rule_ids(path: &Path) -> Result<Vec<String>, Error> {
    let (name, text) = read(path)?;
    let rules = parse::parse_among(&name, &text).map_err(|error| refused(error, &text))?;
    Ok(rules.into_iter().map(|it| it.rule.id.to_string()).collect())
}

/// The error that a rule file gave, fit to be shown.
fn refused(error: RuleError, text: &str) -> Error {
    match error {
        RuleError::Syntax { file, source } => syntax(&file, text, &source),
        rule @ RuleError::Rule { .. } => rule.into(),
    }
}

/// The error that `file`, which holds `text`, is not what it should be. Line, caret and words of the parser quote the
/// file, so they are shown only if it was meant to be TOML: `--config .env` must not put secrets into a build log.
fn syntax(file: &str, text: &str, error: &toml::de::Error) -> Error {
    let problem = if Path::new(file)
        .extension()
        .is_some_and(|ending| ending == "toml")
    {
        error.to_string().trim_end().to_owned()
    } else {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        format!(
            "line {line} is not what a configuration or rule file holds; name the file *.toml to see why"
        )
    };
    Error::Config {
        file: file.to_owned(),
        problem,
    }
}

fn read(path: &Path) -> Result<(String, String), Error> {
    let name = display_path(path.as_os_str().as_encoded_bytes());
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((name, text)),
        Err(source) => Err(Error::Io { path: name, source }),
    }
}

/// The configuration file at the root of the repository that the first PATH is in, or in that folder itself where there
/// is no repository. Never one from above the repository. For a history, the one at the root of the repository's work tree.
fn discover(options: &ScanOptions) -> Result<Option<PathBuf>, Error> {
    let paths = match &options.input {
        Input::History(history) => {
            return work_tree(history).map_or(Ok(None), |root| regular(&root));
        }
        Input::Staged(_) => {
            // where there is no repository, the scan itself says so
            let store = Store::open_as_git(Path::new("."), &Environment::of_process()).ok();
            let root = store.and_then(|store| store.root);
            return root.map_or(Ok(None), |root| regular(&root));
        }
        Input::Handed { root } => return root.as_deref().map_or(Ok(None), regular),
        Input::Paths(paths) => paths,
    };
    let first = paths.first().filter(|path| path.as_os_str() != "-");
    // a PATH that leads nowhere fails the scan itself; the others are resolved, for the folder above `a/..` is not `a`
    let Some(start) = first.and_then(|path| path.canonicalize().ok()) else {
        return Ok(None);
    };
    let folder = if start.is_dir() {
        start.as_path()
    } else {
        start.parent().unwrap_or(&start)
    };
    let is_root = |folder: &&Path| folder.join(".git").symlink_metadata().is_ok();
    let root = folder.ancestors().find(is_root).unwrap_or(folder);
    regular(root)
}

/// Top of the work tree of the repository whose history is scanned; none if it is bare, and none if there is no
/// repository, which fails the scan itself. From the `.git` of a work tree it is that one; where several work trees share
/// one, it is the main one.
fn work_tree(history: &HistoryOptions) -> Option<PathBuf> {
    let start = history.git_dir.as_ref().unwrap_or(&history.repo);
    let start = start.canonicalize().ok()?;
    let tree = match Ground::of(&start).ok()? {
        Ground::WorkTree(tree) => tree,
        Ground::Store(store) if store.file_name().is_some_and(|name| name == ".git") => {
            WorkTree::at(store.parent()?).ok()??
        }
        Ground::Store(_) | Ground::Outside => return None,
    };
    Some(tree.root().to_owned())
}

/// The configuration file in `root`. One that is there and can't be used is an error and never as good as none: a scan
/// with other rules than the repository asks for must not pass for the one that was meant. Pipes are not opened.
fn regular(root: &Path) -> Result<Option<PathBuf>, Error> {
    let file = root.join(FILE_NAME);
    let name = || display_path(file.as_os_str().as_encoded_bytes());
    let failed = |source| Error::Io {
        path: name(),
        source,
    };
    match file.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(_) => {}
    }
    let real = file.canonicalize().map_err(failed)?;
    let problem = if !real.starts_with(root) {
        "this symbolic link leads out of the repository; --config reads a file from anywhere"
    } else if !real.metadata().map_err(failed)?.is_file() {
        "this is no regular file"
    } else {
        return Ok(Some(file));
    };
    Err(Error::Config {
        file: name(),
        problem: problem.to_owned(),
    })
}

/// A severity by name.
pub fn severity(name: &str) -> Result<Severity, Error> {
    let known = || Severity::ALL.into_iter().map(Severity::id);
    Severity::ALL
        .into_iter()
        .find(|severity| severity.id() == name)
        .ok_or_else(|| unknown("severity", name, known()))
}

/// A confidence by name.
pub fn confidence(name: &str) -> Result<Confidence, Error> {
    let known = || Confidence::ALL.into_iter().map(Confidence::id);
    Confidence::ALL
        .into_iter()
        .find(|confidence| confidence.id() == name)
        .ok_or_else(|| unknown("confidence", name, known()))
}
