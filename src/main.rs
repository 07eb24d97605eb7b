//! The waxseal program: parses the command line, runs it, says what failed, and maps the outcome to an exit status.

use std::io::{self, IsTerminal as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anstream::AutoStream;
use clap::Parser as _;
use waxseal::app::{self, Failure, Streams};
use waxseal::cli::Cli;
use waxseal::error::EXIT_FAILED;

fn main() -> ExitCode {
    install_interrupt_handler();
    // a panic's own message may quote scanned text; where it happened is all that may be said
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let _ = writeln!(
            io::stderr(),
            "waxseal: internal error{place}; please report it, and do not take this result for clean"
        );
    }));
    let (mut out, mut err) = (io::stdout().lock(), io::stderr());
    let color = |stream: bool, choice| stream && choice != anstream::ColorChoice::Never;
    let color = (
        color(out.is_terminal(), AutoStream::choice(&out)),
        color(err.is_terminal(), AutoStream::choice(&err)),
    );
    let cli = Cli::parse();
    // what panics outside the scan of one file was said by the hook; left is the status, which must not be Rust's own
    let run = catch_unwind(AssertUnwindSafe(|| {
        app::run(
            cli,
            &mut Streams {
                out: &mut out,
                err: &mut err,
                color,
            },
        )
    }));
    let Ok(run) = run else {
        return ExitCode::from(EXIT_FAILED);
    };
    match run {
        Ok(status) => ExitCode::from(status),
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::from(EXIT_FAILED)
        }
        Err(failure) => {
            let _ = writeln!(err, "waxseal: {:#}", anyhow::Error::from(failure));
            ExitCode::from(EXIT_FAILED)
        }
    }
}

/// Ctrl-C and termination end the program at once: whatever was not scanned was not scanned, so the status is "incomplete". While
/// providers are asked, the first one only ends that: what is known by then is told.
fn install_interrupt_handler() {
    let handler = || {
        if app::interrupt::stops_by_itself() {
            let _ = writeln!(
                io::stderr(),
                "waxseal: stopping: what was not answered by now stays unknown; interrupt again to end without a report"
            );
            return;
        }
        let _ = writeln!(
            io::stderr(),
            "waxseal: interrupted before the end; this result is not complete and not clean"
        );
        #[expect(
            clippy::exit,
            reason = "the threads that scan can't be asked to stop between two instructions"
        )]
        std::process::exit(i32::from(EXIT_FAILED));
    };
    // without a handler Ctrl-C still ends the program, only with another status
    let _ = ctrlc::set_handler(handler);
}
