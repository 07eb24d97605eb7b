//! `hook run`: the scans that git starts itself, and what is said when they stand in the way.
//!
//! A hook fails closed: what can't be scanned is refused, and it is said how to go on knowingly.

use std::ffi::OsString;

use crate::cli::{HookCommand, HookRun};
use crate::config::ScanOptions;
use crate::error::{EXIT_CLEAN, Error, exit_status};
use crate::model::{Outcome, display_path};

use super::{Failure, Streams, doctor, install, scan};

/// Names the variable by which a hook is passed over, for a reason that is its value.
const SKIP: &str = "WAXSEAL_SKIP";

/// Runs a subcommand of `hook`, and gives the exit status.
pub(super) fn run(command: HookCommand, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    match command {
        HookCommand::Install(args) => install::install(&args, streams),
        HookCommand::Uninstall(args) => install::uninstall(&args, streams),
        HookCommand::Doctor(args) => doctor::run(&args, streams),
        HookCommand::Run(HookRun::PreCommit(args)) => {
            if is_skipped(streams)? {
                return Ok(EXIT_CLEAN);
            }
            let options = args.into_options();
            pre_commit(options, streams).map(exit_status)
        }
    }
}

/// Scans what is about to be committed.
fn pre_commit(
    options: Result<ScanOptions, Error>,
    streams: &mut Streams<'_>,
) -> Result<Outcome, Failure> {
    let outcome = options
        .map_err(Failure::from)
        .and_then(|options| scan::run(&options, streams));
    match outcome {
        Err(Failure::Run(error)) => Err(Failure::Hook {
            what: "what is to be committed",
            command: "git commit",
            source: error,
        }),
        Ok(outcome) => {
            blocked(outcome, streams)?;
            Ok(outcome)
        }
        failed => failed,
    }
}

/// Says what to do about a commit that is refused.
fn blocked(outcome: Outcome, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let why = match outcome {
        Outcome::Clean => return Ok(()),
        Outcome::Found => "take these secrets out of what is staged",
        Outcome::Failed => "not all that is staged could be scanned",
    };
    writeln!(
        streams.err,
        "waxseal: commit refused: {why}; {SKIP}=reason git commit … commits it all the same"
    )?;
    Ok(())
}

/// Whether the hook is to be passed over. Says so and why, so that it can be read in the output.
fn is_skipped(streams: &mut Streams<'_>) -> Result<bool, Failure> {
    let Some(reason) = std::env::var_os(SKIP) else {
        return Ok(false);
    };
    let reason: OsString = reason;
    let shown = display_path(reason.as_encoded_bytes());
    if shown.trim().is_empty() {
        let problem = format!(
            "{SKIP} is empty: it must say why the hook is passed over, as in {SKIP}=\"test data\""
        );
        return Err(Error::Usage(problem).into());
    }
    writeln!(
        streams.err,
        "waxseal: not scanned, {SKIP} says: {}",
        shown.trim()
    )?;
    Ok(true)
}
