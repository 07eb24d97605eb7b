//! Policies that let too much pass, however they are spelt, and those that are narrow and do not.

use std::fs;

use waxseal::model::Severity;
use waxseal::rules::{BUILTIN, Rule};

use crate::support::program::{run, text};
use crate::support::repo::Scratch;

const LOGIN: &str = "EMAIL_HOST = 'smtp.fastmail.com'\nEMAIL_HOST_USER = 'post'\nEMAIL_HOST_PASSWORD = '<<password>>'\n";

/// The ids of some built-in rules.
fn ids(is: impl Fn(&Rule) -> bool) -> Vec<String> {
    let rules = BUILTIN.iter().filter(|rule| is(rule));
    rules.map(|rule| rule.id.to_string()).collect()
}

/// An entry that leaves out `rules`, or all of them, where `paths` match.
fn exclude(paths: &str, rules: &[String]) -> String {
    let rules = if rules.is_empty() {
        String::new()
    } else {
        format!("rules = {rules:?}\n")
    };
    format!("[[exclude]]\npaths = [{paths}]\n{rules}reason = 'x'\n")
}

fn muted(ids: &[String]) -> String {
    let tables: Vec<String> = ids
        .iter()
        .map(|id| format!("[override.{id}]\nseverity = 'info'\n"))
        .collect();
    tables.concat()
}

fn skipped(ids: &[String]) -> String {
    format!("skip_rules = {ids:?}\n")
}

/// What counts is what a policy does, not how it is spelt.
#[test]
fn a_policy_that_is_too_wide_in_pieces_is_told() {
    let dir = Scratch::repo();
    let dotenv = ids(Rule::reads_dotenv);
    assert!(dotenv.len() > 10);
    let (one, two) = dotenv.split_at(dotenv.len() / 2);
    let all = ids(|rule| !rule.optional);
    let worst = ids(|rule| rule.reads_dotenv() && rule.severity == Severity::Critical);
    for config in [
        // the dotenv rules by their names, at once and by and by
        exclude("'.env'", &dotenv),
        exclude("'**/.env.production'", &dotenv),
        exclude("'deploy/.env'", &dotenv[1..]),
        skipped(&dotenv),
        skipped(&dotenv[2..]),
        exclude("'.env'", one) + &exclude("'.e*'", two),
        skipped(one) + &exclude("'*nv'", two),
        exclude("'.env.local'", one) + &muted(two),
        muted(&dotenv),
        // globs that are not spelt so
        exclude("'.e*'", &[]),
        exclude("'*nv'", &[]),
        exclude("'.[a-z]nv'", &[]),
        exclude("'/{.env,x}'", &[]),
        exclude("'web/.e*', 'api/.e*'", &[]),
        exclude("'/*'", &[]),
        // everything but what is spared for the look of it
        skipped(&all[3..]),
        exclude("'*.*'", &[]),
        exclude("'*.md', '*.py', '*.php', '.env'", &[])
            + &exclude("'*.yml', '*.yaml', '*.js', '*.properties'", &all),
        // thresholds at their ends
        "fail_on = 'critical'\nmin_confidence = 'high'\n".to_owned(),
        format!("fail_on = 'critical'\n{}", skipped(&worst)),
        // what would make of all that no finding that counts
        format!("fail_on = 'critical'\n{}", exclude("'**'", &[])),
        "max_blob_size = 1\nfail_on = 'critical'\n".to_owned(),
        "stop_words = ['e']\nfail_on = 'critical'\nmin_confidence = 'high'\n".to_owned(),
    ] {
        dir.write(".waxseal.toml", &config);
        let scan = run(dir.root(), ["scan"]);
        assert_eq!(scan.code, 1, "{config}: {}{}", scan.out, scan.err);
        let says = "policy-too-wide";
        assert!(scan.out.contains(says), "{config}: {}", scan.out);
        let check = run(dir.root(), ["config", "check"]);
        assert_eq!(check.code, 1, "{config}: {}{}", check.out, check.err);
    }
    for narrow in [
        exclude("'app/', 'services/', 'deploy/*', '.env/', 'env/'", &[]),
        exclude("'.env'", &dotenv[..2]),
        exclude("'tests/**/*.py', '*.lock', '*.min.js', 'docs/'", &[]),
        exclude("'**'", &dotenv[..1]),
        exclude("'.env.example', '*.env.dist'", &[]),
        skipped(one),
        "fail_on = 'critical'\n".to_owned(),
        "fail_on = 'high'\n".to_owned(),
        "min_confidence = 'high'\n".to_owned(),
    ] {
        dir.write(".waxseal.toml", &narrow);
        let scan = run(dir.root(), ["scan"]);
        assert_eq!(scan.code, 0, "{narrow}: {}{}", scan.out, scan.err);
    }
    // a threshold that whoever runs the scan sets is one
    let ends = "fail_on = 'critical'\nmin_confidence = 'high'\n";
    fs::rename(dir.path(".waxseal.toml"), dir.path("own.toml")).unwrap();
    dir.write("own.toml", ends);
    let own = run(dir.root(), ["scan", "--config", "own.toml"]);
    assert_eq!(own.code, 0, "{}{}", own.out, own.err);
}

/// Rules that are named one by one are left out as well as all at once, where there is a file that they let pass as a whole.
#[test]
fn a_dotenv_file_is_not_left_out_rule_by_rule() {
    let dotenv = ids(Rule::reads_dotenv);
    let (one, two) = dotenv.split_at(4);
    let dir = Scratch::repo();
    dir.write("deploy/.env", text("DB_PASSWORD=<<password>>\n"));
    dir.write(
        ".waxseal.toml",
        exclude("'deploy/'", one) + &exclude("'deploy/*'", two),
    );
    let told = run(dir.root(), ["scan"]);
    assert_eq!(told.code, 1, "{}", told.err);
    let says = ".waxseal.toml:1 and .waxseal.toml:5 leave out this dotenv file as a whole";
    assert!(told.out.contains(says), "{}", told.out);
    // one rule that is named for one file is what is asked for
    let password = ["dotenv-password".to_owned()];
    dir.write(".waxseal.toml", exclude("'deploy/.env'", &password));
    let narrow = run(dir.root(), ["scan"]);
    assert!(!narrow.out.contains("policy-too-wide"), "{}", narrow.out);
}

/// A repository that brings a rule for everything, and makes a note of what it finds, gets rid of no other rule.
#[test]
fn a_rule_of_ones_own_hushes_none() {
    let rule = "[[rule]]\nid = 'acme'\ntitle = 'x'\nseverity = 'info'\nconfidence = 'high'\nwhy = 'x'\nremedy = ['x']\nanchors = ['PASSWORD']\n\
         [rule.token]\npattern = \"PASSWORD = .(?<secret>[!-&(-~]{8,64}).\"\nvisible = 2\n[[rule.hit]]\ntext = 'x'\n[[rule.miss]]\ntext = 'x'\n";
    let dir = Scratch::repo();
    dir.write("a.py", text(LOGIN)).write(".waxseal.toml", rule);
    let hushed = run(dir.root(), ["scan"]);
    assert_eq!(hushed.code, 1, "{}{}", hushed.out, hushed.err);
    assert!(hushed.out.contains("smtp-login"), "{}", hushed.out);
    // one that is as bad as ours has its say
    dir.write(".waxseal.toml", rule.replace("'info'", "'critical'"));
    let own = run(dir.root(), ["scan"]);
    assert!(own.out.contains("critical  acme"), "{}{}", own.out, own.err);
}

/// Whoever runs the scan may leave out what is told of the policy, and the repository may not.
#[test]
fn only_whoever_runs_the_scan_leaves_it_out() {
    let dir = Scratch::repo();
    for config in [
        "skip_rules = ['policy-too-wide']\n",
        "[override.policy-too-wide]\nseverity = 'info'\n",
        "[[exclude]]\npaths = ['x']\nrules = ['policy-too-wide']\nreason = 'x'\n",
    ] {
        dir.write(".waxseal.toml", config);
        let refused = run(dir.root(), ["scan"]);
        assert_eq!(refused.code, 2, "{config}");
        let says = "policy-too-wide tells of this file itself";
        assert!(refused.err.contains(says), "{}", refused.err);
    }
    let wide = "stop_words = ['*']\n";
    dir.write(".waxseal.toml", wide);
    assert_eq!(run(dir.root(), ["scan"]).code, 1);
    let off = run(dir.root(), ["scan", "--skip-rule", "policy-too-wide"]);
    assert_eq!(off.code, 0, "{}", off.out);
    dir.write(
        "own.toml",
        format!("skip_rules = ['policy-too-wide']\n{wide}"),
    );
    let own = run(dir.root(), ["scan", "--config", "own.toml"]);
    assert_eq!(own.code, 0, "{}{}", own.out, own.err);
}
