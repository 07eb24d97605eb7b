//! The options of `baseline`: what is to be let pass, and what is to be known of it. No I/O.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::history::{range, since};
use super::{OutputArgs, RuleArgs, options};
use crate::baseline::{LONGEST_TEXT, SHORTEST, is_fingerprint};
use crate::config::{Input, ScanOptions};
use crate::error::Error;
use crate::model::Day;

/// Let known findings pass, and keep track of them.
///
/// A baseline is the file .waxseal-baseline.jsonl at the top of the repository. It names values by keyed digests, so it holds no
/// secret, and an entry stays right when the secret moves. Commit it.
#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    Create(CreateArgs),
    Add(AddArgs),
    Remove(RemoveArgs),
    Prune(PruneArgs),
    Audit(AuditArgs),
}

/// Make a baseline of all that is found now.
///
/// From then on only new secrets count. The file gets a key of its own, so that the fingerprints of this repository change once;
/// with `WAXSEAL_FINGERPRINT_KEY` set, that is the key, and the file has its id only.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) entry: EntryArgs,
}

/// Add findings to the baseline, which is made if there is none.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Fingerprints, as -v and every format for machines show them; 8 digits will do if no other begins so.
    #[arg(value_name = "FINGERPRINT", required_unless_present = "all")]
    pub(crate) fingerprints: Vec<String>,
    /// Add all that is found and not in it yet.
    #[arg(long, conflicts_with = "fingerprints")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) entry: EntryArgs,
}

/// Take entries out of the baseline: what they name counts again.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// Fingerprints; 8 digits will do if no other begins so.
    #[arg(value_name = "FINGERPRINT", required = true)]
    pub(crate) fingerprints: Vec<String>,
    /// The baseline [default: .waxseal-baseline.jsonl at the top of the repository].
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
}

/// Take entries out of the baseline that name nothing that is there.
///
/// Everything that the baseline is about is scanned for that: the work tree, and the history as well if it was made or added to
/// with --history. What is not whole (a shallow clone, a sparse checkout, an unreadable file) takes nothing out.
#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// Only say what would go.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) scan: SourceArgs,
}

/// Go through what is found, one by one, and say what may pass and why.
///
/// Shown is what is not in the baseline, and what is in it without a reason. Secrets are masked; [v] shows one on the screen until the next
/// key. Needs a terminal. Every answer is saved at once.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Go through entries that have a reason as well.
    #[arg(long)]
    pub(crate) again: bool,
}

/// Where to look for findings.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct PlaceArgs {
    /// Look at what would be committed, and at nothing else.
    #[arg(long, conflicts_with = "history")]
    staged: bool,
    /// Look at all that was ever committed as well as at the work tree; with one of the next four at that part of it, and at nothing else.
    #[arg(long)]
    history: bool,
    /// What the commits reachable from B and not from A brought in; A or B left out is HEAD.
    #[arg(
        long,
        value_name = "A..B",
        requires = "history",
        conflicts_with = "branches"
    )]
    range: Option<String>,
    /// What is reachable from this branch; may be repeated.
    #[arg(long = "branch", value_name = "NAME", requires = "history")]
    branches: Vec<String>,
    /// Commits from then on: 2024-01-31, 2024-01-31T08:00:00Z or "90 days ago".
    #[arg(long, value_name = "DATE", requires = "history")]
    since: Option<String>,
    /// What a ref reaches.
    #[arg(long, requires = "history")]
    reachable: bool,
    /// Accept that objects are not here which a partial clone left to its remote.
    #[arg(long, requires = "history")]
    allow_missing: bool,
    #[command(flatten)]
    pub(crate) scan: SourceArgs,
}

impl PlaceArgs {
    /// What is to be looked at.
    pub(crate) fn look(&self) -> Result<Look, Error> {
        if self.staged {
            return Ok(Look::Staged);
        }
        if !self.history {
            return Ok(Look::Tree);
        }
        let part = Past {
            range: self.range.clone().map(range).transpose()?,
            branches: self.branches.clone(),
            since: match &self.since {
                Some(text) => Some(since(text, jiff::Timestamp::now())?),
                None => None,
            },
            reachable: self.reachable,
            allow_missing: self.allow_missing,
        };
        let is_part = part.range.is_some()
            || !part.branches.is_empty()
            || part.since.is_some()
            || part.reachable;
        Ok(if is_part {
            Look::Part(part)
        } else {
            Look::All(part)
        })
    }
}

/// What a command about findings looks at.
#[derive(Clone, Debug)]
pub(crate) enum Look {
    /// The work tree.
    Tree,
    /// What would be committed.
    Staged,
    /// The work tree and the history.
    All(Past),
    /// A part of the history.
    Part(Past),
}

/// How much of a history.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    /// `A..B`: only what is reachable from B and not from A.
    pub(crate) range: Option<String>,
    /// Only what these branches reach, if any are named.
    pub(crate) branches: Vec<String>,
    /// Only commits from then on, in seconds since 1970 UTC.
    pub(crate) since: Option<i64>,
    /// Only what a ref reaches.
    pub(crate) reachable: bool,
    /// Whether objects may be missing that a partial clone left to its remote.
    pub(crate) allow_missing: bool,
}

/// By which rules to look.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// The baseline [default: .waxseal-baseline.jsonl at the top of the repository].
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Add the rules of this file; may be repeated.
    #[arg(long = "rules", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Configuration file [default: .waxseal.toml at the top of the repository].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Leave this rule out; may be repeated.
    #[arg(long = "skip-rule", value_name = "ID")]
    skip: Vec<String>,
    /// Look at ignored files too.
    #[arg(long)]
    no_ignore: bool,
    /// Look at submodules and repositories inside the work tree as well.
    #[arg(long)]
    submodules: bool,
    /// Number of threads [default: one for each core].
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
}

/// What an entry says beside the fingerprint.
#[derive(Debug, Args)]
pub(crate) struct EntryArgs {
    /// Why it may pass.
    #[arg(long, value_name = "TEXT", value_parser = text)]
    pub(crate) reason: Option<String>,
    /// Who answers for it.
    #[arg(long, value_name = "NAME", value_parser = text)]
    pub(crate) owner: Option<String>,
    /// The last day on which it may pass, as 2026-03-31.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) expires: Option<Day>,
}

impl SourceArgs {
    /// Those of a command that looks for nothing.
    pub(crate) fn of(baseline: Option<PathBuf>) -> Self {
        Self {
            baseline,
            files: Vec::new(),
            config: None,
            skip: Vec::new(),
            no_ignore: false,
            submodules: false,
            jobs: None,
        }
    }

    /// What a scan of `input` needs.
    pub(crate) fn into_options(self, input: Input) -> Result<ScanOptions, Error> {
        let rules = RuleArgs {
            only: Vec::new(),
            skip: self.skip,
            files: self.files,
            config: self.config,
            policy_from: None,
            no_allow: false,
            no_foreign_markers: false,
            baseline: self.baseline,
            no_baseline: false,
        };
        Ok(ScanOptions {
            jobs: self.jobs,
            no_ignore: self.no_ignore,
            submodules: self.submodules,
            ..options(input, rules, &OutputArgs::plain())?
        })
    }
}

/// A reason or a name, as it may stand in an entry.
pub(crate) fn text(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("nothing is said here".to_owned());
    }
    if text.chars().count() > LONGEST_TEXT {
        return Err(format!("longer than {LONGEST_TEXT} characters"));
    }
    Ok(text.to_owned())
}

/// The last day of an entry.
pub(crate) fn day(text: &str) -> Result<Day, String> {
    Day::parse(text.as_bytes()).ok_or_else(|| "no day of the calendar; write 2026-03-31".to_owned())
}

/// A fingerprint, whole or shortened, in lower case.
pub(crate) fn fingerprint(text: &str) -> Result<String, Error> {
    let digits = text.trim().to_ascii_lowercase();
    if is_fingerprint(&digits) {
        return Ok(digits);
    }
    let is_hex = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    Err(Error::Usage(if is_hex && digits.len() < SHORTEST {
        format!(
            "{text} is too short for a fingerprint: give at least the first {SHORTEST} of its 32 digits"
        )
    } else {
        format!(
            "{text:?} is no fingerprint: 32 hexadecimal digits, or at least the first {SHORTEST} of them; `waxseal scan -v` shows them"
        )
    }))
}
