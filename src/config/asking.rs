//! What a run needs to know of how providers are asked. Where questions may go, and how fast, is for `verify` to define.
//!
//! All of it comes from the command line, or from what whoever runs the scan has configured (`verify`). A configuration file that lies in
//! what is scanned has no say here: it could send credentials to whoever wrote it.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::Verdict;
use crate::verify::Settings;

/// Whether and how providers are asked about what is found.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// How they are asked. What a setting can say is put in when all that has a say was read.
    pub settings: Settings,
    /// What flags say of that.
    pub flags: VerifyFlags,
    /// A flag that was given and makes sense only if providers are asked, where no flag says that they are.
    pub unasked: Option<&'static str>,
    /// Whether it is only told what would be asked.
    pub dry_run: bool,
    /// For how long answers are kept for the next runs, and taken from earlier ones; none if neither is done.
    pub cache: Option<Duration>,
    /// Verdicts whose findings are shown; all if none is named.
    pub only: Vec<Verdict>,
}

/// What the command line says where a setting could say it as well; none where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyFlags {
    /// Mail servers.
    pub hosts: Vec<String>,
    /// The proxy: a URL, `env` or `none`.
    pub proxy: Option<String>,
    /// Most questions of a run.
    pub max_requests: Option<u64>,
    /// Seconds for all of them.
    pub timeout: Option<u64>,
    /// Seconds for one.
    pub request_timeout: Option<u64>,
    /// Questions to one host at a time.
    pub concurrency: Option<u64>,
    /// Questions a second.
    pub rate: Option<u64>,
    /// Whether answers are neither used nor kept.
    pub no_cache: bool,
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
