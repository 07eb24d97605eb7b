//! The files that decide what a scan reports, at the base and at the end of a range, and the findings that tell of what a range
//! changes in them.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::error::Error;
use crate::git::pack::Kind;
use crate::history::CommitInfo;
use crate::model::{
    Allows, Confidence, Excerpt, Finding, Fingerprint, FirstCommit, History, Location, ObjectId,
    ObjectKind, Origin, Place, Secret, Severity, Store,
};
use crate::rules::{FileRule, Kind as RuleKind, Reach, Rule};

use super::points::Points;
use crate::app::scan::FINGERPRINT_KEY;
use crate::config;

/// Files at the top of a repository that have a say in what is reported.
const POLICY: [&str; 2] = [config::FILE_NAME, ".waxseal-baseline.jsonl"];

/// Largest configuration file that is read. Bytes.
const LARGEST: usize = 1 << 20;

/// Most commits that are looked at for the one that changed a file.
const FURTHEST: usize = 10_000;

/// Where a file as a whole is shown.
const TOP: Place = Place {
    start: 0,
    end: 0,
    line: 1,
    column: 1,
    end_line: 1,
    end_column: 1,
};

/// What is told of a range beside its secrets, in the form of rules, so that every format can hold it. Mere notes: they fail a run
/// only where everything does.
pub(super) fn notices() -> [Rule; 2] {
    [
        notice(
            POLICY_CHANGED,
            "Change of the policy of this scan",
            "Whoever can change the policy of a scan can switch it off, so that a change has no effect before it is merged: this scan \
             went by the policy of the base.",
            "look at the change by hand: from the merge on, scans go by it",
        ),
        notice(
            ALLOW_ADDED,
            "Comment that lets a finding pass",
            "The comment is part of the change that is checked, so that whoever reviews the change has to agree that the value is harmless.",
            "look at the value: only a harmless one may stay",
        ),
    ]
}

const POLICY_CHANGED: &str = "policy-changed";
const ALLOW_ADDED: &str = "allow-added";

/// A rule that looks for nothing itself.
fn notice(id: &'static str, title: &'static str, why: &'static str, step: &'static str) -> Rule {
    Rule {
        id: id.into(),
        title: title.into(),
        severity: Severity::Info,
        confidence: Confidence::High,
        why: why.into(),
        remedy: vec![Cow::Borrowed(step)].into(),
        references: Cow::Borrowed(&[]),
        controls: Cow::Borrowed(&[]),
        optional: false,
        anchors: Cow::Borrowed(&[]),
        opens: Cow::Borrowed(&[]),
        encodings: Cow::Borrowed(&[]),
        reach: Reach {
            before: 0,
            after: 0,
        },
        kind: RuleKind::File(FileRule {
            names: Cow::Borrowed(&[]),
            except: Cow::Borrowed(&[]),
            always: true,
        }),
        login: None,
        verify: None,
    }
}

/// The configuration file in the tree of `commit`, with a name that says so.
pub(super) fn policy_file(
    commit: &CommitInfo,
    points: &mut Points<'_>,
) -> Result<Option<(String, String)>, Error> {
    let Some(entry) = entry(commit, config::FILE_NAME, points)? else {
        return Ok(None);
    };
    let file = format!("{} of commit {}", config::FILE_NAME, commit.id.short());
    let refused = |problem: &str| Error::Config {
        file: file.clone(),
        problem: problem.to_owned(),
    };
    if !entry.is_file {
        return Err(refused("this is no regular file"));
    }
    let Some((Kind::Blob, content)) = points.object(entry.id)? else {
        return Err(refused("it is not in this clone"));
    };
    if content.len() > LARGEST {
        return Err(refused("larger than 1 MiB"));
    }
    let text = String::from_utf8(content).map_err(|_| refused("it is not UTF-8"))?;
    Ok(Some((file, text)))
}

/// What a tree has under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    id: ObjectId,
    /// Neither a folder nor a symbolic link nor a submodule.
    is_file: bool,
}

/// What the tree of `commit` has under `name` at its top.
fn entry(commit: &CommitInfo, name: &str, points: &mut Points<'_>) -> Result<Option<Entry>, Error> {
    let broken = || {
        Error::Usage(format!(
            "tree {} of commit {} is damaged or not in this clone; `git fsck` tells more",
            commit.tree,
            commit.id.short()
        ))
    };
    let Some((Kind::Tree, tree)) = points.object(commit.tree)? else {
        return Err(broken());
    };
    let id_len = commit.id.as_bytes().len();
    let mut rest = tree.as_slice();
    while !rest.is_empty() {
        // mode, name, NUL, id
        let nul = memchr::memchr(0, rest).ok_or_else(broken)?;
        let (head, tail) = rest.split_at(nul);
        let id = tail.get(1..=id_len).ok_or_else(broken)?;
        let space = memchr::memchr(b' ', head).ok_or_else(broken)?;
        if &head[space + 1..] == name.as_bytes() {
            return Ok(Some(Entry {
                id: ObjectId::new(id),
                is_file: head.starts_with(b"100"),
            }));
        }
        rest = &tail[1 + id_len..];
    }
    Ok(None)
}

/// A finding for each file of the policy that `tip` has otherwise than `base`.
pub(super) fn of_policy(
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
        let note = format!(
            "{happened} since {}, whose policy this scan went by",
            base.id.short()
        );
        findings.push(changed(name, object, &by, new.is_some(), note));
    }
    Ok(findings)
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

fn changed(
    name: &'static str,
    object: ObjectId,
    by: &CommitInfo,
    in_head: bool,
    note: String,
) -> Finding {
    let path = name.as_bytes();
    Finding {
        rule: POLICY_CHANGED.into(),
        severity: Severity::Info,
        confidence: Confidence::High,
        secret: Secret::new(b"", 0),
        parts: Vec::new(),
        origin: Origin::new(path, Store::Object(ObjectKind::Blob, object)),
        place: TOP,
        excerpt: Excerpt(String::new()),
        encodings: Vec::new(),
        // as for every finding about a file as a whole, its path is the value
        fingerprint: Fingerprint::new(FINGERPRINT_KEY, POLICY_CHANGED, &Secret::new(path, 0)),
        notes: vec![note.into()],
        history: Some(Box::new(History {
            first: Some(FirstCommit {
                id: by.id,
                author_time: by.author_time,
            }),
            locations: vec![Location {
                path: path.to_vec(),
                object,
                kind: ObjectKind::Blob,
                place: TOP,
            }],
            location_count: 1,
            in_head,
            refs: vec!["HEAD".to_owned()],
            ref_count: 1,
        })),
        allowed: None,
        verified: None,
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
