//! Baselines: the file with what is let pass, what it does to a report, and the commands that change it.
//!
//! Every command reads all of the file, changes it and writes all of it, sorted, whole or not at all.

mod apply;
mod audit;
mod desk;
mod file;
mod kin;
mod site;

use apply::fits_nothing;

use crate::baseline::{Covers, Sheet, resolve};
use crate::cli::{
    AddArgs, BaselineCommand, CreateArgs, EntryArgs, Look, Past, PruneArgs, RemoveArgs, SourceArgs,
    fingerprint,
};
use crate::error::{EXIT_CLEAN, EXIT_FAILED, Error};
use crate::model::{Accepted, Day, Finding, Fingerprint, FingerprintKey};
use crate::rules::BUILTIN;
use crate::scan::{Options, Scanner};

use super::{Failure, Streams};

pub(super) use apply::today;
pub(super) use file::{KEY_VARIABLE, Standing};
use kin::Kin;
pub(super) use site::{Found, Site, ambiguous, key_of};

/// Runs a subcommand of `baseline`, and gives the exit status.
pub(super) fn run(command: BaselineCommand, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    match command {
        BaselineCommand::Create(args) => create(args, streams),
        BaselineCommand::Add(args) => add(args, streams),
        BaselineCommand::Remove(args) => remove(args, streams),
        BaselineCommand::Prune(args) => prune(args, streams),
        BaselineCommand::Audit(args) => audit::run(args, streams),
    }
}

/// The built-in rules, ready to read a text that somebody wrote.
fn scanner() -> Scanner {
    Scanner::new(BUILTIN.iter().cloned(), Options::default())
}

/// What a baseline is about that is made or added to by a look at this.
fn covers(look: &Look) -> Covers {
    match look {
        Look::Tree | Look::Staged => Covers::Tree,
        Look::All(_) | Look::Part(_) => Covers::History,
    }
}

/// Fails where an entry would have had its time before it is written.
fn in_time(args: &EntryArgs) -> Result<(), Error> {
    match args.expires {
        Some(day) if day < today() => Err(Error::Usage(over(day))),
        _ => Ok(()),
    }
}

/// That `day` is no last day any more.
fn over(day: Day) -> String {
    format!(
        "--expires {day}: that day is over (today is {} in UTC), so the entry would let nothing pass",
        today()
    )
}

/// The entry that lets `finding` pass.
fn entry(finding: &Finding, key: &FingerprintKey, args: &EntryArgs) -> Accepted {
    Accepted {
        fingerprint: finding.fingerprint_by(key),
        rule: finding.rule.to_string(),
        reason: args.reason.clone(),
        owner: args.owner.clone(),
        expires: args.expires,
    }
}

fn entries(count: usize) -> String {
    let noun = if count == 1 { "entry" } else { "entries" };
    format!("{count} {noun}")
}

fn create(args: CreateArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    in_time(&args.entry)?;
    let look = args.place.look()?;
    let site = Site::here(args.place.scan)?;
    if file::exists(&site.path)? {
        return Err(Error::Usage(format!(
            "{} is there already; `waxseal baseline add --all` adds what it lacks. Removing it and making it anew changes all fingerprints",
            site.name
        ))
        .into());
    }
    let found = site.scan(&look, streams)?;
    for text in [&args.entry.reason, &args.entry.owner] {
        found.check(text.as_deref())?;
    }
    if !found.is_complete {
        return unread(streams);
    }
    let mut sheet = site.sheet(covers(&look))?;
    let key = site::key_of(&sheet, &site.standing);
    for finding in found.counting() {
        sheet.put(entry(finding, &key, &args.entry));
    }
    site.save(&sheet)?;
    let out = &mut *streams.out;
    writeln!(out, "{}: made with {}", site.name, entries(sheet.len()))?;
    if args.entry.reason.is_none() && !sheet.is_empty() {
        writeln!(
            out,
            "`waxseal baseline audit` goes through them and asks for the reasons"
        )?;
    }
    advise(&site, streams)?;
    Ok(EXIT_CLEAN)
}

/// Says what git needs to know to merge the file, unless it knows.
pub(super) fn advise(site: &Site, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let name = site.path.file_name().unwrap_or_default().to_string_lossy();
    let line = format!("{name} merge=union");
    let attributes = site.path.with_file_name(".gitattributes");
    let known = std::fs::read_to_string(&attributes).is_ok_and(|text| {
        text.lines()
            .any(|line| line.contains(&*name) && line.contains("merge=union"))
    });
    if !known {
        writeln!(
            streams.out,
            "commit it, and a line `{line}` in .gitattributes, so that two branches that add entries merge by themselves"
        )?;
    }
    Ok(())
}

/// The end of a command that needs to see everything and did not.
fn unread(streams: &mut Streams<'_>) -> Result<u8, Failure> {
    writeln!(streams.err, "waxseal: the baseline was not written")?;
    Ok(EXIT_FAILED)
}

fn add(args: AddArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    if args.entry.reason.is_none() {
        let problem = "why may it pass? Say it with --reason TEXT";
        return Err(Error::Usage(problem.to_owned()).into());
    }
    in_time(&args.entry)?;
    for digits in &args.fingerprints {
        fingerprint(digits)?;
    }
    let look = args.place.look()?;
    let site = Site::here(args.place.scan)?;
    let is_new = site.standing.baseline.is_none();
    let found = site.scan(&look, streams)?;
    for text in [&args.entry.reason, &args.entry.owner] {
        found.check(text.as_deref())?;
    }
    let mut sheet = site.sheet(covers(&look))?;
    let key = site::key_of(&sheet, &site.standing);
    let kin = found.kin(&key);
    let mut chosen = Vec::new();
    if args.all {
        if !found.is_complete {
            return unread(streams);
        }
        let is_absent = |finding: &&Finding| entry_of(&sheet, &kin, finding).is_none();
        chosen.extend(found.counting().filter(is_absent));
    }
    for digits in &args.fingerprints {
        let there = found.resolve(digits)?;
        let places = there.and_then(|there| found.findings.get(&there));
        let Some(finding) = places.and_then(|places| places.first()) else {
            return Err(Error::Usage(format!(
                "no finding has the fingerprint {digits} {}",
                nowhere(&look)
            ))
            .into());
        };
        chosen.push(finding);
    }
    let mut told = Vec::new();
    for finding in chosen {
        let mut entry = entry(finding, &key, &args.entry);
        let verb = match sheet.get(&entry.fingerprint) {
            Some(before) => {
                // what is not said anew stays: an entry with a last day must not lose it unawares
                entry.owner = entry.owner.or_else(|| before.owner.clone());
                entry.expires = entry.expires.or(before.expires);
                "changed"
            }
            None => "added",
        };
        told.push(format!("{verb} {}  {}", entry.fingerprint, entry.rule));
        sheet.put(entry);
    }
    if told.is_empty() {
        writeln!(streams.out, "{}: nothing to add", site.name)?;
        return Ok(EXIT_CLEAN);
    }
    site.save(&sheet)?;
    for line in told {
        writeln!(streams.out, "{line}")?;
    }
    if is_new {
        writeln!(
            streams.out,
            "{}: made, with a key of its own, so that all fingerprints are others than before",
            site.name
        )?;
        advise(&site, streams)?;
    }
    Ok(EXIT_CLEAN)
}

/// Where nothing was found that was asked for, as the end of a sentence.
pub(super) fn nowhere(look: &Look) -> &'static str {
    match look {
        Look::Tree => "in the work tree; --history looks at all that was ever committed",
        Look::Staged => "in what is staged",
        Look::All(_) => "neither in the work tree nor in the history",
        Look::Part(_) => "in that part of the history",
    }
}

/// The entry of `sheet` that lets `finding` pass.
pub(super) fn entry_of<'s>(
    sheet: &'s Sheet,
    kin: &Kin<'_>,
    finding: &Finding,
) -> Option<&'s Accepted> {
    kin.names(finding)
        .find_map(|(rule, name)| sheet.get(&name).filter(|entry| entry.rule == rule))
}

fn remove(args: RemoveArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let site = Site::here(SourceArgs::of(args.baseline))?;
    let mut sheet = site.present()?;
    let mut gone = Vec::new();
    for digits in &args.fingerprints {
        let digits = &*fingerprint(digits)?;
        let known = sheet.entries().map(|entry| entry.fingerprint);
        let meant = resolve(digits, known).map_err(|error| {
            let rule = |it: &Fingerprint| sheet.get(it).map_or("", |it| &it.rule).to_owned();
            site::ambiguous(digits, &error, rule)
        })?;
        let Some(entry) = meant.and_then(|meant| sheet.remove(&meant)) else {
            return Err(
                Error::Usage(format!("{}: no entry begins with {digits}", site.name)).into(),
            );
        };
        gone.push(entry);
    }
    site.save(&sheet)?;
    tell("removed", &gone, streams)?;
    Ok(EXIT_CLEAN)
}

fn prune(args: PruneArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let mut site = Site::here(args.scan)?;
    let mut sheet = site.present()?;
    site.widen(&sheet.header);
    let look = match sheet.header.covers {
        Covers::Tree => Look::Tree,
        Covers::History => Look::All(Past::default()),
    };
    let found = site.scan(&look, streams)?;
    let sees_all = found.covers == Some(sheet.header.covers);
    if !sees_all || !sheet.header.also.is_within(found.also) {
        writeln!(
            streams.err,
            "waxseal: not everything that the baseline is about is here (a file that can't be read, a shallow or partial clone, a sparse \
             checkout), so no entry is known to be of no use"
        )?;
        return unread(streams);
    }
    let names = found.names(&site.standing.key);
    let is_of_no_use =
        |entry: &&Accepted| !names.contains(&entry.fingerprint) && found.looked_for(&entry.rule);
    let gone: Vec<Accepted> = sheet.entries().filter(is_of_no_use).cloned().collect();
    let is_named = |finding: &Finding| gone.iter().any(|entry| entry.rule == finding.rule);
    if fits_nothing(sheet.len() as u64, gone.len()) && found.counting().any(is_named) {
        writeln!(
            streams.err,
            "waxseal: {}: not one of its {} names anything that is here, though there are findings of the same rules. If its first line was \
             changed, take that of an earlier version; if all of these secrets were replaced, `waxseal baseline remove` takes the entries out",
            site.name,
            entries(sheet.len())
        )?;
        return unread(streams);
    }
    let kept = sheet
        .entries()
        .filter(|entry| !found.looked_for(&entry.rule));
    let kept = kept.count();
    for entry in &gone {
        sheet.remove(&entry.fingerprint);
    }
    if gone.is_empty() {
        writeln!(streams.out, "{}: nothing to remove", site.name)?;
    } else if args.dry_run {
        tell("would remove", &gone, streams)?;
    } else {
        site.save(&sheet)?;
        tell("removed", &gone, streams)?;
    }
    if kept > 0 {
        writeln!(
            streams.out,
            "{} of rules that were not looked for stay",
            entries(kept)
        )?;
    }
    Ok(EXIT_CLEAN)
}

fn tell(verb: &str, gone: &[Accepted], streams: &mut Streams<'_>) -> Result<(), Failure> {
    for entry in gone {
        let rule = crate::report::escape(&entry.rule);
        writeln!(streams.out, "{verb} {}  {rule}", entry.fingerprint)?;
    }
    Ok(())
}
