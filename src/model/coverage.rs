//! What a run looked at and what it did not. An incomplete scan must never look clean.

/// Why something was not scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// A symbolic link; its target is scanned under its own name if it lies in the tree.
    Symlink,
    /// A device, pipe or socket that was met; one that was named as a PATH is `Unreadable`.
    Special,
    /// Binary, and `--no-binary` was given.
    Binary,
    /// A repository inside the work tree, and `--submodules` was not given.
    NestedRepository,
    /// A submodule, and `--submodules` was not given.
    Submodule,
    /// In the index but not in the work tree, because a sparse checkout leaves it out or it is no file there.
    Absent,
    /// In the index, and deleted from the work tree.
    Deleted,
    /// A PATH that does not exist.
    NotFound,
    /// The system refused to open or list it.
    PermissionDenied,
    /// It was listed but was gone when opened.
    Vanished,
    /// It became shorter or longer while it was read.
    Changed,
    /// Any other failure to read it.
    Unreadable,
    /// The scan of this one blob panicked: a fault of waxseal.
    Internal,
    /// A file or an object of a history that is larger than the user asked for.
    OverLimit,
    /// The history goes on behind this commit, but not in this shallow clone.
    Shallow,
    /// An object that is not there because a partial clone left it to its remote, which `--allow-missing` accepts.
    Promised,
    /// An object that is not there.
    Missing,
    /// An object that is there and can't be read.
    Damaged,
    /// An object too large to be held in memory.
    TooLarge,
}

impl SkipReason {
    /// Every reason, in the order of reports.
    pub const ALL: [SkipReason; 19] = [
        Self::Symlink,
        Self::Special,
        Self::Binary,
        Self::NestedRepository,
        Self::Submodule,
        Self::Absent,
        Self::Deleted,
        Self::NotFound,
        Self::PermissionDenied,
        Self::Vanished,
        Self::Changed,
        Self::Unreadable,
        Self::Internal,
        Self::OverLimit,
        Self::Shallow,
        Self::Promised,
        Self::Missing,
        Self::Damaged,
        Self::TooLarge,
    ];

    /// The stable name used in machine formats.
    pub fn id(self) -> &'static str {
        match self {
            Self::Symlink => "symlink",
            Self::Special => "special-file",
            Self::Binary => "binary",
            Self::NestedRepository => "nested-repository",
            Self::Submodule => "submodule",
            Self::Absent => "absent",
            Self::Deleted => "deleted",
            Self::NotFound => "not-found",
            Self::PermissionDenied => "permission-denied",
            Self::Vanished => "vanished",
            Self::Changed => "changed",
            Self::Unreadable => "unreadable",
            Self::Internal => "internal-error",
            Self::OverLimit => "over-limit",
            Self::Shallow => "shallow-boundary",
            Self::Promised => "promised-object",
            Self::Missing => "missing-object",
            Self::Damaged => "damaged-object",
            Self::TooLarge => "too-large",
        }
    }

    /// Whether a skip for this reason makes the run failed: it was to be scanned and was not.
    pub fn is_failure(self) -> bool {
        match self {
            Self::Symlink
            | Self::Special
            | Self::Binary
            | Self::NestedRepository
            | Self::Submodule
            | Self::Absent
            | Self::Deleted
            | Self::OverLimit
            | Self::Shallow
            | Self::Promised => false,
            Self::NotFound
            | Self::PermissionDenied
            | Self::Vanished
            | Self::Changed
            | Self::Unreadable
            | Self::Internal
            | Self::Missing
            | Self::Damaged
            | Self::TooLarge => true,
        }
    }

    /// Whether each single one is named in reports, or only the count is given.
    pub fn is_named(self) -> bool {
        self.is_failure() || matches!(self, Self::NestedRepository | Self::Submodule)
    }
}

/// One thing that was not scanned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skip {
    /// Its path, as in [`super::Origin::path`]. An object of a history is named by its kind and its whole id, as in
    /// `blob 1f2e…`; where the kind is not known, as in `object 1f2e…`.
    pub path: Vec<u8>,
    /// Why.
    pub reason: SkipReason,
    /// What went wrong and what to do, in one line without a final stop; empty where the reason says it all.
    pub detail: String,
}

/// What a run covered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Blobs scanned: files, or standard input.
    pub files: u64,
    /// Stored bytes scanned; overlaps of windows count once.
    pub bytes: u64,
    /// Of `files`, those taken for binary: scanned for typed tokens and decoded views only.
    pub binary_files: u64,
    /// How many were skipped for each reason, in the order of [`SkipReason::ALL`].
    pub skipped: [u64; SkipReason::ALL.len()],
    /// Each skip whose reason [`SkipReason::is_named`], sorted.
    pub named: Vec<Skip>,
    /// The objects read, if a history was scanned; blobs that were scanned are counted as `files` too.
    pub objects: Option<Objects>,
}

/// How many objects of one kind, and how many bytes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Objects, each once.
    pub count: u64,
    /// Their sizes, inflated and undeltified. Bytes.
    pub bytes: u64,
}

/// The objects of a history that were read, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// Versions of files.
    pub blobs: Tally,
    /// Folders, of which only the names are looked at.
    pub trees: Tally,
    /// Commits.
    pub commits: Tally,
    /// Annotated tags.
    pub tags: Tally,
}

impl Coverage {
    /// Counts a skip, and keeps it where its reason is one that is named.
    pub fn skip(&mut self, skip: Skip) {
        self.skipped[skip.reason as usize] += 1;
        if skip.reason.is_named() {
            self.named.push(skip);
        }
    }

    /// Adds what another thread covered.
    pub fn merge(&mut self, other: Coverage) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.binary_files += other.binary_files;
        for (mine, theirs) in self.skipped.iter_mut().zip(other.skipped) {
            *mine += theirs;
        }
        self.named.extend(other.named);
        if let Some(theirs) = other.objects {
            self.objects.get_or_insert_default().merge(theirs);
        }
    }

    /// How many were skipped for `reason`.
    pub fn count(&self, reason: SkipReason) -> u64 {
        self.skipped[reason as usize]
    }

    /// Whether everything that was to be scanned was scanned.
    pub fn is_complete(&self) -> bool {
        SkipReason::ALL
            .iter()
            .all(|&reason| !reason.is_failure() || self.count(reason) == 0)
    }
}

impl Objects {
    /// Adds what another thread read.
    pub fn merge(&mut self, other: Self) {
        let pairs = [
            (&mut self.blobs, other.blobs),
            (&mut self.trees, other.trees),
            (&mut self.commits, other.commits),
            (&mut self.tags, other.tags),
        ];
        for (mine, theirs) in pairs {
            mine.count += theirs.count;
            mine.bytes += theirs.bytes;
        }
    }
}
