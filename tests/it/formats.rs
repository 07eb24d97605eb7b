//! What each format looks like, byte for byte, and what none of them may hold.
//!
//! The reports are made by hand, so that expected places are known without a scanner. With
//! `WAXSEAL_BLESS=1` the golden files are rewritten; read their diff as you would read code.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail the test by panicking"
)]

mod blocked;
mod history;
mod services;
mod verified;

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use waxseal::model::{
    Accepted, AllowFault, AllowWarning, Allowed, Allows, Baselined, Confidence, Coverage, Day,
    Encoding, Excerpt, Finding, FindingPart, Fingerprint, GitState, Marker, Origin, Place, Report,
    Secret, Severity, Skip, SkipReason, Store, Verdict,
};
use waxseal::report::{Format, Meta, Verbosity, render, render_summary};
use waxseal::rules::{FileRule, Kind, Rule};

/// Stands in every secret and every part of the nasty report, after what may be shown.
const MARKER: &str = "marker-that-must-not-show";

/// When the reports are made: 812 days after the start of 2022.
const NOW: i64 = 1_640_995_200 + 812 * 86_400;

fn rule(id: &'static str, title: &'static str, severity: Severity) -> Rule {
    let nothing = Kind::File(FileRule {
        names: Cow::Borrowed(&[]),
        except: Cow::Borrowed(&[]),
        always: true,
    });
    Rule {
        why: "Whoever has it can send mail in your name.".into(),
        remedy: vec![
            Cow::from("Revoke it at the provider and make a new one"),
            Cow::from("Read the new one from the environment"),
        ]
        .into(),
        references: vec![
            Cow::from("vendor documentation"),
            Cow::from("https://docs.example.org/keys"),
        ]
        .into(),
        controls: vec![Cow::from("CWE-798")].into(),
        ..Rule::without_anchors(id.into(), title.into(), severity, nothing)
    }
}

fn rules() -> Vec<Rule> {
    vec![
        rule("demo-api-key", "Demo API key", Severity::Critical),
        rule("demo-dotenv-file", "Dotenv file", Severity::Medium),
        rule("demo-smtp-login", "SMTP login", Severity::High),
    ]
}

/// A place on one line, `length` bytes and columns long.
fn place(start: u64, line: u64, column: u64, length: u64) -> Place {
    Place {
        start,
        end: start + length,
        line,
        column,
        end_line: line,
        end_column: column + length,
    }
}

fn secret() -> Secret {
    Secret::new(format!("DEMO.{MARKER}").as_bytes(), 5)
}

fn finding(rule: &'static str, severity: Severity, path: &'static [u8], at: Place) -> Finding {
    Finding {
        rule: rule.into(),
        severity,
        confidence: Confidence::High,
        secret: secret(),
        parts: Vec::new(),
        origin: Origin::new(path, Store::File(GitState::Tracked)),
        place: at,
        excerpt: Excerpt("DEMO_KEY = \"DEMO.********\"".to_owned()),
        encodings: Vec::new(),
        fingerprint: Fingerprint::new(b"test", rule, &secret()),
        notes: Vec::new(),
        history: None,
        allowed: None,
        verified: None,
    }
}

/// One finding, all seen: the common case.
fn plain() -> Report {
    Report {
        findings: vec![finding(
            "demo-api-key",
            Severity::Critical,
            b"config/mail.py",
            place(214, 12, 13, 30),
        )],
        coverage: Coverage {
            files: 34_000,
            bytes: 270_000_000,
            ..Coverage::default()
        },
        elapsed: Duration::from_millis(214),
        ..Report::default()
    }
}

/// Nothing found, everything seen.
fn clean() -> Report {
    Report {
        findings: Vec::new(),
        ..plain()
    }
}

/// Hostile names, long places, companions, skips and drops.
fn nasty() -> Report {
    let login = finding(
        "demo-smtp-login",
        Severity::High,
        b"app/a\x1b]0;owned\x07\nb.yml",
        Place {
            end_line: 14,
            end_column: 3,
            ..place(300, 12, 16, 60)
        },
    );
    let part = |name: &'static str, at| FindingPart {
        name: name.into(),
        value: Secret::new(MARKER.as_bytes(), 0),
        place: at,
    };
    let dotenv = finding(
        "demo-dotenv-file",
        Severity::Medium,
        b"deploy/\xff\xfe.env",
        place(0, 1, 1, 0),
    );
    let rtl = "docs/\u{202e}txt.exe 100%?#\u{e9}".as_bytes();
    let seen = Coverage {
        files: 3,
        bytes: 4_321,
        binary_files: 1,
        ..Coverage::default()
    };
    let skips: [(&[u8], SkipReason, &str); 8] = [
        (b"link", SkipReason::Symlink, ""),
        (b"link2", SkipReason::Symlink, ""),
        (b"pipe", SkipReason::Special, ""),
        (b"vendor/x", SkipReason::Submodule, ""),
        (b"lost\nhere", SkipReason::NotFound, ""),
        (
            b"private/\xff",
            SkipReason::PermissionDenied,
            "permission denied (os error 13); \x1b[1mask its owner",
        ),
        (b"odd\xe2\x80\xae.bin", SkipReason::Internal, ""),
        (b"nested/\x7f", SkipReason::NestedRepository, ""),
    ];
    let mut coverage = skips
        .into_iter()
        .fold(seen, |mut coverage, (path, reason, detail)| {
            coverage.skip(Skip {
                path: path.to_vec(),
                reason,
                detail: detail.to_owned(),
            });
            coverage
        });
    coverage.named.sort();
    Report {
        findings: vec![
            Finding {
                parts: vec![
                    part("host", place(280, 11, 9, 16)),
                    part("user", place(364, 15, 9, 3)),
                ],
                excerpt: Excerpt("  password: >- \u{1b}[31m********".to_owned()),
                origin: Origin::new(
                    b"app/a\x1b]0;owned\x07\nb.yml",
                    Store::File(GitState::Untracked),
                ),
                notes: vec!["the host is not public".into(), "odd \u{9b}note".into()],
                ..login
            },
            Finding {
                secret: Secret::new(b"", 0),
                excerpt: Excerpt(String::new()),
                confidence: Confidence::Low,
                origin: Origin::new(b"deploy/\xff\xfe.env", Store::File(GitState::Ignored)),
                ..dotenv
            },
            Finding {
                encodings: vec![Encoding::Utf16, Encoding::Base64],
                origin: Origin::new(rtl, Store::File(GitState::Outside)).to_owned(),
                ..finding("demo-api-key", Severity::Critical, b"", place(9, 1, 5, 40))
            },
            Finding {
                origin: Origin::new(b"<stdin>", Store::Stdin),
                ..finding("user-rule", Severity::Info, b"", place(0, 1, 1, 12))
            },
        ],
        coverage,
        drops: [
            (("demo-api-key".into(), "placeholder"), 1_204),
            (("demo-smtp-login".into(), "lookup"), 3),
        ]
        .into(),
        held: None,
        hidden: None,
        verification: None,
        elapsed: Duration::from_millis(3),
        allows: allows(),
        baseline: None,
        fail_on_unused: false,
    }
}

/// What comments let pass, and what is wrong with them.
fn allows() -> Allows {
    let allowed = |marker, line, reason: Option<&str>, path| Finding {
        allowed: Some(Box::new(Allowed {
            marker,
            line,
            reason: reason.map(str::to_owned),
        })),
        ..finding(
            "demo-api-key",
            Severity::Critical,
            path,
            place(214, 12, 13, 30),
        )
    };
    let warning = |line, fault| AllowWarning {
        path: b"app/a\x1b]0;owned\x07\nb.yml".to_vec(),
        line,
        fault,
    };
    let nearest = "demo-api-key".to_owned();
    Allows {
        findings: vec![
            allowed(Marker::Waxseal, 11, Some("docs \u{202e}only"), b"a\xff.py"),
            allowed(Marker::Gitleaks, 12, None, b"b.py"),
        ],
        warnings: vec![
            warning(1, AllowFault::NoRule),
            warning(2, AllowFault::AllRules),
            warning(3, AllowFault::UnknownRule { nearest }),
            warning(4, AllowFault::NoReason { required: false }),
            warning(4, AllowFault::NoReason { required: true }),
        ],
        unused: (1..=1_001).map(|line| (b"a.py".to_vec(), line)).collect(),
    }
}

/// A finding that counts, one that a comment lets pass, and two that the baseline does.
fn baselined() -> Report {
    let entry = |number: u8, reason: Option<&str>, owner: Option<&str>, day: &str| Accepted {
        fingerprint: Fingerprint::new(b"test", "entry", &Secret::new(&[number], 0)),
        rule: "demo-smtp-login".to_owned(),
        reason: reason.map(str::to_owned),
        owner: owner.map(str::to_owned),
        expires: Day::parse(day.as_bytes()),
    };
    let login = |path| {
        finding(
            "demo-smtp-login",
            Severity::High,
            path,
            place(300, 8, 16, 12),
        )
    };
    let mut report = plain();
    report.allows.findings = allows().findings;
    report.fail_on_unused = true;
    report.baseline = Some(Box::new(Baselined {
        file: ".waxseal-baseline.jsonl".to_owned(),
        entries: 1_204,
        findings: vec![
            (
                login(b"app/mail.yml"),
                entry(
                    1,
                    Some("answers of the test server"),
                    Some("ops"),
                    "2026-03-31",
                ),
            ),
            (login(b"app/a\x1b[31mb.yml"), entry(2, None, None, "")),
        ],
        expired: vec![entry(
            3,
            Some("until the rotation"),
            Some("ops \u{202e}team"),
            "2024-01-31",
        )],
        unused: Some(vec![
            entry(4, None, None, ""),
            entry(5, None, Some("web"), ""),
        ]),
        is_alien: false,
        doubled: vec![entry(1, None, None, "").fingerprint],
    }));
    report
}

/// Nothing found, but not everything seen.
fn incomplete() -> Report {
    let mut report = clean();
    report.coverage.skip(Skip {
        path: b"src/gone.rs".to_vec(),
        reason: SkipReason::Vanished,
        detail: String::new(),
    });
    report
}

fn cases() -> [(&'static str, Report); 9] {
    [
        ("plain", plain()),
        ("clean", clean()),
        ("nasty", nasty()),
        ("incomplete", incomplete()),
        ("baselined", baselined()),
        ("history", history::full()),
        ("history-incomplete", history::incomplete()),
        ("commands", services::commands()),
        ("verified", verified::all()),
    ]
}

/// Runs `body` with what a caller of the renderers has at hand.
fn with_meta<T>(verbosity: Verbosity, color: bool, body: impl FnOnce(&Meta<'_>) -> T) -> T {
    let rules = rules();
    let rules: Vec<&Rule> = rules.iter().collect();
    body(&Meta {
        version: "0.0.0",
        rules: &rules,
        fail_on: Severity::Low.into(),
        settings: None,
        verbosity,
        color,
        now: NOW,
    })
}

fn rendered(format: Format, report: &Report, verbosity: Verbosity, color: bool) -> String {
    with_meta(verbosity, color, |meta| {
        let mut out = Vec::new();
        render(format, report, meta, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    })
}

fn summary(report: &Report, verbosity: Verbosity, color: bool) -> String {
    with_meta(verbosity, color, |meta| {
        let mut out = Vec::new();
        render_summary(report, meta, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    })
}

fn parsed(format: Format, report: &Report) -> Value {
    serde_json::from_str(&rendered(format, report, Verbosity::Normal, false)).unwrap()
}

fn golden(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/golden/formats")
        .join(name);
    if std::env::var_os("WAXSEAL_BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{name}: {error}; WAXSEAL_BLESS=1 writes it"));
    assert!(
        expected == actual,
        "{name} differs; WAXSEAL_BLESS=1 rewrites it\n--- is\n{actual}"
    );
}

#[test]
fn machine_formats_match_their_goldens() {
    for (case, report) in cases() {
        for format in Format::ALL.into_iter().skip(1) {
            let actual = rendered(format, &report, Verbosity::Normal, false);
            golden(&format!("{case}.{format}"), &actual);
        }
    }
}

#[test]
fn text_matches_its_goldens_at_every_verbosity() {
    for (case, report) in cases() {
        for (suffix, verbosity) in [
            ("-q", Verbosity::Quiet),
            ("", Verbosity::Normal),
            ("-vv", Verbosity::Debug),
        ] {
            let actual = format!(
                "{}==== summary\n{}",
                rendered(Format::Text, &report, verbosity, false),
                summary(&report, verbosity, false)
            );
            golden(&format!("{case}{suffix}.txt"), &actual);
        }
    }
}

#[test]
fn a_place_is_the_same_in_every_format() {
    let report = plain();
    let text = rendered(Format::Text, &report, Verbosity::Normal, false);
    assert!(text.starts_with("config/mail.py:12:13  critical  demo-api-key  Demo API key\n"));
    assert_eq!(
        parsed(Format::Json, &report)["findings"][0]["place"],
        json!({"line": 12, "column": 13, "end_line": 12, "end_column": 43, "start": 214, "end": 244})
    );
    let sarif = parsed(Format::Sarif, &report);
    let physical = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(
        physical["artifactLocation"],
        json!({"uri": "config/mail.py", "uriBaseId": "%SRCROOT%"})
    );
    let region = &physical["region"];
    for (key, value) in [
        ("startLine", 12),
        ("startColumn", 13),
        ("endLine", 12),
        ("endColumn", 43),
        ("byteOffset", 214),
        ("byteLength", 30),
    ] {
        assert_eq!(region[key], value, "{key}");
    }
}

#[test]
fn a_secret_over_several_lines_keeps_its_end() {
    let report = nasty();
    let json = parsed(Format::Json, &report);
    assert_eq!(json["findings"][0]["place"]["end_line"], 14);
    assert_eq!(json["findings"][0]["place"]["end_column"], 3);
    let sarif = parsed(Format::Sarif, &report);
    let result = &sarif["runs"][0]["results"][0];
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 12);
    assert_eq!(region["startColumn"], 16);
    assert_eq!(region["endLine"], 14);
    assert_eq!(region["endColumn"], 3);
    let host = &result["relatedLocations"][0];
    assert_eq!(host["message"]["text"], "host");
    assert_eq!(host["physicalLocation"]["region"]["startLine"], 11);
    assert_eq!(host["physicalLocation"]["region"]["startColumn"], 9);
    assert_eq!(host["physicalLocation"]["region"]["endColumn"], 25);
}

#[test]
fn a_path_comes_back_from_every_machine_format_as_it_was() {
    let report = nasty();
    let json = parsed(Format::Json, &report);
    assert_eq!(
        json["findings"][0]["path"],
        "app/a\u{1b}]0;owned\u{7}\nb.yml"
    );
    assert_eq!(json["findings"][0].get("path_base64"), None);
    assert_eq!(json["findings"][1]["path"], "deploy/\\xff\\xfe.env");
    assert_eq!(json["findings"][1]["path_base64"], "ZGVwbG95L//+LmVudg==");
    assert_eq!(
        json["findings"][2]["path"],
        "docs/\u{202e}txt.exe 100%?#\u{e9}"
    );
    let sarif = parsed(Format::Sarif, &report);
    let uri = |result: usize| {
        let locations = &sarif["runs"][0]["results"][result]["locations"];
        locations[0]["physicalLocation"]["artifactLocation"]["uri"].clone()
    };
    assert_eq!(uri(0), "app/a%1B%5D0%3Bowned%07%0Ab.yml");
    assert_eq!(uri(1), "deploy/%FF%FE.env");
    assert_eq!(uri(2), "docs/%E2%80%AEtxt.exe%20100%25%3F%23%C3%A9");
}

#[test]
fn an_incomplete_run_says_so_everywhere() {
    let report = incomplete();
    for verbosity in [Verbosity::Quiet, Verbosity::Normal] {
        let told = summary(&report, verbosity, false);
        assert!(told.contains("waxseal: src/gone.rs: gone before"), "{told}");
        assert!(
            told.ends_with(
                "waxseal: incomplete: 1 path could not be scanned, so this result is not clean\n"
            ),
            "{told}"
        );
    }
    let json = parsed(Format::Json, &report);
    assert_eq!(json["outcome"], "failed");
    assert_eq!(json["coverage"]["complete"], false);
    let lines = rendered(Format::Jsonl, &report, Verbosity::Normal, false);
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "summary");
    assert_eq!(last["outcome"], "failed");
    let invocation = &parsed(Format::Sarif, &report)["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notification["level"], "error");
    assert_eq!(notification["descriptor"]["id"], "vanished");
}

#[test]
fn findings_below_the_threshold_are_explained() {
    let told = with_meta(Verbosity::Normal, false, |meta| {
        let mut report = plain();
        report.findings[0].severity = Severity::Low;
        let meta = Meta {
            fail_on: Severity::High.into(),
            ..*meta
        };
        let mut out = Vec::new();
        render_summary(&report, &meta, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    });
    assert_eq!(
        told,
        "waxseal: 1 finding (1 low) in 1 file, none of them high or worse; \
         scanned 34,000 files, 270 MB in 0.21 s\n"
    );
}

#[test]
fn what_is_not_sure_enough_is_hidden_and_counted() {
    let mut report = plain();
    let mut unsure = report.findings[0].clone();
    unsure.confidence = Confidence::Low;
    report.findings.push(unsure);
    report.hide_below(Confidence::Low);
    assert_eq!((report.findings.len(), report.hidden), (2, None));
    report.hide_below(Confidence::Medium);
    report.hide_below(Confidence::Medium);
    assert_eq!((report.findings.len(), report.hidden), (1, Some(1)));
    let told = with_meta(Verbosity::Normal, false, |meta| {
        let mut out = Vec::new();
        render_summary(&report, meta, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    });
    let line = "waxseal: 1 finding that is less sure than was asked for was hidden; --min-confidence low shows it\n";
    assert!(told.ends_with(line), "{told}");
    assert_eq!(parsed(Format::Json, &report)["hidden"], 1);
}

#[test]
fn json_lines_hold_the_findings_of_the_document() {
    for (_, report) in cases() {
        let document = parsed(Format::Json, &report);
        let lines = rendered(Format::Jsonl, &report, Verbosity::Normal, false);
        let mut lines: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let allowed = lines.partition_point(|line| line["type"] == "finding");
        let baselined =
            allowed + lines[allowed..].partition_point(|line| line["type"] == "allowed");
        for line in &mut lines {
            line.as_object_mut().unwrap().shift_remove("type").unwrap();
        }
        let mut rebuilt = lines.pop().unwrap();
        let baselined = lines.split_off(baselined);
        let allowed = lines.split_off(allowed);
        rebuilt["findings"] = Value::Array(lines);
        rebuilt["allowed"] = Value::Array(allowed);
        if report.baseline.is_some() {
            rebuilt["baselined"] = Value::Array(baselined);
        }
        assert_eq!(rebuilt, document);
    }
}

#[test]
fn machine_formats_depend_on_nothing_but_the_report() {
    let has_times = |format: &Format| matches!(format, Format::Text | Format::Gitlab);
    for format in Format::ALL.into_iter().filter(|format| !has_times(format)) {
        let first = rendered(format, &nasty(), Verbosity::Quiet, false);
        let mut report = nasty();
        report.elapsed = Duration::from_secs(99);
        assert_eq!(first, rendered(format, &report, Verbosity::Debug, true));
        let report = history::full();
        let [now, later] = [NOW, NOW + 86_400].map(|now| {
            with_meta(Verbosity::Normal, false, |meta| {
                let mut out = Vec::new();
                render(format, &report, &Meta { now, ..*meta }, &mut out).unwrap();
                out
            })
        });
        assert_eq!(now, later);
    }
}

#[test]
fn the_document_describes_every_key_and_name() {
    fn keys(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    into.push(key.clone());
                    keys(value, into);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| keys(item, into)),
            _ => {}
        }
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/json-v1.md");
    let document = std::fs::read_to_string(path).unwrap();
    let mut names = Vec::new();
    keys(&parsed(Format::Json, &nasty()), &mut names);
    keys(&parsed(Format::Json, &history::full()), &mut names);
    let mut verified = verified::all();
    verified.keep_verdicts(&Verdict::ALL);
    keys(&parsed(Format::Json, &verified), &mut names);
    keys(&parsed(Format::Json, &verified::dry()), &mut names);
    names.extend(SkipReason::ALL.map(|reason| reason.id().to_owned()));
    names.extend(Marker::ALL.map(|marker| marker.id().to_owned()));
    names.extend(Severity::ALL.map(|severity| severity.id().to_owned()));
    names.extend(Confidence::ALL.map(|confidence| confidence.id().to_owned()));
    for name in names {
        assert!(document.contains(&format!("`{name}`")), "{name}");
    }
}

const VERBOSITIES: [Verbosity; 4] = [
    Verbosity::Quiet,
    Verbosity::Normal,
    Verbosity::Verbose,
    Verbosity::Debug,
];

/// Reports with names, refs and details that mean harm.
fn hostile() -> [Report; 5] {
    [
        nasty(),
        history::full(),
        history::incomplete(),
        services::commands(),
        verified::all(),
    ]
}

/// Everything that any format writes about `report`, plain or coloured.
fn everything(report: &Report, color: bool) -> Vec<String> {
    let mut all = Vec::new();
    for verbosity in VERBOSITIES {
        for format in Format::ALL {
            all.push(rendered(format, report, verbosity, color));
        }
        all.push(summary(report, verbosity, color));
    }
    all
}

#[test]
fn no_format_shows_a_secret() {
    for color in [false, true] {
        for text in hostile()
            .iter()
            .flat_map(|report| everything(report, color))
        {
            for piece in [MARKER, &MARKER[..8], &MARKER[MARKER.len() - 8..]] {
                assert!(!text.contains(piece), "{piece} in\n{text}");
            }
        }
    }
}

#[test]
fn nothing_written_can_steer_a_terminal() {
    for text in hostile()
        .iter()
        .flat_map(|report| everything(report, false))
    {
        let hazard = text.chars().find(|&c| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        });
        assert_eq!(hazard, None, "{text}");
    }
}

#[test]
fn colour_only_adds_colour() {
    for (verbosity, report) in VERBOSITIES.into_iter().flat_map(|verbosity| {
        let reports = [nasty(), history::full()];
        reports.map(|report| (verbosity, report))
    }) {
        let colored = rendered(Format::Text, &report, verbosity, true);
        assert!(colored.contains("\x1b["));
        let plain = rendered(Format::Text, &report, verbosity, false);
        assert_eq!(without_colour(&colored), plain);
        let colored = summary(&report, verbosity, true);
        assert_eq!(without_colour(&colored), summary(&report, verbosity, false));
    }
}

/// `text` without `ESC [ … m`, the only sequence that colour is made of.
fn without_colour(text: &str) -> String {
    let mut pieces = text.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |mut out, piece| {
        let (_, rest) = piece.split_once('m').unwrap();
        out.push_str(rest);
        out
    })
}
