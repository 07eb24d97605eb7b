//! Tree objects: a list of entries without an index, each of them a mode, a name, a NUL and an id.
//!
//! Knows nothing of what an entry is looked at for, nor of how a tree is stored.

/// What an entry of a tree leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file, executable or not, or a symbolic link.
    Blob,
    /// A folder.
    Tree,
    /// A commit of another repository: a submodule.
    Commit,
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t> {
    /// What it leads to.
    pub target: Target,
    /// Its name, without any folder.
    pub name: &'t [u8],
    /// The id of what it leads to.
    pub id: &'t [u8],
}

/// A tree that is no list of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The entry that begins at `at`, and where it ends.
pub fn parse(tree: &[u8], at: usize, id_len: usize) -> Option<(Entry<'_>, usize)> {
    let rest = &tree[at..];
    let space = rest.iter().take(8).position(|byte| *byte == b' ')?;
    let nul = space + 1 + memchr::memchr(0, &rest[space + 1..])?;
    let end = nul + 1 + id_len;
    let id = rest.get(nul + 1..end)?;
    let name = &rest[space + 1..nul];
    let target = match &rest[..space] {
        b"40000" | b"040000" => Target::Tree,
        b"160000" => Target::Commit,
        mode if !mode.is_empty() && mode.iter().all(|digit| (b'0'..=b'7').contains(digit)) => {
            Target::Blob
        }
        _ => return None,
    };
    Some((Entry { target, name, id }, at + end))
}

/// All entries of a tree.
pub fn entries(tree: &[u8], id_len: usize) -> Result<Vec<Entry<'_>>, Malformed> {
    let mut entries = Vec::with_capacity(tree.len() / 40);
    let mut at = 0;
    while at < tree.len() {
        let (entry, end) = parse(tree, at, id_len).ok_or(Malformed)?;
        entries.push(entry);
        at = end;
    }
    Ok(entries)
}
