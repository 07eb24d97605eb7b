//! What a run needs to know: what is asked for on the command line, merged with configuration files and the environment.
//!
//! A flag outranks a variable, that a file, and a file the default. One table names every setting ([`table`]). Reads files, runs
//! nothing, and knows nothing of commits: whoever wants the policy of one hands in what reads it ([`resolve_from`]).

mod asking;
mod caret;
mod discover;
mod file;
mod gitleaks;
mod merge;
mod options;
mod policy;
mod rule_files;
mod schema;
mod show;
mod source;
pub mod table;
mod value;
mod verify;
mod wide;

use crate::error::{Error, unknown};
use crate::model::{Confidence, Severity};

pub use asking::{RevokeOptions, VerifyFlags, VerifyOptions, VerifyTask, Which};
pub use discover::{one_root, root};
pub use options::{
    Asks, BaselineChoice, CiOptions, Color, CommentsByDefault, HistoryEngine, HistoryOptions,
    Input, Output, PolicyChoice, RuleChoice, ScanOptions, StagedOptions,
};
pub use policy::{
    Policy, Reader, Sources, TooWide, configuration, in_folder, named, resolve, resolve_from,
    resolve_with, sources,
};
pub use rule_files::{all_rules, read_rules};
pub use schema::{reference, schema};
pub use show::show;
pub use source::{LARGEST, Origin, Text, file_in};
pub use value::{check_proxy, size};
pub use verify::{ProxyChoice, VerifySettings};
pub use wide::too_wide;

/// Name of the configuration file of a repository.
pub const FILE_NAME: &str = ".waxseal.toml";

/// The variable that names a configuration file.
pub const CONFIG_VARIABLE: &str = "WAXSEAL_CONFIG";

/// A severity by name.
pub fn severity(name: &str) -> Result<Severity, Error> {
    let known = || Severity::ALL.into_iter().map(Severity::id);
    Severity::ALL
        .into_iter()
        .find(|severity| severity.id() == name)
        .ok_or_else(|| unknown("severity", name, known()))
}

/// A confidence by name.
pub fn confidence(name: &str) -> Result<Confidence, Error> {
    let known = || Confidence::ALL.into_iter().map(Confidence::id);
    Confidence::ALL
        .into_iter()
        .find(|confidence| confidence.id() == name)
        .ok_or_else(|| unknown("confidence", name, known()))
}
