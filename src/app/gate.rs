//! What hooks have in common: where they run, and how they are passed by knowingly.

use std::io;
use std::path::{Path, PathBuf};

use super::{Failure, Streams};
use crate::error::Error;
use crate::git::{Environment, Store, WorkTree};
use crate::model::display_path;
use crate::source::IgnoreRules;

/// The variable that lets one commit or push pass, with the reason for it.
const SKIP: &str = "WAXSEAL_SKIP";

/// Whether the user wants `hook` to be passed by this once. That is told, so that it stands in the log of whoever did it.
pub(super) fn is_skipped(hook: &str, streams: &mut Streams<'_>) -> io::Result<bool> {
    let Some(reason) = std::env::var_os(SKIP) else {
        return Ok(false);
    };
    let reason = display_path(reason.as_encoded_bytes().trim_ascii());
    if reason.is_empty() {
        writeln!(
            streams.err,
            "waxseal: {SKIP} is empty and skips nothing: it must say why"
        )?;
        return Ok(false);
    }
    writeln!(
        streams.err,
        "waxseal: {hook} was not checked: {SKIP}={reason}"
    )?;
    Ok(true)
}

/// The failure of a hook that keeps git from what it was about to do.
pub(super) fn blocked(action: &'static str, failure: Failure) -> Failure {
    match failure {
        Failure::Run(error) => Failure::Blocked {
            action,
            source: Box::new(error),
        },
        other => other,
    }
}

/// The repository of the git that runs this hook.
pub(super) fn repository() -> Result<Store, Error> {
    let here = Path::new(".");
    Ok(Store::open_as_git(here, &Environment::of_process())?)
}

/// What the ignore rules of a work tree name.
pub(super) struct Ignored {
    root: PathBuf,
    rules: IgnoreRules,
}

impl Ignored {
    /// Whether they name the file at `path`, from the top on.
    pub(super) fn name(&self, path: &[u8]) -> bool {
        let path = String::from_utf8_lossy(path);
        self.rules.ignores(&self.root.join(&*path), false)
    }
}

/// The ignore rules of the work tree of `store`, if it has one that can be read.
pub(super) fn ignore_rules(store: &Store) -> Option<Ignored> {
    let root = store.root.as_ref()?.canonicalize().ok()?;
    let tree = WorkTree::at(&root).ok()??;
    let rules = IgnoreRules::of(&tree);
    Some(Ignored { root, rules })
}

/// Whether the user is in a folder below the top of the work tree of `store`, from which git went up before it ran this hook.
pub(super) fn is_below(store: &Store) -> bool {
    let prefix = std::env::var_os("GIT_PREFIX").is_some_and(|prefix| !prefix.is_empty());
    let top = store
        .root
        .as_ref()
        .and_then(|root| root.canonicalize().ok());
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    prefix || top.is_some_and(|top| here.is_ok_and(|here| here != top))
}
