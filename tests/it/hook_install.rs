//! `hook install` and `hook uninstall`: what lies in the hooks folder before and after, and that git runs what it should.
//!
//! Where git runs a hook here, waxseal is a stand-in that writes down how it was called: what it finds is tested elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use waxseal::hooks::{self, Hook};

use crate::support::program::{Run, executable, finished, waxseal};
use crate::support::repo::Scratch;

/// Runs `waxseal hook` in `dir` with a home of its own.
fn hook(scratch: &Scratch, dir: &str, args: &[&str]) -> Run {
    let args = [&["hook"], args].concat();
    let mut command = waxseal(&scratch.path(dir), args);
    command.env("HOME", scratch.path("home"));
    finished(command.output().unwrap())
}

fn done(scratch: &Scratch, dir: &str, args: &[&str]) -> String {
    let run = hook(scratch, dir, args);
    assert_eq!((run.code, &*run.err), (0, ""), "{args:?}: {}", run.out);
    run.out
}

fn refused(scratch: &Scratch, dir: &str, args: &[&str]) -> String {
    let run = hook(scratch, dir, args);
    assert_eq!((run.code, &*run.out), (2, ""), "{args:?}: {}", run.err);
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    run.err
}

/// A scratch directory with a home and an empty repository in `repo`.
fn scratch() -> Scratch {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("home")).unwrap();
    scratch.git(&["init", "-q", "-b", "main", "repo"]);
    scratch
}

/// A program that writes down its arguments and its input, and fails if the file `refuse` lies beside it.
fn stand_in(scratch: &Scratch) -> PathBuf {
    let path = scratch.path("bin it's/waxseal");
    let script = "#!/bin/sh\nd=${0%/*}\n{ printf 'waxseal'; printf ' [%s]' \"$@\"; echo; case $3 in pre-push|pre-receive) cat ;; esac; } >>\"$d/log\"\n[ ! -e \"$d/refuse\" ]\n";
    scratch.write("bin it's/waxseal", script);
    executable(&path);
    path
}

/// A hook that was there before: it writes down how it was called and ends with the status in `status`, if there is one.
fn earlier(scratch: &Scratch, path: &str) {
    let log = scratch.path("bin it's/log");
    let script = format!(
        "#!/bin/sh\n{{ printf 'earlier'; printf ' [%s]' \"$@\"; echo; case $0 in *pre-push*|*pre-receive*) cat ;; esac; }} >>\"{}\"\n[ ! -e \"{}\" ] || exit 7\n",
        log.display(),
        scratch.path("status").display()
    );
    scratch.write(path, script);
    executable(&scratch.path(path));
}

fn log(scratch: &Scratch) -> String {
    let path = scratch.path("bin it's/log");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::remove_file(path);
    text
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Git, with hooks, as a user in `dir` with the home of this scratch directory.
fn git(scratch: &Scratch, dir: &str, args: &[&str]) -> Output {
    let mut command = Command::new("git");
    command
        .current_dir(scratch.path(dir))
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", scratch.path("home"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([
            ("GIT_AUTHOR_NAME", "A"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_NAME", "A"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ]);
    command.output().unwrap()
}

fn commits(scratch: &Scratch, dir: &str) -> bool {
    let args = ["commit", "-q", "--allow-empty", "-m", "x"];
    git(scratch, dir, &args).status.success()
}

/// Every file below `dir` that is no sample, with what it holds and whether it may be run.
fn contents(dir: &Path) -> BTreeMap<String, (Vec<u8>, u32)> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| !entry.file_name().to_string_lossy().ends_with(".sample"))
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode();
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, (fs::read(entry.path()).unwrap_or_default(), mode))
        })
        .collect()
}

fn names(dir: &Path) -> Vec<String> {
    contents(dir).into_keys().collect()
}

#[test]
fn a_hook_is_installed_once_and_taken_away_without_a_trace() {
    let scratch = scratch();
    let hooks = scratch.path("repo/.git/hooks");
    let before = contents(&hooks);
    assert_eq!(
        done(&scratch, "repo", &["install"]),
        "pre-commit: installed as .git/hooks/pre-commit\n"
    );
    let after = contents(&hooks);
    assert_eq!(names(&hooks), ["pre-commit"]);
    assert_eq!(after["pre-commit"].1 & 0o111, 0o111);
    assert_eq!(
        done(&scratch, "repo", &["install"]),
        "pre-commit: already installed as .git/hooks/pre-commit; nothing changed\n"
    );
    assert_eq!(contents(&hooks), after);
    assert_eq!(
        done(&scratch, "repo", &["uninstall"]),
        "pre-commit: removed .git/hooks/pre-commit\n"
    );
    assert_eq!(contents(&hooks), before);
    assert_eq!(
        done(&scratch, "repo", &["uninstall"]),
        "nothing to do: no hook of waxseal's in .git/hooks\n"
    );
}

#[test]
fn an_earlier_hook_comes_back_byte_for_byte() {
    let scratch = scratch();
    let hooks = scratch.path("repo/.git/hooks");
    for (name, text, mode) in [
        ("pre-commit", &b"#!/bin/sh\r\necho odd\xff"[..], 0o750),
        ("commit-msg", b"not run", 0o640),
        ("pre-push", b"", 0o700),
    ] {
        fs::write(hooks.join(name), text).unwrap();
        set_mode(&hooks.join(name), mode);
    }
    let before = contents(&hooks);
    let types = [
        "install",
        "--type=pre-commit",
        "--type=commit-msg",
        "--type=pre-push",
    ];
    let told = done(&scratch, "repo", &types);
    assert!(told.contains("pre-commit: the hook that was there runs first, as .git/hooks/pre-commit.before-waxseal\n"), "{told}");
    assert!(
        told.contains(
            "commit-msg: the file that was there is not executable and did not run; it is kept as"
        ),
        "{told}"
    );
    let installed = contents(&hooks);
    assert_eq!(installed.len(), 6);
    done(&scratch, "repo", &types);
    assert_eq!(contents(&hooks), installed);
    done(&scratch, "repo", &["uninstall"]);
    assert_eq!(contents(&hooks), before);
}

#[test]
fn a_symbolic_link_is_kept_as_one() {
    let scratch = scratch();
    earlier(&scratch, "repo/scripts/check");
    let hooks = scratch.path("repo/.git/hooks");
    std::os::unix::fs::symlink("../../scripts/check", hooks.join("pre-commit")).unwrap();
    install(&scratch, "repo", Hook::PreCommit);
    assert!(commits(&scratch, "repo"));
    assert_eq!(
        log(&scratch),
        "earlier []\nwaxseal [hook] [run] [pre-commit]\n"
    );
    done(&scratch, "repo", &["uninstall"]);
    let target = fs::read_link(hooks.join("pre-commit")).unwrap();
    assert_eq!(target, Path::new("../../scripts/check"));
    assert_eq!(names(&hooks), ["pre-commit"]);
}

#[test]
fn a_kept_hook_is_never_overwritten() {
    let scratch = scratch();
    let hooks = scratch.path("repo/.git/hooks");
    fs::write(hooks.join("pre-commit.before-waxseal"), "somebody's").unwrap();
    fs::write(hooks.join("pre-commit"), "#!/bin/sh\n").unwrap();
    let before = contents(&hooks);
    done(&scratch, "repo", &["install"]);
    assert_eq!(
        names(&hooks),
        [
            "pre-commit",
            "pre-commit.before-waxseal",
            "pre-commit.before-waxseal.2"
        ]
    );
    done(&scratch, "repo", &["uninstall"]);
    assert_eq!(contents(&hooks), before);
}

/// Puts the stand-in into `hook` of the repository at `dir`.
fn install(scratch: &Scratch, dir: &str, hook: Hook) {
    let program = stand_in(scratch);
    let top = scratch.path(dir);
    let site = waxseal::git::HookSite::of(&top).unwrap().unwrap();
    hooks::install(&site.dir, None, hook, Some(&program)).unwrap();
    executable(&site.dir.join(hook.id()));
}

#[test]
fn both_hooks_run_and_either_can_refuse() {
    let scratch = scratch();
    earlier(&scratch, "repo/.git/hooks/pre-commit");
    install(&scratch, "repo", Hook::PreCommit);
    assert!(commits(&scratch, "repo"));
    assert_eq!(
        log(&scratch),
        "earlier []\nwaxseal [hook] [run] [pre-commit]\n"
    );
    scratch.write("status", "");
    assert!(!commits(&scratch, "repo"));
    assert_eq!(log(&scratch), "earlier []\n");
    fs::remove_file(scratch.path("status")).unwrap();
    scratch.write("bin it's/refuse", "");
    assert!(!commits(&scratch, "repo"));
}

#[test]
fn arguments_and_standard_input_reach_both() {
    let scratch = scratch();
    scratch.git(&["init", "-q", "--bare", "remote.git"]);
    assert!(commits(&scratch, "repo"));
    for (dir, hook) in [
        ("repo", Hook::PrePush),
        ("remote.git", Hook::PreReceive),
        ("repo", Hook::CommitMsg),
    ] {
        let folder = if dir == "repo" {
            "repo/.git/hooks"
        } else {
            "remote.git/hooks"
        };
        earlier(&scratch, &format!("{folder}/{}", hook.id()));
        install(&scratch, dir, hook);
    }
    let pushed = git(
        &scratch,
        "repo",
        &["push", "-q", "../remote.git", "main", "main:other"],
    );
    assert!(pushed.status.success(), "{pushed:?}");
    let id = git(&scratch, "repo", &["rev-parse", "HEAD"]).stdout;
    let id = String::from_utf8(id).unwrap().trim().to_owned();
    let none = "0".repeat(40);
    let push = format!(
        "refs/heads/main {id} refs/heads/main {none}\nrefs/heads/main {id} refs/heads/other {none}\n"
    );
    let receive = format!("{none} {id} refs/heads/main\n{none} {id} refs/heads/other\n");
    assert_eq!(
        log(&scratch),
        format!(
            "earlier [../remote.git] [../remote.git]\n{push}waxseal [hook] [run] [pre-push] [../remote.git] [../remote.git]\n{push}earlier []\n{receive}waxseal [hook] [run] [pre-receive]\n{receive}"
        )
    );
    // nothing to push: nothing on standard input
    let pushed = git(&scratch, "repo", &["push", "-q", "../remote.git", "main"]);
    assert!(pushed.status.success(), "{pushed:?}");
    assert_eq!(
        log(&scratch),
        "earlier [../remote.git] [../remote.git]\nwaxseal [hook] [run] [pre-push] [../remote.git] [../remote.git]\n"
    );
    assert!(commits(&scratch, "repo"));
    assert_eq!(
        log(&scratch),
        "earlier [.git/COMMIT_EDITMSG]\nwaxseal [hook] [run] [commit-msg] [.git/COMMIT_EDITMSG]\n"
    );
}

#[test]
fn without_a_program_the_hook_fails_and_says_how_to_go_on() {
    let scratch = scratch();
    install(&scratch, "repo", Hook::PreCommit);
    fs::remove_dir_all(scratch.path("bin it's")).unwrap();
    let refused = git(&scratch, "repo", &["commit", "--allow-empty", "-m", "x"]);
    assert!(!refused.status.success());
    assert_eq!(
        String::from_utf8_lossy(&refused.stderr),
        "waxseal: not found, so nothing was checked and the pre-commit hook fails; put waxseal on PATH, or go on knowingly: WAXSEAL_SKIP=reason git commit\n"
    );
    let skipped = Command::new(scratch.path("repo/.git/hooks/pre-commit"))
        .env("WAXSEAL_SKIP", "a %s \\n b")
        .output()
        .unwrap();
    assert!(skipped.status.success(), "{skipped:?}");
    let told = String::from_utf8_lossy(&skipped.stderr).into_owned();
    assert_eq!(
        told,
        "waxseal: pre-commit skipped, and waxseal was not found: a %s \\n b\n"
    );
}

#[test]
fn a_program_that_has_moved_is_found_on_the_search_path() {
    let scratch = scratch();
    install(&scratch, "repo", Hook::PreCommit);
    let moved = scratch.path("moved");
    fs::rename(scratch.path("bin it's"), &moved).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = [moved.clone()]
        .into_iter()
        .chain(std::env::split_paths(&path));
    let path = std::env::join_paths(dirs).unwrap();
    let status = Command::new(scratch.path("repo/.git/hooks/pre-commit"))
        .env("PATH", path)
        .status()
        .unwrap();
    assert!(status.success());
    let told = fs::read_to_string(moved.join("log")).unwrap();
    assert_eq!(told, "waxseal [hook] [run] [pre-commit]\n");
}

#[test]
fn an_edited_hook_is_left_alone() {
    let scratch = scratch();
    done(&scratch, "repo", &["install"]);
    let path = scratch.path("repo/.git/hooks/pre-commit");
    let mut script = fs::read(&path).unwrap();
    script.extend_from_slice(b"# mine\n");
    fs::write(&path, &script).unwrap();
    for args in [&["install"][..], &["uninstall"]] {
        let told = refused(&scratch, "repo", args);
        assert!(
            told.contains("pre-commit was changed since waxseal wrote it"),
            "{told}"
        );
        assert_eq!(fs::read(&path).unwrap(), script);
    }
}

#[test]
fn uninstall_copes_with_missing_parts() {
    let scratch = scratch();
    let hooks = scratch.path("repo/.git/hooks");
    let put = || {
        fs::write(hooks.join("pre-commit"), "#!/bin/sh\n").unwrap();
        done(&scratch, "repo", &["install"]);
    };
    // ours was deleted: the earlier one comes back
    put();
    fs::remove_file(hooks.join("pre-commit")).unwrap();
    done(&scratch, "repo", &["uninstall"]);
    assert_eq!(fs::read(hooks.join("pre-commit")).unwrap(), b"#!/bin/sh\n");
    // the earlier one was deleted
    put();
    fs::remove_file(hooks.join("pre-commit.before-waxseal")).unwrap();
    let told = done(&scratch, "repo", &["uninstall"]);
    assert!(told.contains("is gone and can't be put back"), "{told}");
    assert_eq!(names(&hooks), Vec::<String>::new());
    // somebody else's has taken the place of ours
    put();
    fs::write(hooks.join("pre-commit"), "#!/bin/sh\n# new\n").unwrap();
    let run = hook(&scratch, "repo", &["uninstall"]);
    assert_eq!(run.code, 2);
    assert!(
        run.out.contains("is not waxseal's and is left alone"),
        "{}",
        run.out
    );
    assert_eq!(names(&hooks), ["pre-commit", "pre-commit.before-waxseal"]);
    // no folder of hooks at all
    fs::remove_dir_all(&hooks).unwrap();
    done(&scratch, "repo", &["uninstall"]);
    done(&scratch, "repo", &["install"]);
    assert_eq!(names(&hooks), ["pre-commit"]);
}

#[test]
fn a_hooks_path_is_honoured_from_wherever_it_is_set() {
    let scratch = scratch();
    stand_in(&scratch);
    fs::create_dir_all(scratch.path("repo/a/b")).unwrap();
    scratch.git_in("repo", &["config", "core.hooksPath", "dev/hooks"]);
    let told = done(&scratch, "repo/a/b", &["install"]);
    assert!(
        told.contains("note: core.hooksPath is dev/hooks in this repository's git configuration\n"),
        "{told}"
    );
    assert!(
        told.contains("that folder is part of the work tree; commit the hook"),
        "{told}"
    );
    assert_eq!(names(&scratch.path("repo/dev/hooks")), ["pre-commit"]);
    assert_eq!(
        names(&scratch.path("repo/.git/hooks")),
        Vec::<String>::new()
    );
    // a file that is committed names no path of this machine
    let script = fs::read_to_string(scratch.path("repo/dev/hooks/pre-commit")).unwrap();
    assert!(script.contains("\nprogram=''\n"), "{script}");
    done(&scratch, "repo", &["uninstall"]);
    assert_eq!(names(&scratch.path("repo/dev/hooks")), Vec::<String>::new());

    scratch.git_in("repo", &["config", "--unset", "core.hooksPath"]);
    scratch.write("home/.gitconfig", "[include]\n\tpath = more\n");
    scratch.write("home/more", "[core]\n\thooksPath = ~/all hooks\n");
    let told = done(&scratch, "repo", &["install"]);
    assert!(
        told.contains("in your global git configuration, so this hook runs in every repository"),
        "{told}"
    );
    assert_eq!(names(&scratch.path("home/all hooks")), ["pre-commit"]);

    scratch.write("home/more", "[core]\n\thooksPath = /dev/null\n");
    let told = refused(&scratch, "repo", &["install"]);
    assert!(
        told.contains("core.hooksPath is /dev/null, which is no folder"),
        "{told}"
    );
}

#[test]
fn an_include_for_some_folders_counts_in_them() {
    let scratch = scratch();
    let condition = format!("gitdir:{}/", scratch.path("repo").display());
    let text = format!("[includeIf \"{condition}\"]\n\tpath = some\n");
    scratch.write("home/.gitconfig", text);
    let text = format!(
        "[core]\n\thooksPath = {}\n",
        scratch.path("theirs").display()
    );
    scratch.write("home/some", text);
    scratch.git(&["init", "-q", "other"]);
    done(&scratch, "repo", &["install"]);
    done(&scratch, "other", &["install"]);
    assert_eq!(names(&scratch.path("theirs")), ["pre-commit"]);
    assert_eq!(names(&scratch.path("other/.git/hooks")), ["pre-commit"]);
}

#[test]
fn work_trees_share_hooks_and_submodules_have_their_own() {
    let scratch = scratch();
    assert!(commits(&scratch, "repo"));
    scratch.git_in("repo", &["worktree", "add", "-q", "../linked"]);
    install(&scratch, "linked", Hook::PreCommit);
    assert_eq!(names(&scratch.path("repo/.git/hooks")), ["pre-commit"]);
    for dir in ["repo", "linked"] {
        assert!(commits(&scratch, dir));
        assert_eq!(
            log(&scratch),
            "waxseal [hook] [run] [pre-commit]\n",
            "{dir}"
        );
    }
    scratch.git(&["init", "-q", "-b", "main", "part"]);
    assert!(commits(&scratch, "part"));
    scratch.git_in("repo", &["submodule", "--quiet", "add", "../part", "part"]);
    install(&scratch, "repo/part", Hook::PreCommit);
    assert_eq!(
        names(&scratch.path("repo/.git/modules/part/hooks")),
        ["pre-commit"]
    );
    assert!(commits(&scratch, "repo/part"));
    assert_eq!(log(&scratch), "waxseal [hook] [run] [pre-commit]\n");
}

#[test]
fn a_bare_repository_takes_what_it_can_run() {
    let scratch = scratch();
    scratch.git(&["init", "-q", "--bare", "bare.git"]);
    let told = refused(&scratch, "", &["install", "--repo", "bare.git"]);
    assert!(told.contains("--type pre-receive"), "{told}");
    done(
        &scratch,
        "",
        &["install", "--repo", "bare.git", "--type", "pre-receive"],
    );
    assert_eq!(names(&scratch.path("bare.git/hooks")), ["pre-receive"]);
    let told = refused(&scratch, "home", &["install"]);
    assert!(told.contains("no git repository at . or above"), "{told}");
}

#[test]
fn repositories_that_libgit2_does_not_open_are_served_too() {
    let scratch = scratch();
    for format in ["--object-format=sha256", "--ref-format=reftable"] {
        scratch.git(&["init", "-q", format, "new"]);
        scratch.git_in("new", &["config", "core.hooksPath", "hk"]);
        done(&scratch, "new", &["install"]);
        assert_eq!(names(&scratch.path("new/hk")), ["pre-commit"], "{format}");
        fs::remove_dir_all(scratch.path("new")).unwrap();
    }
}

#[test]
fn global_hooks_keep_those_of_the_repositories_running() {
    let scratch = scratch();
    let config = "[user]\n\tname = A # me\n";
    scratch.write("dotfiles/gitconfig", config);
    std::os::unix::fs::symlink("../dotfiles/gitconfig", scratch.path("home/.gitconfig")).unwrap();
    let told = done(&scratch, "", &["install", "--global"]);
    assert!(
        told.contains("core.hooksPath is set to it in home/.gitconfig"),
        "{told}"
    );
    let dir = scratch.path("home/.config/waxseal/hooks");
    let written = fs::read_to_string(scratch.path("dotfiles/gitconfig")).unwrap();
    assert_eq!(
        written,
        format!("{config}[core]\n\thooksPath = {}\n", dir.display())
    );
    let all = contents(&dir);
    let told = done(&scratch, "", &["install", "--global"]);
    assert!(told.ends_with("nothing changed\n"), "{told}");
    assert_eq!(contents(&dir), all);
    let told = done(&scratch, "repo", &["install"]);
    assert!(
        told.contains("already installed for all your repositories"),
        "{told}"
    );

    // the stand-in in place of the program
    let program = stand_in(&scratch);
    for (name, (script, _)) in &all {
        let script = String::from_utf8(script.clone()).unwrap();
        let own = env!("CARGO_BIN_EXE_waxseal");
        let quoted = program.display().to_string().replace('\'', r"'\''");
        fs::write(dir.join(name), script.replace(own, &quoted)).unwrap();
    }
    earlier(&scratch, "repo/.git/hooks/pre-commit");
    earlier(&scratch, "repo/.git/hooks/post-commit");
    assert!(commits(&scratch, "repo"));
    let both = "earlier []\nwaxseal [hook] [run] [pre-commit]\nearlier []\n";
    assert_eq!(log(&scratch), both);
    scratch.write("status", "");
    assert!(!commits(&scratch, "repo"));
    assert_eq!(log(&scratch), "earlier []\n");
    fs::remove_file(scratch.path("status")).unwrap();
    // a hook of ours in the repository: both check, for what it says of itself proves nothing
    hooks::install(
        &scratch.path("repo/.git/hooks"),
        None,
        Hook::PreCommit,
        Some(&program),
    )
    .unwrap();
    assert!(commits(&scratch, "repo"));
    let ours = "waxseal [hook] [run] [pre-commit]\n";
    let twice = both.replace(ours, &ours.repeat(2));
    assert_eq!(log(&scratch), twice);
    // a linked work tree, and a repository without hooks
    scratch.git_in("repo", &["worktree", "add", "-q", "../linked"]);
    assert!(commits(&scratch, "linked"));
    assert_eq!(log(&scratch), twice);
    scratch.git(&["init", "-q", "other"]);
    assert!(commits(&scratch, "other"));
    assert_eq!(log(&scratch), "waxseal [hook] [run] [pre-commit]\n");
    // as it was written
    for (name, (script, _)) in &all {
        fs::write(dir.join(name), script).unwrap();
    }
    let told = done(&scratch, "", &["uninstall", "--global"]);
    assert!(told.starts_with("removed "), "{told}");
    assert!(!dir.exists());
    let written = fs::read_to_string(scratch.path("dotfiles/gitconfig")).unwrap();
    assert!(
        written.starts_with(config) && !written.contains("hooksPath"),
        "{written}"
    );
    let told = done(&scratch, "", &["uninstall", "--global"]);
    assert!(told.starts_with("nothing to do"), "{told}");
}

#[test]
fn a_foreign_global_hooks_path_gives_way_only_when_told_and_comes_back() {
    let scratch = scratch();
    let config = "[core]\n\thooksPath = ~/mine\n\teditor = vi\n";
    scratch.write("home/.gitconfig", config);
    let told = refused(&scratch, "", &["install", "--global"]);
    assert!(
        told.contains("is ~/mine already") && told.contains("--force"),
        "{told}"
    );
    assert_eq!(
        fs::read_to_string(scratch.path("home/.gitconfig")).unwrap(),
        config
    );
    let told = done(
        &scratch,
        "",
        &["install", "--global", "--force", "--type", "pre-push"],
    );
    assert!(
        told.contains("hooks in there do not run any more"),
        "{told}"
    );
    done(&scratch, "", &["install", "--global"]);
    let told = done(&scratch, "", &["uninstall", "--global"]);
    assert!(told.contains("is ~/mine again"), "{told}");
    assert_eq!(
        fs::read_to_string(scratch.path("home/.gitconfig")).unwrap(),
        config
    );
    assert!(!scratch.path("home/.config/waxseal").exists());
}

#[test]
fn managers_are_recognised_and_still_run() {
    let scratch = scratch();
    // as husky 9 lays them out
    let hook = "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"";
    let h = "#!/usr/bin/env sh\n[ \"$HUSKY\" = \"2\" ] && set -x\nn=$(basename \"$0\")\ns=$(dirname \"$(dirname \"$0\")\")/$n\n[ ! -f \"$s\" ] && exit 0\nsh -e \"$s\" \"$@\"\nc=$?\nexit $c\n";
    scratch.write("repo/.husky/_/pre-commit", hook);
    scratch.write("repo/.husky/_/h", h);
    executable(&scratch.path("repo/.husky/_/pre-commit"));
    earlier(&scratch, "repo/.husky/pre-commit");
    scratch.git_in("repo", &["config", "core.hooksPath", ".husky/_"]);
    let told = done(&scratch, "repo", &["install"]);
    assert!(told.contains("note: husky manages this hook and may write it anew, without waxseal; better write `waxseal hook run pre-commit` into .husky/pre-commit"), "{told}");
    done(&scratch, "repo", &["uninstall"]);
    install(&scratch, "repo", Hook::PreCommit);
    assert!(commits(&scratch, "repo"));
    assert_eq!(
        log(&scratch),
        "earlier []\nwaxseal [hook] [run] [pre-commit]\n"
    );
    scratch.write("status", "");
    assert!(!commits(&scratch, "repo"));
}

#[test]
fn the_scripts_are_plain_posix_sh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks");
    for name in ["shim.sh", "forward.sh"] {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("#!/bin/sh\n") && !text.contains('\r'),
            "{name}"
        );
        for word in [
            "[[",
            "function ",
            "local ",
            "$'",
            "<<<",
            "echo -",
            "source ",
        ] {
            assert!(!text.contains(word), "{name} holds `{word}`");
        }
        for shell in ["sh", "dash", "bash", "busybox"] {
            let mut command = Command::new(shell);
            if shell == "busybox" {
                command.arg("sh");
            }
            // a shell that is not here says nothing
            if let Ok(output) = command.arg("-n").arg(&path).output() {
                assert!(output.status.success(), "{shell} {name}: {output:?}");
            }
        }
    }
}
