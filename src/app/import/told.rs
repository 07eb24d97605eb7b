//! What `import` says: of each file, and of what was done.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::import::Peer;
use crate::report::escape;
use crate::rules::gitleaks::Mark;

use super::Source;
use super::matches::By;
use super::plan::Plan;

/// Things of a kind that are named before they are only counted.
const FEW: usize = 10;

/// What was done, or would be.
pub(super) struct Outcome {
    /// Whether it was written.
    pub(super) write: bool,
    /// Whether the configuration file changes.
    pub(super) is_changed: bool,
    /// Entries of the baseline.
    pub(super) added: usize,
    /// Findings that still count.
    pub(super) rest: usize,
}

impl Outcome {
    /// Says it.
    pub(super) fn tell(
        &self,
        plan: &Plan,
        baseline: &str,
        peer: Peer,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let done = if self.write {
            "added to"
        } else {
            "to be added to"
        };
        let name = plan.name();
        match plan.alone() {
            Some(text) if self.is_changed => {
                writeln!(out, "\n{done} {name}:\n")?;
                for line in text.trim_end().lines() {
                    writeln!(out, "    {}", escape(line).trim_end())?;
                }
            }
            Some(_) => writeln!(out, "\n{name}: all of it stands there already")?,
            None => {}
        }
        if self.added > 0 {
            let entries = if self.added == 1 { "entry" } else { "entries" };
            writeln!(out, "\n{done} {baseline}: {} {entries}", self.added)?;
        }
        if self.rest > 0 {
            let (rest, peer) = (self.rest, peer.id());
            writeln!(
                out,
                "\nwaxseal finds {rest} more here that {peer} does not let pass: `waxseal scan` shows them, `waxseal baseline audit` goes through them",
            )?;
        }
        if !self.write && (self.added > 0 || self.is_changed) {
            writeln!(out, "\nnothing was written; --write does it")?;
        }
        Ok(())
    }
}

/// What the entries of a file came to.
#[derive(Default)]
pub(super) struct Tally {
    /// Entries that were matched.
    pub(super) by: BTreeMap<By, usize>,
    /// Findings that lists let pass.
    pub(super) listed: usize,
    /// Entries that nothing is found for.
    pub(super) none: Vec<String>,
    /// Entries in whose place another value stands.
    pub(super) other_value: Vec<String>,
    /// Entries in whose place something of another kind stands.
    pub(super) other_kind: Vec<String>,
    /// What is to be looked at.
    pub(super) warned: Vec<String>,
}

/// What is said of one file.
pub(super) struct Told<'s> {
    /// The file.
    pub(super) source: &'s Source,
    /// What its entries came to.
    pub(super) tally: &'s Tally,
    /// Whether lists are not cut.
    pub(super) all: bool,
}

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, tally, .. } = self;
        let haul = &source.haul;
        write!(f, "{}: {}", escape(&source.name), haul.what)?;
        match haul.entries.len() {
            0 => writeln!(f)?,
            1 => writeln!(f, " with 1 entry")?,
            count => writeln!(f, " with {count} entries")?,
        }
        for (by, count) in &tally.by {
            let by = match by {
                By::Value => "by value",
                By::Place => "by file and line",
                By::Commit => "in the commit that they name",
            };
            writeln!(f, "  {count} matched {by}")?;
        }
        match tally.listed {
            0 => {}
            1 => writeln!(f, "  1 finding that its allow lists let pass")?,
            count => writeln!(f, "  {count} findings that its allow lists let pass")?,
        }
        if haul.runs {
            writeln!(f, "  its rules run as they are, by rule_files")?;
        }
        self.list(
            f,
            "with nothing to let pass: waxseal finds nothing there",
            tally.none.iter().cloned(),
        )?;
        self.list(
            f,
            "not carried over: another value stands there, or waxseal takes other text for it",
            tally.other_value.iter().cloned(),
        )?;
        self.list(
            f,
            "not carried over: without a value they go by their line, and something of another kind is found there",
            tally.other_kind.iter().cloned(),
        )?;
        self.list(f, "to look at", tally.warned.iter().cloned())?;
        let left = haul.left.iter().map(|left| {
            let mut lines = vec![format!("{}: {}", left.what, left.why)];
            lines.extend(left.mark.iter().flat_map(Mark::lines));
            lines
        });
        self.told(f, "not carried over", left)?;
        for note in &haul.notes {
            writeln!(f, "  {}", escape(note))?;
        }
        Ok(())
    }
}

impl Told<'_> {
    fn list(
        &self,
        f: &mut std::fmt::Formatter<'_>,
        title: &str,
        lines: impl ExactSizeIterator<Item = String>,
    ) -> std::fmt::Result {
        self.told(f, title, lines.map(|line| vec![line]))
    }

    /// A list of things that take some lines each.
    fn told(
        &self,
        f: &mut std::fmt::Formatter<'_>,
        title: &str,
        things: impl ExactSizeIterator<Item = Vec<String>>,
    ) -> std::fmt::Result {
        let count = things.len();
        if count == 0 {
            return Ok(());
        }
        writeln!(f, "  {count} {title}")?;
        let most = if self.all { count } else { FEW };
        for thing in things.take(most) {
            for (line, indent) in thing.iter().zip([4, 6, 6]) {
                writeln!(f, "{:indent$}{}", "", escape(line))?;
            }
        }
        if count > most {
            writeln!(f, "    and {} more; -v names them", count - most)?;
        }
        Ok(())
    }
}
