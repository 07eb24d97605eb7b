//! The same tree gives the same bytes in every report, however many threads read it and in whatever order.

use crate::support::program::{bytes, run};
use crate::support::repo::Scratch;

/// Some hundred files in many folders, with findings of all kinds, drops, skips and a large file among them.
fn tree() -> Scratch {
    let repo = Scratch::repo();
    let texts = [
        "key = '<<sendgrid-key>>'\n",
        "EMAIL_HOST_PASSWORD = '<<password>>'\nEMAIL_HOST = 'smtp.harbor.io'\n",
        "sid = 'AC<<hex:32#s>>'\ntoken = '<<hex:32#t>>'\n",
        "nothing to see\n",
        "smtp://u:${PASS}@smtp.harbor.io\nEMAIL_HOST_PASSWORD = 'changeme'\n",
        "data: <<sendgrid-key|base64>>\n",
        "\0\u{1}\u{2} <<sendgrid-key>> \0",
    ];
    for number in 0..300 {
        let text = texts[number % texts.len()];
        let name = format!("d{}/e{}/f{number}.py", number % 7, number % 3);
        repo.write(name, bytes(text));
    }
    repo.write("large.txt", bytes("<<sendgrid-key>>\n").repeat(200));
    repo.write(
        "d1/.env",
        bytes("A_PASSWORD=<<password>>\nB_SECRET=<<alnum:40>>\n"),
    );
    repo.write("inner/x.py", "x")
        .git_in("inner", &["init", "-q"]);
    repo.git(&["add", "d1", "d2"]);
    repo
}

#[test]
fn reports_do_not_depend_on_threads() {
    let repo = tree();
    for format in ["json", "sarif", "jsonl", "text"] {
        let report = |jobs: usize| {
            let run = run(
                repo.root(),
                ["scan", "--format", format, "--jobs", &jobs.to_string(), "."],
            );
            assert_eq!(run.code, 1, "{}", run.err);
            run.out
        };
        let first = report(1);
        assert!(first.len() > 20_000, "{format}");
        for jobs in (2..=8).chain([3, 1]) {
            assert!(report(jobs) == first, "{format} differs with {jobs} jobs");
        }
    }
}

#[test]
fn reports_do_not_depend_on_the_order_of_paths() {
    let repo = tree();
    let report = |paths: &[&str]| {
        run(
            repo.root(),
            ["scan", "--format", "json"].iter().chain(paths),
        )
        .out
    };
    let forward = report(&["d1", "d2", "d3", "large.txt"]);
    assert!(report(&["large.txt", "d3", "d2", "d1"]) == forward);
    assert!(report(&["d1", "d3", "d1", "d2", "large.txt", "d2/e0"]) == forward);
}

#[test]
fn the_summary_counts_the_same() {
    let repo = tree();
    let summary = |jobs: &str| {
        let told = run(
            repo.root(),
            ["scan", "-vv", "--format", "json", "--jobs", jobs, "."],
        )
        .err;
        // the time is all that may differ
        let (before, timed) = told.split_once(" kB in ").unwrap();
        let (_, skipped) = timed.split_once("; skipped ").unwrap();
        (before.to_owned(), skipped.to_owned())
    };
    let first = summary("1");
    assert!(first.0.contains("candidates dropped"));
    for jobs in ["2", "5", "8"] {
        assert_eq!(summary(jobs), first, "{jobs} jobs");
    }
}
