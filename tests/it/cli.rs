//! What the program does as a whole: exit status, options, configuration, bad input, and how it ends early.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::program::{Run, finished, run, run_with, text, waxseal};
use crate::support::repo::Scratch;

const KEY: &str = "key = '<<sendgrid-key>>'\n";

/// A user's rule file with one rule of each kind.
const FOUR_KINDS: &str = r#"
[[rule]]
id = "acme-token"
title = "Acme token"
severity = "high"
confidence = "high"
why = "It opens Acme."
remedy = ["revoke it"]
anchors = ["zorb_"]
reach = [8, 64]
[rule.token]
pattern = 'zorb_[0-9a-z]{24}'
visible = 5
[[rule.hit]]
text = "x = 'zorb_<<hex:24>>'"
[[rule.miss]]
text = "zorb_client"

[[rule]]
id = "acme-pair"
title = "Acme id with its secret"
severity = "critical"
confidence = "high"
why = "It opens Acme."
remedy = ["revoke it"]
anchors = ["QX"]
reach = [256, 256]
[rule.pair]
id = 'QX[0-9a-f]{16}'
id_name = "id"
secret = '[A-Za-z0-9]{28}'
names = 'zorb_secret'
other_names = 'etag'
distance = 200
[[rule.hit]]
text = "id = 'QX<<hex:16>>'\nzorb_secret = '<<alnum:28>>'\n"
[[rule.miss]]
text = "id = 'QX<<hex:16>>'\n"

[[rule]]
id = "acme-password"
title = "Acme password"
severity = "medium"
confidence = "medium"
why = "It opens Acme."
remedy = ["change it"]
anchors = ["zorb_pw"]
[rule.assignment]
keys = 'zorb_pw$'
value = "password"
[[rule.hit]]
text = "zorb_pw = '<<password>>'"
[[rule.miss]]
text = "zorb_pw = ''"

[[rule]]
id = "acme-file"
title = "Acme key file"
severity = "low"
confidence = "high"
why = "It opens Acme."
remedy = ["delete it"]
[rule.file]
names = ["acme.key"]
always = true
[[rule.hit]]
path = "acme.key"
text = "x"
[[rule.miss]]
path = "acme.txt"
text = "x"
"#;

fn scratch(files: &[(&str, &str)]) -> Scratch {
    let dir = Scratch::new();
    for (name, template) in files {
        dir.write(name, text(template));
    }
    dir
}

/// Ids of the rules that found something, in order, from a JSON report.
fn rules_in(report: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(report).unwrap();
    let id = |finding: &Value| {
        finding["rule"]["id"]
            .as_str()
            .or(finding["rule"].as_str())
            .unwrap()
            .to_owned()
    };
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(id)
        .collect()
}

/// The run said one thing on standard error, nothing on standard output, and failed.
#[track_caller]
fn assert_refused(run: &Run, says: &[&str]) {
    assert_eq!((run.code, &*run.out), (2, ""), "{}", run.err);
    assert!(
        run.err.starts_with("waxseal: ") || run.err.starts_with("error: "),
        "{}",
        run.err
    );
    for part in says {
        assert_eq!(
            run.err.matches(part).count(),
            1,
            "`{part}` once in:\n{}",
            run.err
        );
    }
}

#[test]
fn the_exit_status_says_clean_found_or_failed() {
    let dir = scratch(&[("clean.py", "x = 1\n"), ("bad.py", KEY)]);
    for format in ["text", "json", "jsonl", "sarif"] {
        let code =
            |paths: &[&str]| run(dir.root(), ["scan", "--format", format].iter().chain(paths)).code;
        assert_eq!(code(&["clean.py"]), 0, "{format}");
        assert_eq!(code(&["bad.py"]), 1, "{format}");
        assert_eq!(code(&["missing"]), 2, "{format}");
        assert_eq!(code(&["bad.py", "missing"]), 2, "{format}: 2 outranks 1");
    }
}

#[test]
fn a_missing_path_does_not_keep_the_rest_from_being_scanned() {
    let dir = scratch(&[("bad.py", KEY)]);
    let run = run(dir.root(), ["scan", "missing", "bad.py"]);
    assert_eq!(run.code, 2);
    assert!(
        run.out
            .starts_with("bad.py:1:8  critical  sendgrid-api-key"),
        "{}",
        run.out
    );
    assert_eq!(
        run.err.matches("waxseal: missing: no such file").count(),
        1,
        "{}",
        run.err
    );
    assert!(
        run.err.ends_with("there may be more to find\n"),
        "{}",
        run.err
    );
}

#[test]
fn the_threshold_decides_what_counts() {
    let dir = scratch(&[("a.env", "CRM_SECRET=<<alnum:40>>\n")]);
    let at = |severity: &str| run(dir.root(), ["scan", "--fail-on", severity, "."]);
    assert_eq!((at("low").code, at("medium").code), (1, 1));
    let high = at("high");
    assert_eq!(high.code, 0);
    assert!(
        high.out.contains("dotenv-secret"),
        "what does not count is still shown: {}",
        high.out
    );
    assert!(
        high.err.contains("none of them high or worse"),
        "{}",
        high.err
    );
    assert_refused(
        &at("hihg"),
        &["unknown severity `hihg`", "did you mean `high`?"],
    );
    assert_refused(&at("5"), &["unknown severity `5`", "critical"]);
}

#[test]
fn what_is_not_sure_enough_is_hidden_and_told() {
    // in a sample, a value that may be real is of low confidence
    let dir = scratch(&[(".env.example", "DB_PASSWORD=<<password>>\n")]);
    let at = |level: &str| run(dir.root(), ["scan", "--min-confidence", level, "."]);
    let low = at("low");
    assert_eq!(low.code, 1, "{}{}", low.out, low.err);
    assert!(!low.err.contains("hidden"), "{}", low.err);
    let medium = at("medium");
    assert_eq!(medium.code, 0, "{}{}", medium.out, medium.err);
    let told =
        "1 finding that is less sure than was asked for was hidden; --min-confidence low shows it";
    assert!(medium.err.contains(told), "{}", medium.err);
    assert_refused(
        &at("mediun"),
        &["unknown confidence `mediun`", "did you mean `medium`?"],
    );
    dir.write(".waxseal.toml", "min_confidence = 'high'\n");
    let by_file = run(dir.root(), ["scan", "."]);
    assert_eq!(by_file.code, 0);
    assert!(
        by_file.err.contains("hides what is less sure than high"),
        "{}",
        by_file.err
    );
    assert_eq!(at("low").code, 1, "a flag outranks the file");
}

#[test]
fn rules_can_be_chosen_and_left_out() {
    let dir = scratch(&[("a.env", &format!("{KEY}CRM_SECRET=<<alnum:40>>\n"))]);
    let found = |args: &[&str]| {
        let run = run(
            dir.root(),
            ["scan", "--format", "json", "."].iter().chain(args),
        );
        assert!(run.code < 2, "{}", run.err);
        rules_in(&run.out)
    };
    assert_eq!(found(&[]), ["sendgrid-api-key", "dotenv-secret"]);
    assert_eq!(found(&["--rule", "dotenv-secret"]), ["dotenv-secret"]);
    assert_eq!(
        found(&["--skip-rule", "dotenv-secret"]),
        ["sendgrid-api-key"]
    );
    let both = ["--rule", "dotenv-secret", "--rule", "sendgrid-api-key"];
    assert_eq!(found(&both), ["sendgrid-api-key", "dotenv-secret"]);
    assert_eq!(
        found(&[&both[..], &["--skip-rule", "sendgrid-api-key"]].concat()),
        ["dotenv-secret"]
    );
    for option in ["--rule", "--skip-rule"] {
        let refused = run(dir.root(), ["scan", option, "sendgrid-key"]);
        assert_refused(
            &refused,
            &[
                "unknown rule `sendgrid-key`",
                "did you mean `sendgrid-api-key`?",
            ],
        );
    }
    let far = run(dir.root(), ["scan", "--rule", "qqq"]);
    assert_refused(&far, &["unknown rule `qqq`", "waxseal rules list"]);
}

#[test]
fn a_bare_account_sid_is_a_finding_only_when_asked_for() {
    let dir = scratch(&[("a.txt", "our account is AC<<hex:32>>, they say\n")]);
    assert_eq!(run(dir.root(), ["scan", "."]).code, 0);
    let asked = run(dir.root(), ["scan", "--rule", "twilio-account-sid", "."]);
    assert_eq!(asked.code, 1);
    assert!(
        asked.out.starts_with("a.txt:1:16  low  twilio-account-sid"),
        "{}",
        asked.out
    );
    dir.write(".waxseal.toml", "enable_rules = [\"twilio-account-sid\"]\n");
    assert_eq!(run(dir.root(), ["scan", "."]).code, 1);
}

/// Of two reports in one file only the last would be left.
#[cfg(unix)]
#[test]
fn a_file_takes_one_report() {
    let dir = scratch(&[("in/bad.py", KEY)]);
    std::os::unix::fs::symlink("a.json", dir.path("link")).unwrap();
    for other in ["a.json", "./a.json", "in/../a.json"] {
        let args = ["scan", "in", "--format", "json=a.json", "--format"];
        let other = format!("sarif={other}");
        let twice = run(dir.root(), args.into_iter().chain([other.as_str()]));
        assert_refused(&twice, &["is named by more than one --format"]);
        assert!(!dir.path("a.json").exists());
    }
    dir.write("a.json", "");
    let args = ["--format=json=a.json", "--format=sarif=link"];
    let twice = run(dir.root(), ["scan", "in"].iter().chain(&args));
    assert_refused(&twice, &["is named by more than one --format"]);
    let args = ["--format=json=/dev/null", "--format=sarif=/dev/null"];
    let devices = run(dir.root(), ["scan", "in"].iter().chain(&args));
    assert_eq!(devices.code, 1, "{}", devices.err);
}

#[test]
fn several_formats_go_to_files_and_one_to_standard_output() {
    let dir = scratch(&[("in/bad.py", KEY)]);
    let formats = [
        "--format",
        "json=a.json",
        "--format",
        "jsonl=b.jsonl",
        "--format",
        "sarif=c.sarif",
    ];
    let files_only = run(dir.root(), ["scan", "in"].iter().chain(&formats));
    assert_eq!((files_only.code, &*files_only.out), (1, ""));
    let with_text = run(
        dir.root(),
        ["scan", "in", "--format", "text"].iter().chain(&formats),
    );
    assert!(
        with_text.out.starts_with("in/bad.py:1:8  critical"),
        "{}",
        with_text.out
    );

    let read = |name| fs::read_to_string(dir.path(name)).unwrap();
    assert_eq!(rules_in(&read("a.json")), ["sendgrid-api-key"]);
    let lines: Vec<Value> = read("b.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["type"], &lines[1]["type"]),
        (&"finding".into(), &"summary".into())
    );
    let sarif: Value = serde_json::from_str(&read("c.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "sendgrid-api-key");

    let twice = run(
        dir.root(),
        ["scan", "in", "--format", "json", "--format", "text"],
    );
    assert_refused(&twice, &["only one --format can go to standard output"]);
    assert_refused(
        &run(dir.root(), ["scan", "--format", "xml"]),
        &["unknown format `xml`", "sarif"],
    );
    let near = run(dir.root(), ["scan", "--format", "jsno=x"]);
    assert_refused(&near, &["unknown format `jsno`", "did you mean `json`?"]);
    assert_refused(
        &run(dir.root(), ["scan", "--format", "json="]),
        &["--format json= names no file"],
    );
}

#[test]
fn a_report_that_cannot_be_written_fails_the_run() {
    let dir = scratch(&[("bad.py", KEY)]);
    let run = run(
        dir.root(),
        ["scan", "--format", "json=no/such/folder/x.json", "bad.py"],
    );
    assert_eq!(run.code, 2);
    assert_eq!(
        run.err.matches("no/such/folder/x.json: ").count(),
        1,
        "{}",
        run.err
    );
    assert_eq!(
        run.err.matches("os error").count(),
        1,
        "the cause is told once: {}",
        run.err
    );
}

#[test]
fn a_report_that_cannot_be_written_is_known_before_the_scan() {
    let dir = scratch(&[("bad.py", KEY)]);
    dir.write("folder/x", "");
    for file in ["no/such/x.json", "folder", "bad.py/x.json"] {
        let format = format!("json={file}");
        // standard input that nobody writes to: a scan would wait for it
        let mut child = waxseal(dir.root(), ["scan", "--format", &format, "-"]);
        let mut child = child
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let waiting = child.stdin.take();
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(2), "{said}");
        assert!(
            said.starts_with(&format!("waxseal: {file}: ")) && said.lines().count() == 1,
            "{said}"
        );
        drop(waiting);
    }
}

#[test]
fn a_report_replaces_the_old_one_when_it_is_whole() {
    let dir = scratch(&[("in/bad.py", KEY)]);
    dir.write(
        "old.json",
        "the old report, longer than the new one".repeat(1000),
    );
    let args = [
        "scan",
        "--format",
        "json=old.json",
        "--format",
        "sarif=in/new.sarif",
        "in",
    ];
    let first = run(dir.root(), args);
    assert_eq!(first.code, 1, "{}", first.err);
    assert!(
        first.err.contains("scanned 1 file,"),
        "nothing of a report is scanned: {}",
        first.err
    );
    assert_eq!(
        rules_in(&fs::read_to_string(dir.path("old.json")).unwrap()),
        ["sendgrid-api-key"]
    );
    assert!(
        fs::read_to_string(dir.path("in/new.sarif"))
            .unwrap()
            .contains("sendgrid-api-key")
    );
    let names = |folder| -> Vec<_> {
        fs::read_dir(dir.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect()
    };
    assert_eq!(
        (names("").len(), names("in").len()),
        (2, 2),
        "nothing is left behind"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_fails_in_the_end_hides_no_findings() {
    let dir = scratch(&[("bad.py", KEY)]);
    let args = [
        "scan",
        "--format",
        "json=/dev/full",
        "--format",
        "sarif=whole",
        "--format",
        "text",
        "bad.py",
    ];
    let failed = run(dir.root(), args);
    assert_eq!(failed.code, 2);
    assert!(failed.out.contains("sendgrid-api-key"), "{}", failed.out);
    assert!(failed.err.contains("1 finding "), "{}", failed.err);
    assert_eq!(
        failed.err.matches("waxseal: /dev/full: ").count(),
        1,
        "{}",
        failed.err
    );
    assert!(dir.path("whole").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_told_once() {
    let dir = scratch(&[("bad.py", KEY)]);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let told = waxseal(dir.root(), ["scan", "bad.py"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let said = String::from_utf8(told.stderr).unwrap();
    assert_eq!(
        (told.status.code(), said.matches("os error").count()),
        (Some(2), 1),
        "{said}"
    );
}

#[test]
fn standard_input_has_the_name_it_is_given() {
    let dir = Scratch::new();
    let unnamed = run_with(dir.root(), ["scan", "-"], text(KEY).as_bytes());
    assert_eq!(unnamed.code, 1);
    assert!(
        unnamed
            .out
            .starts_with("<stdin>:1:8  critical  sendgrid-api-key"),
        "{}",
        unnamed.out
    );
    let secret = text("CRM_SECRET=<<alnum:40>>\n");
    let env = run_with(
        dir.root(),
        ["scan", "--stdin-path", "x/.env", "-"],
        secret.as_bytes(),
    );
    assert_eq!(env.code, 1);
    assert!(
        env.out.starts_with("x/.env:1:12  medium  dotenv-secret"),
        "{}",
        env.out
    );
    assert_eq!(
        run_with(dir.root(), ["scan", "-"], secret.as_bytes()).code,
        0,
        "no dotenv, no finding"
    );
    assert_eq!(
        run(dir.root(), ["scan", "-"]).code,
        0,
        "empty input is clean"
    );
    let mixed = run(dir.root(), ["scan", "-", "."]);
    assert_refused(
        &mixed,
        &["`-` reads standard input and can't be mixed with other paths"],
    );
}

#[test]
fn usage_errors_end_with_two() {
    let dir = Scratch::new();
    for args in [
        &["scna"][..],
        &[],
        &["scan", "--no-such"],
        &["scan", "-q", "-v"],
        &["scan", "-j", "x"],
    ] {
        let run = run(dir.root(), args);
        assert_eq!((run.code, &*run.out), (2, ""), "{args:?}: {}", run.err);
    }
    assert_eq!(run(dir.root(), ["--help"]).code, 0);
    assert_eq!(
        run(dir.root(), ["--version"]).out,
        concat!("waxseal ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_device_or_pipe_that_is_named_is_one_clear_failure() {
        let dir = scratch(&[("bad.py", KEY)]);
        let made = std::process::Command::new("mkfifo")
            .arg(dir.path("pipe"))
            .status()
            .unwrap();
        assert!(made.success());
        for special in ["pipe", "/dev/null"] {
            let run = run(dir.root(), ["scan", special, "bad.py"]);
            assert_eq!(run.code, 2, "{special}");
            assert!(
                run.out.starts_with("bad.py:1:8"),
                "the rest is scanned: {}",
                run.out
            );
            let says = format!("waxseal: {special}: neither a file nor a directory");
            assert_eq!(run.err.matches(&says).count(), 1, "{}", run.err);
        }
        // one that is only met is left alone
        let met = run(dir.root(), ["scan", "."]);
        assert_eq!(met.code, 1);
        assert!(met.err.contains("skipped 1 special file"), "{}", met.err);
    }

    #[test]
    fn what_may_not_be_read_is_named_and_the_rest_scanned() {
        let dir = scratch(&[("bad.py", KEY), ("locked/x", "x"), ("secret", "x")]);
        let lock = |mode| {
            for name in ["locked", "secret"] {
                fs::set_permissions(dir.path(name), fs::Permissions::from_mode(mode)).unwrap();
            }
        };
        lock(0);
        let is_root = fs::read(dir.path("secret")).is_ok();
        let below = run(dir.root(), ["scan", "."]);
        let named = run(dir.root(), ["scan", "secret", "locked", "bad.py"]);
        lock(0o755);
        if is_root {
            return; // nothing is closed to root
        }
        for run in [below, named] {
            assert_eq!(run.code, 2);
            assert!(run.out.contains("bad.py:1:8"), "{}", run.out);
            for name in ["locked", "secret"] {
                let says = format!("{name}: permission denied; allow reading it");
                assert_eq!(run.err.matches(&says).count(), 1, "{}", run.err);
            }
        }
    }

    #[test]
    fn names_are_bytes() {
        let dir = Scratch::new();
        let name = OsStr::from_bytes(b"caf\xe9-\x1b[31m.py");
        dir.write(name, text(KEY));
        let named = run(dir.root(), [OsStr::new("scan"), name]);
        assert_eq!(named.code, 1);
        assert!(
            named.out.starts_with("caf\\xe9-\\x1b[31m.py:1:8  critical"),
            "{}",
            named.out
        );
        let missing = run(
            dir.root(),
            [OsStr::new("scan"), OsStr::from_bytes(b"\xff\n")],
        );
        assert_eq!(missing.code, 2);
        assert!(
            missing.err.starts_with("waxseal: \\xff\\x0a: no such file"),
            "{}",
            missing.err
        );
        let report = OsStr::from_bytes(b"json=out-\xff");
        assert_eq!(
            run(
                dir.root(),
                [OsStr::new("scan"), OsStr::new("--format"), report, name]
            )
            .code,
            1
        );
        assert!(fs::exists(dir.path(OsStr::from_bytes(b"out-\xff"))).unwrap());
        let stdin_path = [
            OsStr::new("scan"),
            OsStr::new("-"),
            OsStr::new("--stdin-path"),
            name,
        ];
        let stdin = run_with(dir.root(), stdin_path, text(KEY).as_bytes());
        assert!(
            stdin.out.starts_with("caf\\xe9-\\x1b[31m.py:1:8  critical"),
            "{}",
            stdin.out
        );
    }

    #[test]
    fn a_closed_pipe_is_quiet() {
        let dir = Scratch::new();
        dir.write("many.txt", text(KEY).repeat(3_000));
        for format in ["text", "json", "jsonl", "sarif"] {
            let mut child = waxseal(dir.root(), ["scan", "-q", "--format", format, "."])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut line = String::new();
            BufReader::with_capacity(16, child.stdout.take().unwrap())
                .read_line(&mut line)
                .unwrap();
            let run = finished(child.wait_with_output().unwrap());
            assert!(!line.is_empty());
            assert_eq!((run.code, &*run.err), (1, ""), "{format}");
        }
        let mut child = waxseal(dir.root(), ["rules", "list"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let run = finished(child.wait_with_output().unwrap());
        assert_eq!(run.err, "");
    }

    /// A shell closes standard error as well in `2>&1 | head`.
    #[test]
    fn a_pipe_for_both_streams_may_close() {
        let dir = Scratch::new();
        dir.write("many.txt", text(KEY).repeat(3_000));
        let script = format!("'{}' scan . 2>&1 | head -1", env!("CARGO_BIN_EXE_waxseal"));
        let shell = std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(dir.root())
            .output()
            .unwrap();
        let shown = String::from_utf8(shell.stdout).unwrap();
        assert!(
            shown.starts_with("many.txt:1:8  critical") && shown.lines().count() == 1,
            "{shown}"
        );
        assert!(shell.stderr.is_empty());
    }

    #[test]
    fn an_interrupt_ends_the_run_at_once_as_incomplete() {
        for signal in ["-INT", "-TERM"] {
            let dir = Scratch::new();
            let mut child = waxseal(dir.root(), ["scan", "-"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut stdin = child.stdin.take().unwrap();
            // more than a pipe holds: when it is written, the program is reading
            stdin.write_all(&vec![b'x'; 1 << 20]).unwrap();
            let sent = Instant::now();
            let kill = std::process::Command::new("kill")
                .args([signal, &child.id().to_string()])
                .status();
            assert!(kill.unwrap().success());
            let status = child.wait().unwrap();
            assert!(sent.elapsed() < Duration::from_secs(10));
            assert_eq!(status.code(), Some(2), "{signal}");
            let mut said = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            assert_eq!(
                said,
                "waxseal: interrupted before the end; this result is not complete and not clean\n"
            );
            drop(stdin);
        }
    }
}

#[test]
fn verbosity_changes_what_is_said_and_not_what_is_found() {
    let dir = scratch(&[("a.py", &format!("{KEY}EMAIL_HOST_PASSWORD = 'changeme'\n"))]);
    let with = |args: &[&str]| run(dir.root(), ["scan", "."].iter().chain(args));
    let (quiet, normal, verbose, debug) = (with(&["-q"]), with(&[]), with(&["-v"]), with(&["-vv"]));
    for run in [&quiet, &normal, &verbose, &debug] {
        assert_eq!(run.code, 1);
        assert!(run.out.starts_with("a.py:1:8  critical"), "{}", run.out);
    }
    assert_eq!(quiet.err, "");
    assert!(
        normal
            .err
            .starts_with("waxseal: 1 finding (1 critical) in 1 file; scanned 1 file, ")
    );
    assert!(
        !normal.out.contains("why: ") && verbose.out.contains("why: "),
        "{}",
        verbose.out
    );
    assert!(!verbose.err.contains("dropped") && debug.err.contains("candidates dropped"));
    assert!(
        debug.err.contains("smtp-login  placeholder  1"),
        "{}",
        debug.err
    );
    let json = |args: &[&str]| with(&[&["--format", "json"], args].concat()).out;
    assert_eq!(
        json(&["-q"]),
        json(&["-vv"]),
        "machine formats always hold everything"
    );
}

#[test]
fn colours_are_used_when_asked_for_and_not_in_a_pipe() {
    let dir = scratch(&[("a.py", KEY)]);
    let escapes = |args: &[&str]| {
        run(dir.root(), ["scan", "."].iter().chain(args))
            .out
            .contains('\u{1b}')
    };
    assert!(!escapes(&[]) && !escapes(&["--color", "never"]) && escapes(&["--color", "always"]));
    assert!(!escapes(&["--color", "always", "--format", "json"]));
}

#[test]
fn a_configuration_that_cannot_be_used_stops_the_run() {
    let dir = scratch(&[("bad.py", KEY)]);
    let refused = |config: &str, says: &[&str]| {
        dir.write(".waxseal.toml", config);
        assert_refused(&run(dir.root(), ["scan", "."]), says);
        dir.write("other.toml", config);
        dir.write(".waxseal.toml", "");
        let named = run(dir.root(), ["scan", "--config", "other.toml", "."]);
        assert_refused(&named, says);
        assert!(
            named.err.starts_with("waxseal: other.toml: ") || says.len() == 2,
            "{}",
            named.err
        );
    };
    refused(
        "skip_rule = ['x']\n",
        &[
            "line 1, column 1",
            "1 | skip_rule = ['x']",
            "^^^^^^^^^",
            "unknown key `skip_rule`",
            "did you mean `skip_rules`?",
        ],
    );
    refused("skip_rules = [\n", &["line 1, column 15", "unclosed array"]);
    refused(
        "fail_on = 3\n",
        &[
            "line 1, column 11",
            "`fail_on` is one of \"info\", \"low\", ",
            "not a number",
        ],
    );
    refused(
        "fail_on = 'hihg'\n",
        &["unknown severity `hihg`", "did you mean `high`?"],
    );
    refused(
        "skip_rules = ['sendgrid-key']\n",
        &[
            "unknown rule `sendgrid-key`",
            "did you mean `sendgrid-api-key`?",
        ],
    );

    let broken = |from: &str, to: &str| {
        assert!(FOUR_KINDS.contains(from), "{from}");
        FOUR_KINDS.replacen(from, to, 1)
    };
    refused(
        &broken("visible", "visable"),
        &[
            "unknown key `visable`",
            "visable = 5",
            "^^^^^^^",
            "did you mean `visible`?",
        ],
    );
    refused(
        &broken("{24}'", "{24'"),
        &[
            "rule `acme-token`",
            "`pattern` is not a usable regex",
            "zorb_[0-9a-z]{24",
        ],
    );
    refused(
        &broken("[[rule.hit]]\ntext = \"x = 'zorb_<<hex:24>>'\"", ""),
        &["rule `acme-token`", "samples are missing", "[[rule.hit]]"],
    );
    refused(
        &broken("acme-pair", "acme-token"),
        &["rule `acme-token`", "this id occurs twice", "unique"],
    );
    refused(
        &broken("acme-token", "sendgrid-api-key"),
        &[
            "rule `sendgrid-api-key`",
            "this id is taken by another rule",
            "unique",
        ],
    );
    refused(
        &broken("severity = \"high\"", "severity = \"hgih\""),
        &["rule `acme-token`", "unknown severity `hgih`", "critical"],
    );
    refused(
        &broken("anchors = [\"zorb_\"]", ""),
        &[
            "rule `acme-token`",
            "`anchors` must hold at least one literal",
            "hit",
        ],
    );
    refused(
        &broken("reach = [8, 64]", "reach = [8, 64000]"),
        &["rule `acme-token`", "`reach` is at most", "bytes"],
    );
    refused(
        &broken("[rule.token]", "[rule.file]\nnames = ['x']\n[rule.token]"),
        &["rule `acme-token`", "exactly one of", "[rule.token]"],
    );
    refused(
        &broken("acme-token", "Acme_Token"),
        &[
            "rule `Acme_Token`",
            "lower-case words joined by hyphens",
            "acme-api-key",
        ],
    );
}

#[test]
fn a_configuration_that_cannot_be_read_stops_the_run() {
    let dir = scratch(&[("bad.py", KEY)]);
    for option in ["--config", "--rules"] {
        let missing = run(dir.root(), ["scan", option, "nope.toml", "."]);
        assert_refused(&missing, &["waxseal: nope.toml: ", "os error"]);
        dir.write("bytes.toml", b"\xff\xfe");
        assert_refused(
            &run(dir.root(), ["scan", option, "bytes.toml", "."]),
            &["waxseal: bytes.toml: ", "UTF-8"],
        );
    }
}

#[test]
fn the_configuration_comes_from_the_root_of_the_repository_and_never_from_above() {
    let outer = Scratch::new();
    outer.write(".waxseal.toml", "broken = true\n");
    outer.write("repo/sub/bad.py", text(KEY));
    outer.git_in("repo", &["init", "-q"]);
    // the broken file above the repository is not even read
    for (dir, path) in [
        ("repo", "."),
        ("repo/sub", "."),
        ("repo/sub", "bad.py"),
        ("", "repo/sub/bad.py"),
        ("", "repo"),
    ] {
        let run = run(&outer.path(dir), ["scan", path]);
        assert_eq!(run.code, 1, "{dir} {path}: {}", run.err);
    }
    assert_eq!(
        run(outer.root(), ["scan", "."]).code,
        2,
        "it is read where it belongs"
    );
    outer.write("repo/.waxseal.toml", "skip_rules = ['sendgrid-api-key']\n");
    outer.write("repo/sub/.waxseal.toml", "broken = true\n");
    for (dir, path) in [
        ("repo", "."),
        ("repo/sub", "."),
        ("repo/sub", "bad.py"),
        ("", "repo/sub/bad.py"),
        ("", "repo"),
    ] {
        let run = run(&outer.path(dir), ["scan", path]);
        assert_eq!(run.code, 0, "{dir} {path}: {}", run.err);
    }
    let named = run(
        &outer.path("repo"),
        ["scan", "--config", "sub/.waxseal.toml"],
    );
    assert_refused(&named, &["waxseal: sub/.waxseal.toml: ", "unknown key"]);
}

#[test]
fn the_configuration_is_that_of_the_folder_a_path_leads_to() {
    let outer = scratch(&[("a/b/.waxseal.toml", "broken = true\n"), ("a/bad.py", KEY)]);
    assert_eq!(run(&outer.path("a/b"), ["scan", ".."]).code, 1);
    outer.git_in("a/b", &["init", "-q"]);
    assert_eq!(run(&outer.path("a/b"), ["scan", "../bad.py"]).code, 1);
    outer.write("a/.waxseal.toml", "skip_rules = ['sendgrid-api-key']\n");
    assert_eq!(run(&outer.path("a/b"), ["scan", "../bad.py"]).code, 0);
}

#[cfg(unix)]
#[test]
fn a_configuration_that_is_no_file_of_the_repository_stops_the_run() {
    use std::os::unix::fs::symlink;
    let dir = scratch(&[
        ("repo/bad.py", KEY),
        ("else.toml", "skip_rules = ['sendgrid-api-key']\n"),
    ]);
    dir.git_in("repo", &["init", "-q"]);
    let file = dir.path("repo/.waxseal.toml");
    let refused = |says: &str| {
        for (folder, path) in [("", "repo"), ("repo", "."), ("repo", "bad.py")] {
            assert_refused(
                &run(&dir.path(folder), ["scan", path]),
                &["repo/.waxseal.toml: ", says],
            );
        }
    };
    symlink("nowhere.toml", &file).unwrap();
    refused("os error 2");
    fs::remove_file(&file).unwrap();
    symlink("../else.toml", &file).unwrap();
    refused("leads out of the repository");
    fs::remove_file(&file).unwrap();
    symlink("/dev/zero", &file).unwrap();
    refused("leads out of the repository");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    refused("no regular file");
    fs::remove_dir(&file).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    assert!(made.unwrap().success());
    refused("no regular file");
    fs::remove_file(&file).unwrap();
    // a link inside the repository is as good as the file
    dir.write(
        "repo/ci/waxseal.toml",
        "skip_rules = ['sendgrid-api-key']\n",
    );
    symlink("ci/waxseal.toml", &file).unwrap();
    assert_eq!(run(dir.root(), ["scan", "repo"]).code, 0);
}

#[test]
fn a_run_without_rules_is_refused() {
    let dir = scratch(&[("bad.py", KEY)]);
    let none = ["scan", "--rule", "smtp-url", "--skip-rule", "smtp-url", "."];
    assert_refused(&run(dir.root(), none), &["no rule is left"]);
    let list = run(dir.root(), ["rules", "list"]).out;
    let ids = list
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    dir.write(
        ".waxseal.toml",
        format!("skip_rules = {:?}\n", ids.collect::<Vec<_>>()),
    );
    assert_refused(&run(dir.root(), ["scan", "."]), &["no rule is left"]);
}

#[test]
fn what_the_configuration_leaves_out_is_said() {
    let dir = scratch(&[
        ("bad.py", KEY),
        (
            ".waxseal.toml",
            "skip_rules = ['twilio-account-sid', 'sendgrid-api-key']\n",
        ),
    ]);
    let configuration = |args: &[&str]| {
        let run = run(dir.root(), ["scan", "."].iter().chain(args));
        let mut lines = run
            .err
            .lines()
            .filter(|line| line.contains(".waxseal.toml"));
        let told = lines
            .next()
            .map(|line| line.split_once(".waxseal.toml").unwrap().1.to_owned());
        assert_eq!(lines.next(), None);
        told
    };
    // a rule that is off anyway is not left out
    assert_eq!(
        configuration(&[]).as_deref(),
        Some(": leaves out sendgrid-api-key")
    );
    assert_eq!(
        configuration(&["--skip-rule", "sendgrid-api-key"]).as_deref(),
        Some("")
    );
    assert_eq!(
        configuration(&["--rule", "sendgrid-api-key"]).as_deref(),
        Some("")
    );
    assert_eq!(configuration(&["--quiet"]), None);
    dir.write(
        ".waxseal.toml",
        "skip_rules = ['smtp-url', 'sendgrid-api-key']\nfail_on = 'high'\n",
    );
    let both = ": leaves out sendgrid-api-key, smtp-url; lets pass what is milder than high";
    assert_eq!(configuration(&[]).as_deref(), Some(both));
    assert_eq!(
        configuration(&["--fail-on", "low"]).as_deref(),
        Some(": leaves out sendgrid-api-key, smtp-url")
    );
    fs::remove_file(dir.path(".waxseal.toml")).unwrap();
    assert_eq!(configuration(&[]), None);
}

#[test]
fn a_flag_outranks_the_configuration() {
    let dir = scratch(&[("bad.py", KEY)]);
    dir.write(
        ".waxseal.toml",
        "skip_rules = ['sendgrid-api-key']\nfail_on = 'critical'\n",
    );
    assert_eq!(run(dir.root(), ["scan", "."]).code, 0);
    assert_eq!(
        run(dir.root(), ["scan", "--rule", "sendgrid-api-key", "."]).code,
        1
    );
    dir.write(".waxseal.toml", "fail_on = 'critical'\n");
    dir.write("a.env", text("CRM_SECRET=<<alnum:40>>\n"));
    assert_eq!(run(dir.root(), ["scan", "a.env"]).code, 0);
    assert_eq!(
        run(dir.root(), ["scan", "--fail-on", "low", "a.env"]).code,
        1
    );
}

#[test]
fn a_users_rule_of_each_kind_works() {
    let dir = Scratch::repo();
    dir.write("my.toml", FOUR_KINDS);
    dir.write("a.py", text("x = 'zorb_<<hex:24>>'\nid = 'QX<<hex:16>>'\nzorb_secret = '<<alnum:28>>'\nzorb_pw = '<<password>>'\n"));
    dir.write("acme.key", "anything");
    assert_eq!(run(dir.root(), ["scan", "a.py", "acme.key"]).code, 0);
    let found = |args: &[&str]| {
        let run = run(
            dir.root(),
            ["scan", "--format", "json", "a.py", "acme.key"]
                .iter()
                .chain(args),
        );
        assert_eq!(run.code, 1, "{}", run.err);
        rules_in(&run.out)
    };
    let all = ["acme-token", "acme-pair", "acme-password", "acme-file"];
    assert_eq!(found(&["--rules", "my.toml"]), all);
    assert_eq!(
        found(&["--rules", "my.toml", "--rule", "acme-pair"]),
        ["acme-pair"]
    );
    dir.write(".waxseal.toml", FOUR_KINDS);
    assert_eq!(found(&[]), all);
    let shown = run(dir.root(), ["scan", "a.py"]).out;
    assert!(
        shown.contains("a.py:1:6  high  acme-token  Acme token\n  1 | x = 'zorb_********'\n"),
        "{shown}"
    );
    assert!(shown.contains("a.py:3:16  critical  acme-pair"), "{shown}");
    assert!(shown.contains("with id at 2:7"), "{shown}");
    assert!(shown.contains("fix: revoke it"), "{shown}");
}

#[test]
fn rules_are_listed_shown_and_checked() {
    let dir = Scratch::new();
    dir.write("my.toml", FOUR_KINDS);
    let list = run(dir.root(), ["rules", "list", "--rules", "my.toml"]);
    assert_eq!((list.code, &*list.err), (0, ""));
    for (id, kind) in [
        ("sendgrid-api-key", "token"),
        ("twilio-auth-token", "pair"),
        ("smtp-login", "assignment"),
        ("dotenv-file", "file"),
        ("acme-pair", "pair"),
    ] {
        let line = list
            .out
            .lines()
            .find(|line| line.starts_with(&format!("{id} ")))
            .unwrap();
        assert!(line.contains(kind), "{line}");
    }
    assert!(list.out.contains("(only with --rule)"));

    let show = run(
        dir.root(),
        ["rules", "show", "acme-token", "--rules", "my.toml"],
    );
    assert_eq!(show.code, 0);
    assert!(
        show.out
            .starts_with("acme-token: Acme token\nkind token, severity high"),
        "{}",
        show.out
    );
    assert!(show.out.contains("1. revoke it"));
    let unknown = run(dir.root(), ["rules", "show", "sendgrid-key"]);
    assert_refused(
        &unknown,
        &[
            "unknown rule `sendgrid-key`",
            "did you mean `sendgrid-api-key`?",
        ],
    );

    let check = run(dir.root(), ["rules", "check", "my.toml"]);
    assert_eq!((check.code, &*check.err), (0, ""), "{}", check.out);
    assert_eq!(check.out.lines().count(), 4);
    assert!(
        check.out.starts_with("acme-token: ok (1 hits, 1 misses)\n")
            || check.out.starts_with("acme-token: ok (1 hit, 1 miss)\n"),
        "{}",
        check.out
    );

    let wrong = FOUR_KINDS
        .replace("zorb_client", "zorb_<<hex:24>>")
        .replace("zorb_pw = '<<password>>'", "zorb_pw = 'changeme'");
    dir.write("wrong.toml", wrong);
    let failed = run(dir.root(), ["rules", "check", "wrong.toml"]);
    assert_eq!(failed.code, 2);
    for says in [
        "waxseal: wrong.toml: rule `acme-token`: miss 1: ",
        "waxseal: wrong.toml: rule `acme-password`: hit 1: ",
        "waxseal: 2 of 8 samples failed\n",
    ] {
        assert_eq!(
            failed.err.matches(says).count(),
            1,
            "`{says}` in {}",
            failed.err
        );
    }
    assert!(
        failed.out.contains("acme-pair: ok"),
        "the others are checked as well: {}",
        failed.out
    );
}

#[test]
fn the_projects_own_rule_files_pass_their_check() {
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let files: Vec<_> = fs::read_dir(&rules)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let args = ["rules", "check"]
        .map(std::path::PathBuf::from)
        .into_iter()
        .chain(files);
    let check = run(&rules, args);
    assert_eq!((check.code, &*check.err), (0, ""), "{}", check.out);
}
