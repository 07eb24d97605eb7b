//! Reports of history scans, and what every format makes of them.

use serde_json::{Value, json};
use waxseal::model::{
    Coverage, Excerpt, Finding, FindingPart, FirstCommit, History, Location, ObjectId, ObjectKind,
    Objects, Origin, Place, Report, Secret, Severity, Skip, SkipReason, Store, Tally,
};
use waxseal::report::{Format, Verbosity};

use super::{MARKER, finding, parsed, place, rendered, summary};

/// An id that is easy to tell from others: `byte` twenty times.
fn id(byte: u8) -> ObjectId {
    ObjectId::new(&[byte; 20])
}

fn location(path: &[u8], kind: ObjectKind, object: u8, place: Place) -> Location {
    Location {
        path: path.to_vec(),
        object: id(object),
        kind,
        place,
    }
}

/// A history in which the secret stands at `locations` and nowhere else.
fn only_at(locations: Vec<Location>) -> History {
    History {
        first: None,
        location_count: locations.len() as u64,
        locations,
        in_head: false,
        refs: Vec::new(),
        ref_count: 0,
    }
}

fn refs(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// `finding` at the first place of `history`.
fn found_in(history: History, finding: Finding) -> Finding {
    let first = &history.locations[0];
    Finding {
        origin: Origin::new(&first.path, Store::Object(first.kind, first.object)).to_owned(),
        place: first.place,
        history: Some(Box::new(history)),
        ..finding
    }
}

fn demo(rule: &'static str, severity: Severity) -> Finding {
    finding(rule, severity, b"", place(0, 1, 1, 0))
}

/// A login that was moved about and then taken out of the files: what most histories hold.
fn moved_login() -> Finding {
    let at = |path: &[u8], object, start, line| {
        location(path, ObjectKind::Blob, object, place(start, line, 5, 30))
    };
    let part = FindingPart {
        name: "host".into(),
        value: Secret::new(MARKER.as_bytes(), 0),
        place: place(180, 11, 9, 16),
    };
    let history = History {
        first: Some(FirstCommit {
            id: id(0x3f),
            author_time: 1_640_995_200,
        }),
        location_count: 23,
        in_head: true,
        refs: refs(&[
            "HEAD",
            "refs/heads/main",
            "refs/heads/old/mailer",
            "refs/remotes/origin/main",
            "refs/tags/v1.0",
        ]),
        ref_count: 1_204,
        ..only_at(vec![
            at(b"config/mail.php", 0xb1, 214, 12),
            location(b"", ObjectKind::Commit, 0xc2, place(301, 9, 3, 30)),
            location(b"", ObjectKind::Tag, 0x7a, place(120, 6, 1, 30)),
            at(b"config/mail.php", 0xb2, 250, 14),
            at(b"old/a\x1b]0;owned\x07\nb.php", 0xb1, 214, 12),
        ])
    };
    Finding {
        parts: vec![part],
        ..found_in(history, demo("demo-smtp-login", Severity::High))
    }
}

/// A secret in the message of a commit, of a date that no calendar holds.
fn told_in_a_message() -> Finding {
    let history = History {
        first: Some(FirstCommit {
            id: id(0xc1),
            author_time: i64::MAX,
        }),
        refs: refs(&["refs/heads/\u{202e}niam"]),
        ref_count: 1,
        ..only_at(vec![location(
            b"",
            ObjectKind::Commit,
            0xc1,
            place(260, 8, 14, 30),
        )])
    };
    Finding {
        excerpt: Excerpt("rotate DEMO.******** soon".to_owned()),
        ..found_in(history, demo("demo-api-key", Severity::Critical))
    }
}

/// Blobs that no ref reaches: one without a name, and one that a commit left behind still names.
fn left_behind() -> [Finding; 2] {
    let blob = |path: &[u8], object| {
        vec![location(
            path,
            ObjectKind::Blob,
            object,
            place(9, 1, 10, 30),
        )]
    };
    [
        found_in(
            only_at(blob(b"", 0xd1)),
            demo("demo-api-key", Severity::Critical),
        ),
        found_in(
            only_at(blob(b"/etc/\xff\xfe.env", 0xd2)),
            demo("demo-dotenv-file", Severity::Medium),
        ),
    ]
}

/// A finding of every kind that a history has.
pub(super) fn full() -> Report {
    let [unnamed, named] = left_behind();
    let mut findings = vec![unnamed, named, moved_login(), told_in_a_message()];
    findings.sort_by(Finding::report_order);
    let tally = |count, bytes| Tally { count, bytes };
    let mut coverage = Coverage {
        files: 262_343,
        bytes: 8_000_000_000,
        binary_files: 5_120,
        objects: Some(Objects {
            blobs: tally(262_343, 8_000_000_000),
            trees: tally(310_000, 900_000_000),
            commits: tally(203_352, 99_000_000),
            tags: tally(1_006, 1_000_000),
        }),
        ..Coverage::default()
    };
    for (reason, count) in [
        (SkipReason::OverLimit, 2),
        (SkipReason::Shallow, 3),
        (SkipReason::Promised, 1_500),
        (SkipReason::Submodule, 1),
    ] {
        for _ in 0..count {
            coverage.skip(Skip {
                path: b"vendor/lib".to_vec(),
                reason,
                detail: String::new(),
            });
        }
    }
    Report {
        findings,
        coverage,
        elapsed: std::time::Duration::from_millis(1_600),
        ..Report::default()
    }
}

/// A store that lost some of its objects.
pub(super) fn incomplete() -> Report {
    let mut coverage = Coverage {
        objects: Some(Objects {
            commits: Tally {
                count: 1,
                bytes: 240,
            },
            ..Objects::default()
        }),
        ..Coverage::default()
    };
    let mut skip = |path: String, reason, detail: &str| {
        coverage.skip(Skip {
            path: path.into_bytes(),
            reason,
            detail: detail.to_owned(),
        });
    };
    for byte in 0..23 {
        skip(format!("blob {}", id(byte)), SkipReason::Missing, "");
    }
    skip(format!("tree {}", id(0xe1)), SkipReason::Damaged, "");
    let detail = "a delta of 5 GB; \x1b[1mraise the limit";
    skip(format!("object {}", id(0xe2)), SkipReason::TooLarge, detail);
    skip(format!("blob {}", id(0xe3)), SkipReason::Internal, "");
    skip(
        ".git/objects/pack/pack-1.pack".to_owned(),
        SkipReason::Unreadable,
        "",
    );
    coverage.named.sort();
    Report {
        coverage,
        elapsed: std::time::Duration::from_millis(3),
        ..Report::default()
    }
}

fn text(finding: Finding, verbosity: Verbosity) -> String {
    let report = Report {
        findings: vec![finding],
        ..Report::default()
    };
    rendered(Format::Text, &report, verbosity, false)
}

#[test]
fn a_headline_is_what_git_show_takes() {
    let [unnamed, named] = left_behind();
    for (finding, headline) in [
        (moved_login(), "3f3f3f3f3f3f:config/mail.php:12:5  high"),
        (told_in_a_message(), "commit c1c1c1c1c1c1:8:14  critical"),
        (unnamed, "blob d1d1d1d1d1d1:1:10  critical"),
        (named, "blob d2d2d2d2d2d2:/etc/\\xff\\xfe.env:1:10  medium"),
    ] {
        let told = text(finding, Verbosity::Normal);
        assert!(told.starts_with(headline), "{told}");
    }
}

#[test]
fn a_message_is_neither_in_head_nor_gone_from_it() {
    let told = text(told_in_a_message(), Verbosity::Normal);
    // of a date that no calendar holds, nothing is told
    assert!(
        told.contains("    came in with this commit; reached by refs/"),
        "{told}"
    );
    assert!(!told.contains("HEAD"), "{told}");
    assert!(text(moved_login(), Verbosity::Normal).contains("; still in HEAD; reached by HEAD, "));
    let gone = |finding: Finding| Finding {
        history: finding.history.map(|history| {
            Box::new(History {
                in_head: false,
                ..*history
            })
        }),
        ..finding
    };
    let told = text(gone(moved_login()), Verbosity::Normal);
    assert!(told.contains("; no longer in HEAD; "), "{told}");
}

#[test]
fn an_unreachable_secret_is_not_called_gone() {
    for finding in left_behind() {
        let told = text(finding, Verbosity::Normal);
        let clause = "unreachable from any ref; still in the store until git prunes it";
        assert!(told.contains(clause), "{told}");
        assert!(!told.contains("HEAD"), "{told}");
    }
}

#[test]
fn further_places_are_counted_and_listed_on_request() {
    let told = text(moved_login(), Verbosity::Normal);
    assert!(told.contains("22 more places in the history; -v lists them\n"));
    let told = text(moved_login(), Verbosity::Verbose);
    for line in [
        "also at commit c2c2c2c2c2c2:9:3\n",
        "also at tag 7a7a7a7a7a7a:6:1\n",
        "also at config/mail.php:14:5 in blob b2b2b2b2b2b2\n",
        "also at 18 more places that are not listed\n",
    ] {
        assert!(told.contains(line), "{told}");
    }
    assert_eq!(told.matches("also at").count(), 5, "{told}");
}

#[test]
fn a_finding_tells_its_whole_history_in_json() {
    let report = full();
    let json = parsed(Format::Json, &report);
    let findings = json["findings"].as_array().unwrap();
    let of = |store: &str, path: &str| {
        let mut found = findings
            .iter()
            .filter(|finding| finding["store"] == store && finding["path"] == path);
        found.next().unwrap()
    };
    let login = of("blob", "config/mail.php");
    assert_eq!(login["git"], Value::Null);
    let history = &login["history"];
    assert_eq!(history["object"], "b1".repeat(20));
    assert_eq!(
        history["first_commit"],
        json!({"id": "3f".repeat(20), "author_date": "2022-01-01T00:00:00Z"})
    );
    assert_eq!(
        history["locations"][1],
        json!({"path": "", "object": "c2".repeat(20), "object_kind": "commit",
            "line": 9, "column": 3, "end_line": 9, "end_column": 33, "start": 301, "end": 331})
    );
    assert_eq!(
        (&history["location_count"], &history["ref_count"]),
        (&json!(23), &json!(1_204))
    );
    let message = &of("commit", "")["history"];
    assert_eq!(message["first_commit"]["author_date"], Value::Null);
    assert_eq!(message["reachable"], true);
    let unnamed = &of("blob", "")["history"];
    assert_eq!(
        (&unnamed["first_commit"], &unnamed["reachable"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(
        json["coverage"]["objects"]["tags"],
        json!({"count": 1_006, "bytes": 1_000_000})
    );
}

#[test]
fn files_have_no_history_in_any_format() {
    for format in [Format::Json, Format::Jsonl, Format::Sarif] {
        let told = rendered(format, &super::nasty(), Verbosity::Normal, false);
        for key in ["\"history\"", "\"objects\"", "originalUriBaseIds"] {
            assert!(!told.contains(key), "{told}");
        }
    }
}

/// What code scanning asks for: an artifact in every place, and no URI with a scheme.
#[test]
fn every_place_has_a_relative_uri_in_sarif() {
    fn artifacts<'v>(value: &'v Value, into: &mut Vec<&'v Value>) {
        match value {
            Value::Object(map) => {
                into.extend(map.get("artifactLocation"));
                map.values().for_each(|value| artifacts(value, into));
            }
            Value::Array(items) => items.iter().for_each(|item| artifacts(item, into)),
            _ => {}
        }
    }
    let mut seen = 0;
    for report in [full(), incomplete()] {
        let sarif = parsed(Format::Sarif, &report);
        let mut found = Vec::new();
        artifacts(&sarif["runs"][0], &mut found);
        for artifact in &found {
            let uri = artifact["uri"].as_str().unwrap();
            assert!(!uri.contains(':') && !uri.starts_with('/'), "{uri}");
            let base = artifact["uriBaseId"].as_str().unwrap();
            let known = &sarif["runs"][0]["originalUriBaseIds"][base];
            assert!(base == "%SRCROOT%" || known.is_object(), "{base}");
        }
        seen += found.len();
    }
    assert!(seen > 30, "{seen}");
    let results = parsed(Format::Sarif, &full())["runs"][0]["results"].clone();
    let uri = |place: &Value| place["physicalLocation"]["artifactLocation"]["uri"].clone();
    let mut uris: Vec<Value> = Vec::new();
    for result in results.as_array().unwrap() {
        uris.push(uri(&result["locations"][0]));
        assert!(!result.to_string().contains("author"), "{result}");
    }
    uris.sort_by_key(ToString::to_string);
    assert_eq!(
        uris,
        [
            "%2Fetc/%FF%FE.env".to_owned(),
            format!("blob/{}", "d1".repeat(20)),
            format!("commit/{}", "c1".repeat(20)),
            "config/mail.php".to_owned(),
        ]
    );
    let login = results
        .as_array()
        .unwrap()
        .iter()
        .find(|result| result["ruleId"] == "demo-smtp-login")
        .unwrap();
    let related = login["relatedLocations"].as_array().unwrap();
    let ids: Vec<&Value> = related.iter().map(|place| &place["id"]).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    assert_eq!(related[0]["message"]["text"], "host");
    let object = format!("commit/{}", "c2".repeat(20));
    assert_eq!(uri(&related[1]), object);
    assert_eq!(login["properties"]["history"]["commit"], "3f".repeat(20));
}

#[test]
fn a_summary_counts_objects_and_says_what_is_not_there() {
    let told = summary(&full(), Verbosity::Normal, false);
    assert_eq!(
        told,
        "waxseal: the history is cut at 3 shallow commits; `git fetch --unshallow` brings the rest\n\
         waxseal: 4 findings (2 critical, 1 high, 1 medium), 1 of them still in HEAD; \
         scanned 262,343 blobs (5,120 binary), 203,352 commits, 1,006 tags, 8.1 GB in 1.60 s; \
         skipped 1 submodule (vendor/lib; it has a history of its own), 2 blobs over the limit, \
         1,500 objects that a partial clone left to its remote\n"
    );
    let quiet = summary(&full(), Verbosity::Quiet, false);
    assert!(quiet.contains("cut at 3 shallow commits"), "{quiet}");
}

#[test]
fn lost_objects_are_named_up_to_twenty_and_never_called_files() {
    let told = summary(&incomplete(), Verbosity::Normal, false);
    let missing = |told: &str| told.matches(": missing\n").count();
    assert_eq!(missing(&told), 20, "{told}");
    assert!(told.contains(
        "waxseal: and 3 more: missing objects\nwaxseal: 23 missing objects: `git fetch --refetch "
    ));
    assert_eq!(told.matches("--allow-missing").count(), 1, "{told}");
    assert!(told.contains("waxseal: incomplete: 27 parts of the repository could not be scanned"));
    let json = parsed(Format::Json, &incomplete());
    let named = json["coverage"]["named"].as_array().unwrap();
    assert_eq!(named.len(), 27);
    assert!(
        named[1]["detail"]
            .as_str()
            .unwrap()
            .contains("missing; `git fetch --refetch --no-filter` brings")
    );
    for line in told.lines().filter(|line| !line.contains(".pack")) {
        assert!(!line.contains("path") && !line.contains("file"), "{line}");
    }
    let all = summary(&incomplete(), Verbosity::Verbose, false);
    assert_eq!(missing(&all), 23, "{all}");
    assert!(!all.contains(" more: "), "{all}");
}

#[test]
fn findings_that_differ_in_the_object_only_have_an_order() {
    let [unnamed, _] = left_behind();
    let mut other = unnamed.clone();
    other.origin.store = Store::Object(ObjectKind::Blob, id(0xd3));
    assert!(Finding::report_order(&unnamed, &other).is_lt());
    assert!(Finding::report_order(&other, &unnamed).is_gt());
    assert!(Finding::report_order(&other, &other).is_eq());
}
