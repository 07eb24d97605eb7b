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
    /// How the provider is asked. Put in when all that has a say was read.
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
