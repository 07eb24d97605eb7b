//! From what a service calls a commit to the commit, as far as it is in this clone.

use std::collections::{BTreeSet, BinaryHeap, HashMap};

use crate::ci::Point;
use crate::error::Error;
use crate::git::pack::Kind;
use crate::git::{Finder, Refs, Store, starting_with};
use crate::history::CommitInfo;
use crate::model::ObjectId;
use crate::regular::{self, Links};

/// Where git looks for a name, first to last.
const PLACES: [(&str, &str); 6] = [
    ("", ""),
    ("refs/", ""),
    ("refs/tags/", ""),
    ("refs/heads/", ""),
    ("refs/remotes/", ""),
    ("refs/remotes/", "/HEAD"),
];

/// Fewest digits that may be the beginning of an id.
const SHORTEST: usize = 4;

/// Longest file of a ref that is read. Bytes.
const LONGEST_REF: u64 = 4096;

/// Most commits that are read for one that two others have in common.
const MOST_COMMITS: usize = 200_000;

/// Most tags that lead to one another.
const DEEPEST: usize = 10;

/// The remote that a job clones from. A local branch is not asked for the state of a remote one: it may be what is to be checked.
const REMOTE: &str = "refs/remotes/origin/";

/// What people call `point`.
pub(in crate::app) fn name(point: &Point) -> String {
    match point {
        Point::Head => "HEAD".to_owned(),
        Point::Commit(id) => format!("commit {}", id.short()),
        Point::Short(name) => name.clone(),
        Point::Branch(name) => format!("{REMOTE}{name}"),
        Point::DefaultBranch => format!("{REMOTE}HEAD"),
        Point::Tag(name) => format!("refs/tags/{name}"),
    }
}

/// Looks for commits.
pub(in crate::app) struct Points<'s> {
    store: &'s Store,
    refs: Refs,
    finder: Finder,
}

impl<'s> Points<'s> {
    pub(in crate::app) fn new(store: &'s Store, refs: Refs) -> Self {
        Self {
            finder: Finder::open(store),
            store,
            refs,
        }
    }

    /// Whether the clone is cut somewhere.
    pub(in crate::app) fn is_shallow(&self) -> bool {
        !self.store.shallow.is_empty()
    }

    /// What is checked out.
    pub(in crate::app) fn head(&self) -> Option<ObjectId> {
        self.refs.head
    }

    /// The object that `point` names and the commit that it leads to, if it is there.
    pub(in crate::app) fn find(
        &mut self,
        point: &Point,
    ) -> Result<Option<(ObjectId, CommitInfo)>, Error> {
        let id = match point {
            Point::Head => self.refs.head,
            Point::Commit(id) => Some(*id),
            Point::Short(text) => return self.revision(text),
            Point::DefaultBranch if !self.remote_says_default() => None,
            Point::Branch(_) | Point::DefaultBranch | Point::Tag(_) => self.named(&name(point)),
        };
        let Some(id) = id else {
            return Ok(None);
        };
        Ok(self.peeled(id)?.map(|commit| (id, commit)))
    }

    /// What `text` names: a ref, an id or the beginning of one, then any number of `~N` and `^N`.
    fn revision(&mut self, text: &str) -> Result<Option<(ObjectId, CommitInfo)>, Error> {
        let end = text.find(['~', '^']).unwrap_or(text.len());
        let (base, mut steps) = text.split_at(end);
        let refused = || {
            Error::Usage(format!(
                "{text:?} is a form of revision that is not supported; give a branch, a tag or an id, followed by ~N or ^N if need be"
            ))
        };
        let whole = ObjectId::from_hex(base.as_bytes());
        let refs = || {
            PLACES
                .iter()
                .map(|(start, end)| format!("{start}{base}{end}"))
        };
        let id = match whole {
            Some(id) => Some(id),
            None if base == "HEAD" || base == "@" => self.refs.head,
            None => {
                let mut named: BTreeSet<ObjectId> =
                    refs().filter_map(|name| self.named(&name)).collect();
                let is_id = base.len() >= SHORTEST && base.bytes().all(|b| b.is_ascii_hexdigit());
                if named.is_empty() || is_id {
                    let short = starting_with(self.store, base).map_err(|problem| {
                        Error::Usage(format!("{base}: {problem}; give the whole id"))
                    });
                    named.extend(short?);
                }
                // whoever may push a tag could choose what the range begins with
                if named.len() > 1 {
                    return Err(Error::Usage(format!(
                        "{base} names more than one commit here, as a branch, a tag or the beginning of an id; give the whole id, or the name from refs/ on"
                    )));
                }
                named.pop_first()
            }
        };
        let Some(id) = id else {
            return Ok(None);
        };
        let Some(mut commit) = self.peeled(id)? else {
            return Ok(None);
        };
        let mut id = id;
        while let Some(sign) = steps.chars().next() {
            let rest = steps.get(1..).unwrap_or_default();
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (number, after) = rest.split_at(digits);
            steps = after;
            let number: usize = match number {
                "" => 1,
                number => number.parse().map_err(|_| refused())?,
            };
            let (times, nth) = match sign {
                '~' => (number, 0),
                '^' if number == 0 => (0, 0),
                '^' => (1, number - 1),
                _ => return Err(refused()),
            };
            for _ in 0..times {
                let Some(parent) = commit.parents.get(nth).copied() else {
                    return Ok(None);
                };
                let Some(next) = self.peeled(parent)? else {
                    return Ok(None);
                };
                (id, commit) = (parent, next);
            }
            if times == 0 {
                id = commit.id;
            }
        }
        Ok(Some((id, commit)))
    }

    /// Whether the default branch of the remote is what the remote said when it was cloned, and no branch that somebody called `HEAD`.
    fn remote_says_default(&self) -> bool {
        let path = self.store.common_dir.join(format!("{REMOTE}HEAD"));
        regular::read(&path, Links::Refuse, LONGEST_REF)
            .is_ok_and(|content| content.starts_with(b"ref: "))
    }

    /// What the ref `name` leads to.
    fn named(&self, name: &str) -> Option<ObjectId> {
        let refs = &self.refs.refs;
        let at = refs.partition_point(|(known, _)| known.as_str() < name);
        let (found, id) = refs.get(at)?;
        (found == name).then_some(*id)
    }

    /// The commit that `id` leads to; none if it is not there or leads to none.
    pub(in crate::app) fn peeled(&mut self, id: ObjectId) -> Result<Option<CommitInfo>, Error> {
        let mut id = id;
        for _ in 0..DEEPEST {
            match self.object(id)? {
                Some((Kind::Commit, content)) => return Ok(CommitInfo::parse(id, &content)),
                Some((Kind::Tag, content)) => {
                    let line = content.split(|byte| *byte == b'\n').next();
                    let target = line.and_then(|line| line.strip_prefix(b"object "));
                    match target.and_then(ObjectId::from_hex) {
                        Some(target) => id = target,
                        None => return Ok(None),
                    }
                }
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// A commit that both `one` and `other` have in their history, the newest by the committers' clocks. None if there is none in this
    /// clone, or none that is near enough.
    ///
    /// A clock that went wrong may make it an older one than it could be; it never makes it one that they do not share.
    pub(in crate::app) fn shared(
        &mut self,
        one: &CommitInfo,
        other: &CommitInfo,
    ) -> Result<Option<CommitInfo>, Error> {
        let mut colours: HashMap<ObjectId, u8> = HashMap::new();
        let mut commits: HashMap<ObjectId, CommitInfo> = HashMap::new();
        let mut next = BinaryHeap::new();
        for (commit, colour) in [(one, 1), (other, 2)] {
            *colours.entry(commit.id).or_default() |= colour;
            commits.insert(commit.id, commit.clone());
            next.push((commit.commit_time, commit.id));
        }
        while let Some((_, id)) = next.pop() {
            let (Some(&colour), Some(commit)) = (colours.get(&id), commits.get(&id)) else {
                continue;
            };
            if colour == 3 {
                return Ok(Some(commit.clone()));
            }
            for parent in commit.parents.clone() {
                let seen = colours.entry(parent).or_default();
                if *seen | colour == *seen {
                    continue;
                }
                *seen |= colour;
                let known = commits.get(&parent).map(|commit| commit.commit_time);
                let time = match known {
                    Some(time) => time,
                    // behind the cut of a shallow clone is nothing to go on with
                    None => match self.peeled(parent)? {
                        Some(commit) if commits.len() < MOST_COMMITS => {
                            let time = commit.commit_time;
                            commits.insert(parent, commit);
                            time
                        }
                        _ => continue,
                    },
                };
                next.push((time, parent));
            }
        }
        Ok(None)
    }

    /// The object `id`, if it is there.
    pub(in crate::app) fn object(
        &mut self,
        id: ObjectId,
    ) -> Result<Option<(Kind, Vec<u8>)>, Error> {
        if id.as_bytes().len() != self.store.id_len() {
            return Ok(None);
        }
        self.finder.find(&id).map_err(|error| {
            Error::Usage(format!(
                "object {id} can't be read: {error}; `git fsck` tells more, and a fresh clone may have it whole"
            ))
        })
    }
}
