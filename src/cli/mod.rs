//! The command line: what can be asked for, and how it becomes [`Options`](crate::config::ScanOptions). No I/O
//! but a look at the clock.

mod baseline;
mod ci;
mod config;
mod dotenv;
mod explain;
mod history;
mod hook;
mod import;
mod pre_commit;
mod revoke;
mod run;
mod verify;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{
    Asks, BaselineChoice, Color, Input, Output, PolicyChoice, RuleChoice, ScanOptions,
    StagedOptions, confidence, severity,
};
use crate::error::{Error, unknown};
use crate::model::FailOn;
use crate::report::{Format, Verbosity};

pub(crate) use self::config::{ConfigArgs, ConfigCommand};
pub(crate) use baseline::{
    AddArgs, AuditArgs, BaselineCommand, CreateArgs, EntryArgs, Look, Past, PruneArgs, RemoveArgs,
    SourceArgs, day, fingerprint, text,
};
pub(crate) use ci::CiArgs;
pub(crate) use dotenv::{DotenvCommand, FixArgs};
pub(crate) use explain::ExplainArgs;
use history::{HistoryArgs, size};
pub(crate) use hook::{DoctorArgs, HookCommand, InstallArgs, UninstallArgs};
pub(crate) use import::ImportArgs;
pub(crate) use pre_commit::PreCommitArgs;
pub(crate) use revoke::RevokeArgs;
pub(crate) use run::{MessageArgs, PushArgs, ReceiveArgs, RunCommand};
use verify::AskArgs;
pub(crate) use verify::VerifyArgs;

/// Keeps mail and messaging credentials out of repositories.
///
/// Finds SendGrid and Twilio credentials, SMTP logins in the configuration of any framework, and secrets in .env
/// files. Touches no network, unless it is told to ask providers what is still live.
///
/// Exit status: 0 nothing found, 1 something found, 2 failed or incomplete.
#[derive(Debug, Parser)]
#[command(name = "waxseal", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scan files, folders, standard input, what is staged or the history of a repository.
    Scan(Box<ScanArgs>),
    /// Check commits and pushes by git hooks.
    #[command(subcommand)]
    Hook(HookCommand),
    // its own comment is shown, the long form too
    Ci(Box<CiArgs>),
    // likewise
    Verify(Box<VerifyArgs>),
    Revoke(Box<RevokeArgs>),
    /// Let known findings pass, and keep track of them.
    #[command(subcommand)]
    Baseline(Box<BaselineCommand>),
    // its own comment is shown
    Import(Box<ImportArgs>),
    // its own comment is shown, the long form too
    Explain(Box<ExplainArgs>),
    /// Keep .env files out of the repository.
    #[command(subcommand)]
    Dotenv(DotenvCommand),
    /// Show the configuration that counts, or check it.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Show what is looked for, or try out rules of your own.
    #[command(subcommand)]
    Rules(RulesCommand),
}

/// Scan files, folders, standard input, what is staged or the history of a repository.
///
/// In a git work tree that is every tracked file, ignored or not, and every untracked file that is not ignored:
/// what is in the repository or would get into it. An ignored .env is where secrets may live, and is left alone.
/// Elsewhere it is every file. With --staged it is what would be committed, with --history what was ever committed instead.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Files or folders; `-` reads standard input.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    staged: StagedArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    verify: AskArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Staged")]
struct StagedArgs {
    /// Scan what would be committed: what the index of the repository here holds and HEAD does not.
    #[arg(
        long,
        conflicts_with_all = ["paths", "stdin_path", "no_ignore", "submodules", "history", "git_dir"]
    )]
    staged: bool,
    /// With --staged, show and count what HEAD holds already as well, in the files that are staged.
    #[arg(long, requires = "staged")]
    all: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
struct InputArgs {
    /// Scan ignored files too; repository stores (.git) are still left out.
    #[arg(long)]
    no_ignore: bool,
    /// Leave binary files out; otherwise they are searched for typed tokens and encoded text.
    #[arg(long)]
    no_binary: bool,
    /// Scan submodules and repositories inside the work tree as well.
    #[arg(long)]
    submodules: bool,
    /// Name for standard input; its ending decides the language.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "<stdin>",
        hide_default_value = true
    )]
    stdin_path: OsString,
    /// Leave out files and blobs larger than this: bytes, or with k, M or G in units of 1024, 1024² or 1024³ bytes.
    #[arg(long, value_name = "SIZE")]
    max_blob_size: Option<String>,
    /// Number of threads [default: one for each core].
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
struct RuleArgs {
    /// Use this rule only, even one that is off by default; may be repeated.
    #[arg(long = "rule", value_name = "ID")]
    only: Vec<String>,
    /// Leave this rule out; may be repeated.
    #[arg(long = "skip-rule", value_name = "ID")]
    skip: Vec<String>,
    /// Add the rules of this file; may be repeated.
    #[arg(long = "rules", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Configuration file [default: that of `WAXSEAL_CONFIG`, or .waxseal.toml at the root of the first PATH's repository, or of the one whose
    /// history is scanned].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Go by the configuration that this commit of the repository has, not by that of the work tree: a branch, a tag or an id.
    #[arg(long, value_name = "REV", conflicts_with = "config")]
    policy_from: Option<String>,
    /// Report what comments in the scanned files let pass as well: waxseal:allow, and those for other programs.
    #[arg(long)]
    no_allow: bool,
    /// Let comments that were written for other programs (gitleaks:allow, ggignore ...) let nothing pass.
    #[arg(long)]
    no_foreign_markers: bool,
    /// File with what is let pass [default: .waxseal-baseline.jsonl at the top of the repository].
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline")]
    baseline: Option<PathBuf>,
    /// Report what the baseline lets pass as well.
    #[arg(long)]
    no_baseline: bool,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
struct OutputArgs {
    /// text, json, jsonl, sarif, github, gitlab, codequality or junit; FORMAT=FILE writes to a file. May be repeated, with one
    /// at most on standard output.
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    formats: Vec<OsString>,
    /// Lowest severity that makes the exit status 1: low, medium, high or critical [default: low]. With --verify also `live`: only
    /// what a provider accepts.
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<String>,
    /// Hide findings that are less sure than this and say how many: low, medium or high [default: low].
    #[arg(long, value_name = "LEVEL")]
    min_confidence: Option<String>,
    /// Fail, with exit status 1, if an entry of the baseline or a waxseal:allow comment anywhere lets nothing pass.
    #[arg(long)]
    fail_on_unused_allow: bool,
    /// Say only what could not be scanned, besides the findings.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more: why it matters, all remedies; twice: what was dropped and why.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    /// When to use colours.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List the rules, a line each.
    List {
        /// Rule files to list besides the built-in rules.
        #[arg(long = "rules", value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Show one rule in full.
    Show {
        /// Its id.
        id: String,
        /// Rule files to look in besides the built-in rules.
        #[arg(long = "rules", value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Run every sample of rule files through the whole scanner.
    Check {
        /// The rule files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

impl OutputArgs {
    /// Those of a command whose report nobody asked for.
    fn plain() -> Self {
        Self {
            color: Color::Never,
            ..Self::default()
        }
    }
}

impl ScanArgs {
    /// What the scan needs, before a configuration file is merged in.
    pub(crate) fn into_options(self) -> Result<ScanOptions, Error> {
        let history = self.history.into_options(jiff::Timestamp::now())?;
        let input = match (self.staged.staged, history) {
            (true, _) => Input::Staged(StagedOptions {
                all: self.staged.all,
            }),
            (false, Some(history)) => Input::History(history),
            (false, None) => Input::Paths(self.paths),
        };
        let options = options(input, self.rules, &self.output)?;
        let options = self.verify.put_into(options)?;
        Ok(ScanOptions {
            policy: PolicyChoice {
                asks: Asks::InScans,
                ..options.policy
            },
            stdin_path: self.input.stdin_path,
            no_ignore: self.input.no_ignore,
            no_binary: self.input.no_binary,
            submodules: self.input.submodules,
            jobs: self.input.jobs,
            max_blob_size: self.input.max_blob_size.as_deref().map(size).transpose()?,
            ..options
        })
    }
}

/// What a scan of `input` needs, with the defaults where nothing is asked for.
fn options(input: Input, rules: RuleArgs, output: &OutputArgs) -> Result<ScanOptions, Error> {
    let outputs: Vec<Output> = output
        .formats
        .iter()
        .map(self::output)
        .collect::<Result<_, _>>()?;
    if outputs
        .iter()
        .filter(|output| output.file.is_none())
        .count()
        > 1
    {
        let problem = "only one --format can go to standard output; give the others a file: --format sarif=out.sarif";
        return Err(Error::Usage(problem.to_owned()));
    }
    let fail_on_live = output.fail_on.as_deref() == Some(FailOn::Live.id());
    let fail_on = output.fail_on.as_deref().filter(|_| !fail_on_live);
    let fail_on = fail_on.map(severity).transpose()?;
    let min_confidence = output
        .min_confidence
        .as_deref()
        .map(confidence)
        .transpose()?;
    let verbosity = match (output.quiet, output.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Verbose,
        (false, _) => Verbosity::Debug,
    };
    Ok(ScanOptions {
        rules: RuleChoice {
            only: rules.only,
            skip: rules.skip,
            files: rules.files,
            allow_comments: rules.no_allow.then_some(false),
            foreign_markers: rules.no_foreign_markers.then_some(false),
            lenient: false,
        },
        policy: PolicyChoice {
            file: rules.config,
            from: rules.policy_from,
            ..PolicyChoice::default()
        },
        baseline: BaselineChoice {
            file: rules.baseline,
            off: rules.no_baseline,
            fail_on_unused: output.fail_on_unused_allow,
        },
        outputs,
        fail_on,
        fail_on_live,
        min_confidence,
        verify: None,
        verbosity,
        color: output.color,
        ..ScanOptions::of(input)
    })
}

fn output(arg: &OsString) -> Result<Output, Error> {
    // only the file's name may be other than UTF-8, and it stands behind the sign
    let text = arg.to_string_lossy();
    let (name, file) = match text.split_once('=') {
        Some((name, _)) => (name.to_owned(), Some(behind(arg, name.len() + 1))),
        None => (text.into_owned(), None),
    };
    let format = name
        .parse()
        .map_err(|_| unknown("format", &name, Format::ALL.into_iter().map(Format::id)))?;
    if file
        .as_ref()
        .is_some_and(|file| file.as_os_str().is_empty())
    {
        return Err(Error::Usage(format!("--format {format}= names no file")));
    }
    Ok(Output { format, file })
}

/// The path that begins `at` bytes into `arg`; all before that is ASCII.
#[cfg(unix)]
fn behind(arg: &OsString, at: usize) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(&arg.as_bytes()[at..]).into()
}

/// The path that begins `at` bytes into `arg`; all before that is ASCII.
#[cfg(not(unix))]
fn behind(arg: &OsString, at: usize) -> PathBuf {
    arg.to_string_lossy()[at..].into()
}
