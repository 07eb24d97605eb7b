//! `hook run commit-msg`: the message that will be committed.

use std::time::Instant;

use crate::cli::MessageArgs;
use crate::error::{EXIT_CLEAN, Error, exit_status};
use crate::git::Cleanup;
use crate::model::{
    Blob, GitState, Origin, Outcome, Part, Sink as _, Sinks as _, Store as Place, display_path,
};
use crate::regular::{self, Links};
use crate::report::Stopped;

use super::collect::Collector;
use super::gate::{blocked, is_skipped, repository};
use super::scan::Job;
use super::{Failure, Streams, policy};

/// Largest message. Bytes.
const LONGEST: u64 = 64 << 20;

/// Scans the message in a file, without what git will cut off.
pub(super) fn commit_msg(args: MessageArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    if is_skipped("commit-msg", streams)? {
        return Ok(EXIT_CLEAN);
    }
    check(args, streams).map_err(|failure| blocked("commit", failure))
}

fn check(args: MessageArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let started = Instant::now();
    let store = repository()?;
    let options = args.scan.into_options(store.root.clone())?;
    let path = args.file.as_os_str().as_encoded_bytes();
    let text = regular::read(&args.file, Links::Follow, LONGEST).map_err(|source| Error::Io {
        path: display_path(path),
        source,
    })?;
    let (options, policy) = policy::resolve_in(&store, options)?;
    let mut job = Job::new(policy, &options, started)?;
    // what is said of the policy is said when the commit itself is checked
    job.standing.clear();
    let collector = Collector::new(&job.scanner);
    let message = blanked(&text, &Cleanup::of_store(&store));
    collector.sink().blob(&Blob {
        // what the file is called says nothing of what a message is
        origin: Origin::new(path, Place::File(GitState::Outside)).within(b""),
        bytes: &message,
        part: Part::whole(message.len()),
    });
    let mut report = collector.into_report();
    if job.settle(&mut report, streams)? == Outcome::Clean {
        return Ok(EXIT_CLEAN);
    }
    let outcome = job.finish(&mut report, streams)?;
    job.advise(&report, Stopped::Message(path), &store, streams)?;
    Ok(exit_status(outcome))
}

/// The message in `text` with nothing but the ends of the other lines, so that lines have the numbers that they have in the file.
fn blanked(text: &[u8], cleanup: &Cleanup) -> Vec<u8> {
    let mut message = Vec::with_capacity(text.len());
    let mut at = 0;
    for kept in cleanup.kept(text) {
        let ends = memchr::memchr_iter(b'\n', &text[at..kept.start]).count();
        message.resize(message.len() + ends, b'\n');
        message.extend_from_slice(&text[kept.clone()]);
        at = kept.end;
    }
    message
}
