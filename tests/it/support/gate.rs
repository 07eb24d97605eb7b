//! Repositories with hooks that call the built program, and gits that may be refused by them.

use std::path::Path;
use std::process::{Command, Stdio};

use super::program::{Run, finished};
use super::repo::Scratch;

/// Makes `hook` of the repository whose git directory is `dir` run the program, with `args` behind the name of the hook.
pub(crate) fn arm(repo: &Scratch, dir: &str, hook: &str, args: &str) {
    let program = env!("CARGO_BIN_EXE_waxseal");
    let file = format!("{dir}/hooks/{hook}");
    repo.write(
        &file,
        format!("#!/bin/sh\nexec '{program}' hook run {hook} {args} \"$@\"\n"),
    );
    #[cfg(unix)]
    super::program::executable(&repo.path(&file));
}

/// Runs git, which may fail, with further variables. What it and its hooks print is looked through for secrets.
pub(crate) fn attempt(dir: &Path, vars: &[(&str, &str)], args: &[&str]) -> Run {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(dir)
        .args(["-c", "protocol.file.allow=always"])
        .args(args)
        .env("HOME", dir)
        .env("XDG_CONFIG_HOME", dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "A")
        .env("GIT_AUTHOR_EMAIL", "a@example.com")
        .env("GIT_COMMITTER_NAME", "C")
        .env("GIT_COMMITTER_EMAIL", "c@example.com")
        .env("GIT_AUTHOR_DATE", "2001-02-03T04:05:06Z")
        .env("GIT_COMMITTER_DATE", "2001-02-03T04:05:06Z")
        .env_remove("WAXSEAL_SKIP")
        .envs(vars.iter().copied())
        .stdin(Stdio::null());
    let run = finished(command.output().unwrap());
    // a key that is shown as it is has its parts still
    let whole = |text: &str| {
        text.split("SG.").skip(1).any(|rest| {
            rest.bytes()
                .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
                .count()
                > 20
        })
    };
    assert!(
        !whole(&run.out) && !whole(&run.err),
        "{}{}",
        run.out,
        run.err
    );
    run
}
