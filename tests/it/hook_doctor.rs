//! `hook doctor`: every fault is seen, said on one line with what to do, and decides the exit status; and nothing is changed.

use std::fs;
use std::path::Path;

use crate::support::program::{Run, finished, text, waxseal};
use crate::support::repo::Scratch;

/// The doctor in `repo`, with an empty folder for temporary files.
fn doctor(scratch: &Scratch, dir: &str, variables: &[(&str, &str)]) -> Run {
    let temporary = scratch.path("temporary");
    fs::create_dir_all(&temporary).unwrap();
    let mut command = waxseal(&scratch.path(dir), ["hook", "doctor"]);
    command
        .env("HOME", scratch.path("home"))
        .env("TMPDIR", &temporary)
        .envs(variables.iter().copied());
    let run = finished(command.output().unwrap());
    assert_eq!(run.err, "");
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "left behind");
    for line in run.out.lines() {
        let verdict = line.get(..6).unwrap_or_default();
        assert!(["ok    ", "warn  ", "FAIL  "].contains(&verdict), "{line}");
    }
    run
}

/// A repository in `repo` with our hook.
fn armed() -> Scratch {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("home")).unwrap();
    scratch.git(&["init", "-q", "-b", "main", "repo"]);
    install(&scratch);
    scratch
}

fn install(scratch: &Scratch) {
    let mut command = waxseal(&scratch.path("repo"), ["hook", "install"]);
    let run = finished(command.env("HOME", scratch.path("home")).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
}

#[track_caller]
fn says(run: &Run, code: i32, line: &str) {
    assert_eq!(run.code, code, "{}", run.out);
    let begins = |told: &str| told.starts_with(line);
    assert!(
        run.out.lines().any(begins),
        "no line begins with {line:?}:\n{}",
        run.out
    );
}

fn hook(scratch: &Scratch) -> std::path::PathBuf {
    scratch.path("repo/.git/hooks/pre-commit")
}

#[test]
fn a_repository_that_is_armed_passes_every_check() {
    let scratch = armed();
    let run = doctor(&scratch, "repo", &[]);
    let program = Path::new(env!("CARGO_BIN_EXE_waxseal")).display();
    let version = env!("CARGO_PKG_VERSION");
    let expected = [
        "ok    hooks folder: .git/hooks".to_owned(),
        "ok    pre-commit: runs waxseal, from .git/hooks/pre-commit".to_owned(),
        "ok    commit-msg, pre-push: not checked by waxseal; waxseal hook install --type commit-msg --type pre-push would".to_owned(),
        format!("ok    program: {program}, which is this one, {version}"),
        "ok    environment: no variable leads git or its hooks elsewhere".to_owned(),
        "ok    configuration: none; the built-in rules".to_owned(),
        "ok    canary: 4 of 4 planted secrets were caught".to_owned(),
        "ok    .env files: none on disk is tracked with values in it, and all others are ignored".to_owned(),
    ];
    assert_eq!(run.out.lines().collect::<Vec<_>>(), expected);
    assert_eq!(run.code, 0);
}

#[test]
fn a_hook_that_does_not_run_is_a_failure() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = armed();
    let path = hook(&scratch);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    says(
        &doctor(&scratch, "repo", &[]),
        2,
        "FAIL  pre-commit: .git/hooks/pre-commit is waxseal's and not executable",
    );
    fs::remove_file(&path).unwrap();
    says(
        &doctor(&scratch, "repo", &[]),
        2,
        "FAIL  pre-commit: there is none; waxseal hook install",
    );
    fs::write(&path, "#!/bin/sh\nmake lint\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    says(
        &doctor(&scratch, "repo", &[]),
        2,
        "FAIL  pre-commit: .git/hooks/pre-commit does not call waxseal; waxseal hook install adds it",
    );
    fs::write(
        &path,
        "#!/bin/sh\nmake lint && waxseal hook run pre-commit\n",
    )
    .unwrap();
    let run = doctor(&scratch, "repo", &[]);
    assert!(
        run.out
            .contains("ok    pre-commit: .git/hooks/pre-commit calls waxseal"),
        "{}",
        run.out
    );
}

#[test]
fn a_hook_that_was_changed_is_worth_a_look() {
    let scratch = armed();
    let mut script = fs::read(hook(&scratch)).unwrap();
    script.extend_from_slice(b"# mine\n");
    fs::write(hook(&scratch), script).unwrap();
    says(
        &doctor(&scratch, "repo", &[]),
        1,
        "warn  pre-commit: .git/hooks/pre-commit was waxseal's and has been changed",
    );
}

#[test]
fn a_folder_of_hooks_that_overrides_ours_is_seen() {
    let scratch = armed();
    scratch.git_in("repo", &["config", "core.hooksPath", "theirs"]);
    says(
        &doctor(&scratch, "repo", &[]),
        2,
        "FAIL  pre-commit: waxseal's hook is .git/hooks/pre-commit, where git does not look because of core.hooksPath",
    );
    scratch.git_in("repo", &["config", "core.hooksPath", "/dev/null"]);
    says(
        &doctor(&scratch, "repo", &[]),
        2,
        "FAIL  hooks folder: core.hooksPath is /dev/null in this repository's git configuration, which is no folder",
    );
}

#[test]
fn variables_that_switch_hooks_off_are_named() {
    let scratch = armed();
    for (name, value) in [
        ("WAXSEAL_SKIP", "for ever"),
        ("GIT_INDEX_FILE", "other\x1b[31m"),
        ("HUSKY", "0"),
    ] {
        let run = doctor(&scratch, "repo", &[(name, value)]);
        says(&run, 1, &format!("warn  environment: {name} is set to "));
        assert!(!run.out.contains('\x1b'));
    }
    assert_eq!(doctor(&scratch, "repo", &[("HUSKY", "1")]).code, 0);
}

#[test]
fn the_canary_is_caught_by_the_users_own_configuration() {
    let scratch = armed();
    let config = |text: &str| {
        scratch.write("repo/.waxseal.toml", text);
        doctor(&scratch, "repo", &[])
    };
    let run = config("skip_rules = [\"smtp-login\"]\n");
    says(
        &run,
        1,
        "warn  canary: 3 of 4 planted secrets were caught; by configuration nobody looks for those in config/mail.yml",
    );
    says(&run, 1, "warn  configuration: ");
    let run = config("skip_rules = [\"smtp-login\"]\nfail_on = \"critical\"\n");
    says(&run, 1, "warn  canary: 2 of 4");
    let run = config(
        "skip_rules = [\"sendgrid-api-key\", \"twilio-auth-token\"]\nfail_on = \"critical\"\n",
    );
    says(&run, 2, "FAIL  canary: no planted secret was caught");
    let run = config("fail_on = \"often\"\n");
    says(&run, 2, "FAIL  configuration: ");
    // git's variables are about another repository than the throwaway one
    fs::remove_file(scratch.path("repo/.waxseal.toml")).unwrap();
    let run = doctor(&scratch, "repo", &[("GIT_OBJECT_DIRECTORY", "nowhere")]);
    says(&run, 1, "ok    canary: 4 of 4");
}

#[test]
fn dotenv_files_that_could_get_out_are_named() {
    let scratch = armed();
    let values = text("DB_PASSWORD=<<password>>\n");
    scratch.write("repo/a/.env", &values);
    scratch.write("repo/kept.env", &values);
    scratch.write("repo/.gitignore", "kept.env\n");
    says(
        &doctor(&scratch, "repo", &[]),
        1,
        "warn  .env files: not ignored, so `git add .` takes it: a/.env; add it to .gitignore",
    );
    scratch.git_in("repo", &["add", "-f", "kept.env"]);
    let run = doctor(&scratch, "repo/a", &[]);
    says(
        &run,
        2,
        "FAIL  .env files: tracked, with values in it: kept.env; rotate the values",
    );
    assert!(
        !run.out
            .contains(values.trim().strip_prefix("DB_PASSWORD=").unwrap())
    );
}

#[test]
fn a_program_that_is_gone_is_a_failure_unless_another_is_found() {
    let scratch = armed();
    let site = scratch.path("repo/.git/hooks");
    let gone = scratch.path("gone/waxseal");
    waxseal::hooks::install(&site, None, waxseal::hooks::Hook::PreCommit, Some(&gone)).unwrap();
    let run = doctor(&scratch, "repo", &[("PATH", "/nowhere")]);
    says(&run, 2, "FAIL  program: ");
    let bin = Path::new(env!("CARGO_BIN_EXE_waxseal")).parent().unwrap();
    let run = doctor(&scratch, "repo", &[("PATH", bin.to_str().unwrap())]);
    says(&run, 1, "warn  program: ");
    install(&scratch);
    assert_eq!(doctor(&scratch, "repo", &[]).code, 0);
}

#[test]
fn a_bare_repository_needs_the_other_hook() {
    let scratch = armed();
    scratch.git(&["init", "-q", "--bare", "bare.git"]);
    says(
        &doctor(&scratch, "bare.git", &[]),
        2,
        "FAIL  pre-receive: there is none; waxseal hook install --type pre-receive",
    );
    let run = finished(
        waxseal(scratch.root(), ["hook", "doctor"])
            .output()
            .unwrap(),
    );
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("no git repository at . or above"),
        "{}",
        run.err
    );
}
