//! From blobs in which something may be found to one finding a secret, with its history.
//!
//! Every suspect is scanned whole under each of its paths, exactly as a file of that name would be. What has one fingerprint is one
//! secret. Commits then say when it came and whether it is still there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::git::pack::{Damage, Delta, Kind, NodeIx, Visit};
use crate::model::{
    Allowed, Blob, Finding, Fingerprint, FirstCommit, History, Location, ObjectId, ObjectKind,
    Origin, Part, Place, Severity, Store,
};
use crate::scan::{PathClass, Scanner, Worker};

use super::bits::BitSet;
use super::graph::{AT_ONCE, CommitIx, Graph, ones};
use super::leads::Leads;
use super::objects::{ObjectIx, Objects, Reader};
use super::places::{LocationIx, Places};
use super::tally::Tally;
use super::tips::Tips;
use super::visit;

/// What is known of the repository once all objects were read.
pub struct Ground<'a> {
    /// The objects.
    pub objects: &'a Objects,
    /// The rules.
    pub scanner: &'a Scanner,
    /// The commits.
    pub graph: &'a Graph,
    /// Which trees lead to the suspects.
    pub leads: &'a Leads,
    /// Where the suspects stand.
    pub places: &'a Places,
    /// What refs lead to.
    pub tips: &'a Tips,
    /// What can't be read is noted there.
    pub tally: &'a Tally<'a>,
}

/// One secret, wherever it stands.
struct Secret {
    /// How bad it is where it is worst.
    severity: Severity,
    /// Locations of blobs, each with the places in it.
    at: Vec<(LocationIx, Place)>,
    /// Blobs without a path, commits and tags.
    bare: Vec<(ObjectId, ObjectKind, Place)>,
    /// Whether comments allow it at further places.
    allowed: bool,
}

impl Default for Secret {
    fn default() -> Self {
        Self {
            severity: Severity::Info,
            at: Vec::new(),
            bare: Vec::new(),
            allowed: false,
        }
    }
}

/// A secret, and whether comments allow it: the places where they do are kept apart from the others.
type Key = (Fingerprint, bool);

/// What a scan of one blob tells of a secret in it.
type Told = (Key, Place, Severity);

/// Scans `suspects` and gives one finding for each secret in them and in `texts`, the findings in commits and tags.
pub fn settle(ground: &Ground<'_>, suspects: &[ObjectIx], texts: Vec<Finding>) -> Vec<Finding> {
    let mut secrets = scan(ground, suspects);
    let mut told: HashMap<Fingerprint, Vec<Finding>> = HashMap::new();
    for finding in texts {
        if let Store::Object(kind, id) = finding.origin.store {
            let secret = secrets.entry(finding.standing()).or_default();
            secret.bare.push((id, kind, finding.place));
            secret.severity = secret.severity.max(finding.severity);
            told.entry(finding.fingerprint).or_default().push(finding);
        }
    }
    let secrets = counted(secrets);
    let mut shower = Shower {
        ground,
        worker: ground.scanner.worker(),
        reader: Reader::default(),
        content: Vec::new(),
        last: None,
    };
    let mut shown = Vec::with_capacity(secrets.len());
    for secrets in secrets.chunks(AT_ONCE) {
        let known = histories(ground, secrets);
        shown.extend(known.into_iter().zip(secrets));
    }
    // those of one blob together, so that it is scanned once for all of them
    shown.sort_by(|(a, _), (b, _)| a.locations.first().cmp(&b.locations.first()));
    let show = |(history, (fingerprint, secret)): (History, &(Fingerprint, Secret))| {
        let told = told.get(fingerprint).map_or(&[][..], Vec::as_slice);
        let first = history.locations.first().map(|location| location.object);
        let finding = shower.show(*fingerprint, secret, history, told);
        if finding.is_none()
            && let Some(ix) = first.and_then(|id| ground.objects.find(id.as_bytes()))
        {
            ground.tally.damaged(ix, Damage::Internal);
        }
        finding
    };
    shown.into_iter().filter_map(show).collect()
}

/// Each secret once, with the places that count: those where no comment allows it, or all where it is allowed everywhere.
fn counted(secrets: BTreeMap<Key, Secret>) -> Vec<(Fingerprint, Secret)> {
    let mut counted: Vec<(Fingerprint, Secret)> = Vec::with_capacity(secrets.len());
    for ((fingerprint, _), secret) in secrets {
        match counted.last_mut() {
            // what is not allowed came before
            Some((last, open)) if *last == fingerprint => open.allowed = true,
            _ => counted.push((fingerprint, secret)),
        }
    }
    counted
}

/// The secrets in `suspects`.
fn scan(ground: &Ground<'_>, suspects: &[ObjectIx]) -> BTreeMap<Key, Secret> {
    let mut at: HashMap<ObjectIx, Vec<LocationIx>> = HashMap::new();
    for (ix, location) in (0..).zip(&ground.places.locations) {
        at.entry(location.blob).or_default().push(ix);
    }
    let mut wanted = BitSet::new(ground.objects.count());
    for suspect in suspects {
        wanted.insert(*suspect);
    }
    let secrets = Mutex::default();
    let visitors = (0..ground.tally.threads())
        .map(|_| Visitor {
            ground,
            at: &at,
            wanted: &wanted,
            worker: ground.scanner.worker(),
            secrets: &secrets,
        })
        .collect();
    drop(visit::some(ground.objects, Kind::Blob, &wanted, visitors));
    secrets.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Scans suspects for one thread.
struct Visitor<'g> {
    ground: &'g Ground<'g>,
    at: &'g HashMap<ObjectIx, Vec<LocationIx>>,
    wanted: &'g BitSet,
    worker: Worker<'g>,
    secrets: &'g Mutex<BTreeMap<Key, Secret>>,
}

impl Visitor<'_> {
    fn suspect(&mut self, ix: ObjectIx, content: &[u8]) {
        if !self.wanted.contains(ix) {
            return;
        }
        let id = self.ground.objects.id(ix);
        let mut by_class: HashMap<PathClass, Vec<Told>> = HashMap::new();
        let locations = self.at.get(&ix).map_or(&[][..], Vec::as_slice);
        for &location in locations {
            let path = self.ground.places.path(self.ground.leads, location);
            let found = if self.ground.scanner.hangs_on_path(&path) {
                self.found(&path, id, content)
            } else {
                let class = PathClass::of(&path);
                if let Some(found) = by_class.get(&class) {
                    found.clone()
                } else {
                    let found = self.found(&path, id, content);
                    by_class.insert(class, found.clone());
                    found
                }
            };
            let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, place, severity) in found {
                let secret = secrets.entry(key).or_default();
                secret.severity = secret.severity.max(severity);
                secret.at.push((location, place));
            }
        }
        if locations.is_empty() {
            let found = self.found(b"", id, content);
            let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, place, severity) in found {
                let secret = secrets.entry(key).or_default();
                secret.severity = secret.severity.max(severity);
                secret.bare.push((id, ObjectKind::Blob, place));
            }
        }
    }

    fn found(&mut self, path: &[u8], id: ObjectId, content: &[u8]) -> Vec<Told> {
        let mut findings = Vec::new();
        self.worker.scan(&blob(path, id, content), &mut findings);
        let mut found: Vec<_> = findings
            .into_iter()
            .map(|finding| (finding.standing(), finding.place, finding.severity))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Visit for Visitor<'_> {
    type State = ();

    fn whole(&mut self, ix: NodeIx, content: &[u8]) {
        self.suspect(ix, content);
    }

    fn delta(&mut self, ix: NodeIx, _: &Delta<'_, ()>, content: &[u8]) {
        self.suspect(ix, content);
    }

    fn damaged(&mut self, ix: NodeIx, damage: Damage) {
        // mostly noted when blobs were surveyed; a file may have gone since
        if self.wanted.contains(ix) {
            self.ground.tally.damaged(ix, damage);
        }
    }
}

fn blob<'b>(path: &'b [u8], id: ObjectId, content: &'b [u8]) -> Blob<'b> {
    Blob {
        origin: Origin::new(path, Store::Object(ObjectKind::Blob, id)),
        bytes: content,
        part: Part::whole(content.len()),
    }
}

/// The histories of at most [`AT_ONCE`] secrets.
fn histories(ground: &Ground<'_>, secrets: &[(Fingerprint, Secret)]) -> Vec<History> {
    let Ground {
        graph,
        places,
        tips,
        ..
    } = *ground;
    let mut held = vec![0_u64; places.locations.len()];
    for (bit, (_, secret)) in secrets.iter().enumerate() {
        for (location, _) in &secret.at {
            held[*location as usize] |= 1 << bit;
        }
    }
    let masks = places.masks(&held);
    let mut introducing: Vec<Vec<CommitIx>> = vec![Vec::new(); secrets.len()];
    for commit in graph.all() {
        let mask = masks.commits[commit as usize];
        if mask == 0 {
            continue;
        }
        let parents = graph.parents(commit).iter();
        let known = parents.fold(0, |all, parent| all | masks.commits[*parent as usize]);
        ones(mask & !known).for_each(|bit| introducing[bit].push(commit));
    }
    for (bit, (_, secret)) in secrets.iter().enumerate() {
        let told = secret
            .bare
            .iter()
            .filter(|(_, kind, _)| *kind == ObjectKind::Commit);
        introducing[bit].extend(told.filter_map(|(id, ..)| graph.ix(id)));
        introducing[bit].sort_unstable();
        introducing[bit].dedup();
    }
    let commits = tips.commit_list();
    let mut refs: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); secrets.len()];
    graph.reached_by(&introducing, &commits, |secret, tip| {
        refs[secret].insert(tips.commits[tip].1);
    });
    for (id, names) in &tips.others {
        let mut mask = places
            .of_tree(ground.objects, id)
            .map_or(0, |top| masks.of(top));
        let blob = ground.objects.find(id.as_bytes());
        for (bit, (_, secret)) in secrets.iter().enumerate() {
            let is_bare = secret.bare.iter().any(|(object, ..)| object == id);
            let is_located = blob.is_some()
                && secret
                    .at
                    .iter()
                    .any(|(at, _)| Some(places.locations[*at as usize].blob) == blob);
            mask |= u64::from(is_bare || is_located) << bit;
        }
        ones(mask).for_each(|bit| refs[bit].extend(names));
    }
    for list in &mut introducing {
        list.retain(|commit| tips.reached.contains(*commit));
    }
    let firsts = graph.firsts(&introducing);
    let mut all = Vec::with_capacity(secrets.len());
    for (bit, (_, secret)) in secrets.iter().enumerate() {
        let first = firsts[bit];
        let in_first: BTreeSet<LocationIx> = first
            .and_then(|first| places.of_commit(first))
            .map(|top| {
                places
                    .below(top, &masks, &held, 1 << bit)
                    .into_iter()
                    .collect()
            })
            .unwrap_or_default();
        let first_id = first.map(|first| graph.id(first));
        let mut locations: Vec<(bool, Location)> =
            Vec::with_capacity(secret.at.len() + secret.bare.len());
        for (at, place) in &secret.at {
            let location = Location {
                path: places.path(ground.leads, *at),
                object: ground.objects.id(places.locations[*at as usize].blob),
                kind: ObjectKind::Blob,
                place: *place,
            };
            locations.push((!in_first.contains(at), location));
        }
        for (object, kind, place) in &secret.bare {
            let location = Location {
                path: Vec::new(),
                object: *object,
                kind: *kind,
                place: *place,
            };
            let leads = in_first.is_empty() && first_id == Some(*object);
            locations.push((!leads, location));
        }
        locations.sort_unstable();
        locations.dedup();
        // the first one leads, the others follow by path
        if let [_, others @ ..] = locations.as_mut_slice() {
            others.sort_unstable_by(|a, b| a.1.cmp(&b.1));
        }
        all.push(History {
            first: first.map(|first| FirstCommit {
                id: graph.id(first),
                author_time: graph.author_time(first),
            }),
            location_count: locations.len() as u64,
            locations: locations
                .into_iter()
                .map(|(_, location)| location)
                .take(History::MOST)
                .collect(),
            in_head: tips
                .head
                .is_some_and(|head| masks.commits[head as usize] & 1 << bit != 0),
            ref_count: refs[bit].len() as u64,
            refs: first_names(tips, &refs[bit]),
        });
    }
    all
}

/// Names of refs for people, reflogs last: what they reach is mostly what a ref reaches too.
fn first_names(tips: &Tips, names: &BTreeSet<usize>) -> Vec<String> {
    let is_log = |name: &&String| name.starts_with("reflog of ");
    let names = || names.iter().map(|name| &tips.names[*name]);
    let logs = names().filter(is_log);
    let refs = names().filter(|name| !is_log(name));
    refs.chain(logs).take(History::MOST).cloned().collect()
}

/// Scans the first location of each secret once more for what is shown of it.
struct Shower<'g> {
    ground: &'g Ground<'g>,
    worker: Worker<'g>,
    reader: Reader,
    content: Vec<u8>,
    /// The last blob, the path that it was scanned under, and what was found.
    last: Option<(ObjectId, Vec<u8>, Vec<Finding>)>,
}

impl Shower<'_> {
    fn show(
        &mut self,
        fingerprint: Fingerprint,
        secret: &Secret,
        history: History,
        told: &[Finding],
    ) -> Option<Finding> {
        let Location {
            path,
            object,
            kind,
            place,
        } = history.locations.first()?;
        let is_it =
            |finding: &&Finding| finding.fingerprint == fingerprint && finding.place == *place;
        let shown = if *kind == ObjectKind::Blob {
            self.findings(object, path)?.iter().find(is_it)
        } else {
            let here = Store::Object(*kind, *object);
            told.iter()
                .find(|finding| finding.origin.store == here && is_it(finding))
        };
        let mut finding = shown?.clone();
        if finding.severity < secret.severity {
            // what it is worst at counts: a file may have held nothing when it was first committed
            finding.severity = secret.severity;
            finding
                .notes
                .push("worse at another place of the history than at this one".into());
        }
        if secret.allowed {
            finding.notes.push(Allowed::ELSEWHERE.into());
        }
        finding.history = Some(Box::new(history));
        Some(finding)
    }

    /// What is found in `object` under `path`; none if it can't be read any more.
    fn findings(&mut self, object: &ObjectId, path: &[u8]) -> Option<&[Finding]> {
        let is_last = |last: &(ObjectId, Vec<u8>, _)| last.0 == *object && last.1 == path;
        if !self.last.as_ref().is_some_and(is_last) {
            let objects = self.ground.objects;
            let read = objects.read(object, &mut self.reader, &mut self.content);
            let (_, len) = read?.ok()?;
            let mut findings = Vec::new();
            let blob = blob(path, *object, &self.content[..len]);
            self.worker.scan(&blob, &mut findings);
            self.last = Some((*object, path.to_vec(), findings));
        }
        self.last.as_ref().map(|(.., findings)| findings.as_slice())
    }
}
