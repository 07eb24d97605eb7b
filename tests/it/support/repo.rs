//! Scratch trees and repositories, made by the `git` command with fixed names, dates and settings.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A scratch directory that is removed in the end.
pub(crate) struct Scratch {
    _dir: TempDir,
    root: PathBuf,
}

impl Scratch {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        Self { _dir: dir, root }
    }

    /// An empty repository.
    pub(crate) fn repo() -> Self {
        let scratch = Self::new();
        scratch.git(&["init", "-q", "-b", "main"]);
        scratch
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// Writes a file, and the directories it needs.
    pub(crate) fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Runs git at the top.
    pub(crate) fn git(&self, args: &[&str]) -> &Self {
        self.git_in("", args)
    }

    /// Runs git in a directory below.
    pub(crate) fn git_in(&self, dir: impl AsRef<Path>, args: &[impl AsRef<OsStr>]) -> &Self {
        self.git_fed(dir, args, b"");
        self
    }

    /// Runs git in a directory below with `input`; what it printed.
    pub(crate) fn git_fed(
        &self,
        dir: impl AsRef<Path>,
        args: &[impl AsRef<OsStr>],
        input: &[u8],
    ) -> Vec<u8> {
        self.git_on("2001-02-03T04:05:06Z", dir, args, input)
    }

    /// Runs git with `date` for author and committer.
    pub(crate) fn git_on(
        &self,
        date: &str,
        dir: impl AsRef<Path>,
        args: &[impl AsRef<OsStr>],
        input: &[u8],
    ) -> Vec<u8> {
        let mut git = self
            .command(date, dir, args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A git that does not read its input may be gone already.
        let _ = git.stdin.take().unwrap().write_all(input);
        let output = git.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    /// Git, about to run in a directory below, with `date` for author and committer.
    pub(crate) fn command(
        &self,
        date: &str,
        dir: impl AsRef<Path>,
        args: &[impl AsRef<OsStr>],
    ) -> Command {
        let dir = self.path(dir);
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(&dir)
            .args([
                "-c",
                "protocol.file.allow=always",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(args)
            .env("HOME", &dir)
            .env("XDG_CONFIG_HOME", &dir)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "A")
            .env("GIT_AUTHOR_EMAIL", "a@example.com")
            .env("GIT_AUTHOR_DATE", date)
            .env("GIT_COMMITTER_NAME", "C")
            .env("GIT_COMMITTER_EMAIL", "c@example.com")
            .env("GIT_COMMITTER_DATE", date);
        command
    }
}
