//! `scan`: files, standard input or a history through the scanner into reports.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::config::{Color, Input, Policy, ScanOptions};
use crate::error::Error;
use crate::git::Store;
use crate::model::{Confidence, FailOn, Finding, Outcome, Report, Severity};
use crate::report::{
    Format, Here, Meta, Settings, Stopped, Verbosity, render, render_blocked, render_notes,
    render_summary,
};
use crate::rules::{POLICY_TOO_WIDE, Rule, notices};
use crate::scan::{OVERLAP, Options, Scanner};
use crate::source::{FileOptions, Windows, scan_paths, scan_stdin};

use super::asker::Asker;
use super::baseline::Standing;
use super::collect::Collector;
use super::{Failure, Streams, gate, history, outputs, policy, staged, verify};

/// Scans, writes every report, and gives the outcome.
pub(super) fn run(options: ScanOptions, streams: &mut Streams<'_>) -> Result<Outcome, Failure> {
    let started = Instant::now();
    if let Input::Staged(how) = options.input {
        let store = gate::repository()?;
        let (options, policy, baseline) = policy::resolve_in(&store, options)?;
        let job = Job::new(policy, baseline, &options, started)?;
        let mut report = staged::read(&store, &options, how, &job.scanner)?;
        return job.finish(&mut report, streams);
    }
    let (options, policy, baseline) = policy::resolve(options)?;
    let job = Job::new(policy, baseline, &options, started)?;
    let mut report = job.read()?;
    job.finish(&mut report, streams)
}

/// A scan that is ready to read: rules were chosen, and reports can be written.
pub(super) struct Job<'o> {
    options: &'o ScanOptions,
    started: Instant,
    fail_on: Severity,
    /// How sure a finding must be to be shown.
    pub(super) min_confidence: Confidence,
    settings: Option<Settings>,
    notes: Vec<String>,
    /// How bad a policy is that is too wide.
    wide_severity: Severity,
    /// Findings about the policy itself.
    pub(super) standing: Vec<Finding>,
    /// The key of the fingerprints, and the baseline.
    pub(super) baseline: Standing,
    /// Rules that nothing is scanned for, of findings that are made elsewhere.
    pub(super) notices: Vec<Rule>,
    /// The rules that were chosen.
    pub(super) scanner: Scanner,
    /// Who asks providers, if they are to be asked.
    asker: Option<Asker>,
}

impl<'o> Job<'o> {
    /// Prepares a run by `policy` and `baseline` that has `started` already, and fails where a report could not be written.
    pub(super) fn new(
        policy: Policy,
        baseline: Standing,
        options: &'o ScanOptions,
        started: Instant,
    ) -> Result<Self, Error> {
        let Policy {
            rules,
            fail_on,
            min_confidence,
            allowing,
            excludes,
            stop_words,
            wide,
            wide_is_off,
            wide_severity,
            settings,
            notes,
            ..
        } = policy;
        let notices = if wide.is_empty() && excludes.is_empty() {
            Vec::new()
        } else {
            notices()
                .into_iter()
                .filter(|it| it.id == POLICY_TOO_WIDE)
                .collect()
        };
        let notes = notes.into_iter().chain(baseline.note.clone()).collect();
        let scanner = Scanner::new(
            rules,
            Options {
                no_binary: options.no_binary,
                fingerprint_key: baseline.key.clone(),
                allowing,
                excludes,
                silent_excludes: wide_is_off,
                stop_words,
            },
        );
        // what can't be asked is known before minutes of scanning, not after
        let how = options.verify.as_deref();
        let asker = how.map(|how| Asker::new(how, &scanner)).transpose()?;
        let job = Self {
            options,
            started,
            fail_on,
            min_confidence,
            settings,
            notes,
            wide_severity,
            standing: policy::findings(&wide, &baseline.key),
            baseline,
            notices,
            scanner,
            asker,
        };
        outputs::probe(job.files().map(|(path, _)| path))?;
        Ok(job)
    }

    /// The same with rules that are not used otherwise, where they are among `ids`.
    pub(super) fn with_rules(
        policy: Policy,
        baseline: Standing,
        options: &'o ScanOptions,
        ids: &[&str],
    ) -> Result<Self, Error> {
        let mut policy = policy;
        for rule in std::mem::take(&mut policy.unused) {
            // what another rule requires is used already
            let is_used = policy.rules.iter().any(|known| known.id == rule.id);
            if ids.contains(&&*rule.id) && !is_used {
                policy.rules.push(rule);
            }
        }
        Self::new(policy, baseline, options, Instant::now())
    }

    /// Who asks providers, if they are to be asked.
    pub(super) fn asker(&self) -> Option<&Asker> {
        self.asker.as_ref()
    }

    fn files(&self) -> impl Iterator<Item = (&'o PathBuf, Format)> {
        let outputs = self.options.outputs.iter();
        outputs.filter_map(|output| output.file.as_ref().map(|path| (path, output.format)))
    }

    /// Hands what a renderer needs to `tell`, without colours.
    pub(super) fn with_meta<T>(&self, tell: impl FnOnce(&Meta<'_>) -> T) -> T {
        let rules: Vec<&Rule> = self.scanner.rules().chain(&self.notices).collect();
        tell(&Meta {
            version: env!("CARGO_PKG_VERSION"),
            rules: &rules,
            fail_on: self.fail_on(),
            settings: self.settings.as_ref(),
            verbosity: self.options.verbosity,
            color: false,
            now: now(),
        })
    }

    /// Reads what there is to be scanned. What is staged, and what a hook is handed, is read elsewhere.
    pub(super) fn read(&self) -> Result<Report, Error> {
        Ok(match &self.options.input {
            Input::Paths(paths) => {
                let collector = Collector::new(&self.scanner);
                read(self.options, paths, &collector)?;
                collector.into_report()
            }
            Input::History(history) => history::read(self.options, history, &self.scanner)?,
            Input::Staged(_) | Input::Handed { .. } => Report::default(),
        })
    }

    /// Adds what is to be said of the policy, takes out what the baseline lets pass, asks about the findings of `report` if that is
    /// wanted and was not done yet, takes out what is not to be shown, and gives what the rest means for the exit status.
    pub(super) fn settle(
        &self,
        report: &mut Report,
        streams: &mut Streams<'_>,
    ) -> io::Result<Outcome> {
        // it may have been asked before
        let is_new = |finding: &&Finding| {
            let same =
                |it: &Finding| it.rule == finding.rule && it.fingerprint == finding.fingerprint;
            !report.findings.iter().any(same)
        };
        let standing: Vec<Finding> = self.standing.iter().filter(is_new).cloned().collect();
        if !standing.is_empty() {
            report.findings.extend(standing);
            report.sort();
        }
        for finding in &mut report.findings {
            if finding.rule == POLICY_TOO_WIDE {
                finding.severity = finding.severity.max(self.wide_severity);
            }
        }
        self.accept(report);
        report.hide_below(self.min_confidence);
        if let (Some(how), Some(asker), None) =
            (&self.options.verify, &self.asker, &report.verification)
        {
            verify::ask(report, how, asker, self.options.verbosity, streams)?;
        }
        Ok(report.outcome(self.fail_on()))
    }

    /// What counts.
    fn fail_on(&self) -> FailOn {
        if self.options.fail_on_live {
            FailOn::Live
        } else {
            self.fail_on.into()
        }
    }

    /// Takes out of `report` what the baseline lets pass.
    fn accept(&self, report: &mut Report) {
        report.fail_on_unused = self.options.baseline.fail_on_unused;
        let rules: Vec<&Rule> = self.scanner.rules().collect();
        self.baseline.apply(report, self.options, &rules);
    }

    /// Writes every report, and gives the outcome.
    pub(super) fn finish(
        &self,
        report: &mut Report,
        streams: &mut Streams<'_>,
    ) -> Result<Outcome, Failure> {
        let outcome = self.settle(report, streams)?;
        report.elapsed = self.started.elapsed();
        self.with_meta(|meta| self.write(report, meta, streams))?;
        Ok(outcome)
    }

    /// Says what to do about `report`, which stopped something in the work tree of `store`.
    pub(super) fn advise(
        &self,
        report: &Report,
        stopped: Stopped<'_>,
        store: &Store,
        streams: &mut Streams<'_>,
    ) -> io::Result<()> {
        let rules = gate::ignore_rules(store);
        let is_ignored = |path: &[u8]| rules.as_ref().is_some_and(|rules| rules.name(path));
        let here = Here {
            below: gate::is_below(store),
            is_ignored: &is_ignored,
        };
        let (_, color) = self.colors(streams);
        self.with_meta(|meta| {
            let meta = Meta { color, ..*meta };
            render_blocked(report, &meta, stopped, here, &mut *streams.err)
        })
    }

    /// Whether standard output and standard error are coloured.
    pub(super) fn colors(&self, streams: &Streams<'_>) -> (bool, bool) {
        match self.options.color {
            Color::Always => (true, true),
            Color::Never => (false, false),
            Color::Auto => streams.color,
        }
    }

    fn write(
        &self,
        report: &Report,
        meta: &Meta<'_>,
        streams: &mut Streams<'_>,
    ) -> Result<(), Failure> {
        let (color_out, color_err) = self.colors(streams);
        // files first: a closed pipe on standard output must not keep them from being written. One that can't be written must
        // not keep the findings from being shown either
        let mut written = Ok(());
        for (path, format) in self.files() {
            let outcome = outputs::write(path, |out| render(format, report, meta, out));
            written = written.and(outcome);
        }
        let mut outputs = self.options.outputs.iter();
        let for_stdout = outputs.find(|output| output.file.is_none());
        let shown = for_stdout.map_or(Ok(()), |output| {
            let mut out = BufWriter::new(&mut *streams.out);
            render(
                output.format,
                report,
                &Meta {
                    color: color_out,
                    ..*meta
                },
                &mut out,
            )?;
            out.flush()
        });
        render_notes(&self.notes, self.options.verbosity, &mut *streams.err)?;
        render_summary(
            report,
            &Meta {
                color: color_err,
                ..*meta
            },
            &mut *streams.err,
        )?;
        match shown {
            // the reader has seen enough
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            shown => shown?,
        }
        Ok(written?)
    }
}

/// A finding as the text format shows it, with why it matters.
pub(super) fn render_one(
    finding: &Finding,
    rule: Option<&Rule>,
    color: bool,
) -> io::Result<String> {
    let rules: Vec<&Rule> = rule.into_iter().collect();
    let report = Report {
        findings: vec![finding.clone()],
        ..Report::default()
    };
    let meta = Meta {
        version: env!("CARGO_PKG_VERSION"),
        rules: &rules,
        fail_on: Severity::Low.into(),
        settings: None,
        verbosity: Verbosity::Verbose,
        color,
        now: now(),
    };
    let mut text = Vec::new();
    render(Format::Text, &report, &meta, &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The time, in seconds since 1970 UTC.
fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs().cast_signed())
}

/// Pushes everything that is to be scanned into `collector`.
pub(super) fn read(
    options: &ScanOptions,
    paths: &[PathBuf],
    collector: &Collector<'_>,
) -> Result<(), Error> {
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
        jobs: options.threads(),
        most: options.max_blob_size,
        no_ignore: options.no_ignore,
        submodules: options.submodules,
        windows,
    };
    scan_paths(paths, &files, collector);
    Ok(())
}
