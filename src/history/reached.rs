//! Which missing objects commits lead to for certain, told from the names pass alone.
//!
//! Entries that a tree shares with the one that it is a delta of were not parsed, so that a way through them is not seen. But the other tree
//! has them too, and is mostly the tree of a commit as well. What is found here is reached; the rest has to be looked for in all entries.

use super::bits::BitSet;
use super::names::Names;
use super::objects::ObjectIx;

/// Positions in the list of missing objects, sorted: those that the trees `tops` lead to for certain, and the others. There are `count`
/// objects.
pub fn split(names: &Names, tops: &[ObjectIx], count: usize) -> (Vec<usize>, Vec<usize>) {
    if names.missing.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let folders = || names.folders.iter().flatten();
    // the folders of each tree, side by side
    let mut starts = vec![0_u32; count + 1];
    for (tree, _) in folders() {
        starts[*tree as usize] += 1;
    }
    let mut end = 0;
    for start in &mut starts {
        end += *start;
        *start = end;
    }
    let mut children: Vec<ObjectIx> = vec![0; end as usize];
    for (tree, folder) in folders() {
        let start = &mut starts[*tree as usize];
        *start -= 1;
        children[*start as usize] = *folder;
    }
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
