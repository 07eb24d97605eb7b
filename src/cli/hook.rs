//! The hooks that git runs. No I/O.

use clap::{Args, Subcommand};

use super::{OutputArgs, RuleArgs, options};
use crate::config::{Input, ScanOptions, StagedOptions};
use crate::error::Error;

#[derive(Debug, Subcommand)]
pub(crate) enum HookCommand {
    /// Do what a git hook is there for; hooks call this.
    #[command(subcommand)]
    Run(HookRun),
}

#[derive(Debug, Subcommand)]
pub(crate) enum HookRun {
    /// Scan what is about to be committed: what the index holds and HEAD does not.
    PreCommit(Box<PreCommitArgs>),
}

/// Scan what is about to be committed: what the index holds and HEAD does not.
///
/// Only secrets that the commit adds count. The repository, its index and its objects are those that git names by its
/// environment variables, as it does for the hooks that it runs. Nothing is written.
///
/// `WAXSEAL_SKIP=reason` passes the hook over for once and says so.
#[derive(Debug, Args)]
pub(crate) struct PreCommitArgs {
    /// Show and count what HEAD holds already as well, in the files that are staged.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl PreCommitArgs {
    /// What the scan needs, before a configuration file is merged in.
    pub(crate) fn into_options(self) -> Result<ScanOptions, Error> {
        let input = Input::Staged(StagedOptions { all: self.all });
        options(input, self.rules, &self.output)
    }
}
