//! What was read of a history and what was not: counts for the coverage and for whoever waits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::git::pack::{Damage, Kind};
use crate::model;

use super::objects::{ObjectIx, Objects};

/// How far a scan has come. Shared with whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Objects that will be read.
    pub expected: AtomicU64,
    /// Objects that were read.
    pub objects: AtomicU64,
    /// Bytes of them.
    pub bytes: AtomicU64,
    /// Objects in which something may be found.
    pub suspects: AtomicU64,
}

/// What could not be read, of all threads.
pub struct Tally<'o> {
    objects: &'o Objects,
    progress: &'o Progress,
    threads: usize,
    counts: Mutex<model::Objects>,
    damaged: Mutex<BTreeMap<ObjectIx, Damage>>,
}

/// Objects after which a thread says how far it is.
const REPORT: u64 = 1024;

impl<'o> Tally<'o> {
    /// Nothing yet.
    pub fn new(objects: &'o Objects, progress: &'o Progress, threads: usize) -> Self {
        Self {
            objects,
            progress,
            threads,
            counts: Mutex::default(),
            damaged: Mutex::default(),
        }
    }

    /// Threads that may be used.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// The part of one thread.
    pub fn lane(&self) -> Lane<'_> {
        Lane {
            tally: self,
            counts: model::Objects::default(),
            fresh: model::Tally::default(),
        }
    }

    /// What was read.
    pub fn counts(&self) -> model::Objects {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that an object can't be read.
    pub fn damaged(&self, ix: ObjectIx, damage: Damage) {
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        damaged.entry(ix).or_insert(damage);
    }

    /// What can't be read, in the order of the objects' numbers.
    pub fn into_damaged(self) -> BTreeMap<ObjectIx, Damage> {
        self.damaged
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one thread has read. Hands it over when it is dropped.
pub struct Lane<'t> {
    tally: &'t Tally<'t>,
    counts: model::Objects,
    /// What was not told to whoever waits.
    fresh: model::Tally,
}

impl Lane<'_> {
    /// Notes that an object of `kind` with `len` bytes was read. Gives whether this place of it is the one that counts.
    pub fn read(&mut self, kind: Kind, ix: ObjectIx, len: usize) -> bool {
        if !self.tally.objects.counts(ix) {
            return false;
        }
        let count = match kind {
            Kind::Blob => &mut self.counts.blobs,
            Kind::Tree => &mut self.counts.trees,
            Kind::Commit => &mut self.counts.commits,
            Kind::Tag => &mut self.counts.tags,
        };
        count.count += 1;
        count.bytes += len as u64;
        self.fresh.count += 1;
        self.fresh.bytes += len as u64;
        if self.fresh.count == REPORT {
            self.report();
        }
        true
    }

    /// Notes that an object can't be read.
    pub fn damaged(&self, ix: ObjectIx, damage: Damage) {
        self.tally.damaged(ix, damage);
    }

    /// Notes that something may be found in an object.
    pub fn suspect(&self) {
        self.tally.progress.suspects.fetch_add(1, Ordering::Relaxed);
    }

    fn report(&mut self) {
        let progress = self.tally.progress;
        progress
            .objects
            .fetch_add(self.fresh.count, Ordering::Relaxed);
        progress
            .bytes
            .fetch_add(self.fresh.bytes, Ordering::Relaxed);
        self.fresh = model::Tally::default();
    }
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        self.report();
        let mut all = self
            .tally
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.merge(self.counts);
    }
}
