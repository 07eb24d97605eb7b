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

/// What lets nothing pass need not be readable. The fingerprints are those in it as long as its first line is.
#[test]
fn without_a_baseline_a_broken_one_is_no_matter() {
    let repo = based();
    let print = fingerprint(&repo, "b.py");
    let scan = || {
        let (report, run) = json(&repo, ["--no-baseline"]);
        assert_eq!(run.code, 1, "{}", run.err);
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|it| it["path"] == "b.py").unwrap();
        (found["fingerprint"].as_str().unwrap().to_owned(), run.err)
    };
    let text = said(&repo);
    repo.write(FILE, format!("{text}<<<<<<< HEAD\n"));
    assert_eq!(scan().0, print);
    let file = fs::File::options()
        .write(true)
        .open(repo.path(FILE))
        .unwrap();
    file.set_len(1 << 30).unwrap();
    assert_eq!(scan().0, print);
    repo.write(FILE, "no baseline\n");
    let (other, told) = scan();
    assert_ne!(other, print);
    assert!(
        told.contains("fingerprints are others than those in it"),
        "{told}"
    );
    fs::remove_file(repo.path(FILE)).unwrap();
    fs::create_dir(repo.path(FILE)).unwrap();
    assert_eq!(scan().0, other);
    let hook = run(repo.root(), ["hook", "run", "pre-commit", "--no-baseline"]);
    assert_says(&hook, 0, &[]);
}

/// A key that does not belong to the entries would make all of them void, and the next `prune` would remove them.
#[test]
fn a_first_line_that_was_changed_is_told() {
    let repo = based();
    let text = said(&repo);
    let salt = &text[31..95];
    let other = if salt.starts_with('0') { "1" } else { "0" };
    repo.write(
        FILE,
        text.replacen(salt, &(other.to_owned() + &salt[1..]), 1),
    );
    refused(&repo, &["line 1: the `salt` of the header is not the one"]);
    // the line of another baseline fits itself, and nothing else
    repo.write("c.py", leak("c"));
    let add = ["baseline", "add", "--all", "--reason", "x"];
    repo.write(FILE, &text);
    assert_says(&run(repo.root(), add), 0, &["added "]);
    let elsewhere = said(&based());
    let (own, rest) = said(&repo)
        .split_once('\n')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let first = elsewhere.lines().next().unwrap();
    let changed = format!("{first}\n{rest}");
    repo.write(FILE, &changed);
    assert_says(
        &run(repo.root(), ["scan"]),
        1,
        &["not one of its entries names anything"],
    );
    let prune = run(repo.root(), ["baseline", "prune"]);
    assert_says(
        &prune,
        2,
        &["not one of its 3 entries names anything", "was not written"],
    );
    assert_eq!(said(&repo), changed);
    repo.write(FILE, format!("{own}\n{rest}"));
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
