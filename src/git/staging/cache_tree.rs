//! The cache tree of an index: which runs of entries are known to make which tree.
//!
//! It is what `git commit` writes trees from, so that a run whose tree is the one in `HEAD` adds nothing, whatever its entries say. It
//! is stored as a tree in pre-order, and read without recursion.

use std::ops::Range;

use super::StagingError;

/// Position of a node in pre-order; the root is 0.
pub type NodeIx = usize;

#[derive(Clone, Copy, Debug)]
struct Node {
    /// Where its name begins, and its length.
    name: (u32, u32),
    /// How many entries it stands for, and where its id begins; none where entries have changed.
    tree: Option<(u32, u32)>,
    /// Position one past its last descendant.
    end: u32,
}

/// All nodes; none where an index has no cache tree.
#[derive(Debug, Default)]
pub struct CacheTree {
    nodes: Vec<Node>,
}

const DAMAGED: StagingError = StagingError::Damaged("its cache tree makes no sense");

impl CacheTree {
    /// Reads the extension at `place` in `bytes`.
    pub(super) fn decode(
        bytes: &[u8],
        place: Range<usize>,
        id_len: usize,
    ) -> Result<Self, StagingError> {
        let mut nodes: Vec<Node> = Vec::new();
        // the nodes above, and how many below them are still to come
        let mut open: Vec<(usize, u32)> = Vec::new();
        let mut at = place.start;
        let small = |number: usize| u32::try_from(number).map_err(|_| DAMAGED);
        while at < place.end {
            if open.is_empty() && !nodes.is_empty() {
                return Err(DAMAGED);
            }
            let rest = &bytes[at..place.end];
            let name = memchr::memchr(0, rest).ok_or(DAMAGED)?;
            let line = memchr::memchr(b'\n', &rest[name..]).ok_or(DAMAGED)? + name;
            let (count, below) = numbers(&rest[name + 1..line]).ok_or(DAMAGED)?;
            let mut next = at + line + 1;
            let tree = match count {
                Some(count) => {
                    let id = small(next)?;
                    next += id_len;
                    Some((count, id))
                }
                None => None,
            };
            if next > place.end {
                return Err(DAMAGED);
            }
            if let Some((_, left)) = open.last_mut() {
                *left -= 1;
            }
            open.push((nodes.len(), below));
            nodes.push(Node {
                name: (small(at)?, small(name)?),
                tree,
                end: 0,
            });
            while let Some(&(node, 0)) = open.last() {
                nodes[node].end = small(nodes.len())?;
                open.pop();
            }
            at = next;
        }
        if open.is_empty() {
            Ok(Self { nodes })
        } else {
            Err(DAMAGED)
        }
    }

    /// The root, if there is one.
    pub fn root(&self) -> Option<NodeIx> {
        (!self.nodes.is_empty()).then_some(0)
    }

    /// How many entries a node stands for, and the id of their tree.
    pub(super) fn valid(
        &self,
        node: NodeIx,
        bytes: &[u8],
        id_len: usize,
    ) -> Option<(usize, crate::model::ObjectId)> {
        let (count, id) = self.nodes[node].tree?;
        let id = crate::model::ObjectId::new(&bytes[id as usize..][..id_len]);
        Some((count as usize, id))
    }

    /// The nodes right below `node`, sorted by name.
    pub(super) fn children<'b>(&self, node: NodeIx, bytes: &'b [u8]) -> Vec<(&'b [u8], NodeIx)> {
        let mut children = Vec::new();
        let (mut next, end) = (node + 1, self.nodes[node].end as usize);
        while next < end {
            let (name, len) = self.nodes[next].name;
            children.push((&bytes[name as usize..][..len as usize], next));
            next = self.nodes[next].end as usize;
        }
        children.sort_unstable();
        children
    }
}

/// `12 3`: entries, of which there are -1 where they have changed, and nodes right below.
fn numbers(line: &[u8]) -> Option<(Option<u32>, u32)> {
    let (count, below) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let count: i64 = count.parse().ok()?;
    let count = match count {
        ..0 => None,
        count => Some(u32::try_from(count).ok()?),
    };
    Some((count, below.parse().ok()?))
}
