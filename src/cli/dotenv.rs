//! The options of `dotenv`. No I/O.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Keep .env files out of the repository.
#[derive(Debug, Subcommand)]
pub(crate) enum DotenvCommand {
    // its own comment is shown, the long form too
    Fix(FixArgs),
}

/// Say what keeps .env files out of the repository: ignore lines, a sample without values, and the command for tracked ones.
///
/// PATH is a folder, or one .env file. In a folder its own .env files count, and the tracked ones of all folders below. The sample
/// has the keys and comments of the .env file; of its values only those stay that can't be secret, such as ports and switches.
/// Nothing is changed without --write. No git command is ever run.
///
/// Exit status: 0 nothing to do, 1 something to do or left to do, 2 failed.
#[derive(Debug, Args)]
pub(crate) struct FixArgs {
    /// Folder or .env file.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// Write the ignore lines and the sample. A sample that is there already stays as it is.
    #[arg(long)]
    pub(crate) write: bool,
}
