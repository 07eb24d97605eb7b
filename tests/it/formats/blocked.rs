//! What a hook says that stopped something: byte for byte, and that its commands can be pasted.

use waxseal::model::{FirstCommit, Report, Severity};
use waxseal::report::{Here, Stopped, Verbosity, render_blocked};

use super::{
    MARKER, clean, finding, golden, history, incomplete, nasty, place, plain, with_meta,
    without_colour,
};

fn told(report: &Report, stopped: Stopped<'_>, below: bool, color: bool) -> String {
    with_meta(Verbosity::Normal, color, |meta| {
        let mut out = Vec::new();
        let here = Here {
            below,
            is_ignored: &|path| path == b"ignored/.env",
        };
        render_blocked(report, meta, stopped, here, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    })
}

const COMMIT: Stopped<'_> = Stopped::Commit { first: false };
const FIRST: Stopped<'_> = Stopped::Commit { first: true };
const MESSAGE: Stopped<'_> = Stopped::Message(b".git/COMMIT_EDITMSG");

/// A report of `count` findings, each in a file of its own.
fn many(count: usize) -> Report {
    let mut report = plain();
    report.findings = (0..count)
        .map(|number| {
            let mut one = finding("demo-smtp-login", Severity::High, b"", place(9, 2, 3, 8));
            let path = format!("config/mail {number}.rb").into_bytes();
            one.origin.path = path.clone().into();
            one.origin.within = path.into();
            one
        })
        .collect();
    report
}

fn dotenv() -> Report {
    let mut report = plain();
    let at = place(0, 1, 1, 0);
    report.findings = vec![finding(
        "demo-dotenv-file",
        Severity::Medium,
        b"web/.env",
        at,
    )];
    report
}

#[test]
fn advice_matches_its_goldens() {
    let from_history = history::full();
    let mut all = String::new();
    for (title, report, stopped, below) in [
        ("a commit", &plain(), COMMIT, false),
        ("a commit, from a folder below", &plain(), COMMIT, true),
        ("the first commit", &plain(), FIRST, false),
        ("a dotenv file", &dotenv(), COMMIT, false),
        ("a dotenv file, from a folder below", &dotenv(), FIRST, true),
        ("three files", &many(3), COMMIT, false),
        ("fifty files", &many(50), FIRST, false),
        ("odd names", &nasty(), COMMIT, true),
        ("a message", &plain(), MESSAGE, false),
        ("a message, from a folder below", &plain(), MESSAGE, true),
        ("a push", &from_history, Stopped::Push, false),
        (
            "nothing found, not all read",
            &incomplete_and_empty(),
            COMMIT,
            false,
        ),
    ] {
        all += "==== ";
        all += title;
        all.push('\n');
        all.push_str(&told(report, stopped, below, false));
    }
    golden("blocked.txt", &all);
}

fn incomplete_and_empty() -> Report {
    let mut report = incomplete();
    report.findings.clear();
    report
}

#[test]
fn advice_is_short_however_much_was_found() {
    for count in [1, 2, 50, 1000] {
        for stopped in [COMMIT, FIRST, MESSAGE, Stopped::Push] {
            let told = told(&many(count), stopped, false, false);
            let lines = told.lines().count();
            assert!((3..=8).contains(&lines), "{count}: {lines} lines\n{told}");
        }
    }
}

#[test]
fn what_stops_nothing_calls_for_nothing() {
    assert_eq!(told(&clean(), COMMIT, false, false), "");
    let mut mild = plain();
    mild.findings[0].severity = Severity::Info;
    assert_eq!(told(&mild, COMMIT, false, false), "");
}

#[test]
fn advice_shows_no_secret_and_steers_no_terminal() {
    let mut history = history::full();
    history.findings.iter_mut().for_each(|finding| {
        let history = finding.history.as_mut().unwrap();
        history.first = history.first.map(|first| FirstCommit {
            author_time: i64::MAX,
            ..first
        });
    });
    for report in [nasty(), many(7), dotenv(), history] {
        for stopped in [COMMIT, FIRST, MESSAGE, Stopped::Push] {
            for below in [false, true] {
                let plain = told(&report, stopped, below, false);
                assert!(!plain.contains(MARKER), "{plain}");
                let is_safe = |c: char| c == '\n' || !c.is_control() && c != '\u{202e}';
                assert!(plain.chars().all(is_safe), "{plain:?}");
                let colour = told(&report, stopped, below, true);
                assert_eq!(without_colour(&colour), plain);
            }
        }
    }
}
