//! Which missing objects commits lead to for certain, told from the names pass alone.
//!
//! Entries that a tree shares with the one that it is a delta of were not parsed, so that a way through them is not seen. But the other tree
//! has them too, and is mostly the tree of a commit as well. What is found here is reached; the rest has to be looked for in all entries.

use super::bits::BitSet;
use super::names::Names;
use super::objects::{ObjectIx, Objects};
use super::trail::Child;

/// Positions in the list of missing objects, sorted: those that the trees `tops` lead to for certain, and the others.
pub fn split(objects: &Objects, names: &Names, tops: &[ObjectIx]) -> (Vec<usize>, Vec<usize>) {
    let count = objects.count();
    if names.missing.is_empty() {
        return (Vec::new(), Vec::new());
    }
    // the folders of each tree, side by side
    let mut starts = vec![0_u32; count + 1];
    folders(objects, names, |tree, _| starts[tree as usize] += 1);
    let mut end = 0;
    for start in &mut starts {
        end += *start;
        *start = end;
    }
    let mut children: Vec<ObjectIx> = vec![0; end as usize];
    folders(objects, names, |tree, folder| {
        let start = &mut starts[tree as usize];
        *start -= 1;
        children[*start as usize] = folder;
    });
    let mut reached = BitSet::new(count);
    let mut open = tops.to_vec();
    while let Some(tree) = open.pop() {
        if reached.insert(tree) {
            let range = starts[tree as usize] as usize..starts[tree as usize + 1] as usize;
            open.extend_from_slice(&children[range]);
        }
    }
    (0..names.missing.len()).partition(|at| reached.contains(names.missing[*at].1))
}

/// Gives each tree and each folder that was parsed in it.
fn folders(objects: &Objects, names: &Names, mut take: impl FnMut(ObjectIx, ObjectIx)) {
    for (trail, _) in &names.trails {
        for at in 0..trail.len() {
            let (tree, entries, _) = trail.read(at);
            if entries.is_empty() {
                continue;
            }
            let tree = objects.counting(tree);
            for noted in entries.iter().filter(|noted| noted.is_folder()) {
                if let Child::Object(folder) = noted.child() {
                    take(tree, folder);
                }
            }
        }
    }
}
