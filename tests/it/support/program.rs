//! Runs the built program the way a stranger's shell would, with nothing of the tester's own environment.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use waxseal::rules::sample::expand;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The program, about to run in `dir`, with an environment that holds `PATH` and an empty home only.
pub(crate) fn waxseal<S: AsRef<OsStr>>(dir: &Path, args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_waxseal"));
    command
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", dir.join("no-home"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run<S: AsRef<OsStr>>(dir: &Path, args: impl IntoIterator<Item = S>) -> Run {
    finished(waxseal(dir, args).output().unwrap())
}

/// Runs the program to its end with `input` on standard input.
pub(crate) fn run_with<S: AsRef<OsStr>>(
    dir: &Path,
    args: impl IntoIterator<Item = S>,
    input: &[u8],
) -> Run {
    let mut command = waxseal(dir, args);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // a run that fails early does not read it all
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    finished(output)
}

pub(crate) fn finished(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A template filled in, as text. The same template and label give the same bytes in all tests.
pub(crate) fn text(template: &str) -> String {
    String::from_utf8(bytes(template)).unwrap()
}

/// A template filled in.
pub(crate) fn bytes(template: &str) -> Vec<u8> {
    expand(template, "it").unwrap()
}

/// Makes a file one that can be run at once: a copy by another process. What this one wrote is busy as long as a process that another
/// test is just starting has it open for writing.
#[cfg(unix)]
pub(crate) fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let copy = path.with_extension("copy");
    let status = Command::new("cp").arg(path).arg(&copy).status().unwrap();
    assert!(status.success());
    std::fs::rename(&copy, path).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
