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
        format!("{then}:src/a.py:acme:2\n{then}:b.py:acme:1\n{then}:nowhere.py:acme:1\n"),
    );
    let done = import(&repo, &["gitleaks", ".gitleaksignore", "--write"]);
    assert!(
        done.out.contains("2 matched by file and line in a commit"),
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
    let finding = |file: &str, line: u64, secret: &str| serde_json::json!({"RuleID": "acme", "StartLine": line, "EndLine": line, "Secret": secret, "File": file, "Commit": ""});
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
fn digests_match_whatever_line_they_are_on() {
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
        done.out.contains("1 matched by value") && done.out.contains("1 matched by file and line"),
        "{}{}",
        done.out,
        done.err
    );
    assert_eq!(scan(&repo).code, 0);
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
