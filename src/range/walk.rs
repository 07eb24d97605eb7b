//! Which commits a range holds: those that can be reached from some and not from others.
//!
//! Commits are read newest first by the clocks of their committers, and each hands on to its parents whether it is left out. Nothing but
//! ancestors of what is left out is ever left out, so that a clock that went wrong makes a range too large at worst, never too
//! small. To make it exact nevertheless the walk goes on for a while after the last commit that belongs to the range.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::git::pack::{Damage, Kind};
use crate::history::CommitInfo;
use crate::model::ObjectId;

use super::RangeError;
use super::objects::{Loss, Reader, Source};

/// Commits that are left out are followed until they are this much older than the oldest of the range, seconds.
const SLOP: i64 = 60 * 60;

/// And then for so many commits more.
const MORE: u32 = 16;

/// Or for so many, once a commit was met that claims to be older than its parent: where one clock went wrong, others may have.
const MORE_IF_WRONG: u32 = 64;

/// Most tags of tags that are followed. More, or a circle, can only be forged.
const MOST_TAGS: usize = 64;

/// What was walked: the commits of a range and those around them.
pub struct Walk {
    nodes: Vec<Node>,
    /// The commits of the range, parents before children, older before younger where neither descends from the other.
    pub order: Vec<u32>,
}

/// A commit that was met.
pub struct Node {
    /// Its id.
    pub id: ObjectId,
    /// Its tree; none where the commit could not be read.
    pub tree: Option<ObjectId>,
    /// Its parents, once it was walked over.
    pub parents: Vec<u32>,
    parent_ids: Vec<ObjectId>,
    /// When it says that it was written, seconds since 1970 UTC.
    pub author_time: i64,
    commit_time: i64,
    is_out: bool,
    is_queued: bool,
    /// Why it could not be read.
    loss: Option<Loss>,
}

/// A tree or blob that an end leads to without a commit.
pub struct Other {
    /// Its id.
    pub id: ObjectId,
    /// What it is.
    pub kind: Kind,
    /// The number of the end.
    pub end: usize,
}

/// What the ends of a range lead to.
#[derive(Default)]
pub struct Ends {
    /// Commits, each with the number of the end that leads to it.
    pub commits: Vec<(ObjectId, usize)>,
    /// What is no commit.
    pub others: Vec<Other>,
    /// Tags on the way, each with the number of its end.
    pub tags: Vec<(ObjectId, usize)>,
    /// What is not there or can't be read.
    pub lost: Vec<(ObjectId, Loss)>,
}

impl Ends {
    /// Follows tags from `ids`. What can't be followed is noted in `lost`.
    pub fn of<S: Source>(ids: &[ObjectId], reader: &mut Reader<S>) -> Self {
        let mut ends = Self::default();
        for (number, &first) in ids.iter().enumerate() {
            let mut id = first;
            let mut steps = 0..MOST_TAGS;
            loop {
                match reader.shared_any(&id) {
                    Ok((Kind::Tag, content)) => {
                        let target = tag_target(&content).filter(|_| steps.next().is_some());
                        ends.tags.push((id, number));
                        let Some(target) = target else {
                            ends.lost.push((id, Loss::Damaged(Damage::Content)));
                            break;
                        };
                        id = target;
                    }
                    Ok((Kind::Commit, _)) => {
                        ends.commits.push((id, number));
                        break;
                    }
                    Ok((kind, _)) => {
                        ends.others.push(Other {
                            id,
                            kind,
                            end: number,
                        });
                        break;
                    }
                    Err(loss) => {
                        ends.lost.push((id, loss));
                        break;
                    }
                }
            }
        }
        ends
    }
}

fn tag_target(content: &[u8]) -> Option<ObjectId> {
    let line = content.split(|byte| *byte == b'\n').next()?;
    ObjectId::from_hex(line.strip_prefix(b"object ")?)
}

/// Walks from the commits of `include` and leaves out what those of `exclude` reach. `shallow` are the commits, sorted, at which a clone
/// was cut.
pub fn walk<S: Source>(
    include: &Ends,
    exclude: &Ends,
    shallow: &[ObjectId],
    reader: &mut Reader<S>,
) -> Result<Walk, RangeError> {
    let mut walker = Walker {
        reader,
        nodes: Vec::new(),
        by_id: HashMap::new(),
        queue: BinaryHeap::new(),
        queued_in: 0,
        alive: 0,
        oldest: i64::MAX,
        is_wrong: false,
    };
    for (id, _) in &exclude.commits {
        let ix = walker.node(*id);
        walker.leave_out(ix);
    }
    for (id, _) in &include.commits {
        walker.node(*id);
    }
    walker.run();
    let nodes = walker.nodes;
    let mut order: Vec<u32> = (0_u32..)
        .zip(&nodes)
        .filter(|(_, node)| !node.is_out && node.loss.is_none())
        .map(|(ix, _)| ix)
        .collect();
    for &ix in &order {
        let node = &nodes[ix as usize];
        let is_cut = node
            .parents
            .iter()
            .any(|parent| nodes[*parent as usize].loss == Some(Loss::Missing));
        if is_cut && shallow.binary_search(&node.id).is_ok() {
            return Err(RangeError::Shallow(node.id));
        }
    }
    for node in nodes.iter().filter(|node| !node.is_out) {
        if let Some(loss) = node.loss.clone() {
            reader.lost.note(node.id, Some(Kind::Commit), loss);
        }
    }
    sort(&nodes, &mut order);
    Ok(Walk { nodes, order })
}

impl Walk {
    /// A commit that was met.
    pub fn node(&self, ix: u32) -> &Node {
        &self.nodes[ix as usize]
    }

    /// The place, behind those of all commits, of what the end with this number leads to without a commit.
    pub fn place_of_end(&self, end: usize) -> u32 {
        u32::try_from(self.order.len().saturating_add(end)).unwrap_or(u32::MAX)
    }

    /// The end whose place this is, if it is none of a commit.
    pub fn end_at(&self, place: u32) -> Option<usize> {
        (place as usize).checked_sub(self.order.len())
    }

    /// Which of at most 64 commits reach each commit of the range: a bit each, in the order of the range.
    pub fn reached_by(&self, tips: &[ObjectId]) -> Vec<u64> {
        let mut masks: HashMap<u32, u64> = HashMap::with_capacity(self.order.len());
        let by_id: HashMap<ObjectId, u64> =
            tips.iter()
                .enumerate()
                .take(64)
                .fold(HashMap::new(), |mut map, (bit, id)| {
                    *map.entry(*id).or_insert(0) |= 1 << bit;
                    map
                });
        for &ix in self.order.iter().rev() {
            let node = self.node(ix);
            let own = by_id.get(&node.id).copied().unwrap_or(0);
            let mask = masks.entry(ix).or_insert(0);
            *mask |= own;
            let mask = *mask;
            for parent in &node.parents {
                *masks.entry(*parent).or_insert(0) |= mask;
            }
        }
        self.order
            .iter()
            .map(|ix| masks.get(ix).copied().unwrap_or(0))
            .collect()
    }
}

struct Walker<'r, S> {
    reader: &'r mut Reader<S>,
    nodes: Vec<Node>,
    by_id: HashMap<ObjectId, u32>,
    /// By time, newest first; then by number, so that nothing depends on chance.
    queue: BinaryHeap<(i64, Reverse<u32>)>,
    /// How many of the queue are not left out.
    queued_in: usize,
    /// How many commits that were read are not left out.
    alive: usize,
    /// Time of the oldest commit that was walked over and was not left out then.
    oldest: i64,
    /// Whether a clock is known to have gone wrong.
    is_wrong: bool,
}

impl<S: Source> Walker<'_, S> {
    /// The number of the commit `id`, which is read and queued when it is new.
    fn node(&mut self, id: ObjectId) -> u32 {
        if let Some(ix) = self.by_id.get(&id) {
            return *ix;
        }
        let ix =
            u32::try_from(self.nodes.len()).expect("four thousand million commits fit no memory");
        self.by_id.insert(id, ix);
        let mut node = Node {
            id,
            tree: None,
            parents: Vec::new(),
            parent_ids: Vec::new(),
            author_time: 0,
            commit_time: 0,
            is_out: false,
            is_queued: false,
            loss: None,
        };
        let read = self.reader.shared(&id, Kind::Commit).and_then(|content| {
            CommitInfo::parse(id, &content).ok_or(Loss::Damaged(Damage::Content))
        });
        match read {
            Ok(commit) => {
                node.tree = Some(commit.tree);
                node.parent_ids = commit.parents;
                node.author_time = commit.author_time;
                node.commit_time = commit.commit_time;
                node.is_queued = true;
                self.queue.push((commit.commit_time, Reverse(ix)));
                self.queued_in += 1;
                self.alive += 1;
            }
            Err(loss) => node.loss = Some(loss),
        }
        self.nodes.push(node);
        ix
    }

    /// Leaves out a commit and all its ancestors that were walked over; the others follow when they are. Whether one that was walked
    /// over had been taken for part of the range.
    fn leave_out(&mut self, ix: u32) -> bool {
        let mut open = vec![ix];
        let mut is_news = false;
        while let Some(ix) = open.pop() {
            let node = &mut self.nodes[ix as usize];
            if std::mem::replace(&mut node.is_out, true) {
                continue;
            }
            if node.loss.is_none() {
                is_news |= !node.is_queued;
                self.alive -= 1;
                self.queued_in -= usize::from(node.is_queued);
            }
            open.extend(&node.parents);
        }
        is_news
    }

    fn run(&mut self) {
        // commits that were walked over since the last one that told something of the range
        let mut idle = 0;
        while let Some(&(time, Reverse(ix))) = self.queue.peek() {
            if self.alive == 0 {
                return;
            }
            let more = if self.is_wrong { MORE_IF_WRONG } else { MORE };
            if self.queued_in > 0 {
                idle = 0;
            } else if time < self.oldest.saturating_sub(SLOP) {
                if idle >= more {
                    return;
                }
                idle += 1;
            }
            self.queue.pop();
            let node = &mut self.nodes[ix as usize];
            node.is_queued = false;
            let is_out = node.is_out;
            if !is_out {
                self.queued_in -= 1;
                self.oldest = self.oldest.min(time);
            }
            let ids = std::mem::take(&mut node.parent_ids);
            let parents: Vec<u32> = ids.into_iter().map(|id| self.node(id)).collect();
            for parent in &parents {
                let node = &self.nodes[*parent as usize];
                self.is_wrong |= node.loss.is_none() && node.commit_time > time;
                if is_out && self.leave_out(*parent) {
                    idle = 0;
                }
            }
            self.nodes[ix as usize].parents = parents;
        }
    }
}

/// Brings the commits in `order` into their order: parents before children, of several the older one first.
fn sort(nodes: &[Node], order: &mut Vec<u32>) {
    let all: HashSet<u32> = order.iter().copied().collect();
    let mut waits: HashMap<u32, usize> = HashMap::with_capacity(order.len());
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for &ix in &*order {
        let parents = &nodes[ix as usize].parents;
        let mut count = 0;
        for parent in parents.iter().filter(|parent| all.contains(parent)) {
            children.entry(*parent).or_default().push(ix);
            count += 1;
        }
        waits.insert(ix, count);
    }
    let key = |ix: u32| {
        let node = &nodes[ix as usize];
        Reverse((node.commit_time, node.id, ix))
    };
    let mut open: BinaryHeap<_> = order
        .iter()
        .filter(|ix| waits[*ix] == 0)
        .map(|ix| key(*ix))
        .collect();
    let mut sorted = Vec::with_capacity(order.len());
    let mut done = HashSet::with_capacity(order.len());
    while let Some(Reverse((_, _, ix))) = open.pop() {
        sorted.push(ix);
        done.insert(ix);
        for child in children.get(&ix).into_iter().flatten() {
            let left = waits.get_mut(child).expect("all of them were counted");
            *left -= 1;
            if *left == 0 {
                open.push(key(*child));
            }
        }
    }
    // ids may be forged, so that commits are their own ancestors: they are not left out for that
    let mut rest: Vec<_> = order
        .iter()
        .filter(|ix| !done.contains(ix))
        .map(|ix| key(*ix))
        .collect();
    rest.sort_unstable_by(|a, b| b.cmp(a));
    sorted.extend(rest.into_iter().map(|Reverse((_, _, ix))| ix));
    *order = sorted;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commits that are made up, which no git would make.
    #[derive(Clone, Default)]
    struct Script(HashMap<ObjectId, (Kind, Vec<u8>)>);

    fn id(byte: u8) -> ObjectId {
        ObjectId::new(&[byte; 20])
    }

    impl Script {
        fn commit(&mut self, byte: u8, time: i64, parents: &[u8]) {
            let parents = parents.iter();
            let parents: Vec<String> = parents
                .map(|parent| format!("parent {}\n", id(*parent)))
                .collect();
            let text = format!(
                "tree {}\n{}author A <a> {time} +0000\ncommitter C <c> {time} +0000\n\nx\n",
                id(0xff),
                parents.concat()
            );
            self.0.insert(id(byte), (Kind::Commit, text.into_bytes()));
        }

        fn tag(&mut self, byte: u8, target: u8) {
            let text = format!("object {}\ntype commit\n", id(target));
            self.0.insert(id(byte), (Kind::Tag, text.into_bytes()));
        }

        /// The commits of a range in their order, and the objects that are lost.
        fn range(&self, exclude: &[u8], include: &[u8]) -> (Vec<u8>, usize) {
            let mut reader = Reader::new(self.clone());
            let ids = |bytes: &[u8]| bytes.iter().map(|byte| id(*byte)).collect::<Vec<_>>();
            let include = Ends::of(&ids(include), &mut reader);
            let exclude = Ends::of(&ids(exclude), &mut reader);
            let walk = walk(&include, &exclude, &[], &mut reader).unwrap();
            let order = walk.order.iter();
            let order = order.map(|ix| walk.node(*ix).id.as_bytes()[0]).collect();
            let mut coverage = crate::model::Coverage::default();
            reader.lost.add_to(&mut coverage, false);
            (order, coverage.named.len() + include.lost.len())
        }
    }

    impl Source for Script {
        fn read(&mut self, id: &ObjectId) -> Result<(Kind, Vec<u8>), Loss> {
            self.0.get(id).cloned().ok_or(Loss::Missing)
        }
    }

    #[test]
    fn parents_come_before_children_and_older_before_younger() {
        let mut script = Script::default();
        script.commit(1, 10, &[]);
        script.commit(2, 30, &[1]);
        script.commit(3, 20, &[1]);
        script.commit(4, 5, &[2, 3]);
        assert_eq!(script.range(&[], &[4]), (vec![1, 3, 2, 4], 0));
        assert_eq!(script.range(&[1], &[4, 2]), (vec![3, 2, 4], 0));
        assert_eq!(script.range(&[3], &[4]), (vec![2, 4], 0));
        assert_eq!(script.range(&[4], &[2]), (vec![], 0));
    }

    #[test]
    fn circles_and_commits_that_are_gone_end_nothing() {
        let mut script = Script::default();
        script.commit(1, 10, &[3]);
        script.commit(2, 20, &[1]);
        script.commit(3, 30, &[2]);
        script.commit(4, 40, &[3, 9]);
        script.tag(5, 6);
        script.tag(6, 5);
        let (mut order, lost) = script.range(&[], &[4]);
        order.sort_unstable();
        assert_eq!((order, lost), (vec![1, 2, 3, 4], 1), "9 is missing");
        assert_eq!(script.range(&[3], &[4]), (vec![4], 1));
        // what is left out may be gone, but a parent may not
        assert_eq!(script.range(&[3, 8], &[4]), (vec![4], 1));
        assert_eq!(script.range(&[1, 2, 8], &[3]), (vec![], 0));
        assert_eq!(script.range(&[], &[5, 7]), (vec![], 2));
        assert_eq!(script.range(&[5, 7], &[]), (vec![], 0));
    }

    #[test]
    fn what_tips_reach_is_known_by_their_bits() {
        let mut script = Script::default();
        script.commit(1, 10, &[]);
        script.commit(2, 20, &[1]);
        script.commit(3, 30, &[1]);
        let mut reader = Reader::new(script);
        let include = Ends::of(&[id(2), id(3)], &mut reader);
        let walk = walk(&include, &Ends::default(), &[], &mut reader).unwrap();
        assert_eq!(walk.reached_by(&[id(2), id(3)]), [0b11, 0b01, 0b10]);
        assert_eq!(
            (walk.place_of_end(1), walk.end_at(4), walk.end_at(2)),
            (4, Some(1), None)
        );
    }
}
