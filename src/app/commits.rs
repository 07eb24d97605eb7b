//! `hook run pre-push` and `hook run pre-receive`: what git says is about to go, and whether it may.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::cli::{PushArgs, ReceiveArgs};
use crate::config::ScanOptions;
use crate::error::{EXIT_CLEAN, Error, exit_status};
use crate::git::{self, Refs, Store};
use crate::model::{ObjectId, Outcome, Report, display_path};
use crate::range::{self, Tip};
use crate::report::{Stopped, Verbosity, render_rejection};

use super::gate::{blocked, is_skipped, repository};
use super::handed::{self, Update};
use super::scan::Job;
use super::{Failure, Streams, policy};

/// Scans what a push from here would bring to the remote.
pub(super) fn pre_push(args: PushArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    if is_skipped("pre-push", streams)? {
        return Ok(EXIT_CLEAN);
    }
    push(args, streams).map_err(|failure| blocked("push", failure))
}

fn push(args: PushArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let started = Instant::now();
    let store = repository()?;
    let mut remote = args.remote.to_string_lossy().into_owned();
    let options = args.scan.into_options(store.root.clone())?;
    let mut updates = handed::pushed(&store)?;
    let refs = Refs::current(&store);
    if updates.is_empty()
        && let Some(push) = handed::by_framework(&store, &refs)?
    {
        remote = push.remote;
        updates = vec![push.update];
    }
    if updates.is_empty() {
        // git says nothing where all is up to date, but so does a hook manager that keeps what git says to itself
        if options.verbosity > Verbosity::Quiet {
            writeln!(
                streams.err,
                "waxseal: pre-push: standard input names no ref, so nothing was checked"
            )?;
        }
        return Ok(EXIT_CLEAN);
    }
    if updates.iter().all(|update| update.new.is_none()) {
        return Ok(EXIT_CLEAN);
    }
    let tracking = git::tracking(&store, &refs, &remote);
    let is_unknown = tracking.is_empty();
    let (options, policy) = policy::resolve_in(&store, options)?;
    let job = Job::new(policy, &options, started)?;
    let there = updates.iter().filter_map(|update| update.old);
    let known = tracking.into_iter().chain(there);
    let mut found = scan(&store, &job, &options, &refs, &updates, known)?;
    if options.verbosity > Verbosity::Quiet {
        let remote = shown(&remote);
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
        job.advise(&found.report, Stopped::Push, &store, streams)?;
    }
    Ok(exit_status(outcome))
}

/// Scans what was pushed here before it is let in.
pub(super) fn pre_receive(args: ReceiveArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let started = Instant::now();
    let store = repository()?;
    // what was pushed must have no say in how it is judged
    let options = args.into_options()?;
    let updates = handed::received(&store)?;
    if updates.iter().all(|update| update.new.is_none()) {
        return Ok(EXIT_CLEAN);
    }
    let refs = Refs::current(&store);
    let known = refs.refs.iter();
    let known = known.filter(|(name, _)| name.starts_with("refs/"));
    // what the refs held before is not taken from standard input: the pusher says it, and git has not compared it yet
    let known = known.map(|(_, id)| *id);
    let (options, policy) = policy::received(&store, options)?;
    let mut job = Job::new(policy, &options, started)?;
    if options.policy.from.is_none() {
        // whoever runs the server wrote it, and no push can mend it
        job.standing.clear();
    }
    let mut found = scan(&store, &job, &options, &refs, &updates, known)?;
    let outcome = job.settle(&mut found.report, streams)?;
    job.with_meta(|meta| render_rejection(&found.report, meta, &mut *streams.err))?;
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
        threads: options.threads(),
        added_only: true,
        head: refs.head,
        most: options.max_blob_size,
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

/// A remote as it may be shown: a URL may hold a password.
fn shown(remote: &str) -> String {
    let remote = display_path(remote.as_bytes());
    if remote.is_empty() {
        return "a remote".to_owned();
    }
    let Some((scheme, rest)) = remote.split_once("://") else {
        return remote;
    };
    let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = place.rsplit('@').next().unwrap_or(place);
    format!("{scheme}://{host}{path}")
}

fn counted(count: u64, one: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {one}{end}")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_remote_is_shown_without_its_password() {
        for (remote, text) in [
            ("origin", "origin"),
            ("", "a remote"),
            ("../a b", "../a b"),
            ("git@example.com:a/b", "git@example.com:a/b"),
            ("https://example.com/a@b", "https://example.com/a@b"),
            ("https://me:pass@example.com/a", "https://example.com/a"),
            ("https://me:p@ss@example.com", "https://example.com"),
            ("a\x1b[m", "a\\x1b[m"),
        ] {
            assert_eq!(shown(remote), text);
        }
    }
}
