//! The options of `hook`. No I/O.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::RunCommand;
use crate::hooks::Hook;

/// Where hooks are put when no repository is named.
const HERE: &str = ".";

/// Check commits and pushes by git hooks.
#[derive(Debug, Subcommand)]
pub(crate) enum HookCommand {
    /// Let git run waxseal: put a hook where git looks for it.
    Install(InstallArgs),
    /// Take waxseal's hooks away and put back what was there before.
    Uninstall(UninstallArgs),
    /// Say whether commits are really checked here, and what is missing.
    Doctor(DoctorArgs),
    /// Do what a hook has to do; git calls this.
    #[command(subcommand)]
    Run(Box<RunCommand>),
}

/// Let git run waxseal: put a hook where git looks for it.
///
/// A hook that is there already is kept and runs first. core.hooksPath counts, wherever it is set.
#[derive(Debug, Args)]
pub(crate) struct InstallArgs {
    /// Which hook; may be repeated [default: pre-commit].
    #[arg(long = "type", value_name = "HOOK", value_enum)]
    pub(crate) hooks: Vec<Hook>,
    /// For all your repositories: set core.hooksPath in your global git configuration to a folder of waxseal's. Hooks of the
    /// repositories themselves go on running.
    #[arg(long, conflicts_with = "repo")]
    pub(crate) global: bool,
    /// With --global: even if core.hooksPath names another folder already.
    #[arg(long, requires = "global")]
    pub(crate) force: bool,
    /// A folder of the repository.
    #[arg(long, value_name = "DIR", default_value = HERE, hide_default_value = true)]
    pub(crate) repo: PathBuf,
}

/// Take waxseal's hooks away and put back what was there before.
#[derive(Debug, Args)]
pub(crate) struct UninstallArgs {
    /// Which hook; may be repeated [default: all of them].
    #[arg(long = "type", value_name = "HOOK", value_enum)]
    pub(crate) hooks: Vec<Hook>,
    /// Those for all your repositories.
    #[arg(long, conflicts_with_all = ["repo", "hooks"])]
    pub(crate) global: bool,
    /// A folder of the repository.
    #[arg(long, value_name = "DIR", default_value = HERE, hide_default_value = true)]
    pub(crate) repo: PathBuf,
}

/// Say whether commits are really checked here, and what is missing.
///
/// Exit status: 0 if all is well, 1 if something is worth a look, 2 if commits are not checked.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// A folder of the repository.
    #[arg(long, value_name = "DIR", default_value = HERE, hide_default_value = true)]
    pub(crate) repo: PathBuf,
    /// Configuration file to try [default: .waxseal.toml at the root of the repository].
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
