//! The text of our hooks: what is filled into the scripts of the `hooks/` folder, and how one is known again.
//!
//! The third line holds a digest of all others. So a hook that was changed by hand is told from one that another version of
//! waxseal wrote, and the first is never overwritten.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// The hook that checks.
const CHECKS: &str = include_str!("../../hooks/shim.sh");
/// The hook that only runs the repository's own.
const FORWARDS: &str = include_str!("../../hooks/forward.sh");

/// How the second line of each begins.
const MARK: &str = "# waxseal hook";
/// How the third one does.
const SUM: &str = "# sum: ";

/// What one of our hooks does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shim {
    /// Git's name for the hook.
    pub name: String,
    /// Where waxseal was when it was written; none if the file may get to other machines.
    pub program: Option<PathBuf>,
    /// Name of the hook that was there before and is run first. It lies in the same folder.
    pub earlier: Option<String>,
    /// What it runs.
    pub runs: Runs,
}

/// What one of our hooks runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// The hook that was there before, and waxseal.
    Check,
    /// The repository's own hook, and waxseal.
    CheckAndRepository,
    /// The repository's own hook.
    Repository,
}

/// Who wrote a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// We did.
    ByUs(Shim),
    /// We did, and somebody changed it.
    ByUsAndEdited,
    /// Somebody else.
    ByOthers,
}

impl Shim {
    /// The script.
    pub fn script(&self) -> Vec<u8> {
        let template = match self.runs {
            Runs::Check | Runs::CheckAndRepository => CHECKS,
            Runs::Repository => FORWARDS,
        };
        let mut script = Vec::with_capacity(template.len() + 200);
        for line in template.lines() {
            match line.split_once('=').map(|(key, _)| key) {
                Some("name") => setting(&mut script, "name", self.name.as_bytes()),
                Some("program") => {
                    let program = self.program.as_deref().and_then(portable);
                    setting(&mut script, "program", &program.unwrap_or_default());
                }
                Some("earlier") => {
                    let earlier = self.earlier.as_deref().unwrap_or_default();
                    setting(&mut script, "earlier", earlier.as_bytes());
                }
                Some("repository") => {
                    let yes = self.runs == Runs::CheckAndRepository;
                    setting(&mut script, "repository", if yes { b"yes" } else { b"" });
                }
                _ => script.extend_from_slice(line.as_bytes()),
            }
            script.push(b'\n');
        }
        let sum = format!("{SUM}{}", sum(&script));
        let text = script.split(|&byte| byte == b'\n');
        let lines: Vec<&[u8]> = text
            .map(|line| if is_sum(line) { sum.as_bytes() } else { line })
            .collect();
        lines.join(&b'\n')
    }
}

impl Written {
    /// Who wrote `script`.
    pub fn of(script: &[u8]) -> Self {
        let mut lines = script.split(|&byte| byte == b'\n');
        if !lines
            .nth(1)
            .is_some_and(|line| line.starts_with(MARK.as_bytes()))
        {
            return Self::ByOthers;
        }
        let told = lines
            .next()
            .and_then(|line| line.strip_prefix(SUM.as_bytes()));
        if told != Some(sum(script).as_bytes()) {
            return Self::ByUsAndEdited;
        }
        let value = |key: &str| {
            let mut lines = script.split(|&byte| byte == b'\n');
            lines.find_map(|line| unquoted(line.strip_prefix(key.as_bytes())?.strip_prefix(b"=")?))
        };
        let text = |key| {
            let value = String::from_utf8(value(key)?).ok()?;
            Some(value).filter(|value| !value.is_empty())
        };
        Self::ByUs(Shim {
            name: text("name").unwrap_or_default(),
            program: value("program")
                .filter(|value| !value.is_empty())
                .map(path_of),
            earlier: text("earlier"),
            runs: match value("repository") {
                None => Runs::Repository,
                Some(value) if value.is_empty() => Runs::Check,
                Some(_) => Runs::CheckAndRepository,
            },
        })
    }
}

fn is_sum(line: &[u8]) -> bool {
    line.starts_with(SUM.as_bytes())
}

/// Digest of a script without the line that holds the digest, as 32 hexadecimal digits.
fn sum(script: &[u8]) -> String {
    let mut digest = Sha256::new();
    for line in script
        .split(|&byte| byte == b'\n')
        .filter(|line| !is_sum(line))
    {
        digest.update(line);
        digest.update(b"\n");
    }
    let digest = digest.finalize();
    let mut text = String::with_capacity(32);
    for byte in &digest[..16] {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Writes `key='value'`, in quotes as a shell reads them.
fn setting(script: &mut Vec<u8>, key: &str, value: &[u8]) {
    script.extend_from_slice(key.as_bytes());
    script.extend_from_slice(b"='");
    for &byte in value {
        match byte {
            b'\'' => script.extend_from_slice(br"'\''"),
            _ => script.push(byte),
        }
    }
    script.push(b'\'');
}

/// The value that [`setting`] wrote.
fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let inner = text.strip_prefix(b"'")?.strip_suffix(b"'")?;
    let mut value = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((&first, after)) = rest.split_first() {
        rest = match (first, after.strip_prefix(br"\''")) {
            (b'\'', Some(after)) => after,
            (b'\'', None) => return None,
            _ => after,
        };
        value.push(first);
    }
    Some(value)
}

/// The path of a program as the shell that runs hooks takes it; none if it can't stand on one line of a script.
fn portable(path: &Path) -> Option<Vec<u8>> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let fits = path.is_absolute() && !bytes.iter().any(|&byte| byte < b' ');
    fits.then(|| {
        if cfg!(windows) {
            slashed(bytes)
        } else {
            bytes.to_vec()
        }
    })
}

/// A Windows path as Git's shell likes it best: with slashes, and without the sign that lifts the limit on its length.
fn slashed(path: &[u8]) -> Vec<u8> {
    let path = path.strip_prefix(br"\\?\").unwrap_or(path);
    let slash = |&byte: &u8| if byte == b'\\' { b'/' } else { byte };
    path.iter().map(slash).collect()
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shim(program: &str) -> Shim {
        Shim {
            name: "pre-commit".to_owned(),
            program: Some(PathBuf::from(program)),
            earlier: Some("pre-commit.before-waxseal".to_owned()),
            runs: Runs::Check,
        }
    }

    #[test]
    fn what_was_written_is_known_again() {
        let forwards = Shim {
            name: "post-merge".to_owned(),
            program: None,
            earlier: None,
            runs: Runs::Repository,
        };
        let global = Shim {
            earlier: None,
            runs: Runs::CheckAndRepository,
            ..shim("/opt/bin/waxseal")
        };
        for shim in [shim("/opt/it's here/a b\\c/waxseal"), forwards, global] {
            let script = shim.script();
            assert_eq!(Written::of(&script), Written::ByUs(shim));
            assert!(!script.contains(&b'\r'), "a shell stumbles over CRLF");
        }
    }

    #[test]
    fn a_changed_hook_and_a_foreign_one_are_told_apart() {
        let script = shim("/opt/bin/waxseal").script();
        let mut edited = script.clone();
        edited.extend_from_slice(b"echo more\n");
        assert_eq!(Written::of(&edited), Written::ByUsAndEdited);
        let crlf = String::from_utf8(script).unwrap().replace('\n', "\r\n");
        assert_eq!(Written::of(crlf.as_bytes()), Written::ByUsAndEdited);
        for foreign in [&b""[..], b"\n\n", b"#!/bin/sh\nexit 0\n", b"\0\xff"] {
            assert_eq!(Written::of(foreign), Written::ByOthers);
        }
        // copied by hand out of the repository
        assert_eq!(Written::of(CHECKS.as_bytes()), Written::ByUsAndEdited);
    }

    #[test]
    fn a_path_that_does_not_fit_a_line_is_left_to_the_search_path() {
        for odd in ["relative/waxseal", "/opt/a\nb/waxseal", "/opt/a\rb/waxseal"] {
            let script = shim(odd).script();
            let Written::ByUs(read) = Written::of(&script) else {
                panic!("{odd:?} is not read back");
            };
            assert_eq!(read.program, None);
        }
    }

    #[test]
    fn windows_paths_get_slashes() {
        assert_eq!(
            slashed(br"C:\Program Files\waxseal.exe"),
            b"C:/Program Files/waxseal.exe"
        );
        assert_eq!(slashed(br"\\?\C:\a\waxseal.exe"), b"C:/a/waxseal.exe");
    }
}
