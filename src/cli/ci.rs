//! The options of `ci`. No I/O but a look at one variable.

use clap::Args;

use super::history::{range, size};
use super::{AskArgs, OutputArgs, RuleArgs, options};
use crate::config::{Asks, CiOptions, Input, Output, PolicyChoice, ScanOptions};
use crate::error::Error;
use crate::report::Format;

/// Check what a CI job is about: a pull request, a push, or all that is checked out.
///
/// The range comes from the environment of GitHub Actions, GitLab CI/CD, Bitbucket Pipelines, Azure Pipelines, Jenkins or CircleCI,
/// or from --range. The configuration is that of the commit that the range starts from, so that a pull request can't switch its own
/// check off; what it changes in it is told. Without a range (a schedule, a start by hand), all that HEAD reaches is scanned. Needs
/// a clone that holds the whole range, and no network.
#[derive(Debug, Args)]
pub(crate) struct CiArgs {
    /// Scan what the commits reachable from B and not from A bring in, whatever the environment says; A or B left out is HEAD.
    #[arg(long, value_name = "A..B", help_heading = "Input")]
    range: Option<String>,
    /// Leave out blobs larger than this: bytes, or with k, M or G in units of 1024, 1024² or 1024³ bytes.
    #[arg(long, value_name = "SIZE", help_heading = "Input")]
    max_blob_size: Option<String>,
    /// Accept that objects are not here which a partial clone left to its remote.
    #[arg(long, help_heading = "Input")]
    allow_missing: bool,
    /// Leave binary files out; otherwise they are searched for typed tokens and encoded text.
    #[arg(long, help_heading = "Input")]
    no_binary: bool,
    /// Number of threads [default: one for each core].
    #[arg(short, long, value_name = "N", help_heading = "Input")]
    jobs: Option<usize>,
    #[command(flatten)]
    rules: CiRuleArgs,
    #[command(flatten)]
    verify: AskArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// No file can be named here: one of the checkout is what the change to be checked may have made of it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
struct CiRuleArgs {
    /// Use this rule only, even one that is off by default; may be repeated.
    #[arg(long = "rule", value_name = "ID")]
    only: Vec<String>,
    /// Leave this rule out; may be repeated.
    #[arg(long = "skip-rule", value_name = "ID")]
    skip: Vec<String>,
    /// Go by the configuration that this commit has, whatever the event says: a branch, a tag or an id.
    #[arg(long, value_name = "REV")]
    policy_from: Option<String>,
    /// Report what comments in the scanned files let pass as well: waxseal:allow, and those for other programs.
    #[arg(long)]
    no_allow: bool,
    /// Let comments that were written for other programs (gitleaks:allow, ggignore ...) let nothing pass.
    #[arg(long)]
    no_foreign_markers: bool,
    /// Report what the baseline lets pass as well.
    #[arg(long)]
    no_baseline: bool,
}

impl CiArgs {
    /// What the scan needs, before a configuration file is merged in.
    pub(crate) fn into_options(self) -> Result<(ScanOptions, CiOptions), Error> {
        let rules = RuleArgs {
            only: self.rules.only,
            skip: self.rules.skip,
            files: Vec::new(),
            config: None,
            policy_from: self.rules.policy_from,
            no_allow: self.rules.no_allow,
            no_foreign_markers: self.rules.no_foreign_markers,
            baseline: None,
            no_baseline: self.rules.no_baseline,
        };
        let on_github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        let by_default = on_github && self.output.formats.is_empty();
        let mut options = options(Input::Handed { root: None }, rules, &self.output)?;
        if by_default {
            options.outputs.push(Output {
                format: Format::Github,
                file: None,
            });
        }
        let options = self.verify.put_into(options)?;
        let options = ScanOptions {
            policy: PolicyChoice {
                // no file of the checkout has a say there
                asks: Asks::InScans,
                ..options.policy
            },
            no_binary: self.no_binary,
            jobs: self.jobs,
            max_blob_size: self.max_blob_size.as_deref().map(size).transpose()?,
            ..options
        };
        let ci = CiOptions {
            range: self.range.map(range).transpose()?,
            allow_missing: self.allow_missing,
        };
        Ok((options, ci))
    }
}
