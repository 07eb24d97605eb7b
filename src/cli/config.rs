//! The options of `config`. No I/O.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::config::{Input, PolicyChoice, ScanOptions};

/// The folder whose configuration is meant when none is named.
const HERE: &str = ".";

/// Show the configuration that counts, or check it.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check the configuration, and the samples of the rules in it.
    ///
    /// Exit status: 0 if it can be used, 1 if it lets too much pass, 2 if it can't be used.
    Check(ConfigArgs),
    /// Show every setting with its value, and where that came from.
    Show(ConfigArgs),
    /// Print the JSON Schema of .waxseal.toml, for editors.
    Schema,
}

/// Whose configuration.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// A folder of the repository, or a file in it [default: the current folder].
    #[arg(value_name = "PATH", default_value = HERE, hide_default_value = true)]
    path: PathBuf,
    /// Configuration file [default: that of `WAXSEAL_CONFIG`, or .waxseal.toml at the root of the repository].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The configuration that this commit has: a branch, a tag or an id.
    #[arg(long, value_name = "REV", conflicts_with = "config")]
    policy_from: Option<String>,
}

impl ConfigArgs {
    /// The scan whose policy it would be.
    pub(crate) fn into_options(self) -> ScanOptions {
        ScanOptions {
            policy: PolicyChoice {
                file: self.config,
                from: self.policy_from,
                ..PolicyChoice::default()
            },
            ..ScanOptions::of(Input::Paths(vec![self.path]))
        }
    }
}
