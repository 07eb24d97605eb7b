//! The options of `hook run pre-commit`. No I/O.

use clap::Args;

use super::{AskArgs, OutputArgs, RuleArgs, options};
use crate::config::{Asks, Input, PolicyChoice, ScanOptions, StagedOptions};
use crate::error::Error;

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
    verify: AskArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl PreCommitArgs {
    /// How what is staged is scanned.
    pub(crate) fn how(&self) -> StagedOptions {
        StagedOptions { all: self.all }
    }

    /// What the scan needs, before a configuration file is merged in.
    pub(crate) fn into_options(self) -> Result<ScanOptions, Error> {
        let input = Input::Staged(self.how());
        let options = options(input, self.rules, &self.output)?;
        let options = self.verify.put_into(options)?;
        Ok(ScanOptions {
            policy: PolicyChoice {
                asks: Asks::InHooks,
                ..options.policy
            },
            ..options
        })
    }
}
