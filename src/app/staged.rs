//! `scan --staged`: what the index holds that `HEAD` does not through the scanner.

use crate::config::{ScanOptions, StagedOptions};
use crate::error::Error;
use crate::git::Store;
use crate::model::Report;
use crate::scan::Scanner;
use crate::staged;

/// Scans what is staged in the repository `store`.
pub(super) fn read(
    store: &Store,
    options: &ScanOptions,
    how: StagedOptions,
    scanner: &Scanner,
) -> Result<Report, Error> {
    let threads = options.threads();
    let how = staged::Options {
        threads,
        all: how.all,
        most: options.max_blob_size,
    };
    Ok(staged::scan(store, scanner, how)?)
}
