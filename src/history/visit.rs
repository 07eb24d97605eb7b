//! All objects of one kind through visitors, wherever they lie: in packs, loose, or, where one place can't be read, in another.
//!
//! Visitors get the number of an object among all ([`ObjectIx`]) in place of its number in one pack.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::git::loose;
use crate::git::pack::{Damage, Delta, Inflater, Kind, NodeIx, Visit, guard, walk, walk_below};

use super::bits::BitSet;
use super::objects::{ObjectIx, Objects, Reader};

/// Shows all objects of `kind` to `visitors`, one thread each.
pub fn all<V: Visit + Send>(objects: &Objects, kind: Kind, visitors: Vec<V>) -> Vec<V> {
    let mut visitors = visitors;
    for (at, pack) in objects.packs.iter().enumerate() {
        visitors = in_pack(objects, at, kind, visitors, |packed| {
            walk(pack, kind, packed)
        });
    }
    orphans(objects, kind, &mut visitors);
    loose_ones(objects, kind, None, visitors)
}

/// Shows objects of `kind` to `visitors`: all of `wanted`, and those that have to be read for them.
pub fn some<V: Visit + Send>(
    objects: &Objects,
    kind: Kind,
    wanted: &BitSet,
    visitors: Vec<V>,
) -> Vec<V> {
    let mut visitors = visitors;
    for (at, pack) in objects.packs.iter().enumerate() {
        let mut needed = BitSet::new(pack.forest.len() as usize);
        for node in 0..pack.forest.len() {
            if !wanted.contains(objects.packed(at, node)) || pack.forest.kind(node) != Ok(kind) {
                continue;
            }
            let mut root = node;
            while let Some(base) = pack.forest.base(root) {
                root = base;
            }
            needed.insert(root);
        }
        let roots: Vec<NodeIx> = needed.iter().collect();
        visitors = in_pack(objects, at, kind, visitors, |packed| {
            walk_below(pack, &roots, packed)
        });
    }
    orphans(objects, kind, &mut visitors);
    loose_ones(objects, kind, Some(wanted), visitors)
}

/// Sends `visitors` through the pack number `at` as `walk` does it.
fn in_pack<'o, V>(
    objects: &'o Objects,
    at: usize,
    kind: Kind,
    visitors: Vec<V>,
    walk: impl FnOnce(Vec<Packed<'o, V>>) -> Vec<Packed<'o, V>>,
) -> Vec<V> {
    let packed = visitors
        .into_iter()
        .map(|visitor| Packed::new(objects, at, kind, visitor));
    let walked = walk(packed.collect());
    walked.into_iter().map(|packed| packed.visitor).collect()
}

/// Objects whose place in a pack says not even what they are, and of which another place says that they are of `kind`.
fn orphans<V: Visit>(objects: &Objects, kind: Kind, visitors: &mut [V]) {
    let Some(visitor) = visitors.first_mut() else {
        return;
    };
    let (mut reader, mut content) = (Reader::default(), Vec::new());
    for &(ix, _) in objects.without_kind() {
        match objects.read_elsewhere(ix, &mut reader, &mut content) {
            Some((found, len)) if found == kind => {
                if let Err(damage) = guard(|| drop(visitor.whole(ix, &content[..len]))) {
                    visitor.damaged(ix, damage);
                }
            }
            _ => {}
        }
    }
}

fn loose_ones<V: Visit + Send>(
    objects: &Objects,
    kind: Kind,
    wanted: Option<&BitSet>,
    visitors: Vec<V>,
) -> Vec<V> {
    let next = AtomicUsize::new(0);
    let run = |mut visitor: V| {
        let (mut inflater, mut content) = (Inflater::default(), Vec::new());
        let mut reader = Reader::default();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(object) = objects.loose.get(at) else {
                return visitor;
            };
            let ix = objects.loose_ix(at);
            let of_kind = matches!(object.header, Ok((found, _)) if found == kind);
            if !of_kind || wanted.is_some_and(|wanted| !wanted.contains(ix)) {
                continue;
            }
            let read = loose::read(&object.path, &mut inflater, &mut content);
            let seen = read.and_then(|(_, len)| guard(|| drop(visitor.whole(ix, &content[..len]))));
            if let Err(damage) = seen {
                lost(
                    objects,
                    kind,
                    ix,
                    damage,
                    &mut reader,
                    &mut content,
                    &mut visitor,
                );
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = visitors
            .into_iter()
            .map(|visitor| scope.spawn(|| run(visitor)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("panics are caught object by object"))
            .collect()
    })
}

/// Shows an object that can't be read in one place as it is in another, or as damaged where it is in none.
fn lost<V: Visit>(
    objects: &Objects,
    kind: Kind,
    ix: ObjectIx,
    damage: Damage,
    reader: &mut Reader,
    content: &mut Vec<u8>,
    visitor: &mut V,
) {
    let seen = match objects.read_elsewhere(ix, reader, content) {
        Some((found, len)) if found == kind && damage != Damage::Internal => {
            guard(|| drop(visitor.whole(ix, &content[..len])))
        }
        _ => Err(damage),
    };
    if let Err(damage) = seen {
        visitor.damaged(ix, damage);
    }
}

/// Hands the objects of one pack on under their numbers among all.
struct Packed<'o, V> {
    objects: &'o Objects,
    pack: usize,
    kind: Kind,
    visitor: V,
    reader: Reader,
    content: Vec<u8>,
}

impl<'o, V> Packed<'o, V> {
    fn new(objects: &'o Objects, pack: usize, kind: Kind, visitor: V) -> Self {
        Self {
            objects,
            pack,
            kind,
            visitor,
            reader: Reader::default(),
            content: Vec::new(),
        }
    }
}

impl<V: Visit> Visit for Packed<'_, V> {
    type State = V::State;
    const CHECKED: bool = V::CHECKED;
    const MOST_HELD: u64 = V::MOST_HELD;

    fn whole(&mut self, node: NodeIx, content: &[u8]) -> V::State {
        self.visitor
            .whole(self.objects.packed(self.pack, node), content)
    }

    fn delta(&mut self, node: NodeIx, delta: &Delta<'_, V::State>, content: &[u8]) -> V::State {
        let ix = self.objects.packed(self.pack, node);
        self.visitor.delta(ix, delta, content)
    }

    fn damaged(&mut self, node: NodeIx, damage: Damage) {
        let ix = self.objects.packed(self.pack, node);
        lost(
            self.objects,
            self.kind,
            ix,
            damage,
            &mut self.reader,
            &mut self.content,
            &mut self.visitor,
        );
    }
}
