//! What the pre-commit framework says of a push.
//!
//! It reads git's standard input itself and keeps it from its hooks. They get one of the refs that are pushed, in variables.

use std::ffi::OsString;

use crate::error::Error;
use crate::git::{Refs, Store};
use crate::model::ObjectId;

/// The ref that is pushed.
pub(super) struct Push {
    /// What to call the new state.
    pub(super) name: String,
    /// The new state.
    pub(super) new: ObjectId,
    /// A commit that the other side has.
    pub(super) old: Option<ObjectId>,
    /// The remote.
    pub(super) remote: String,
}

impl Push {
    /// What the framework says; none if it is not there.
    pub(super) fn told(store: &Store) -> Result<Option<Self>, Error> {
        Self::of(store, |name| {
            std::env::var_os(name).filter(|value| !value.is_empty())
        })
    }

    fn of(store: &Store, set: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>, Error> {
        if set("PRE_COMMIT").is_none() {
            return Ok(None);
        }
        let text = |name| set(name).map(|value| value.to_string_lossy().into_owned());
        let name = text("PRE_COMMIT_LOCAL_BRANCH");
        // a ref that the other side does not have yet, with all of its commits, has no range: it comes by its name
        let to = text("PRE_COMMIT_TO_REF").or_else(|| name.clone());
        let Some(to) = to else {
            let problem = "nothing says what is pushed: pre-commit does so when git pushes; by hand, `pre-commit run --hook-stage pre-push --from-ref A --to-ref B` does";
            return Err(Error::Usage(problem.to_owned()));
        };
        let refs = Refs::current(store);
        let new = id(store, &refs, &to).ok_or_else(|| {
            let to = crate::model::display_path(to.as_bytes());
            Error::Usage(format!(
                "pre-commit says that {to} is pushed, which is neither a ref here nor the whole id of a commit"
            ))
        })?;
        Ok(Some(Self {
            name: name.unwrap_or(to),
            new,
            // one that is not known leaves nothing out
            old: text("PRE_COMMIT_FROM_REF").and_then(|from| id(store, &refs, &from)),
            remote: text("PRE_COMMIT_REMOTE_NAME").unwrap_or_default(),
        }))
    }
}

/// The commit that `name`, a ref or a whole id, is.
fn id(store: &Store, refs: &Refs, name: &str) -> Option<ObjectId> {
    let whole = ObjectId::from_hex(name.as_bytes());
    if let Some(id) = whole.filter(|id| id.as_bytes().len() == store.id_len() && !id.is_null()) {
        return Some(id);
    }
    if name == "HEAD" {
        return refs.head;
    }
    let named = |prefix: &str| {
        let mut all = refs.refs.iter();
        all.find(|(full, _)| full.strip_prefix(prefix) == Some(name))
    };
    let prefixes = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
    prefixes
        .iter()
        .find_map(|prefix| named(prefix))
        .map(|(_, id)| *id)
}
