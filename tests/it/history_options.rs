//! The options of `scan --history`: which go together, what is refused, and which configuration file counts.

#[cfg(target_os = "linux")]
use std::{fs, process::Stdio, time::Duration, time::Instant};

use crate::support::history::commit;
use crate::support::program::{Run, finished, run, text, waxseal};
use crate::support::repo::Scratch;

fn refused(dir: &Scratch, args: &[&str]) -> Run {
    let run = run(dir.root(), [&["scan"][..], args].concat());
    assert_eq!((run.code, &*run.out), (2, ""), "{args:?}: {}", run.err);
    run
}

#[test]
fn options_of_a_history_need_one() {
    let dir = Scratch::repo();
    for option in [
        &["--range", "a..b"][..],
        &["--branch", "main"],
        &["--since", "2024-01-31"],
        &["--reachable"],
        &["--allow-missing"],
        &["--history-engine", "delta"],
    ] {
        let run = refused(&dir, option);
        let told = format!("waxseal: {} is about a history: it needs", option[0]);
        assert!(run.err.starts_with(&told), "{}", run.err);
    }
}

#[test]
fn a_history_is_scanned_instead_of_files() {
    let dir = Scratch::repo();
    dir.write("a.txt", "");
    for other in [
        &["a.txt"][..],
        &["-"],
        &["--no-ignore"],
        &["--submodules"],
        &["--stdin-path", "a.txt"],
    ] {
        for history in [&["--history"][..], &["--git-dir", ".git"]] {
            let run = refused(&dir, &[other, history].concat());
            assert!(run.err.contains("cannot be used with"), "{}", run.err);
            assert!(
                run.err.contains(other[0]) || run.err.contains("PATH"),
                "{}",
                run.err
            );
        }
    }
}

#[test]
fn contradictions_are_refused() {
    let dir = Scratch::repo();
    let both = refused(&dir, &["--history", "..", "--git-dir", ".git"]);
    assert!(both.err.contains("give --history no REPO"), "{}", both.err);
    let two = ["--history", "--range", "a..b", "--branch", "main"];
    let two = refused(&dir, &two);
    assert!(two.err.contains("cannot be used with"), "{}", two.err);
}

#[test]
fn what_an_option_cannot_take_is_refused() {
    let dir = Scratch::repo();
    for (option, value, hint) in [
        ("--range", "main", "origin/main..HEAD"),
        ("--range", "a...b", "a range is A..B"),
        ("--since", "yesterday", "90 days ago"),
        ("--max-blob-size", "10MB", "10M"),
        ("--history-engine", "fast", "naive"),
    ] {
        let run = refused(&dir, &["--history", option, value]);
        assert!(
            run.err.contains(value) && run.err.contains(hint) && run.err.contains(option),
            "{}",
            run.err
        );
    }
}

#[test]
fn the_configuration_is_that_of_the_work_tree() {
    let dir = Scratch::new();
    dir.write("work/sub/a.txt", "");
    dir.git(&["init", "-q", "work"]);
    dir.git(&["init", "-q", "--bare", "bare"]);
    for at in ["", "work/", "work/sub/", "bare/"] {
        dir.write(format!("{at}.waxseal.toml"), "nonsense = 1\n");
    }
    let read = |args: &[&str]| {
        let run = run(dir.root(), [&["scan"][..], args].concat());
        let read = |at: &str| run.err.contains(&format!("{at}/.waxseal.toml: "));
        (read("work"), run.err.matches(".waxseal.toml").count())
    };
    for args in [
        &["--history", "work"][..],
        &["--history", "work/sub"],
        &["--history", "work/.git"],
        &["--git-dir", "work/.git"],
        &["--history", "--git-dir", "work/.git"],
    ] {
        assert_eq!(read(args), (true, 1), "{args:?}");
    }
    for args in [
        &["--history", "bare"][..],
        &["--git-dir", "bare"],
        &["--git-dir", "bare/refs"],
        // no repository at all
        &["--history"],
        &["--git-dir", "nowhere"],
    ] {
        assert_eq!(read(args), (false, 0), "{args:?}");
    }
}

#[test]
fn what_is_left_out_by_its_name_speaks_for_no_other_file_of_its_kind() {
    let repo = Scratch::repo();
    // both are samples of dotenv files, and the first one stands for all of them while names are all that is known
    commit(
        &repo,
        ".env.example",
        text("SMTP_PASSWORD=<<password#a>>\n"),
    );
    commit(&repo, ".env.sample", text("SMTP_PASSWORD=<<password#b>>\n"));
    commit(
        &repo,
        ".waxseal.toml",
        "[[exclude]]\npaths = ['.env.example']\nreason = 'made up'\n",
    );
    for engine in ["delta", "naive"] {
        let run = run(
            repo.root(),
            ["scan", "--history", "--history-engine", engine],
        );
        assert_eq!(run.code, 1, "{engine}: {}", run.err);
        assert!(run.out.contains(".env.sample"), "{engine}: {}", run.out);
        assert!(!run.out.contains(".env.example"), "{engine}: {}", run.out);
    }
}

#[test]
fn what_is_no_repository_is_one_clear_error() {
    let dir = Scratch::new();
    dir.write("a.txt", "");
    for args in [
        &["--history"][..],
        &["--history", "nowhere"],
        &["--git-dir", "."],
    ] {
        let run = refused(&dir, args);
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
        assert!(run.err.starts_with("waxseal: "), "{}", run.err);
    }
}

#[test]
fn no_progress_is_drawn_where_nobody_watches() {
    let dir = Scratch::repo();
    dir.write("a.py", "x\n")
        .git(&["add", "."])
        .git(&["commit", "-qm", "1"]);
    for ci in ["", "true"] {
        let mut command = waxseal(dir.root(), ["scan", "--history"]);
        if !ci.is_empty() {
            command.env("CI", ci);
        }
        let run = finished(command.output().unwrap());
        assert_eq!(run.code, 0, "{}", run.err);
        let is_control = |byte: u8| byte.is_ascii_control() && byte != b'\n';
        assert!(!run.err.bytes().any(is_control), "{:?}", run.err);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_ends_the_scan_of_a_history_at_once_as_incomplete() {
    let dir = Scratch::repo();
    // enough to be busy with for a while
    dir.write("a.py", "smtp_password = get('x')\n".repeat(1 << 20))
        .git(&["add", "."])
        .git(&["commit", "-qm", "1"]);
    let child = waxseal(dir.root(), ["scan", "--history"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !catches_interrupts(child.id()) {
        assert!(began.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(1));
    }
    let sent = Instant::now();
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let run = finished(child.wait_with_output().unwrap());
    assert!(sent.elapsed() < Duration::from_secs(10));
    assert_eq!((run.code, &*run.out), (2, ""));
    let said = "waxseal: interrupted before the end; this result is not complete and not clean\n";
    assert_eq!(run.err, said);
}

/// Whether the process has a handler of its own for Ctrl-C.
#[cfg(target_os = "linux")]
fn catches_interrupts(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    caught.is_some_and(|bits| bits & 0b10 != 0)
}
