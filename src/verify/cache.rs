//! Answers of earlier runs, for a stated time, so that a second look does not ask again.
//!
//! A file of keyed digests with verdicts. The key is made at first use and stays in the folder, readable by its owner only; without
//! it a digest can't be tested against guesses. Neither a credential nor a provider's text is ever written.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Identity, Kept};
use crate::model::{Verdict, Verified, VerifiedDetail};

/// Form of the file; another one is not read.
const VERSION: u32 = 1;

/// Largest file that is read. Bytes.
const LARGEST: u64 = 32 << 20;

/// Bytes of the key.
const KEY: usize = 32;

/// Earlier answers.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    key: Zeroizing<[u8; KEY]>,
    age: Duration,
    answers: Mutex<HashMap<String, Answer>>,
}

/// Why answers can't be kept.
#[derive(Debug, thiserror::Error)]
#[error("{path}: answers can't be kept there")]
pub struct CacheError {
    /// The file or folder.
    pub path: String,
    /// What is wrong with it.
    pub source: io::Error,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    answers: Vec<Answer>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Answer {
    id: String,
    /// Seconds since 1970.
    at: u64,
    verdict: String,
    reason: String,
    details: Vec<(String, Vec<String>)>,
    asked: Vec<String>,
}

impl Cache {
    /// The cache in `folder`, which is made if need be. Answers older than `age` do not count.
    pub fn open(folder: &Path, age: Duration) -> Result<Self, CacheError> {
        let fail = |path: &Path, source| CacheError {
            path: path.display().to_string(),
            source,
        };
        private_folder(folder).map_err(|error| fail(folder, error))?;
        let file = folder.join("verify.key");
        let key = key(&file).map_err(|error| fail(&file, error))?;
        let answers = read(&folder.join("verify.json"))
            .into_iter()
            .map(|answer| (answer.id.clone(), answer))
            .collect();
        Ok(Self {
            folder: folder.to_owned(),
            key,
            age,
            answers: Mutex::new(answers),
        })
    }

    /// Writes what is young enough. Another run at the same time loses nothing but answers.
    pub fn save(&self) -> Result<(), CacheError> {
        let now = now();
        let mut answers: Vec<Answer> = {
            let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.values().cloned().collect()
        };
        answers.retain(|answer| self.is_young(answer, now));
        answers.sort_by(|a, b| a.id.cmp(&b.id));
        let stored = Stored {
            version: VERSION,
            answers,
        };
        let file = self.folder.join("verify.json");
        serde_json::to_vec(&stored)
            .map_err(io::Error::from)
            .and_then(|text| replace(&file, &text))
            .map_err(|source| CacheError {
                path: file.display().to_string(),
                source,
            })
    }

    fn is_young(&self, answer: &Answer, now: u64) -> bool {
        // one from the future was written by a clock that can't be trusted
        answer.at <= now && now - answer.at <= self.age.as_secs()
    }
}

impl Kept for Cache {
    fn key(&self) -> &[u8] {
        &*self.key
    }

    fn get(&self, identity: &Identity) -> Option<Verified> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.get(&hex(identity))?;
        let verdict = Verdict::ALL
            .into_iter()
            .find(|verdict| verdict.id() == answer.verdict)?;
        if verdict == Verdict::Unknown || !self.is_young(answer, now()) {
            return None;
        }
        let details = answer.details.iter().map(|(name, values)| VerifiedDetail {
            name: name.clone().into(),
            values: values.clone(),
        });
        Some(Verified {
            details: details.collect(),
            asked: answer.asked.clone(),
            cached: true,
            ..Verified::new(verdict, answer.reason.clone())
        })
    }

    fn put(&self, identity: &Identity, answer: &Verified) {
        let id = hex(identity);
        let details = answer.details.iter();
        let answer = Answer {
            id: id.clone(),
            at: now(),
            verdict: answer.verdict.id().to_owned(),
            reason: answer.reason.clone().into_owned(),
            details: details
                .map(|detail| (detail.name.clone().into_owned(), detail.values.clone()))
                .collect(),
            asked: answer.asked.clone(),
        };
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(id, answer);
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn hex(identity: &Identity) -> String {
    use std::fmt::Write as _;
    identity.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The answers of `file`; none if there is no such file, or none that can be read: they can be asked for again.
fn read(file: &Path) -> Vec<Answer> {
    let Ok(file) = File::open(file) else {
        return Vec::new();
    };
    let mut text = Vec::new();
    let is_file = file.metadata().is_ok_and(|it| it.is_file());
    if !is_file || file.take(LARGEST).read_to_end(&mut text).is_err() {
        return Vec::new();
    }
    match serde_json::from_slice::<Stored>(&text) {
        Ok(stored) if stored.version == VERSION => stored.answers,
        _ => Vec::new(),
    }
}

/// The key in `file`, made if there is none.
fn key(file: &Path) -> io::Result<Zeroizing<[u8; KEY]>> {
    let mut key = Zeroizing::new([0; KEY]);
    match File::open(file) {
        Ok(mut stored) => {
            let is_key = stored.metadata()?.len() == KEY as u64;
            if is_key && stored.read_exact(&mut *key).is_ok() {
                return Ok(key);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let random = rustls::crypto::ring::default_provider().secure_random;
    random
        .fill(&mut *key)
        .map_err(|_| io::Error::other("this machine gives no random numbers"))?;
    replace(file, &*key)?;
    Ok(key)
}

/// Writes `file` anew in one step, for its owner only.
fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = file.with_file_name(format!(".{name}.{}", std::process::id()));
    // what a run with the same number left behind
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options
        .open(&beside)
        .and_then(|mut out| out.write_all(text))
        .and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn live() -> Verified {
        Verified::new(Verdict::Live, "it is").with("scopes", vec!["mail.send".to_owned()])
    }

    #[test]
    fn an_answer_is_kept_for_its_time_and_in_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("deep").join("er");
        let cache = Cache::open(&inner, DAY).unwrap();
        let (one, two) = ([1; 32], [2; 32]);
        assert_eq!(cache.get(&one), None);
        cache.put(&one, &live());
        cache.save().unwrap();
        let again = Cache::open(&inner, DAY).unwrap();
        assert_eq!(again.key(), cache.key(), "the key stays");
        let kept = again.get(&one).unwrap();
        assert!(kept.cached);
        assert_eq!(
            (kept.verdict, kept.details),
            (Verdict::Live, live().details)
        );
        assert_eq!(again.get(&two), None);
        let mut old = again.answers.lock().unwrap();
        old.values_mut().for_each(|answer| answer.at -= 2 * 86_400);
        drop(old);
        assert_eq!(again.get(&one), None, "too old");
        again.save().unwrap();
        let text = fs::read_to_string(inner.join("verify.json")).unwrap();
        assert!(text.contains("\"answers\":[]"), "{text}");
        let names: Vec<_> = fs::read_dir(&inner).unwrap().collect();
        assert_eq!(names.len(), 2, "nothing is left over: {names:?}");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("cache");
        Cache::open(&inner, DAY).unwrap().save().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(mode(&inner.join("verify.key")), 0o600);
        assert_eq!(mode(&inner.join("verify.json")), 0o600);
    }

    #[test]
    fn what_can_not_be_read_is_asked_for_again() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "{", "[]", "{\"version\":9,\"answers\":[]}"] {
            fs::write(folder.path().join("verify.json"), text).unwrap();
            fs::write(folder.path().join("verify.key"), "short").unwrap();
            let cache = Cache::open(folder.path(), DAY).unwrap();
            assert_eq!(cache.get(&[1; 32]), None);
            cache.put(&[1; 32], &live());
            cache.save().unwrap();
            let again = Cache::open(folder.path(), DAY).unwrap();
            assert!(again.get(&[1; 32]).is_some(), "{text}");
        }
    }
}
