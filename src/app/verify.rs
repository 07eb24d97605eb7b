//! `verify`, and what `--verify` does in every command that scans: the findings of a report through the providers.

use std::io::{self, Read as _};
use std::path::Path;
use std::time::Instant;

use indicatif::ProgressBar;

use crate::config::{ScanOptions, VerifyOptions, VerifyTask};
use crate::error::Error;
use crate::model::{Outcome, Report, display_path};
use crate::regular::{self, Links};
use crate::report::{Verbosity, escape, listed};

use super::asker::{Asker, Progress};
use super::progress::{self, Drawn};
use super::scan::Job;
use super::{Failure, Streams, again, interrupt, policy};

/// Largest report that is read: some 200,000 findings. Bytes.
const LONGEST: u64 = 256 << 20;

/// What is told before anything leaves the machine.
const NOTICE: &str = "each credential is sent to its own provider and to nobody else, which leaves traces there; ask only about what is \
     yours to ask about (docs/verify.md)";

/// What is told with the list of all hosts.
const NO_OTHERS: &str = "nothing else is contacted: redirects are not followed, and a host in a scanned file counts only if it is one of these; \
     questions change nothing, and DELETE is for revoke --yes alone";

/// Runs `verify`, and gives the outcome.
pub(super) fn run(
    options: ScanOptions,
    task: &VerifyTask,
    streams: &mut Streams<'_>,
) -> Result<Outcome, Failure> {
    let (options, policy, baseline) = policy::resolve(options)?;
    let options = &options;
    match task {
        VerifyTask::ListEndpoints => {
            let job = Job::new(policy, baseline, options, Instant::now())?;
            endpoints(&job, options.verbosity, streams)?;
            Ok(Outcome::Clean)
        }
        VerifyTask::Report(file) => {
            let (name, text) = read(file)?;
            let listed = listed(&text).map_err(|error| Error::Config {
                file: name,
                problem: error.to_string(),
            })?;
            let ids: Vec<&str> = listed.iter().map(|it| it.rule.as_str()).collect();
            let mut job = Job::with_rules(policy, baseline, options, &ids)?;
            // it is about what is listed
            job.standing.clear();
            let mut report = again::find(listed, options, &job);
            job.finish(&mut report, streams)
        }
    }
}

/// A report file with its name; `-` is standard input.
pub(super) fn read(file: &Path) -> Result<(String, String), Error> {
    let is_stdin = file.as_os_str() == "-";
    let name = if is_stdin {
        "standard input".to_owned()
    } else {
        display_path(file.as_os_str().as_encoded_bytes())
    };
    let bytes = if is_stdin {
        let mut bytes = Vec::new();
        let mut input = io::stdin().lock().take(LONGEST + 1);
        input.read_to_end(&mut bytes).map(|_| bytes)
    } else {
        regular::read(file, Links::Follow, LONGEST)
    };
    let text = bytes.and_then(|bytes| {
        if bytes.len() as u64 > LONGEST {
            return Err(io::Error::other("it is too long"));
        }
        utf8(bytes).map_err(io::Error::other)
    });
    match text {
        Ok(text) => Ok((name, text)),
        Err(source) => Err(Error::Io { path: name, source }),
    }
}

/// The text of a report. What a shell puts before it is taken off.
fn utf8(bytes: Vec<u8>) -> Result<String, &'static str> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(
            "it is UTF-16, which the `>` of PowerShell writes; let waxseal write it: --format json=FILE",
        );
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is no text in UTF-8")?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Lists every host that could be contacted, and where that lies by what the operator says.
fn endpoints(job: &Job<'_>, verbosity: Verbosity, streams: &mut Streams<'_>) -> io::Result<()> {
    let places = job.asker().map_or_else(Vec::new, Asker::places);
    let names = places.iter().map(|(name, ..)| name.len()).max();
    let widest = places.iter().map(|(_, place, _)| place.len()).max();
    let (names, widest) = (names.unwrap_or(0), widest.unwrap_or(0));
    for (name, place, purpose) in &places {
        let [name, place, purpose] = [name, place, purpose].map(|text| escape(text));
        writeln!(streams.out, "{name:names$}  {place:widest$}  {purpose}")?;
    }
    let changes = job.asker().map_or(&[][..], Asker::changes);
    if !changes.is_empty() {
        let changes = escape(&changes.join("; "));
        writeln!(
            streams.err,
            "waxseal: not the usual way to the providers: {changes}"
        )?;
    }
    if verbosity > Verbosity::Quiet {
        writeln!(streams.err, "waxseal: {NO_OTHERS}")?;
    }
    Ok(())
}

impl Drawn for Progress {
    const TEMPLATE: &'static str =
        "waxseal: asking {wide_bar} {human_pos} of {human_len} credentials";

    fn draw(&self, bar: &ProgressBar) {
        let (done, all) = self.so_far();
        bar.set_length(all);
        bar.set_position(done);
    }
}

/// Asks about the findings of `report`, and leaves those that are to be shown.
pub(super) fn ask(
    report: &mut Report,
    how: &VerifyOptions,
    asker: &Asker,
    verbosity: Verbosity,
    streams: &mut Streams<'_>,
) -> io::Result<()> {
    let wanted = verbosity > Verbosity::Quiet;
    if wanted && !how.dry_run && !report.findings.is_empty() {
        writeln!(streams.err, "waxseal: {NOTICE}")?;
    }
    let so_far = Progress::default();
    let verification = interrupt::stoppable(|stop| {
        progress::shown("", &so_far, wanted, || {
            asker.ask(&mut report.findings, &so_far, stop)
        })
    });
    report.verification = Some(Box::new(verification));
    report.keep_verdicts(&how.only);
    Ok(())
}
