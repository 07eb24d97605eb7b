//! `scan --staged`: what the index holds that `HEAD` does not through the scanner.

use std::path::Path;

use crate::config::{ScanOptions, StagedOptions};
use crate::error::Error;
use crate::git::{Environment, Store};
use crate::model::Report;
use crate::scan::Scanner;
use crate::staged;

/// Scans what is staged in the repository that git would use in the current folder.
pub(super) fn read(
    options: &ScanOptions,
    how: StagedOptions,
    scanner: &Scanner,
) -> Result<Report, Error> {
    let store = Store::open_as_git(Path::new("."), &Environment::of_process())?;
    read_in(&store, options, how, scanner)
}

/// Scans what is staged in the repository `store`.
pub(super) fn read_in(
    store: &Store,
    options: &ScanOptions,
    how: StagedOptions,
    scanner: &Scanner,
) -> Result<Report, Error> {
    let threads = options.threads();
    let how = staged::Options {
        threads,
        all: how.all,
    };
    Ok(staged::scan(store, scanner, how)?)
}
