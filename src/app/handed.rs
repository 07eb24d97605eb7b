//! What git hands to the hooks of pushes: which refs go from what to what.

use std::io::{self, Read as _};

use crate::error::Error;
use crate::git::Store;
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

/// What a pre-push hook reads on standard input.
pub(super) fn pushed(store: &Store) -> Result<Vec<Update>, Error> {
    updates("pre-push", store, to_push)
}

/// What a pre-receive hook reads on standard input.
pub(super) fn received(store: &Store) -> Result<Vec<Update>, Error> {
    updates("pre-receive", store, to_receive)
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
