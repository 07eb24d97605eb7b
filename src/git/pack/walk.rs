//! Reads every object of one kind once, bases before the deltas that are made of them.
//!
//! Threads take roots from a list and go down from each. An object is held as long as something hangs on it; the
//! heaviest child goes last, when its base need not be kept for anybody else, so that a chain of any length takes two
//! buffers, and mostly one: the last to be made of a base is made where the base stands. A thread holds about as many objects as the logarithm of a tree's size. Deltas of a few bytes can make large objects, so
//! that this alone is no bound: what would need more than [`Visit::MOST_HELD`] is not read. A tree that is left when other threads have
//! nothing to do is shared with them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::delta::{self, Op};
use super::{Damage, Inflater, Kind, LARGEST, NodeIx, Pack};

/// What is done with the objects of a walk. One visitor serves one thread.
pub trait Visit {
    /// What is remembered of an object while its deltas are read.
    type State: Send + Sync;

    /// Most bytes of objects on the way to one: itself, its base, and the others that one thread alone would hold just then. It is
    /// counted so, and not by what is held in fact, that the same objects are read for any number of threads. Bytes for each thread.
    const MOST_HELD: u64 = 4 * LARGEST;

    /// Whether each entry is held against the checksum in its index. To be left out only where that was done before.
    const CHECKED: bool = true;

    /// Takes an object that is stored whole.
    fn whole(&mut self, node: NodeIx, content: &[u8]) -> Self::State;

    /// Takes an object that is stored as `delta` of another one.
    fn delta(
        &mut self,
        node: NodeIx,
        delta: &Delta<'_, Self::State>,
        content: &[u8],
    ) -> Self::State;

    /// Takes note of an object that can't be read.
    fn damaged(&mut self, node: NodeIx, damage: Damage);
}

/// How an object is made from another one.
pub struct Delta<'a, S> {
    /// Size of the other one. Bytes.
    pub base_len: usize,
    /// What was remembered of it.
    pub state: &'a S,
    /// What is copied and what is inserted, in order.
    pub ops: &'a [Op],
    /// Whether others are made of this one, so that what is remembered of it will be asked for.
    pub is_base: bool,
}

/// An object that is held for its deltas.
struct Held<S> {
    content: Vec<u8>,
    len: usize,
    /// Bytes of the objects above that one thread alone would hold beside this one, for other deltas of theirs.
    above: u64,
    state: S,
}

/// Objects that hang on one that is held.
struct Share<S> {
    base: Arc<Held<S>>,
    /// The heaviest of all that hang on it, whether it is among `nodes` or was handed on.
    heaviest: NodeIx,
    nodes: Vec<NodeIx>,
}

/// What the threads of a walk share.
struct Shared<'p, S> {
    pack: &'p Pack,
    roots: &'p [NodeIx],
    next_root: AtomicUsize,
    /// Trees that are handed from a busy thread to an idle one.
    board: Mutex<Vec<Share<S>>>,
    changed: Condvar,
    threads: usize,
    idle: AtomicUsize,
}

/// Roots that a thread takes at a time.
const HANDFUL: usize = 32;

/// Least weight, in KiB, of what is handed to another thread.
const WORTH_SHARING: u32 = 256;

/// Largest buffer that is kept for the next object, and how many of them. Bytes.
const KEPT: usize = 4 << 20;
const SPARE: usize = 8;

/// Walks all objects of `kind`, one thread for each of `visitors`, and gives the visitors back.
///
/// # Panics
/// Never: panics are caught object by object.
pub fn walk<V: Visit + Send>(pack: &Pack, kind: Kind, visitors: Vec<V>) -> Vec<V> {
    let of_kind = |root: &NodeIx| pack.forest.kind(*root) == Ok(kind);
    let roots: Vec<NodeIx> = pack
        .forest
        .roots()
        .iter()
        .copied()
        .filter(of_kind)
        .collect();
    walk_below(pack, &roots, visitors)
}

/// Walks `roots`, which are objects that are stored whole, and all that hangs on them.
///
/// # Panics
/// Never: panics are caught object by object.
pub fn walk_below<V: Visit + Send>(pack: &Pack, roots: &[NodeIx], visitors: Vec<V>) -> Vec<V> {
    let shared = Shared {
        pack,
        roots,
        next_root: AtomicUsize::new(0),
        board: Mutex::new(Vec::new()),
        changed: Condvar::new(),
        threads: visitors.len(),
        idle: AtomicUsize::new(0),
    };
    std::thread::scope(|scope| {
        let start = |visitor| {
            let shared = &shared;
            scope.spawn(move || {
                let _leaving = Leaving(shared);
                Walker::new(shared, visitor).run()
            })
        };
        let threads: Vec<_> = visitors.into_iter().map(start).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("panics are caught object by object"))
            .collect()
    })
}

impl<S> Shared<'_, S> {
    /// Waits until a busy thread gives something away; none once all have nothing to do.
    fn wait(&self) -> Option<Share<S>> {
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = self.idle.fetch_add(1, Ordering::SeqCst) + 1;
        if idle == self.threads {
            self.changed.notify_all();
        }
        loop {
            if let Some(share) = board.pop() {
                self.idle.fetch_sub(1, Ordering::SeqCst);
                return Some(share);
            }
            if self.idle.load(Ordering::SeqCst) == self.threads {
                return None;
            }
            board = self
                .changed
                .wait(board)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Hands `share` to whoever waits.
    fn give(&self, share: Share<S>) {
        self.board
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(share);
        self.changed.notify_one();
    }
}

/// Counts a thread that panics outside of its visitor as one that has nothing to do, so that the others do not wait for it.
struct Leaving<'s, 'p, S>(&'s Shared<'p, S>);

impl<S> Drop for Leaving<'_, '_, S> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.idle.fetch_add(1, Ordering::SeqCst);
            self.0.changed.notify_all();
        }
    }
}

/// One thread of a walk.
struct Walker<'p, V: Visit> {
    shared: &'p Shared<'p, V::State>,
    visitor: V,
    inflater: Inflater,
    delta: Vec<u8>,
    ops: Vec<Op>,
    /// What a change in place wrote over.
    overwritten: Vec<u8>,
    spare: Vec<Vec<u8>>,
}

impl<'p, V: Visit> Walker<'p, V> {
    fn new(shared: &'p Shared<'p, V::State>, visitor: V) -> Self {
        Self {
            shared,
            visitor,
            inflater: Inflater::default(),
            delta: Vec::new(),
            ops: Vec::new(),
            overwritten: Vec::new(),
            spare: Vec::new(),
        }
    }

    fn run(mut self) -> V {
        loop {
            let first = self.shared.next_root.fetch_add(HANDFUL, Ordering::Relaxed);
            let roots = self.shared.roots;
            if first < roots.len() {
                for &root in &roots[first..roots.len().min(first + HANDFUL)] {
                    let read = self.whole(root);
                    let below = self.below(root, read);
                    self.descend(below);
                }
            } else if let Some(share) = self.shared.wait() {
                self.descend(Some(share));
            } else {
                return self.visitor;
            }
        }
    }

    /// Goes through all that hangs on `share`. Not by recursion: chains may be thousands of objects long.
    fn descend(&mut self, share: Option<Share<V::State>>) {
        let mut open: Vec<Share<V::State>> = share.into_iter().collect();
        while let Some(top) = open.last_mut() {
            let Some(node) = top.nodes.pop() else {
                let done = open.pop().expect("the last one was looked at");
                self.release(done);
                continue;
            };
            let beside = if node == top.heaviest {
                0
            } else {
                top.base.len as u64
            };
            let above = top.base.above + beside;
            let is_last = top.nodes.is_empty();
            let read = self.delta(node, &mut top.base, is_last, above);
            if top.nodes.is_empty() {
                let done = open.pop().expect("the last one was looked at");
                self.release(done);
            }
            let below = self.below(node, read);
            open.extend(below);
            if self.shared.idle.load(Ordering::Relaxed) > 0 {
                self.offer(&mut open);
            }
        }
    }

    /// Gives the tree that would be left for last to an idle thread.
    fn offer(&self, open: &mut [Share<V::State>]) {
        let forest = &self.shared.pack.forest;
        for share in open {
            let heaviest = share.nodes.first().copied();
            let Some(node) = heaviest.filter(|node| forest.weight(*node) >= WORTH_SHARING) else {
                continue;
            };
            share.nodes.remove(0);
            self.shared.give(Share {
                base: Arc::clone(&share.base),
                heaviest: share.heaviest,
                nodes: vec![node],
            });
            return;
        }
    }

    /// Reads an object that is stored whole.
    fn whole(&mut self, node: NodeIx) -> Result<Held<V::State>, Damage> {
        let mut content = self.spare.pop().unwrap_or_default();
        let len = self.shared.pack.forest.node(node).size as usize;
        self.shared
            .pack
            .read_stream(node, V::CHECKED, &mut self.inflater, &mut content)?;
        let visitor = &mut self.visitor;
        let state = guard(|| visitor.whole(node, &content[..len]))?;
        Ok(Held {
            content,
            len,
            above: 0,
            state,
        })
    }

    /// Reads an object that is stored as a delta of `base`; while what hangs on it is read, `above` bytes are held. The base is used up
    /// where it is for the last time.
    fn delta(
        &mut self,
        node: NodeIx,
        base: &mut Arc<Held<V::State>>,
        is_last: bool,
        above: u64,
    ) -> Result<Held<V::State>, Damage> {
        let pack = self.shared.pack;
        pack.read_stream(node, V::CHECKED, &mut self.inflater, &mut self.delta)?;
        let delta = &self.delta[..pack.forest.node(node).size as usize];
        let ops = &mut self.ops;
        let base_len = base.len;
        let len = delta::read(delta, base_len, ops)?;
        if base.above + base_len as u64 + len as u64 > V::MOST_HELD {
            return Err(Damage::TooLarge);
        }
        let is_base = !pack.forest.children(node).is_empty();
        let visitor = &mut self.visitor;
        let mut visit = |state: &V::State, ops: &[Op], content: &[u8]| {
            let made = Delta {
                base_len,
                state,
                ops,
                is_base,
            };
            guard(|| visitor.delta(node, &made, content))
        };
        // other threads may hold it as well
        let own = Arc::get_mut(base);
        let (content, state) = match own {
            Some(base) if is_last && delta::is_ordered(ops) => {
                let mut content = std::mem::take(&mut base.content);
                delta::apply_in_place(ops, delta, len, &mut content);
                // a large base that becomes a small object is not held for it
                if content.capacity() > KEPT.max(2 * len) {
                    content.truncate(len);
                    content.shrink_to_fit();
                }
                let state = visit(&base.state, ops, &content[..len]);
                (content, state)
            }
            Some(base) if !is_base && len <= base.content.len() && delta::is_in_place(ops) => {
                // nothing of it is needed afterwards, and the base is
                delta::save(ops, &base.content[..base_len], &mut self.overwritten);
                delta::apply_in_place(ops, delta, len, &mut base.content);
                let state = visit(&base.state, ops, &base.content[..len]);
                delta::restore(ops, base_len, &self.overwritten, &mut base.content);
                (Vec::new(), state)
            }
            _ => {
                let mut content = self.spare.pop().unwrap_or_default();
                delta::apply(ops, delta, &base.content[..base_len], len, &mut content);
                let state = visit(&base.state, ops, &content[..len]);
                (content, state)
            }
        };
        Ok(Held {
            content,
            len,
            above,
            state: state?,
        })
    }

    /// What hangs on an object that was read, the heaviest first. If it could not be read, all that hangs on it is lost too.
    fn below(
        &mut self,
        node: NodeIx,
        read: Result<Held<V::State>, Damage>,
    ) -> Option<Share<V::State>> {
        let forest = &self.shared.pack.forest;
        match read {
            Ok(held) => {
                let mut nodes = forest.children(node).to_vec();
                nodes.sort_by_key(|node| std::cmp::Reverse(forest.weight(*node)));
                let Some(&heaviest) = nodes.first() else {
                    self.keep(held.content);
                    return None;
                };
                let base = Arc::new(held);
                Some(Share {
                    base,
                    heaviest,
                    nodes,
                })
            }
            Err(damage) => {
                self.visitor.damaged(node, damage);
                let mut nodes = forest.children(node).to_vec();
                while let Some(node) = nodes.pop() {
                    self.visitor.damaged(node, Damage::Base);
                    nodes.extend(forest.children(node));
                }
                None
            }
        }
    }

    /// Lets go of an object that nothing of this thread hangs on any more.
    fn release(&mut self, share: Share<V::State>) {
        if let Some(held) = Arc::into_inner(share.base) {
            self.keep(held.content);
        }
    }

    fn keep(&mut self, buffer: Vec<u8>) {
        if self.spare.len() < SPARE && (1..=KEPT).contains(&buffer.capacity()) {
            self.spare.push(buffer);
        }
    }
}

/// Calls a visitor, whose panic is damage of the one object.
pub fn guard<T>(call: impl FnOnce() -> T) -> Result<T, Damage> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| Damage::Internal)
}
