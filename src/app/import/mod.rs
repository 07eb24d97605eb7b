//! `import`: takes over what another scanner lets pass, and says what can't be.
//!
//! Reading the files is for `import` in the layers below. Here their entries meet what is found in the work tree, and what comes of it
//! is shown and, if asked for, added to our own files. Those are added to, never replaced, and only when all of it is known to be right:
//! up to the writing, a look does the same.

mod commits;
mod matches;
mod plan;
mod settings;
mod together;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::baseline::{Covers, LONGEST_TEXT, Sheet};
use crate::cli::ImportArgs;
use crate::config;
use crate::error::{EXIT_CLEAN, EXIT_FAILED, Error};
use crate::import::{self, Haul, Left, Peer};
use crate::model::{Accepted, Finding, Fingerprint, FingerprintKey, Severity, display_path};
use crate::regular::{self, Links};

use super::baseline::{self, Site, Standing, key_of};
use super::scan::Job;
use super::{Failure, Streams};
use commits::Commits;
use matches::{By, Found, Past, Present, Theirs};
use plan::Plan;
use told::{Outcome, Tally, Told};

/// A file of the other scanner, and what it gave.
struct Source {
    path: PathBuf,
    name: String,
    haul: Haul,
}

/// Reads the files, matches them with what is found, and shows or writes what follows.
pub(super) fn run(args: ImportArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let mut sources = Vec::new();
    for path in &args.given {
        sources.push(read(args.peer, path)?);
    }
    let root = root()?;
    let site = Site::here(args.scan)?;
    let mut plan = Plan::of(&mut sources, &root, site.options())?;
    let (mut options, mut policy) = plan.policy(site.options(), &mut sources)?;
    for Source { haul, .. } in &mut sources {
        let mut left = std::mem::take(&mut haul.left_without_base);
        if policy.lacks_base || !haul.runs {
            haul.left.append(&mut left);
        }
    }
    let standing = || Standing::bare(&site.standing.key);
    let theirs = Theirs::among(&policy.rules, &site.standing.key);
    let mut job = Job::new(policy, standing(), &options, Instant::now())?;
    let mut report = job.read()?;
    if plan.narrow(&report) {
        (options, policy) = plan.policy(site.options(), &mut sources)?;
        job = Job::new(policy, standing(), &options, Instant::now())?;
        report = job.read()?;
    }
    let mut past = Past {
        ours: Commits::of(&root, &job.scanner),
        theirs: theirs.commits(&root),
    };
    let mut present = Present::new(&report.findings, &root, &theirs);
    let matched = Matched::of(&mut sources, args.peer, &plan, &mut present, &mut past);
    let mut sheet = site.sheet(matched.covers)?;
    let key = key_of(&sheet, &site.standing);
    let added = put(&mut sheet, &key, &matched);
    let after = plan.after()?;
    let is_complete = report.coverage.is_complete();
    let write = args.write && is_complete;
    if write {
        let mut files = Vec::new();
        files.extend(after.as_ref().map(|text| (plan.path(), text.clone())));
        if added > 0 {
            files.push((site.path.as_path(), sheet.to_text()));
        }
        together::write(&files)?;
    }
    let is_new = |finding: &&Finding| {
        finding.severity > Severity::Info
            && finding.confidence >= job.min_confidence
            && sheet.get(&finding.fingerprint_by(&key)).is_none()
    };
    let rest = report.findings.iter().filter(is_new).count();
    let all = args.verbose;
    for (source, tally) in sources.iter().zip(&matched.tallies) {
        write!(streams.out, "{}", Told { source, tally, all })?;
    }
    let outcome = Outcome {
        write,
        is_changed: after.is_some(),
        added,
        rest,
    };
    outcome.tell(&plan, &site.name, args.peer, &mut *streams.out)?;
    if !is_complete {
        // what was not read may hold what an entry is about
        job.with_meta(|meta| crate::report::render_summary(&report, meta, &mut *streams.err))?;
        if args.write {
            writeln!(
                streams.err,
                "waxseal: nothing was written: not everything could be read"
            )?;
        }
        return Ok(EXIT_FAILED);
    }
    if write && added > 0 && site.standing.baseline.is_none() {
        baseline::advise(&site, streams)?;
    }
    Ok(EXIT_CLEAN)
}

/// What the entries of all files came to.
struct Matched {
    /// The findings that are let pass, each with the reason.
    taken: BTreeMap<Fingerprint, (Finding, String)>,
    tallies: Vec<Tally>,
    covers: Covers,
}

impl Matched {
    fn of(
        sources: &mut [Source],
        peer: Peer,
        plan: &Plan,
        present: &mut Present<'_>,
        past: &mut Past<'_>,
    ) -> Self {
        let quotes = present.quotes();
        // what an entry says is shown to everybody
        let said = |why: &str, otherwise: &str| {
            let text = if quotes.are_in(why.as_bytes()) {
                otherwise
            } else {
                why
            };
            text.to_owned()
        };
        let mut matched = Self {
            taken: BTreeMap::new(),
            tallies: Vec::new(),
            covers: Covers::Tree,
        };
        for (number, source) in sources.iter_mut().enumerate() {
            let mut tally = Tally::default();
            let reason = format!("let pass by {}: {}", peer.id(), source.name);
            for entry in &source.haul.entries {
                let label = || entry.label.clone();
                match present.of(entry, past) {
                    Found::These(by, findings) => {
                        *tally.by.entry(by).or_default() += 1;
                        if by == By::Commit {
                            matched.covers = Covers::History;
                        }
                        let warning = entry.warning;
                        tally
                            .warned
                            .extend(warning.map(|warning| format!("{}: {warning}", label())));
                        for finding in findings {
                            matched.take(finding, &reason);
                        }
                    }
                    Found::OtherValue => tally.other_value.push(label()),
                    Found::OtherKind => tally.other_kind.push(label()),
                    Found::Nothing => tally.none.push(label()),
                }
            }
            for (finding, why) in present.listed(std::mem::take(&mut source.haul.lists)) {
                tally.listed += 1;
                matched.take(finding.clone(), &said(&why, &reason));
            }
            for (paths, why, _, what) in plan.wide().filter(|(_, _, of, _)| *of == number) {
                let mut count = 0;
                for finding in present.below(&paths) {
                    count += 1;
                    matched.take(finding.clone(), &said(why, &reason));
                }
                let now = match count {
                    0 => "nothing is found there now".to_owned(),
                    1 => "the one finding there now goes into the baseline".to_owned(),
                    count => format!("the {count} findings there now go into the baseline"),
                };
                source.haul.left.push(Left::new(
                    what,
                    format!("whole dotenv files would pass, which is a finding of its own (policy-too-wide); {now}. For more, write an [[exclude]] with `rules`"),
                ));
            }
            matched.tallies.push(tally);
        }
        matched
    }

    fn take(&mut self, finding: Finding, reason: &str) {
        let entry = self.taken.entry(finding.fingerprint);
        entry.or_insert_with(|| (finding, reason.to_owned()));
    }
}

/// Adds an entry for each finding that has none, and gives their number.
fn put(sheet: &mut Sheet, key: &FingerprintKey, matched: &Matched) -> usize {
    let before = sheet.len();
    for (finding, reason) in matched.taken.values() {
        let fingerprint = finding.fingerprint_by(key);
        if sheet.get(&fingerprint).is_none() {
            sheet.put(Accepted {
                fingerprint,
                rule: finding.rule.to_string(),
                reason: Some(reason.chars().take(LONGEST_TEXT).collect()),
                owner: None,
                expires: None,
            });
        }
    }
    sheet.len() - before
}

fn read(peer: Peer, path: &Path) -> Result<Source, Error> {
    let name = shown(path);
    let failed = |source| Error::Io {
        path: name.clone(),
        source,
    };
    let meta = path.metadata().map_err(failed)?;
    if meta.is_dir() {
        return Err(refused(&name, "this is a folder; name the file in it"));
    }
    if meta.len() > import::LARGEST {
        let most = import::LARGEST >> 20;
        let problem = format!(
            "larger than {most} MiB, which is more than is read; let {} write it anew, or leave out what is long gone",
            peer.id()
        );
        return Err(refused(&name, &problem));
    }
    let bytes = regular::read(path, Links::Follow, import::LARGEST).map_err(failed)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let haul = import::read(peer, &file, &bytes).map_err(|problem| refused(&name, &problem))?;
    Ok(Source {
        path: path.to_owned(),
        name,
        haul,
    })
}

/// The top of the work tree that this is done in, or the current folder where there is none.
fn root() -> Result<PathBuf, Error> {
    let input = config::Input::Paths(vec![".".into()]);
    let here = Path::new(".").canonicalize().map_err(|source| Error::Io {
        path: ".".to_owned(),
        source,
    })?;
    Ok(config::root(&input).unwrap_or(here))
}

fn shown(path: &Path) -> String {
    display_path(path.as_os_str().as_encoded_bytes())
}

fn refused(file: &str, problem: &str) -> Error {
    Error::Config {
        file: file.to_owned(),
        problem: problem.to_owned(),
    }
}
