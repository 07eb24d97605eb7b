//! What a run needs to know of how providers are asked. Where questions may go, and how fast, is for `verify` to define.
//!
//! All of it comes from the command line, or from what whoever runs the scan has configured (`verify`). A configuration file that lies in
//! what is scanned has no say here: it could send credentials to whoever wrote it.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::Verdict;
use crate::verify::Settings;

/// Whether and how providers are asked about what is found.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// How they are asked.
    pub settings: Settings,
    /// Whether it is only told what would be asked.
    pub dry_run: bool,
    /// For how long answers are kept for the next runs, and taken from earlier ones; none if neither is done.
    pub cache: Option<Duration>,
    /// Verdicts whose findings are shown; all if none is named.
    pub only: Vec<Verdict>,
    /// Rule files of the operator, whose recipes may ask as well.
    pub recipes: Vec<PathBuf>,
}

impl VerifyOptions {
    /// How long answers are kept where nobody says otherwise: a credential that was live an hour ago may be dead.
    pub const AGE: Duration = Duration::from_secs(60 * 60);

    /// As nobody says anything else: the providers' own hosts, slowly.
    pub fn of(settings: Settings) -> Self {
        Self {
            settings,
            dry_run: false,
            cache: Some(Self::AGE),
            only: Vec::new(),
            recipes: Vec::new(),
        }
    }
}

/// What `revoke` does. How the provider is asked stands with the scan that looks for the key.
#[derive(Clone, Debug)]
pub struct RevokeOptions {
    /// What is to be revoked.
    pub which: Which,
    /// Whether to do it and not only to show it.
    pub yes: bool,
    /// The variable that holds who deletes the key, if it is not the usual one.
    pub variable: Option<String>,
}

/// What is to be revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// A finding below a path, or in the history of the repository there.
    Below {
        /// Its fingerprint, or the first digits, in lower case.
        digits: String,
        /// Where it is looked for.
        path: PathBuf,
    },
    /// A finding of a report; `-` is standard input.
    Listed {
        /// Its fingerprint, or the first digits, in lower case.
        digits: String,
        /// The report.
        report: PathBuf,
    },
    /// The finding in a place.
    At {
        /// The file.
        file: PathBuf,
        /// Its line, counted from 1.
        line: u64,
        /// Its column, if that was said.
        column: Option<u64>,
    },
    /// What standard input holds: a report, or the credential.
    Stdin,
}

/// What `verify` does.
#[derive(Clone, Debug)]
pub enum VerifyTask {
    /// Asks about what a report lists; `-` is standard input.
    Report(PathBuf),
    /// Lists every host that could be contacted.
    ListEndpoints,
}
