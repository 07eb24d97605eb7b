//! Moving in from other scanners: what is matched, what is written, what is named, and that nothing is overwritten.

use std::fs;

use crate::support::history::{asked, commit};
use crate::support::program::{Run, run, text};
use crate::support::repo::Scratch;

const CONFIG: &str = ".waxseal.toml";
const BASELINE: &str = ".waxseal-baseline.jsonl";

fn leak(label: &str) -> String {
    text(&format!("key = '<<sendgrid-key#{label}>>'\n"))
}

/// The value in what [`leak`] gives.
fn value(label: &str) -> String {
    text(&format!("<<sendgrid-key#{label}>>"))
}

fn repo() -> Scratch {
    let repo = Scratch::repo();
    commit(&repo, "src/a.py", format!("x = 1\n{}", leak("a")));
    commit(&repo, "b.py", leak("b"));
    repo
}

fn import(repo: &Scratch, args: &[&str]) -> Run {
    run(
        repo.root(),
        ["import"].into_iter().chain(args.iter().copied()),
    )
}

fn scan(repo: &Scratch) -> Run {
    run(repo.root(), ["scan"])
}

#[test]
fn fingerprints_of_gitleaks_become_entries_and_new_secrets_still_count() {
    let repo = repo();
    repo.write(".gitleaksignore", "src/a.py:sendgrid-api-token:2\nb.py:generic-api-key:1\nb.py:generic-api-key:7\ngone.py:x:1\nbroken\n");
    let dry = import(&repo, &["gitleaks", ".gitleaksignore"]);
    assert_eq!(dry.code, 0, "{}", dry.err);
    for word in [
        "4 entries",
        "2 matched by file and line",
        "2 with nothing to let pass",
        "gone.py",
        "not carried over",
        "broken",
        "nothing was written",
    ] {
        assert!(dry.out.contains(word), "{word}: {}", dry.out);
    }
    assert!(!repo.path(BASELINE).exists() && !repo.path(CONFIG).exists());
    let done = import(&repo, &["gitleaks", ".gitleaksignore", "--write"]);
    assert!(
        done.code == 0 && done.out.contains("2 entries"),
        "{}{}",
        done.out,
        done.err
    );
    assert_eq!(scan(&repo).code, 0, "{}", scan(&repo).out);
    let before = fs::read(repo.path(BASELINE)).unwrap();
    assert!(!String::from_utf8_lossy(&before).contains(&value("a")));
    // again: nothing to add, nothing changed
    let again = import(&repo, &["gitleaks", ".gitleaksignore", "--write"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert_eq!(fs::read(repo.path(BASELINE)).unwrap(), before);
    // moved, it still passes; another one does not
    repo.write("src/a.py", format!("x = 1\n\n\n{}", leak("a")));
    assert_eq!(scan(&repo).code, 0);
    repo.write("src/a.py", format!("x = 1\n{}", leak("c")));
    assert_eq!(scan(&repo).code, 1);
}

#[test]
fn a_fingerprint_in_a_commit_is_looked_up_in_that_commit() {
    let repo = repo();
    let then = asked(&repo, "", &["rev-parse", "HEAD"]);
    repo.write("b.py", "x = 1\n");
    commit(&repo, "src/a.py", format!("x = 1\ny = 2\n{}", leak("a")));
    let then = then.trim();
    repo.write(
        ".gitleaksignore",
        format!("{then}:src/a.py:sendgrid-api-token:2\n{then}:b.py:generic-api-key:1\n{then}:nowhere.py:acme:1\n"),
    );
    let done = import(&repo, &["gitleaks", ".gitleaksignore", "--write"]);
    assert!(
        done.out.contains("2 matched in the commit that they name"),
        "{}{}",
        done.out,
        done.err
    );
    assert_eq!(scan(&repo).code, 0);
    let history = run(repo.root(), ["scan", "--history"]);
    assert_eq!(history.code, 0, "{}{}", history.out, history.err);
}

#[test]
fn reports_match_by_value_wherever_it_went_and_by_place_where_it_was_cut_out() {
    let repo = repo();
    let finding = |file: &str, line: u64, secret: &str| serde_json::json!({"RuleID": "generic-api-key", "StartLine": line, "EndLine": line, "Secret": secret, "File": file, "Commit": ""});
    let report = serde_json::json!([
        finding("elsewhere.py", 40, &value("a")),
        finding("b.py", 1, "REDACTED")
    ]);
    repo.write("report.json", report.to_string());
    repo.write(".gitignore", "report.json\n");
    let done = import(&repo, &["betterleaks", "report.json", "--write"]);
    assert!(
        done.out.contains("1 matched by value") && done.out.contains("1 matched by file and line"),
        "{}{}",
        done.out,
        done.err
    );
    assert!(!done.out.contains(&value("a")));
    assert_eq!(scan(&repo).code, 0);
}

#[test]
fn digests_match_whatever_line_they_are_on_and_never_another_value() {
    let repo = repo();
    let digest = |label: &str| asked_sha1(&repo, &value(label));
    let secret = |file: &str, label: &str, line: u64| serde_json::json!({"type": "Secret Keyword", "filename": file, "hashed_secret": digest(label), "is_verified": false, "line_number": line});
    let baseline = serde_json::json!({
        "version": "1.5.0", "plugins_used": [], "filters_used": [],
        "results": {"src/a.py": [secret("src/a.py", "a", 90)], "b.py": [secret("b.py", "other", 1)]},
        "generated_at": "2026-01-01T00:00:00Z"
    });
    repo.write(".secrets.baseline", baseline.to_string());
    let done = import(&repo, &["detect-secrets", ".secrets.baseline", "--write"]);
    assert!(
        done.out.contains("1 matched by value")
            && done
                .out
                .contains("1 not carried over: another value stands there")
            && done
                .out
                .contains("added to .waxseal-baseline.jsonl: 1 entry"),
        "{}{}",
        done.out,
        done.err
    );
    // the value that stands on the line of the other entry was never let pass
    let after = scan(&repo);
    assert!(
        after.code == 1 && after.out.contains("b.py") && !after.out.contains("a.py"),
        "{}",
        after.out
    );
}

#[test]
fn a_digest_of_a_value_as_it_is_spelt_is_that_of_the_value() {
    let repo = repo();
    let password = ["Hrb47", "%21", "tzkQ"].concat();
    repo.write(
        "m.py",
        format!("url = 'smtp://me:{password}@smtp.example.net:587'\n"),
    );
    let baseline = serde_json::json!({
        "version": "1.5.0", "plugins_used": [], "generated_at": "x",
        "results": {"m.py": [{"type": "Basic Auth Credentials", "filename": "m.py", "hashed_secret": asked_sha1(&repo, &password), "line_number": 1}]},
    });
    repo.write(".secrets.baseline", baseline.to_string());
    let done = import(&repo, &["detect-secrets", ".secrets.baseline", "--write"]);
    assert!(
        done.out.contains("1 matched by value"),
        "{}{}",
        done.out,
        done.err
    );
    assert!(!scan(&repo).out.contains("m.py"));
}

#[test]
fn the_digests_of_detect_secrets_are_no_findings_once_they_are_taken_over() {
    let repo = Scratch::repo();
    let digest = asked_sha1(&repo, "abc");
    let baseline = serde_json::json!({
        "version": "1.5.0", "plugins_used": [], "generated_at": "x",
        "results": {"lib/sparkpost.py": [{"type": "Secret Keyword", "filename": "lib/sparkpost.py", "hashed_secret": digest, "line_number": 1}]},
    });
    repo.write(
        ".secrets.baseline",
        serde_json::to_string_pretty(&baseline).unwrap(),
    );
    assert_eq!(scan(&repo).code, 1);
    let done = import(&repo, &["detect-secrets", ".secrets.baseline", "--write"]);
    assert!(
        done.code == 0 && done.out.contains("\"/.secrets.baseline\""),
        "{}{}",
        done.out,
        done.err
    );
    assert_eq!(scan(&repo).code, 0, "{}", scan(&repo).out);
}

#[test]
fn a_value_in_a_report_outweighs_its_place() {
    let repo = repo();
    let finding = |file: &str, secret: &str| serde_json::json!({"RuleID": "sendgrid-api-token", "StartLine": 1, "EndLine": 1, "Secret": secret, "File": file});
    repo.write(".gitignore", "report.json\n");
    // gitleaks takes all that a rule matched for the secret where it can't tell the group
    let whole = format!("key = '{}'", value("b"));
    repo.write(
        "report.json",
        serde_json::json!([finding("b.py", &whole)]).to_string(),
    );
    let dry = import(&repo, &["gitleaks", "report.json"]);
    assert!(
        dry.code == 0 && dry.out.contains("1 matched by value"),
        "{}{}",
        dry.out,
        dry.err
    );
    let report = serde_json::json!([finding("b.py", &value("another"))]);
    repo.write("report.json", report.to_string());
    let done = import(&repo, &["gitleaks", "report.json", "--write"]);
    assert!(
        done.code == 0 && done.out.contains("another value stands there"),
        "{}{}",
        done.out,
        done.err
    );
    assert!(!repo.path(BASELINE).exists());
    assert_eq!(scan(&repo).code, 1);
}

#[test]
fn a_place_without_a_value_counts_for_the_same_kind_only() {
    let repo = repo();
    repo.write(
        ".gitleaksignore",
        "src/a.py:stripe-access-token:2\nb.py:acme-key:1\n",
    );
    let done = import(&repo, &["gitleaks", ".gitleaksignore", "--write"]);
    assert!(
        done.code == 0
            && done
                .out
                .contains("2 not carried over: without a value they go by their line"),
        "{}{}",
        done.out,
        done.err
    );
    assert!(!repo.path(BASELINE).exists());
    // a rule that runs here tells by itself what it would find there
    repo.write(
        ".gitleaks.toml",
        "[[rules]]\nid = 'acme-key'\nregex = '''key = '([^']+)'\n'''\npath = '''b\\.py'''\n",
    );
    let done = import(
        &repo,
        &["gitleaks", ".gitleaks.toml", ".gitleaksignore", "--write"],
    );
    assert!(
        done.out.contains("1 matched by file and line"),
        "{}{}",
        done.out,
        done.err
    );
    assert!(!scan(&repo).out.contains("b.py"), "{}", scan(&repo).out);
}

#[test]
fn a_rule_that_can_not_be_used_is_named_and_the_rest_is_carried_over() {
    let repo = repo();
    repo.write(
        ".gitleaks.toml",
        "[[rules]]\nid = 'one'\nregex = '''acme(?=x)'''\n[[rules]]\nid = 'two'\nregex = 'b'\nentropy = 'much'\n[[rules]]\nid = 'good'\nregex = '''good_[a-z]{8}'''\n\
         [[rules]]\nid = 'needs'\nregex = 'x'\n[[rules.required]]\nid = 'one'\n[allowlist]\nstopwords = ['acme-sample']\n",
    );
    repo.write("c.py", "x = good_abcdefgh\n");
    let dry = import(&repo, &["gitleaks", ".gitleaks.toml"]);
    let done = import(&repo, &["gitleaks", ".gitleaks.toml", "--write"]);
    for run in [&dry, &done] {
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        for word in [
            "the rule `one`: its regex can't be used: look-around",
            "acme(?=x)\n          ^",
            "the rule `two`: `entropy` is to be a number",
            "the rule `needs`: it requires the rule `gitleaks/one`",
            "\"gitleaks/one\"",
            "acme-sample",
        ] {
            assert!(run.out.contains(word), "{word}: {}", run.out);
        }
    }
    let after = scan(&repo);
    assert!(
        after.code == 1 && after.out.contains("gitleaks/good"),
        "{}{}",
        after.out,
        after.err
    );
}

#[test]
fn a_look_and_the_writing_say_the_same() {
    let repo = repo();
    repo.write(
        ".gitleaks.toml",
        "[extend]\nuseDefault = true\ndisabledRules = ['sendgrid-api-token']\n[allowlist]\npaths = ['^src/']\nstopwords = ['waxstop']\n",
    );
    repo.write(
        "c.conf",
        "smtp_host = smtp.example.net\nsmtp_user = me\nsmtp_password = Hrb47waxstop9\n",
    );
    let dry = import(&repo, &["gitleaks", ".gitleaks.toml"]);
    let done = import(&repo, &["gitleaks", ".gitleaks.toml", "--write"]);
    assert_eq!((dry.code, done.code), (0, 0), "{}{}", dry.err, done.err);
    let told = |run: &Run| -> Vec<String> {
        let lines = run
            .out
            .lines()
            .filter(|line| !line.contains("nothing was written"));
        lines
            .map(|line| line.replace("to be added to", "added to").trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect()
    };
    assert_eq!(told(&dry), told(&done));
    assert_eq!(scan(&repo).code, 0, "{}", scan(&repo).out);
}

#[test]
fn all_is_known_to_be_right_before_anything_is_written() {
    let repo = repo();
    repo.write(".gitleaks.toml", "[[rules]]\nid = 'one'\nregex = 'acme_[a-z]{9}'\n[allowlist]\nstopwords = ['acme-sample']\n");
    repo.write(".gitleaksignore", "b.py:sendgrid-api-token:1\n");
    let args = ["gitleaks", ".gitleaks.toml", ".gitleaksignore", "--write"];
    // a baseline that can't be read, a configuration that would not hold, a file that is no configuration at all
    for (file, text, word) in [
        (BASELINE, "<<<<<<< HEAD\n", BASELINE),
        (CONFIG, "[[exclude]]\npaths = 3\n", "paths"),
        (
            CONFIG,
            "rule_files = [\"gitleaks:nowhere.toml\"]\n",
            "nowhere.toml",
        ),
        (CONFIG, "skip_rules = [\"no-such-rule\"]\n", "no-such-rule"),
        (
            CONFIG,
            "<<<<<<< HEAD\nfail_on = \"low\"\n=======\n>>>>>>> x\n",
            "line 1",
        ),
    ] {
        let _ = fs::remove_file(repo.path(BASELINE));
        let _ = fs::remove_file(repo.path(CONFIG));
        repo.write(file, text);
        let failed = import(&repo, &args);
        assert!(
            failed.code == 2 && failed.err.contains(word),
            "{text}: {}{}",
            failed.out,
            failed.err
        );
        let other = if file == CONFIG { BASELINE } else { CONFIG };
        assert!(!repo.path(other).exists(), "{text}");
        assert_eq!(fs::read_to_string(repo.path(file)).unwrap(), text);
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_can_not_be_read_keeps_everything_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = repo();
    repo.write(".gitleaksignore", "b.py:sendgrid-api-token:1\n");
    repo.write("locked.py", "x");
    fs::set_permissions(repo.path("locked.py"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(repo.path("locked.py")).is_ok() {
        // root reads everything
        return;
    }
    let failed = import(&repo, &["gitleaks", ".gitleaksignore", "--write"]);
    assert!(
        failed.code == 2 && failed.err.contains("nothing was written"),
        "{}{}",
        failed.out,
        failed.err
    );
    assert!(!repo.path(BASELINE).exists());
}

#[cfg(unix)]
#[test]
fn what_is_there_stays_with_its_comments_its_line_ends_and_as_a_link() {
    let repo = repo();
    repo.write("ci/wax.toml", "# ours\r\nfail_on = \"low\" # why\r\n");
    std::os::unix::fs::symlink("ci/wax.toml", repo.path(CONFIG)).unwrap();
    repo.write(
        ".gitleaks.toml",
        "[allowlist]\nstopwords = ['acme-sample']\n",
    );
    let done = import(&repo, &["gitleaks", ".gitleaks.toml", "--write"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(repo.path(CONFIG).symlink_metadata().unwrap().is_symlink());
    let text = fs::read_to_string(repo.path("ci/wax.toml")).unwrap();
    for kept in ["# ours", "fail_on = \"low\" # why", "acme-sample"] {
        assert!(text.contains(kept), "{kept}: {text:?}");
    }
    assert_eq!(scan(&repo).code, 1);
    // one that leads out of the repository is refused
    fs::remove_file(repo.path(CONFIG)).unwrap();
    let outside = Scratch::new();
    outside.write("wax.toml", "");
    std::os::unix::fs::symlink(outside.path("wax.toml"), repo.path(CONFIG)).unwrap();
    let refused = import(&repo, &["gitleaks", ".gitleaks.toml", "--write"]);
    assert!(
        refused.code == 2 && refused.err.contains("leads out"),
        "{}",
        refused.err
    );
    assert_eq!(fs::read(outside.path("wax.toml")).unwrap(), b"");
}

#[test]
fn a_path_that_would_silence_dotenv_files_is_named_and_the_next_run_is_green() {
    let repo = repo();
    let dotenv = |label: &str| text(&format!("SENDGRID_API_KEY=<<sendgrid-key#{label}>>\n"));
    commit(&repo, ".env.local", dotenv("c"));
    commit(&repo, "tests/.env", dotenv("d"));
    repo.write(
        ".gitleaks.toml",
        "[allowlist]\ndescription = 'fixtures'\npaths = ['''\\.env\\.local$''', '''^tests/''', '''^src/''', '''^b\\.py$''']\n",
    );
    let done = import(&repo, &["gitleaks", ".gitleaks.toml", "--write"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    for word in [
        "the paths `**/*.env.local`",
        "the paths `tests/**`",
        "policy-too-wide",
    ] {
        assert!(done.out.contains(word), "{word}: {}", done.out);
    }
    let config = fs::read_to_string(repo.path(CONFIG)).unwrap();
    assert!(
        config.contains("src/**") && config.contains("\"/b.py\"") && !config.contains("tests/**"),
        "{config}"
    );
    let after = scan(&repo);
    assert_eq!(after.code, 0, "{}{}", after.out, after.err);
    // what comes later counts
    repo.write("tests/.env", dotenv("e"));
    repo.write("deep/b.py", leak("f"));
    let later = scan(&repo);
    assert!(
        later.code == 1 && later.out.contains("tests/.env") && later.out.contains("deep/b.py"),
        "{}",
        later.out
    );
}

#[test]
fn a_file_that_builds_on_gitleaks_own_rules_runs_where_those_are_given_too() {
    let repo = repo();
    repo.write(".gitleaks.toml", "[extend]\nuseDefault = true\ndisabledRules = ['two']\n[[rules]]\nid = 'one'\n[rules.allowlist]\nregexes = ['acme_bb']\n[allowlist]\npaths = ['^docs/', '\\.env\\.example']\n");
    repo.write("own.toml", "[[rules]]\nid = 'one'\nregex = 'acme_[a-z]{9}'\n[[rules]]\nid = 'two'\nregex = 'acme_[0-9]{9}'\n[allowlist]\npaths = ['^noise/']\nstopwords = ['ourselves']\n");
    repo.write("c.py", "acme_abcdefghi\nacme_123456789\nacme_bbbbbbbbb\n");
    let alone = import(&repo, &["gitleaks", ".gitleaks.toml"]);
    assert!(
        alone.code == 0
            && alone.out.contains("[extend] useDefault: ")
            && alone.out.contains("the rule `one`: it changes"),
        "{}{}",
        alone.out,
        alone.err
    );
    let both = import(
        &repo,
        &["gitleaks", ".gitleaks.toml", "own.toml", "--write"],
    );
    assert!(
        both.code == 0 && !both.out.contains("useDefault: ") && !both.out.contains("it changes"),
        "{}{}",
        both.out,
        both.err
    );
    let config = fs::read_to_string(repo.path(CONFIG)).unwrap();
    assert!(
        config.contains("docs/**") && config.contains(".env.example"),
        "{config}"
    );
    // what gitleaks itself lets pass is for its rules
    assert!(
        !config.contains("noise") && !config.contains("ourselves"),
        "{config}"
    );
    let found = scan(&repo);
    assert_eq!(
        found.out.matches("gitleaks/").count(),
        1,
        "{}{}",
        found.out,
        found.err
    );
    assert!(found.out.contains("c.py:1:1"), "{}", found.out);
}

#[test]
fn a_file_of_another_scanner_is_named_for_what_it_is() {
    let repo = repo();
    repo.write(
        ".secrets.baseline",
        r#"{"version":"1.5.0","plugins_used":[],"results":{},"generated_at":"x"}"#,
    );
    repo.write("gl.json", r#"[{"RuleID":"a","StartLine":1,"File":"a"}]"#);
    repo.write(
        "th.json",
        "{\"level\":\"info\"}\n{\"SourceMetadata\":{\"Data\":{}},\"DetectorName\":\"x\"}\n",
    );
    repo.write("sl.json", r#"[{"filePath":"a","messages":[]}]"#);
    repo.write(
        "rc.json",
        r#"{"rules":[{"id":"@secretlint/secretlint-rule-aws"}]}"#,
    );
    repo.write(
        "kf.yml",
        "version: 2\nrepositories:\n- id: a\n  findings: []\n",
    );
    repo.write("kf.json", r#"{"findings":[{"rule":{},"finding":{}}]}"#);
    repo.write("th.yml", "detectors:\n- name: a\n  keywords: [b]\n");
    repo.write(".gitleaks.toml", "[extend]\nuseDefault = true\n");
    repo.write(".gitleaksignore", "a:b:1\n");
    repo.write("r.sarif", r#"{"version":"2.1.0","runs":[]}"#);
    repo.write("own.jsonl", r#"{"waxseal-baseline":1}"#);
    for (peer, file, words) in [
        (
            "gitleaks",
            ".secrets.baseline",
            "a baseline of detect-secrets; `waxseal import detect-secrets .secrets.baseline`",
        ),
        (
            "detect-secrets",
            "gl.json",
            "a report of gitleaks; `waxseal import gitleaks gl.json`",
        ),
        (
            "detect-secrets",
            ".gitleaks.toml",
            "a rule file of gitleaks",
        ),
        (
            "trufflehog",
            ".gitleaksignore",
            "a list of fingerprints of gitleaks",
        ),
        ("gitleaks", "th.json", "a report of trufflehog"),
        ("gitleaks", "sl.json", "a report of secretlint"),
        ("gitleaks", "rc.json", "a configuration of secretlint"),
        ("trufflehog", "kf.yml", "a baseline of kingfisher"),
        ("betterleaks", "kf.json", "a report of kingfisher"),
        ("kingfisher", "th.yml", "a configuration of trufflehog"),
        ("gitleaks", "r.sarif", "SARIF"),
        ("gitleaks", "own.jsonl", "waxseal itself"),
    ] {
        let refused = import(&repo, &[peer, file, "--write"]);
        assert_eq!(refused.code, 2, "{peer} {file}: {}", refused.out);
        assert!(
            refused.err.contains(words),
            "{peer} {file}: {}",
            refused.err
        );
    }
    assert!(!repo.path(BASELINE).exists() && !repo.path(CONFIG).exists());
}

#[test]
fn encodings_line_ends_and_merges_are_met() {
    let repo = repo();
    let list = "# ours\r\nb.py:sendgrid-api-token:1\r\n";
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(list.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [
        list.as_bytes().to_vec(),
        format!("\u{feff}{list}").into_bytes(),
        wide,
    ] {
        repo.write(".gitleaksignore", &bytes);
        let dry = import(&repo, &["gitleaks", ".gitleaksignore"]);
        assert!(
            dry.code == 0 && dry.out.contains("1 matched by file and line"),
            "{}{}",
            dry.out,
            dry.err
        );
    }
    for (bytes, word) in [
        (
            &b"a:b:1\n<<<<<<< HEAD\nc:d:1\n=======\ne:f:1\n>>>>>>> x\n"[..],
            "line 2: a merge",
        ),
        (b"a:b:1\nc\xff:d:1\n", "line 2 is neither UTF-8"),
        (b"\xff\xfea", "UTF-16"),
    ] {
        repo.write(".gitleaksignore", bytes);
        let refused = import(&repo, &["gitleaks", ".gitleaksignore", "--write"]);
        assert!(
            refused.code == 2 && refused.err.contains(word),
            "{word}: {}{}",
            refused.out,
            refused.err
        );
    }
    // a file of a gigabyte, which takes no place on the disk
    let file = fs::File::create(repo.path("big.json")).unwrap();
    file.set_len(1 << 30).unwrap();
    let refused = import(&repo, &["gitleaks", "big.json", "--write"]);
    assert!(
        refused.code == 2 && refused.err.contains("larger than 64 MiB"),
        "{}",
        refused.err
    );
    assert!(!repo.path(BASELINE).exists());
}

#[test]
fn a_configuration_that_is_named_is_the_one_that_is_added_to() {
    let repo = repo();
    repo.write("ci/wax.toml", "fail_on = \"low\"\n");
    repo.write(
        "ci/gitleaks.toml",
        "[[rules]]\nid = 'one'\nregex = 'acme_[a-z]{9}'\n",
    );
    repo.write(
        ".gitleaks.toml",
        "[[rules]]\nid = 'two'\nregex = 'acme_[0-9]{9}'\n",
    );
    let done = import(
        &repo,
        &[
            "gitleaks",
            "ci/gitleaks.toml",
            ".gitleaks.toml",
            "--config",
            "ci/wax.toml",
            "--write",
        ],
    );
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(!repo.path(CONFIG).exists());
    let text = fs::read_to_string(repo.path("ci/wax.toml")).unwrap();
    assert!(
        text.contains("gitleaks:gitleaks.toml") && text.contains("gitleaks:../.gitleaks.toml"),
        "{text}"
    );
    repo.write("c.py", "acme_abcdefghi acme_123456789\n");
    let found = run(repo.root(), ["scan", "--config", "ci/wax.toml"]);
    assert!(
        found.out.contains("gitleaks/one") && found.out.contains("gitleaks/two"),
        "{}{}",
        found.out,
        found.err
    );
}

/// SHA-1 of a text, by a program that is not ours.
fn asked_sha1(repo: &Scratch, value: &str) -> String {
    repo.write("value", value);
    let out = std::process::Command::new("python3")
        .args([
            "-c",
            "import hashlib,sys; print(hashlib.sha1(open(sys.argv[1],'rb').read()).hexdigest())",
        ])
        .arg(repo.path("value"))
        .output()
        .unwrap();
    fs::remove_file(repo.path("value")).unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

#[test]
fn what_is_broken_is_an_error_and_changes_nothing() {
    let repo = repo();
    repo.write("bad.toml", "[[rules");
    repo.write("bad.json", "{\"results\":");
    for args in [
        &["gitleaks", "bad.toml", "--write"][..],
        &["detect-secrets", "bad.json", "--write"],
        &["gitleaks", "nowhere", "--write"],
        &["kingfisher", "bad.json", "--write"],
        &["secretlint", "src", "--write"],
    ] {
        let failed = import(&repo, args);
        assert_eq!(failed.code, 2, "{args:?}: {}", failed.out);
        assert!(
            failed.err.starts_with("waxseal: ") && failed.err.contains(args[1]),
            "{args:?}: {}",
            failed.err
        );
    }
    assert_eq!(import(&repo, &["talisman", "x"]).code, 2);
    assert!(!repo.path(BASELINE).exists() && !repo.path(CONFIG).exists());
}
