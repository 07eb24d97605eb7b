//! Baselines that can't be used: one clear error, from every command that reads one, and nothing written.

use super::*;

/// Every way to read the baseline of `repo` ends as failed, says these, and changes nothing.
#[track_caller]
fn refused(repo: &Scratch, says: &[&str]) {
    let path = repo.path(FILE);
    let before = fs::metadata(&path)
        .map(|meta| (meta.len(), meta.modified().unwrap()))
        .ok();
    for args in [
        vec!["scan"],
        vec!["scan", "--no-baseline"],
        vec!["scan", "--staged"],
        vec!["scan", "--history"],
        vec!["hook", "run", "pre-commit"],
        vec!["baseline", "add", "--all", "--reason", "x"],
        vec!["baseline", "remove", "00000000"],
        vec!["baseline", "prune"],
        vec!["explain", "00000000"],
    ] {
        let run = run(repo.root(), &args);
        assert_eq!(run.out, "", "{args:?}");
        assert_says(&run, 2, says);
    }
    let after = fs::metadata(&path)
        .map(|meta| (meta.len(), meta.modified().unwrap()))
        .ok();
    assert_eq!(before, after);
}

#[test]
fn marks_of_a_merge_are_named_with_their_line() {
    let repo = based();
    let text = said(&repo);
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(2, "<<<<<<< HEAD");
    repo.write(FILE, lines.join("\n"));
    refused(
        &repo,
        &[FILE, "line 3: this is the mark of a merge", "merge=union"],
    );
}

#[test]
fn a_broken_line_is_named_and_not_quoted() {
    let repo = based();
    let text = said(&repo);
    repo.write(FILE, &text[..text.len() - 20]);
    refused(&repo, &["line 3: ", "cut off"]);
    repo.write(FILE, format!("{text}DB_PASSWORD=Harbor-47-tzk\n"));
    refused(&repo, &["line 4: this is no entry"]);
    let scan = run(repo.root(), ["scan"]);
    assert!(!scan.err.contains("Harbor"), "{}", scan.err);
    repo.write(FILE, "");
    refused(&repo, &["empty and no baseline"]);
    repo.write(FILE, b"\xff\xfe");
    refused(&repo, &["line 1: this is not UTF-8"]);
}

#[test]
fn two_baselines_that_were_put_together_are_refused() {
    let repo = based();
    let (one, other) = (said(&repo), said(&based()));
    repo.write(FILE, one + &other);
    refused(&repo, &["line 4: this header has another key", "add --all"]);
}

#[test]
fn one_of_a_gigabyte_is_not_read() {
    let repo = based();
    let file = fs::File::options()
        .write(true)
        .open(repo.path(FILE))
        .unwrap();
    file.set_len(1 << 30).unwrap();
    refused(&repo, &["larger than 64 MiB"]);
}

#[test]
fn several_entries_for_one_value_are_told() {
    let repo = based();
    let text = said(&repo);
    let last = text.lines().last().unwrap().replace("known", "also known");
    repo.write(FILE, format!("{text}{last}\n"));
    let print = &last[16..48];
    let scan = run(repo.root(), ["scan"]);
    assert_says(
        &scan,
        0,
        &["several entries for", print, "do not say the same"],
    );
    let (report, _) = json(&repo, []);
    assert_eq!(report["baseline"]["doubled"][0], print);
    // the same line twice is no matter
    let first = text.lines().nth(1).unwrap();
    repo.write(FILE, format!("{text}{first}\n"));
    assert!(!run(repo.root(), ["scan"]).err.contains("several"));
}

#[test]
fn a_folder_or_a_file_that_is_not_there_is_refused() {
    let repo = repo();
    fs::create_dir(repo.path(FILE)).unwrap();
    refused(&repo, &[FILE, "this is no regular file"]);
    for args in [
        ["scan", "--baseline", "nowhere.jsonl"],
        ["scan", "--baseline", "src"],
    ] {
        let run = run(repo.root(), args);
        assert_says(&run, 2, &[args[2]]);
    }
    let both = run(repo.root(), ["scan", "--baseline", "x", "--no-baseline"]);
    assert_says(&both, 2, &["--no-baseline"]);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_the_repository_is_refused() {
    use std::os::unix::fs::symlink;
    let outside = Scratch::new();
    let repo = based();
    fs::rename(repo.path(FILE), outside.path("out.jsonl")).unwrap();
    symlink(outside.path("out.jsonl"), repo.path(FILE)).unwrap();
    refused(&repo, &["leads out of the repository; --baseline"]);
    let create = run(repo.root(), ["baseline", "create"]);
    assert_says(&create, 2, &["leads out of the repository"]);
    // one that stays inside is followed, and stays a link
    fs::remove_file(repo.path(FILE)).unwrap();
    fs::rename(outside.path("out.jsonl"), repo.path("src/real.jsonl")).unwrap();
    symlink("src/real.jsonl", repo.path(FILE)).unwrap();
    assert_says(&run(repo.root(), ["scan"]), 0, &[]);
    repo.write("c.py", leak("c"));
    let add = ["baseline", "add", "--all", "--reason", "x"];
    assert_says(&run(repo.root(), add), 0, &["added "]);
    assert!(repo.path(FILE).is_symlink());
    assert_says(&run(repo.root(), ["scan"]), 0, &["3 findings are in"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let repo = repo();
    let made = std::process::Command::new("mkfifo")
        .arg(repo.path(FILE))
        .status();
    assert!(made.unwrap().success());
    refused(&repo, &["this is no regular file"]);
}
