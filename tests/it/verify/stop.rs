//! Ctrl-C while providers are asked, and what somebody at a terminal sees meanwhile.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::*;

/// Whether it is the one planted credential that is answered at once.
fn quick(asked: &Asked) -> Answer {
    if asked.credential.contains(&text("<<sendgrid-key#k0>>")) {
        json(200, "{\"scopes\":[\"mail.send\"]}")
    } else {
        silent(asked)
    }
}

fn bench(count: usize, answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Bench {
    let lines: Vec<String> = (0..count)
        .map(|at| format!("key = '<<sendgrid-key#k{at}>>'\n"))
        .collect();
    Bench::with(&[("keys.py", &lines.concat())], answer)
}

impl Bench {
    /// Starts `scan --verify`, and waits until so many questions have come in.
    fn started(&self, args: &[&str], questions: usize) -> Child {
        let fixed = ["scan", "--verify", "--verify-concurrency", "4"];
        let args = fixed.iter().chain(args).map(|&arg| arg.to_owned());
        let mut command = waxseal(self.dir.root(), args.chain(self.providers.led()));
        command
            .env("HOME", self.folder.path().join("home"))
            .env("WAXSEAL_VERIFY_RATE", "500")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let began = Instant::now();
        while self.providers.asked().len() < questions {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "nothing is asked"
            );
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended before it asked: {ended:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        // the first answer is on its way
        std::thread::sleep(Duration::from_millis(500));
        child
    }
}

use crate::support::program::finished;

fn interrupt(child: &Child) {
    let id = child.id().to_string();
    let status = Command::new("kill").args(["-INT", &id]).status();
    assert!(status.unwrap().success());
}

#[test]
fn ctrl_c_ends_the_asking_and_tells_what_is_known() {
    let bench = bench(12, quick);
    let child = bench.started(&["--format", "json"], 4);
    let began = Instant::now();
    interrupt(&child);
    let run = finished(child.wait_with_output().unwrap());
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(run.code, 2, "{}", run.err);
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"));
    let verdicts = verdicts(&report);
    assert_eq!(verdicts.len(), 12);
    assert_eq!(
        verdicts.iter().filter(|it| *it == "live").count(),
        1,
        "{verdicts:?}"
    );
    assert_eq!(verdicts.iter().filter(|it| *it == "unknown").count(), 11);
    assert_eq!(report["verification"]["stopped"], true);
    assert_eq!(report["verification"]["unanswered"], 11);
    let reasons = report["findings"].to_string();
    assert!(
        reasons.contains("the run was stopped before there was an answer"),
        "{reasons}"
    );
    assert!(run.err.contains("stopping: "), "{}", run.err);
    assert!(
        run.err
            .contains("incomplete: stopped: nobody answered about 11 findings"),
        "{}",
        run.err
    );
    // what was learned is kept, and the next run asks about the rest
    let asked = bench.providers.asked().len();
    let again = bench.started(&["--format", "json"], asked + 4);
    interrupt(&again);
    let run = finished(again.wait_with_output().unwrap());
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["verification"]["cached"], 1, "{}", run.err);
    let first = text("<<sendgrid-key#k0>>");
    let asked = bench.providers.asked();
    assert_eq!(
        asked
            .iter()
            .filter(|it| it.credential.contains(&first))
            .count(),
        1
    );
}

#[test]
fn a_run_that_waits_for_its_rate_or_for_a_provider_is_stopped_too() {
    let bench = bench(40, |_| json(429, "{}"));
    let child = bench.started(&["--verify-rate", "1"], 1);
    let began = Instant::now();
    interrupt(&child);
    let run = finished(child.wait_with_output().unwrap());
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.out.contains("the run was stopped"), "{}", run.out);
}

#[test]
fn a_second_ctrl_c_ends_it_at_once() {
    // more than a pipe holds that nobody reads from
    let bench = bench(1500, quick);
    let mut child = bench.started(&[], 4);
    interrupt(&child);
    let began = Instant::now();
    std::thread::sleep(Duration::from_secs(3));
    assert!(
        child.try_wait().unwrap().is_none(),
        "it waits to write its report"
    );
    interrupt(&child);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "it goes on");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(2));
    let mut told = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert!(told.contains("interrupted before the end"), "{told}");
}

/// `script` of util-linux gives a program a terminal of its own.
#[cfg(target_os = "linux")]
#[test]
fn somebody_at_a_terminal_sees_how_far_it_is() {
    let bench = bench(8, |asked| {
        std::thread::sleep(Duration::from_millis(600));
        provider(asked)
    });
    let quoted = |arg: &String| format!("'{arg}'");
    let mut args: Vec<String> = ["scan", "--verify", "--no-verify-cache", "--color", "never"]
        .map(str::to_owned)
        .into();
    args.extend(bench.providers.led());
    args.insert(0, env!("CARGO_BIN_EXE_waxseal").to_owned());
    let line: Vec<String> = args.iter().map(quoted).collect();
    let seen = |more: &[(&str, &str)], line: &str| {
        let mut command = Command::new("script");
        command
            .args(["-q", "-e", "-c", line, "/dev/null"])
            .current_dir(bench.dir.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", bench.folder.path())
            .env("TERM", "xterm")
            .env("COLUMNS", "100")
            .envs(more.iter().copied())
            .stdin(Stdio::null());
        finished(command.output().unwrap()).out
    };
    let told = seen(&[], &line.join(" "));
    assert!(told.contains("waxseal: asking "), "{told}");
    assert!(told.contains(" of 8 credentials"), "{told}");
    assert!(told.contains("asked about 8 credentials"), "{told}");
    for (more, args) in [
        (&[("CI", "true")][..], ""),
        (&[], " -q"),
        (&[], " 2>&1 | cat"),
    ] {
        let told = seen(more, &format!("{}{args}", line.join(" ")));
        assert!(
            !told.contains("waxseal: asking "),
            "{more:?} {args}: {told}"
        );
    }
}
