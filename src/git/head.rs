//! What `HEAD` leads to, without reading any other ref.
//!
//! A hook asks for this alone, in a repository that may have a hundred thousand refs ([`Refs`](super::Refs) reads them all).

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::reftable::{Tables, Value};
use super::store::parse_id;
use super::{RefStorage, Store};
use crate::model::ObjectId;
use crate::regular::{self, Links};

/// Largest `packed-refs` that is read. Bytes.
const LONGEST: u64 = 1 << 30;

/// Largest file of a single ref. Bytes.
const LONGEST_REF: u64 = 1 << 20;

/// How many symbolic refs may lead to one another. Git's own limit.
const DEEPEST: usize = 5;

/// Why it can't be told what `HEAD` is.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// A file can't be read.
    #[error("cannot read {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What is there is nothing that git would follow.
    #[error("HEAD leads nowhere: {0}")]
    Damaged(String),
}

/// The commit that `HEAD` of this work tree leads to; none before the first one.
pub fn head(store: &Store) -> Result<Option<ObjectId>, HeadError> {
    if store.ref_storage == RefStorage::Reftable {
        return in_tables(store);
    }
    let Some(mut value) = in_file(&store.git_dir.join("HEAD"), store.id_len())? else {
        return Err(HeadError::Damaged("it does not exist".to_owned()));
    };
    for _ in 0..=DEEPEST {
        let name = match value {
            Value::Id(id) => return Ok(Some(id)),
            Value::Symbolic(name) => name,
        };
        let next = match stored(store, &name)? {
            Some(value) => Some(value),
            None => packed(store, &name)?.map(Value::Id),
        };
        match next {
            Some(next) => value = next,
            None => return Ok(None),
        }
    }
    Err(circle())
}

/// The commits that are being merged into `HEAD`; none where no merge is in progress, or where it can't be told.
pub fn merge_heads(store: &Store) -> Vec<ObjectId> {
    let path = store.git_dir.join("MERGE_HEAD");
    let text = regular::read(&path, Links::Follow, LONGEST_REF).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| parse_id(line.trim_ascii(), store.id_len()))
        .collect()
}

fn circle() -> HeadError {
    HeadError::Damaged("too many symbolic refs lead to one another".to_owned())
}

/// What the ref called `name` holds in a file of its own.
fn stored(store: &Store, name: &[u8]) -> Result<Option<Value>, HeadError> {
    let text = std::str::from_utf8(name).ok().filter(|name| {
        let is_part = |part: &str| !part.is_empty() && part != "." && part != "..";
        name.starts_with("refs/") && !name.contains('\\') && name.split('/').all(is_part)
    });
    let Some(text) = text else {
        let shown = name.escape_ascii();
        return Err(HeadError::Damaged(format!("`{shown}` is no name of a ref")));
    };
    let own = ["refs/bisect/", "refs/worktree/", "refs/rewritten/"];
    let dir = if own.iter().any(|start| text.starts_with(start)) {
        &store.git_dir
    } else {
        &store.common_dir
    };
    in_file(&dir.join(text), store.id_len())
}

/// What the file of a ref holds; none if there is none.
fn in_file(path: &Path, id_len: usize) -> Result<Option<Value>, HeadError> {
    // the old way to write a symbolic ref; it may lead to what does not exist yet
    if let Ok(target) = fs::read_link(path)
        && target.starts_with("refs")
    {
        let name = target.to_string_lossy().into_owned().into_bytes();
        return Ok(Some(Value::Symbolic(name)));
    }
    let text = match regular::read(path, Links::Follow, LONGEST_REF) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        // one that was the beginning of the names of others, which are gone
        Err(_) if path.is_dir() => return Ok(None),
        Err(source) => {
            return Err(HeadError::Io {
                path: path.to_owned(),
                source,
            });
        }
    };
    if let Some(target) = text.strip_prefix(b"ref:") {
        return Ok(Some(Value::Symbolic(target.trim_ascii().to_owned())));
    }
    let id = text.split_at_checked(2 * id_len).and_then(|(id, rest)| {
        let ends = rest.first().is_none_or(u8::is_ascii_whitespace);
        parse_id(id, id_len).filter(|id| ends && !id.is_null())
    });
    match id {
        Some(id) => Ok(Some(Value::Id(id))),
        None => Err(HeadError::Damaged(format!(
            "{} is no ref that git would read",
            path.display()
        ))),
    }
}

/// The id of the ref called `name` in `packed-refs`.
fn packed(store: &Store, name: &[u8]) -> Result<Option<ObjectId>, HeadError> {
    let path = store.common_dir.join("packed-refs");
    let text = match regular::read(&path, Links::Follow, LONGEST) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(HeadError::Io { path, source }),
    };
    let len = 2 * store.id_len();
    let searched = [b" ", name].concat();
    let found = memchr::memmem::find_iter(&text, &searched).find_map(|at| {
        let start = at.checked_sub(len)?;
        let begins = start == 0 || text[start - 1] == b'\n';
        let rest = &text[at + searched.len()..];
        let ends = rest.is_empty() || rest.starts_with(b"\n") || rest.starts_with(b"\r\n");
        (begins && ends).then(|| parse_id(&text[start..at], store.id_len()))
    });
    match found {
        None => Ok(None),
        Some(Some(id)) => Ok(Some(id)),
        Some(None) => Err(HeadError::Damaged(format!(
            "{} gives it no id",
            path.display()
        ))),
    }
}

fn in_tables(store: &Store) -> Result<Option<ObjectId>, HeadError> {
    let mut problems = Vec::new();
    let mut tables = vec![&store.git_dir, &store.common_dir];
    tables.dedup();
    let tables: Vec<Tables> = tables
        .into_iter()
        .map(|dir| Tables::read(&dir.join("reftable"), store.id_len(), &mut problems))
        .collect();
    if let Some(problem) = problems.pop() {
        return Err(HeadError::Damaged(problem));
    }
    let value = |name: &[u8]| tables.iter().find_map(|tables| tables.get(name));
    let mut name: &[u8] = b"HEAD";
    for _ in 0..=DEEPEST {
        match value(name) {
            Some(Value::Id(id)) => return Ok(Some(*id)),
            Some(Value::Symbolic(target)) => name = target,
            None if name == b"HEAD" => {
                return Err(HeadError::Damaged("no reftable holds it".to_owned()));
            }
            None => return Ok(None),
        }
    }
    Err(circle())
}
