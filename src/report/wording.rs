//! Words and numbers that more than one renderer uses, so that all say the same thing the same way.
//!
//! No layout and no colour here. What comes from outside (a skip's detail) is handed on as it is; the
//! renderer escapes it.

use std::borrow::Cow;
use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use crate::model::{AllowFault, Skip, SkipReason};

/// What was skipped, as a noun that fits `count`. In a history there are objects and no files.
pub(super) fn skipped_noun(reason: SkipReason, count: u64, in_history: bool) -> &'static str {
    let (one, many) = match reason {
        SkipReason::Symlink => ("symbolic link", "symbolic links"),
        SkipReason::Special => ("special file", "special files"),
        SkipReason::Binary if in_history => ("binary blob", "binary blobs"),
        SkipReason::Binary => ("binary file", "binary files"),
        SkipReason::NestedRepository => ("nested repository", "nested repositories"),
        SkipReason::Submodule => ("submodule", "submodules"),
        SkipReason::Absent => (
            "file missing from the work tree",
            "files missing from the work tree",
        ),
        SkipReason::Deleted => (
            "file deleted from the work tree",
            "files deleted from the work tree",
        ),
        SkipReason::NotFound => ("path not found", "paths not found"),
        SkipReason::PermissionDenied => ("path without permission", "paths without permission"),
        SkipReason::Vanished => ("vanished file", "vanished files"),
        SkipReason::Changed => ("changed file", "changed files"),
        SkipReason::Unreadable => ("unreadable path", "unreadable paths"),
        SkipReason::Internal => ("internal error", "internal errors"),
        SkipReason::OverLimit if in_history => ("blob over the limit", "blobs over the limit"),
        SkipReason::OverLimit => ("file over the limit", "files over the limit"),
        SkipReason::Shallow => ("shallow commit", "shallow commits"),
        SkipReason::Promised => (
            "object that a partial clone left to its remote",
            "objects that a partial clone left to its remote",
        ),
        SkipReason::Missing => ("missing object", "missing objects"),
        SkipReason::Damaged => ("damaged object", "damaged objects"),
        SkipReason::TooLarge => ("object too large", "objects too large"),
    };
    if count == 1 { one } else { many }
}

/// What was skipped and why, and what to do, in one line.
pub(crate) fn explain(skip: &Skip, in_history: bool) -> Cow<'_, str> {
    let problem = problem(skip, in_history);
    match advice(skip) {
        Some(advice) => Cow::Owned(format!("{problem}; {advice}")),
        None => Cow::Borrowed(problem),
    }
}

/// What to do about objects that could not be read. It is the same for all, so that it need be said only once; a skip with
/// a detail says itself what to do.
pub(super) fn advice(skip: &Skip) -> Option<&'static str> {
    match skip.reason {
        _ if !skip.detail.is_empty() => None,
        SkipReason::Missing => Some(
            "`git fetch --refetch --no-filter` brings what a partial clone left to its remote (`waxseal scan --history` and `waxseal ci` go \
             on without it by --allow-missing); `git fsck` tells what else is lost",
        ),
        SkipReason::Damaged => Some("`git fsck` tells more, and a fresh clone may have it whole"),
        SkipReason::TooLarge => Some("--max-blob-size leaves out what is that large"),
        _ => None,
    }
}

/// What was skipped and why, in one line; what to do as well, unless that is left to [`advice`].
pub(super) fn problem(skip: &Skip, in_history: bool) -> &str {
    if !skip.detail.is_empty() {
        return &skip.detail;
    }
    match skip.reason {
        SkipReason::Symlink => "symbolic link; its target is scanned under its own name",
        SkipReason::Special => "not a regular file",
        SkipReason::Binary if in_history => "binary; leave out --no-binary to scan it",
        SkipReason::Binary => "binary file; leave out --no-binary to scan it",
        SkipReason::NestedRepository => "a repository of its own; --submodules scans it",
        SkipReason::Submodule if in_history => {
            "submodule; its history is in a repository of its own, scan that with --history"
        }
        SkipReason::Submodule => "submodule; --submodules scans it",
        SkipReason::Absent => "in the index but not in the work tree",
        SkipReason::Deleted => "in the index and deleted from the work tree",
        SkipReason::NotFound => "no such file or folder; check the path",
        SkipReason::PermissionDenied => {
            "permission denied; allow reading it, or leave it out of the scan"
        }
        SkipReason::Vanished => "gone before it could be read; run again",
        SkipReason::Changed => "changed while it was read; run again",
        SkipReason::Unreadable => "could not be read; check the file and its disk",
        SkipReason::Internal if in_history => {
            "the scan of this object crashed; this is a fault of waxseal, please report it"
        }
        SkipReason::Internal => {
            "the scan of this file crashed; this is a fault of waxseal, please report it"
        }
        SkipReason::OverLimit => "larger than max_blob_size; raise it or leave it out to scan it",
        SkipReason::Shallow => {
            "the history behind it is not in this shallow clone; `git fetch --unshallow` brings it"
        }
        SkipReason::Promised => {
            "left to its remote by a partial clone; `git fetch --refetch --no-filter` brings it"
        }
        SkipReason::Missing => "missing",
        SkipReason::Damaged => "damaged",
        SkipReason::TooLarge => "too large to be held in memory",
    }
}

/// What is wrong with a `waxseal:allow` comment and what to do, in one line.
pub(super) fn fault(fault: &AllowFault) -> String {
    match fault {
        AllowFault::NoRule => {
            "waxseal:allow names no rule, so it allows nothing; write waxseal:allow RULE-ID REASON"
                .to_owned()
        }
        AllowFault::AllRules => {
            "waxseal:allow takes the ids of rules, separated by commas, and not all rules at once"
                .to_owned()
        }
        AllowFault::UnknownRule { nearest } => {
            format!("waxseal:allow names a rule that there is none of; did you mean `{nearest}`?")
        }
        AllowFault::NoReason { required: true } => {
            "waxseal:allow gives no reason, so it allows nothing; require_reason asks for one behind the rule id"
                .to_owned()
        }
        AllowFault::NoReason { required: false } => {
            "waxseal:allow gives no reason; say behind the rule id why this may stay".to_owned()
        }
    }
}

/// A time as a day, in UTC: `2024-01-31`. None where it is outside of what a calendar holds (years 0 to 9999): commits
/// state any number of seconds.
pub(super) fn date(seconds: i64) -> Option<String> {
    let day = Timestamp::from_second(seconds)
        .ok()?
        .to_zoned(TimeZone::UTC)
        .date();
    (day.year() >= 0).then(|| day.to_string())
}

/// A time as RFC 3339 writes it, in UTC: `2024-01-31T08:30:00Z`. None as for [`date`].
pub(super) fn date_time(seconds: i64) -> Option<String> {
    date(seconds)?;
    Some(Timestamp::from_second(seconds).ok()?.to_string())
}

/// `count` and the noun that fits it: `1 file`, `34,000 files`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// Digits in groups of three: `34,000`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size in decimal units, two or three digits: `512 bytes`, `3.4 kB`, `270 MB`.
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return counted(bytes, "byte", "bytes");
    }
    // Wider than the input, so that no step below can overflow.
    let bytes = u128::from(bytes);
    let mut unit = 1000;
    let mut names = ["kB", "MB", "GB", "TB", "PB", "EB"].into_iter();
    // From 999.5 of a unit on, rounding would give 1000 of it.
    while bytes * 2 >= unit * 1999 && names.len() > 1 {
        names.next();
        unit *= 1000;
    }
    let name = names.next().unwrap_or_default();
    let tenths = (bytes * 10 + unit / 2) / unit;
    if tenths < 100 {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    } else {
        format!("{} {name}", (bytes + unit / 2) / unit)
    }
}

/// A time as short as it can be told: `3 ms`, `0.21 s`, `75 s`.
pub(super) fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.01 {
        format!("{} ms", time.as_millis())
    } else if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else {
        format!("{seconds:.0} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (34_000, "34,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(counted(1, "file", "files"), "1 file");
        assert_eq!(counted(0, "file", "files"), "0 files");
    }

    #[test]
    fn sizes_round_into_the_right_unit() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (3_449, "3.4 kB"),
            (9_949, "9.9 kB"),
            (9_950, "10 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (270_000_000, "270 MB"),
            (8_100_000_000, "8.1 GB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar_or_none() {
        for (seconds, day, time) in [
            (0, "1970-01-01", "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31", "1969-12-31T23:59:59Z"),
            (1_706_689_800, "2024-01-31", "2024-01-31T08:30:00Z"),
            (253_370_764_800, "9999-01-01", "9999-01-01T00:00:00Z"),
        ] {
            assert_eq!(date(seconds).as_deref(), Some(day));
            assert_eq!(date_time(seconds).as_deref(), Some(time));
        }
        for seconds in [i64::MIN, -70_000_000_000, 260_000_000_000, i64::MAX] {
            assert_eq!(date(seconds), None, "{seconds}");
            assert_eq!(date_time(seconds), None, "{seconds}");
        }
    }

    #[test]
    fn times_are_short() {
        for (millis, text) in [
            (0, "0 ms"),
            (9, "9 ms"),
            (10, "0.01 s"),
            (214, "0.21 s"),
            (75_400, "75 s"),
        ] {
            assert_eq!(elapsed(Duration::from_millis(millis)), text);
        }
    }
}
