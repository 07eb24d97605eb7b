//! Verdicts, side by side: what each format says of them, and what they do to the outcome.

use serde_json::{Value, json};
use waxseal::model::{
    Contacted, FailOn, Finding, Outcome, Planned, Report, Severity, Verdict, Verification, Verified,
};
use waxseal::report::{Format, Verbosity};

use super::{finding, parsed, place, plain, rendered, summary};

/// Findings of every verdict, one that nobody was asked about, and what asking took.
pub(super) fn all() -> Report {
    let asked = |verified: Verified, hosts: &[&str]| Verified {
        asked: hosts.iter().map(|&host| host.to_owned()).collect(),
        ..verified
    };
    let scopes: Vec<String> = ["mail.send", "api_keys.create", "api_keys.delete"]
        .into_iter()
        .map(str::to_owned)
        .chain((0..12).map(|number| format!("templates.number_{number}")))
        .collect();
    let verdicts = [
        asked(
            Verified::new(Verdict::Live, "the provider lists its scopes")
                .with("more-than-needed", scopes[1..].to_vec())
                .with("key-id", vec!["demo-key-id".to_owned()]),
            &["api.example.org", "api.eu.example.org"],
        ),
        Verified {
            cached: true,
            ..asked(
                Verified::new(
                    Verdict::LiveRestricted,
                    "it works, but not from this address",
                ),
                &["api.example.org"],
            )
        },
        asked(
            Verified::new(Verdict::Test, "these are test credentials"),
            &["api.example.org"],
        ),
        asked(
            Verified::new(Verdict::Dead, "the provider does not know it"),
            &["api.example.org", "api.eu.example.org"],
        ),
        asked(
            Verified::new(Verdict::Rejected, "another account may accept it"),
            &["api.example.org"],
        ),
        Verified {
            unanswered: true,
            ..asked(
                Verified::new(Verdict::Unknown, "no answer in time"),
                &["api.example.org"],
            )
        },
        Verified::new(Verdict::Unknown, "\u{1b}[1mnobody\u{202e} to ask"),
    ];
    let mut findings: Vec<Finding> = (1..)
        .zip(verdicts)
        .map(|(line, verified)| {
            let mut finding = finding(
                "demo-smtp-login",
                Severity::High,
                b"config/mail.py",
                place(line * 100, line, 13, 30),
            );
            finding.settle(verified);
            finding
        })
        .collect();
    findings.extend(plain().findings);
    Report {
        findings,
        verification: Some(Box::new(Verification {
            credentials: 6,
            cached: 1,
            hosts: vec![
                contacted("api.eu.example.org", 2),
                contacted("api.example.org", 5),
            ],
            changes: vec![
                "demo is asked at https://127.0.0.1:8443".to_owned(),
                "certificates are trusted that /etc/\u{1b}ca.pem signed".to_owned(),
            ],
            ..Verification::default()
        })),
        ..plain()
    }
}

/// Nothing but what would be asked.
pub(super) fn dry() -> Report {
    Report {
        verification: Some(Box::new(Verification {
            dry_run: true,
            credentials: 3,
            planned: vec![Planned {
                provider: "demo".to_owned(),
                host: "api.example.org".to_owned(),
                what: "GET /accounts/AC********".to_owned(),
                credentials: 3,
            }],
            ..Verification::default()
        })),
        ..plain()
    }
}

#[test]
fn a_dry_run_says_what_it_would_ask() {
    let said = summary(&dry(), Verbosity::Normal, false);
    assert!(
        said.starts_with(
            "waxseal: dry run: nothing was asked about 3 credentials; the first question about each would be\n\
             waxseal:   demo  api.example.org: GET /accounts/AC********, for 3 credentials\n"
        ),
        "{said}"
    );
}

fn contacted(host: &str, requests: u64) -> Contacted {
    Contacted {
        host: host.to_owned(),
        requests,
    }
}

#[test]
fn a_verdict_decides_severity_and_says_so() {
    let report = parsed(Format::Json, &all());
    let of = |key: &str| -> Vec<Value> {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().map(|it| it[key].clone()).collect()
    };
    assert_eq!(
        of("severity"),
        [
            "critical", "high", "low", "medium", "high", "high", "high", "critical"
        ]
    );
    let before: Vec<Value> = of("verification")
        .iter()
        .map(|it| it["severity_before"].clone())
        .collect();
    let none = Value::Null;
    let high = json!("high");
    assert_eq!(
        before,
        [
            high.clone(),
            none.clone(),
            high.clone(),
            high,
            none.clone(),
            none.clone(),
            none.clone(),
            none
        ]
    );
    assert_eq!(
        report["verification"]["verdicts"],
        json!({"live": 1, "live-restricted": 1, "test": 1, "dead": 1, "rejected": 1, "unknown": 2})
    );
    assert_eq!(report["verification"]["requests"], 7);
    assert_eq!(report["verification"]["not_asked"], 1);
}

#[test]
fn what_works_ranks_first_in_sarif() {
    let sarif = parsed(Format::Sarif, &all());
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let ranks: Vec<Option<f64>> = results.iter().map(|it| it["rank"].as_f64()).collect();
    let expected = [100.0, 90.0, 20.0, 10.0, 40.0, 60.0, 60.0];
    assert_eq!(ranks[..7], expected.map(Some));
    assert_eq!(ranks[7], None);
    let levels: Vec<&str> = results
        .iter()
        .map(|it| it["level"].as_str().unwrap())
        .collect();
    assert_eq!(levels[..4], ["error", "error", "note", "warning"]);
}

#[test]
fn only_what_is_live_counts_where_that_is_asked() {
    let outcome = |verdicts: &[Verdict], unanswered: bool| {
        let mut report = plain();
        report.findings.clear();
        for &verdict in verdicts {
            let mut found = finding("demo-smtp-login", Severity::High, b"a", place(0, 1, 1, 9));
            found.settle(Verified {
                unanswered: unanswered && verdict == Verdict::Unknown,
                ..Verified::new(verdict, "so")
            });
            report.findings.push(found);
        }
        report.outcome(FailOn::Live)
    };
    assert_eq!(outcome(&[], false), Outcome::Clean);
    let others = [
        Verdict::Dead,
        Verdict::Rejected,
        Verdict::Test,
        Verdict::Unknown,
    ];
    assert_eq!(outcome(&others, false), Outcome::Clean);
    // nobody answered, so that it may be live
    assert_eq!(outcome(&others, true), Outcome::Failed);
    assert_eq!(outcome(&[Verdict::Live], false), Outcome::Found);
    assert_eq!(outcome(&[Verdict::LiveRestricted], false), Outcome::Found);
    assert_eq!(
        outcome(&[Verdict::Live, Verdict::Unknown], true),
        Outcome::Failed
    );
}

#[test]
fn no_answer_fails_a_run_whatever_counts_and_whatever_is_shown() {
    let report = all();
    assert_eq!(report.unanswered(), 1);
    for fail_on in [
        Severity::Low.into(),
        Severity::Critical.into(),
        FailOn::Live,
    ] {
        assert_eq!(report.outcome(fail_on), Outcome::Failed);
    }
    // one that nobody can be asked about is not open
    let mut answered = all();
    answered.findings.retain(|it| !it.is_unanswered());
    assert_eq!(answered.outcome(Severity::Low.into()), Outcome::Found);
    // and is not forgotten because it is hidden
    let mut hidden = all();
    hidden.keep_verdicts(&[Verdict::Live]);
    assert_eq!(hidden.findings.len(), 1);
    assert_eq!(hidden.outcome(Severity::Low.into()), Outcome::Failed);
    let said = summary(&hidden, Verbosity::Normal, false);
    assert!(
        said.contains(
            "7 findings hidden by --only (1 live-restricted, 1 test, 1 dead, 1 rejected, 3 unknown)"
        ),
        "{said}"
    );
    assert!(
        said.contains("nobody answered about 1 finding, and it may be live"),
        "{said}"
    );
}

#[test]
fn what_the_operator_changed_is_told_even_to_the_quiet() {
    let said = summary(&all(), Verbosity::Quiet, false);
    assert!(
        said.contains("demo is asked at https://127.0.0.1:8443"),
        "{said}"
    );
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn all_values_are_listed_on_request() {
    let short = rendered(Format::Text, &all(), Verbosity::Normal, false);
    assert!(short.contains("templates.number_5 and 6 more\n"), "{short}");
    let long = rendered(Format::Text, &all(), Verbosity::Verbose, false);
    assert!(long.contains("templates.number_11\n"), "{long}");
}

/// What a report of those of `all`'s findings that `chosen` has bits for means, by `fail_on`, if only `only` is shown.
fn outcome_of(chosen: u32, fail_on: FailOn, only: &[Verdict]) -> (Outcome, Vec<Finding>) {
    let mut report = all();
    let mut at = 0;
    report.findings.retain(|_| {
        at += 1;
        chosen >> (at - 1) & 1 == 1
    });
    let before = report.findings.clone();
    report.keep_verdicts(only);
    (report.outcome(fail_on), before)
}

#[test]
fn every_combination_of_verdicts_means_what_the_table_says() {
    let count = all().findings.len();
    assert!((8..16).contains(&count), "{count}");
    let severities = Severity::ALL.map(FailOn::from);
    for chosen in 0..1_u32 << count {
        for fail_on in severities.into_iter().chain([FailOn::Live]) {
            let (outcome, findings) = outcome_of(chosen, fail_on, &[]);
            let open = findings.iter().any(Finding::is_unanswered);
            let counts = findings.iter().any(|it| match fail_on {
                FailOn::Live => {
                    matches!(it.verdict(), Verdict::Live | Verdict::LiveRestricted)
                }
                FailOn::Severity(least) => it.severity >= least,
            });
            let expected = match (open, counts) {
                (true, _) => Outcome::Failed,
                (false, true) => Outcome::Found,
                (false, false) => Outcome::Clean,
            };
            assert_eq!(outcome, expected, "{chosen:b} {fail_on:?}");
        }
    }
}

#[test]
fn every_choice_of_verdicts_shows_those_and_counts_the_rest() {
    let everything = (1 << all().findings.len()) - 1;
    for choice in 1..1_u32 << Verdict::ALL.len() {
        let only: Vec<Verdict> = (0..)
            .zip(Verdict::ALL)
            .filter(|(at, _)| choice >> at & 1 == 1)
            .map(|(_, verdict)| verdict)
            .collect();
        let mut report = all();
        let before = report.findings.len() as u64;
        report.keep_verdicts(&only);
        assert!(
            report
                .findings
                .iter()
                .all(|it| only.contains(&it.verdict()))
        );
        let verification = report.verification.as_ref().unwrap();
        let hidden = verification.hidden.as_ref().unwrap();
        assert!(
            hidden.keys().all(|verdict| !only.contains(verdict)),
            "{only:?}"
        );
        let counted = hidden.values().sum::<u64>() + report.findings.len() as u64;
        assert_eq!(counted, before, "{only:?}");
        // a missing answer is one whether it is shown or not
        let (outcome, _) = outcome_of(everything, FailOn::Live, &only);
        assert_eq!(outcome, Outcome::Failed, "{only:?}");
    }
}
