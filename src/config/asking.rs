//! What a run needs to know of how providers are asked. Where questions may go, and how fast, is for `verify` to define.
//!
//! All of it comes from the command line. A configuration file that lies in what is scanned has no say here: it could send
//! credentials to whoever wrote it.

use std::path::PathBuf;

use crate::model::Verdict;
use crate::verify::Settings;

/// Whether and how providers are asked about what is found.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// How they are asked.
    pub settings: Settings,
    /// Whether it is only told what would be asked.
    pub dry_run: bool,
    /// Whether answers are kept for the next run, and taken from earlier ones.
    pub cache: bool,
    /// Verdicts whose findings are shown; all if none is named.
    pub only: Vec<Verdict>,
    /// Rule files of the operator, whose recipes may ask as well.
    pub recipes: Vec<PathBuf>,
}

/// What `revoke` does.
#[derive(Clone, Debug)]
pub struct RevokeOptions {
    /// Fingerprint of the finding, or its first digits, in lower case.
    pub fingerprint: String,
    /// Where to look for it.
    pub path: PathBuf,
    /// Whether to do it and not only to show it.
    pub yes: bool,
    /// The variable that holds who deletes the key, if it is not the usual one.
    pub variable: Option<String>,
    /// How the provider is asked.
    pub settings: Settings,
}

/// What `verify` does.
#[derive(Clone, Debug)]
pub enum VerifyTask {
    /// Asks about what a report lists; `-` is standard input.
    Report(PathBuf),
    /// Lists every host that could be contacted.
    ListEndpoints,
}
