//! The commands that change a baseline, and `explain`.

use super::*;

#[test]
fn a_baseline_is_made_once() {
    let repo = repo();
    let made = run(
        &repo.path("src"),
        ["baseline", "create", "--expires", "9999-12-31"],
    );
    assert_says(
        &made,
        0,
        &["made with 2 entries", "baseline audit", "merge=union"],
    );
    let text = said(&repo);
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains("\"expires\":\"9999-12-31\"}"), "{text}");
    assert!(text.lines().next().unwrap().contains("\"covers\":\"tree\""));
    let again = run(repo.root(), ["baseline", "create"]);
    assert_says(&again, 2, &["is there already", "add --all"]);
    assert_eq!(said(&repo), text);
    assert!(
        fs::read_dir(repo.root())
            .unwrap()
            .all(|it| { !it.unwrap().file_name().to_string_lossy().ends_with(".part") })
    );
    // two of them have two keys
    let other = super::repo();
    assert_says(&run(other.root(), ["baseline", "create"]), 0, &[]);
    assert_ne!(said(&other).lines().next(), text.lines().next());
    // with the line in .gitattributes nobody is told of it
    let third = super::repo();
    third.write(".gitattributes", format!("{FILE} merge=union\n"));
    let made = run(third.root(), ["baseline", "create"]);
    assert!(!made.out.contains("merge=union"), "{}", made.out);
    // the file itself is no finding
    assert_says(&run(third.root(), ["scan"]), 0, &[]);
}

#[test]
fn what_is_added_needs_a_reason_and_may_be_changed() {
    let repo = based();
    repo.write("c.py", leak("c"));
    let print = fingerprint(&repo, "c.py");
    let add = |args: &[&str]| run(repo.root(), [&["baseline", "add"], args].concat());
    assert_says(&add(&[&print]), 2, &["--reason TEXT"]);
    assert_says(&add(&[]), 2, &["FINGERPRINT"]);
    assert_says(
        &add(&["0123456", "--reason", "x"]),
        2,
        &["0123456 is too short for a fingerprint", "first 8"],
    );
    assert_says(
        &add(&["0123456g", "--reason", "x"]),
        2,
        &["is no fingerprint", "scan -v"],
    );
    assert_says(
        &add(&["00000000", "--reason", "x"]),
        2,
        &["no finding has", "--history"],
    );
    assert_says(
        &add(&[&print[..8].to_uppercase(), "--reason", "a test"]),
        0,
        &["added ", &print],
    );
    assert_says(&run(repo.root(), ["scan"]), 0, &["3 findings"]);
    let change = [
        "--reason",
        "rotated",
        "--owner",
        "web",
        "--expires",
        "9031-01-31",
    ];
    assert_says(&add(&[&[&*print][..], &change].concat()), 0, &["changed "]);
    assert!(
        said(&repo).contains("\"reason\":\"rotated\",\"owner\":\"web\",\"expires\":\"9031-01-31\"")
    );
    // what is not said anew stays
    assert_says(&add(&[&print, "--reason", "soon gone"]), 0, &["changed "]);
    assert!(
        said(&repo)
            .contains("\"reason\":\"soon gone\",\"owner\":\"web\",\"expires\":\"9031-01-31\"")
    );
    for (option, value, says) in [
        ("--expires", "9031-02-30", "no day of the calendar"),
        ("--expires", "soon", "2026-03-31"),
        ("--expires", "2001-02-03", "that day is over"),
        ("--owner", " ", "nothing is said"),
        ("--owner", &*"x".repeat(501), "longer than 500"),
    ] {
        assert_says(&add(&[&print, "--reason", "x", option, value]), 2, &[says]);
    }
}

#[test]
fn one_finding_may_be_the_first_entry() {
    let repo = repo();
    let old = fingerprint(&repo, "b.py");
    let added = run(
        repo.root(),
        ["baseline", "add", &old[..8], "--reason", "a test"],
    );
    assert_says(
        &added,
        0,
        &["added ", "made, with a key of its own", "merge=union"],
    );
    let new = fingerprint(&repo, "b.py");
    assert_ne!(old, new);
    assert!(said(&repo).contains(&new) && !said(&repo).contains(&old));
    let (report, _) = json(&repo, []);
    assert_eq!(paths(&report, "findings"), ["src/a.py"]);
}

#[test]
fn a_reason_that_quotes_a_secret_is_refused() {
    let repo = repo();
    let key = leak("a");
    let part = &key[12..30];
    let found = fingerprint(&repo, "b.py");
    for args in [
        vec!["create", "--reason", part],
        vec!["create", "--owner", part],
        vec!["add", &found, "--reason", part],
        // one that is nowhere yet
        vec!["add", &found, "--reason", &*leak("elsewhere")],
    ] {
        let refused = run(repo.root(), ["baseline"].into_iter().chain(args));
        assert_says(&refused, 2, &["quotes a secret"]);
        assert!(!repo.path(FILE).exists());
    }
    // one that was written by hand is not repeated
    let repo = based();
    let text = said(&repo).replace("known", part);
    repo.write(FILE, text);
    for format in ["text", "json", "sarif"] {
        let shown = run(repo.root(), ["scan", "-v", "--format", format]);
        assert!(!(shown.out.clone() + &shown.err).contains(part), "{format}");
        assert_says(&shown, 0, &["it quotes a secret"]);
    }
}

#[test]
fn what_is_removed_counts_again() {
    let repo = based();
    let print = fingerprint(&repo, "b.py");
    let gone = run(repo.root(), ["baseline", "remove", &print[..8]]);
    assert_says(&gone, 0, &["removed ", &print, "sendgrid-api-key"]);
    assert_says(&run(repo.root(), ["scan"]), 1, &["b.py:1:8"]);
    let again = run(repo.root(), ["baseline", "remove", &print]);
    assert_says(&again, 2, &["no entry begins with"]);
    let none = super::repo();
    for args in [vec!["remove", "00000000"], vec!["prune"]] {
        let refused = run(none.root(), ["baseline"].into_iter().chain(args));
        assert_says(&refused, 2, &["is not there", "create"]);
    }
}

#[test]
fn what_is_of_no_use_is_told_and_pruned() {
    let repo = based();
    let print = fingerprint(&repo, "b.py");
    repo.write("b.py", "gone = 1\n");
    let told = run(repo.root(), ["scan"]);
    assert_says(
        &told,
        0,
        &["1 entry of it names nothing that is there", &print, "prune"],
    );
    let (report, failed) = json(&repo, ["--fail-on-unused-allow"]);
    assert_eq!(
        (failed.code, report["outcome"].as_str()),
        (1, Some("found"))
    );
    assert_eq!(
        report["baseline"]["unused"][0]["fingerprint"],
        print.as_str()
    );
    // a scan of a part knows nothing of the rest, and neither does one without the rule
    for args in [
        vec!["src"],
        vec!["src", "b.py"],
        vec!["--staged"],
        vec!["--history"],
        vec!["--no-binary"],
    ] {
        let (report, part) = json(
            &repo,
            args.iter().copied().chain(["--fail-on-unused-allow"]),
        );
        assert_eq!(report["baseline"]["unused"], Value::Null, "{args:?}");
        assert_says(&part, 0, &[]);
    }
    let (report, _) = json(&repo, ["--skip-rule", "sendgrid-api-key"]);
    assert_eq!(report["baseline"]["unused"], Value::Array(Vec::new()));
    let before = said(&repo);
    let dry = run(repo.root(), ["baseline", "prune", "--dry-run"]);
    assert_says(&dry, 0, &["would remove ", &print]);
    assert_eq!(said(&repo), before);
    // a file that a checkout left out may hold what an entry is about
    repo.git(&["update-index", "--skip-worktree", "src/a.py"]);
    fs::rename(repo.path("src/a.py"), repo.path("kept")).unwrap();
    let unknown = run(repo.root(), ["baseline", "prune"]);
    assert_says(&unknown, 2, &["sparse checkout", "was not written"]);
    fs::rename(repo.path("kept"), repo.path("src/a.py")).unwrap();
    repo.git(&["update-index", "--no-skip-worktree", "src/a.py"]);
    assert_says(
        &run(repo.root(), ["baseline", "prune"]),
        0,
        &["removed ", &print],
    );
    assert_says(
        &run(repo.root(), ["scan", "--fail-on-unused-allow"]),
        0,
        &["1 finding is in"],
    );
}

#[test]
fn a_comment_of_no_use_fails_a_run_that_asks_for_it() {
    let repo = Scratch::repo();
    repo.write(
        "a.py",
        format!("# waxseal:allow smtp-login why\n{}", leak("a")),
    );
    let plain = run(repo.root(), ["scan"]);
    assert!(!plain.err.contains("none of them pass"), "{}", plain.err);
    assert_says(&run(repo.root(), ["baseline", "create"]), 0, &[]);
    assert_says(&run(repo.root(), ["scan"]), 0, &[]);
    let failed = run(repo.root(), ["scan", "--fail-on-unused-allow"]);
    assert_says(
        &failed,
        1,
        &["1 waxseal:allow comment lets nothing pass", "a.py:1"],
    );
    // what a comment and an entry let pass is of use by both
    let both = leak("a").replace('\n', "  # waxseal:allow sendgrid-api-key why\n");
    repo.write("a.py", both);
    assert_says(
        &run(repo.root(), ["scan", "--fail-on-unused-allow"]),
        0,
        &["1 finding allowed"],
    );
    assert_says(
        &run(repo.root(), ["baseline", "prune"]),
        0,
        &["nothing to remove"],
    );
}

#[test]
fn what_has_expired_counts_again_and_is_named() {
    let repo = repo();
    let create = [
        "baseline",
        "create",
        "--owner",
        "ops",
        "--expires",
        "9999-02-03",
    ];
    assert_says(&run(repo.root(), create), 0, &[]);
    repo.write(FILE, said(&repo).replace("9999-02-03", "2001-02-03"));
    let scan = run(repo.root(), ["scan"]);
    let says = [
        "note: the baseline let it pass until 2001-02-03",
        "2 entries of it have expired",
        ", until 2001-02-03 (ops)",
    ];
    assert_says(&scan, 1, &says);
    let (report, _) = json(&repo, []);
    assert_eq!(paths(&report, "findings").len(), 2);
    assert_eq!(report["baseline"]["expired"][0]["expires"], "2001-02-03");
    // they are of use still: what they name is there
    assert_eq!(report["baseline"]["unused"], Value::Array(Vec::new()));
    let print = fingerprint(&repo, "b.py");
    let explained = run(repo.root(), ["explain", &print]);
    assert_says(&explained, 0, &["counts again", "its time is over"]);
    let past = ["baseline", "create", "--expires", "2001-02-03"];
    let refused = run(super::repo().root(), past);
    assert_says(&refused, 2, &["that day is over (today is "]);
}

#[test]
fn an_ambiguous_fingerprint_names_the_candidates() {
    let repo = Scratch::repo();
    repo.write("a.py", "x = 1\n");
    let line = |rest: &str| {
        format!("{{\"fingerprint\":\"01234567{rest:0<24}\",\"rule\":\"smtp-login\"}}\n")
    };
    let header = "{\"waxseal_baseline\":1,\"salt\":\"00000000000000000000000000000000000000000000000000000000000000ff\"}\n";
    repo.write(FILE, format!("{header}{}{}", line("a"), line("b")));
    let before = said(&repo);
    for command in [
        vec!["baseline", "remove", "01234567"],
        vec!["explain", "01234567"],
    ] {
        let refused = run(repo.root(), command);
        assert_says(
            &refused,
            2,
            &[
                "the beginning of 2 fingerprints",
                "  01234567a000",
                "  01234567b000",
                "smtp-login",
            ],
        );
    }
    assert_eq!(said(&repo), before);
    assert_says(
        &run(repo.root(), ["baseline", "remove", "01234567b"]),
        0,
        &["removed 01234567b"],
    );
}

/// An entry says which rule it is about, for those who review it. One that says another lets nothing pass.
#[test]
fn an_entry_that_names_another_rule_lets_nothing_pass() {
    let repo = based();
    repo.write(FILE, said(&repo).replace("sendgrid-api-key", "dotenv-file"));
    let scan = run(repo.root(), ["scan"]);
    assert_says(&scan, 1, &["2 findings", "2 entries of it name nothing"]);
}

#[test]
fn what_could_not_be_read_makes_no_baseline() {
    let repo = repo();
    let id = crate::support::history::asked(&repo, "", &["rev-parse", "HEAD:b.py"]);
    fs::remove_file(repo.path(crate::support::history::loose(&id))).unwrap();
    let refused = run(repo.root(), ["baseline", "create", "--history"]);
    assert_says(&refused, 2, &[&id, "the baseline was not written"]);
    assert!(!repo.path(FILE).exists());
    assert_says(&run(repo.root(), ["baseline", "create"]), 0, &[]);
    let before = said(&repo);
    let add = ["baseline", "add", "--all", "--history", "--reason", "x"];
    assert_says(&run(repo.root(), add), 2, &["was not written"]);
    assert_eq!(said(&repo), before);
}

#[test]
fn a_rule_is_explained() {
    let dir = Scratch::new();
    let explained = run(dir.root(), ["explain", "sendgrid-api-key"]);
    let says = [
        "sendgrid-api-key: SendGrid API key",
        "Why it matters:",
        "What to do:\n  1. ",
        "Controls it touches:",
        "CWE-798: Use of Hard-coded Credentials",
        "waxseal:allow sendgrid-api-key REASON",
    ];
    assert_says(&explained, 0, &says);
    let notice = run(dir.root(), ["explain", "policy-too-wide"]);
    let says = ["policy-too-wide: Policy that lets", "the repository can't"];
    assert_says(&notice, 0, &says);
    assert!(!notice.out.contains("waxseal:allow"), "{}", notice.out);
    assert_says(
        &run(dir.root(), ["explain", "sendgrid-api-kye"]),
        2,
        &["did you mean `sendgrid-api-key`?"],
    );
    assert_says(
        &run(dir.root(), ["explain", "0123456789"]),
        2,
        &["no finding has the fingerprint 0123456789"],
    );
}

#[test]
fn a_finding_is_explained_with_all_its_places() {
    let repo = repo();
    repo.write("copy.py", leak("b"));
    let print = fingerprint(&repo, "b.py");
    let explained = run(&repo.path("src"), ["explain", &print[..10]]);
    let says = [
        &*print,
        "counts: it is not in the baseline",
        "b.py:1:8",
        "copy.py:1:8",
        "What to do:",
    ];
    assert_says(&explained, 0, &says);
    assert_says(
        &run(repo.root(), ["baseline", "create", "--reason", "known"]),
        0,
        &[],
    );
    let print = fingerprint(&repo, "b.py");
    assert_says(
        &run(repo.root(), ["explain", &print]),
        0,
        &["let pass by the baseline: known"],
    );
    repo.write("b.py", "").write("copy.py", "");
    let absent = run(repo.root(), ["explain", &print]);
    assert_says(
        &absent,
        0,
        &[
            "for sendgrid-api-key: known",
            "nothing has it in the work tree; --history",
        ],
    );
    let old = run(repo.root(), ["explain", "--history", &print]);
    assert_says(
        &old,
        0,
        &["let pass by the baseline", "came in with commit"],
    );
}

#[test]
fn an_audit_needs_a_terminal() {
    let repo = repo();
    let refused = run(repo.root(), ["baseline", "audit"]);
    assert_says(&refused, 2, &["have to be a terminal", "baseline add"]);
}

/// What is said of a configuration that lets too much pass is not to be silenced in turn.
#[test]
fn what_lets_too_much_pass_is_let_pass_by_no_entry() {
    let repo = Scratch::repo();
    repo.write(".env", text("DB_PASSWORD=<<password>>\n"));
    repo.write(
        ".waxseal.toml",
        "[[exclude]]\nreason = \"made up\"\npaths = [\".env\"]\n",
    );
    let scan = run(repo.root(), ["scan", "--format", "json"]);
    assert_says(&scan, 1, &["policy-too-wide"]);
    let made = run(repo.root(), ["baseline", "create", "--reason", "x"]);
    assert_says(&made, 0, &["made with 0 entries"]);
    let report: Value =
        serde_json::from_str(&run(repo.root(), ["scan", "--format", "json"]).out).unwrap();
    let header = said(&repo);
    for finding in report["findings"].as_array().unwrap() {
        let print = finding["fingerprint"].as_str().unwrap();
        let refused = run(repo.root(), ["baseline", "add", print, "--reason", "x"]);
        assert_says(&refused, 2, &["no finding has the fingerprint"]);
        let entry = format!("{{\"fingerprint\":\"{print}\",\"rule\":\"policy-too-wide\"}}\n");
        repo.write(FILE, format!("{header}{entry}"));
        assert_says(&run(repo.root(), ["scan"]), 1, &["policy-too-wide"]);
        repo.write(FILE, &header);
    }
}
