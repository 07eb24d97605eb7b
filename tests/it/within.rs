//! What a path says of a file is told by its way from the top of the tree: neither the current directory nor the folders
//! above the tree change a result.

use std::path::Path;

use serde_json::Value;

use crate::support::program::{run, text};
use crate::support::repo::Scratch;

/// A mail login with a word for a password, which in a translation is a label.
// waxseal:allow smtp-login made up for this test
const LOGIN: &str = "smtp:\n  host: mail.acme.io\n  user: robot\n  smtp_password: 'Harborlight'\n";

/// Rule and fingerprint of all findings of a run.
fn found(dir: &Path, args: &[&str]) -> Vec<(String, String)> {
    let run = run(dir, ["scan", "--format", "json"].iter().chain(args));
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| (text(&finding["rule"]), text(&finding["fingerprint"])))
        .collect()
}

#[test]
fn folders_above_the_tree_say_nothing() {
    let dir = Scratch::new();
    dir.write("locale/shop/app/settings.yml", text(LOGIN));
    let shop = dir.path("locale/shop");
    let every_way = || {
        let ways = [
            found(&shop, &["."]),
            found(&shop.join("app"), &["."]),
            found(dir.root(), &["locale/shop"]),
            found(dir.root(), &[shop.to_str().unwrap()]),
            found(&shop, &["app/settings.yml"]),
        ];
        for way in &ways {
            assert_eq!((way.len(), &ways[0]), (1, way));
        }
    };
    every_way();
    dir.git_in("locale/shop", &["init", "-q"]);
    every_way();
    assert_eq!(
        found(dir.root(), &["."]).len(),
        1,
        "a repository below the PATH has a top of its own"
    );
}

#[test]
fn folders_in_the_work_tree_count_wherever_the_scan_begins() {
    let repo = Scratch::repo();
    repo.write("locale/app/settings.yml", text(LOGIN));
    repo.write("app/settings.yml", text(LOGIN));
    assert_eq!(found(repo.root(), &["."]).len(), 1);
    for (dir, path) in [
        ("", "locale/app"),
        ("locale/app", "."),
        ("locale", "app/settings.yml"),
        ("app", "../locale/app"),
    ] {
        assert!(
            found(&repo.path(dir), &[path]).is_empty(),
            "{path} in {dir}"
        );
    }
    repo.write(".gitignore", "locale\n");
    repo.git(&["add", "-f", "locale"]);
    assert!(
        found(&repo.path("locale"), &["."]).is_empty(),
        "tracked, ignored and named"
    );
    assert_eq!(
        found(repo.root(), &["."]).len(),
        1,
        "tracked, ignored and listed"
    );
}

#[test]
fn a_file_has_one_fingerprint() {
    let repo = Scratch::repo();
    repo.write("shop/deploy/.env", text("CRM_SECRET=<<alnum:40>>\n"));
    let root = found(repo.root(), &["."]);
    assert_eq!(root.len(), 2, "{root:?}");
    let absolute = repo.path("shop").to_str().unwrap().to_owned();
    for (dir, path) in [
        ("shop", "."),
        ("shop/deploy", "."),
        ("shop", "deploy/.env"),
        ("", "shop/deploy"),
        ("shop/deploy", "../.."),
        ("", &*absolute),
    ] {
        assert_eq!(found(&repo.path(dir), &[path]), root, "{path} in {dir}");
    }
    repo.write(".gitignore", ".env\n");
    repo.git(&["add", "-f", "."]);
    assert_eq!(
        found(repo.root(), &["."]),
        root,
        "read by its name in the index"
    );
    assert_eq!(found(&repo.path("shop"), &["."]), root);
}

#[test]
fn globs_with_folders_begin_at_the_top() {
    let repo = Scratch::repo();
    repo.write("deploy/keys/acme.key", "x");
    repo.write(
        "rules.toml",
        "[[rule]]\nid = 'acme-file'\ntitle = 'Acme key file'\nseverity = 'low'\nconfidence = 'high'\nwhy = 'It opens Acme.'\n\
         remedy = ['delete it']\n[rule.file]\nnames = ['deploy/*/acme.key']\nalways = true\n\
         [[rule.hit]]\npath = 'deploy/a/acme.key'\ntext = 'x'\n[[rule.miss]]\npath = 'acme.key'\ntext = 'x'\n",
    );
    let rules = repo.path("rules.toml");
    for (dir, path) in [("", "."), ("deploy", "."), ("deploy/keys", "acme.key")] {
        let args = [
            "--rules",
            rules.to_str().unwrap(),
            "--rule",
            "acme-file",
            path,
        ];
        assert_eq!(found(&repo.path(dir), &args).len(), 1, "{path} in {dir}");
    }
}
