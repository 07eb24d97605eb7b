//! `scan --history`: the objects of a repository through the scanner.

use crate::config::{HistoryEngine, HistoryOptions, ScanOptions};
use crate::error::Error;
use crate::git;
use crate::history::{self, Progress, Scope};
use crate::model::{Report, display_path};
use crate::report::Verbosity;
use crate::scan::Scanner;

use super::progress;

/// Scans the history that is asked for.
pub(super) fn read(
    options: &ScanOptions,
    history: &HistoryOptions,
    scanner: &Scanner,
) -> Result<Report, Error> {
    let git_dir = history.git_dir.as_deref();
    let store = git::Store::open(&history.repo, git_dir)?;
    let threads = options.threads();
    let how = history::Options {
        threads,
        scope: Scope {
            range: history.range.clone(),
            branches: history.branches.clone(),
            since: history.since,
            reachable: history.reachable,
        },
        most: options.max_blob_size,
        allow_missing: history.allow_missing,
        in_full: history.engine == HistoryEngine::Naive,
        no_binary: options.no_binary,
    };
    let so_far = Progress::default();
    let name = git_dir.unwrap_or(&history.repo);
    let name = display_path(name.as_os_str().as_encoded_bytes());
    let wanted = options.verbosity > Verbosity::Quiet;
    let found = progress::shown(&name, &so_far, wanted, || {
        // what is not read object by object (indexes, headers) uses the common pool
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        match pool {
            Ok(pool) => pool.install(|| history::scan(&store, scanner, &how, &so_far)),
            Err(_) => history::scan(&store, scanner, &how, &so_far),
        }
    })?;
    let mut report = Report {
        findings: found.findings,
        coverage: found.coverage,
        ..Report::default()
    };
    report.sort();
    Ok(report)
}
