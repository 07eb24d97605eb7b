//! One function a subcommand: wires source, scan and report together. The only place where they meet.

mod again;
#[cfg(feature = "verify")]
mod asker;
#[cfg(not(feature = "verify"))]
#[path = "asker_absent.rs"]
mod asker;
mod baseline;
mod ci;
mod collect;
mod commits;
mod config;
mod doctor;
mod dotenv;
mod explain;
mod gate;
mod handed;
mod history;
mod hook;
mod import;
mod install;
pub mod interrupt;
mod message;
mod outputs;
mod policy;
mod progress;
mod revoke;
mod rules;
pub mod samples;
mod scan;
mod staged;
mod verify;

use std::io::{self, Write};

use crate::cli::{Cli, Command, DotenvCommand};
use crate::error::{EXIT_CLEAN, Error, exit_status};

/// Where a run writes to, and what may be assumed of it.
pub struct Streams<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// Whether each of them may be coloured when the choice is left to us.
    pub color: (bool, bool),
}

/// Runs what the command line asks for, and gives the exit status.
pub fn run(cli: Cli, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    match cli.command {
        Command::Scan(args) => Ok(exit_status(scan::run(args.into_options()?, streams)?)),
        Command::Hook(command) => hook::run(command, streams),
        Command::Ci(args) => {
            let (options, ci) = args.into_options()?;
            Ok(exit_status(ci::run(options, &ci, streams)?))
        }
        Command::Import(args) => import::run(*args, streams),
        Command::Verify(args) => {
            let (options, task) = args.into_options()?;
            Ok(exit_status(verify::run(options, &task, streams)?))
        }
        Command::Revoke(args) => {
            let (options, revoke) = args.into_options()?;
            revoke::run(options, &revoke, streams)
        }
        Command::Baseline(command) => baseline::run(*command, streams),
        Command::Explain(args) => explain::run(*args, streams).map(|()| EXIT_CLEAN),
        Command::Dotenv(DotenvCommand::Fix(args)) => dotenv::fix(&args, streams),
        Command::Config(command) => config::run(command, streams),
        Command::Rules(command) => rules::run(command, streams).map(|()| EXIT_CLEAN),
    }
}

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It can't be done.
    #[error(transparent)]
    Run(#[from] Error),
    /// A hook can't do its work, so that what git was about to do must not be done.
    #[error(
        "{action} blocked, as it can't be checked (to go on all the same: WAXSEAL_SKIP=reason git {action})"
    )]
    Blocked {
        /// What git was about to do: its own word.
        action: &'static str,
        /// What is wrong.
        source: Box<Error>,
    },
    /// Standard output or error can't be written to. A closed pipe is told apart by its kind.
    #[error("cannot write the output")]
    Output(#[from] io::Error),
}
