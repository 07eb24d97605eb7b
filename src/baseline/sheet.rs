//! A baseline that is being changed.

use std::collections::BTreeMap;

use super::{Baseline, Header, entry};
use crate::model::{Accepted, Fingerprint};

/// Entries in their order, each fingerprint once, and the header they will be written under.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The first line.
    pub header: Header,
    entries: BTreeMap<Fingerprint, Accepted>,
}

impl Sheet {
    /// One without entries.
    pub fn new(header: Header) -> Self {
        Self {
            header,
            entries: BTreeMap::new(),
        }
    }

    /// Whether there is an entry for `fingerprint`.
    pub fn get(&self, fingerprint: &Fingerprint) -> Option<&Accepted> {
        self.entries.get(fingerprint)
    }

    /// Every entry, in their order.
    pub fn entries(&self) -> impl Iterator<Item = &Accepted> {
        self.entries.values()
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds an entry, in the place of the one with the same fingerprint, if there is one.
    pub fn put(&mut self, entry: Accepted) {
        self.entries.insert(entry.fingerprint, entry);
    }

    /// Takes an entry out.
    pub fn remove(&mut self, fingerprint: &Fingerprint) -> Option<Accepted> {
        self.entries.remove(fingerprint)
    }

    /// The whole file: the header, then the entries, sorted.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(128 * (self.entries.len() + 1));
        self.header.write(&mut text);
        for entry in self.entries.values() {
            entry::write(entry, &mut text);
        }
        text
    }
}

impl From<&Baseline> for Sheet {
    fn from(baseline: &Baseline) -> Self {
        let entries = baseline.entries();
        Self {
            header: baseline.header().clone(),
            entries: entries.map(|entry| (entry.fingerprint, entry)).collect(),
        }
    }
}
