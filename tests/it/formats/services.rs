//! What GitHub and GitLab and the readers of JUnit files make of a report: every line, property and key is taken apart
//! by the rules of the service, not by ours.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use waxseal::model::{
    Excerpt, Finding, GitState, Origin, Place, Report, Severity, Skip, SkipReason, Store,
};
use waxseal::report::{Format, Meta, Verbosity, render};

use super::{
    cases, clean, finding, history, incomplete, nasty, parsed, place, plain, rendered, with_meta,
};

/// Names and lines that CI runners would take for commands of their own.
pub(super) fn commands() -> Report {
    let found = |path: &'static [u8], excerpt: &str, severity| Finding {
        excerpt: Excerpt(excerpt.to_owned()),
        origin: Origin::new(path, Store::File(GitState::Tracked)),
        notes: vec!["##[warning]noted".into()],
        ..finding("demo-api-key", severity, b"", place(0, 1, 1, 12))
    };
    let mut report = Report {
        findings: vec![
            found(
                b"  ::stop-commands::x",
                "##[stop-commands]x",
                Severity::Medium,
            ),
            found(
                b"::error file=a,line=1::pwned",
                "##vso[task.setvariable variable=x]y",
                Severity::Critical,
            ),
            found(
                b"a\n::set-output name=x::y",
                "##teamcity[x] ]]> <!--",
                Severity::High,
            ),
            found(
                b"a,line=9:x%0A::warning::y",
                "<x a='b'>&lt; \u{ffff}",
                Severity::Low,
            ),
        ],
        ..incomplete()
    };
    report.coverage.skip(Skip {
        path: b"::add-mask::a\r\n::error::b".to_vec(),
        reason: SkipReason::Unreadable,
        detail: "odd ##[error]detail\n::error::x".to_owned(),
    });
    report.sort();
    report
}

/// The properties of a command, by name and value.
type Properties = Vec<(String, String)>;

/// A workflow command as the runner reads it: kind, properties, message. None where the line is none.
fn command(line: &str) -> Option<(String, Properties, String)> {
    let rest = line.trim_start().strip_prefix("::")?;
    let (head, message) = rest.split_once("::")?;
    let (kind, properties) = head.split_once(' ').unwrap_or((head, ""));
    let plain = |text: &str| {
        text.replace("%0D", "\r")
            .replace("%0A", "\n")
            .replace("%3A", ":")
            .replace("%2C", ",")
            .replace("%25", "%")
    };
    let properties = properties
        .split(',')
        .filter_map(|property| property.split_once('='))
        .map(|(name, value)| (name.to_owned(), plain(value)))
        .collect();
    Some((kind.to_owned(), properties, plain(message)))
}

fn property<'p>(properties: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let mut named = properties.iter().filter(|(key, _)| key == name);
    named.next().map(|(_, value)| value.as_str())
}

#[test]
fn an_annotation_has_its_place_and_says_what_to_do() {
    let told = rendered(Format::Github, &plain(), Verbosity::Normal, false);
    assert_eq!(
        told,
        "::error file=config/mail.py,line=12,endLine=12,col=13,endColumn=43,\
         title=critical%3A Demo API key (demo-api-key)\
         ::config/mail.py:12:13: Demo API key: DEMO.********. Revoke it at the provider and make a new one.\n"
    );
    assert_eq!(
        rendered(Format::Github, &clean(), Verbosity::Normal, false),
        ""
    );
}

#[test]
fn columns_are_given_for_one_line_only_and_a_whole_file_has_none() {
    let told = rendered(Format::Github, &nasty(), Verbosity::Normal, false);
    let commands: Vec<_> = told.lines().filter_map(command).collect();
    let of = |file: &str| {
        let mut found = commands
            .iter()
            .filter(|(_, properties, _)| property(properties, "file") == Some(file));
        found.next().unwrap()
    };
    let (kind, properties, _) = of("app/a\\x1b]0;owned\\x07\\x0ab.yml");
    assert_eq!(kind, "error");
    assert_eq!(property(properties, "line"), Some("12"));
    assert_eq!(property(properties, "endLine"), Some("14"));
    assert_eq!(property(properties, "col"), None);
    assert_eq!(property(properties, "endColumn"), None);
    let (kind, properties, _) = of("deploy/\\xff\\xfe.env");
    assert_eq!(kind, "warning");
    assert_eq!(property(properties, "line"), Some("1"));
    assert_eq!(property(properties, "col"), None);
}

#[test]
fn paths_begin_at_the_top_of_the_repository() {
    let mut report = plain();
    report.findings[0].origin =
        Origin::new(b"../up/config/mail.py", Store::File(GitState::Tracked))
            .within(b"config/mail.py");
    let told = rendered(Format::Github, &report, Verbosity::Normal, false);
    assert!(told.contains("file=config/mail.py,"), "{told}");
    let issues = parsed(Format::Codequality, &report);
    assert_eq!(issues[0]["location"]["path"], "config/mail.py");
    let report = parsed(Format::Gitlab, &report);
    let location = &report["vulnerabilities"][0]["location"];
    assert_eq!(location["file"], "config/mail.py");
}

#[test]
fn what_is_no_longer_in_a_file_points_to_no_line_of_it() {
    let mut report = history::full();
    for finding in &mut report.findings {
        finding.history.as_mut().unwrap().in_head = false;
    }
    let told = rendered(Format::Github, &report, Verbosity::Normal, false);
    assert_eq!(told.lines().count(), report.findings.len());
    for (_, properties, _) in told.lines().map(|line| command(line).unwrap()) {
        assert_eq!(property(&properties, "line"), None, "{told}");
    }
    assert!(told.contains("file=config/mail.php,title="), "{told}");
    // a message has no file
    assert!(
        told.contains("::error title=critical%3A Demo API key"),
        "{told}"
    );
}

#[test]
fn the_worst_comes_first_and_what_github_hides_is_counted() {
    let mut report = incomplete();
    for line in 1..=14 {
        for severity in [Severity::Info, Severity::Medium, Severity::Critical] {
            report.findings.push(finding(
                "demo-api-key",
                severity,
                b"a.py",
                place(line, line, 1, 1),
            ));
        }
    }
    let told = rendered(Format::Github, &report, Verbosity::Normal, false);
    let kinds: Vec<String> = told
        .lines()
        .filter_map(|line| Some(command(line)?.0))
        .collect();
    let expected: Vec<&str> = [("error", 15), ("warning", 14), ("notice", 14)]
        .into_iter()
        .flat_map(|(kind, count)| std::iter::repeat_n(kind, count))
        .collect();
    assert_eq!(kinds, expected);
    assert!(told.starts_with("::error file=src/gone.rs,title=waxseal%3A not scanned::"));
    assert!(
        told.ends_with("of a step; 13 more stand in this log only\n"),
        "{told}"
    );
}

/// Every line that a runner reads, in whatever format: ours are commands in `github` alone, and say what we say.
#[test]
fn nothing_that_was_scanned_gives_a_command_to_a_runner() {
    let report = commands();
    for format in Format::ALL {
        for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Debug] {
            let told = rendered(format, &report, verbosity, false)
                + &super::summary(&report, verbosity, false);
            for line in told.lines() {
                for mark in ["##[", "##vso[", "##teamcity["] {
                    assert!(!line.contains(mark), "{format}: {line}");
                }
                if let Some((kind, properties, _)) = command(line) {
                    assert_eq!(format, Format::Github, "{line}");
                    assert!(["error", "warning", "notice"].contains(&kind.as_str()));
                    let names: Vec<&str> =
                        properties.iter().map(|(name, _)| name.as_str()).collect();
                    let unique: BTreeSet<&str> = names.iter().copied().collect();
                    assert_eq!(unique.len(), names.len(), "{line}");
                    for name in names {
                        let known = ["file", "line", "endLine", "col", "endColumn", "title"];
                        assert!(known.contains(&name), "{line}");
                    }
                }
            }
        }
    }
    let told = rendered(Format::Github, &report, Verbosity::Normal, false);
    let files: Vec<String> = told
        .lines()
        .filter_map(command)
        .filter_map(|(_, properties, _)| property(&properties, "file").map(str::to_owned))
        .collect();
    assert!(
        files.contains(&"::error file=a,line=1::pwned".to_owned()),
        "{files:?}"
    );
    assert!(
        files.contains(&"a,line=9:x%0A::warning::y".to_owned()),
        "{files:?}"
    );
}

/// The parts of GitLab's schema that its parser insists on. The whole schema is checked by a script.
#[test]
fn a_gitlab_report_has_what_gitlab_asks_for() {
    for (case, report) in cases() {
        let document = parsed(Format::Gitlab, &report);
        assert_eq!(document["version"], "15.2.1");
        let scan = &document["scan"];
        assert_eq!(scan["type"], "secret_detection");
        let complete = report.coverage.is_complete();
        assert_eq!(
            scan["status"],
            if complete { "success" } else { "failure" },
            "{case}"
        );
        assert_eq!(scan.get("messages").is_some(), !complete, "{case}");
        for tool in ["analyzer", "scanner"] {
            for key in ["id", "name", "version"] {
                assert!(!scan[tool][key].as_str().unwrap().is_empty());
            }
        }
        let mut ids = BTreeSet::new();
        for (found, finding) in document["vulnerabilities"]
            .as_array()
            .unwrap()
            .iter()
            .zip(&report.findings)
        {
            assert!(ids.insert(found["id"].as_str().unwrap().to_owned()));
            assert!(!found["location"]["file"].as_str().unwrap().is_empty());
            assert!(
                !found["location"]["commit"]["sha"]
                    .as_str()
                    .unwrap()
                    .is_empty()
            );
            assert_eq!(
                found["identifiers"][0],
                json!({"type": "waxseal_rule", "name": format!("waxseal {}", finding.rule), "value": finding.rule})
            );
        }
        assert_eq!(ids.len(), report.findings.len());
    }
    let found = &parsed(Format::Gitlab, &plain())["vulnerabilities"][0];
    assert_eq!(found["name"], "Demo API key");
    assert_eq!(found["severity"], "Critical");
    assert_eq!(
        found["raw_source_code_extract"],
        "DEMO_KEY = \"DEMO.********\""
    );
    assert_eq!(
        found["location"],
        json!({"file": "config/mail.py", "start_line": 12, "end_line": 12, "commit": {"sha": "0000000"}})
    );
    assert_eq!(
        found["identifiers"][1],
        json!({"type": "cwe", "name": "CWE-798", "value": "798", "url": "https://cwe.mitre.org/data/definitions/798.html"})
    );
    assert_eq!(
        found["links"],
        json!([{"url": "https://docs.example.org/keys"}])
    );
}

#[test]
fn gitlab_is_told_when_the_scan_ran() {
    let scan = parsed(Format::Gitlab, &plain())["scan"].clone();
    assert_eq!(scan["start_time"], "2024-03-23T00:00:00");
    let mut report = plain();
    report.elapsed = std::time::Duration::from_secs(61);
    let scan = parsed(Format::Gitlab, &report)["scan"].clone();
    assert_eq!(
        (&scan["start_time"], &scan["end_time"]),
        (&json!("2024-03-22T23:58:59"), &json!("2024-03-23T00:00:00"))
    );
    for now in [i64::MIN, i64::MAX] {
        with_meta(Verbosity::Normal, false, |meta| {
            let mut out = Vec::new();
            render(Format::Gitlab, &plain(), &Meta { now, ..*meta }, &mut out).unwrap();
            let document: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(document["scan"]["end_time"], "1970-01-01T00:00:00");
        });
    }
}

#[test]
fn an_issue_that_moves_is_the_same_to_gitlab() {
    let at = |line| {
        finding(
            "demo-api-key",
            Severity::Critical,
            b"a.py",
            Place {
                line,
                end_line: line,
                ..place(9, 1, 1, 12)
            },
        )
    };
    let report = |lines: &[u64]| Report {
        findings: lines.iter().map(|&line| at(line)).collect(),
        ..clean()
    };
    let fingerprints = |report: &Report| -> Vec<String> {
        parsed(Format::Codequality, report)
            .as_array()
            .unwrap()
            .iter()
            .map(|issue| issue["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    let (before, after) = (
        fingerprints(&report(&[3, 9])),
        fingerprints(&report(&[5, 70])),
    );
    assert_eq!(before, after);
    assert_ne!(before[0], before[1]);
}

#[test]
fn a_code_quality_report_has_what_gitlab_asks_for() {
    for (case, report) in cases() {
        let document = parsed(Format::Codequality, &report);
        let issues = document.as_array().unwrap();
        let failed = report
            .coverage
            .named
            .iter()
            .filter(|skip| skip.reason.is_failure())
            .count();
        assert_eq!(issues.len(), failed + report.findings.len(), "{case}");
        let mut fingerprints = BTreeSet::new();
        for issue in issues {
            assert!(fingerprints.insert(issue["fingerprint"].as_str().unwrap()));
            for key in ["description", "check_name"] {
                assert!(!issue[key].as_str().unwrap().is_empty(), "{issue}");
            }
            let severities = ["info", "minor", "major", "critical", "blocker"];
            assert!(severities.contains(&issue["severity"].as_str().unwrap()));
            let path = issue["location"]["path"].as_str().unwrap();
            assert!(
                !path.is_empty() && !path.starts_with("./") && !path.starts_with('/'),
                "{path}"
            );
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        }
    }
}

/// What a parser that is not ours makes of the XML: each test with its state, as `state classname name`.
fn tests_of(xml: &str) -> Vec<String> {
    const READER: &str = "import sys, xml.etree.ElementTree as tree\n\
        suite, = tree.fromstring(sys.stdin.buffer.read())\n\
        assert suite.tag == 'testsuite'\n\
        counts = {'failure': 0, 'error': 0, 'skipped': 0}\n\
        for case in suite:\n    \
            states = [child.tag for child in case] or ['passed']\n    \
            assert len(states) == 1\n    \
            counts[states[0]] = counts.get(states[0], 0) + 1\n    \
            print(states[0], case.get('classname'), case.get('name'))\n\
        assert int(suite.get('tests')) == len(suite)\n\
        for key, attribute in (('failure', 'failures'), ('error', 'errors'), ('skipped', 'skipped')):\n    \
            assert int(suite.get(attribute)) == counts[key]\n";
    let mut python = Command::new("python3")
        .args(["-c", READER])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut python.stdin.take().unwrap(), xml.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}\n{xml}",
        String::from_utf8_lossy(&output.stderr)
    );
    let out = String::from_utf8(output.stdout).unwrap();
    out.lines().map(str::to_owned).collect()
}

#[test]
fn every_test_report_is_xml_and_counts_right() {
    for (_, report) in cases() {
        tests_of(&rendered(Format::Junit, &report, Verbosity::Normal, false));
    }
}

#[test]
fn a_finding_is_a_failed_test_and_a_quiet_rule_a_passed_one() {
    let tests =
        |report: &Report| tests_of(&rendered(Format::Junit, report, Verbosity::Normal, false));
    assert_eq!(
        tests(&plain()),
        [
            "failure waxseal.demo-api-key config/mail.py:12:13",
            "passed waxseal demo-dotenv-file",
            "passed waxseal demo-smtp-login",
        ]
    );
    assert_eq!(
        tests(&clean()),
        [
            "passed waxseal demo-api-key",
            "passed waxseal demo-dotenv-file",
            "passed waxseal demo-smtp-login",
        ]
    );
    // of what was not seen, no rule can say that there is nothing
    assert_eq!(
        tests(&incomplete()),
        ["error waxseal.not-scanned src/gone.rs"]
    );
    let mut mild = plain();
    mild.findings[0].severity = Severity::Info;
    assert_eq!(
        tests(&mild)[0],
        "skipped waxseal.demo-api-key config/mail.py:12:13"
    );
}
