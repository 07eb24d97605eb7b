//! Failures of a whole run, and what the exit status says.

use crate::model::Outcome;
use crate::rules::nearest;

/// Exit status of a run: the same for every format.
pub const EXIT_CLEAN: u8 = 0;
/// Something was found.
pub const EXIT_FOUND: u8 = 1;
/// The run failed or did not see everything.
pub const EXIT_FAILED: u8 = 2;

/// The exit status that says `outcome`.
pub fn exit_status(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Clean => EXIT_CLEAN,
        Outcome::Found => EXIT_FOUND,
        Outcome::Failed => EXIT_FAILED,
    }
}

/// Why a run could not be done. What could not be read while it went on is a [`crate::model::Skip`] instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule or config file that can't be used.
    #[error(transparent)]
    Rules(#[from] crate::rules::parse::RuleError),
    /// A config file that can't be used.
    #[error("{file}: {problem}")]
    Config {
        /// The file.
        file: String,
        /// What is wrong, with line and caret where that is known.
        problem: String,
    },
    /// A file that the user named can't be read or written.
    #[error("{path}")]
    Io {
        /// The file.
        path: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// A name that is none: rule, format, severity.
    #[error("unknown {what} `{name}`; {hint}")]
    Unknown {
        /// What it should have been.
        what: &'static str,
        /// What was given.
        name: String,
        /// The nearest valid name, or where all of them are named.
        hint: String,
    },
    /// A repository whose history can't be opened.
    #[error(transparent)]
    Store(#[from] crate::git::StoreError),
    /// A history that can't be scanned.
    #[error(transparent)]
    History(#[from] crate::history::HistoryError),
    /// A hook that can't be installed or taken away.
    #[error(transparent)]
    Hook(#[from] crate::hooks::HookError),
    /// What is staged can't be told.
    #[error(transparent)]
    Staged(#[from] crate::staged::StagedError),
    /// A range of commits that can't be scanned.
    #[error(transparent)]
    Range(#[from] crate::range::RangeError),
    /// A CI job that does not say enough of itself.
    #[error(transparent)]
    Ci(#[from] crate::ci::CiError),
    /// Providers can't be asked at all.
    #[cfg(feature = "verify")]
    #[error(transparent)]
    Net(#[from] crate::verify::net::NetError),
    /// Options that contradict each other.
    #[error("{0}")]
    Usage(String),
    /// Samples that do not behave.
    #[error("{failed} of {total} samples failed")]
    Samples {
        /// How many.
        failed: usize,
        /// Of how many.
        total: usize,
    },
}

/// As many names as a message can hold.
const FEW: usize = 8;

/// The error that `name` is no `what`, with the nearest of the names that are `known`.
pub fn unknown<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let known: Vec<&str> = known.collect();
    let hint = match nearest(name, &known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.len() <= FEW => format!("known: {}", known.join(", ")),
        None => "`waxseal rules list` names them all".to_owned(),
    };
    Error::Unknown {
        what,
        name: name.to_owned(),
        hint,
    }
}
