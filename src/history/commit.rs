//! What a commit says of itself, and many commits packed tightly until they are a graph.
//!
//! Commits may be crafted, or written by ancient programs: only the tree is asked for, everything else may be odd or absent.

use crate::model::ObjectId;

/// One commit, as far as the graph needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its id.
    pub id: ObjectId,
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents, in its own order.
    pub parents: Vec<ObjectId>,
    /// Seconds since 1970 UTC, as it claims; 0 where it says nothing that makes sense.
    pub author_time: i64,
    /// When it was committed; as above.
    pub commit_time: i64,
}

impl CommitInfo {
    /// Reads the commit `id` from `bytes`, the object without its header. None if it does not begin with a tree.
    pub fn parse(id: ObjectId, bytes: &[u8]) -> Option<Self> {
        let mut lines = bytes
            .split(|byte| *byte == b'\n')
            .take_while(|line| !line.is_empty())
            .peekable();
        let read_id = |text: &[u8]| {
            ObjectId::from_hex(text).filter(|read| read.as_bytes().len() == id.as_bytes().len())
        };
        let tree = read_id(lines.next()?.strip_prefix(b"tree ")?)?;
        let mut parents = Vec::new();
        // as git does it: parents stand directly after the tree, or are none
        while let Some(text) = lines.peek().and_then(|line| line.strip_prefix(b"parent ")) {
            parents.extend(read_id(text));
            lines.next();
        }
        let (mut author_time, mut commit_time) = (None, None);
        for line in lines {
            if let Some(person) = line.strip_prefix(b"author ") {
                author_time = author_time.or(Some(time(person)));
            } else if let Some(person) = line.strip_prefix(b"committer ") {
                commit_time = commit_time.or(Some(time(person)));
            }
        }
        Some(Self {
            id,
            tree,
            parents,
            author_time: author_time.unwrap_or(0),
            commit_time: commit_time.unwrap_or(0),
        })
    }
}

/// The seconds after the last `>` of `person`. What is too large for the type is the largest it has.
fn time(person: &[u8]) -> i64 {
    let after = person.rsplit(|byte| *byte == b'>').next().unwrap_or(b"");
    // without an address nothing tells the time from the name
    if after.len() == person.len() {
        return 0;
    }
    let after = after.trim_ascii_start();
    let (is_negative, digits) = match after.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, after),
    };
    let size = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0_i64, |value, byte| {
            value
                .saturating_mul(10)
                .saturating_add(i64::from(byte - b'0'))
        });
    if is_negative { -size } else { size }
}

/// Commits in any order, packed: about 100 bytes each where ids have 20. A commit may come twice.
#[derive(Debug, Default)]
pub struct Commits {
    /// Bytes of an id; 0 before the first.
    pub(super) width: usize,
    pub(super) ids: Vec<u8>,
    pub(super) trees: Vec<u8>,
    /// Author's, then committer's.
    pub(super) times: Vec<(i64, i64)>,
    /// Where the parents of each commit end in `parents`, in ids.
    pub(super) ends: Vec<u32>,
    pub(super) parents: Vec<u8>,
}

impl Commits {
    /// Adds a commit. One whose ids have another length than those before, or that comes after four thousand million parents, is
    /// left out; git has neither.
    pub fn push(&mut self, commit: &CommitInfo) {
        let width = commit.id.as_bytes().len();
        let fits = |id: &ObjectId| id.as_bytes().len() == width;
        let known = self.ends.last().map_or(0, |end| *end as usize);
        let Ok(end) = u32::try_from(known + commit.parents.len()) else {
            return;
        };
        if (self.width != 0 && self.width != width)
            || !fits(&commit.tree)
            || !commit.parents.iter().all(fits)
            || self.ends.len() >= super::graph::MOST
        {
            return;
        }
        self.width = width;
        self.ids.extend_from_slice(commit.id.as_bytes());
        self.trees.extend_from_slice(commit.tree.as_bytes());
        self.times.push((commit.author_time, commit.commit_time));
        for parent in &commit.parents {
            self.parents.extend_from_slice(parent.as_bytes());
        }
        self.ends.push(end);
    }

    /// Adds all of `other`, within the same bounds as [`push`](Self::push).
    ///
    /// # Panics
    /// Never: the sums were tried.
    pub fn append(&mut self, other: &Self) {
        let known = self.ends.last().map_or(0, |end| *end as usize);
        let more = other.ends.last().map_or(0, |end| *end as usize);
        let fits = self.width == 0 || other.width == 0 || self.width == other.width;
        if !fits
            || u32::try_from(known + more).is_err()
            || self.ends.len() + other.ends.len() > super::graph::MOST
        {
            return;
        }
        self.width = self.width.max(other.width);
        self.ids.extend_from_slice(&other.ids);
        self.trees.extend_from_slice(&other.trees);
        self.times.extend_from_slice(&other.times);
        self.parents.extend_from_slice(&other.parents);
        let known = u32::try_from(known).expect("the sum fits");
        self.ends.extend(other.ends.iter().map(|end| end + known));
    }

    /// How many there are, counting each as often as it came.
    pub fn count(&self) -> usize {
        self.ends.len()
    }
}

impl Extend<CommitInfo> for Commits {
    fn extend<T: IntoIterator<Item = CommitInfo>>(&mut self, commits: T) {
        for commit in commits {
            self.push(&commit);
        }
    }
}

impl FromIterator<CommitInfo> for Commits {
    fn from_iter<T: IntoIterator<Item = CommitInfo>>(commits: T) -> Self {
        let mut all = Self::default();
        all.extend(commits);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> ObjectId {
        ObjectId::new(&[byte; 20])
    }

    fn parse(text: &str) -> Option<CommitInfo> {
        CommitInfo::parse(id(9), text.as_bytes())
    }

    #[test]
    fn a_usual_commit_is_read() {
        let text = format!(
            "tree {}\nparent {}\nparent {}\nauthor A <a@b> 12 +0100\ncommitter > C <c> 34 -0200\nencoding latin1\n\
             gpgsig x\n author B <b> 99 +0000\n\nparent {}\nauthor X <x> 7 +0000\n",
            id(1),
            id(2),
            id(3),
            id(4)
        );
        assert_eq!(
            parse(&text),
            Some(CommitInfo {
                id: id(9),
                tree: id(1),
                parents: vec![id(2), id(3)],
                author_time: 12,
                commit_time: 34,
            })
        );
    }

    #[test]
    fn odd_commits_are_read_as_far_as_they_go() {
        for (person, seconds) in [
            ("", 0),
            ("A", 0),
            ("A 12 +0000", 0),
            ("A <a> 12", 12),
            ("A <a>12 +0000", 12),
            ("A <a> -5 +0000", -5),
            ("A <a> x", 0),
            ("A <a> 99999999999999999999999999 +0000", i64::MAX),
            ("A <a> -99999999999999999999999999 +0000", -i64::MAX),
            ("A <a <b>> 3", 3),
        ] {
            let text = format!("tree {}\nauthor {person}\nauthor A <a> 77 +0000", id(1));
            let commit = parse(&text).unwrap();
            assert_eq!(
                (commit.author_time, commit.commit_time),
                (seconds, 0),
                "{person}"
            );
        }
        let late = format!("tree {}\nauthor A\nparent {}\n", id(1), id(2));
        assert_eq!(parse(&late).unwrap().parents, []);
        let broken = format!("tree {}\nparent abc\nparent {}\n", id(1), id(2));
        assert_eq!(parse(&broken).unwrap().parents, [id(2)]);
    }

    #[test]
    fn what_has_no_tree_is_no_commit() {
        let long = format!("tree {}\n", "a".repeat(64));
        for text in [
            "",
            "\n",
            "tree",
            "tree abc\n",
            "author A <a> 1 +0000\n",
            &long,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
