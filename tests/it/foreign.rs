//! Rule files of gitleaks, run as they are: on trees, in histories, and what is said of what can't be used.

use serde_json::Value;

use crate::support::history::commit;
use crate::support::program::{Run, run, text};
use crate::support::repo::Scratch;

/// Rules with most of what such a file may hold. Their tokens are made up: `acmetok` and sixteen letters.
const RULES: &str = r#"
title = "acme"

[[rules]]
id = "acme-token"
description = "An Acme token, which opens everything."
regex = '''\b(acmetok[a-z]{16})(?:[^a-z]|\z)'''
entropy = 2.5
keywords = ["ACMETOK"]

[[rules]]
id = "acme-login"
description = "An Acme login"
regex = '''(?i)user=(?P<user>\w+)\spass=(?P<pass>\pL{6,})'''
secretGroup = 2
path = '''\.conf$'''

[[rules]]
id = "acme-store"
path = '''(?:^|/)acme\.store$'''

[[allowlists]]
paths = ['''^vendor/''']
stopwords = ["sample"]
"#;

/// The token of a label: letters only, and of some entropy.
fn token(label: &str) -> String {
    let letters = text(&format!("<<hex:32#{label}>>"));
    let letters: String = letters
        .bytes()
        .map(|byte| char::from(b'a' + byte % 26))
        .take(16)
        .collect();
    ["acme", "tok", &letters].concat()
}

fn repo() -> Scratch {
    let repo = Scratch::repo();
    repo.write("rules.toml", RULES);
    repo
}

fn scan(repo: &Scratch, args: &[&str]) -> (Vec<(String, String, u64)>, Run) {
    let run = run(
        repo.root(),
        ["scan", "--format", "json", "--rules", "gitleaks:rules.toml"]
            .into_iter()
            .chain(args.iter().copied()),
    );
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let findings = report["findings"].as_array().unwrap().iter();
    let told = findings.map(|it| {
        let text = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
        (
            text("rule"),
            text("path"),
            it["place"]["line"].as_u64().unwrap_or(0),
        )
    });
    (told.collect(), run)
}

fn rules_in(found: &[(String, String, u64)], path: &str) -> Vec<String> {
    found
        .iter()
        .filter(|it| it.1 == path)
        .map(|it| it.0.clone())
        .collect()
}

#[test]
fn the_rules_find_what_they_are_for_and_pass_what_their_lists_pass() {
    let repo = repo();
    let key = token("a");
    repo.write("src/a.py", format!("x = 1\nkey = '{key}'\n"));
    repo.write("vendor/a.py", format!("key = '{key}'\n"));
    repo.write("b.py", "key = 'acmetokqwsampledfghjkz'\n");
    repo.write("app.conf", "user=me pass=Harbörtzk\n");
    repo.write("app.txt", "user=me pass=Harbörtzk\n");
    repo.write("deep/acme.store", "x");
    repo.write("acme.stores", "x");
    repo.write("c.bin", [b"\0\x01".as_slice(), key.as_bytes()].concat());
    let (found, run) = scan(&repo, &[]);
    assert_eq!(run.code, 1, "{}", run.err);
    let mut expected = vec![
        ("gitleaks/acme-login".to_owned(), "app.conf".to_owned(), 1),
        (
            "gitleaks/acme-store".to_owned(),
            "deep/acme.store".to_owned(),
            1,
        ),
        ("gitleaks/acme-token".to_owned(), "src/a.py".to_owned(), 2),
    ];
    expected.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(found, expected);
    assert!(!run.out.contains(&key) && !run.err.contains(&key));
    // by its id a rule is left out, chosen and shown like any other
    let (found, _) = scan(&repo, &["--rule", "gitleaks/acme-token"]);
    assert_eq!(found.len(), 1);
    let (found, _) = scan(&repo, &["--skip-rule", "gitleaks/acme-token"]);
    assert_eq!(found.len(), 2);
    let shown = crate::support::program::run(
        repo.root(),
        [
            "rules",
            "show",
            "gitleaks/acme-token",
            "--rules",
            "gitleaks:rules.toml",
        ],
    );
    assert!(
        shown.code == 0 && shown.out.contains("An Acme token, which opens everything"),
        "{}",
        shown.err
    );
}

#[test]
fn a_rule_of_ours_that_knows_more_keeps_its_finding() {
    let repo = repo();
    repo.write("rules.toml", "[[rules]]\nid = 'generic-key'\nregex = '''(?i)key\\s*=\\s*['\"]([\\w.-]{20,})'''\nkeywords = ['key']\n");
    repo.write(
        "a.py",
        text("key = '<<sendgrid-key#a>>'\nother_key = '<<hex:32#b>>'\n"),
    );
    let (found, _) = scan(&repo, &[]);
    assert_eq!(
        rules_in(&found, "a.py"),
        ["sendgrid-api-key", "gitleaks/generic-key"]
    );
}

#[test]
fn comments_let_findings_pass_and_utf_16_is_read() {
    let repo = repo();
    let (one, two) = (token("a"), token("b"));
    repo.write("a.py", format!("a = '{one}'  # gitleaks:allow\nb = '{two}'  # waxseal:allow gitleaks/acme-token of a test\n"));
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(format!("x\r\nkey {two}\r\n").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    repo.write("w.txt", wide);
    let (found, run) = scan(&repo, &[]);
    assert_eq!(
        found,
        [("gitleaks/acme-token".to_owned(), "w.txt".to_owned(), 2)],
        "{}",
        run.err
    );
}

#[test]
fn both_history_engines_find_the_same() {
    let repo = repo();
    let filler: Vec<String> = (0..200)
        .map(|line| format!("line {line} says nothing of interest\n"))
        .collect();
    let filler = filler.concat();
    let key = token("a");
    commit(&repo, "src/a.py", &filler);
    commit(&repo, "src/a.py", format!("{filler}key = '{key}'\n"));
    commit(&repo, "src/a.py", format!("{filler}key = None\n"));
    commit(&repo, "vendor/a.py", format!("{filler}key = '{key}'\n"));
    commit(&repo, "old/acme.store", "x");
    commit(&repo, "app.txt", "user=me pass=Harbortzk\n");
    repo.git(&["mv", "app.txt", "app.conf"]);
    repo.git(&["rm", "-q", "old/acme.store"]);
    commit(&repo, "z", "z");
    repo.git(&["gc", "-q", "--aggressive", "--prune=now"]);
    let of = |engine: &str| scan(&repo, &["--history", "--history-engine", engine]);
    let (delta, run) = of("delta");
    assert_eq!(run.code, 1, "{}", run.err);
    let (naive, _) = of("naive");
    assert_eq!(delta, naive);
    let mut rules: Vec<&str> = delta.iter().map(|it| it.0.as_str()).collect();
    rules.sort_unstable();
    assert_eq!(
        rules,
        [
            "gitleaks/acme-login",
            "gitleaks/acme-store",
            "gitleaks/acme-token"
        ]
    );
}

#[test]
fn a_commit_that_its_list_names_passes() {
    let repo = repo();
    commit(&repo, "a.py", format!("key = '{}'\n", token("a")));
    let first = crate::support::history::asked(&repo, "", &["rev-parse", "HEAD"]);
    let rules = format!("{RULES}commits = ['{}']\n", first.trim().to_uppercase());
    commit(&repo, "b.py", format!("key = '{}'\n", token("b")));
    repo.write("rules.toml", rules);
    let (found, run) = scan(&repo, &["--history"]);
    assert_eq!(rules_in(&found, "b.py").len(), 1, "{}", run.err);
    assert!(rules_in(&found, "a.py").is_empty());
}

#[test]
fn what_can_not_be_used_is_an_error_that_names_every_rule() {
    let repo = repo();
    repo.write("rules.toml", "[[rules]]\nid = 'one'\nregex = '(?=a)'\n[[rules]]\nid = 'two'\nregex = 'a{5000}'\n[[rules]]\nid = 'three'\nregex = 'acmetok'\n");
    let args = ["scan", "--rules", "gitleaks:rules.toml"];
    let refused = run(repo.root(), args);
    assert_eq!(refused.code, 2);
    for word in [
        "rules.toml",
        "gitleaks/one",
        "look-around",
        "gitleaks/two",
        "1000",
        "--skip-rule",
    ] {
        assert!(refused.err.contains(word), "{word}: {}", refused.err);
    }
    let passed = run(
        repo.root(),
        args.into_iter()
            .chain(["--skip-rule", "gitleaks/one", "--skip-rule", "gitleaks/two"]),
    );
    assert_eq!(passed.code, 0, "{}", passed.err);
    for (rules, word) in [
        ("[[rules", "line 1"),
        ("rules = 3", "list of tables"),
        ("[extend]\npath = 'nowhere.toml'", "nowhere.toml"),
    ] {
        repo.write("rules.toml", rules);
        let refused = run(repo.root(), args);
        assert_eq!(refused.code, 2, "{rules}");
        assert!(
            refused.err.contains("rules.toml") && refused.err.contains(word),
            "{rules}: {}",
            refused.err
        );
    }
    let refused = run(repo.root(), ["scan", "--rules", "gitleaks:nowhere.toml"]);
    assert!(
        refused.code == 2 && refused.err.contains("nowhere.toml"),
        "{}",
        refused.err
    );
}

#[test]
fn a_rule_that_others_require_serves_them_when_it_is_left_out() {
    let repo = repo();
    repo.write("rules.toml", "[[rules]]\nid = 'pair'\nregex = 'acmekey_[a-z]{9}'\n[[rules.required]]\nid = 'host'\nwithinLines = 2\n[[rules]]\nid = 'host'\nregex = 'acme[.]example'\n");
    repo.write("a.py", "acmekey_abcdefghi\nacme.example\n");
    repo.write("b.py", "acmekey_abcdefghi\n");
    let all = vec!["gitleaks/host".to_owned(), "gitleaks/pair".to_owned()];
    let mut found = rules_in(&scan(&repo, &[]).0, "a.py");
    found.sort();
    assert_eq!(found, all);
    for args in [
        ["--skip-rule", "gitleaks/host"],
        ["--rule", "gitleaks/pair"],
    ] {
        let (found, run) = scan(&repo, &args);
        assert_eq!(
            found,
            [("gitleaks/pair".to_owned(), "a.py".to_owned(), 1)],
            "{args:?} {}",
            run.err
        );
    }
}

#[test]
fn the_file_that_one_builds_on_is_named_from_the_top_or_beside_it() {
    let repo = repo();
    repo.write(
        "ci/base.toml",
        "[[rules]]\nid = 'base'\nregex = 'acmebase_[a-z]{9}'\n",
    );
    repo.write("a.py", "acmebase_abcdefghi\n");
    for path in ["ci/base.toml", "./ci/base.toml", "base.toml", "./base.toml"] {
        repo.write("ci/own.toml", format!("[extend]\npath = '{path}'\n"));
        repo.write(".waxseal.toml", "rule_files = ['gitleaks:ci/own.toml']\n");
        let configured = run(repo.root(), ["scan"]);
        repo.write(".waxseal.toml", "");
        let given = run(repo.root(), ["scan", "--rules", "gitleaks:ci/own.toml"]);
        for run in [configured, given] {
            assert!(
                run.out.contains("gitleaks/base"),
                "{path}: {}{}",
                run.out,
                run.err
            );
        }
    }
    repo.write("ci/own.toml", "[extend]\npath = '../outside.toml'\n");
    repo.write(".waxseal.toml", "rule_files = ['gitleaks:ci/own.toml']\n");
    let refused = run(repo.root(), ["scan"]);
    assert!(
        refused.code == 2 && refused.err.contains("outside.toml"),
        "{}",
        refused.err
    );
}

#[test]
fn what_is_staged_is_looked_at_by_these_rules() {
    let repo = repo();
    commit(&repo, "a.py", "x = 1\n");
    repo.write("a.py", format!("x = 1\nkey = '{}'\n", token("a")));
    repo.git(&["add", "a.py"]);
    repo.write("a.py", "x = 1\n");
    repo.write("b.py", format!("key = '{}'\n", token("b")));
    let (found, run) = scan(&repo, &["--staged"]);
    assert_eq!(
        found,
        [("gitleaks/acme-token".to_owned(), "a.py".to_owned(), 2)],
        "{}",
        run.err
    );
    // the hook goes by the configuration
    repo.write(".waxseal.toml", "rule_files = ['gitleaks:rules.toml']\n");
    let hook = crate::support::program::run(repo.root(), ["hook", "run", "pre-commit"]);
    assert!(
        hook.code == 1 && hook.err.contains("gitleaks/acme-token"),
        "{}{}",
        hook.out,
        hook.err
    );
}

#[test]
fn a_pull_request_can_not_change_the_rules_that_it_is_checked_by() {
    let repo = Scratch::repo();
    commit(
        &repo,
        "rules/acme.toml",
        format!("[extend]\npath = 'base.toml'\n{RULES}"),
    );
    commit(
        &repo,
        "rules/base.toml",
        "[[rules]]\nid = 'acme-base'\nregex = 'acmebase_[a-z]{9}'\n",
    );
    commit(
        &repo,
        ".waxseal.toml",
        "rule_files = ['gitleaks:rules/acme.toml']\n",
    );
    repo.git(&["branch", "base"]);
    // the rules are gone, broken and let everything pass in what is to be checked
    commit(
        &repo,
        "rules/base.toml",
        "[[rules]]\nid = 'acme-base'\nregex = '(?=x)'\n",
    );
    commit(&repo, "rules/acme.toml", "[allowlist]\npaths = ['.*']\n");
    commit(&repo, ".waxseal.toml", "");
    commit(
        &repo,
        "a.py",
        format!("key = '{}'\nacmebase_abcdefghi\n", token("a")),
    );
    for args in [
        &["scan", "--policy-from", "base", "--format", "json"][..],
        &[
            "scan",
            "--history",
            "--range",
            "base..HEAD",
            "--policy-from",
            "base",
            "--format",
            "json",
        ],
        &["ci", "--range", "base..HEAD", "--format", "json"],
    ] {
        let run = run(repo.root(), args.iter().copied());
        assert_eq!(run.code, 1, "{args:?}: {}{}", run.out, run.err);
        let report: Value = serde_json::from_str(&run.out).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let rules = findings.filter_map(|it| it["rule"].as_str());
        let mut rules: Vec<&str> = rules.filter(|id| id.starts_with("gitleaks/")).collect();
        rules.sort_unstable();
        assert_eq!(
            rules,
            ["gitleaks/acme-base", "gitleaks/acme-token"],
            "{args:?}: {}",
            run.err
        );
    }
}

#[test]
fn gitleaks_own_rules_come_from_a_copy_of_its_file() {
    let repo = repo();
    repo.write("own.toml", "[extend]\nuseDefault = true\ndisabledRules = ['acme-login']\n[[rules]]\nid = 'mine'\nregex = 'mine[0-9]{4}'\n");
    repo.write(
        "a.conf",
        format!("user=me pass=Harbortzk\nmine1234\nkey {}\n", token("a")),
    );
    let alone = run(repo.root(), ["scan", "--rules", "gitleaks:own.toml"]);
    assert!(
        alone.code == 1 && alone.err.contains("useDefault"),
        "{}",
        alone.err
    );
    let both = run(
        repo.root(),
        [
            "scan",
            "--rules",
            "gitleaks:own.toml",
            "--rules",
            "gitleaks:rules.toml",
        ],
    );
    assert!(
        both.out.contains("gitleaks/mine") && both.out.contains("gitleaks/acme-token"),
        "{}",
        both.out
    );
    assert!(
        !both.out.contains("gitleaks/acme-login") && !both.err.contains("useDefault"),
        "{}",
        both.err
    );
}
