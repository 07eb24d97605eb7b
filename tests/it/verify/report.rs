//! `verify REPORT`: what a report lists is found again, and what is not is named.

use super::*;
use crate::support::program::{finished, run};

/// Scans with `args`, and hands the report of that to `verify`.
fn report(bench: &Bench, args: &[&str], file: &str) -> std::path::PathBuf {
    let scan = run(bench.dir.root(), [&["scan"], args].concat());
    let path = bench.folder.path().join(file);
    std::fs::write(&path, scan.out).unwrap();
    path
}

fn verify(bench: &Bench, path: &std::path::Path) -> (Run, Value) {
    let path = path.to_str().unwrap();
    let run = bench.run(&[
        "verify",
        path,
        "--format",
        "json",
        "--no-verify-cache",
        "--verify-rate",
        "500",
    ]);
    let value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"));
    (run, value)
}

#[test]
fn a_report_of_files_is_asked_about_as_the_scan_would() {
    let bench = Bench::new();
    for (format, file) in [("json", "r.json"), ("jsonl", "r.jsonl")] {
        let path = report(&bench, &["--format", format], file);
        let (run, value) = verify(&bench, &path);
        assert_eq!(verdicts(&value), VERDICTS, "{}", run.err);
        assert_eq!(run.code, 2, "one got no answer: {}", run.err);
    }
}

#[test]
fn a_report_is_read_from_standard_input() {
    let bench = Bench::with(&PLANTED[..1], provider);
    let path = report(&bench, &["--format", "json"], "r.json");
    let run = bench.run_as(&["verify", "-"], |command| {
        command.stdin(std::fs::File::open(&path).unwrap());
    });
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.out.contains("live: "), "{}", run.out);
}

#[test]
fn what_a_history_holds_is_found_again_in_its_objects() {
    let bench = Bench::with(&PLANTED[..4], provider);
    bench.commit("all");
    for (path, _) in &PLANTED[..4] {
        std::fs::remove_file(bench.dir.root().join(path)).unwrap();
    }
    bench.dir.write("empty", "");
    bench.commit(&text("gone, but not <<sendgrid-key#live>>"));
    let path = report(&bench, &["--history", "--format", "json"], "r.json");
    let (run, value) = verify(&bench, &path);
    assert_eq!(verdicts(&value), VERDICTS[..4], "{}", run.err);
    assert_eq!(run.code, 1, "{}", run.err);
    let before: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for (old, new) in before["findings"]
        .as_array()
        .unwrap()
        .iter()
        .zip(value["findings"].as_array().unwrap())
    {
        for key in [
            "path",
            "store",
            "place",
            "fingerprint",
            "history",
            "secret",
            "parts",
        ] {
            assert_eq!(old[key], new[key], "{key}");
        }
    }
}

#[test]
fn staged_blobs_are_found_again() {
    let bench = Bench::with(&PLANTED[..1], provider);
    bench.dir.git(&["add", "-A"]);
    let path = report(&bench, &["--staged", "--format", "json"], "r.json");
    bench.dir.write(PLANTED[0].0, "nothing any more\n");
    let (run, value) = verify(&bench, &path);
    assert_eq!(verdicts(&value), ["live"], "{}", run.err);
}

#[test]
fn lines_may_have_moved() {
    let bench = Bench::with(&PLANTED[..1], provider);
    let path = report(&bench, &["--format", "json"], "r.json");
    bench.dir.write(
        PLANTED[0].0,
        text(&format!("# one\n# two\n{}", PLANTED[0].1)),
    );
    let (run, value) = verify(&bench, &path);
    assert_eq!(verdicts(&value), ["live"], "{}", run.err);
    assert_eq!(value["findings"][0]["place"]["line"], 3);
}

#[test]
fn what_is_not_found_again_is_named_and_never_clean() {
    let bench = Bench::with(&PLANTED[..4], provider);
    let path = report(&bench, &["--format", "json"], "r.json");
    // another key in the place of the one that was meant, one gone, one file gone
    bench
        .dir
        .write(PLANTED[0].0, text("key = '<<sendgrid-key#another>>'\n"));
    bench.dir.write(PLANTED[1].0, "nothing\n");
    std::fs::remove_file(bench.dir.root().join(PLANTED[3].0)).unwrap();
    let (run, value) = verify(&bench, &path);
    assert_eq!(verdicts(&value), ["test"], "{}", run.err);
    assert_eq!(run.code, 2, "{}", run.err);
    for file in ["a-live.py", "b-restricted.py", "d-dead.py"] {
        assert!(
            run.err.contains(&format!("waxseal: {file}: ")),
            "{file}: {}",
            run.err
        );
    }
    assert!(run.err.contains("was not asked about"), "{}", run.err);
    let other = text("<<sendgrid-key#another>>");
    assert!(
        bench
            .providers
            .asked()
            .iter()
            .all(|it| !it.credential.contains(&other))
    );
}

#[test]
fn standard_input_and_rules_of_nobody_can_not_be_found_again() {
    let bench = Bench::with(&[], provider);
    let mut command = waxseal(bench.dir.root(), ["scan", "-", "--format", "json"]);
    let planted = bench.folder.path().join("in");
    std::fs::write(&planted, text(PLANTED[0].1)).unwrap();
    command.stdin(std::fs::File::open(&planted).unwrap());
    let out = finished(command.output().unwrap()).out;
    let path = bench.folder.path().join("r.json");
    std::fs::write(&path, &out).unwrap();
    let (run, _) = verify(&bench, &path);
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("read from standard input, which is gone"),
        "{}",
        run.err
    );
    bench.dir.write("x.py", text(PLANTED[0].1));
    let foreign = out.replace("sendgrid-api-key", "their-rule");
    let foreign = foreign
        .replace("\"stdin\"", "\"file\"")
        .replace("<stdin>", "x.py");
    std::fs::write(&path, foreign).unwrap();
    let (run, _) = verify(&bench, &path);
    assert!(run.err.contains("--rules"), "{}", run.err);
    assert_eq!(bench.providers.asked().len(), 0);
}

#[test]
fn what_is_no_report_gets_one_clear_error() {
    let bench = Bench::with(&PLANTED[..1], provider);
    let good = run(bench.dir.root(), ["scan", "--format", "json"]).out;
    let lines = run(bench.dir.root(), ["scan", "--format", "jsonl"]).out;
    let first = lines.lines().next().unwrap();
    for (content, problem) in [
        (String::new(), "it is empty"),
        (" \n\n".to_owned(), "it is empty"),
        (
            "{\n  \"version\": \"2.1.0\",\n  \"runs\": []\n}\n".to_owned(),
            "this is a report in SARIF",
        ),
        (
            "[\n {\n  \"RuleID\": \"x\"\n }\n]\n".to_owned(),
            "this is a report of gitleaks",
        ),
        (
            "{\"DetectorName\":\"x\"}\n{\"DetectorName\":\"y\"}\n".to_owned(),
            "this is a report of TruffleHog",
        ),
        (
            "{\"version\":\"1.5.0\",\"plugins_used\":[]}".to_owned(),
            "this is a baseline of detect-secrets",
        ),
        ("[]".to_owned(), "no report of waxseal's"),
        ("hello".to_owned(), "line 1 is not JSON"),
        ("{}".to_owned(), "no report of waxseal's"),
        (
            good.replace("report/1", "report/9"),
            "no report of waxseal's",
        ),
        (good[..good.len() / 2].to_owned(), "not JSON"),
        (format!("{first}\n"), "cut off"),
        (
            good.replace("\"fingerprint\"", "\"fingerprints\""),
            "finding 1 has no fingerprint",
        ),
        ("[".repeat(100_000), "not JSON"),
    ] {
        let path = bench.folder.path().join("bad.json");
        std::fs::write(&path, &content).unwrap();
        let run = bench.run(&["verify", path.to_str().unwrap()]);
        assert_eq!(run.code, 2, "{problem}: {}", run.err);
        assert!(run.err.contains(problem), "{problem}: {}", run.err);
        assert_eq!(run.out, "");
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    }
    let path = bench.folder.path().join("bad.json");
    let refused = |problem: &str| {
        let run = bench.run(&["verify", path.to_str().unwrap()]);
        assert_eq!((run.code, run.err.lines().count()), (2, 1), "{}", run.err);
        assert!(run.err.contains(problem), "{problem}: {}", run.err);
    };
    std::fs::write(&path, b"\xff\xfe{\0}\0").unwrap();
    refused("it is UTF-16");
    std::fs::write(&path, b"{\"\xff\"}").unwrap();
    refused("it is no text in UTF-8");
    let huge = std::fs::File::create(&path).unwrap();
    huge.set_len((256 << 20) + 1).unwrap();
    refused("it is too long");
    drop(huge);
    // as some programs write it
    std::fs::write(&path, format!("\u{feff}{good}")).unwrap();
    let run = bench.run(&["verify", path.to_str().unwrap(), "--dry-run"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert_eq!(bench.providers.asked().len(), 0);
}
