//! No output holds a secret: not in any format, at any verbosity, in colour or without, nor in an error.
//!
//! Each case plants secrets and names them by their templates. A stretch of eight bytes of one of them is
//! as bad as the whole, and so is a stretch of its encoded form.

use std::fs;

use waxseal::report::Format;

use crate::support::program::{bytes, run, run_with, text};
use crate::support::repo::Scratch;

/// Bytes of a secret that must not stand in an output in a row.
const STRETCH: usize = 8;

/// Rules that may be left out or used alone.
type Args = &'static [&'static str];

struct Case {
    name: &'static str,
    path: &'static str,
    /// The file.
    template: &'static str,
    /// What must not be seen; the three public bytes of a key are left out by `drop:3`.
    secrets: &'static [&'static str],
    args: Args,
}

const fn case(
    name: &'static str,
    path: &'static str,
    template: &'static str,
    secrets: &'static [&'static str],
) -> Case {
    Case {
        name,
        path,
        template,
        secrets,
        args: &[],
    }
}

const BARE: &str = "<<sendgrid-key|drop:3>>";

const CASES: &[Case] = &[
    case("token", "a.py", "key = '<<sendgrid-key>>'\n", &[BARE]),
    case(
        "pair",
        "a.py",
        "sid = 'AC<<hex:32#s>>'\ntoken = '<<hex:32#t>>'\nc = Client('AC<<hex:32#s>>', '<<hex:32#t>>')\n",
        &["<<hex:32#t>>", "<<hex:32#s>>"],
    ),
    case(
        "login",
        "a.py",
        "EMAIL_HOST = 'smtp.harbor.io'\nEMAIL_HOST_USER = 'news'\nEMAIL_HOST_PASSWORD = '<<password>>'\n",
        &["<<password>>"],
    ),
    case(
        "login in a call",
        "a.go",
        "a := smtp.PlainAuth(\"\", \"news@harbor.io\", \"<<password>>\", \"smtp.harbor.io\")\n",
        &["<<password>>"],
    ),
    case(
        "SMTP URL",
        "a.yml",
        "dsn: smtp://mailer:<<password>>@mail.harbor.io:587\nb: smtp://u:x@/<<alnum:10>>@smtp.harbor.io\n",
        &["<<password>>", "<<alnum:10>>"],
    ),
    case(
        "dotenv",
        ".env",
        "DB_PASSWORD=<<password>>\nJWT_SECRET='<<alnum:40>>'\nDATABASE_URL=postgres://app:<<password#u>>@db.internal/app\n",
        &["<<password>>", "<<alnum:40>>", "<<password#u>>"],
    ),
    case(
        "base64",
        "a.yaml",
        "data:\n  key: <<sendgrid-key|base64>>\n  more: <<'x: '+sendgrid-key#2+' y: '+password|base64>>\n",
        &[
            BARE,
            "<<sendgrid-key|base64>>",
            "<<sendgrid-key#2|drop:3>>",
            "<<'x: '+sendgrid-key#2+' y: '+password|base64>>",
        ],
    ),
    case(
        "base64 over lines",
        "a.txt",
        "see <<'apikey:'+sendgrid-key+':'+password+':'+alnum:40|base64|wrap:40>> there\n",
        &[
            BARE,
            "<<'apikey:'+sendgrid-key+':'+password+':'+alnum:40|base64|take:40>>",
            "<<'apikey:'+sendgrid-key+':'+password+':'+alnum:40|base64|drop:40|take:40>>",
            "<<'apikey:'+sendgrid-key+':'+password+':'+alnum:40|base64|drop:80|take:40>>",
        ],
    ),
    case(
        "base64 in base64, UTF-16 in base64",
        "a.txt",
        "x = <<sendgrid-key|base64|base64>>\ny = <<sendgrid-key#2|utf16le|base64>>\n",
        &[
            "<<sendgrid-key|base64|base64>>",
            "<<sendgrid-key#2|utf16le|base64>>",
        ],
    ),
    case(
        "percent",
        "a.txt",
        "u=https://h.io/?k=<<sendgrid-key|percent>>&z\n",
        &[BARE, "<<sendgrid-key|percent|drop:9>>"],
    ),
    case(
        "escapes",
        "a.json",
        "{\"k\": \"<<sendgrid-key|chars>>\"}\n",
        &[BARE, "<<sendgrid-key|chars|drop:18>>"],
    ),
    case(
        "entities",
        "a.html",
        "<td><<sendgrid-key|entities>></td>\n",
        &[BARE, "<<sendgrid-key|entities|drop:15>>"],
    ),
    case(
        "hex",
        "a.txt",
        "blob: <<sendgrid-key|hex>>;\n",
        &[BARE, "<<sendgrid-key|hex|drop:6>>"],
    ),
    case(
        "joined",
        "A.java",
        "String k = \"SG.\" + \"<<sendgrid-key|drop:3|take:30>>\"\n    + \"<<sendgrid-key|drop:33>>\";\n",
        &[
            BARE,
            "<<sendgrid-key|drop:3|take:30>>",
            "<<sendgrid-key|drop:33>>",
        ],
    ),
    case(
        "UTF-16",
        "a.txt",
        "<<'\u{feff}k: '+sendgrid-key+' p: '+password|utf16le>>",
        &[BARE, "<<password>>"],
    ),
    case(
        "two keys on a line",
        "a.py",
        "a, b = '<<sendgrid-key>>', '<<sendgrid-key#2>>'\n",
        &[BARE, "<<sendgrid-key#2|drop:3>>"],
    ),
    case(
        "two logins on a line",
        "a.py",
        "smtp.login('a@harbor.io', '<<password>>'); smtp.login('b@harbor.io', '<<password#2>>')\n",
        &["<<password>>", "<<password#2>>"],
    ),
    case(
        "a password and its URL on a line",
        "a.sh",
        "SMTP_PASSWORD=<<password>> run --dsn smtp://u:<<password#2>>@smtp.harbor.io --key <<sendgrid-key>>\n",
        &["<<password>>", "<<password#2>>", BARE],
    ),
    Case {
        name: "a login whose rule is off",
        path: "a.go",
        template: "smtp.PlainAuth(\"\", \"news\", \"<<password>>\", \"smtp.harbor.io\") // <<sendgrid-key>>\n\
                   SMTP_PASSWORD=<<password#2>> go run . <<sendgrid-key#2>>\n\
                   smtp_password: <<password#3>> # <<sendgrid-key#3>>\n\
                   <smtp password=\"<<password#4>>\" key=\"<<sendgrid-key#4>>\"/>\n",
        secrets: &[
            "<<password>>",
            "<<password#2>>",
            "<<password#3>>",
            "<<password#4>>",
            BARE,
        ],
        args: &["--rule", "sendgrid-api-key"],
    },
    Case {
        name: "a key whose rule is off",
        path: "a.py",
        template: "smtp.login('news', '<<password>>') # <<sendgrid-key>> AC<<hex:32>>:<<hex:32#t>>\n",
        secrets: &["<<password>>", BARE, "<<hex:32#t>>"],
        args: &[
            "--skip-rule",
            "sendgrid-api-key",
            "--skip-rule",
            "twilio-auth-token",
        ],
    },
    case(
        "secrets of no rule beside a key",
        "a.py",
        "db = 'postgres://app:<<password>>@db.harbor.io/x'; key = '<<sendgrid-key>>'\n\
         db_password = '<<password#2>>'; key = '<<sendgrid-key#2>>'\n\
         curl -u 'admin:<<password#3>>' https://x:<<password#4>>@h.io -d k=<<sendgrid-key#3>>\n\
         connect(\"<<password#5>>\", '<<sendgrid-key#4>>', \"<<password#6>>\")\n",
        &[
            "<<password>>",
            "<<password#2>>",
            "<<password#3>>",
            "<<password#4>>",
            "<<password#5>>",
            "<<password#6>>",
        ],
    ),
    case(
        "dropped candidates beside a key",
        "a.yml",
        "a: smtp://u:<<password>>@localhost:25 # <<sendgrid-key>>\n\
         sid: SK<<hex:32>> <<alnum:32>> <<hex:32#t>> <<sendgrid-key#2>>\n",
        &["<<password>>", "<<alnum:32>>", "<<hex:32#t>>"],
    ),
    case(
        "reasons that quote secrets",
        "a.py",
        "key = '<<sendgrid-key>>'  # waxseal:allow sendgrid-api-key it was <<sendgrid-key|drop:3|take:30>> once\n\
         key = '<<sendgrid-key>>'  # waxseal:allow sendgrid-api-key <<sendgrid-key|base64>>\n\
         key = '<<sendgrid-key>>'  # waxseal:allow sendgrid-api-key and <<sendgrid-key#2>>\n\
         key = '<<sendgrid-key>>'  # waxseal:allow sendgrid-api-key and password <<password>>, not <<hex:32>>\n\
         # waxseal:allow sendgrid-api-key beside smtp://u:<<password#2>>@smtp.harbor.io\n\
         key = '<<sendgrid-key>>'\nkey = '<<sendgrid-key#2>>'\n",
        &[
            BARE,
            "<<sendgrid-key|base64>>",
            "<<sendgrid-key#2|drop:3>>",
            "<<password>>",
            "<<password#2>>",
            "<<hex:32>>",
        ],
    ),
    case(
        "secrets in place of a rule",
        "a.py",
        "key = '<<sendgrid-key>>'  # waxseal:allow <<hex:32>> why\n\
         key = '<<sendgrid-key>>'  # waxseal:allow smtp-logn,<<alnum:20>> why\n\
         key = '<<sendgrid-key>>'  # gitleaks:allow <<hex:32#2>>\n",
        &[BARE, "<<hex:32>>", "<<alnum:20>>", "<<hex:32#2>>"],
    ),
    case(
        "the line after and before",
        "a.py",
        "password = '<<password>>'\nkey = '<<sendgrid-key>>'\npassword = '<<password#2>>'\n",
        &["<<password>>", "<<password#2>>", BARE],
    ),
];

/// Every way to be told of a scan: options, and whether they make a machine format.
fn tellings() -> Vec<Vec<&'static str>> {
    let mut all = Vec::new();
    for format in Format::ALL.map(Format::id) {
        for verbosity in ["-q", "-v", "-vv", ""] {
            for color in ["never", "always"] {
                let mut args = vec!["--format", format, "--color", color];
                args.extend([verbosity].into_iter().filter(|v| !v.is_empty()));
                all.push(args);
            }
        }
    }
    all
}

/// Eight bytes of `secret` in a row that stand in `output`.
fn leak<'s>(output: &str, secret: &'s str) -> Option<&'s str> {
    let last = secret.len().saturating_sub(STRETCH);
    (0..=last)
        .filter_map(|at| secret.get(at..(at + STRETCH).min(secret.len())))
        .find(|stretch| output.contains(stretch))
}

#[track_caller]
fn assert_silent(what: &str, output: &str, secrets: &[&str]) {
    for template in secrets {
        let secret = text(template);
        if let Some(stretch) = leak(output, &secret) {
            panic!("{what}: `{stretch}` of {template} in\n{output}");
        }
    }
}

#[test]
fn no_report_holds_a_secret() {
    let mut groups: Vec<(Args, Vec<&Case>)> = Vec::new();
    for case in CASES {
        match groups.iter_mut().find(|(args, _)| *args == case.args) {
            Some((_, cases)) => cases.push(case),
            None => groups.push((case.args, vec![case])),
        }
    }
    for (args, cases) in groups {
        // one run for many cases, each in a folder of its own
        let dir = Scratch::repo();
        for (number, case) in cases.iter().enumerate() {
            dir.write(format!("case-{number}/{}", case.path), bytes(case.template));
        }
        for telling in tellings() {
            let run = run(dir.root(), ["scan", "."].iter().chain(&telling).chain(args));
            assert_eq!(run.code, 1, "{}", run.err);
            for (number, case) in cases.iter().enumerate() {
                let found = run.out.contains(&format!("case-{number}/"));
                assert!(found, "{}: nothing was found with {telling:?}", case.name);
                let what = format!("{} with {telling:?}", case.name);
                assert_silent(&what, &(run.out.clone() + &run.err), case.secrets);
            }
        }
    }
}

#[test]
fn a_secret_on_a_very_long_line_is_not_shown() {
    let dir = Scratch::new();
    let noise = "var a=function(){return 1};".repeat(8_000);
    let planted = text(
        "smtp.login('a','<<password>>');k='<<sendgrid-key>>';d='postgres://app:<<password#2>>@db/x';",
    );
    // wherever the excerpt is cut, no part of a neighbour shows
    for pad in 0..100 {
        let template = format!(
            "{}{planted}{}",
            &noise[..noise.len() - pad],
            "y".repeat(pad)
        );
        dir.write(format!("{pad}.js"), format!("{template}{noise}\n"));
    }
    for format in ["text", "sarif"] {
        let run = run(dir.root(), ["scan", ".", "--format", format]);
        assert_eq!(run.code, 1);
        assert_silent(format, &run.out, &["<<password>>", BARE, "<<password#2>>"]);
    }
}

/// The excerpt begins and ends at a fixed distance from the secret: no distance may let a part of another one through.
#[test]
fn no_cut_of_an_excerpt_shows_part_of_a_secret() {
    let dir = Scratch::new();
    let mut lines = String::new();
    for pad in 0..130 {
        let gap = "z ".repeat(pad / 2) + &"z".repeat(pad % 2);
        lines += &text(&format!(
            "x = f('<<password>>', 1) + {gap} + g(\"<<sendgrid-key>>\") {gap} h('<<password#2>>')\n"
        ));
        lines += &text(&format!(
            "A_PASSWORD=<<password>> {gap} <<sendgrid-key>> {gap} A_PASSWORD=<<password#2>>\n"
        ));
    }
    dir.write("a.py", lines);
    let run = run(dir.root(), ["scan", "."]);
    assert_eq!(run.code, 1);
    assert_silent("cut", &run.out, &["<<password>>", BARE, "<<password#2>>"]);
}

#[test]
fn standard_input_and_report_files_are_no_exception() {
    let dir = Scratch::new();
    let planted = bytes("k = '<<sendgrid-key>>'; smtp.login('a', '<<password>>')\n");
    let formats = Format::ALL.map(|format| format!("--format={format}=report.{format}"));
    let run = run_with(
        dir.root(),
        ["scan", "-", "-vv"]
            .into_iter()
            .chain(formats.iter().map(String::as_str)),
        &planted,
    );
    assert_eq!(run.code, 1);
    let files = Format::ALL
        .map(|format| fs::read_to_string(dir.path(format!("report.{format}"))).unwrap())
        .concat();
    assert_silent(
        "files",
        &(run.out + &run.err + &files),
        &[BARE, "<<password>>"],
    );
}

#[test]
fn an_error_shows_the_line_it_is_about_and_no_other() {
    let dir = Scratch::new();
    let lines = "skip_rules = []\n# <<sendgrid-key>>\nfail_on = 1\n# db: <<password>>\n";
    dir.write(".waxseal.toml", text(lines));
    let refused = run(dir.root(), ["scan", "."]);
    assert_eq!(refused.code, 2);
    assert_silent(
        "config",
        &(refused.out + &refused.err),
        &[BARE, "<<password>>"],
    );
}

/// Whoever names the wrong file must not find what it holds in a build log.
#[test]
fn a_file_of_secrets_that_is_taken_for_a_configuration_is_not_shown() {
    let dir = Scratch::new();
    dir.write(
        "live.env",
        text("SENDGRID_API_KEY=<<sendgrid-key>>\nDB_PASSWORD=<<password>>\n"),
    );
    dir.write("other.env", text("DB_PASSWORD=<<password>>\n"));
    for (option, file) in [
        ("--config", "live.env"),
        ("--rules", "live.env"),
        ("--rules", "other.env"),
        ("--config", "other.env"),
    ] {
        let refused = run(dir.root(), ["scan", option, file, "."]);
        assert_eq!(refused.code, 2);
        assert!(
            refused.err.contains(file) && refused.err.contains("line "),
            "{}",
            refused.err
        );
        assert_silent(
            option,
            &(refused.out + &refused.err),
            &[BARE, "<<password>>"],
        );
    }
}

#[test]
fn a_failed_sample_is_named_and_not_shown() {
    let dir = Scratch::new();
    let rule = "[[rule]]\nid = \"my-rule\"\ntitle = \"t\"\nseverity = \"high\"\nconfidence = \"high\"\nwhy = \"w\"\n\
                remedy = [\"r\"]\nanchors = [\"SG.\"]\n[rule.token]\npattern = 'never'\n[[rule.hit]]\ntext = \"<<sendgrid-key>>\"\n\
                secret = \"<<sendgrid-key>>\"\n[[rule.miss]]\ntext = \"x\"\n";
    dir.write("rules.toml", text(rule));
    let failed = run(dir.root(), ["rules", "check", "rules.toml"]);
    assert_eq!(failed.code, 2);
    assert_silent("check", &(failed.out + &failed.err), &[BARE]);
}

#[test]
fn a_history_is_no_exception() {
    let repo = Scratch::repo();
    let key = |label: &str| text(&format!("<<sendgrid-key#{label}>>"));
    let author = format!("--author={} <a@example.com>", key("author"));
    repo.write("a.py", format!("key = '{}'\n", key("file")))
        .write(".env", text("DB_PASSWORD=<<password>>\n"))
        .git(&["add", "-Af", "."])
        .git(&["commit", "-qm", &format!("use {}", key("message")), &author])
        .git(&["tag", "-a", "v1", "-m", &format!("with {}", key("tag"))])
        .git(&["notes", "add", "-m", &format!("note {}", key("note"))]);
    let secrets = [
        "<<sendgrid-key#file|drop:3>>",
        "<<sendgrid-key#author|drop:3>>",
        "<<sendgrid-key#message|drop:3>>",
        "<<sendgrid-key#tag|drop:3>>",
        "<<sendgrid-key#note|drop:3>>",
        "<<password>>",
    ];
    for format in Format::ALL.map(Format::id) {
        for verbosity in ["-q", "--color=never", "--color=always", "-v", "-vv"] {
            let args = ["scan", "--history", "--format", format, verbosity];
            let run = run(repo.root(), args);
            assert_eq!(run.code, 1, "{}", run.err);
            let shown = run.out + &run.err;
            assert_silent(&format!("{format} {verbosity}"), &shown, &secrets);
        }
    }
}

/// A baseline is committed and read by many, and so is what commands say of it.
#[test]
fn no_baseline_and_no_explanation_holds_a_secret() {
    let dir = Scratch::repo();
    let cases: Vec<&Case> = CASES.iter().filter(|case| case.args.is_empty()).collect();
    for (number, case) in cases.iter().enumerate() {
        dir.write(format!("case-{number}/{}", case.path), bytes(case.template));
    }
    let secrets: Vec<&str> = cases
        .iter()
        .flat_map(|case| case.secrets)
        .copied()
        .collect();
    let silent = |args: &[&str], code: i32| {
        let run = run(dir.root(), args);
        assert_eq!(run.code, code, "{args:?}: {}", run.err);
        assert_silent(&args.join(" "), &(run.out.clone() + &run.err), &secrets);
        run.out
    };
    silent(&["baseline", "create", "--expires", "9999-02-03"], 0);
    let baseline = dir.path(".waxseal-baseline.jsonl");
    let made = std::fs::read_to_string(&baseline).unwrap();
    std::fs::write(&baseline, made.replace("9999", "2001")).unwrap();
    silent(&["scan", "-vv"], 1);
    silent(&["baseline", "add", "--all", "--reason", "why"], 0);
    let written = || fs::read_to_string(dir.path(".waxseal-baseline.jsonl")).unwrap();
    assert!(written().lines().count() > 12, "{}", written());
    assert_silent("the baseline", &written(), &secrets);
    let report = silent(&["scan", "--no-baseline", "--format", "json"], 1);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let prints = report["findings"].as_array().unwrap().iter();
    let mut prints: Vec<&str> = prints
        .map(|it| it["fingerprint"].as_str().unwrap())
        .collect();
    prints.sort_unstable();
    prints.dedup();
    for print in &prints {
        silent(&["explain", print], 0);
        let until = ["--expires", "9999-12-31"];
        let add = ["baseline", "add", print, "--reason", "why"];
        silent(&[&add[..], &until].concat(), 0);
    }
    for format in Format::ALL.map(Format::id) {
        for verbosity in ["-q", "-v", "-vv"] {
            silent(&["scan", "--format", format, verbosity], 0);
        }
    }
    silent(&["baseline", "prune"], 0);
    let mut remove = vec!["baseline", "remove"];
    remove.extend(&prints[..prints.len() / 2]);
    silent(&remove, 0);
    assert_silent("the rest of the baseline", &written(), &secrets);
    // of a reason that quotes one, neither the command nor the file says anything
    let quote = text("it was <<sendgrid-key>>");
    let refused = run(dir.root(), ["baseline", "add", "--all", "--reason", &quote]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert_silent("a refused reason", &(refused.out + &refused.err), &secrets);
}
