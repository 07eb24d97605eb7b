//! Reads back what the JSON formats hold of findings, as far as it takes to find them again.
//!
//! A report holds no secret, so that whoever wants to ask about one has to go back to where it was found. A report may have been
//! made by somebody else: nothing in it is believed but that a place is worth a look.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::json::SCHEMA;
use crate::model::{FirstCommit, History, Location, ObjectId, ObjectKind, Place};

/// A finding as a report lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Id of the rule.
    pub rule: String,
    /// Path, as it was given or as a tree has it.
    pub path: Vec<u8>,
    /// Where it was read from.
    pub source: ListedSource,
    /// Where the secret stands.
    pub place: (u64, u64),
    /// Digits of the fingerprint.
    pub fingerprint: String,
    /// Where it came from, if a history was scanned.
    pub history: Option<Box<History>>,
}

/// Where a listed finding was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListedSource {
    /// A file.
    File,
    /// Standard input, which is gone.
    Stdin,
    /// A blob that was staged.
    Staged(ObjectId),
    /// An object of a history.
    Object(ObjectKind, ObjectId),
}

/// Why something is no report of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListedError {
    /// It is not JSON, or cut off.
    #[error("line {line} is not JSON: expected what --format json or --format jsonl writes")]
    Json {
        /// The first line that is not as it should be.
        line: usize,
    },
    /// Nothing is in it.
    #[error("it is empty: no report was written there")]
    Empty,
    /// It is what another program wrote, or we in another format.
    #[error(
        "this is {0}, which does not say what is to be looked for: expected what --format json or --format jsonl writes"
    )]
    Foreign(&'static str),
    /// It is another document, or of another version.
    #[error(
        "this is no report of waxseal's, or one of another version: expected \"schema\": \"{SCHEMA}\""
    )]
    Schema,
    /// There is no line at the end that sums it up.
    #[error("it is cut off: the last line of a report in JSON lines is its summary")]
    CutOff,
    /// A finding lacks something.
    #[error("finding {number} has no {key}, or one that it can't have")]
    Finding {
        /// Which, counted from 1.
        number: usize,
        /// What it lacks.
        key: &'static str,
    },
}

/// The findings of the report `text`, in JSON or JSON lines. What is allowed is not among them.
pub fn listed(text: &str) -> Result<Vec<Listed>, ListedError> {
    if text.trim().is_empty() {
        return Err(ListedError::Empty);
    }
    let findings = match serde_json::from_str::<Document>(text) {
        // one line is a document too
        Ok(document) if document.schema.is_none() => {
            lines(text, 1).map_err(|error| foreign(text).map_or(error, ListedError::Foreign))?
        }
        Ok(document) => {
            schema(document.schema.as_deref())?;
            document.findings.ok_or(ListedError::Schema)?
        }
        Err(error) => lines(text, error.line())
            .map_err(|error| foreign(text).map_or(error, ListedError::Foreign))?,
    };
    let number = |(number, finding): (usize, Finding)| {
        finding
            .listed()
            .map_err(|key| ListedError::Finding { number, key })
    };
    (1..).zip(findings).map(number).collect()
}

/// Whose report `text` is, if it is one of those that people mistake for ours.
fn foreign(text: &str) -> Option<&'static str> {
    let first = text.lines().next()?;
    let value: Value = serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(first))
        .ok()?;
    let inner = value.as_array().and_then(|all| all.first());
    let has = |key: &str| inner.unwrap_or(&value).get(key).is_some();
    if has("runs") {
        Some("a report in SARIF")
    } else if has("RuleID") {
        Some("a report of gitleaks")
    } else if has("DetectorName") {
        Some("a report of TruffleHog")
    } else if has("plugins_used") {
        Some("a baseline of detect-secrets")
    } else {
        None
    }
}

fn schema(schema: Option<&str>) -> Result<(), ListedError> {
    if schema == Some(SCHEMA) {
        Ok(())
    } else {
        Err(ListedError::Schema)
    }
}

/// The findings of a report in JSON lines; `line` is the first one that is wrong if it is none.
fn lines(text: &str, line: usize) -> Result<Vec<Finding>, ListedError> {
    let mut findings = Vec::new();
    let mut ended = false;
    for (number, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        // what fails on its first line may as well be a document with a fault further down
        let line = if findings.is_empty() { line } else { number };
        let value: Value = serde_json::from_str(text).map_err(|_| ListedError::Json { line })?;
        let kind = value.get("type").and_then(Value::as_str);
        match kind {
            Some("finding") => findings.push(
                serde_json::from_value(value).map_err(|_| ListedError::Json { line: number })?,
            ),
            Some("summary") => {
                schema(value.get("schema").and_then(Value::as_str))?;
                ended = true;
            }
            Some(_) => {}
            None => return Err(ListedError::Schema),
        }
    }
    if ended {
        Ok(findings)
    } else {
        Err(ListedError::CutOff)
    }
}

#[derive(Deserialize)]
struct Document {
    schema: Option<String>,
    findings: Option<Vec<Finding>>,
}

/// What of a finding matters here. All else is let be: a later version may say more.
#[derive(Deserialize)]
struct Finding {
    rule: Option<String>,
    #[serde(flatten)]
    path: Path,
    store: Option<String>,
    object: Option<String>,
    place: Option<Position>,
    fingerprint: Option<String>,
    history: Option<Origin>,
}

#[derive(Deserialize)]
struct Path {
    path: Option<String>,
    path_base64: Option<String>,
}

impl Path {
    fn bytes(self) -> Option<Vec<u8>> {
        use base64::Engine as _;
        match self.path_base64 {
            Some(text) => base64::engine::general_purpose::STANDARD.decode(text).ok(),
            None => self.path.map(String::into_bytes),
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
struct Position {
    line: u64,
    column: u64,
    end_line: u64,
    end_column: u64,
    start: u64,
    end: u64,
}

impl From<Position> for Place {
    fn from(at: Position) -> Self {
        Self {
            start: at.start,
            end: at.end,
            line: at.line,
            column: at.column,
            end_line: at.end_line,
            end_column: at.end_column,
        }
    }
}

#[derive(Deserialize)]
struct Origin {
    object: String,
    object_kind: String,
    first_commit: Option<Commit>,
    in_head: bool,
    refs: Vec<String>,
    ref_count: u64,
    locations: Vec<At>,
    location_count: u64,
}

#[derive(Deserialize)]
struct Commit {
    id: String,
    author_date: Option<String>,
}

#[derive(Deserialize)]
struct At {
    #[serde(flatten)]
    path: Path,
    object: String,
    object_kind: String,
    #[serde(flatten)]
    place: Position,
}

fn id(text: &str) -> Option<ObjectId> {
    ObjectId::from_hex(text.as_bytes())
}

fn kind(text: &str) -> Option<ObjectKind> {
    [ObjectKind::Blob, ObjectKind::Commit, ObjectKind::Tag]
        .into_iter()
        .find(|kind| kind.id() == text)
}

impl Finding {
    /// The finding, or the key that is missing or not as it should be.
    fn listed(self) -> Result<Listed, &'static str> {
        let fingerprint = self
            .fingerprint
            .filter(|digits| digits.len() == 32 && digits.bytes().all(|it| it.is_ascii_hexdigit()))
            .ok_or("fingerprint")?;
        let place = self.place.ok_or("place")?;
        let source = match (self.store.as_deref(), &self.history) {
            (Some("file"), _) => ListedSource::File,
            (Some("stdin"), _) => ListedSource::Stdin,
            (Some("index"), _) => {
                let object = self.object.as_deref().and_then(id);
                ListedSource::Staged(object.ok_or("object")?)
            }
            (Some(_), Some(history)) => {
                let kind = kind(&history.object_kind).ok_or("object_kind")?;
                ListedSource::Object(kind, id(&history.object).ok_or("object")?)
            }
            (Some(_), None) => return Err("history"),
            (None, _) => return Err("store"),
        };
        let history = self.history.map(Origin::history).transpose()?;
        Ok(Listed {
            rule: self.rule.ok_or("rule")?,
            path: self.path.bytes().ok_or("path")?,
            source,
            place: (place.line, place.column),
            fingerprint,
            history: history.map(Box::new),
        })
    }
}

impl Origin {
    fn history(self) -> Result<History, &'static str> {
        let first = self.first_commit.map(|commit| {
            let time = commit
                .author_date
                .as_deref()
                .map(str::parse::<jiff::Timestamp>);
            Some(FirstCommit {
                id: id(&commit.id)?,
                // a date that no calendar holds is written as none
                author_time: time.map_or(Some(i64::MIN), |time| Some(time.ok()?.as_second()))?,
            })
        });
        let locations = self.locations.into_iter().map(|at| {
            Some(Location {
                path: at.path.bytes()?,
                object: id(&at.object)?,
                kind: kind(&at.object_kind)?,
                place: at.place.into(),
            })
        });
        Ok(History {
            first: first.map(|first| first.ok_or("first_commit")).transpose()?,
            locations: locations
                .take(History::MOST)
                .collect::<Option<_>>()
                .ok_or("locations")?,
            location_count: self.location_count,
            in_head: self.in_head,
            refs: self.refs.into_iter().take(History::MOST).collect(),
            ref_count: self.ref_count,
        })
    }
}

impl Listed {
    /// What it is read from, for people.
    pub fn shown(&self) -> Cow<'_, [u8]> {
        match self.source {
            ListedSource::Object(kind, id) if self.path.is_empty() => {
                Cow::Owned(format!("{} {id}", kind.id()).into_bytes())
            }
            _ => Cow::Borrowed(&self.path),
        }
    }
}
