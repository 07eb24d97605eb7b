//! What a scan of what is staged is expected to say of a scratch repository.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use super::program::{finished, waxseal};
use super::repo::Scratch;

/// What a scan of what is staged said.
pub(crate) struct Staged {
    pub(crate) code: i32,
    /// Path and line of each finding, in their order.
    pub(crate) found: Vec<(String, u64)>,
    pub(crate) report: Value,
    pub(crate) err: String,
}

/// Scans what is staged, from a directory below the top.
pub(crate) fn staged_in(repo: &Scratch, dir: &str) -> Staged {
    staged_by(repo, dir, &[], &[])
}

/// Scans what is staged.
pub(crate) fn staged(repo: &Scratch) -> Staged {
    staged_in(repo, "")
}

/// Scans what is staged, with further arguments and with variables set.
pub(crate) fn staged_by(
    repo: &Scratch,
    dir: &str,
    args: &[&str],
    variables: &[(&str, &OsStr)],
) -> Staged {
    let before = snapshot(repo.root());
    let all = [&["scan", "--staged", "--format", "json"], args].concat();
    let output = waxseal(&repo.path(dir), all)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let run = finished(output);
    assert!(
        snapshot(repo.root()) == before,
        "something was written or touched"
    );
    let report: Value = serde_json::from_str(&run.out).unwrap_or_default();
    let finding = |finding: &Value| {
        let path = finding["path"].as_str().unwrap().to_owned();
        (path, finding["place"]["line"].as_u64().unwrap())
    };
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    Staged {
        code: run.code,
        found: findings.iter().map(finding).collect(),
        report,
        err: run.err,
    }
}

impl Staged {
    /// It was complete and found these, each at a line of a file.
    pub(crate) fn finds(&self, expected: &[(&str, u64)]) -> &Self {
        let found: Vec<(&str, u64)> = self.found.iter().map(|(at, line)| (&**at, *line)).collect();
        assert_eq!(found, expected, "{}", self.err);
        let code = i32::from(!expected.is_empty());
        assert_eq!(self.code, code, "{}", self.err);
        self
    }

    /// So many files were read.
    pub(crate) fn reads(&self, files: u64) -> &Self {
        assert_eq!(self.report["coverage"]["files"], files, "{}", self.err);
        self
    }

    /// So many findings were left out.
    pub(crate) fn leaves_out(&self, count: u64) -> &Self {
        let told = match count {
            0 => String::new(),
            1 => "1 finding that is committed already was left out".to_owned(),
            _ => format!("{count} findings that are committed already were left out"),
        };
        assert!(self.err.contains(&told), "{}", self.err);
        assert_eq!(self.err.contains("left out"), count > 0, "{}", self.err);
        self
    }

    /// It ended as failed, and said this on standard error.
    pub(crate) fn fails(&self, says: &str) -> &Self {
        assert_eq!(self.code, 2, "{}", self.err);
        assert!(self.err.contains(says), "{says}: {}", self.err);
        self
    }
}

/// Every file below a directory, with its size and the times at which it was written.
pub(crate) fn snapshot(dir: &Path) -> BTreeMap<std::path::PathBuf, (u64, Option<SystemTime>)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.map(Result::unwrap) {
            let meta = entry.path().symlink_metadata().unwrap();
            files.insert(entry.path(), (meta.len(), meta.modified().ok()));
            if meta.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    files
}
