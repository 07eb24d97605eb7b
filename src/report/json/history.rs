//! Where in a history a secret stands, as the JSON formats hold it. Names of objects are whole here.

use serde::Serialize;

use super::{Path, Place};
use crate::model;
use crate::report::{issue, wording};

#[derive(Serialize)]
pub(super) struct History<'a> {
    object: String,
    object_kind: &'static str,
    first_commit: Option<FirstCommit>,
    in_head: bool,
    reachable: bool,
    refs: &'a [String],
    ref_count: u64,
    locations: Vec<Location<'a>>,
    location_count: u64,
}

impl<'a> History<'a> {
    /// The history of `finding`, if it was found in one.
    pub(super) fn of(finding: &'a model::Finding) -> Option<Self> {
        let (history, kind, object) = issue::in_store(finding)?;
        Some(Self {
            object: object.to_string(),
            object_kind: kind.id(),
            first_commit: history.first.map(FirstCommit::new),
            in_head: history.in_head,
            reachable: history.ref_count > 0,
            refs: &history.refs,
            ref_count: history.ref_count,
            locations: history.locations.iter().map(Location::new).collect(),
            location_count: history.location_count,
        })
    }
}

#[derive(Serialize)]
struct FirstCommit {
    id: String,
    author_date: Option<String>,
}

impl FirstCommit {
    fn new(first: model::FirstCommit) -> Self {
        Self {
            id: first.id.to_string(),
            author_date: wording::date_time(first.author_time),
        }
    }
}

#[derive(Serialize)]
struct Location<'a> {
    #[serde(flatten)]
    path: Path<'a>,
    object: String,
    object_kind: &'static str,
    #[serde(flatten)]
    place: Place,
}

impl<'a> Location<'a> {
    fn new(location: &'a model::Location) -> Self {
        Self {
            path: Path::new(&location.path),
            object: location.object.to_string(),
            object_kind: location.kind.id(),
            place: Place::new(location.place),
        }
    }
}
