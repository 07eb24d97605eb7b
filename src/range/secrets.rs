//! From what was found in single objects to one finding a secret, with its history as far as the range goes.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Allowed, Finding, Fingerprint, FirstCommit, History, Location, ObjectKind, Severity, Store,
};

/// A finding in one object at one path.
pub struct Sight {
    /// Place in the range of the commit that brought it in; behind all of them that of an end that leads to it without one.
    pub commit: u32,
    /// What was found. Its origin is the object.
    pub finding: Finding,
}

/// One secret, wherever it stands.
struct Secret {
    /// How bad it is where it is worst.
    severity: Severity,
    /// Every place.
    locations: BTreeSet<Location>,
    /// All commits that brought it in somewhere.
    commits: BTreeSet<u32>,
    /// The one that is shown: of the first commit, then the first location.
    lead: Sight,
}

/// A secret, and whether comments allow it: the places where they do are kept apart from the others.
type Key = (Fingerprint, bool);

/// All secrets that were found.
#[derive(Default)]
pub struct Secrets(BTreeMap<Key, Secret>);

/// What is known of the range when secrets are shown.
pub struct Ground<'a> {
    /// Id and author time of the commit at a place in the range.
    pub commit: &'a dyn Fn(u32) -> Option<FirstCommit>,
    /// Names of what reaches any of some commits.
    pub refs: &'a dyn Fn(&BTreeSet<u32>) -> Vec<String>,
}

/// Where a finding stands; none for one that is in no object.
fn location(finding: &Finding) -> Option<Location> {
    let Store::Object(kind, object) = finding.origin.store else {
        return None;
    };
    Some(Location {
        path: finding.origin.path.to_vec(),
        object,
        kind,
        place: finding.place,
    })
}

impl Sight {
    /// What comes first is shown: a file before a message of the same commit.
    fn key(&self) -> (u32, Option<(ObjectKind, Location)>) {
        let at = location(&self.finding);
        (self.commit, at.map(|at| (at.kind, at)))
    }
}

impl Secrets {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what was found in one object.
    pub fn add(&mut self, sight: Sight) {
        let Some(at) = location(&sight.finding) else {
            return;
        };
        let key = sight.finding.standing();
        let new = Secret {
            severity: sight.finding.severity,
            locations: BTreeSet::from([at]),
            commits: BTreeSet::from([sight.commit]),
            lead: sight,
        };
        self.add_secret(key, new);
    }

    /// Takes over what another thread found.
    pub fn merge(&mut self, other: Self) {
        for (key, secret) in other.0 {
            self.add_secret(key, secret);
        }
    }

    fn add_secret(&mut self, key: Key, new: Secret) {
        match self.0.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => _ = entry.insert(new),
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                known.severity = known.severity.max(new.severity);
                known.locations.extend(new.locations);
                known.commits.extend(new.commits);
                if new.lead.key() < known.lead.key() {
                    known.lead = new.lead;
                }
            }
        }
    }

    /// One finding for each secret. `in_head` says whether the tree of `HEAD` has a location's object at its path.
    pub fn into_findings(
        self,
        ground: &Ground<'_>,
        mut in_head: impl FnMut(&Location) -> bool,
    ) -> Vec<Finding> {
        let mut show = |secret: Secret| {
            let Secret {
                severity,
                locations,
                commits,
                lead,
            } = secret;
            let mut finding = lead.finding;
            let first = location(&finding);
            if finding.severity < severity {
                // what it is worst at counts: a file may have held nothing when it was first committed
                finding.severity = severity;
                finding
                    .notes
                    .push("worse at another place of the history than at this one".into());
            }
            let refs = (ground.refs)(&commits);
            let others = locations.iter().filter(|at| Some(*at) != first.as_ref());
            finding.history = Some(Box::new(History {
                first: (ground.commit)(lead.commit),
                location_count: locations.len() as u64,
                in_head: locations
                    .iter()
                    .any(|at| at.kind == ObjectKind::Blob && in_head(at)),
                ref_count: refs.len() as u64,
                refs: refs.into_iter().take(History::MOST).collect(),
                locations: first
                    .iter()
                    .chain(others)
                    .take(History::MOST)
                    .cloned()
                    .collect(),
            }));
            finding
        };
        let mut shown: Vec<Finding> = Vec::with_capacity(self.0.len());
        for ((fingerprint, is_allowed), secret) in self.0 {
            match shown.last_mut() {
                // where it is not allowed counts, and came before
                Some(open) if is_allowed && open.fingerprint == fingerprint => {
                    open.notes.push(Allowed::ELSEWHERE.into());
                }
                _ => shown.push(show(secret)),
            }
        }
        shown
    }
}
