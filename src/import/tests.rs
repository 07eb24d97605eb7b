//! Tests of the readers: what each file gives, what is named, and that nothing hostile does harm.

use super::*;

fn read_ok(peer: Peer, name: &str, text: &str) -> Haul {
    read(peer, name, text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn left(haul: &Haul) -> String {
    let lines = haul.left.iter().chain(&haul.left_without_base);
    let lines: Vec<String> = lines
        .map(|left| format!("{}: {}", left.what, left.why))
        .collect();
    lines.join("\n")
}

/// A digest as detect-secrets and betterleaks write it, of nothing in particular.
fn digits(count: usize) -> String {
    "0123456789abcdef".chars().cycle().take(count).collect()
}

#[test]
fn fingerprints_of_gitleaks_are_read_in_all_their_forms() {
    let text = format!(
        "# why\n\nsrc/a.py:generic-api-key:12\n{commit}:dir\\b.env:acme:3\nC:/x/y.txt:acme:4\n{value}\nnonsense\na:b\n",
        commit = digits(40),
        value = digits(64),
    );
    let haul = read_ok(Peer::Gitleaks, ".gitleaksignore", &text);
    let places: Vec<_> = haul
        .entries
        .iter()
        .map(|it| (it.path.as_str(), it.lines, it.commit.is_some()))
        .collect();
    let expected = [
        ("src/a.py", Some((12, 12)), false),
        ("dir/b.env", Some((3, 3)), true),
        ("C:/x/y.txt", Some((4, 4)), false),
        ("", None, false),
    ];
    assert_eq!(places, expected);
    assert!(matches!(haul.entries[3].value, Value::Sha256(_)));
    assert_eq!(haul.left.len(), 2, "{}", left(&haul));
    assert!(left(&haul).contains("line 7"));
}

#[test]
fn reports_of_gitleaks_and_betterleaks_give_places_and_values() {
    let text = r#"[
        {"RuleID":"acme","StartLine":2,"EndLine":4,"Secret":"Harbor 47","File":"./a.py","Commit":"","Fingerprint":"a.py:acme:2"},
        {"RuleID":"acme","StartLine":3,"Secret":"REDACTED","File":"b.py","Commit":"0123456789abcdef"},
        {"RuleID":"acme","StartLine":3,"Secret":"abc...","File":"b.py"},
        {"RuleID":"acme","StartLine":5,"Attributes":{"path":"c.py","git.sha":"aaaa"}},
        {"RuleID":"acme"}
    ]"#;
    for name in ["report.json", "gitleaks-report"] {
        let haul = read_ok(Peer::Gitleaks, name, text);
        assert_eq!(haul.entries.len(), 4);
        let one = &haul.entries[0];
        assert_eq!((one.path.as_str(), one.lines), ("a.py", Some((2, 4))));
        assert_eq!(one.value.is(&Secret::new(b"Harbor 47", 0)), Some(true));
        assert_eq!(one.value.is(&Secret::new(b"Harbor 48", 0)), Some(false));
        assert_eq!(one.commit, None);
        assert_eq!(haul.entries[1].value.is(&Secret::new(b"REDACTED", 0)), None);
        assert!(
            haul.entries[1].commit.is_some() && matches!(haul.entries[2].value, Value::Unknown)
        );
        assert_eq!(
            (
                haul.entries[3].path.as_str(),
                haul.entries[3].commit.as_deref()
            ),
            ("c.py", Some("aaaa"))
        );
        assert_eq!(haul.left.len(), 1);
    }
    let lines = "{\"RuleID\":\"a\",\"StartLine\":1,\"File\":\"a\"}\n{\"RuleID\":\"a\",\"StartLine\":2,\"File\":\"a\"}\n";
    assert_eq!(
        read_ok(Peer::Betterleaks, "r.jsonl", lines).entries.len(),
        2
    );
    for empty in ["null\n", "[]\n"] {
        let haul = read_ok(Peer::Gitleaks, "r.json", empty);
        assert!(haul.entries.is_empty() && haul.left.is_empty());
    }
    assert!(read(Peer::Gitleaks, "r.csv", b"RuleID,Commit\n").is_err());
}

#[test]
fn a_gitleaks_file_becomes_settings_lists_and_a_word_on_the_rest() {
    let haul = read_ok(
        Peer::Gitleaks,
        ".gitleaks.toml",
        r#"
        title = "ours"
        [extend]
        useDefault = true
        disabledRules = ["sendgrid-api-token", "adobe-client-id"]
        [[rules]]
        id = "acme"
        regex = 'acme_[a-z]{8}'
        [[rules]]
        id = "broken"
        regex = '(?<=x)y'
        [[rules]]
        id = "generic-api-key"
        [rules.allowlist]
        regexes = ['x']
        [[allowlists]]
        description = "fixtures"
        paths = ['(^|/)tests/fixtures/', '\.(md|rst)$', '[a-z]+_test\.go$']
        regexes = ['''^dummy-''']
        stopwords = ["EXAMPLE", "abc"]
        commits = ["0123456789abcdef"]
        [[allowlists]]
        condition = "AND"
        paths = ['^docs/']
        regexes = ['pass']
        [[allowlists]]
        targetRules = ["acme"]
        regexes = ['acme_x']
        [[allowlists]]
        targetRules = ["twilio-api-key"]
        regexes = ['y']
        "#,
    );
    assert!(haul.runs);
    let globs = ["**/*.md", "**/*.rst", "**/tests/fixtures/**"]
        .map(str::to_owned)
        .to_vec();
    assert!(
        haul.settings
            .contains(&Setting::Exclude(globs, "fixtures".to_owned())),
        "{:?}",
        haul.settings
    );
    assert!(
        haul.settings
            .contains(&Setting::StopWord("example".to_owned()))
    );
    assert!(
        haul.settings
            .contains(&Setting::SkipRule("sendgrid-api-key".to_owned()))
    );
    let left = left(&haul);
    for word in [
        "useDefault",
        "broken",
        "generic-api-key",
        "[a-z]+_test",
        "`abc`",
        "1 commits",
    ] {
        assert!(left.contains(word), "{word}: {left}");
    }
    // the second list, the one with both conditions, and that for a rule which we have one like
    assert_eq!(haul.lists.len(), 3);
    assert!(
        haul.lists
            .iter()
            .any(|it| it.list.all && it.list.paths.len() == 1)
    );
    assert!(
        haul.notes
            .iter()
            .any(|note| note.contains("adobe-client-id")),
        "{:?}",
        haul.notes
    );
}

#[test]
fn a_baseline_of_detect_secrets_gives_digests_and_filters() {
    let text = format!(
        r#"{{"version":"1.5.0","plugins_used":[{{"name":"X"}}],
        "filters_used":[
            {{"path":"detect_secrets.filters.regex.should_exclude_file","pattern":["^vendor/","[a-z]{{3}}x"]}},
            {{"path":"detect_secrets.filters.regex.should_exclude_line","pattern":["nosec"]}},
            {{"path":"detect_secrets.filters.regex.should_exclude_secret","pattern":["fakesecret","^a+$"]}},
            {{"path":"detect_secrets.filters.heuristic.is_lock_file"}},
            {{"path":"file://ours.py::check"}}],
        "results":{{"a.py":[
            {{"type":"Secret Keyword","filename":"a.py","hashed_secret":"{}","is_verified":false,"line_number":3}},
            {{"type":"Secret Keyword","filename":"a.py","hashed_secret":"{}","is_secret":true}},
            {{"type":"Secret Keyword","hashed_secret":"short"}}]}},
        "generated_at":"2026-01-01T00:00:00Z"}}"#,
        digits(40),
        digits(40),
    );
    let haul = read_ok(Peer::DetectSecrets, ".secrets.baseline", &text);
    assert_eq!(haul.entries.len(), 2);
    assert_eq!(haul.entries[0].lines, Some((3, 3)));
    assert!(
        haul.entries[0].warning.is_none()
            && haul.entries[1].warning.is_some()
            && haul.entries[1].lines.is_none()
    );
    assert!(haul.settings.contains(&Setting::Exclude(
        vec!["vendor/**".to_owned()],
        "left out by detect-secrets".to_owned()
    )));
    assert!(
        haul.settings
            .contains(&Setting::StopWord("fakesecret".to_owned()))
    );
    let left = left(&haul);
    for word in ["[a-z]{3}x", "nosec", "^a+$", "ours.py", "secret 3"] {
        assert!(left.contains(word), "{word}: {left}");
    }
    // how it was before version 1
    let old =
        r#"{"exclude":{"files":"^x/","lines":"y"},"word_list":{"file":"w.txt"},"results":{}}"#;
    let haul = read_ok(Peer::DetectSecrets, "b", old);
    assert_eq!((haul.settings.len(), haul.left.len()), (1, 2));
}

#[test]
fn digests_are_those_of_the_value() {
    // of the word `abc`, as the standards have them
    let sha1 = Value::Sha1(from_hex("a9993e364706816aba3e25717850c26c9cd0d89d").unwrap());
    let sha256 = Value::Sha256(
        from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad").unwrap(),
    );
    for value in [sha1, sha256] {
        assert_eq!(value.is(&Secret::new(b"abc", 0)), Some(true));
        assert_eq!(value.is(&Secret::new(b"abd", 0)), Some(false));
    }
}

#[test]
fn files_of_trufflehog_are_read() {
    let haul = read_ok(
        Peer::Trufflehog,
        "exclude.txt",
        "# c\n^vendor/\n\n(.*?)package-lock\\.json$\n",
    );
    let globs = ["**/*package-lock.json", "vendor/**"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(
        haul.settings,
        [Setting::Exclude(globs, "left out by trufflehog".to_owned())]
    );
    let lines = concat!(
        "{\"level\":\"info\",\"msg\":\"x\"}\n",
        "{\"SourceMetadata\":{\"Data\":{\"Git\":{\"commit\":\"0123abcd\",\"file\":\"a.py\",\"line\":3}}},\"DetectorName\":\"Acme\",\"Verified\":true,\"Raw\":\"Harbor\"}\n",
        "{\"SourceMetadata\":{\"Data\":{\"Docker\":{\"tag\":\"x\"}}},\"DetectorName\":\"Acme\"}\n"
    );
    let haul = read_ok(Peer::Trufflehog, "r.json", lines);
    assert_eq!((haul.entries.len(), haul.left.len()), (1, 1));
    assert!(haul.entries[0].warning.is_some() && haul.entries[0].commit.is_some());
    let haul = read_ok(
        Peer::Trufflehog,
        "config.yaml",
        "detectors:\n- name: acme\n  keywords: [acme]\n  regex:\n    id: a\nsources:\n- type: x\n",
    );
    assert_eq!(haul.left.len(), 2, "{}", left(&haul));
}

#[test]
fn files_of_kingfisher_are_read() {
    let new = "version: 2\nrepositories:\n- id: local\n  findings:\n  - path: a.py\n    fingerprint: '1'\n    rule_id: acme\n    line: 2\n  - path: ''\n    line: 2\n";
    let haul = read_ok(Peer::Kingfisher, "base.yml", new);
    assert_eq!((haul.entries.len(), haul.left.len()), (1, 1));
    assert_eq!(
        (haul.entries[0].path.as_str(), haul.entries[0].lines),
        ("a.py", Some((2, 2)))
    );
    let old = "ExactFindings:\n  matches:\n    - filepath: b.py\n      fingerprint: 0a\n      linenum: 7\n      lastupdated: Mon\n";
    assert_eq!(
        read_ok(Peer::Kingfisher, "base.yml", old).entries[0].lines,
        Some((7, 7))
    );
    let report = r#"{"findings":[{"rule":{"id":"acme"},"finding":{"snippet":"Harbor","line":2,"path":"./a.py"}}]}"#;
    let haul = read_ok(Peer::Kingfisher, "r.json", report);
    assert_eq!(
        haul.entries[0].value.is(&Secret::new(b"Harbor", 0)),
        Some(true)
    );
    assert!(read(Peer::Kingfisher, "x.yml", b"a: b\n").is_err());
}

#[test]
fn files_of_secretlint_are_read() {
    let json = r#"{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend","rules":[
        {"id":"@secretlint/secretlint-rule-sendgrid","disabled":true},
        {"id":"@secretlint/secretlint-rule-aws","options":{"allows":["/^abc.*$/i","/plainword/","literal-value"],"other":1},"allowMessageIds":["AWSAccountID"]},
        {"id":"other","disabled":true}]}]}"#;
    let yaml = "rules:\n- id: '@secretlint/secretlint-rule-sendgrid'\n  disabled: true\n";
    let haul = read_ok(Peer::Secretlint, ".secretlintrc.json", json);
    assert!(
        haul.settings
            .contains(&Setting::SkipRule("sendgrid-api-key".to_owned()))
    );
    assert!(
        haul.settings
            .contains(&Setting::StopWord("plainword".to_owned()))
            && haul
                .settings
                .contains(&Setting::StopWord("literal-value".to_owned()))
    );
    let left = left(&haul);
    for word in ["^abc", "AWSAccountID", "other"] {
        assert!(left.contains(word), "{word}: {left}");
    }
    assert_eq!(
        read_ok(Peer::Secretlint, ".secretlintrc.yml", yaml)
            .settings
            .len(),
        3
    );
    let haul = read_ok(
        Peer::Secretlint,
        ".secretlintignore",
        "# x\nvendor/\n/a/b\n*.min.js\n!keep\n",
    );
    let globs = [
        "**/*.min.js",
        "**/*.min.js/**",
        "**/vendor/**",
        "a/b",
        "a/b/**",
    ]
    .map(str::to_owned)
    .to_vec();
    assert_eq!(
        haul.settings,
        [Setting::Exclude(globs, "left out by secretlint".to_owned())]
    );
    assert_eq!(haul.left.len(), 1);
    let report = r#"[{"filePath":"/x/a.env","messages":[{"ruleId":"r","loc":{"start":{"line":2},"end":{"line":2}}},{"ruleId":"r"}]}]"#;
    let haul = read_ok(Peer::Secretlint, "r.json", report);
    assert_eq!((haul.entries.len(), haul.left.len()), (1, 1));
    assert!(read(Peer::Secretlint, ".secretlintrc.js", b"module.exports = {}").is_err());
}

#[test]
fn what_is_broken_is_an_error_that_quotes_nothing() {
    let secret = "Harbor47tzk";
    for (peer, name) in [
        (Peer::Gitleaks, ".gitleaks.toml"),
        (Peer::Gitleaks, "report.json"),
        (Peer::DetectSecrets, ".secrets.baseline"),
        (Peer::Kingfisher, "base.yml"),
        (Peer::Secretlint, ".secretlintrc.json"),
        (Peer::Trufflehog, "config.yaml"),
    ] {
        for text in [
            format!("{{\"a\": {secret}"),
            format!("[[[{secret}"),
            format!("\"{secret}"),
            format!("a: b: [{secret}"),
            format!("[x]\n{secret} = {secret}\n"),
            "[".repeat(200_000),
            "{\"a\":".repeat(100_000),
        ] {
            if let Err(error) = read(peer, name, text.as_bytes()) {
                assert!(!error.contains(secret), "{name}: {error}");
                assert!(error.len() < 500, "{name}: {error}");
            }
        }
        assert!(
            read(peer, name, b"a\xff\xfe")
                .unwrap_err()
                .contains("line 1"),
            "{name}"
        );
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]
    #[test]
    fn nothing_crashes(text in r#"[\[\]{}":,a-c0-9\n =#.'-]{0,80}"#, peer in 0..6_usize, name in 0..5_usize) {
        let names = [".gitleaks.toml", "x.json", "x.yml", ".secretlintignore", ".gitleaksignore"];
        let _ = read(Peer::ALL[peer], names[name], text.as_bytes());
    }
}
