//! A blob without hits costs no allocation once a worker is warm.

use allocation_counter::measure;
use waxseal::model::{Blob, GitState, Origin, Part, Store};
use waxseal::rules::BUILTIN;
use waxseal::scan::{Options, Scanner, Worker};

use crate::support::program::{bytes, text};

/// Scans a blob and gives how many findings it has.
fn scan(worker: &mut Worker<'_>, path: &str, text: &[u8]) -> usize {
    let mut findings = Vec::new();
    let origin = Origin::new(path.as_bytes(), Store::File(GitState::Tracked));
    worker.scan(
        &Blob {
            origin,
            bytes: text,
            part: Part::whole(text.len()),
        },
        &mut findings,
    );
    findings.len()
}

/// Texts without an anchor, by the names under which they are scanned.
fn clean() -> Vec<(&'static str, Vec<u8>)> {
    let code = "    let total = items.iter().map(|item| item.price * 3).sum();  // caf\u{e9}\r\n";
    let utf16 = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    vec![
        ("empty.txt", Vec::new()),
        ("short.rs", code.into()),
        ("large.rs", code.repeat((1 << 20) / code.len()).into()),
        ("line.js", "abc ".repeat(50_000).into()),
        ("latin.txt", b"caf\xe9 na\xefve ".repeat(1_000)),
        ("binary.bin", (0..=255_u8).cycle().take(100_000).collect()),
        ("wide.txt", utf16(&code.repeat(1_000))),
        ("locale/de/environment.yml", b"title: Titel\n".repeat(100)),
        ("src/env.ts", code.into()),
    ]
}

#[test]
fn a_clean_blob_allocates_nothing() {
    let scanner = Scanner::new(BUILTIN.iter().cloned(), Options::default());
    let mut worker = scanner.worker();
    let texts = clean();
    // once through everything, and once through something with findings
    assert_eq!(
        scan(
            &mut worker,
            "a.py",
            text("k = '<<sendgrid-key>>'").as_bytes()
        ),
        1
    );
    for (name, text) in &texts {
        assert_eq!(scan(&mut worker, name, text), 0, "{name} is not clean");
    }
    for (name, text) in &texts {
        let counted = measure(|| {
            scan(&mut worker, name, text);
        });
        assert_eq!(counted.count_total, 0, "{name}: {counted:?}");
    }
}

/// The same through windows, as a large file comes.
#[test]
fn a_clean_window_allocates_nothing() {
    let scanner = Scanner::new(BUILTIN.iter().cloned(), Options::default());
    let mut worker = scanner.worker();
    let text = b"nothing here, line after line\n".repeat(40_000);
    let mut windows = |findings: &mut Vec<_>| {
        for start in (0..text.len()).step_by(100_000) {
            let end = (start + 300_000).min(text.len());
            let own = if start == 0 {
                0..200_000
            } else {
                100_000..(end - start).min(200_000)
            };
            let part = Part {
                offset: start as u64,
                own,
                next: 100_000.min(end - start),
                last: end == text.len(),
            };
            let origin = Origin::new(b"a.txt", Store::Stdin);
            worker.scan(
                &Blob {
                    origin,
                    bytes: &text[start..end],
                    part,
                },
                findings,
            );
        }
    };
    windows(&mut Vec::new());
    let counted = measure(|| windows(&mut Vec::new()));
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

/// Anchors alone, without what they announce, are looked at in memory that is kept.
#[test]
fn anchors_that_lead_nowhere_keep_their_memory() {
    let scanner = Scanner::new(BUILTIN.iter().cloned(), Options::default());
    let mut worker = scanner.worker();
    let text = "the smtp server, the mailer and ACCESS\n".repeat(500);
    let mut once = || assert_eq!(scan(&mut worker, "a.txt", text.as_bytes()), 0);
    once();
    let counted = measure(&mut once);
    // its path may be looked at; the 1,500 anchors cost nothing
    assert!(counted.count_total < 4, "{counted:?}");
    // a dotenv file is read in full, so it may allocate, but nothing is found in this one
    assert_eq!(
        scan(&mut worker, ".env.local", &bytes("A=1\nB=two\n")),
        1,
        "the file itself"
    );
}
