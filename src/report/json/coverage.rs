//! What was looked at and what was not, as the JSON formats and the SARIF log hold it.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::Path;
use crate::model::{self, SkipReason};
use crate::report::wording;

/// What was looked at and what was not.
#[derive(Serialize)]
pub(in crate::report) struct Coverage<'a> {
    complete: bool,
    files: u64,
    bytes: u64,
    binary_files: u64,
    /// Every reason, also those that did not occur, in a fixed order.
    #[serde(serialize_with = "as_object")]
    skipped: Vec<(&'static str, u64)>,
    named: Vec<Skip<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<Objects>,
}

impl<'a> Coverage<'a> {
    /// The published form of `coverage`.
    pub(in crate::report) fn new(coverage: &'a model::Coverage) -> Self {
        let in_history = coverage.objects.is_some();
        Self {
            complete: coverage.is_complete(),
            files: coverage.files,
            bytes: coverage.bytes,
            binary_files: coverage.binary_files,
            skipped: SkipReason::ALL
                .iter()
                .map(|&reason| (reason.id(), coverage.count(reason)))
                .collect(),
            named: coverage
                .named
                .iter()
                .map(|skip| Skip {
                    path: Path::new(&skip.path),
                    reason: skip.reason.id(),
                    failure: skip.reason.is_failure(),
                    detail: wording::explain(skip, in_history),
                })
                .collect(),
            objects: coverage.objects.map(Objects::new),
        }
    }
}

fn as_object<S: Serializer>(pairs: &[(&str, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().copied())
}

#[derive(Serialize)]
struct Skip<'a> {
    #[serde(flatten)]
    path: Path<'a>,
    reason: &'static str,
    failure: bool,
    detail: Cow<'a, str>,
}

/// The objects of a history that were read.
#[derive(Serialize)]
struct Objects {
    blobs: Tally,
    trees: Tally,
    commits: Tally,
    tags: Tally,
}

impl Objects {
    fn new(objects: model::Objects) -> Self {
        let tally = |tally: model::Tally| Tally {
            count: tally.count,
            bytes: tally.bytes,
        };
        Self {
            blobs: tally(objects.blobs),
            trees: tally(objects.trees),
            commits: tally(objects.commits),
            tags: tally(objects.tags),
        }
    }
}

#[derive(Serialize)]
struct Tally {
    count: u64,
    bytes: u64,
}
