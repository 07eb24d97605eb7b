//! `baseline audit`: one finding after the other, and for each the question whether it may pass and why.

use std::io;

use super::desk::{Desk, Terminal};
use super::site::{Found, Site, key_of};
use super::{covers, entry_of, today};
use crate::app::scan::render_one;
use crate::app::{Failure, Streams};
use crate::baseline::Sheet;
use crate::cli::{AuditArgs, day, text};
use crate::error::{EXIT_CLEAN, EXIT_FAILED, Error};
use crate::model::{Accepted, Finding, FingerprintKey};
use crate::report::{escape, place, said};
use crate::rules::Rule;

/// How many further places of a finding are named.
const PLACES: usize = 5;

/// Goes through what is found here.
pub(super) fn run(args: AuditArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let mut desk = Terminal::open()?;
    let (look, again) = (args.place.look()?, args.again);
    let site = Site::here(args.place.scan)?;
    let found = site.scan(&look, streams)?;
    let sheet = site.sheet(covers(&look))?;
    let key = key_of(&sheet, &site.standing);
    let mut audit = Audit {
        found: &found,
        key,
        sheet,
        owner: None,
        tally: Tally::default(),
    };
    let items = audit.items(again);
    let save = |sheet: &Sheet| site.save(sheet);
    audit.walk(&items, &mut desk, &save)?;
    let told = audit.tally.told(items.len());
    writeln!(streams.out, "{}: {told}", site.name)?;
    Ok(if found.is_complete {
        EXIT_CLEAN
    } else {
        EXIT_FAILED
    })
}

/// What was said so far.
#[derive(Default)]
struct Tally {
    passed: usize,
    counted: usize,
}

impl Tally {
    fn told(&self, all: usize) -> String {
        if all == 0 {
            return "nothing to go through".to_owned();
        }
        format!(
            "{} may pass, {} count, {} left",
            self.passed,
            self.counted,
            all.saturating_sub(self.passed + self.counted)
        )
    }
}

/// Somebody's way through the findings.
struct Audit<'f> {
    found: &'f Found,
    key: FingerprintKey,
    sheet: Sheet,
    /// Who was named last.
    owner: Option<String>,
    tally: Tally,
}

/// What somebody wants after one finding.
enum Next {
    Go,
    Stop,
}

impl<'f> Audit<'f> {
    /// The entry that lets `finding` pass.
    fn entry_of(&self, finding: &Finding) -> Option<&Accepted> {
        entry_of(&self.sheet, &self.found.kin(&self.key), finding)
    }

    /// The findings to go through, each with its further places: those without an entry, those whose entry has no reason, and the others
    /// if it is done `again`.
    fn items(&self, again: bool) -> Vec<&'f [Finding]> {
        let is_open = |finding: &Finding| {
            let entry = self.entry_of(finding);
            again || entry.is_none_or(|entry| entry.reason.is_none())
        };
        let found = self.found;
        let counting = found.counting().filter(|finding| is_open(finding));
        let mut items: Vec<&[Finding]> = counting
            .filter_map(|finding| found.findings.get(&finding.fingerprint))
            .map(Vec::as_slice)
            .collect();
        // file by file, as somebody reads
        items.sort_by(|a, b| Finding::report_order(&a[0], &b[0]));
        items
    }

    /// Asks about each of `items`, and hands the sheet to `save` whenever it was changed.
    fn walk(
        &mut self,
        items: &[&[Finding]],
        desk: &mut dyn Desk,
        save: &dyn Fn(&Sheet) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        for (number, places) in (1..).zip(items) {
            let Some((finding, others)) = places.split_first() else {
                continue;
            };
            desk.say(&format!("\n[{number} of {}]\n", items.len()))?;
            desk.say(&self.shown(finding, others)?)?;
            if let Next::Stop = self.ask(finding, desk, save)? {
                break;
            }
        }
        desk.say("\n")?;
        Ok(())
    }

    /// A finding, what is known of it, and whether it may pass so far.
    fn shown(&self, finding: &Finding, others: &[Finding]) -> io::Result<String> {
        let rule: Option<&Rule> = self.found.rules.iter().find(|rule| rule.id == finding.rule);
        let mut text = render_one(finding, rule, false)?;
        for other in others.iter().take(PLACES) {
            let place = place(other);
            text = text + "  also at " + &place + "\n";
        }
        if others.len() > PLACES {
            let more = (others.len() - PLACES).to_string();
            text = text + "  and at " + &more + " more places\n";
        }
        let entry = self.entry_of(finding);
        let standing = match entry {
            None => "it counts: it is not in the baseline".to_owned(),
            Some(entry) => format!("it passes: {}", said(entry)),
        };
        Ok(text + "  " + &standing + "\n")
    }

    fn ask(
        &mut self,
        finding: &Finding,
        desk: &mut dyn Desk,
        save: &dyn Fn(&Sheet) -> Result<(), Error>,
    ) -> Result<Next, Failure> {
        loop {
            desk.say("[y] may pass  [n] counts  [v] show the value  [s] skip  [q] quit: ")?;
            let key = desk.key()?;
            desk.say(&format!(
                "{}\n",
                key.filter(|key| !key.is_control()).unwrap_or(' ')
            ))?;
            match key {
                Some('y') => {
                    let Some(entry) = self.entry(finding, desk)? else {
                        continue;
                    };
                    self.sheet.put(entry);
                    save(&self.sheet)?;
                    self.tally.passed += 1;
                    return Ok(Next::Go);
                }
                Some('n') => {
                    let known = self.entry_of(finding).map(|entry| entry.fingerprint);
                    if let Some(known) = known {
                        self.sheet.remove(&known);
                        save(&self.sheet)?;
                    }
                    self.tally.counted += 1;
                    return Ok(Next::Go);
                }
                Some('v') if finding.secret.is_empty() => {
                    desk.say("  it is about the file as a whole; there is no value\n")?;
                }
                Some('v') => desk.reveal(&finding.secret)?,
                Some('s') => return Ok(Next::Go),
                Some('q') | None => return Ok(Next::Stop),
                Some(_) => {}
            }
        }
    }

    /// The entry that somebody describes; none if they give no reason.
    fn entry(
        &mut self,
        finding: &Finding,
        desk: &mut dyn Desk,
    ) -> Result<Option<Accepted>, Failure> {
        let Some(reason) = self.text("  why may it pass? ", desk)? else {
            return Ok(None);
        };
        let owner = match &self.owner {
            Some(owner) => format!("  who answers for it? (empty: {}) ", escape(owner)),
            None => "  who answers for it? (empty: nobody) ".to_owned(),
        };
        if let Some(owner) = self.text(&owner, desk)? {
            self.owner = Some(owner);
        }
        let expires = loop {
            let answer =
                desk.line("  the last day on which it may pass? (YYYY-MM-DD; empty: none) ")?;
            match answer.as_deref() {
                None | Some("") => break None,
                Some(answer) => match day(answer) {
                    Ok(day) if day < today() => {
                        desk.say("  that day is over; the entry would let nothing pass\n")?;
                    }
                    Ok(day) => break Some(day),
                    Err(problem) => desk.say(&format!("  {problem}\n"))?,
                },
            }
        };
        Ok(Some(Accepted {
            fingerprint: finding.fingerprint_by(&self.key),
            rule: finding.rule.to_string(),
            reason: Some(reason),
            owner: self.owner.clone(),
            expires,
        }))
    }

    /// A text that may stand in an entry; none if nothing is said.
    fn text(&self, question: &str, desk: &mut dyn Desk) -> Result<Option<String>, Failure> {
        loop {
            let answer = desk.line(question)?;
            let Some(answer) = answer.filter(|answer| !answer.is_empty()) else {
                return Ok(None);
            };
            let checked = text(&answer).and_then(|text| {
                let checked = self.found.check(Some(&text));
                checked.map(|()| text).map_err(|error| error.to_string())
            });
            match checked {
                Ok(text) => return Ok(Some(text)),
                Err(problem) => desk.say(&format!("  {problem}\n"))?,
            }
        }
    }
}

#[cfg(test)]
mod tests;
