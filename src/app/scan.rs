//! `scan`: files, standard input or a history through the scanner into reports.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::config::{self, Color, Input, Policy, ScanOptions};
use crate::error::Error;
use crate::model::Outcome;
use crate::report::{Meta, render, render_summary};
use crate::rules::Rule;
use crate::scan::{OVERLAP, Options, Scanner};
use crate::source::{FileOptions, Windows, scan_paths, scan_stdin};

use super::collect::Collector;
use super::{Failure, Streams, history, outputs, staged};

/// Key of the fingerprints while a repository has none of its own. It is no secret: it only keeps our digests from being
/// the same as anybody else's.
const FINGERPRINT_KEY: &[u8] = b"waxseal fingerprint v1";

/// Scans, writes every report, and gives the outcome.
pub(super) fn run(options: &ScanOptions, streams: &mut Streams<'_>) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let Policy {
        rules,
        fail_on,
        settings,
    } = config::policy(options)?;
    let scanner = Scanner::new(
        rules,
        Options {
            no_binary: options.no_binary,
            fingerprint_key: FINGERPRINT_KEY.to_vec(),
        },
    );
    let files = || {
        options
            .outputs
            .iter()
            .filter_map(|output| output.file.as_ref().map(|path| (path, output.format)))
    };
    files().try_for_each(|(path, _)| outputs::probe(path))?;
    let mut report = match &options.input {
        Input::Paths(paths) => {
            let collector = Collector::new(&scanner);
            read(options, paths, &collector)?;
            collector.into_report()
        }
        Input::History(history) => history::read(options, history, &scanner)?,
        Input::Staged(how) => staged::read(options, *how, &scanner)?,
    };
    report.elapsed = started.elapsed();

    let rules: Vec<&Rule> = scanner.rules().collect();
    let meta = Meta {
        version: env!("CARGO_PKG_VERSION"),
        rules: &rules,
        fail_on,
        settings: settings.as_ref(),
        verbosity: options.verbosity,
        color: false,
        now: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs().cast_signed()),
    };
    let (color_out, color_err) = match options.color {
        Color::Always => (true, true),
        Color::Never => (false, false),
        Color::Auto => streams.color,
    };
    // files first: a closed pipe on standard output must not keep them from being written. One that can't be written must
    // not keep the findings from being shown either
    let mut written = Ok(());
    for (path, format) in files() {
        let outcome = outputs::write(path, |out| render(format, &report, &meta, out));
        written = written.and(outcome);
    }
    let for_stdout = options.outputs.iter().find(|output| output.file.is_none());
    let shown = for_stdout.map_or(Ok(()), |output| {
        let mut out = BufWriter::new(&mut *streams.out);
        render(
            output.format,
            &report,
            &Meta {
                color: color_out,
                ..meta
            },
            &mut out,
        )?;
        out.flush()
    });
    render_summary(
        &report,
        &Meta {
            color: color_err,
            ..meta
        },
        &mut *streams.err,
    )?;
    match shown {
        // the reader has seen enough
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        shown => shown?,
    }
    written?;
    Ok(report.outcome(fail_on))
}

/// Pushes everything that is to be scanned into `collector`.
fn read(options: &ScanOptions, paths: &[PathBuf], collector: &Collector<'_>) -> Result<(), Error> {
    let windows = Windows {
        reach: OVERLAP,
        ..Windows::default()
    };
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    if paths.iter().any(is_stdin) {
        if paths.len() > 1 {
            return Err(Error::Usage(
                "`-` reads standard input and can't be mixed with other paths".to_owned(),
            ));
        }
        scan_stdin(
            options.stdin_path.as_encoded_bytes(),
            std::io::stdin().lock(),
            windows,
            collector,
        );
        return Ok(());
    }
    let files = FileOptions {
        jobs: options.jobs,
        no_ignore: options.no_ignore,
        submodules: options.submodules,
        windows,
    };
    scan_paths(paths, &files, collector);
    Ok(())
}
