//! `hook run pre-push` and `hook run pre-receive`: what git says is about to go, and whether it may.

use std::collections::BTreeSet;
use std::io::{self, Read as _};

use crate::cli::{PushArgs, ReceiveArgs};
use crate::config::ScanOptions;
use crate::error::{EXIT_CLEAN, Error, exit_status};
use crate::git::{self, Refs, Store};
use crate::model::{ObjectId, Outcome, Report};
use crate::range::{self, Tip};
use crate::report::{Stopped, Verbosity, render_rejection};

use super::gate::{blocked, is_below, is_skipped, repository};
use super::scan::Job;
use super::{Failure, Streams};

/// Most bytes that are read of what git says. A line for each ref; a repository with a million refs says less.
const LONGEST: u64 = 256 << 20;

/// What a push does to one ref.
struct Update {
    /// What to call the new state.
    name: String,
    /// The new state; none where the ref is deleted.
    new: Option<ObjectId>,
    /// What the other side has there; none where that is nothing, or is not known.
    old: Option<ObjectId>,
}

/// Scans what a push from here would bring to the remote.
pub(super) fn pre_push(args: PushArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    if is_skipped("pre-push", streams)? {
        return Ok(EXIT_CLEAN);
    }
    push(args, streams).map_err(|failure| blocked("push", failure))
}

fn push(args: PushArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let store = repository()?;
    let remote = args.remote.to_string_lossy().into_owned();
    let options = args.scan.into_options(store.root.clone())?;
    let updates = updates("pre-push", &store, pushed)?;
    if updates.iter().all(|update| update.new.is_none()) {
        return Ok(EXIT_CLEAN);
    }
    let refs = Refs::current(&store);
    let tracking = git::tracking(&store, &refs, &remote);
    let is_unknown = tracking.is_empty();
    let job = Job::new(&options)?;
    let there = updates.iter().filter_map(|update| update.old);
    let known = tracking.into_iter().chain(there);
    let mut found = scan(&store, &job, &options, &refs, &updates, known)?;
    if options.verbosity > Verbosity::Quiet {
        let remote = crate::model::display_path(remote.as_bytes());
        let commits = counted(found.commits, "commit");
        let base = if is_unknown {
            "; no refs/remotes here tells what it has already, so all is taken for new but what these refs have there"
        } else {
            " that it is not known to have"
        };
        writeln!(
            streams.err,
            "waxseal: pre-push to {remote}: {commits}{base}"
        )?;
    }
    let outcome = job.finish(&mut found.report, streams)?;
    if outcome != Outcome::Clean {
        job.advise(&found.report, Stopped::Push, is_below(&store), streams)?;
    }
    Ok(exit_status(outcome))
}

/// Scans what was pushed here before it is let in.
pub(super) fn pre_receive(args: ReceiveArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let store = repository()?;
    // what was pushed must have no say in how it is judged
    let options = args.into_options()?;
    let updates = updates("pre-receive", &store, received)?;
    if updates.iter().all(|update| update.new.is_none()) {
        return Ok(EXIT_CLEAN);
    }
    let refs = Refs::current(&store);
    let known = refs.refs.iter();
    let known = known.filter(|(name, _)| name.starts_with("refs/"));
    // what the refs held before is not taken from standard input: the pusher says it, and git has not compared it yet
    let known = known.map(|(_, id)| *id);
    let job = Job::new(&options)?;
    let found = scan(&store, &job, &options, &refs, &updates, known)?;
    let outcome = job.outcome(&found.report);
    if outcome != Outcome::Clean {
        job.with_meta(|meta| render_rejection(&found.report, meta, &mut *streams.err))?;
    }
    Ok(exit_status(outcome))
}

/// What a scan gave.
struct Found {
    report: Report,
    commits: u64,
}

/// Scans what `updates` bring that is not in the history of what is `known`.
fn scan(
    store: &Store,
    job: &Job<'_>,
    options: &ScanOptions,
    refs: &Refs,
    updates: &[Update],
    known: impl Iterator<Item = ObjectId>,
) -> Result<Found, Error> {
    let tips: Vec<Tip> = updates
        .iter()
        .filter_map(|update| {
            Some(Tip {
                name: update.name.clone(),
                id: update.new?,
            })
        })
        .collect();
    let known: BTreeSet<ObjectId> = known.collect();
    let known: Vec<ObjectId> = known.into_iter().collect();
    let how = range::Options {
        threads: match options.jobs {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            jobs => jobs,
        },
        added_only: true,
        head: refs.head,
        ..range::Options::default()
    };
    let scanned = range::scan(store, &job.scanner, &tips, &known, &how)?;
    let mut report = Report {
        findings: scanned.findings,
        coverage: scanned.coverage,
        ..Report::default()
    };
    report.sort();
    Ok(Found {
        report,
        commits: scanned.commits,
    })
}

/// Reads what git says on standard input, a line for each ref.
fn updates(
    hook: &str,
    store: &Store,
    parse: impl Fn(&[u8], usize) -> Option<Update>,
) -> Result<Vec<Update>, Error> {
    let failed = |source| Error::Io {
        path: "standard input".to_owned(),
        source,
    };
    let mut text = Vec::new();
    let mut input = io::stdin().lock().take(LONGEST + 1);
    input.read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > LONGEST {
        return Err(failed(io::ErrorKind::FileTooLarge.into()));
    }
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let lines = (1..).zip(lines.map(|line| line.strip_suffix(b"\n").unwrap_or(line)));
    let read = |(number, line)| {
        parse(line, store.id_len()).ok_or_else(|| {
            Error::Usage(format!(
                "hook run {hook}: line {number} of standard input is not what git hands to this hook; let git run it"
            ))
        })
    };
    lines.map(read).collect()
}

/// `<local ref> <local id> <remote ref> <remote id>`. The first may be any revision, with spaces in it.
fn pushed(line: &[u8], id_len: usize) -> Option<Update> {
    let mut words = line.rsplitn(4, |byte| *byte == b' ');
    let old = id(words.next()?, id_len)?;
    let theirs = words.next().filter(|name| !name.is_empty())?;
    let new = id(words.next()?, id_len)?;
    let ours = words.next().filter(|name| !name.is_empty())?;
    let name = if ours.starts_with(b"refs/") {
        ours
    } else {
        theirs
    };
    Some(Update {
        name: String::from_utf8_lossy(name).into_owned(),
        new: Some(new).filter(|id| !id.is_null()),
        old: Some(old).filter(|id| !id.is_null()),
    })
}

/// `<old id> <new id> <ref>`.
fn received(line: &[u8], id_len: usize) -> Option<Update> {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    id(words.next()?, id_len)?;
    let new = id(words.next()?, id_len)?;
    let name = words.next().filter(|name| !name.is_empty())?;
    Some(Update {
        name: String::from_utf8_lossy(name).into_owned(),
        new: Some(new).filter(|id| !id.is_null()),
        old: None,
    })
}

fn id(text: &[u8], len: usize) -> Option<ObjectId> {
    ObjectId::from_hex(text).filter(|id| id.as_bytes().len() == len)
}

fn counted(count: u64, one: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {one}{end}")
}
