//! Where the commands look, and that nothing goes that lies elsewhere.

use super::*;

/// Lines with the same password, that several rules are about.
fn login(value: &str) -> String {
    format!(
        "EMAIL_HOST = 'smtp.harbor.io'\nEMAIL_HOST_USER = 'news'\nEMAIL_HOST_PASSWORD = '{value}'\n"
    )
}

fn password(label: &str) -> String {
    text(&format!("<<password#{label}>>"))
}

/// A file that was deleted and not yet staged is not there; one that a checkout leaves out may hold anything.
#[test]
fn what_was_deleted_is_gone_and_what_was_left_out_is_not() {
    let repo = based();
    let print = fingerprint(&repo, "b.py");
    fs::remove_file(repo.path("b.py")).unwrap();
    let scan = run(repo.root(), ["scan", "--fail-on-unused-allow"]);
    assert_says(&scan, 1, &["1 entry of it names nothing", &print]);
    assert_says(
        &run(repo.root(), ["scan", "-v"]),
        0,
        &["1 file deleted from the work tree"],
    );
    let pruned = run(repo.root(), ["baseline", "prune"]);
    assert_says(&pruned, 0, &["removed ", &print]);
}

/// What was added from files that are not scanned by themselves is not taken out by a look at those that are.
#[test]
fn what_lies_beyond_is_kept() {
    let repo = repo();
    repo.write(".gitignore", "/local/\n")
        .write("local/c.py", leak("c"));
    let create = ["baseline", "create", "--no-ignore", "--reason", "x"];
    assert_says(&run(repo.root(), create), 0, &["3 entries"]);
    assert!(
        said(&repo).contains("\"also\":[\"ignored\"]"),
        "{}",
        said(&repo)
    );
    let (report, scan) = json(&repo, []);
    assert_says(&scan, 0, &["2 findings are in"]);
    assert_eq!(report["baseline"]["unused"], Value::Null);
    assert_says(
        &run(repo.root(), ["baseline", "prune"]),
        0,
        &["nothing to remove"],
    );
    let (report, _) = json(&repo, ["--no-ignore"]);
    assert_eq!(report["baseline"]["unused"], Value::Array(Vec::new()));
    repo.write("local/c.py", "");
    assert_says(&run(repo.root(), ["baseline", "prune"]), 0, &["removed "]);
    // a submodule, or what is one but for its name
    let other = super::repo();
    Scratch::git(&other, &["init", "-q", "inner"]);
    other.write("inner/d.py", leak("d"));
    let print = {
        let (report, _) = json(&other, ["--submodules"]);
        let findings = report["findings"].as_array().unwrap().clone();
        let found = findings
            .iter()
            .find(|it| it["path"] == "inner/d.py")
            .unwrap();
        found["fingerprint"].as_str().unwrap().to_owned()
    };
    let add = |args: &[&str]| {
        let all = [&["baseline", "add", &print, "--reason", "x"], args].concat();
        run(other.root(), all)
    };
    assert_says(&add(&[]), 2, &["no finding has the fingerprint"]);
    assert_says(&add(&["--submodules"]), 0, &["added "]);
    assert_says(
        &run(other.root(), ["baseline", "prune"]),
        0,
        &["nothing to remove"],
    );
    assert!(said(&other).contains("\"also\":[\"submodules\"]"));
}

#[test]
fn what_is_staged_or_a_part_of_a_history_is_looked_at_by_itself() {
    let repo = repo();
    repo.git(&["checkout", "-qb", "topic"]);
    commit(&repo, "c.py", leak("c"));
    commit(&repo, "c.py", "gone = 1\n");
    repo.write("d.py", leak("d")).git(&["add", "d.py"]);
    repo.write("e.py", leak("e"));
    let add = |args: &[&str]| {
        let all = [&["baseline", "add", "--all", "--reason", "x"], args].concat();
        let run = run(repo.root(), all);
        (run.out.matches("added ").count(), run)
    };
    assert_eq!(add(&["--staged"]).0, 1);
    assert!(said(&repo).contains("\"covers\":\"tree\""));
    let (count, ran) = add(&["--history", "--range", "main..topic"]);
    assert_eq!(count, 1, "{}{}", ran.out, ran.err);
    assert!(said(&repo).contains("\"covers\":\"history\""));
    let (count, ran) = add(&["--history", "--branch", "main"]);
    assert_eq!(count, 2, "{}{}", ran.out, ran.err);
    let (count, ran) = add(&["--history", "--since", "9000-01-01"]);
    assert_eq!(count, 0, "{}{}", ran.out, ran.err);
    assert_eq!(add(&["--history", "--reachable", "--allow-missing"]).0, 0);
    assert_eq!(add(&[]).0, 1, "what is neither staged nor committed");
    for (args, says) in [
        (&["--range", "a..b"][..], "--history"),
        (&["--allow-missing"], "--history"),
        (&["--staged", "--history"], "cannot be used with"),
        (&["--history", "--range", "main"], "a range is A..B"),
        (
            &["--history", "--since", "soon"],
            "no date that can be read",
        ),
    ] {
        let (_, refused) = add(args);
        assert_says(&refused, 2, &[says]);
    }
    let explained = run(repo.root(), ["explain", "00000000", "--staged"]);
    assert_says(&explained, 2, &["in what is staged"]);
    // each entry is of use for the whole
    assert_says(
        &run(repo.root(), ["baseline", "prune"]),
        0,
        &["nothing to remove"],
    );
}

/// A password that moves to where another rule finds it is the same password.
#[test]
fn an_entry_goes_with_its_value_from_rule_to_rule() {
    let repo = Scratch::repo();
    let value = password("one");
    let rule = |path: &str| {
        let (report, _) = json(&repo, ["--no-baseline"]);
        let findings = report["findings"].as_array().unwrap().clone();
        let found = findings.iter().find(|it| it["path"] == path);
        found.unwrap_or_else(|| panic!("{report}"))["rule"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    repo.write("settings.py", login(&value));
    assert_eq!(rule("settings.py"), "smtp-login");
    let made = run(repo.root(), ["baseline", "create", "--reason", "known"]);
    assert_says(&made, 0, &["1 entry"]);
    let before = said(&repo);
    fs::remove_file(repo.path("settings.py")).unwrap();
    repo.write(
        "conf/app.yml",
        format!("url: smtp://news:{value}@smtp.harbor.io:587\n"),
    );
    assert_eq!(rule("conf/app.yml"), "smtp-url");
    let scan = run(repo.root(), ["scan", "--fail-on-unused-allow", "-v"]);
    assert_says(
        &scan,
        0,
        &["1 finding is in the baseline", "smtp-url: known"],
    );
    assert_says(
        &run(repo.root(), ["baseline", "add", "--all", "--reason", "x"]),
        0,
        &["nothing to add"],
    );
    assert_says(
        &run(repo.root(), ["baseline", "prune"]),
        0,
        &["nothing to remove"],
    );
    let print = fingerprint(&repo, "conf/app.yml");
    assert_says(
        &run(repo.root(), ["explain", &print]),
        0,
        &["let pass by the baseline: known"],
    );
    assert_eq!(said(&repo), before);
    // another value does not pass
    repo.write(
        "conf/app.yml",
        format!("url: smtp://news:{}@smtp.harbor.io:587\n", password("two")),
    );
    assert_says(
        &run(repo.root(), ["scan"]),
        1,
        &["smtp-url", "1 entry of it names nothing"],
    );
    // and what was looked at as something mild is not let pass as something worse
    let repo = Scratch::repo();
    repo.write("x/prod.env", format!("APP_PASSWORD={value}\n"));
    assert_says(
        &run(repo.root(), ["baseline", "create", "--reason", "known"]),
        0,
        &[],
    );
    assert!(
        said(&repo).contains("\"rule\":\"dotenv-password\""),
        "{}",
        said(&repo)
    );
    repo.write("settings.py", login(&value));
    assert_says(
        &run(repo.root(), ["scan"]),
        1,
        &["high  smtp-login", "1 finding (1 high)"],
    );
}

/// The configuration of one repository is none of another.
#[test]
fn two_repositories_are_not_judged_by_one_of_them() {
    let both = Scratch::new();
    for name in ["l", "m"] {
        both.git(&["init", "-q", name]);
        both.write(format!("{name}/a.py"), leak(name));
        both.write(format!("{name}/sub/b.py"), "x = 1\n");
    }
    let scan = |args: &[&str]| run(both.root(), [&["scan"], args].concat());
    assert_says(&scan(&["l", "m"]), 1, &["2 findings"]);
    both.write("m/.waxseal.toml", "skip_rules = ['sendgrid-api-key']\n");
    for order in [["l", "m"], ["m", "l"], ["l/sub/b.py", "m/a.py"]] {
        let refused = scan(&order);
        let says = ["not of one repository", ".waxseal.toml", "--config FILE"];
        assert_says(&refused, 2, &says);
        assert_eq!(refused.out, "");
    }
    assert_says(&scan(&["m", "m/sub", "m/a.py"]), 0, &[]);
    both.write("own.toml", "");
    assert_says(
        &scan(&["l", "m", "--config", "own.toml"]),
        1,
        &["2 findings"],
    );
    fs::remove_file(both.path("m/.waxseal.toml")).unwrap();
    assert_says(&run(&both.path("l"), ["baseline", "create"]), 0, &[]);
    assert_says(
        &scan(&["l", "m"]),
        2,
        &[FILE, "--baseline FILE or --no-baseline"],
    );
    assert_says(&scan(&["l", "m", "--no-baseline"]), 1, &["2 findings"]);
    assert_says(
        &scan(&["l", "m", "--baseline", "l/.waxseal-baseline.jsonl"]),
        1,
        &["1 finding (1 critical)"],
    );
}
