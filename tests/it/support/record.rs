//! A sink that remembers what was pushed, and checks the promises of windows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use waxseal::model::{Blob, GitState, Sink, Sinks, Skip, SkipReason, Store};
use waxseal::source::{FileOptions, scan_paths, scan_stdin};

/// One file as its windows gave it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) store: Option<Store>,
    /// The own ranges, put together.
    pub(crate) bytes: Vec<u8>,
    pub(crate) windows: usize,
    pub(crate) longest_window: usize,
    pub(crate) ended: bool,
}

/// Everything that was pushed.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) files: BTreeMap<String, Seen>,
    pub(crate) skips: Vec<Skip>,
    /// How many sinks were asked for.
    pub(crate) sinks: usize,
}

/// Makes sinks that write to one record.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) record: Mutex<Record>,
    /// Context promised on each side of an own range.
    pub(crate) reach: usize,
    /// Panics on a file of this name.
    pub(crate) panic_on: Option<String>,
    /// The first byte of it, counted from 0, for which it does.
    pub(crate) panic_at: u64,
}

impl Recorder {
    pub(crate) fn scan(self, paths: &[PathBuf], options: &FileOptions) -> Record {
        scan_paths(paths, options, &&self);
        self.record.into_inner().unwrap()
    }

    pub(crate) fn stdin(self, input: impl std::io::Read, options: &FileOptions) -> Record {
        scan_stdin(b"<stdin>", input, options.windows, &&self);
        self.record.into_inner().unwrap()
    }
}

/// A path as a test names it: bytes that are not UTF-8 as `\xNN`.
pub(crate) fn readable(path: &[u8]) -> String {
    waxseal::model::display_path(path)
}

impl<'r> Sinks for &'r Recorder {
    type Sink = Tape<'r>;

    fn sink(&self) -> Tape<'r> {
        self.record.lock().unwrap().sinks += 1;
        Tape(self)
    }
}

pub(crate) struct Tape<'r>(&'r Recorder);

impl Sink for Tape<'_> {
    fn blob(&mut self, blob: &Blob<'_>) {
        let name = readable(&blob.origin.path);
        let own_end = blob.part.offset + blob.part.own.end as u64;
        let panics = self.0.panic_on.as_ref() == Some(&name)
            && (own_end > self.0.panic_at || blob.part.last);
        assert!(!panics, "told to panic");
        let mut record = self.0.record.lock().unwrap();
        let seen = record.files.entry(name.clone()).or_default();
        assert!(!seen.ended, "{name} goes on after its end, or comes twice");
        assert!(seen.store.is_none_or(|store| store == blob.origin.store));
        assert_eq!(blob.part.offset % 2, 0, "odd offset");
        let own_start = blob.part.offset + blob.part.own.start as u64;
        assert_eq!(own_start, seen.bytes.len() as u64, "own ranges do not tile");
        if blob.part.offset > 0 {
            assert!(blob.part.own.start >= self.0.reach, "too little before");
        } else if seen.windows == 0 {
            assert_eq!(blob.part.own.start, 0);
        }
        if !blob.part.last {
            let after = blob.bytes.len() - blob.part.own.end;
            assert!(after >= self.0.reach, "too little after");
        }
        seen.store = Some(blob.origin.store);
        seen.bytes
            .extend_from_slice(&blob.bytes[blob.part.own.clone()]);
        seen.windows += 1;
        seen.longest_window = seen.longest_window.max(blob.bytes.len());
        seen.ended = blob.part.last;
    }

    fn skip(&mut self, skip: Skip) {
        self.0.record.lock().unwrap().skips.push(skip);
    }
}

impl Record {
    /// The names of all files, sorted, with what git says of them: `T`racked, `U`ntracked, `I`gnored, `-`.
    pub(crate) fn names(&self) -> Vec<String> {
        let state = |seen: &Seen| match seen.store {
            Some(Store::File(GitState::Tracked)) => "T",
            Some(Store::File(GitState::Untracked)) => "U",
            Some(Store::File(GitState::Ignored)) => "I",
            Some(Store::File(GitState::Outside)) => "-",
            Some(Store::Stdin | Store::Index(_) | Store::Object(..)) | None => "?",
        };
        self.files
            .iter()
            .map(|(name, seen)| format!("{} {name}", state(seen)))
            .collect()
    }

    /// All skips as reason and path, sorted.
    pub(crate) fn skipped(&self) -> Vec<String> {
        let mut skipped: Vec<String> = self
            .skips
            .iter()
            .map(|skip| format!("{} {}", skip.reason.id(), readable(&skip.path)))
            .collect();
        skipped.sort();
        skipped
    }

    /// The detail of the only skip for `reason`.
    pub(crate) fn detail(&self, reason: SkipReason) -> &str {
        let mut skips = self.skips.iter().filter(|skip| skip.reason == reason);
        let skip = skips.next().unwrap();
        assert!(skips.next().is_none(), "more than one {}", reason.id());
        &skip.detail
    }
}

/// Scans `path` and strips the scratch directory from what is reported.
pub(crate) fn scan(root: &Path, path: impl AsRef<Path>, options: &FileOptions) -> Record {
    scan_all(root, &[path.as_ref()], options)
}

/// Scans several paths below `root` and strips `root` from what is reported.
pub(crate) fn scan_all(root: &Path, paths: &[&Path], options: &FileOptions) -> Record {
    let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
    let mut record = Recorder::default().scan(&paths, options);
    let top = readable(root.as_os_str().as_encoded_bytes());
    let prefix = format!("{}/", top.trim_end_matches('/'));
    record.files = std::mem::take(&mut record.files)
        .into_iter()
        .map(|(name, seen)| {
            (
                name.strip_prefix(&prefix)
                    .map_or(name.clone(), str::to_owned),
                seen,
            )
        })
        .collect();
    for skip in &mut record.skips {
        if let Some(rest) = skip.path.strip_prefix(prefix.as_bytes()) {
            skip.path = rest.to_vec();
        }
    }
    record
}
