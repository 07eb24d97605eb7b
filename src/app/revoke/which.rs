//! Which finding is to be revoked: looked for below a path and in a history, where a report says, in a place, or on standard input.

use std::path::Path;

use crate::config::{HistoryOptions, ScanOptions, Which};
use crate::error::Error;
use crate::model::{Finding, Report, display_path};
use crate::report::{Listed, escape, explain, listed};
use crate::source::{Windows, scan_stdin};
use crate::verify::Credential;
use crate::verify::revoke::{Deletion, Told};

use super::super::collect::Collector;
use super::super::scan::{self, Job};
use super::super::{again, history, verify};

/// Most credentials that are listed for a choice.
const SHOWN: usize = 20;

/// What is known of the finding before anything is scanned.
pub(super) enum Given<'w> {
    /// Its fingerprint, or the first digits, and where to look for it.
    Below(&'w str, &'w Path),
    /// The file, the line, and the column if that was said.
    At(&'w Path, u64, Option<u64>),
    /// What a report lists, and its name.
    Listed(Vec<Listed>, String),
    /// What standard input holds, which is no report.
    Text(zeroize::Zeroizing<String>),
}

impl<'w> Given<'w> {
    /// Reads the report, or standard input, if it stands there.
    pub(super) fn read(which: &'w Which) -> Result<Self, Error> {
        let (file, digits) = match which {
            Which::Below { digits, path } => return Ok(Self::Below(digits, path)),
            Which::At { file, line, column } => return Ok(Self::At(file, *line, *column)),
            Which::Listed { digits, report } => (report.as_path(), digits.as_str()),
            Which::Stdin => (Path::new("-"), ""),
        };
        let (name, text) = verify::read(file)?;
        let text = zeroize::Zeroizing::new(text);
        match listed(&text) {
            Ok(mut all) => {
                all.retain(|it| it.fingerprint.starts_with(digits));
                if all.is_empty() {
                    let which = if digits.is_empty() {
                        String::new()
                    } else {
                        format!(" with the fingerprint {digits}")
                    };
                    return Err(Error::Usage(format!("{name} lists no finding{which}")));
                }
                Ok(Self::Listed(all, name))
            }
            // a configuration that was piped in may be JSON as well
            Err(_) if *which == Which::Stdin => Ok(Self::Text(text)),
            Err(error) => Err(Error::Config {
                file: name,
                problem: error.to_string(),
            }),
        }
    }

    /// Ids of the rules that found what a report lists.
    pub(super) fn rules(&self) -> Vec<&str> {
        match self {
            Self::Listed(listed, _) => listed.iter().map(|it| it.rule.as_str()).collect(),
            Self::Below(..) | Self::At(..) | Self::Text(_) => Vec::new(),
        }
    }

    /// The finding that is meant.
    pub(super) fn find(self, options: &ScanOptions, job: &Job<'_>) -> Result<Finding, Error> {
        match self {
            Self::Below(digits, path) => below(options, job, digits, path),
            Self::At(file, line, column) => placed(options, job, file, line, column),
            Self::Listed(listed, name) => again(listed, &name, options, job),
            Self::Text(text) => typed(&text, job),
        }
    }
}

/// What a scan of `path` finds. What comments allow can be revoked like any other.
fn all_in(options: &ScanOptions, job: &Job<'_>, path: &Path) -> Result<Vec<Finding>, Error> {
    let collector = Collector::new(&job.scanner);
    scan::read(options, &[path.to_owned()], &collector)?;
    let report = collector.into_report();
    if let Some(skip) = report.coverage.named.first()
        && report.coverage.files == 0
    {
        let path = display_path(&skip.path);
        return Err(Error::Usage(format!("{path}: {}", explain(skip, false))));
    }
    Ok(all(report))
}

fn all(report: Report) -> Vec<Finding> {
    let mut all = report.findings;
    all.extend(report.allows.findings);
    all
}

/// The finding with that fingerprint: below the path, or else in the history of the repository there.
fn below(
    options: &ScanOptions,
    job: &Job<'_>,
    digits: &str,
    path: &Path,
) -> Result<Finding, Error> {
    let meant = |found: Vec<Finding>| {
        let named = |it: &Finding| it.fingerprint.to_string().starts_with(digits);
        only(found.into_iter().filter(named).collect(), digits)
    };
    if let Some(finding) = meant(all_in(options, job, path)?)? {
        return Ok(finding);
    }
    let shown = display_path(path.as_os_str().as_encoded_bytes());
    let nothing = |also| {
        Error::Usage(format!(
            "{shown} holds no finding with the fingerprint {digits}{also}; `waxseal scan -v` shows fingerprints"
        ))
    };
    let history = HistoryOptions::all_of(folder(path).to_owned());
    let report = match history::read(options, &history, &job.scanner) {
        Ok(report) => report,
        Err(Error::Store(_)) => return Err(nothing("")),
        Err(error) => return Err(error),
    };
    meant(all(report))?.ok_or_else(|| nothing(", and neither does its history"))
}

fn folder(path: &Path) -> &Path {
    if path.is_dir() {
        return path;
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The finding in a line of a file.
fn placed(
    options: &ScanOptions,
    job: &Job<'_>,
    file: &Path,
    line: u64,
    column: Option<u64>,
) -> Result<Finding, Error> {
    let shown = display_path(file.as_os_str().as_encoded_bytes());
    if file.is_dir() {
        return Err(Error::Usage(format!(
            "{shown} is a folder and has no line {line}"
        )));
    }
    let mut found = all_in(options, job, file)?;
    let is_there = |it: &Finding| {
        let lines = it.place.line..=it.place.end_line;
        match column {
            Some(column) => (it.place.line, it.place.column) == (line, column),
            None => lines.contains(&line) && !it.secret.is_empty(),
        }
    };
    found.retain(is_there);
    let place = match column {
        Some(column) => format!("{line}:{column}"),
        None => line.to_string(),
    };
    only(found, &format!("{shown}:{place}"))?.ok_or_else(|| {
        Error::Usage(format!(
            "{shown} holds no finding at {place}; one that only the history holds is named by its fingerprint, which `waxseal scan \
             --history -v` shows"
        ))
    })
}

/// The finding of a report, found again.
fn again(
    listed: Vec<Listed>,
    name: &str,
    options: &ScanOptions,
    job: &Job<'_>,
) -> Result<Finding, Error> {
    choice(
        listed.iter().map(|it| {
            let (line, column) = it.place;
            let path = display_path(&it.path);
            (
                it.fingerprint.as_str(),
                it.rule.as_str(),
                format!("{path}:{line}:{column}"),
            )
        }),
        name,
    )?;
    let report = again::find(listed, options, job);
    let skipped = report.coverage.named.first();
    let why = skipped.map(|skip| {
        let detail = skip
            .detail
            .replace("was not asked about", "can't be revoked by this report");
        format!("{}: {detail}", display_path(&skip.path))
    });
    only(all(report), name)?.ok_or_else(|| {
        Error::Usage(why.unwrap_or_else(|| format!("what {name} lists is not there any more")))
    })
}

/// The credential that was typed, or piped in.
fn typed(text: &str, job: &Job<'_>) -> Result<Finding, Error> {
    let collector = Collector::new(&job.scanner);
    let windows = Windows {
        reach: crate::scan::OVERLAP,
        ..Windows::default()
    };
    scan_stdin(b"<stdin>", text.as_bytes(), windows, &collector);
    let found = all(collector.into_report());
    only(found, "standard input")?.ok_or_else(|| {
        Error::Usage(
            "standard input holds nothing that waxseal knows as a credential, and no report of waxseal's. A pair needs both its parts, \
             each beside its name: account_sid=AC..., api_key_sid=SK..., api_key_secret=..."
                .to_owned(),
        )
    })
}

/// The only credential among `found`, which `what` holds. Two rules that find one key are no two keys.
fn only(found: Vec<Finding>, what: &str) -> Result<Option<Finding>, Error> {
    let key = |it: &Finding| Deletion::of(&Credential::of(it, &[]), Told::default());
    let first = found.first().and_then(key);
    if first.is_none() || found.iter().any(|it| key(it) != first) {
        choice(
            found.iter().map(|it| {
                let (line, column) = (it.place.line, it.place.column);
                let path = display_path(&it.origin.path);
                (
                    it.fingerprint.to_string(),
                    &*it.rule,
                    format!("{path}:{line}:{column}"),
                )
            }),
            what,
        )?;
    }
    Ok(found.into_iter().next())
}

/// Fails where there is more than one fingerprint, and lists them.
fn choice<'f, F: AsRef<str> + PartialEq>(
    found: impl Iterator<Item = (F, &'f str, String)>,
    what: &str,
) -> Result<(), Error> {
    let mut lines: Vec<(F, String)> = Vec::new();
    for (fingerprint, rule, place) in found {
        if lines.iter().all(|(known, _)| *known != fingerprint) {
            // both may come out of a file that is called a report
            let line = format!(
                "\n  {}  {}  {place}",
                escape(fingerprint.as_ref()),
                escape(rule)
            );
            lines.push((fingerprint, line));
        }
    }
    if lines.len() <= 1 {
        return Ok(());
    }
    let count = lines.len();
    let shown: String = lines
        .iter()
        .take(SHOWN)
        .map(|(_, line)| line.as_str())
        .collect();
    let more = match count.saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    Err(Error::Usage(format!(
        "{} is {count} credentials; name one of them by its fingerprint:{shown}{more}",
        escape(what)
    )))
}
