//! For random edits, what a commit adds is what the new tree holds less what the old one held.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::history::key;
use crate::support::program::run;
use crate::support::random::Random;
use crate::support::repo::Scratch;

type Counts = BTreeMap<(String, String), i64>;

/// How often each secret is found, by rule and fingerprint.
fn counts(dir: &Path, args: &[&str]) -> Counts {
    let run = run(dir, [&["scan", "--format", "json"], args].concat());
    assert!(run.code < 2, "{}", run.err);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let mut counts = Counts::new();
    for finding in report["findings"].as_array().unwrap() {
        let text = |name: &str| finding[name].as_str().unwrap().to_owned();
        *counts
            .entry((text("rule"), text("fingerprint")))
            .or_default() += 1;
    }
    counts
}

fn content(random: &mut Random) -> String {
    (0..random.below(5))
        .map(|line| match random.below(3) {
            0 => format!("line {line}\n"),
            _ => key(&format!("{}", random.below(4))),
        })
        .collect()
}

fn name(random: &mut Random) -> String {
    let names = [
        "a.py", "b.py", "d/a.py", "d/e/c.py", "d.py", "e/.env", "d-x/a",
    ];
    names[random.below(names.len())].to_owned()
}

#[test]
fn added_is_new_less_old() {
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let repo = Scratch::repo();
        let edit = |random: &mut Random| {
            for _ in 0..=random.below(4) {
                let at = name(random);
                match random.below(4) {
                    0 if repo.path(&at).exists() => {
                        std::fs::remove_file(repo.path(&at)).unwrap();
                    }
                    1 if repo.path(&at).exists() => {
                        let to = name(random);
                        let text = std::fs::read(repo.path(&at)).unwrap();
                        std::fs::remove_file(repo.path(&at)).unwrap();
                        repo.write(to, text);
                    }
                    _ => _ = repo.write(at, content(random)),
                }
            }
            repo.git(&["add", "-Af", "."]);
        };
        let mut old = Counts::new();
        for round in 0..4 {
            edit(&mut random);
            let new = counts(repo.root(), &["."]);
            let expected: Counts = new
                .iter()
                .map(|(key, count)| (key.clone(), count - old.get(key).unwrap_or(&0)))
                .filter(|(_, count)| *count > 0)
                .collect();
            let added = counts(repo.root(), &["--staged"]);
            assert_eq!(added, expected, "seed {seed}, round {round}");
            repo.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
            old = new;
        }
    }
}
