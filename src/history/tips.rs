//! What refs lead to: commits mostly, through annotated tags or not, and now and then a tree or a blob.

use std::collections::{BTreeSet, HashMap};

use crate::git::Refs;
use crate::model::ObjectId;

use super::bits::BitSet;
use super::graph::{CommitIx, Graph};
use super::objects::Objects;

/// What refs lead to, by kind of object.
pub struct Tips {
    /// Names of refs, sorted, none twice.
    pub names: Vec<String>,
    /// Commits and the position of the name that leads to each, in the order of names.
    pub commits: Vec<(CommitIx, usize)>,
    /// Trees and blobs that names lead to without a commit, and tags on the way.
    pub others: HashMap<ObjectId, Vec<usize>>,
    /// The commits that any of them reaches.
    pub reached: BitSet,
    /// The commit of `HEAD`.
    pub head: Option<CommitIx>,
    /// Objects that refs name and that are not there, sorted.
    pub missing: BTreeSet<ObjectId>,
}

/// Most tags of tags that are followed. More, or a circle, can only be forged.
const MOST_TAGS: usize = 64;

/// Whether a ref names what was there once, and need not be there any more.
fn is_memory(name: &str) -> bool {
    let last = name.rsplit('/').next();
    let is_head = matches!(last, Some("FETCH_HEAD" | "ORIG_HEAD"));
    name.starts_with("reflog of ") || (is_head && !name.contains("refs/"))
}

impl Tips {
    /// Follows all of `refs`. `tags` says what each annotated tag leads to.
    pub fn new(
        refs: &Refs,
        tags: &HashMap<ObjectId, ObjectId>,
        graph: &Graph,
        objects: &Objects,
    ) -> Self {
        let mut tips = Self {
            head: refs.head.and_then(|head| graph.ix(&peeled(tags, head))),
            names: Vec::new(),
            commits: Vec::new(),
            others: HashMap::new(),
            reached: BitSet::new(graph.count()),
            missing: BTreeSet::new(),
        };
        for (name, id) in &refs.refs {
            if tips.names.last() != Some(name) {
                tips.names.push(name.clone());
            }
            let name_ix = tips.names.len() - 1;
            let mut id = *id;
            for _ in 0..MOST_TAGS {
                let Some(next) = tags.get(&id) else {
                    break;
                };
                tips.others.entry(id).or_default().push(name_ix);
                id = *next;
            }
            if let Some(commit) = graph.ix(&id) {
                tips.commits.push((commit, name_ix));
            } else if objects.find(id.as_bytes()).is_some() {
                tips.others.entry(id).or_default().push(name_ix);
            } else if !is_memory(name) {
                tips.missing.insert(id);
            }
        }
        tips.reached = graph.reachable(&tips.commit_list());
        tips
    }

    /// The commits alone.
    pub fn commit_list(&self) -> Vec<CommitIx> {
        self.commits.iter().map(|(commit, _)| *commit).collect()
    }
}

/// What `id` leads to once it is no tag any more.
pub fn peeled(tags: &HashMap<ObjectId, ObjectId>, id: ObjectId) -> ObjectId {
    let mut id = id;
    for _ in 0..MOST_TAGS {
        match tags.get(&id) {
            Some(next) => id = *next,
            None => break,
        }
    }
    id
}
