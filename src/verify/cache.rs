//! Answers of earlier runs, for a stated time, so that a second look does not ask again.
//!
//! A file of keyed digests with verdicts. The key is made at first use and stays in the folder, readable by its owner only; without
//! it a digest can't be tested against guesses. Neither a credential nor a provider's text is ever written. Whoever could write there
//! could pass a live key off as dead, so a folder that others can write to, or that is not ours, is not used.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Identity, Kept};
use crate::model::{Verdict, Verified, VerifiedDetail};

/// Form of the file; another one is not read.
const VERSION: u32 = 2;

/// Largest file that is read, and written. Bytes.
const LARGEST: usize = 16 << 20;

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

#[derive(Deserialize)]
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

    /// Writes what is young enough, with what other runs have written meanwhile. If it is too much, the oldest go.
    pub fn save(&self) -> Result<(), CacheError> {
        let now = now();
        let file = self.folder.join("verify.json");
        let mut answers: HashMap<String, Answer> = {
            let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.clone()
        };
        for theirs in read(&file) {
            let is_newer = |ours: &Answer| ours.at >= theirs.at;
            if !answers.get(&theirs.id).is_some_and(is_newer) {
                answers.insert(theirs.id.clone(), theirs);
            }
        }
        let mut answers: Vec<Answer> = answers.into_values().collect();
        answers.retain(|answer| self.is_young(answer, now));
        answers.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        text(&answers)
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

/// What is written of `answers`: as many of the first as the file may hold.
fn text(answers: &[Answer]) -> io::Result<Vec<u8>> {
    let mut out = format!("{{\"version\":{VERSION},\"answers\":[").into_bytes();
    for (at, answer) in answers.iter().enumerate() {
        let entry = serde_json::to_vec(answer)?;
        if out.len() + entry.len() + 3 > LARGEST {
            break;
        }
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(&entry);
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// The answers of `file`; none if there is no such file, or none that can be read: they can be asked for again.
fn read(file: &Path) -> Vec<Answer> {
    let Ok(Some(text)) = content(file, LARGEST) else {
        return Vec::new();
    };
    match serde_json::from_slice::<Stored>(&text) {
        Ok(stored) if stored.version == VERSION => stored.answers,
        _ => Vec::new(),
    }
}

/// What is in `file`; none if there is none, or something that is no file of at most so many bytes. Links are not followed: none was
/// made here.
fn content(file: &Path, most: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    match fs::symlink_metadata(file) {
        Ok(it) if it.is_file() && it.len() <= most as u64 => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut text = Zeroizing::new(Vec::with_capacity(most.min(64)));
    File::open(file)?.take(most as u64).read_to_end(&mut text)?;
    Ok(Some(text))
}

/// The key in `file`, made if there is none.
fn key(file: &Path) -> io::Result<Zeroizing<[u8; KEY]>> {
    let mut key = Zeroizing::new([0; KEY]);
    let stored = content(file, KEY)?.filter(|stored| stored.len() == KEY);
    if let Some(stored) = stored {
        key.copy_from_slice(&stored);
        own(file)?;
        return Ok(key);
    }
    let random = rustls::crypto::ring::default_provider().secure_random;
    random
        .fill(&mut *key)
        .map_err(|_| io::Error::other("this machine gives no random numbers"))?;
    let made = beside(file, &*key)?;
    // another run may have made one since: it is that one which counts, for both
    let linked = fs::hard_link(&made, file);
    if linked.is_err() {
        let theirs = content(file, KEY)?.filter(|stored| stored.len() == KEY);
        if let Some(theirs) = theirs {
            key.copy_from_slice(&theirs);
        } else {
            // what is there is no key; or links are not to be had here
            fs::rename(&made, file)?;
            return Ok(key);
        }
    }
    fs::remove_file(&made)?;
    Ok(key)
}

/// Writes `file` anew in one step, for its owner only.
fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let made = beside(file, text)?;
    let renamed = fs::rename(&made, file);
    if renamed.is_err() {
        let _ = fs::remove_file(&made);
    }
    renamed
}

/// Writes `text` into a new file beside `file`, for its owner only.
fn beside(file: &Path, text: &[u8]) -> io::Result<PathBuf> {
    // one for each call: threads of one process may be at it as well
    static CALLS: AtomicU32 = AtomicU32::new(0);

    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let beside = file.with_file_name(format!(".{name}.{}.{call}", std::process::id()));
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
        .and_then(|mut out| out.write_all(text));
    if let Err(error) = written {
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    Ok(beside)
}

/// Makes the folder, and fails if somebody else could put something there.
fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let mine = beside(&folder.join("mine"), b"")?;
        let me = fs::metadata(&mine).map(|it| it.uid());
        fs::remove_file(&mine)?;
        let it = fs::metadata(folder)?;
        if it.uid() != me? {
            return Err(io::Error::other("the folder belongs to somebody else"));
        }
        if it.mode() & 0o022 != 0 {
            return Err(io::Error::other(
                "others can write to the folder; take that away: chmod go-w",
            ));
        }
    }
    Ok(())
}

/// Leaves `file` to its owner alone.
#[cfg(unix)]
fn own(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(file)?.permissions().mode();
    let others = mode & 0o077;
    if others != 0 {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn own(_: &Path) -> io::Result<()> {
    Ok(())
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
        fs::remove_file(inner.join("verify.json")).unwrap();
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

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_of_ours_is_neither_followed_nor_waited_for() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (inner, other) = (folder.path().join("cache"), folder.path().join("other"));
        fs::create_dir(&inner).unwrap();
        // a key that somebody else knows, and what they would have us believe
        fs::write(&other, [7; KEY]).unwrap();
        symlink(&other, inner.join("verify.key")).unwrap();
        symlink("/dev/zero", inner.join("verify.json")).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o700)).unwrap();
        let cache = Cache::open(&inner, DAY).unwrap();
        assert_ne!(cache.key(), [7; KEY]);
        cache.put(&[1; 32], &live());
        cache.save().unwrap();
        assert_eq!(fs::read(&other).unwrap(), [7; KEY], "left alone");
        let again = Cache::open(&inner, DAY).unwrap();
        assert!(again.get(&[1; 32]).is_some());
        assert_eq!(again.key(), cache.key());
        // a key that came from a copy is for its owner alone again
        fs::set_permissions(inner.join("verify.key"), fs::Permissions::from_mode(0o644)).unwrap();
        Cache::open(&inner, DAY).unwrap();
        let mode = fs::metadata(inner.join("verify.key"))
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("cache");
        Cache::open(&inner, DAY).unwrap();
        for (mode, is_used) in [(0o755, true), (0o770, false), (0o777, false), (0o700, true)] {
            fs::set_permissions(&inner, fs::Permissions::from_mode(mode)).unwrap();
            let opened = Cache::open(&inner, DAY);
            assert_eq!(opened.is_ok(), is_used, "{mode:o}: {opened:?}");
        }
    }

    #[test]
    fn two_runs_at_once_keep_the_answers_of_both() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("cache");
        let runs: Vec<Cache> = std::thread::scope(|scope| {
            let open = || Cache::open(&inner, DAY).unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|it| it.join().unwrap()).collect()
        });
        for (at, run) in (0_u8..).zip(&runs) {
            run.put(&[at; 32], &live());
            run.save().unwrap();
        }
        let last = Cache::open(&inner, DAY).unwrap();
        for at in 0..8 {
            assert!(last.get(&[at; 32]).is_some(), "{at}");
        }
    }

    #[test]
    fn two_that_make_the_key_at_once_have_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("verify.key");
        fs::write(&file, "half a key").unwrap();
        let first = key(&file).unwrap();
        assert_eq!(*key(&file).unwrap(), *first);
        assert_eq!(fs::read(&file).unwrap(), *first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_grows_too_large_loses_what_is_oldest() {
        let long = "x".repeat(1 << 20);
        let answer = |at: u64| Answer {
            id: format!("{at}"),
            at,
            verdict: "live".to_owned(),
            reason: long.clone(),
            details: Vec::new(),
            asked: Vec::new(),
        };
        let answers: Vec<Answer> = (0..20).rev().map(answer).collect();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("verify.json");
        replace(&file, &text(&answers).unwrap()).unwrap();
        let kept: Vec<u64> = read(&file).iter().map(|it| it.at).collect();
        assert_eq!(kept, (5..20).rev().collect::<Vec<_>>());
        fs::write(&file, vec![b' '; LARGEST + 1]).unwrap();
        assert!(read(&file).is_empty());
    }

    #[test]
    fn an_answer_of_a_clock_that_runs_ahead_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("c"), DAY).unwrap();
        cache.put(&[1; 32], &live());
        let mut ahead = cache.answers.lock().unwrap();
        ahead.values_mut().for_each(|answer| answer.at += 90_000);
        drop(ahead);
        assert_eq!(cache.get(&[1; 32]), None);
    }

    #[test]
    fn what_can_not_be_read_is_asked_for_again() {
        let folder = tempfile::tempdir().unwrap();
        let broken = [
            "",
            "{",
            "[]",
            "\u{0}",
            "{\"version\":9,\"answers\":[]}",
            "{\"version\":2,\"answers\":[{}]}",
            "{\"version\":2,\"answers\":[{\"id\":\"",
        ];
        for text in broken {
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
