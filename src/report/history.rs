//! How people are told where in a history a secret stands, how it came in and whether it is still there.
//!
//! Names of objects are cut to twelve digits here; the machine formats hold them whole.

use super::wording::{self, counted, grouped};
use super::{Meta, Verbosity, term};
use crate::model::{Finding, History, Location, ObjectId, ObjectKind, Place, Severity, Store};

/// How many refs a finding names before it only counts.
const REFS: usize = 3;

/// From which age on the text tells it: the span after which providers advise to rotate keys. Days.
const ROTATION: u64 = 90;

const SECONDS_A_DAY: u64 = 24 * 60 * 60;

/// Where `finding`, which stands in `object`, is: `3f2a90c1d2e4:config/mail.php:12:5`. What stands before the path and
/// the path are what `git show` takes, if a commit is known that holds the object.
pub(super) fn headline(finding: &Finding, kind: ObjectKind, object: ObjectId) -> String {
    let path = &finding.origin.path;
    let first = finding.history.as_ref().and_then(|history| history.first);
    match first {
        Some(first) if kind == ObjectKind::Blob && !path.is_empty() => format!(
            "{}:{}:{}",
            first.id.short(),
            term::path(path),
            position(finding.place)
        ),
        _ => in_object(kind, object, path, finding.place),
    }
}

/// `blob 0c4f6e8a1b2d:config/mail.php:12:5`, and without the path where it has none.
fn in_object(kind: ObjectKind, object: ObjectId, path: &[u8], place: Place) -> String {
    let object = format!("{} {}", kind.id(), object.short());
    let position = position(place);
    if path.is_empty() {
        format!("{object}:{position}")
    } else {
        format!("{object}:{}:{position}", term::path(path))
    }
}

fn position(place: Place) -> String {
    format!("{}:{}", place.line, place.column)
}

/// The lines about `history` that stand below the masked line, escaped.
pub(super) fn lines(finding: &Finding, history: &History, meta: &Meta<'_>) -> Vec<String> {
    let mut lines = vec![whereabouts(finding, history)];
    if finding.severity > Severity::Info
        && let Some(age) = age(history, meta.now)
    {
        lines.push(age);
    }
    let verbose = meta.verbosity >= Verbosity::Verbose;
    let others = history.location_count.saturating_sub(1);
    if others > 0 && verbose {
        lines.extend(further(history));
    } else if others > 0 {
        let places = counted(others, "more place", "more places");
        lines.push(format!("{places} in the history; -v lists them"));
    }
    lines
}

/// `came in with commit 3f2a90c1d2e4 of 2024-01-31; still in HEAD; reached by refs/heads/main, HEAD`.
fn whereabouts(finding: &Finding, history: &History) -> String {
    let mut clauses = Vec::new();
    if let Some(first) = history.first {
        let date = wording::date(first.author_time);
        let date = date.map_or_else(String::new, |date| format!(" of {date}"));
        let is_headline =
            matches!(finding.origin.store, Store::Object(_, object) if object == first.id);
        clauses.push(if is_headline {
            format!("came in with this commit{date}")
        } else {
            format!("came in with commit {}{date}", first.id.short())
        });
    }
    // HEAD has files; messages are not in it, nor gone from it
    let in_files = history.in_head
        || history.locations.len() as u64 != history.location_count
        || history
            .locations
            .iter()
            .any(|at| at.kind == ObjectKind::Blob);
    if history.ref_count == 0 {
        clauses.push("unreachable from any ref; still in the store until git prunes it".to_owned());
    } else {
        if in_files {
            let state = if history.in_head {
                "still"
            } else {
                "no longer"
            };
            clauses.push(format!("{state} in HEAD"));
        }
        clauses.push(format!("reached by {}", refs(history)));
    }
    clauses.join("; ")
}

fn refs(history: &History) -> String {
    let named: Vec<String> = history
        .refs
        .iter()
        .take(REFS)
        .map(|name| term::escape(name))
        .collect();
    match history.ref_count.saturating_sub(named.len() as u64) {
        0 => named.join(", "),
        rest if named.is_empty() => counted(rest, "ref", "refs"),
        rest => format!("{} and {} more", named.join(", "), grouped(rest)),
    }
}

/// Each place but the one in the headline, a line each.
fn further(history: &History) -> Vec<String> {
    let mut lines: Vec<String> = history
        .locations
        .iter()
        .skip(1)
        .map(|at| format!("also at {}", place(at)))
        .collect();
    let unlisted = history
        .location_count
        .saturating_sub(history.locations.len() as u64);
    if unlisted > 0 {
        let places = counted(unlisted, "more place", "more places");
        lines.push(format!("also at {places} that are not listed"));
    }
    lines
}

/// A place for people: `config/mail.php:12:5 in blob 0c4f6e8a1b2d`.
fn place(at: &Location) -> String {
    if at.path.is_empty() {
        return in_object(at.kind, at.object, b"", at.place);
    }
    format!(
        "{}:{} in {} {}",
        term::path(&at.path),
        position(at.place),
        at.kind.id(),
        at.object.short()
    )
}

/// How long it has been out, if that is longer than a key should live. A commit says itself when it was made, and may lie
/// in both directions.
fn age(history: &History, now: i64) -> Option<String> {
    let written = history.first?.author_time;
    wording::date(written)?;
    let seconds = u64::try_from(now.saturating_sub(written)).ok()?;
    let days = seconds / SECONDS_A_DAY;
    (days > ROTATION).then(|| {
        format!(
            "in the history for {} days; providers advise to rotate keys every {ROTATION} days",
            grouped(days)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FirstCommit;

    fn history(author_time: i64) -> History {
        History {
            first: Some(FirstCommit {
                id: ObjectId::new(&[7; 20]),
                author_time,
            }),
            locations: Vec::new(),
            location_count: 0,
            in_head: false,
            refs: vec!["HEAD".to_owned()],
            ref_count: 1,
        }
    }

    #[test]
    fn an_age_is_told_when_it_is_over_ninety_days() {
        let day = SECONDS_A_DAY.cast_signed();
        let told = |written, now| age(&history(written), now);
        assert_eq!(told(1_700_000_000, 1_700_000_000 + 91 * day - 1), None);
        assert_eq!(
            told(1_700_000_000, 1_700_000_000 + 812 * day).as_deref(),
            Some("in the history for 812 days; providers advise to rotate keys every 90 days")
        );
        for (written, now) in [
            (1_700_000_000, 0),
            (i64::MAX, i64::MIN),
            (i64::MIN, i64::MAX),
            (i64::MIN, 0),
        ] {
            assert_eq!(told(written, now), None, "{written} {now}");
        }
    }

    #[test]
    fn refs_are_named_up_to_three() {
        let told = |names: &[&str], ref_count| {
            refs(&History {
                refs: names.iter().map(|&name| name.to_owned()).collect(),
                ref_count,
                ..history(0)
            })
        };
        assert_eq!(told(&["a"], 1), "a");
        assert_eq!(told(&["a", "b", "c"], 3), "a, b, c");
        assert_eq!(told(&["a", "b", "c", "d"], 1_004), "a, b, c and 1,001 more");
        assert_eq!(told(&["a\u{1b}[1m"], 1), "a\\x1b[1m");
        assert_eq!(told(&[], 2), "2 refs");
    }
}
