//! The configuration as users meet it: where it is looked for, what outranks what, what is refused and how that is shown.

use std::fs;

use serde_json::Value;

use crate::support::history::{commit, key};
use crate::support::program::{Run, finished, run, text, waxseal};
use crate::support::repo::Scratch;

const KEY: &str = "key = '<<sendgrid-key>>'\n";
const LOGIN: &str = "EMAIL_HOST = 'smtp.fastmail.com'\nEMAIL_HOST_USER = 'post'\nEMAIL_HOST_PASSWORD = '<<password>>'\n";

fn scratch(files: &[(&str, &str)]) -> Scratch {
    let dir = Scratch::repo();
    for (name, template) in files {
        dir.write(name, text(template));
    }
    dir
}

fn run_in<'v>(
    dir: &Scratch,
    vars: impl IntoIterator<Item = (&'v str, &'v str)>,
    args: &[&str],
) -> Run {
    let mut command = waxseal(dir.root(), args);
    command.envs(vars);
    finished(command.output().unwrap())
}

/// Paths and rules of the findings of a scan.
fn found(dir: &Scratch, args: &[&str]) -> Vec<String> {
    let args = [&["scan", "--format", "json"], args].concat();
    let run = run(dir.root(), args);
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|it| {
            let (path, rule) = (it["path"].as_str().unwrap(), it["rule"].as_str().unwrap());
            format!("{path} {rule}")
        })
        .collect()
}

#[track_caller]
fn refused(dir: &Scratch, config: &str, says: &[&str]) {
    dir.write(".waxseal.toml", config);
    for args in [&["scan"][..], &["config", "check"], &["config", "show"]] {
        let run = run(dir.root(), args);
        assert_eq!((run.code, &*run.out), (2, ""), "{config}: {}", run.err);
        for part in says {
            assert!(run.err.contains(part), "{part} is not in\n{}", run.err);
        }
        assert!(
            run.err.starts_with("waxseal: .waxseal.toml: "),
            "{}",
            run.err
        );
    }
}

#[test]
fn what_is_wrong_is_shown_where_it_stands() {
    let dir = scratch(&[]);
    for (config, says) in [
        (
            "\n[verfy]\n",
            &[
                "line 2, column 2",
                "[verfy]",
                " ^^^^^",
                "unknown key `verfy`",
                "did you mean `verify`?",
            ][..],
        ),
        (
            "[[exclude]]\npath = ['x']\nreason = 'x'\n",
            &["line 2, column 1", "unknown key `path`", "`paths`"],
        ),
        ("[[exclude]]\npaths = ['x']\n", &["line 1", "`reason`"]),
        ("[[exclude]]\nreason = 'x'\n", &["line 1", "`paths`"]),
        (
            "[[exclude]]\npaths = ['x']\nrules = []\nreason = 'x'\n",
            &["leave it out for all rules"],
        ),
        ("[exclude]\npaths = ['x']\n", &["[[exclude]]"]),
        (
            "[[exclude]]\npaths = ['a[']\nreason = 'x'\n",
            &["line 2, column 10", "no glob"],
        ),
        (
            "[[exclude]]\npaths = ['x']\nrules = ['smtp-logn']\nreason = 'x'\n",
            &["line 3, column 10", "did you mean `smtp-login`?"],
        ),
        (
            "[override.smtp-logni]\nseverity = 'low'\n",
            &["line 1, column 11", "did you mean `smtp-login`?"],
        ),
        ("[override.smtp-login]\n", &["`severity` or `confidence`"]),
        (
            "[override.smtp-login]\nseverity = 'hihg'\n",
            &["line 2, column 12", "did you mean `high`?"],
        ),
        (
            "skip_rules = 'smtp-login'\n",
            &["line 1, column 14", "is a list of texts", "not a text"],
        ),
        ("skip_rules = [1]\n", &["line 1, column 15", "not a number"]),
        (
            "require_reason = 'yes'\n",
            &["line 1, column 18", "is true or false"],
        ),
        ("jobs = 9999\n", &["at most 1024"]),
        ("jobs = -1\n", &["is a whole number"]),
        ("jobs = 1.5\n", &["not a fraction"]),
        ("max_blob_size = '10 apples'\n", &["\"10M\""]),
        ("formats = ['txt']\n", &["did you mean `text`?"]),
        ("formats = ['sarif=x']\n", &["names a file to write"]),
        (
            "formats = ['text', 'json']\n",
            &[
                "line 1, column 20",
                "only one report can go to standard output",
                "--format",
            ],
        ),
        (
            "[[rule]]\nid = 'acme'\nregex = 'zorb'\n",
            &[
                "line 3",
                "unknown key `regex` here",
                "[rule.token] with pattern",
            ],
        ),
        (
            "[[rule]]\nid = 'acme'\nsecretGroup = 1\n",
            &["unknown key `secretGroup` here", "gitleaks:FILE"],
        ),
        (
            "rule_files = ['no.toml']\n",
            &["line 1, column 15", "no such file in the repository"],
        ),
        ("rule_files = ['../x.toml']\n", &["without `..`"]),
        (
            "[verify]\nenabled = true\n",
            &["[verify] does not count here", "WAXSEAL_CONFIG"],
        ),
        ("rule = 1\n", &["[[rule]]"]),
        ("jobs = 1\njobs = 2\n", &["line 2", "duplicate key"]),
    ] {
        refused(&dir, config, says);
    }
}

#[test]
fn a_file_that_is_no_configuration_is_not_quoted() {
    let dir = scratch(&[(".env", "SMTP_PASSWORD=<<password#a>>\n")]);
    let run = run(dir.root(), ["scan", "--config", ".env"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("line 1 is not what a configuration"),
        "{}",
        run.err
    );
    assert!(!run.err.contains(&text("<<password#a>>")), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_and_nothing_hangs() {
    use std::os::unix::fs::symlink;
    let dir = scratch(&[("bad.py", KEY)]);
    let made = std::process::Command::new("mkfifo")
        .arg(dir.path("pipe.toml"))
        .status();
    assert!(made.unwrap().success());
    fs::create_dir(dir.path("folder.toml")).unwrap();
    symlink("/dev/zero", dir.path("endless.toml")).unwrap();
    let huge = fs::File::create(dir.path("huge.toml")).unwrap();
    huge.set_len(1 << 30).unwrap();
    dir.write("bytes.toml", b"# \xff\n");
    for (file, says) in [
        ("pipe.toml", "no regular file"),
        ("folder.toml", "this is a folder"),
        ("endless.toml", "no regular file"),
        ("huge.toml", "larger than 4 MiB"),
        ("bytes.toml", "it is not UTF-8, from byte 3 on"),
        ("none.toml", "os error 2"),
    ] {
        let by_flag = run(dir.root(), ["scan", "--config", file]);
        let by_variable = run_in(&dir, [("WAXSEAL_CONFIG", file)], &["scan"]);
        for run in [by_flag, by_variable] {
            assert_eq!((run.code, &*run.out), (2, ""), "{file}: {}", run.err);
            assert!(run.err.contains(says), "{file}: {}", run.err);
        }
    }
    fs::rename(dir.path("huge.toml"), dir.path(".waxseal.toml")).unwrap();
    assert!(run(dir.root(), ["scan"]).err.contains("larger than 4 MiB"));
}

#[test]
fn a_flag_outranks_a_variable_that_a_file_and_that_the_default() {
    let dir = scratch(&[("mail.py", LOGIN), ("other.toml", "fail_on = 'critical'\n")]);
    let code = |vars: &[(&str, &str)], args: &[&str]| {
        let args = [&["scan"], args].concat();
        run_in(&dir, vars.iter().copied(), &args).code
    };
    assert_eq!(code(&[], &[]), 1);
    dir.write(".waxseal.toml", "fail_on = 'critical'\n");
    assert_eq!(code(&[], &[]), 0);
    assert_eq!(code(&[("WAXSEAL_FAIL_ON", "high")], &[]), 1);
    assert_eq!(
        code(&[("WAXSEAL_FAIL_ON", "")], &[]),
        0,
        "empty is as good as not set"
    );
    let low = [("WAXSEAL_FAIL_ON", "low")];
    assert_eq!(code(&low, &["--fail-on", "critical"]), 0);
    // the file that a variable names takes the place of the repository's, and a flag that of both
    dir.write("none.toml", "");
    assert_eq!(code(&[("WAXSEAL_CONFIG", "none.toml")], &[]), 1);
    let other = ["--config", "other.toml"];
    assert_eq!(code(&[("WAXSEAL_CONFIG", "none.toml")], &other), 0);
    let bad = run_in(&dir, [("WAXSEAL_FAIL_ON", "hihg")], &["scan"]);
    assert_eq!(bad.code, 2);
    assert!(
        bad.err
            .starts_with("waxseal: WAXSEAL_FAIL_ON: unknown severity `hihg`; did you mean `high`?"),
        "{}",
        bad.err
    );
}

#[test]
fn show_says_where_each_value_came_from() {
    let dir = scratch(&[(
        ".waxseal.toml",
        "# ours\nskip_rules = [\"smtp-url\",\n  \"smtp-login\"]\nfail_on = \"medium\"\n\n[[exclude]]\npaths = [\"tests/\"]\nreason = \"made up\"\n\n\
         [override.sendgrid-api-key]\nseverity = \"high\"\n",
    )]);
    dir.write(
        "no-home/.config/waxseal/config.toml",
        "[verify]\ntimeout = 3\n",
    );
    let run = run_in(&dir, [("WAXSEAL_JOBS", "2")], &["config", "show"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let line = |start: &str| {
        let mut lines = run
            .out
            .lines()
            .filter(|line| line.trim_start().starts_with(start));
        let found = lines
            .next()
            .unwrap_or_else(|| panic!("{start}: {}", run.out));
        found.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("fail_on"), "fail_on = \"medium\" # .waxseal.toml:4");
    assert_eq!(line("\"smtp-login\""), "\"smtp-login\", # .waxseal.toml:3");
    assert_eq!(line("jobs"), "jobs = 2 # env WAXSEAL_JOBS");
    assert_eq!(line("min_confidence"), "min_confidence = \"low\" # default");
    assert_eq!(line("[[exclude]]"), "[[exclude]] # .waxseal.toml:6");
    assert_eq!(
        line("[override"),
        "[override.sendgrid-api-key] # .waxseal.toml:10"
    );
    let own = dir.path("no-home/.config/waxseal/config.toml");
    assert_eq!(
        line("timeout"),
        format!("timeout = 3 # {}:2", own.display())
    );
    // what is shown says the same again
    dir.write("shown.toml", &run.out);
    let again = self::run(dir.root(), ["config", "show", "--config", "shown.toml"]);
    let values = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .map(|line| line.split(" #").next().unwrap().trim().to_owned());
        lines.filter(|line| !line.starts_with('#')).collect()
    };
    assert_eq!(values(&again.out), values(&run.out), "{}", again.err);
}

#[test]
fn check_says_whether_it_can_be_used() {
    let dir = scratch(&[]);
    let check = |vars: &[(&str, &str)]| run_in(&dir, vars.iter().copied(), &["config", "check"]);
    let none = check(&[]);
    assert_eq!(
        (none.code, &*none.out),
        (0, "ok: no configuration file; the defaults count\n")
    );
    dir.write(".waxseal.toml", "fail_on = 'medium'\n");
    assert_eq!(
        check(&[]).out,
        "ok: .waxseal.toml: 1 setting, 0 rules of its own\n"
    );
    let misspelt = check(&[("WAXSEAL_FAILON", "x")]);
    assert_eq!(misspelt.code, 0);
    assert!(
        misspelt.err.contains("did you mean WAXSEAL_FAIL_ON?"),
        "{}",
        misspelt.err
    );
    for (variable, says) in [
        (
            "WAXSEAL_SKIP_RULES",
            "lists are set by `skip_rules` in a configuration file or by --skip-rule",
        ),
        ("WAXSEAL_FORMATS", "or by --format"),
        (
            "WAXSEAL_STOP_WORDS",
            "lists are set by `stop_words` in a configuration file",
        ),
    ] {
        let list = check(&[(variable, "x")]);
        assert!(list.err.contains(says), "{}", list.err);
    }
    dir.write(".waxseal.toml", "stop_words = ['*']\n");
    let wide = check(&[]);
    assert_eq!(wide.code, 1);
    assert!(
        wide.err
            .contains(".waxseal.toml:1: policy-too-wide: the stop word \"*\""),
        "{}",
        wide.err
    );
    let rule = "[[rule]]\nid = 'acme'\ntitle = 'x'\nseverity = 'low'\nconfidence = 'low'\nwhy = 'x'\nremedy = ['x']\nanchors = ['zorb_']\n[rule.token]\npattern = 'zorb_[a-z]+'\n[[rule.hit]]\ntext = 'zorb_'\n[[rule.miss]]\ntext = 'x'\n";
    dir.write(".waxseal.toml", rule);
    let failed = check(&[]);
    assert_eq!(failed.code, 2);
    assert!(failed.err.contains("rule `acme`"), "{}", failed.err);
}

#[test]
fn rules_are_not_used_where_files_are_excluded() {
    let dir = scratch(&[
        ("a.py", KEY),
        ("tests/a.py", KEY),
        ("tests/mail.py", LOGIN),
        ("x/fixtures/b.py", KEY),
        ("stub.snap", KEY),
    ]);
    dir.git(&["add", "-A"]);
    let all = [
        "a.py sendgrid-api-key",
        "stub.snap sendgrid-api-key",
        "tests/a.py sendgrid-api-key",
        "tests/mail.py smtp-login",
        "x/fixtures/b.py sendgrid-api-key",
    ];
    assert_eq!(found(&dir, &[]), all);
    dir.write(
        ".waxseal.toml",
        "[[exclude]]\npaths = ['tests/']\nrules = ['sendgrid-api-key']\nreason = 'x'\n[[exclude]]\npaths = ['fixtures/', '*.snap']\nreason = 'x'\n",
    );
    let left = ["a.py sendgrid-api-key", "tests/mail.py smtp-login"];
    assert_eq!(found(&dir, &[]), left);
    assert_eq!(found(&dir, &["--staged"]), left);
    dir.git(&["commit", "-qm", "all"]);
    assert_eq!(found(&dir, &["--history"]).len(), 2);
    let told = run(dir.root(), ["scan", "-vv"]).err;
    assert!(
        told.contains("configuration .waxseal.toml: excludes files by 2 entries"),
        "{told}"
    );
    assert!(
        told.contains("waxseal: 3 values left out by the configuration (3 in excluded files)"),
        "{told}"
    );
    let dropped = told.lines().any(|line| {
        line.contains("sendgrid-api-key") && line.contains("excluded") && line.ends_with('3')
    });
    assert!(dropped, "{told}");
}

/// One blob under two paths, of which one is left out: each path is judged for itself, in every kind of scan.
#[test]
fn a_blob_that_is_excluded_under_one_path_is_found_under_another() {
    let dir = scratch(&[(
        ".waxseal.toml",
        "[[exclude]]\npaths = ['one/']\nreason = 'x'\n",
    )]);
    dir.git(&["add", "-A"]).git(&["commit", "-qm", "policy"]);
    for name in ["one/a.py", "two/a.py", "one/b.py"] {
        dir.write(name, text(KEY));
    }
    dir.git(&["add", "-A"]);
    let left = ["two/a.py sendgrid-api-key"];
    assert_eq!(found(&dir, &["--staged"]), left);
    dir.git(&["commit", "-qm", "keys"]);
    assert_eq!(found(&dir, &["--history"]), left);
    assert_eq!(
        found(&dir, &["--history", "--history-engine", "naive"]),
        left
    );
    let ci = run(
        dir.root(),
        ["ci", "--range", "HEAD~..HEAD", "--format", "json"],
    );
    let report: Value = serde_json::from_str(&ci.out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{}", ci.out);
    assert_eq!(findings[0]["path"], "two/a.py");
}

#[test]
fn a_value_with_a_stop_word_is_no_secret() {
    let dir = scratch(&[
        (
            "a.py",
            // waxseal:allow smtp-login made up for this test
            "EMAIL_HOST = 'smtp.fastmail.com'\nEMAIL_HOST_USER = 'post'\nEMAIL_HOST_PASSWORD = 'Winter-ACME-trial-77'\n",
        ),
        ("b.py", LOGIN),
    ]);
    assert_eq!(found(&dir, &[]).len(), 2);
    dir.write(".waxseal.toml", "stop_words = ['acme-trial']\n");
    assert_eq!(found(&dir, &[]), ["b.py smtp-login"]);
    let told = run(dir.root(), ["scan"]).err;
    assert!(
        told.contains("waxseal: 1 value left out by the configuration (1 by stop words)"),
        "{told}"
    );
    dir.git(&["add", "-A"]).git(&["commit", "-qm", "all"]);
    assert_eq!(found(&dir, &["--history"]), ["b.py smtp-login"]);
}

#[test]
fn a_rule_can_be_judged_otherwise() {
    let dir = scratch(&[("a.py", LOGIN)]);
    dir.write(
        ".waxseal.toml",
        "[override.smtp-login]\nseverity = 'info'\nreason = 'a test account'\n",
    );
    let run = run(dir.root(), ["scan"]);
    assert_eq!(run.code, 0, "{}", run.out);
    assert!(run.out.contains("  info  smtp-login"), "{}", run.out);
    assert!(
        run.err.contains("judges smtp-login otherwise"),
        "{}",
        run.err
    );
}

#[test]
fn what_is_larger_than_the_limit_is_left_out_and_counted() {
    let large = format!("{}{}", text(KEY), "# filler\n".repeat(20_000));
    let dir = scratch(&[("small.py", KEY)]);
    dir.write("large.py", &large);
    assert_eq!(found(&dir, &[]).len(), 2);
    dir.write(".waxseal.toml", "max_blob_size = '100k'\n");
    assert_eq!(found(&dir, &[]), ["small.py sendgrid-api-key"]);
    let told = run(dir.root(), ["scan"]).err;
    assert!(
        told.contains("1 file over the limit") && told.contains("leaves out what is over"),
        "{told}"
    );
    assert_eq!(found(&dir, &["--max-blob-size", "1M"]).len(), 2);
    dir.git(&["add", "-A"]);
    assert_eq!(found(&dir, &["--staged"]), ["small.py sendgrid-api-key"]);
    dir.git(&["commit", "-qm", "all"]);
    assert_eq!(found(&dir, &["--history"]), ["small.py sendgrid-api-key"]);
}

#[test]
fn formats_and_rule_files_come_from_the_configuration_too() {
    let dir = scratch(&[("a.py", "x = 'zorb_<<hex:24>>'\n")]);
    dir.write(
        "ci/acme.toml",
        "[[rule]]\nid = 'acme-token'\ntitle = 'x'\nseverity = 'high'\nconfidence = 'high'\nwhy = 'x'\nremedy = ['x']\nanchors = ['zorb_']\n[rule.token]\npattern = 'zorb_[0-9a-f]{24}'\n[[rule.hit]]\ntext = 'zorb_<<hex:24>>'\n[[rule.miss]]\ntext = 'x'\n",
    );
    dir.write(
        ".waxseal.toml",
        "formats = ['jsonl']\nrule_files = ['ci/acme.toml']\n",
    );
    let run = run(dir.root(), ["scan"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(
        run.out.starts_with('{') && run.out.contains("acme-token"),
        "{}",
        run.out
    );
    let text = self::run(dir.root(), ["scan", "--format", "text"]);
    assert!(text.out.contains("acme-token"), "{}", text.out);
    // a link out of the repository is none of its files
    #[cfg(unix)]
    {
        dir.write("../elsewhere.toml", "");
        fs::remove_file(dir.path("ci/acme.toml")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", dir.path("ci/acme.toml")).unwrap();
        let run = self::run(dir.root(), ["scan"]);
        assert_eq!(run.code, 2);
        assert!(
            run.err.contains("leads out of the repository"),
            "{}",
            run.err
        );
    }
}

#[test]
fn verification_is_for_the_operator_to_switch_on() {
    let verify = "[verify]\nenabled = true\nhosts = ['mail.example.com']\n";
    let dir = scratch(&[]);
    refused(&dir, verify, &["[verify] does not count here"]);
    // the same file counts once whoever runs the scan names it
    for args in [
        &["config", "show", "--config", ".waxseal.toml"][..],
        &["config", "show"],
    ] {
        let run = run_in(&dir, [("WAXSEAL_CONFIG", ".waxseal.toml")], args);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(
            run.out.contains("hosts = [\"mail.example.com\"]"),
            "{}",
            run.out
        );
    }
    fs::remove_file(dir.path(".waxseal.toml")).unwrap();
    let own = "no-home/.config/waxseal/config.toml";
    dir.write(own, verify);
    assert!(
        run(dir.root(), ["config", "show"])
            .out
            .contains("enabled = true ")
    );
    // and nothing else counts there
    dir.write(own, "fail_on = 'critical'\n");
    let run = run(dir.root(), ["scan"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err
            .contains("only [verify] counts in your own configuration"),
        "{}",
        run.err
    );
    dir.write(own, "[verify]\nhosts = ['a b']\n");
    assert!(
        self::run(dir.root(), ["scan"])
            .err
            .contains("no name of a host")
    );
}

/// A rule that says where its secrets are sent is for whoever runs the scan to bring.
#[test]
fn a_repository_does_not_say_where_secrets_are_sent() {
    let rule = "[[rule]]\nid = 'acme'\ntitle = 'x'\nseverity = 'low'\nconfidence = 'low'\nwhy = 'x'\nremedy = ['x']\nanchors = ['zorb_']\n\
         [rule.token]\npattern = 'zorb_[a-z]{24}'\n[rule.verify]\nprovider = 'acme'\n[[rule.verify.ask]]\nhosts = ['api.acme-mail.io']\n\
         path = '/v1/token'\nheaders = { Authorization = 'Bearer {secret}' }\npurpose = 'x'\n[[rule.verify.reply]]\nstatus = [401]\n\
         verdict = 'dead'\nreason = 'x'\n[[rule.hit]]\ntext = 'zorb_<<lower:24>>'\n[[rule.miss]]\ntext = 'x'\n";
    let dir = scratch(&[]);
    let says = "[rule.verify] does not count in a repository's own configuration";
    refused(&dir, rule, &["rule `acme`", says]);
    dir.write("ci/acme.toml", rule);
    dir.write(".waxseal.toml", "rule_files = ['ci/acme.toml']\n");
    let by_file = run(dir.root(), ["scan"]);
    assert_eq!(by_file.code, 2);
    assert!(by_file.err.contains(says), "{}", by_file.err);
    fs::remove_file(dir.path(".waxseal.toml")).unwrap();
    for option in ["--rules", "--config"] {
        let run = run(dir.root(), ["scan", option, "ci/acme.toml"]);
        assert_eq!(run.code, 0, "{}", run.err);
    }
}

#[test]
fn what_lets_too_much_pass_is_a_finding() {
    let dir = scratch(&[]);
    let exclude = |paths: &str| format!("[[exclude]]\npaths = [{paths}]\nreason = 'x'\n");
    let grave: Vec<&str> = waxseal::rules::BUILTIN
        .iter()
        .filter(|rule| rule.severity >= waxseal::model::Severity::High)
        .map(|rule| &*rule.id)
        .collect();
    for (config, says) in [
        (exclude("'**'"), "lets every file pass"),
        (exclude("'*'"), "lets every file pass"),
        (exclude("'src/', '.env'"), "lets whole dotenv files pass"),
        (
            exclude("'deploy/.env.production'"),
            "lets whole dotenv files pass",
        ),
        (exclude("'.env*'"), "lets whole dotenv files pass"),
        (exclude("'**/*.local'"), "lets whole dotenv files pass"),
        ("stop_words = ['*']\n".to_owned(), "the stop word \"*\""),
        (
            "stop_words = ['acme-demo', 'a.b.c']\n".to_owned(),
            "the stop word \"a.b.c\"",
        ),
        (
            "max_blob_size = 100\n".to_owned(),
            "leaves out every file over 100 bytes",
        ),
        (format!("skip_rules = {grave:?}\n"), "every built-in rule"),
        (
            format!("[[exclude]]\npaths = ['**']\nrules = {grave:?}\nreason = 'x'\n"),
            "policy-too-wide",
        ),
        (
            grave
                .iter()
                .flat_map(|id| ["[override.", id, "]\nseverity = 'info'\n"])
                .collect(),
            "every built-in rule",
        ),
    ] {
        dir.write(".waxseal.toml", &config);
        let scan = run(dir.root(), ["scan"]);
        assert_eq!(scan.code, 1, "{config}: {}{}", scan.out, scan.err);
        assert!(
            scan.out.contains("high  policy-too-wide"),
            "{config}: {}",
            scan.out
        );
        assert!(scan.out.contains(says), "{config}: {}", scan.out);
        // neither a threshold nor the list of rules to skip hides it, if they are the repository's own
        dir.write(
            ".waxseal.toml",
            format!("min_confidence = 'high'\n{config}"),
        );
        assert_eq!(run(dir.root(), ["scan"]).code, 1, "{config}");
        // whoever runs the scan may
        let off = run(dir.root(), ["scan", "--skip-rule", "policy-too-wide"]);
        assert_eq!(off.code, 0, "{config}: {}", off.out);
    }
    for narrow in [
        exclude("'tests/', 'vendor/', '*.snap', 'docs/**/*.md'"),
        exclude("'.env.example'"),
        "stop_words = ['acme-demo']\nmax_blob_size = '10M'\nskip_rules = ['smtp-login']\n"
            .to_owned(),
    ] {
        dir.write(".waxseal.toml", &narrow);
        let scan = run(dir.root(), ["scan"]);
        assert_eq!(scan.code, 0, "{narrow}: {}{}", scan.out, scan.err);
    }
}

/// A glob that is narrow as it is written may still leave out a dotenv file that is there.
#[test]
fn a_dotenv_file_that_is_left_out_as_a_whole_is_told() {
    let dir = scratch(&[
        ("deploy/.env", "DB_PASSWORD=<<password>>\n"),
        ("deploy/mail.py", LOGIN),
        (
            ".waxseal.toml",
            "[[exclude]]\npaths = ['deploy/']\nreason = 'x'\n",
        ),
    ]);
    let only = ["deploy/.env policy-too-wide"];
    assert_eq!(found(&dir, &[]), only);
    let told = run(dir.root(), ["scan"]);
    assert_eq!(told.code, 1);
    assert!(
        told.out
            .contains(".waxseal.toml:1 leaves out this dotenv file as a whole"),
        "{}",
        told.out
    );
    dir.git(&["add", "-A"]);
    assert_eq!(found(&dir, &["--staged"]), only);
    dir.git(&["commit", "-qm", "all"]);
    assert_eq!(found(&dir, &["--history"]), only);
    assert_eq!(
        found(&dir, &["--history", "--history-engine", "naive"]),
        only
    );
    assert_eq!(
        run(dir.root(), ["scan", "--skip-rule", "policy-too-wide"]).code,
        0
    );
    // one without a secret in it is none
    dir.write("deploy/.env", "DEBUG=1\n");
    assert_eq!(found(&dir, &[]), [""; 0]);
}

#[test]
fn the_policy_may_be_that_of_a_commit() {
    let dir = Scratch::repo();
    commit(&dir, "a.py", key("a"));
    dir.git(&["branch", "trusted"]);
    dir.write(".waxseal.toml", "skip_rules = ['sendgrid-api-key']\n");
    assert_eq!(found(&dir, &[]), [""; 0]);
    let both = ["a.py sendgrid-api-key"];
    assert_eq!(found(&dir, &["--policy-from", "trusted"]), both);
    assert_eq!(found(&dir, &["--policy-from", "HEAD", "--history"]), both);
    dir.git(&["add", "-A"]).git(&["commit", "-qm", "policy"]);
    assert_eq!(found(&dir, &["--policy-from", "HEAD~"]), both);
    assert_eq!(found(&dir, &["--policy-from", "HEAD"]), [""; 0]);
    let told = run(dir.root(), ["scan", "--policy-from", "HEAD"]).err;
    assert!(
        told.contains("configuration .waxseal.toml of commit "),
        "{told}"
    );
    dir.write("b.py", key("b")).git(&["add", "b.py"]);
    let staged = ["b.py sendgrid-api-key"];
    assert_eq!(
        found(&dir, &["--staged", "--policy-from", "trusted"]),
        staged
    );
    let hook = run(
        dir.root(),
        ["hook", "run", "pre-commit", "--policy-from", "trusted"],
    );
    assert_eq!(hook.code, 1, "{}", hook.err);
    let show = run(dir.root(), ["config", "show", "--policy-from", "main"]);
    assert!(
        show.out.contains("# .waxseal.toml of commit "),
        "{}",
        show.out
    );
    let none = run(dir.root(), ["scan", "--policy-from", "nowhere"]);
    assert_eq!(none.code, 2);
    assert!(
        none.err
            .contains("--policy-from nowhere: there is no such commit here"),
        "{}",
        none.err
    );
    let both = run(
        dir.root(),
        ["scan", "--policy-from", "HEAD", "--config", "x"],
    );
    assert_eq!(both.code, 2);
}

/// Rule files of a commit are those of that commit.
#[test]
fn rule_files_come_from_where_the_configuration_does() {
    let rule = |pattern: &str| {
        format!(
            "[[rule]]\nid = 'acme-token'\ntitle = 'x'\nseverity = 'high'\nconfidence = 'high'\nwhy = 'x'\nremedy = ['x']\nanchors = ['zorb_']\n[rule.token]\npattern = '{pattern}'\n[[rule.hit]]\ntext = 'zorb_<<hex:24>>'\n[[rule.miss]]\ntext = 'x'\n"
        )
    };
    let dir = scratch(&[("a.py", "x = 'zorb_<<hex:24>>'\n")]);
    dir.write(".waxseal.toml", "rule_files = ['ci/rules/acme.toml']\n");
    dir.write("ci/rules/acme.toml", rule("zorb_[0-9a-f]{24}"));
    dir.git(&["add", "-A"]).git(&["commit", "-qm", "all"]);
    dir.write("ci/rules/acme.toml", rule("zorb_never"));
    assert_eq!(found(&dir, &[]), [""; 0]);
    assert_eq!(found(&dir, &["--policy-from", "HEAD"]), ["a.py acme-token"]);
    dir.git(&["rm", "-q", "--cached", "ci/rules/acme.toml"])
        .git(&["commit", "-qm", "gone"]);
    let run = run(dir.root(), ["scan", "--policy-from", "HEAD"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("no such file in the repository"),
        "{}",
        run.err
    );
}

#[test]
fn the_schema_is_printed() {
    let dir = Scratch::new();
    let run = run(dir.root(), ["config", "schema"]);
    let schema: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(schema["properties"]["jobs"]["maximum"], 1024);
    assert!(schema["properties"]["verify"]["properties"]["hosts"].is_object());
}
