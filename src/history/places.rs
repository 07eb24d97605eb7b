//! Every path at which given blobs stand, in any tree of the store, and which commits hold which.
//!
//! A *folder* here is a tree at a path. The trees of a thousand commits share most of theirs, so each is followed once.

use std::ops::Range;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::model::ObjectId;

use super::graph::CommitIx;
use super::leads::{Leads, NameIx};
use super::objects::{ObjectIx, Objects};

/// Position in the list of paths.
type PathIx = u32;

/// Position in the list of folders.
pub type FolderIx = u32;

/// Position in the list of locations.
pub type LocationIx = u32;

/// The path of the top of a tree.
const TOP: PathIx = 0;

/// Most folders that are followed. Real histories with thousands of findings have a million; a few crafted trees can stand for more
/// paths than there are atoms.
const MOST_FOLDERS: usize = 8_000_000;

/// Most entries of all folders together; as many as there are folders is usual.
const MOST_WITHIN: usize = 1 << 26;

/// Longest path that is followed, in parts.
const DEEPEST: u32 = 4096;

/// Most paths at which one tree is followed. Only trees made to waste time stand at more.
const MOST_PATHS: u32 = 10_000;

/// A blob at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    path: PathIx,
    /// The blob.
    pub blob: ObjectIx,
}

/// A tree at a path.
struct Folder {
    tree: ObjectIx,
    path: PathIx,
    /// Where what lies right in it stands in the lists of those.
    locations: Range<u32>,
    folders: Range<u32>,
}

/// Stands for no folder.
const NO_FOLDER: FolderIx = FolderIx::MAX;

/// All places.
pub struct Places {
    /// Each path as the one of its folder and a name; the first one is empty.
    paths: Vec<(PathIx, NameIx, u32)>,
    /// All locations.
    pub locations: Vec<Location>,
    folders: Vec<Folder>,
    /// The locations that lie right in each folder, folder by folder, and the folders.
    locations_in: Vec<LocationIx>,
    folders_in: Vec<FolderIx>,
    /// For each object its first folder: most trees stand at one path.
    first_of: Vec<FolderIx>,
    /// The other folders.
    further: HashMap<(ObjectIx, PathIx), FolderIx>,
    /// For each commit the folder that is its tree, where that leads to anything.
    of_commits: Vec<Option<FolderIx>>,
    /// Folders, those within a folder before it.
    order: Vec<FolderIx>,
    /// Whether there were more folders than can be followed.
    pub is_cut: bool,
}

/// Makes the places while they are followed.
struct Maker<'l> {
    leads: &'l Leads,
    places: Places,
    path_of: HashMap<(PathIx, NameIx), PathIx>,
    location_of: HashMap<Location, LocationIx>,
    /// At how many paths a tree was met, beyond the first.
    paths_of: HashMap<ObjectIx, u32>,
    /// What lies in the folders that are being followed, as far as it is known.
    locations: Vec<LocationIx>,
    folders: Vec<FolderIx>,
}

/// A folder that is being followed.
struct Open {
    folder: FolderIx,
    /// Which of its leads is next.
    next: usize,
    /// Where what lies in it begins among all that is known.
    locations: usize,
    folders: usize,
}

impl Places {
    /// Follows `leads` from `roots`, the trees of all commits, from those that `tagged` names, and then from all that those do not lead to.
    pub fn find(
        objects: &Objects,
        leads: &Leads,
        roots: &[Option<ObjectIx>],
        tagged: &[ObjectId],
    ) -> Self {
        let mut maker = Maker {
            leads,
            places: Self {
                paths: vec![(TOP, 0, 0)],
                locations: Vec::new(),
                folders: Vec::new(),
                locations_in: Vec::new(),
                folders_in: Vec::new(),
                first_of: Vec::new(),
                further: HashMap::new(),
                of_commits: Vec::with_capacity(roots.len()),
                order: Vec::new(),
                is_cut: false,
            },
            path_of: HashMap::new(),
            location_of: HashMap::new(),
            paths_of: HashMap::new(),
            locations: Vec::new(),
            folders: Vec::new(),
        };
        if leads.is_empty() {
            maker.places.of_commits.resize(roots.len(), None);
            return maker.places;
        }
        maker.places.first_of.resize(objects.count(), NO_FOLDER);
        for &tree in roots {
            let top = tree.and_then(|tree| maker.follow(tree));
            maker.places.of_commits.push(top);
        }
        for tree in tagged.iter().filter_map(|id| objects.find(id.as_bytes())) {
            maker.follow(tree);
        }
        let is_inner: HashSet<ObjectIx> = leads
            .trees()
            .flat_map(|tree| leads.of(tree))
            .map(|lead| lead.child)
            .collect();
        // trees that no commit leads to: what is left of histories that are no more
        let seen: HashSet<ObjectIx> = maker
            .places
            .folders
            .iter()
            .map(|folder| folder.tree)
            .collect();
        for tree in leads
            .trees()
            .filter(|tree| !seen.contains(tree) && !is_inner.contains(tree))
        {
            maker.follow(tree);
        }
        maker.places
    }

    /// The path of a location, `/`-separated.
    pub fn path(&self, leads: &Leads, location: LocationIx) -> Vec<u8> {
        let mut parts = Vec::new();
        let mut path = self.locations[location as usize].path;
        while path != TOP {
            let (parent, name, _) = self.paths[path as usize];
            parts.push(leads.name(name));
            path = parent;
        }
        parts.reverse();
        parts.join(&b'/')
    }

    /// What folders and commits hold, as bits: `held` says it of each location.
    pub fn masks(&self, held: &[u64]) -> Masks {
        let mut folders = vec![0; self.folders.len()];
        for &ix in &self.order {
            let (locations, inner) = self.within(ix);
            let own = locations.iter().fold(0, |all, at| all | held[*at as usize]);
            let inner = inner.iter().fold(0, |all, at| all | folders[*at as usize]);
            folders[ix as usize] = own | inner;
        }
        let of_commit = |top: &Option<FolderIx>| top.map_or(0, |top| folders[top as usize]);
        Masks {
            commits: self.of_commits.iter().map(of_commit).collect(),
            folders,
        }
    }

    /// The folder that is the tree of a commit, if that leads to anything.
    pub fn of_commit(&self, commit: CommitIx) -> Option<FolderIx> {
        self.of_commits[commit as usize]
    }

    /// The folder that is a tree which something else than a commit names.
    pub fn of_tree(&self, objects: &Objects, tree: &ObjectId) -> Option<FolderIx> {
        self.known(objects.find(tree.as_bytes())?, TOP)
    }

    /// The folder that is `tree` at `path`, if it was met.
    fn known(&self, tree: ObjectIx, path: PathIx) -> Option<FolderIx> {
        let first = *self.first_of.get(tree as usize)?;
        if first == NO_FOLDER {
            return None;
        }
        if self.folders[first as usize].path == path {
            return Some(first);
        }
        self.further.get(&(tree, path)).copied()
    }

    /// What lies right in a folder.
    fn within(&self, folder: FolderIx) -> (&[LocationIx], &[FolderIx]) {
        let folder = &self.folders[folder as usize];
        let range = |range: &Range<u32>| range.start as usize..range.end as usize;
        (
            &self.locations_in[range(&folder.locations)],
            &self.folders_in[range(&folder.folders)],
        )
    }

    /// The locations below `top` at which one of `bits` stands, as `masks` was made for `held`.
    pub fn below(&self, top: FolderIx, masks: &Masks, held: &[u64], bits: u64) -> Vec<LocationIx> {
        let mut found = Vec::new();
        let mut open = vec![top];
        let mut seen = HashSet::new();
        while let Some(ix) = open.pop() {
            if masks.folders[ix as usize] & bits == 0 || !seen.insert(ix) {
                continue;
            }
            let (locations, folders) = self.within(ix);
            let here = locations.iter().copied();
            found.extend(here.filter(|at| held[*at as usize] & bits != 0));
            open.extend(folders);
        }
        found
    }
}

/// What folders and commits hold, as bits.
pub struct Masks {
    folders: Vec<u64>,
    /// For each commit.
    pub commits: Vec<u64>,
}

impl Masks {
    /// What a folder holds.
    pub fn of(&self, folder: FolderIx) -> u64 {
        self.folders[folder as usize]
    }
}

impl Maker<'_> {
    /// Follows one tree as the top of a commit. Not by recursion: paths may be long.
    fn follow(&mut self, top: ObjectIx) -> Option<FolderIx> {
        if self.leads.of(top).is_empty() {
            return None;
        }
        let (first, is_new) = self.folder(top, TOP)?;
        let mut open = Vec::new();
        if is_new {
            open.push(self.opened(first));
        }
        while let Some(Open { folder, next, .. }) = open.last_mut() {
            let Folder { tree, path, .. } = self.places.folders[*folder as usize];
            let Some(lead) = self.leads.of(tree).get(*next).copied() else {
                let done = open.pop().expect("it is the last one");
                self.close(&done);
                continue;
            };
            *next += 1;
            if self.places.locations_in.len() + self.places.folders_in.len() >= MOST_WITHIN {
                self.places.is_cut = true;
                continue;
            }
            let Some(path) = self.path(path, lead.name) else {
                continue;
            };
            if self.leads.of(lead.child).is_empty() {
                let location = self.location(Location {
                    path,
                    blob: lead.child,
                });
                self.locations.push(location);
                continue;
            }
            let Some((inner, is_new)) = self.folder(lead.child, path) else {
                continue;
            };
            self.folders.push(inner);
            if is_new {
                open.push(self.opened(inner));
            }
        }
        Some(first)
    }

    fn opened(&self, folder: FolderIx) -> Open {
        Open {
            folder,
            next: 0,
            locations: self.locations.len(),
            folders: self.folders.len(),
        }
    }

    /// Notes what lies in a folder, all of which is known.
    fn close(&mut self, done: &Open) {
        let places = &mut self.places;
        let locations = places.locations_in.len();
        let folders = places.folders_in.len();
        places
            .locations_in
            .extend(self.locations.drain(done.locations..));
        places.folders_in.extend(self.folders.drain(done.folders..));
        let folder = &mut places.folders[done.folder as usize];
        folder.locations = small(locations)..small(places.locations_in.len());
        folder.folders = small(folders)..small(places.folders_in.len());
        places.order.push(done.folder);
    }

    /// The folder that is `tree` at `path`, and whether it is new; none if there are too many.
    fn folder(&mut self, tree: ObjectIx, path: PathIx) -> Option<(FolderIx, bool)> {
        if let Some(known) = self.places.known(tree, path) {
            return Some((known, false));
        }
        let next = FolderIx::try_from(self.places.folders.len()).expect("MOST_FOLDERS fits");
        let is_first = self.places.first_of[tree as usize] == NO_FOLDER;
        let mut is_cut = self.places.folders.len() >= MOST_FOLDERS;
        if !is_first {
            let paths = self.paths_of.entry(tree).or_insert(1);
            is_cut |= *paths >= MOST_PATHS;
            *paths += 1;
        }
        if is_cut {
            self.places.is_cut = true;
            return None;
        }
        if is_first {
            self.places.first_of[tree as usize] = next;
        } else {
            self.places.further.insert((tree, path), next);
        }
        self.places.folders.push(Folder {
            tree,
            path,
            locations: 0..0,
            folders: 0..0,
        });
        Some((next, true))
    }

    fn path(&mut self, parent: PathIx, name: NameIx) -> Option<PathIx> {
        if let Some(known) = self.path_of.get(&(parent, name)) {
            return Some(*known);
        }
        let depth = self.places.paths[parent as usize].2 + 1;
        if depth > DEEPEST || self.places.paths.len() >= MOST_FOLDERS {
            self.places.is_cut = true;
            return None;
        }
        let next = PathIx::try_from(self.places.paths.len()).expect("MOST_FOLDERS fits");
        self.places.paths.push((parent, name, depth));
        self.path_of.insert((parent, name), next);
        Some(next)
    }

    fn location(&mut self, location: Location) -> LocationIx {
        if let Some(known) = self.location_of.get(&location) {
            return *known;
        }
        let next = LocationIx::try_from(self.places.locations.len())
            .expect("no more than paths times blobs that were met");
        self.places.locations.push(location);
        self.location_of.insert(location, next);
        next
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("not many more than MOST_WITHIN")
}
