//! Words and numbers that more than one renderer uses, so that all say the same thing the same way.
//!
//! No layout and no colour here. What comes from outside (a skip's detail) is handed on as it is; the
//! renderer escapes it.

use std::borrow::Cow;
use std::time::Duration;

use crate::model::{Skip, SkipReason};

/// What was skipped, as a noun that fits `count`.
pub(super) fn skipped_noun(reason: SkipReason, count: u64) -> &'static str {
    let (one, many) = match reason {
        SkipReason::Symlink => ("symbolic link", "symbolic links"),
        SkipReason::Special => ("special file", "special files"),
        SkipReason::Binary => ("binary file", "binary files"),
        SkipReason::NestedRepository => ("nested repository", "nested repositories"),
        SkipReason::Submodule => ("submodule", "submodules"),
        SkipReason::Absent => (
            "file missing from the work tree",
            "files missing from the work tree",
        ),
        SkipReason::NotFound => ("path not found", "paths not found"),
        SkipReason::PermissionDenied => ("path without permission", "paths without permission"),
        SkipReason::Vanished => ("vanished file", "vanished files"),
        SkipReason::Changed => ("changed file", "changed files"),
        SkipReason::Unreadable => ("unreadable path", "unreadable paths"),
        SkipReason::Internal => ("internal error", "internal errors"),
    };
    if count == 1 { one } else { many }
}

/// What was skipped and why, and what to do, in one line.
pub(super) fn explain(skip: &Skip) -> Cow<'_, str> {
    if !skip.detail.is_empty() {
        return Cow::Borrowed(&skip.detail);
    }
    Cow::Borrowed(match skip.reason {
        SkipReason::Symlink => "symbolic link; its target is scanned under its own name",
        SkipReason::Special => "not a regular file",
        SkipReason::Binary => "binary file; leave out --no-binary to scan it",
        SkipReason::NestedRepository => "a repository of its own; --submodules scans it",
        SkipReason::Submodule => "submodule; --submodules scans it",
        SkipReason::Absent => "in the index but not in the work tree",
        SkipReason::NotFound => "no such file or folder; check the path",
        SkipReason::PermissionDenied => {
            "permission denied; allow reading it, or leave it out of the scan"
        }
        SkipReason::Vanished => "gone before it could be read; run again",
        SkipReason::Changed => "changed while it was read; run again",
        SkipReason::Unreadable => "could not be read; check the file and its disk",
        SkipReason::Internal => {
            "the scan of this file crashed; this is a fault of waxseal, please report it"
        }
    })
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
