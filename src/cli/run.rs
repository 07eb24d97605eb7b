//! The options of `hook run`: what git hands to its hooks, and how to scan. No I/O.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{AskArgs, OutputArgs, PreCommitArgs, RuleArgs, options};
use crate::config::{Asks, CommentsByDefault, Input, PolicyChoice, ScanOptions};
use crate::error::Error;

/// Do what a hook has to do; git calls this.
#[derive(Debug, Subcommand)]
pub(crate) enum RunCommand {
    /// Check what is about to be committed: what the index holds and HEAD does not.
    PreCommit(Box<PreCommitArgs>),
    CommitMsg(Box<MessageArgs>),
    PrePush(Box<PushArgs>),
    PreReceive(Box<ReceiveArgs>),
}

/// Check the message of the commit that is being made.
///
/// What git will cut off, comments and the diff of `git commit -v`, is left out.
///
/// `WAXSEAL_SKIP=reason` passes the hook over for once and says so.
#[derive(Debug, Args)]
pub(crate) struct MessageArgs {
    /// The file that holds the message.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) scan: GateArgs,
}

/// Check what is about to be pushed.
///
/// Standard input says which refs, as git does it. Scanned are the commits that the remote is not known to have: neither in
/// what these refs have there nor in refs/remotes/REMOTE. A secret
/// that a file held before does not count.
///
/// `WAXSEAL_SKIP=reason` passes the hook over for once and says so.
#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// Name of the remote, or its URL where it has no name.
    #[arg(value_name = "REMOTE", default_value = "", hide_default_value = true)]
    pub(crate) remote: OsString,
    /// Where it is; git says it, and nothing hangs on it.
    #[arg(value_name = "URL")]
    pub(crate) url: Option<OsString>,
    #[command(flatten)]
    pub(crate) scan: GateArgs,
}

/// Check what was pushed here before it is let in.
///
/// Standard input says which refs, as git does it. Scanned are the commits that no ref of this repository has. No configuration file
/// is read but the one that --config names or the commit that --policy-from names has, no variable counts, and nothing that the pusher
/// sets switches this off. Comments that allow a finding do not count without --allow-comments.
#[derive(Debug, Args)]
pub(crate) struct ReceiveArgs {
    #[command(flatten)]
    rules: RuleArgs,
    /// Let waxseal:allow comments in what is pushed let findings pass; otherwise whoever pushes has no say.
    #[arg(long, conflicts_with = "no_allow", help_heading = "Rules")]
    allow_comments: bool,
    /// Lowest severity for which a push is refused: low, medium, high or critical [default: low].
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<String>,
    /// Least confidence for which a push is refused: low, medium or high [default: low].
    #[arg(long, value_name = "LEVEL")]
    min_confidence: Option<String>,
    /// Number of threads [default: one for each core].
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
}

/// How a hook scans.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    verify: AskArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Number of threads [default: one for each core].
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
}

impl GateArgs {
    /// What the scan needs. The configuration file at `root`, the top of the work tree, counts.
    pub(crate) fn into_options(self, root: Option<PathBuf>) -> Result<ScanOptions, Error> {
        let options = options(Input::Handed { root }, self.rules, &self.output)?;
        let options = self.verify.put_into(options)?;
        Ok(ScanOptions {
            jobs: self.jobs,
            policy: PolicyChoice {
                asks: Asks::InHooks,
                ..options.policy
            },
            ..options
        })
    }
}

impl ReceiveArgs {
    /// What the scan needs. What was pushed has no say in it.
    pub(crate) fn into_options(self) -> Result<ScanOptions, Error> {
        let output = OutputArgs {
            fail_on: self.fail_on,
            min_confidence: self.min_confidence,
            ..OutputArgs::plain()
        };
        let mut options = options(Input::Handed { root: None }, self.rules, &output)?;
        options.jobs = self.jobs;
        options.rules.allow_comments = if self.allow_comments {
            Some(true)
        } else {
            options.rules.allow_comments
        };
        // the pusher may have set variables, and the folder that is home
        options.policy.deaf = true;
        options.policy.comments_by_default = CommentsByDefault::DoNotCount;
        Ok(options)
    }
}
