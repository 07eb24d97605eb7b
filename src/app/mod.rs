//! One function a subcommand: wires source, scan and report together. The only place where they meet.

mod collect;
mod doctor;
mod history;
mod install;
mod outputs;
mod progress;
mod rules;
pub mod samples;
mod scan;

use std::io::{self, Write};

use crate::cli::{Cli, Command, HookCommand};
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
        Command::Hook(command) => match command {
            HookCommand::Install(args) => install::install(&args, streams),
            HookCommand::Uninstall(args) => install::uninstall(&args, streams),
            HookCommand::Doctor(args) => doctor::run(&args, streams),
        },
        Command::Rules(command) => rules::run(command, streams).map(|()| EXIT_CLEAN),
    }
}

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It can't be done.
    #[error(transparent)]
    Run(#[from] Error),
    /// Standard output or error can't be written to. A closed pipe is told apart by its kind.
    #[error("cannot write the output")]
    Output(#[from] io::Error),
}
