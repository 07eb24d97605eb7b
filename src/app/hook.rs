//! `hook`: which of its subcommands does what, and `hook run pre-commit`.

use std::time::Instant;

use crate::cli::{HookCommand, PreCommitArgs, RunCommand};
use crate::error::{EXIT_CLEAN, exit_status};
use crate::git;
use crate::model::Outcome;
use crate::report::Stopped;

use super::gate::{blocked, is_skipped, repository};
use super::scan::Job;
use super::{Failure, Streams, commits, doctor, install, message, policy, staged};

/// Runs a subcommand of `hook`, and gives the exit status.
pub(super) fn run(command: HookCommand, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    match command {
        HookCommand::Install(args) => install::install(&args, streams),
        HookCommand::Uninstall(args) => install::uninstall(&args, streams),
        HookCommand::Doctor(args) => doctor::run(&args, streams),
        HookCommand::Run(run) => match *run {
            RunCommand::PreCommit(args) => pre_commit(*args, streams),
            RunCommand::CommitMsg(args) => message::commit_msg(*args, streams),
            RunCommand::PrePush(args) => commits::pre_push(*args, streams),
            RunCommand::PreReceive(args) => commits::pre_receive(args, streams),
        },
    }
}

/// Scans what is about to be committed.
fn pre_commit(args: PreCommitArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    if is_skipped("pre-commit", streams)? {
        return Ok(EXIT_CLEAN);
    }
    check(args, streams)
        .map(exit_status)
        .map_err(|failure| blocked("commit", failure))
}

fn check(args: PreCommitArgs, streams: &mut Streams<'_>) -> Result<Outcome, Failure> {
    let how = args.how();
    let started = Instant::now();
    let options = args.into_options()?;
    let store = repository()?;
    let (options, policy) = policy::resolve_in(&store, options)?;
    let job = Job::new(policy, &options, started)?;
    let mut report = staged::read(&store, &options, how, &job.scanner)?;
    let outcome = job.finish(&mut report, streams)?;
    if outcome != Outcome::Clean {
        let first = matches!(git::head(&store), Ok(None));
        let stopped = Stopped::Commit { first };
        job.advise(&report, stopped, &store, streams)?;
    }
    Ok(outcome)
}
