//! What a remote is known to have: the refs that were last seen there.

use super::repo::config_of;
use super::{Refs, Store};
use crate::model::ObjectId;

/// The objects of the remote-tracking refs (`refs/remotes/REMOTE/*`) among `refs`; none for a remote that has none, as one that is named
/// by its URL.
pub fn tracking(store: &Store, refs: &Refs, remote: &str) -> Vec<ObjectId> {
    let own = format!("refs/remotes/{remote}/");
    // names of remotes may hold slashes: `team/fork` is no branch of `team`
    let others: Vec<String> = remotes(store)
        .into_iter()
        .filter(|other| {
            other
                .strip_prefix(remote)
                .is_some_and(|rest| rest.starts_with('/'))
        })
        .map(|other| format!("refs/remotes/{other}/"))
        .collect();
    let is_own =
        |name: &str| name.starts_with(&own) && !others.iter().any(|other| name.starts_with(other));
    let named = refs.refs.iter().filter(|(name, _)| is_own(name));
    named.map(|(_, id)| *id).collect()
}

/// The names of all remotes that are configured.
fn remotes(store: &Store) -> Vec<String> {
    let mut names = Vec::new();
    let config = config_of(&store.common_dir, &store.git_dir);
    let entries = config.as_ref().and_then(|config| {
        config
            .entries(Some("^remote\\..*\\.(url|fetch|pushurl)$"))
            .ok()
    });
    if let Some(entries) = entries {
        let _ = entries.for_each(|entry| {
            let name = entry.name().ok().and_then(|name| {
                let (name, _) = name.strip_prefix("remote.")?.rsplit_once('.')?;
                Some(name.to_owned())
            });
            names.extend(name);
        });
    }
    names
}
