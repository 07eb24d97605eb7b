//! The files that decide what a scan reports, at the base and at the end of a range, and the findings that tell of what a range
//! changes in them.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::config::{FILE_NAME, ScanOptions, TooWide};
use crate::error::Error;
use crate::history::CommitInfo;
use crate::model::{
    Allows, Confidence, Excerpt, Finding, Fingerprint, FirstCommit, History, Location, ObjectId,
    ObjectKind, Origin, Place, Secret, Severity, Store,
};
use crate::rules::{ALLOW_ADDED, POLICY_CHANGED, POLICY_TOO_WIDE};

use crate::app::policy::{self, entry, points::Points};
use crate::app::scan::FINGERPRINT_KEY;

/// Files at the top of a repository that have a say in what is reported.
const POLICY: [&str; 2] = [FILE_NAME, ".waxseal-baseline.jsonl"];

/// Most commits that are looked at for the one that changed a file.
const FURTHEST: usize = 10_000;

/// A finding for each file of the policy that `tip` has otherwise than `base`, whose policy counted.
pub(super) fn of_policy(
    options: &ScanOptions,
    base: &CommitInfo,
    tip: &CommitInfo,
    points: &mut Points<'_>,
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for name in POLICY {
        let (old, new) = (entry(base, name, points)?, entry(tip, name, points)?);
        let happened = match (old, new) {
            _ if old == new => continue,
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        let Some(object) = new.or(old).map(|entry| entry.id) else {
            continue;
        };
        let by = changed_by(tip, name, points)?;
        let mut notes = vec![format!(
            "{happened} since {}, whose policy this scan went by",
            base.id.short()
        )];
        let about = Changed {
            name,
            object,
            by: &by,
            in_head: new.is_some(),
        };
        if name == FILE_NAME && new.is_some() {
            match judged(options, tip, points) {
                Ok(wide) => findings.extend(wide.iter().map(|wide| about.too_wide(wide))),
                Err(error) => {
                    let problem = anyhow::Error::from(error);
                    let problem = format!("{problem:#}");
                    let problem = problem.lines().next().unwrap_or_default();
                    notes.push(format!("it can't be used as it is: {problem}"));
                }
            }
        }
        findings.push(about.changed(notes));
    }
    Ok(findings)
}

/// What of the configuration that `tip` has lets too much pass.
fn judged(
    options: &ScanOptions,
    tip: &CommitInfo,
    points: &mut Points<'_>,
) -> Result<Vec<TooWide>, Error> {
    let (_, policy) = policy::of_commit(options.clone(), tip, points)?;
    Ok(policy.wide)
}

/// The commit that made the file `name` what it is in `tip`, on the way along parents that have it so as well.
fn changed_by(tip: &CommitInfo, name: &str, points: &mut Points<'_>) -> Result<CommitInfo, Error> {
    let mut commit = tip.clone();
    let wanted = entry(tip, name, points)?;
    for _ in 0..FURTHEST {
        let mut before = None;
        for parent in commit.parents.clone() {
            // behind the cut of a shallow clone is nothing to be compared
            let Some(parent) = points.peeled(parent)? else {
                continue;
            };
            if entry(&parent, name, points)? == wanted {
                before = Some(parent);
                break;
            }
        }
        match before {
            Some(parent) => commit = parent,
            None => break,
        }
    }
    Ok(commit)
}

/// A file of the policy that a range changes.
struct Changed<'c> {
    name: &'static str,
    object: ObjectId,
    by: &'c CommitInfo,
    in_head: bool,
}

impl Changed<'_> {
    /// That it is changed.
    fn changed(&self, notes: Vec<String>) -> Finding {
        let path = self.name.as_bytes();
        // as for every finding about a file as a whole, its path is the value
        let fingerprint = Fingerprint::new(FINGERPRINT_KEY, POLICY_CHANGED, &Secret::new(path, 0));
        let notes = notes.into_iter().map(Cow::Owned).collect();
        self.finding(
            POLICY_CHANGED,
            Severity::Info,
            fingerprint,
            Place::TOP,
            notes,
        )
    }

    /// That it lets too much pass.
    fn too_wide(&self, wide: &TooWide) -> Finding {
        let value = Secret::new(wide.problem.as_bytes(), 0);
        let fingerprint = Fingerprint::new(FINGERPRINT_KEY, POLICY_TOO_WIDE, &value);
        let place = Place {
            line: wide.line as u64,
            end_line: wide.line as u64,
            ..Place::TOP
        };
        let notes = vec![wide.problem.clone().into()];
        self.finding(POLICY_TOO_WIDE, Severity::High, fingerprint, place, notes)
    }

    fn finding(
        &self,
        rule: &'static str,
        severity: Severity,
        fingerprint: Fingerprint,
        place: Place,
        notes: Vec<Cow<'static, str>>,
    ) -> Finding {
        let path = self.name.as_bytes();
        Finding {
            rule: rule.into(),
            severity,
            confidence: Confidence::High,
            secret: Secret::new(b"", 0),
            parts: Vec::new(),
            origin: Origin::new(path, Store::Object(ObjectKind::Blob, self.object)),
            place,
            excerpt: Excerpt(String::new()),
            encodings: Vec::new(),
            fingerprint,
            notes,
            history: Some(Box::new(History {
                first: Some(FirstCommit {
                    id: self.by.id,
                    author_time: self.by.author_time,
                }),
                locations: vec![Location {
                    path: path.to_vec(),
                    object: self.object,
                    kind: ObjectKind::Blob,
                    place,
                }],
                location_count: 1,
                in_head: self.in_head,
                refs: vec!["HEAD".to_owned()],
                ref_count: 1,
            })),
            allowed: None,
            verified: None,
        }
    }
}

/// A finding for each one that a comment of the range lets pass.
pub(super) fn allowed(allows: &Allows) -> Vec<Finding> {
    let notes = |finding: &Finding| {
        let by = finding.allowed.as_ref();
        let mut note = format!("lets {} pass", finding.rule);
        if let Some(by) = by {
            // Writing to a String cannot fail.
            let _ = write!(note, ", by `{}` on line {}", by.marker.id(), by.line);
            if let Some(reason) = &by.reason {
                note.push_str(": ");
                note.push_str(reason);
            }
        }
        vec![note.into()]
    };
    allows
        .findings
        .iter()
        .map(|finding| Finding {
            rule: ALLOW_ADDED.into(),
            severity: Severity::Info,
            notes: notes(finding),
            allowed: None,
            verified: None,
            ..finding.clone()
        })
        .collect()
}
