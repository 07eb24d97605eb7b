//! Finds what a report lists again, where it says that it was found.
//!
//! A report holds no secret, so the files and objects that it names are scanned once more, and what has the same rule and the same
//! fingerprint is the finding that was meant: at its place, or elsewhere in the same text if lines have moved since. What is not
//! found again is a skip, so that nobody takes a run for one that settled all of the report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::config::ScanOptions;
use crate::git::pack::{Kind, guard};
use crate::git::{Finder, Store};
use crate::model::{
    Blob, Coverage, Finding, ObjectKind, Objects, Origin, Part, Report, Sink as _, Sinks as _,
    Skip, SkipReason, Store as Place, display_path,
};
use crate::report::{Listed, ListedSource};
use crate::scan::OVERLAP;
use crate::source::{FileOptions, Windows, scan_paths};

use super::collect::Collector;
use super::scan::Job;

/// Scans what `listed` names, and keeps what it lists.
pub(super) fn find(listed: Vec<Listed>, options: &ScanOptions, job: &Job<'_>) -> Report {
    let collector = Collector::new(&job.scanner);
    files(&listed, options, &collector);
    let objects = objects(&listed, &collector);
    let mut report = collector.into_report();
    // a report lists what is to be asked about: a comment that lets it pass has no say any more
    let mut found = std::mem::take(&mut report.findings);
    found.append(&mut report.allows.findings);
    report.allows = crate::model::Allows::default();
    report.drops.clear();
    report.coverage.objects = objects;
    let mut pool = Pool::new(found);
    for listed in listed {
        match pool.take(&listed) {
            Some(finding) => report.findings.push(Finding {
                history: listed.history,
                allowed: None,
                ..finding
            }),
            None => miss(&listed, job, &mut report.coverage),
        }
    }
    report.sort();
    report
}

/// Scans the files that are named.
fn files(listed: &[Listed], options: &ScanOptions, collector: &Collector<'_>) {
    let paths: BTreeSet<PathBuf> = listed
        .iter()
        .filter(|it| it.source == ListedSource::File)
        .map(|it| path(&it.path))
        // a folder where a file was is not the file
        .filter(|path| !path.is_dir())
        .collect();
    let paths: Vec<PathBuf> = paths.into_iter().collect();
    let how = FileOptions {
        jobs: options.threads(),
        windows: Windows {
            reach: OVERLAP,
            ..Windows::default()
        },
        ..FileOptions::default()
    };
    scan_paths(&paths, &how, collector);
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// Scans the objects that are named, and gives how many were read; none if none is named.
fn objects(listed: &[Listed], collector: &Collector<'_>) -> Option<Objects> {
    let named: BTreeSet<(ListedSource, &[u8])> = listed
        .iter()
        .filter(|it| !matches!(it.source, ListedSource::File | ListedSource::Stdin))
        .map(|it| (it.source, it.path.as_slice()))
        .collect();
    // where there is no repository, none of them is found
    let store = Store::open(Path::new("."), None).ok();
    let mut finder = Finder::open(store.as_ref()?);
    let mut read = named
        .iter()
        .any(|it| matches!(it.0, ListedSource::Object(..)))
        .then(Objects::default);
    let mut lane = collector.sink();
    for (source, path) in named {
        let (kind, id, place) = match source {
            ListedSource::Staged(id) => (ObjectKind::Blob, id, Place::Index(id)),
            ListedSource::Object(kind, id) => (kind, id, Place::Object(kind, id)),
            ListedSource::File | ListedSource::Stdin => continue,
        };
        let content = match finder.find(&id) {
            Ok(Some((found, content))) if is_of(found, kind) => content,
            // told with the finding
            Ok(_) => continue,
            Err(error) => {
                lane.skip(Skip {
                    path: format!("object {id}").into_bytes(),
                    reason: SkipReason::Damaged,
                    detail: error.to_string(),
                });
                continue;
            }
        };
        if let Some(read) = &mut read {
            let tally = match kind {
                ObjectKind::Blob => &mut read.blobs,
                ObjectKind::Commit => &mut read.commits,
                ObjectKind::Tag => &mut read.tags,
            };
            tally.count += 1;
            tally.bytes += content.len() as u64;
        }
        let blob = Blob {
            origin: Origin::new(path, place),
            bytes: &content,
            part: Part::whole(content.len()),
        };
        if guard(|| lane.blob(&blob)).is_err() {
            lane = collector.sink();
            lane.skip(Skip {
                path: format!("object {id}").into_bytes(),
                reason: SkipReason::Internal,
                detail: String::new(),
            });
        }
    }
    read
}

fn is_of(found: Kind, kind: ObjectKind) -> bool {
    matches!(
        (found, kind),
        (Kind::Blob, ObjectKind::Blob)
            | (Kind::Commit, ObjectKind::Commit)
            | (Kind::Tag, ObjectKind::Tag)
    )
}

/// What was found where the report says that something is.
struct Pool(BTreeMap<(String, String), Vec<Finding>>);

impl Pool {
    fn new(found: Vec<Finding>) -> Self {
        let mut pool: BTreeMap<_, Vec<Finding>> = BTreeMap::new();
        for finding in found {
            let key = (finding.rule.to_string(), finding.fingerprint.to_string());
            pool.entry(key).or_default().push(finding);
        }
        Self(pool)
    }

    /// The finding that is meant, if it is there: the one in its place before one elsewhere in the same text.
    fn take(&mut self, listed: &Listed) -> Option<Finding> {
        let key = (listed.rule.clone(), listed.fingerprint.to_ascii_lowercase());
        let found = self.0.get_mut(&key)?;
        let here = |finding: &Finding| match (finding.origin.store, listed.source) {
            (Place::File(_), ListedSource::File) => finding.origin.path == listed.path,
            (Place::Index(here), ListedSource::Staged(there))
            | (Place::Object(_, here), ListedSource::Object(_, there)) => {
                here == there && finding.origin.path == listed.path
            }
            _ => false,
        };
        let there = |finding: &Finding| (finding.place.line, finding.place.column) == listed.place;
        let at = found
            .iter()
            .position(|finding| here(finding) && there(finding))
            .or_else(|| found.iter().position(here))?;
        Some(found.swap_remove(at))
    }
}

/// Takes note that a finding is not found again, and why as far as that can be told.
fn miss(listed: &Listed, job: &Job<'_>, coverage: &mut Coverage) {
    let shown = listed.shown();
    // what could not be read was said already, with its reason
    if coverage.named.iter().any(|skip| skip.path == *shown) && listed.source == ListedSource::File
    {
        return;
    }
    let rule = display_path(listed.rule.as_bytes());
    let (line, column) = listed.place;
    let why = if listed.source == ListedSource::Stdin {
        "it was read from standard input, which is gone"
    } else if !job.scanner.rules().any(|rule| rule.id == listed.rule) {
        "its rule is none of this run; give the file of the rule with --rules"
    } else if matches!(listed.source, ListedSource::File) {
        "it is not there any more; run this in the folder in which the report was made"
    } else {
        "its object is not in the repository here, or holds something else"
    };
    coverage.skip(Skip {
        path: shown.into_owned(),
        reason: SkipReason::Vanished,
        detail: format!("{rule} at {line}:{column} was not asked about: {why}"),
    });
}
