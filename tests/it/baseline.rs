//! Baselines as a user meets them: what they let pass in every kind of scan, how they are changed, and what is said of them.

mod bad;
mod commands;
mod scope;
mod unused;

use std::fs;

use serde_json::Value;

use crate::support::gate::{arm, attempt};
use crate::support::history::commit;
use crate::support::program::{Run, finished, run, text, waxseal};
use crate::support::repo::Scratch;

const FILE: &str = ".waxseal-baseline.jsonl";

/// A key for the environment.
const KEY: &str = "0123456789abcdef0123456789abcdef-tests";

/// A line with a key in it; the same label gives the same key.
fn leak(label: &str) -> String {
    text(&format!("key = '<<sendgrid-key#{label}>>'\n"))
}

/// A repository with two secrets in two committed files.
fn repo() -> Scratch {
    let repo = Scratch::repo();
    commit(&repo, "src/a.py", leak("a"));
    commit(&repo, "b.py", leak("b"));
    repo
}

/// The same with a baseline of both.
fn based() -> Scratch {
    let repo = repo();
    let made = run(
        repo.root(),
        ["baseline", "create", "--reason", "known", "--owner", "ops"],
    );
    assert_eq!(made.code, 0, "{}", made.err);
    repo
}

fn said(repo: &Scratch) -> String {
    fs::read_to_string(repo.path(FILE)).unwrap()
}

/// A scan in JSON, and its exit status.
fn json<'a>(repo: &Scratch, args: impl IntoIterator<Item = &'a str>) -> (Value, Run) {
    let run = run(
        repo.root(),
        ["scan", "--format", "json"].into_iter().chain(args),
    );
    let report = serde_json::from_str(&run.out);
    (report.unwrap_or_else(|_| panic!("{}", run.err)), run)
}

/// The paths of one list of a report, in their order.
fn paths<'a>(report: &'a Value, list: &str) -> Vec<&'a str> {
    let list = report[list].as_array().map_or(&[][..], Vec::as_slice);
    list.iter().map(|it| it["path"].as_str().unwrap()).collect()
}

/// The fingerprint of what a scan finds in `path`.
fn fingerprint(repo: &Scratch, path: &str) -> String {
    let (report, _) = json(repo, ["--no-baseline"]);
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|it| it["path"] == path).unwrap();
    found["fingerprint"].as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_says(run: &Run, code: i32, parts: &[&str]) {
    let all = format!("{}{}", run.out, run.err);
    assert_eq!(run.code, code, "{all}");
    for part in parts {
        assert!(all.contains(part), "{part:?} is not in\n{all}");
    }
}

#[test]
fn what_is_known_passes_and_is_kept_apart() {
    let repo = based();
    let (report, run) = json(&repo, []);
    assert_eq!((run.code, report["outcome"].as_str()), (0, Some("clean")));
    assert_eq!(paths(&report, "findings"), [""; 0]);
    assert_eq!(paths(&report, "baselined"), ["b.py", "src/a.py"]);
    let entry = &report["baselined"][0]["baseline"];
    assert_eq!(
        (&entry["reason"], &entry["owner"]),
        (&"known".into(), &"ops".into())
    );
    assert_eq!(report["baseline"]["findings"], 2);
    assert_eq!(report["baseline"]["unused"], Value::Array(Vec::new()));
    assert_says(
        &run,
        0,
        &[
            "2 findings are in the baseline .waxseal-baseline.jsonl",
            "no findings",
        ],
    );
    // one more counts, and nothing else
    repo.write("c.py", leak("c"));
    let (report, run) = json(&repo, []);
    assert_eq!((run.code, paths(&report, "findings")), (1, vec!["c.py"]));
    let (report, run) = json(&repo, ["--no-baseline"]);
    assert_eq!((run.code, paths(&report, "findings").len()), (1, 3));
    assert_eq!(report.get("baseline"), None);
    let sarif = crate::support::program::run(repo.root(), ["scan", "--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&sarif.out).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let kinds: Vec<&Value> = results
        .iter()
        .map(|it| &it["suppressions"][0]["kind"])
        .collect();
    assert_eq!(
        kinds,
        [&Value::Null, &"external".into(), &"external".into()]
    );
    assert_eq!(results[1]["suppressions"][0]["justification"], "known");
}

#[test]
fn an_entry_goes_with_its_secret_and_with_no_other() {
    let repo = based();
    let before = said(&repo);
    let key = leak("a");
    let key = key.trim_start_matches("key = '").trim_end_matches("'\n");
    repo.git(&["mv", "src/a.py", "lib.js"]);
    repo.write(
        "lib.js",
        format!("// moved\n\n\n      const k = \"{key}\";\n"),
    );
    assert_says(
        &run(repo.root(), ["scan"]),
        0,
        &["2 findings are in the baseline"],
    );
    // an entry is not written again for it
    assert_says(
        &run(repo.root(), ["baseline", "add", "--all", "--reason", "x"]),
        0,
        &["nothing to add"],
    );
    assert_eq!(said(&repo), before);
    let last = key.chars().last().unwrap();
    let other = if last == 'A' { 'E' } else { 'A' };
    let other = format!("{}{other}", &key[..key.len() - 1]);
    repo.write("lib.js", format!("const k = \"{other}\";\n"));
    assert_says(
        &run(repo.root(), ["scan"]),
        1,
        &["lib.js:1:12", "1 entry of it names nothing"],
    );
}

/// A baseline accepts a value: one more copy of it is no new secret. What is new counts.
#[test]
fn what_is_staged_goes_by_it() {
    let repo = based();
    repo.write("copy.py", leak("a")).git(&["add", "-A"]);
    let copy = run(repo.root(), ["scan", "--staged"]);
    assert_says(&copy, 0, &["1 finding is in the baseline"]);
    arm(&repo, ".git", "pre-commit", "");
    let passed = attempt(repo.root(), &[], &["commit", "-qm", "copy"]);
    assert_says(&passed, 0, &["1 finding is in the baseline"]);
    repo.write("new.py", leak("new")).git(&["add", "-A"]);
    let blocked = attempt(repo.root(), &[], &["commit", "-qm", "new"]);
    assert_says(
        &blocked,
        1,
        &["commit blocked", "or: waxseal baseline add "],
    );
    // the advice works as it is printed
    let advice = blocked
        .err
        .lines()
        .find_map(|line| line.split_once("or: waxseal "))
        .unwrap()
        .1;
    let args: Vec<&str> = advice.split(' ').collect();
    assert_says(&run(repo.root(), args), 0, &["added ", "sendgrid-api-key"]);
    repo.git(&["add", "-A"]);
    assert_says(
        &attempt(repo.root(), &[], &["commit", "-qm", "new"]),
        0,
        &[],
    );
}

#[test]
fn a_history_has_entries_of_its_own() {
    let repo = repo();
    commit(&repo, "b.py", "gone = 1\n");
    let made = run(repo.root(), ["baseline", "create", "--reason", "known"]);
    assert_says(&made, 0, &["made with 1 entry"]);
    let scan = || run(repo.root(), ["scan", "--history"]);
    assert_says(&scan(), 1, &["b.py", "1 finding is in the baseline"]);
    let add = [
        "baseline",
        "add",
        "--all",
        "--history",
        "--reason",
        "rotated",
    ];
    assert_says(&run(repo.root(), add), 0, &["added "]);
    assert!(said(&repo).contains("\"covers\":\"history\""));
    assert_says(&scan(), 0, &["2 findings are in the baseline"]);
    // what is found in a history is of use, though the work tree has it no more
    let tree = run(repo.root(), ["scan", "--fail-on-unused-allow"]);
    assert_says(&tree, 0, &["1 finding is in the baseline"]);
    assert_says(
        &run(repo.root(), ["baseline", "prune"]),
        0,
        &["nothing to remove"],
    );
    let fresh = Scratch::repo();
    commit(&fresh, "b.py", leak("b"));
    commit(&fresh, "b.py", "gone = 1\n");
    let create = ["baseline", "create", "--history"];
    assert_says(
        &run(fresh.root(), create),
        0,
        &["made with 1 entry", "audit"],
    );
    assert_says(&run(fresh.root(), ["scan", "--history"]), 0, &[]);
}

#[test]
fn a_push_goes_by_it_and_a_server_by_its_own() {
    let scratch = Scratch::new();
    scratch
        .git(&["init", "-q", "--bare", "-b", "main", "server.git"])
        .git(&["init", "-q", "-b", "main", "work"]);
    scratch
        .write("work/a.py", leak("a"))
        .git_in("work", &["add", "-A"])
        .git_in("work", &["commit", "-qm", "a"])
        .git_in("work", &["remote", "add", "origin", "../server.git"]);
    arm(&scratch, "work/.git", "pre-push", "");
    let work = scratch.path("work");
    let push = || attempt(&work, &[], &["push", "origin", "main"]);
    assert_says(&push(), 1, &["push blocked", " --history --reason REASON"]);
    let made = run(&work, ["baseline", "create", "--reason", "known"]);
    assert_says(&made, 0, &[]);
    // what was pushed has no say on the server, and what the server names has
    arm(&scratch, "server.git", "pre-receive", "");
    scratch
        .git_in("work", &["add", "-A"])
        .git_in("work", &["commit", "-qm", "baseline"]);
    assert_says(
        &push(),
        1,
        &[
            "1 finding is in the baseline",
            "remote: waxseal: push refused",
        ],
    );
    fs::copy(work.join(FILE), scratch.path("server.jsonl")).unwrap();
    let file = scratch.path("server.jsonl");
    arm(
        &scratch,
        "server.git",
        "pre-receive",
        &format!("--baseline '{}'", file.display()),
    );
    assert_says(&push(), 0, &["1 finding is in the baseline"]);
}

#[test]
fn a_ci_job_goes_by_the_baseline_of_the_base() {
    let repo = based();
    commit(&repo, "x", "x\n");
    repo.git(&["checkout", "-qb", "topic"]);
    commit(&repo, "copy.py", leak("a"));
    let ci = |args: &[&str]| {
        let args = [&["ci", "--range", "main..HEAD", "--format", "json"], args].concat();
        let run = run(repo.root(), args);
        let report: Value =
            serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
        (report, run)
    };
    let (report, passed) = ci(&[]);
    assert_says(&passed, 0, &["1 finding is in the baseline"]);
    assert_eq!(paths(&report, "baselined"), ["copy.py"]);
    let name = report["baseline"]["file"].as_str().unwrap();
    assert!(
        name.starts_with(".waxseal-baseline.jsonl of commit "),
        "{name}"
    );
    assert_says(&ci(&["--no-baseline"]).1, 1, &[]);
    // an entry that comes with its secret lets nothing pass yet, and is told of
    commit(&repo, "new.py", leak("new"));
    let add = ["baseline", "add", "--all", "--reason", "mine"];
    assert_says(&run(repo.root(), add), 0, &[]);
    commit(&repo, "y", "y\n");
    let (report, found) = ci(&[]);
    assert_eq!(found.code, 1);
    let rules: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["rule"])
        .collect();
    assert_eq!(
        rules,
        [&Value::from("policy-changed"), &"sendgrid-api-key".into()]
    );
    let notes = report["findings"][0]["notes"].to_string();
    assert!(
        notes.contains("entries: 1 added, 0 removed, 0 changed"),
        "{notes}"
    );
    // the fingerprint is the one that the entry has
    let print = report["findings"][1]["fingerprint"].as_str().unwrap();
    assert!(said(&repo).contains(print));
    commit(&repo, FILE, "<<<<<<< ours\n");
    let (report, _) = ci(&[]);
    let notes = report["findings"][0]["notes"].to_string();
    assert!(notes.contains("it can't be read: line 1"), "{notes}");
}

/// What a branch made of its baseline has no say where the policy of another commit was asked for.
#[test]
fn a_policy_of_a_commit_brings_its_baseline() {
    let repo = based();
    commit(&repo, "x", "x\n");
    repo.git(&["checkout", "-qb", "topic"]);
    let from = || run(repo.root(), ["scan", "--policy-from", "main"]);
    for text in ["", "broken\n"] {
        repo.write(FILE, text);
        assert_says(&run(repo.root(), ["scan"]), 2, &[FILE]);
        let says = "2 findings are in the baseline .waxseal-baseline.jsonl of commit ";
        assert_says(&from(), 0, &[says]);
    }
    repo.write("new.py", leak("new"));
    assert_says(&from(), 1, &["new.py:1:8"]);
    repo.git(&["add", "new.py"]);
    let staged = run(
        repo.root(),
        ["hook", "run", "pre-commit", "--policy-from", "main"],
    );
    assert_says(&staged, 1, &["new.py:1:8"]);
}

#[test]
fn two_branches_that_add_entries_merge() {
    let repo = based();
    let made = run(repo.root(), ["scan"]);
    assert_eq!(made.code, 0);
    commit(&repo, ".gitattributes", format!("{FILE} merge=union\n"));
    for branch in ["one", "two"] {
        repo.git(&["checkout", "-qb", branch, "main"]);
        for number in 0..20 {
            repo.write(
                format!("{branch}{number}.py"),
                leak(&format!("{branch}{number}")),
            );
        }
        repo.write("both.py", leak("both"));
        let add = ["baseline", "add", "--all", "--reason", "both sides"];
        assert_says(&run(repo.root(), add), 0, &["added "]);
        repo.git(&["add", "-A"]).git(&["commit", "-qm", branch]);
    }
    repo.git(&["merge", "-q", "-m", "merge", "one"]);
    assert_says(
        &run(repo.root(), ["scan", "--fail-on-unused-allow"]),
        0,
        &["43 findings are in"],
    );
    // the next change sorts it and folds what stands there twice
    repo.write("more.py", leak("more"));
    assert_says(
        &run(repo.root(), ["baseline", "add", "--all", "--reason", "x"]),
        0,
        &[],
    );
    let text = said(&repo);
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(rows.len(), 44);
    assert!(rows.is_sorted());
}

#[test]
fn a_key_from_the_environment_is_not_in_the_file() {
    let repo = repo();
    let with = |key: &str, args: &[&str]| {
        let mut command = waxseal(repo.root(), args);
        finished(
            command
                .env("WAXSEAL_FINGERPRINT_KEY", key)
                .output()
                .unwrap(),
        )
    };
    // an empty variable is none: that is what a job gets that may know no secrets
    assert_says(&with("", &["scan"]), 1, &[]);
    assert_says(
        &with("short", &["scan"]),
        2,
        &["shorter than 32", "openssl rand -hex 32"],
    );
    assert_says(
        &with(KEY, &["baseline", "create", "--reason", "known"]),
        0,
        &["2 entries"],
    );
    let text = said(&repo);
    assert!(text.starts_with("{\"waxseal_baseline\":1,\"key_id\":\"") && !text.contains("salt"));
    assert!(!text.contains(KEY));
    assert_says(
        &with(KEY, &["scan", "-vv"]),
        0,
        &["2 findings are in the baseline"],
    );
    let other = KEY.replace("tests", "other");
    assert_says(
        &with(&other, &["scan"]),
        2,
        &["made with another key (key id ", "set the variable"],
    );
    assert_says(
        &run(repo.root(), ["scan"]),
        2,
        &["a key that is not in it", "WAXSEAL_FINGERPRINT_KEY"],
    );
    let inside = based();
    let mut command = waxseal(inside.root(), ["scan"]);
    let refused = finished(
        command
            .env("WAXSEAL_FINGERPRINT_KEY", KEY)
            .output()
            .unwrap(),
    );
    assert_says(
        &refused,
        2,
        &[
            "made with another key",
            "it holds its own key: unset the variable",
        ],
    );
}

/// Every output that names a finding gives it the same name.
#[test]
fn a_fingerprint_is_the_same_everywhere() {
    let repo = based();
    let print = fingerprint(&repo, "b.py");
    assert!(said(&repo).contains(&format!("{{\"fingerprint\":\"{print}\"")));
    let outputs = [
        vec!["scan", "--no-baseline", "-v"],
        vec!["scan", "--no-baseline", "--format", "json"],
        vec!["scan", "--no-baseline", "--format", "jsonl"],
        vec!["scan", "--no-baseline", "--format", "sarif"],
        vec!["scan", "--no-baseline", "--format", "gitlab"],
        vec!["scan", "--no-baseline", "--format", "junit"],
        vec!["scan", "--format", "json"],
        vec!["scan", "--format", "sarif"],
        vec!["scan", "--history", "--no-baseline", "--format", "json"],
        vec!["scan", "src/..", "--no-baseline", "--format", "json"],
        vec![
            "ci",
            "--range",
            "HEAD~1..HEAD",
            "--no-baseline",
            "--format",
            "json",
        ],
        vec!["explain", &print[..8]],
        vec!["explain", "--history", &print],
    ];
    commit(&repo, "x", "x\n");
    commit(&repo, "c.py", leak("b"));
    for args in outputs {
        let run = run(repo.root(), &args);
        assert!(run.out.contains(&print), "{args:?}: {}{}", run.out, run.err);
    }
    repo.write("d.py", leak("b")).git(&["add", "-A"]);
    let (report, _) = json(&repo, ["--staged", "--no-baseline"]);
    assert_eq!(report["findings"][0]["fingerprint"], print.as_str());
    // from below, and by a name of the file
    let below = run(
        &repo.path("src"),
        ["scan", "..", "--no-baseline", "--format", "json"],
    );
    assert!(below.out.contains(&print));
    let named = run(repo.root(), ["scan", "b.py", "--no-baseline", "-v"]);
    assert!(named.out.contains(&print));
}
