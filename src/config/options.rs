//! What a run is asked for, before configuration files and the environment have had their say.
//!
//! The command line makes these; [`super::resolve`] fills in what was not asked for. Nothing is read here.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;

use super::asking::VerifyOptions;
use crate::model::{Confidence, Severity};
use crate::report::{Format, Verbosity};

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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Whether comments in the scanned files let findings pass, if that was said.
    pub allow_comments: Option<bool>,
    /// Whether comments that were written for other programs do, if that was said.
    pub foreign_markers: Option<bool>,
    /// Whether rules of other scanners that can't be used are left out and named in the policy; an error otherwise.
    pub lenient: bool,
}

/// Which policy counts: the configuration and the environment.
#[derive(Clone, Debug, Default)]
pub struct PolicyChoice {
    /// The configuration file that was asked for.
    pub file: Option<PathBuf>,
    /// The commit whose configuration was asked for, as a branch, a tag or an id.
    pub from: Option<String>,
    /// Whether environment variables and the user's own file are left alone, because whoever is checked may have set them.
    pub deaf: bool,
    /// Whether a configuration may ask providers without being told to each time.
    pub asks: Asks,
    /// What comments do where nothing is said of them.
    pub comments_by_default: CommentsByDefault,
}

/// Which setting makes a command ask providers, beside its own flag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asks {
    /// None.
    #[default]
    Never,
    /// `verify.enabled`.
    InScans,
    /// `verify.in_hooks`.
    InHooks,
}

/// Whether comments that allow a finding do so where nothing else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommentsByDefault {
    /// They do: whoever writes them is who scans, or is reviewed.
    #[default]
    Count,
    /// They do not: whoever writes them is who is to be stopped.
    DoNotCount,
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
    /// How blobs are read.
    pub engine: HistoryEngine,
    /// Whether objects may be missing that a partial clone left to its remote.
    pub allow_missing: bool,
}

impl HistoryOptions {
    /// All of the history of the repository in the folder `repo`.
    pub fn all_of(repo: PathBuf) -> Self {
        Self {
            repo,
            git_dir: None,
            range: None,
            branches: Vec::new(),
            since: None,
            reachable: false,
            engine: HistoryEngine::Delta,
            allow_missing: false,
        }
    }
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

/// Which baseline counts.
#[derive(Clone, Debug, Default)]
pub struct BaselineChoice {
    /// The file that was asked for; else the one at the top of the work tree.
    pub file: Option<PathBuf>,
    /// Whether it lets nothing pass. Its key is used all the same.
    pub off: bool,
    /// Whether its entries that let nothing pass, and such comments, fail the run.
    pub fail_on_unused: bool,
}

/// Everything a scan needs.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line, and none hangs on another"
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
    /// Threads, 0 for one a core; none if that was not said.
    pub jobs: Option<usize>,
    /// Largest file or blob that is scanned, bytes; none for any.
    pub max_blob_size: Option<u64>,
    /// Which rules.
    pub rules: RuleChoice,
    /// Which policy.
    pub policy: PolicyChoice,
    /// Which baseline.
    pub baseline: BaselineChoice,
    /// Where to write what; empty if that was not said.
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
    /// A scan of `input` that nothing else was said about.
    pub fn of(input: Input) -> Self {
        Self {
            input,
            stdin_path: OsString::new(),
            no_ignore: false,
            no_binary: false,
            submodules: false,
            jobs: None,
            max_blob_size: None,
            rules: RuleChoice::default(),
            policy: PolicyChoice::default(),
            baseline: BaselineChoice::default(),
            outputs: Vec::new(),
            fail_on: None,
            fail_on_live: false,
            min_confidence: None,
            verify: None,
            verbosity: Verbosity::Normal,
            color: Color::Auto,
        }
    }

    /// Threads to use; at least 1.
    pub fn threads(&self) -> usize {
        match self.jobs {
            None | Some(0) => std::thread::available_parallelism().map_or(1, usize::from),
            Some(jobs) => jobs,
        }
    }
}
