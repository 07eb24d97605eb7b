//! What hooks have in common: where they run, and how they are passed by knowingly.

use std::io;

use super::{Failure, Streams};
use crate::error::Error;
use crate::git::Store;
use crate::model::display_path;

/// The variable that lets one commit or push pass, with the reason for it.
const SKIP: &str = "WAXSEAL_SKIP";

/// Whether the user wants `hook` to be passed by this once. That is told, so that it stands in the log of whoever did it.
pub(super) fn is_skipped(hook: &str, streams: &mut Streams<'_>) -> io::Result<bool> {
    let reason = std::env::var_os(SKIP).unwrap_or_default();
    let reason = display_path(reason.as_encoded_bytes().trim_ascii());
    if reason.is_empty() {
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
    let here = std::env::current_dir().map_err(|source| Error::Io {
        path: "the current folder".to_owned(),
        source,
    })?;
    Ok(Store::here(&here)?)
}
