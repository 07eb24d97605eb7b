//! The commit graph: who descends from whom, which refs reach what, which commit was first.
//!
//! Commits have dense numbers in the order of their ids, so that nothing depends on the order in which they were read. Grafts and
//! replace refs do not count: what is asked is what the objects say. Nothing recurses, and everything takes time linear in the size
//! of the graph. Ids may be forged, so that circles are possible; they are broken somewhere, always at the same place.

use std::cmp::Reverse;

use super::{BitSet, Commits};
use crate::model::ObjectId;

/// The number of a commit in its graph.
pub type CommitIx = u32;

/// Most commits.
pub(super) const MOST: usize = u32::MAX as usize - 1;

/// So many groups of commits are followed in one pass.
pub(super) const AT_ONCE: usize = 64;

/// All commits of a repository.
#[derive(Debug, Default)]
pub struct Graph {
    width: usize,
    /// Sorted.
    ids: Vec<u8>,
    /// How many ids begin with two bytes that are at most this: a search begins close to its end.
    fan: Vec<CommitIx>,
    trees: Vec<u8>,
    /// Author's, then committer's.
    times: Vec<(i64, i64)>,
    parents: Edges,
    children: Edges,
    order: Vec<CommitIx>,
    missing: Vec<(ObjectId, CommitIx)>,
}

/// For each commit a list of commits, all in one piece.
#[derive(Debug, Default)]
struct Edges {
    ends: Vec<u32>,
    targets: Vec<CommitIx>,
}

impl Edges {
    fn of(&self, commit: CommitIx) -> &[CommitIx] {
        let at = commit as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.targets[start as usize..self.ends[at] as usize]
    }

    /// The same edges the other way round.
    fn reversed(&self) -> Self {
        let mut starts = vec![0_u32; self.ends.len() + 1];
        for target in &self.targets {
            starts[*target as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut targets = vec![0; self.targets.len()];
        for from in 0..as_ix(self.ends.len()) {
            for to in self.of(from) {
                let next = &mut starts[*to as usize];
                targets[*next as usize] = from;
                *next += 1;
            }
        }
        // each start has moved up to where the next one was
        starts.pop();
        Self {
            ends: starts,
            targets,
        }
    }
}

impl Graph {
    /// Makes the graph. A commit that came twice counts once.
    pub fn new(commits: Commits) -> Self {
        let width = commits.width;
        if width == 0 {
            return Self::default();
        }
        let at = |all: &[u8], ix: u32| {
            let start = ix as usize * width;
            start..(start + width).min(all.len())
        };
        let mut sorted: Vec<u32> = (0..as_ix(commits.ends.len())).collect();
        sorted.sort_unstable_by_key(|ix| (&commits.ids[at(&commits.ids, *ix)], *ix));
        sorted.dedup_by_key(|ix| &commits.ids[at(&commits.ids, *ix)]);

        // list by list, so that never all of them are there twice
        let packed = |all: Vec<u8>| {
            let mut packed = Vec::with_capacity(sorted.len() * width);
            for ix in &sorted {
                packed.extend_from_slice(&all[at(&all, *ix)]);
            }
            packed
        };
        let mut graph = Self {
            width,
            ids: packed(commits.ids),
            trees: packed(commits.trees),
            ..Self::default()
        };
        graph.fan = vec![0; 1 << 16];
        for id in graph.ids.chunks_exact(width) {
            graph.fan[start_of(id)] += 1;
        }
        for at in 1..graph.fan.len() {
            graph.fan[at] += graph.fan[at - 1];
        }
        graph.times = sorted
            .iter()
            .map(|ix| commits.times[*ix as usize])
            .collect();
        drop(commits.times);
        graph.parents.targets.reserve(commits.parents.len() / width);
        for (ix_new, ix) in sorted.iter().enumerate() {
            let ix = *ix as usize;
            let start = if ix == 0 { 0 } else { commits.ends[ix - 1] };
            for parent in start..commits.ends[ix] {
                let id = &commits.parents[at(&commits.parents, parent)];
                match graph.find(id) {
                    Some(parent) => graph.parents.targets.push(parent),
                    None => graph.missing.push((ObjectId::new(id), as_ix(ix_new))),
                }
            }
            graph.parents.ends.push(as_ix(graph.parents.targets.len()));
        }
        drop(commits.parents);
        graph.missing.sort_unstable();
        graph.missing.dedup();
        graph.children = graph.parents.reversed();
        graph.order = graph.sort();
        graph
    }

    /// How many commits there are.
    pub fn count(&self) -> usize {
        self.times.len()
    }

    /// The numbers of all commits.
    pub fn all(&self) -> std::ops::Range<CommitIx> {
        0..as_ix(self.count())
    }

    /// The number of the commit `id`.
    pub fn ix(&self, id: &ObjectId) -> Option<CommitIx> {
        self.find(id.as_bytes())
    }

    /// Its id.
    pub fn id(&self, commit: CommitIx) -> ObjectId {
        ObjectId::new(self.slice(&self.ids, commit))
    }

    /// Its tree.
    pub fn tree(&self, commit: CommitIx) -> ObjectId {
        ObjectId::new(self.slice(&self.trees, commit))
    }

    /// The ids of the trees of all commits, side by side.
    pub fn trees(&self) -> &[u8] {
        &self.trees
    }

    /// When its author says it was written, in seconds since 1970 UTC.
    pub fn author_time(&self, commit: CommitIx) -> i64 {
        self.times[commit as usize].0
    }

    /// When its committer says it was made, in seconds since 1970 UTC.
    pub fn commit_time(&self, commit: CommitIx) -> i64 {
        self.times[commit as usize].1
    }

    /// Its parents that are there, in its own order.
    pub fn parents(&self, commit: CommitIx) -> &[CommitIx] {
        self.parents.of(commit)
    }

    /// The commits that have it as a parent, by number; one as often as it names it.
    pub fn children(&self, commit: CommitIx) -> &[CommitIx] {
        self.children.of(commit)
    }

    /// Parents that are not there, sorted: usual at the edge of a shallow clone, damage elsewhere.
    pub fn missing(&self) -> &[(ObjectId, CommitIx)] {
        &self.missing
    }

    /// All commits, parents before children.
    pub fn order(&self) -> &[CommitIx] {
        &self.order
    }

    /// Commits whose ids begin with the hexadecimal `digits`, by number.
    pub fn starting_with(&self, digits: &str) -> Vec<CommitIx> {
        let pad = |digit: &str| {
            let len = (2 * self.width).saturating_sub(digits.len());
            ObjectId::from_hex(format!("{digits}{}", digit.repeat(len)).as_bytes())
        };
        let (Some(least), Some(greatest)) = (pad("0"), pad("f")) else {
            return Vec::new();
        };
        let start = self.position(least.as_bytes()).unwrap_or_else(|at| at);
        let end = match self.position(greatest.as_bytes()) {
            Ok(at) => at + 1,
            Err(at) => at,
        };
        (start..end).collect()
    }

    /// The commits that can be reached from `tips`, themselves among them.
    pub fn reachable(&self, tips: &[CommitIx]) -> BitSet {
        let mut reached = BitSet::new(self.count());
        let mut stack = Vec::new();
        for tip in tips {
            if reached.insert(*tip) {
                stack.push(*tip);
            }
            while let Some(commit) = stack.pop() {
                let parents = self.parents(commit).iter();
                stack.extend(parents.filter(|parent| reached.insert(**parent)));
            }
        }
        reached
    }

    /// The commits that can be reached from `tips` and from none of `without`: `WITHOUT..TIPS`.
    pub fn range(&self, without: &[CommitIx], tips: &[CommitIx]) -> BitSet {
        let mut range = self.reachable(tips);
        range.subtract(&self.reachable(without));
        range
    }

    /// Of some commits, the one that has none of the others among its ancestors; of several such the one with the oldest committer
    /// date, then the least id. None of none.
    pub fn first(&self, introducing: &[CommitIx]) -> Option<CommitIx> {
        self.firsts(&[introducing]).pop().flatten()
    }

    /// [`first`](Self::first) of each group. Takes a pass over the graph for each 64 groups.
    pub fn firsts<G: AsRef<[CommitIx]>>(&self, groups: &[G]) -> Vec<Option<CommitIx>> {
        let age = |commit: CommitIx| (self.commit_time(commit), commit);
        let mut all = Vec::with_capacity(groups.len());
        for groups in groups.chunks(AT_ONCE) {
            let mut firsts: Vec<Option<CommitIx>> = vec![None; groups.len()];
            self.descend(groups, |commit, new| {
                for group in ones(new) {
                    let first = &mut firsts[group];
                    if first.is_none_or(|first| age(commit) < age(first)) {
                        *first = Some(commit);
                    }
                }
            });
            // forged commits that are all ancestors of one another
            for (first, group) in firsts.iter_mut().zip(groups) {
                let oldest = group.as_ref().iter().min_by_key(|commit| age(**commit));
                *first = first.or(oldest.copied());
            }
            all.append(&mut firsts);
        }
        all
    }

    /// Calls `found(group, tip)` with the positions of each group and each of `tips` from which a commit of the group can be
    /// reached. Tips come in their order for each group; groups are mixed. Takes a pass over the graph for each 64 groups.
    pub fn reached_by<G: AsRef<[CommitIx]>>(
        &self,
        groups: &[G],
        tips: &[CommitIx],
        mut found: impl FnMut(usize, usize),
    ) {
        for (chunk, groups) in groups.chunks(AT_ONCE).enumerate() {
            let masks = self.descend(groups, |_, _| {});
            for (at, tip) in tips.iter().enumerate() {
                for group in ones(masks[*tip as usize]) {
                    found(chunk * AT_ONCE + group, at);
                }
            }
        }
    }

    /// For each commit the groups of which it or an ancestor is one, as bits. Calls `fresh` with each commit of a group that has no
    /// ancestor in it, and the bits of those groups.
    fn descend<G: AsRef<[CommitIx]>>(
        &self,
        groups: &[G],
        mut fresh: impl FnMut(CommitIx, u64),
    ) -> Vec<u64> {
        let mut masks = vec![0_u64; self.count()];
        for (bit, group) in groups.iter().enumerate() {
            for commit in group.as_ref() {
                masks[*commit as usize] |= 1 << bit;
            }
        }
        // In a circle, a parent may come later in the order, and then counts only for the groups it is one of.
        for commit in &self.order {
            let parents = self.parents(*commit).iter();
            let inherited = parents.fold(0, |all, parent| all | masks[*parent as usize]);
            let own = &mut masks[*commit as usize];
            if *own & !inherited != 0 {
                fresh(*commit, *own & !inherited);
            }
            *own |= inherited;
        }
        masks
    }

    fn slice<'a>(&self, all: &'a [u8], commit: CommitIx) -> &'a [u8] {
        let start = commit as usize * self.width;
        &all[start..start + self.width]
    }

    fn find(&self, id: &[u8]) -> Option<CommitIx> {
        self.position(id).ok()
    }

    /// Where `id` is among the ids, or where it would have to stand.
    fn position(&self, id: &[u8]) -> Result<CommitIx, CommitIx> {
        let start = start_of(id);
        let Some(mut high) = self.fan.get(start).copied() else {
            return Err(0);
        };
        let mut low = if start == 0 { 0 } else { self.fan[start - 1] };
        while low < high {
            let middle = low + (high - low) / 2;
            match self.slice(&self.ids, middle).cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    fn sort(&self) -> Vec<CommitIx> {
        let count = as_ix(self.count());
        let mut waits: Vec<u32> = (0..count)
            .map(|commit| as_ix(self.parents(commit).len()))
            .collect();
        let mut order = Vec::with_capacity(self.count());
        let mut is_placed = BitSet::new(self.count());
        let mut ready: Vec<CommitIx> = (0..count).filter(|ix| waits[*ix as usize] == 0).collect();
        // the least come first off the stack
        ready.sort_unstable_by_key(|ix| Reverse(*ix));
        // no commit below this one is left over
        let mut next = 0;
        loop {
            while let Some(commit) = ready.pop() {
                if !is_placed.insert(commit) {
                    continue;
                }
                order.push(commit);
                for child in self.children(commit) {
                    let wait = &mut waits[*child as usize];
                    *wait = wait.saturating_sub(1);
                    if *wait == 0 {
                        ready.push(*child);
                    }
                }
            }
            // what is left waits for itself
            while next < count && is_placed.contains(next) {
                next += 1;
            }
            if next == count {
                return order;
            }
            ready.push(next);
        }
    }
}

/// The first two bytes of an id as a number.
fn start_of(id: &[u8]) -> usize {
    match id {
        [high, low, ..] => usize::from(*high) << 8 | usize::from(*low),
        _ => 0,
    }
}

/// The places of the bits that are set.
pub(super) fn ones(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(bit)
    })
}

/// A number of commits, or of edges: [`Commits`] takes no more than fit.
fn as_ix(number: usize) -> u32 {
    u32::try_from(number).expect("Commits takes no more")
}

#[cfg(test)]
mod tests;
