//! What git, or a program in between, hands to the hooks of pushes: which refs go from what to what.

use std::io::{self, Read as _};

use crate::error::Error;
use crate::git::{Refs, Store};
use crate::model::ObjectId;

/// Most bytes that are read of what git says. A line for each ref; a repository with a million refs says less.
const LONGEST: u64 = 256 << 20;

/// What a push does to one ref.
pub(super) struct Update {
    /// What to call the new state.
    pub(super) name: String,
    /// The new state; none where the ref is deleted.
    pub(super) new: Option<ObjectId>,
    /// What the other side has there; none where that is nothing, or is not known.
    pub(super) old: Option<ObjectId>,
}

/// A push as the pre-commit framework tells it.
pub(super) struct Push {
    /// Name of the remote.
    pub(super) remote: String,
    /// The first of the refs; the framework tells no other.
    pub(super) update: Update,
}

/// What a pre-push hook reads on standard input.
pub(super) fn pushed(store: &Store) -> Result<Vec<Update>, Error> {
    updates("pre-push", store, to_push)
}

/// What a pre-receive hook reads on standard input.
pub(super) fn received(store: &Store) -> Result<Vec<Update>, Error> {
    updates("pre-receive", store, to_receive)
}

/// What the pre-commit framework says by its variables, since it reads standard input itself; none where it does not run this.
pub(super) fn by_framework(store: &Store, refs: &Refs) -> Result<Option<Push>, Error> {
    let said = |name: &str| {
        let value = std::env::var_os(name).unwrap_or_default();
        Some(value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
    };
    if said("PRE_COMMIT").is_none() {
        return Ok(None);
    }
    // where all of a branch is new, it names the branch alone
    let branch = said("PRE_COMMIT_LOCAL_BRANCH");
    let to = said("PRE_COMMIT_TO_REF").or_else(|| branch.clone());
    let Some(to) = to else {
        let problem = "the pre-commit framework does not say what is pushed; run it with --from-ref and --to-ref, or let git run it";
        return Err(Error::Usage(problem.to_owned()));
    };
    let from = said("PRE_COMMIT_FROM_REF");
    let named = |name: &str| {
        resolved(name, store, refs).ok_or_else(|| {
            Error::Usage(format!(
                "the pre-commit framework names {name:?}, which is no ref and no whole id here"
            ))
        })
    };
    Ok(Some(Push {
        remote: said("PRE_COMMIT_REMOTE_NAME").unwrap_or_default(),
        update: Update {
            new: Some(named(&to)?),
            old: from.as_deref().map(named).transpose()?,
            name: branch.unwrap_or(to),
        },
    }))
}

/// The object that is called `name`: a whole id, or a ref, looked for where git looks.
fn resolved(name: &str, store: &Store, refs: &Refs) -> Option<ObjectId> {
    let starts = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
    let find = |full: String| {
        let at = refs.refs.partition_point(|(known, _)| *known < full);
        let (found, id) = refs.refs.get(at)?;
        (*found == full).then_some(*id)
    };
    id(name.as_bytes(), store.id_len()).or_else(|| {
        let mut names = starts.iter().map(|start| format!("{start}{name}"));
        names.find_map(find)
    })
}

/// Reads what git says on standard input, a line for each ref.
fn updates(
    hook: &str,
    store: &Store,
    parse: impl Fn(&[u8], usize) -> Option<Update>,
) -> Result<Vec<Update>, Error> {
    let failed = |source| Error::Io {
        path: "standard input".to_owned(),
        source,
    };
    let mut text = Vec::new();
    let mut input = io::stdin().lock().take(LONGEST + 1);
    input.read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > LONGEST {
        return Err(failed(io::ErrorKind::FileTooLarge.into()));
    }
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let lines = (1..).zip(lines.map(|line| line.strip_suffix(b"\n").unwrap_or(line)));
    let read = |(number, line)| {
        parse(line, store.id_len()).ok_or_else(|| {
            Error::Usage(format!(
                "hook run {hook}: line {number} of standard input is not what git hands to this hook; let git run it"
            ))
        })
    };
    lines.map(read).collect()
}

/// `<local ref> <local id> <remote ref> <remote id>`. The first may be any revision, with spaces in it.
fn to_push(line: &[u8], id_len: usize) -> Option<Update> {
    let mut words = line.rsplitn(4, |byte| *byte == b' ');
    let old = id(words.next()?, id_len)?;
    let theirs = words.next().filter(|name| !name.is_empty())?;
    let new = id(words.next()?, id_len)?;
    let ours = words.next().filter(|name| !name.is_empty())?;
    let name = if ours.starts_with(b"refs/") {
        ours
    } else {
        theirs
    };
    Some(Update {
        name: String::from_utf8_lossy(name).into_owned(),
        new: Some(new).filter(|id| !id.is_null()),
        old: Some(old).filter(|id| !id.is_null()),
    })
}

/// `<old id> <new id> <ref>`.
fn to_receive(line: &[u8], id_len: usize) -> Option<Update> {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    id(words.next()?, id_len)?;
    let new = id(words.next()?, id_len)?;
    let name = words.next().filter(|name| !name.is_empty())?;
    Some(Update {
        name: String::from_utf8_lossy(name).into_owned(),
        new: Some(new).filter(|id| !id.is_null()),
        old: None,
    })
}

fn id(text: &[u8], len: usize) -> Option<ObjectId> {
    ObjectId::from_hex(text).filter(|id| id.as_bytes().len() == len)
}
