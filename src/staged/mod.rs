//! What the index holds that `HEAD` does not: what would be committed, and which secrets that adds.
//!
//! First what differs (`diff`), then every version of a file that is new, whole and as it is staged (`read`), and only where that
//! holds something, what `HEAD` has instead (`judge`). The work tree is not looked at, attributes are not, and nothing is written.

mod diff;
mod judge;
mod read;

use crate::git::{Finder, HeadError, Staging, StagingError, Store, head, pack, tree};
use crate::model::{Coverage, ObjectId, Report, Skip, SkipReason};
use crate::scan::Scanner;

use diff::Walk;
use read::Reader;

/// How what is staged is to be scanned.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Threads; at least 1.
    pub threads: usize,
    /// Keep what `HEAD` holds already.
    pub all: bool,
    /// Largest file that is scanned, bytes; none for any.
    pub most: Option<u64>,
}

/// Why it can't be told what is staged.
#[derive(Debug, thiserror::Error)]
pub enum StagedError {
    /// There is no work tree.
    #[error("{} has no work tree, so nothing can be staged in it", .0.display())]
    Bare(std::path::PathBuf),
    /// The index can't be read.
    #[error("cannot read the index {}", .path.display())]
    Index {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: StagingError,
    },
    /// It can't be told what to compare it with.
    #[error(transparent)]
    Head(#[from] HeadError),
}

/// Scans what is staged in the work tree of `store`.
pub fn scan(store: &Store, scanner: &Scanner, options: Options) -> Result<Report, StagedError> {
    if store.root.is_none() {
        return Err(StagedError::Bare(store.git_dir.clone()));
    }
    let path = store.index_file();
    let index = Staging::read(&path, &store.git_dir, store.id_len())
        .map_err(|source| StagedError::Index { path, source })?;
    let mut coverage = Coverage::default();
    let mut finder = Finder::open(store);
    let root = match head(store)? {
        Some(commit) => root_of(&commit, &mut finder).unwrap_or_else(|skip| {
            coverage.skip(skip);
            None
        }),
        None => None,
    };
    let mut walk = Walk::new(&index, finder, store);
    walk.compare(root);
    let differences = walk.finish(&mut coverage);
    let mut reader = Reader {
        store,
        scanner,
        threads: options.threads,
        most: options.most,
    };
    let new = reader.read(&differences.new);
    // what is there already pays for what is new, however large it is
    reader.most = None;
    coverage.merge(new.coverage);
    // what is missing may be missing for one of these
    let problems = if coverage.is_complete() {
        &[][..]
    } else {
        &store.problems
    };
    for problem in problems {
        coverage.skip(Skip {
            path: store.git_dir.as_os_str().as_encoded_bytes().to_vec(),
            reason: SkipReason::Unreadable,
            detail: problem.clone(),
        });
    }
    let mut report = Report {
        findings: new.findings,
        drops: new.drops,
        allows: new.allows,
        held: Some(0),
        coverage,
        ..Report::default()
    };
    if !options.all {
        let held = judge::leave_out(&mut report, &differences, &reader);
        let merged = judge::leave_out_merged(&mut report, &reader);
        report.held = Some(held + merged);
    }
    report.sort();
    Ok(report)
}

/// The tree of a commit; what is wrong if it can't be read.
fn root_of(commit: &ObjectId, finder: &mut Finder) -> Result<Option<ObjectId>, Skip> {
    let content = object(commit, pack::Kind::Commit, finder).map_err(|(reason, why)| Skip {
        path: format!("commit {commit}").into_bytes(),
        reason,
        detail: format!("HEAD's commit {why}; everything in the index counts as added"),
    })?;
    let tree = content
        .strip_prefix(b"tree ")
        .and_then(|rest| rest.split(|byte| *byte == b'\n').next())
        .and_then(ObjectId::from_hex)
        .filter(|id| id.as_bytes().len() == commit.as_bytes().len());
    tree.map(Some).ok_or_else(|| Skip {
        path: format!("commit {commit}").into_bytes(),
        reason: SkipReason::Damaged,
        detail: "HEAD's commit names no tree; everything in the index counts as added".to_owned(),
    })
}

/// Reads an object that has to be of this kind. What is wrong otherwise, as the end of a sentence.
fn object(
    id: &ObjectId,
    kind: pack::Kind,
    finder: &mut Finder,
) -> Result<Vec<u8>, (SkipReason, String)> {
    use crate::git::FindError;
    use pack::Damage;
    match finder.find(id) {
        Ok(Some((found, content))) if found == kind => Ok(content),
        Ok(Some(_)) => Err((SkipReason::Damaged, "is of another kind".to_owned())),
        Ok(None) => Err((
            SkipReason::Missing,
            format!("({id}) is not in the repository"),
        )),
        Err(FindError::Damaged(Damage::TooLarge)) => {
            let why = format!("({id}) is larger than 1 GiB, which is not read");
            Err((SkipReason::TooLarge, why))
        }
        Err(error) => Err((
            SkipReason::Damaged,
            format!("({id}) can't be read: {error}"),
        )),
    }
}

/// The entries of a tree, whose ids have their bytes in `content`.
fn entries(content: &[u8], id_len: usize) -> Result<Vec<tree::Entry<'_>>, (SkipReason, String)> {
    tree::entries(content, id_len)
        .map_err(|tree::Malformed| (SkipReason::Damaged, "is no tree".to_owned()))
}
