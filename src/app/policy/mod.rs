//! By which policy a run goes: that of the work tree, or that of a commit, where whoever is checked can't have changed it.
//!
//! A policy is read here and nowhere else in `app`. What of it lets too much pass becomes findings of its own.

mod commit;
pub(super) mod points;

use std::path::Path;

use crate::baseline;
use crate::ci::Point;
use crate::config::{self, FILE_NAME, Input, Policy, ScanOptions, Sources, Text, TooWide};
use crate::error::Error;
use crate::git::{Environment, Refs, Store};
use crate::history::CommitInfo;
use crate::model::{
    Confidence, Excerpt, Finding, Fingerprint, FingerprintKey, GitState, Origin, Place, Secret,
    Severity, Store as Stored,
};
use crate::rules::POLICY_TOO_WIDE;

use super::baseline::Standing;
pub(super) use commit::entry;
use commit::file_of;
use points::Points;

/// What a run goes by: what is asked for with all that counts where nothing was said, the policy, and the baseline.
pub(super) type Resolved = (ScanOptions, Policy, Standing);

/// What `options` ask for, and the policy: that of the work tree, or of the commit that they name.
pub(super) fn resolve(options: ScanOptions) -> Result<Resolved, Error> {
    config::one_root(&options)?;
    if options.policy.from.is_none() {
        let baseline = Standing::of(&options.input, &options.baseline)?;
        let (options, policy) = config::resolve(options)?;
        return Ok((options, policy, baseline));
    }
    let store = match &options.input {
        Input::History(history) => Store::open(&history.repo, history.git_dir.as_deref())?,
        Input::Paths(paths) => {
            let root = config::root(&options.input);
            let first = paths.first().map(|path| Path::new(path.as_os_str()));
            Store::open(root.as_deref().or(first).unwrap_or(Path::new(".")), None)?
        }
        Input::Staged(_) | Input::Handed { .. } => {
            Store::open_as_git(Path::new("."), &Environment::of_process())?
        }
    };
    resolve_in(&store, options)
}

/// The same for a repository that is open already.
pub(super) fn resolve_in(store: &Store, options: ScanOptions) -> Result<Resolved, Error> {
    let Some(revision) = options.policy.from.clone() else {
        let root = store.root.as_deref();
        let baseline = Standing::in_folder(root, &options.baseline)?;
        let read = &mut |path: &str| config::in_folder(root, path);
        let (options, policy) = config::resolve_from(options, read)?;
        return Ok((options, policy, baseline));
    };
    let mut points = Points::new(store, Refs::current(store));
    let commit = named(&revision, &mut points)?;
    of_commit(options, &commit, &mut points)
}

/// What `options` ask for, with the policy and the baseline of `commit`.
pub(super) fn of_commit(
    options: ScanOptions,
    commit: &CommitInfo,
    points: &mut Points<'_>,
) -> Result<Resolved, Error> {
    let baseline = match &options.baseline.file {
        Some(_) => Standing::in_folder(None, &options.baseline)?,
        None if options.baseline.off => {
            let text = baseline_of(commit, points).map_err(|error| error.to_string());
            Standing::off(text.map(|text| text.map(|(_, text)| text)))?
        }
        None => Standing::by(baseline_of(commit, points)?)?,
    };
    let (options, policy) = configured_by(options, commit, points)?;
    Ok((options, policy, baseline))
}

/// The baseline that `commit` has, with a name that says so.
pub(super) fn baseline_of(
    commit: &CommitInfo,
    points: &mut Points<'_>,
) -> Result<Option<(String, Vec<u8>)>, Error> {
    file_of(commit, baseline::FILE_NAME, baseline::LARGEST, points)
}

/// What `options` ask for, with the configuration of `commit`.
pub(super) fn configured_by(
    options: ScanOptions,
    commit: &CommitInfo,
    points: &mut Points<'_>,
) -> Result<(ScanOptions, Policy), Error> {
    config::resolve_from(options, &mut |path| text_of(commit, path, points))
}

/// The file `path` of the policy of `commit`.
pub(super) fn text_of(
    commit: &CommitInfo,
    path: &str,
    points: &mut Points<'_>,
) -> Result<Option<Text>, Error> {
    let file = file_of(commit, path, config::LARGEST as u64, points)?;
    file.map(|(name, bytes)| Text::new(Path::new(path), name, bytes, config::Origin::Repository))
        .transpose()
}

/// The commit that `--policy-from` names.
pub(super) fn named(revision: &str, points: &mut Points<'_>) -> Result<CommitInfo, Error> {
    let found = points.find(&Point::Short(revision.to_owned()))?;
    found.map(|(_, commit)| commit).ok_or_else(|| {
        Error::Usage(format!(
            "--policy-from {revision}: there is no such commit here; give a branch, a tag, or an id of at least 4 digits"
        ))
    })
}

/// What counts for a push that is received: nothing that came with it has a say, and no file of a work tree, which a push may have
/// changed.
pub(super) fn received(store: &Store, options: ScanOptions) -> Result<Resolved, Error> {
    if options.policy.from.is_some() {
        return resolve_in(store, options);
    }
    let baseline = Standing::in_folder(None, &options.baseline)?;
    let (options, policy) = config::resolve_from(options, &mut |_| Ok(None))?;
    Ok((options, policy, baseline))
}

/// All that has a say in the policy that `options` ask for, and that policy.
pub(super) fn read(options: &ScanOptions) -> Result<(Sources, Policy), Error> {
    let root = config::root(&options.input);
    let both = |reader: config::Reader<'_>| {
        let sources = config::sources(options, reader)?;
        let policy = sources.policy(options, reader)?;
        Ok((sources, policy))
    };
    let Some(revision) = &options.policy.from else {
        return both(&mut |path| config::in_folder(root.as_deref(), path));
    };
    let store = Store::open(root.as_deref().unwrap_or(Path::new(".")), None)?;
    let mut points = Points::new(&store, Refs::current(&store));
    let commit = named(revision, &mut points)?;
    both(&mut |path| text_of(&commit, path, &mut points))
}

/// The findings that a policy lets too much pass, with fingerprints made by `key`.
pub(super) fn findings(wide: &[TooWide], key: &FingerprintKey) -> Vec<Finding> {
    wide.iter()
        .map(|wide| {
            // a file of a commit is called after it as well
            let path = wide.file.split(" of commit ").next().unwrap_or(&wide.file);
            let is_at_top = Path::new(path)
                .file_name()
                .is_some_and(|name| name == FILE_NAME);
            let path = if is_at_top { FILE_NAME } else { path };
            let line = wide.line as u64;
            Finding {
                rule: POLICY_TOO_WIDE.into(),
                severity: Severity::High,
                confidence: Confidence::High,
                secret: Secret::new(b"", 0),
                parts: Vec::new(),
                origin: Origin::new(path.as_bytes(), Stored::File(GitState::Outside)).to_owned(),
                place: Place {
                    line,
                    end_line: line,
                    ..Place::TOP
                },
                excerpt: Excerpt(String::new()),
                encodings: Vec::new(),
                // what is said is the value: it stays when lines move
                fingerprint: Fingerprint::new(
                    key.as_bytes(),
                    POLICY_TOO_WIDE,
                    &Secret::new(wide.problem.as_bytes(), 0),
                ),
                notes: vec![wide.problem.clone().into()],
                history: None,
                allowed: None,
                verified: None,
            }
        })
        .collect()
}
