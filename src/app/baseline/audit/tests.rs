//! A conversation that is written down beforehand.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::*;
use crate::baseline::{Also, Covers, Header, KeyPlace, SALT};
use crate::model::{
    Confidence, Day, Excerpt, Fingerprint, GitState, Origin, Place, Report, Secret, Severity, Store,
};

const VALUE: &[u8] = b"Harbor-47-tzk";

/// Answers in turn: `key:y`, or a line.
struct Script {
    answers: VecDeque<&'static str>,
    said: String,
    revealed: usize,
}

impl Script {
    fn new(answers: &[&'static str]) -> Self {
        Self {
            answers: answers.iter().copied().collect(),
            said: String::new(),
            revealed: 0,
        }
    }
}

impl Desk for Script {
    fn say(&mut self, text: &str) -> io::Result<()> {
        self.said.push_str(text);
        Ok(())
    }

    fn key(&mut self) -> io::Result<Option<char>> {
        let answer = self.answers.pop_front();
        Ok(answer.map(|answer| {
            let key = answer.strip_prefix("key:");
            key.unwrap_or_else(|| panic!("{answer:?} is no key:\n{}", self.said))
                .chars()
                .next()
                .unwrap()
        }))
    }

    fn line(&mut self, question: &str) -> io::Result<Option<String>> {
        self.said.push_str(question);
        let answer = self.answers.pop_front();
        assert!(
            answer.is_none_or(|answer| !answer.starts_with("key:")),
            "{answer:?} is no line:\n{}",
            self.said
        );
        Ok(answer.map(str::to_owned))
    }

    fn reveal(&mut self, secret: &Secret) -> io::Result<()> {
        assert!(secret.same_value(&Secret::new(VALUE, 0)));
        self.revealed += 1;
        Ok(())
    }
}

fn key() -> FingerprintKey {
    FingerprintKey::new(&[7; SALT])
}

fn finding(path: &'static str, value: &[u8]) -> Finding {
    let secret = Secret::new(value, 0);
    Finding {
        rule: "smtp-login".into(),
        severity: Severity::High,
        confidence: Confidence::High,
        fingerprint: Fingerprint::new(key().as_bytes(), "smtp-login", &secret),
        secret,
        parts: Vec::new(),
        origin: Origin::new(path.as_bytes(), Store::File(GitState::Tracked)),
        place: Place {
            start: 0,
            end: 13,
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 14,
        },
        excerpt: Excerpt("password = ********".to_owned()),
        encodings: Vec::new(),
        notes: Vec::new(),
        history: None,
        allowed: None,
        verified: None,
    }
}

/// Goes through one value in two files, then another; what was saved and what was said.
fn walked(answers: &[&'static str], before: Option<&'static str>) -> (Vec<String>, Script, String) {
    let mut found = Found::of(Report {
        findings: vec![
            finding("a.py", VALUE),
            finding("b.py", VALUE),
            finding("c.py", b"another one"),
        ],
        ..Report::default()
    });
    found.rules = crate::rules::BUILTIN.to_vec();
    let header = Header {
        key: KeyPlace::Here(key()),
        covers: Covers::Tree,
        also: Also::default(),
    };
    let mut sheet = Sheet::new(header);
    sheet.put(Accepted {
        fingerprint: finding("a.py", VALUE).fingerprint,
        rule: "smtp-login".to_owned(),
        reason: before.map(str::to_owned),
        owner: None,
        expires: None,
    });
    let mut audit = Audit {
        found: &found,
        key: key(),
        sheet,
        owner: None,
        tally: Tally::default(),
    };
    let saved = RefCell::new(Vec::new());
    let save = |sheet: &Sheet| {
        saved.borrow_mut().push(sheet.to_text());
        Ok(())
    };
    let mut desk = Script::new(answers);
    let items = audit.items(false);
    audit.walk(&items, &mut desk, &save).unwrap();
    assert!(desk.answers.is_empty(), "left: {:?}", desk.answers);
    let told = audit.tally.told(items.len());
    (saved.into_inner(), desk, told)
}

#[test]
fn what_may_pass_gets_a_reason_and_what_counts_goes() {
    let answers = [
        "key:v",
        "key:x",
        "key:y",
        "",
        "key:y",
        "it was Harbor-47-tzk",
        "recorded answers",
        "ops",
        "tomorrow",
        "9999-01-31",
        "key:y",
        "a test",
        "",
        "",
    ];
    let (saved, desk, told) = walked(&answers, None);
    assert_eq!((saved.len(), desk.revealed), (2, 1));
    assert_eq!(told, "2 may pass, 0 count, 0 left");
    for said in [
        "[1 of 2]",
        "a.py:1:1",
        "also at b.py:1:1",
        "no reason given",
        "quotes a secret",
        "no day",
    ] {
        assert!(desk.said.contains(said), "{said}: {}", desk.said);
    }
    assert!(!desk.said.contains("Harbor"), "{}", desk.said);
    let last = saved.last().unwrap();
    let whole = "\"reason\":\"recorded answers\",\"owner\":\"ops\",\"expires\":\"9999-01-31\"";
    assert!(last.contains(whole), "{last}");
    // who was named last answers for the next one too
    assert!(
        last.contains("\"reason\":\"a test\",\"owner\":\"ops\"}"),
        "{last}"
    );
    assert!(Day::parse(b"9999-01-31").is_some());
}

#[test]
fn what_counts_leaves_the_baseline_and_is_saved_at_once() {
    let (saved, _, told) = walked(&["key:n", "key:n"], None);
    assert_eq!(saved.len(), 1, "the other one was not in it");
    assert_eq!(saved[0].lines().count(), 1);
    assert_eq!(told, "0 may pass, 2 count, 0 left");
}

#[test]
fn who_goes_changes_nothing_more() {
    for end in [&["key:s", "key:q"][..], &["key:q"], &[]] {
        let (saved, _, told) = walked(end, None);
        assert!(saved.is_empty());
        assert_eq!(told, "0 may pass, 0 count, 2 left");
    }
}

#[test]
fn an_entry_with_a_reason_is_not_asked_for_again() {
    let (saved, desk, _) = walked(&["key:s"], Some("known"));
    assert!(
        saved.is_empty() && desk.said.contains("[1 of 1]"),
        "{}",
        desk.said
    );
}
