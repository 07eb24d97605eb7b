//! One function a subcommand: wires source, scan and report together. The only place where they meet.

mod collect;
mod doctor;
mod history;
mod hook;
mod install;
mod outputs;
mod progress;
mod rules;
pub mod samples;
mod scan;
mod staged;

use std::io::{self, Write};

use crate::cli::{Cli, Command};
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
        Command::Scan(args) => Ok(exit_status(scan::run(&args.into_options()?, streams)?)),
        Command::Hook(command) => hook::run(command, streams),
        Command::Rules(command) => rules::run(command, streams).map(|()| EXIT_CLEAN),
    }
}

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It can't be done.
    #[error(transparent)]
    Run(#[from] Error),
    /// A hook can't do what it is there for, so that it stands in the way.
    #[error(
        "cannot scan {what}, so it is refused (WAXSEAL_SKIP=reason {command} … goes on all the same)"
    )]
    Hook {
        /// What was to be scanned.
        what: &'static str,
        /// What git was asked for.
        command: &'static str,
        /// What is in the way.
        source: Error,
    },
    /// Standard output or error can't be written to. A closed pipe is told apart by its kind.
    #[error("cannot write the output")]
    Output(#[from] io::Error),
}
