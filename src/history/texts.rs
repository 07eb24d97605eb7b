//! Commits and tags: their messages, authors and taggers are scanned, and they make the graph.

use std::collections::HashMap;

use crate::git::pack::{Damage, Delta, Kind, NodeIx, Visit};
use crate::model::{Blob, Finding, ObjectId, ObjectKind, Origin, Part, Store};
use crate::scan::{Scanner, Worker};

use super::commit::{CommitInfo, Commits};
use super::objects::{ObjectIx, Objects};
use super::tally::{Lane, Tally};
use super::visit;

/// What commits and tags say.
#[derive(Default)]
pub struct Texts {
    /// What was found in them, each with its object.
    pub findings: Vec<Finding>,
    /// The commits.
    pub commits: Commits,
    /// What each annotated tag leads to, which may be another tag.
    pub tags: HashMap<ObjectId, ObjectId>,
}

/// Reads all commits and tags.
pub fn read(objects: &Objects, scanner: &Scanner, tally: &Tally<'_>) -> Texts {
    let mut all = Texts::default();
    for kind in [Kind::Commit, Kind::Tag] {
        let visitors = (0..tally.threads())
            .map(|_| Visitor {
                objects,
                kind,
                lane: tally.lane(),
                worker: scanner.worker(),
                texts: Texts::default(),
            })
            .collect();
        for mut visitor in visit::all(objects, kind, visitors) {
            all.findings.append(&mut visitor.texts.findings);
            all.commits.append(&visitor.texts.commits);
            all.tags.extend(visitor.texts.tags);
        }
    }
    all
}

/// Reads commits or tags for one thread.
struct Visitor<'p> {
    objects: &'p Objects,
    kind: Kind,
    lane: Lane<'p>,
    worker: Worker<'p>,
    texts: Texts,
}

impl Visitor<'_> {
    fn text(&mut self, ix: ObjectIx, content: &[u8]) {
        if !self.lane.read(self.kind, ix, content.len()) {
            return;
        }
        let id = self.objects.id(ix);
        let kind = if self.kind == Kind::Tag {
            let target = content
                .strip_prefix(b"object ")
                .and_then(|rest| ObjectId::from_hex(rest.split(|byte| *byte == b'\n').next()?));
            match target {
                Some(target) => _ = self.texts.tags.insert(id, target),
                None => self.lane.damaged(ix, Damage::Content),
            }
            ObjectKind::Tag
        } else {
            match CommitInfo::parse(id, content) {
                Some(commit) => self.texts.commits.push(&commit),
                None => self.lane.damaged(ix, Damage::Content),
            }
            ObjectKind::Commit
        };
        let blob = Blob {
            origin: Origin::new(b"", Store::Object(kind, id)),
            bytes: content,
            part: Part::whole(content.len()),
        };
        self.worker.scan(&blob, &mut self.texts.findings);
    }
}

impl Visit for Visitor<'_> {
    type State = ();

    fn whole(&mut self, ix: NodeIx, content: &[u8]) {
        self.text(ix, content);
    }

    fn delta(&mut self, ix: NodeIx, _: &Delta<'_, ()>, content: &[u8]) {
        self.text(ix, content);
    }

    fn damaged(&mut self, ix: NodeIx, damage: Damage) {
        self.lane.damaged(ix, damage);
    }
}
