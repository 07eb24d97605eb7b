//! `import`: takes over what another scanner lets pass, and says what can't be.
//!
//! Reading the files is for `import` in the layers below. Here their entries meet what is found in the work tree, and what comes of it
//! is shown and, if asked for, added to our own files. Those are added to, never replaced.

mod commits;
mod matches;
mod settings;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::baseline::{Covers, LONGEST_TEXT, Sheet};
use crate::cli::{ImportArgs, SourceArgs};
use crate::config;
use crate::error::{EXIT_CLEAN, EXIT_FAILED, Error};
use crate::import::{self, Haul, Left, Peer, Setting};
use crate::model::{
    Accepted, Finding, Fingerprint, FingerprintKey, Quotes, Severity, display_path,
};
use crate::regular::{self, Links};
use crate::report::escape;
use crate::scan::Paths;

use super::baseline::{Site, Standing, key_of};
use super::outputs;
use super::scan::Job;
use super::{Failure, Streams};
use commits::Commits;
use matches::{By, Present};

/// Things of a kind that are named before they are only counted.
const FEW: usize = 10;

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
    let mut scan = args.scan;
    let addition = Addition::of(&mut sources, &root, &mut scan)?;
    if let (true, Some(text)) = (args.write, &addition.after) {
        let file = root.join(config::FILE_NAME);
        outputs::write(&file, |out| out.write_all(text.as_bytes()))?;
    }
    let site = Site::here(scan)?;
    let (options, policy) = config::resolve(site.options().clone())?;
    let standing = Standing::bare(&site.standing.key);
    let job = Job::new(policy, standing, &options, Instant::now())?;
    let mut report = job.read()?;
    // what will be left out needs no entry
    let left_out = Paths::new(&addition.excluded());
    let is_left_out = |finding: &Finding| left_out.hold(&finding.origin.within);
    report.findings.retain(|finding| !is_left_out(finding));
    let present = Present::new(&report.findings, &root);
    let commits = Commits::of(&root, &job.scanner);
    let matched = Matched::of(&mut sources, args.peer, &present, commits, &report.findings);
    let mut sheet = site.sheet(matched.covers)?;
    let key = key_of(&sheet, &site.standing);
    let added = put(&mut sheet, &key, &matched);
    if args.write && added > 0 {
        site.save(&sheet)?;
    }
    let is_new = |finding: &&Finding| {
        finding.severity > Severity::Info && sheet.get(&finding.fingerprint_by(&key)).is_none()
    };
    let outcome = Outcome {
        write: args.write,
        added,
        rest: report.findings.iter().filter(is_new).count(),
    };
    let out = &mut *streams.out;
    let all = args.verbose;
    for (source, tally) in sources.iter().zip(&matched.tallies) {
        write!(out, "{}", Told { source, tally, all })?;
    }
    outcome.tell(&addition, &site.name, args.peer, out)?;
    if report.coverage.is_complete() {
        return Ok(EXIT_CLEAN);
    }
    // what was not read may hold what an entry is about
    job.with_meta(|meta| crate::report::render_summary(&report, meta, &mut *streams.err))?;
    Ok(EXIT_FAILED)
}

/// What goes into the configuration file.
struct Addition {
    rule_files: Vec<String>,
    settings: Vec<Setting>,
    /// The file as it will be; none if it stays as it is.
    after: Option<String>,
}

impl Addition {
    /// What `sources` add to the file in `root`. Rules that can be run are added to `scan` as well.
    fn of(sources: &mut [Source], root: &Path, scan: &mut SourceArgs) -> Result<Self, Error> {
        let mut rule_files = Vec::new();
        for source in sources.iter_mut().filter(|source| source.haul.runs) {
            if let Some(file) = rule_file(source, root) {
                scan.add_rules(file.given);
                rule_files.push(file.named);
            } else {
                source.haul.left.push(Left {
                    what: "its rules".to_owned(),
                    why: "the file lies outside of the repository; copy it there, so that everybody scans by it".to_owned(),
                });
            }
        }
        let settings = sources
            .iter()
            .flat_map(|source| source.haul.settings.clone());
        let settings: Vec<Setting> = settings.collect();
        let after = settings::added(&configuration(root)?, &rule_files, &settings)
            .map_err(|problem| refused(config::FILE_NAME, &problem))?;
        Ok(Self {
            rule_files,
            settings,
            after,
        })
    }

    /// The globs of files that no rule is to be used in.
    fn excluded(&self) -> Vec<String> {
        let globs = self.settings.iter().filter_map(|setting| match setting {
            Setting::Exclude(globs, _) => Some(globs.as_slice()),
            Setting::StopWord(_) | Setting::SkipRule(_) => None,
        });
        globs.flatten().cloned().collect()
    }
}

/// The configuration file in `root`; empty if it is not there.
fn configuration(root: &Path) -> Result<String, Error> {
    let file = root.join(config::FILE_NAME);
    match regular::read(&file, Links::Refuse, import::LARGEST) {
        Ok(bytes) => {
            String::from_utf8(bytes).map_err(|_| refused(config::FILE_NAME, "it is not UTF-8"))
        }
        Err(error)
            if error.kind() == std::io::ErrorKind::NotFound && file.symlink_metadata().is_err() =>
        {
            Ok(String::new())
        }
        Err(source) => Err(Error::Io {
            path: shown(&file),
            source,
        }),
    }
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
        present: &Present<'_>,
        mut commits: Option<Commits<'_>>,
        findings: &[Finding],
    ) -> Self {
        let mut quotes = Quotes::default();
        for finding in findings {
            quotes.add(&finding.secret);
        }
        let mut matched = Self {
            taken: BTreeMap::new(),
            tallies: Vec::new(),
            covers: Covers::Tree,
        };
        for source in sources {
            let mut tally = Tally::default();
            let reason = format!("let pass by {}: {}", peer.id(), source.name);
            for entry in &source.haul.entries {
                let Some((by, findings)) = present.of(entry, commits.as_mut()) else {
                    tally.none.push(entry.label.clone());
                    continue;
                };
                *tally.by.entry(by).or_default() += 1;
                if by == By::Commit {
                    matched.covers = Covers::History;
                }
                if let Some(warning) = entry.warning {
                    tally.warned.push(format!("{}: {warning}", entry.label));
                }
                for finding in findings {
                    matched.take(finding, &reason);
                }
            }
            for (finding, why) in present.listed(std::mem::take(&mut source.haul.lists)) {
                tally.listed += 1;
                // what an entry says is shown to everybody
                let is_quote = quotes.are_in(why.as_bytes());
                matched.take(finding.clone(), if is_quote { &reason } else { &why });
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

/// What was done, or would be.
struct Outcome {
    write: bool,
    /// Entries of the baseline.
    added: usize,
    /// Findings that still count.
    rest: usize,
}

impl Outcome {
    fn tell(
        &self,
        addition: &Addition,
        baseline: &str,
        peer: Peer,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let done = if self.write {
            "added to"
        } else {
            "to be added to"
        };
        let name = config::FILE_NAME;
        match settings::added("", &addition.rule_files, &addition.settings) {
            Ok(Some(text)) if addition.after.is_some() => {
                writeln!(out, "\n{done} {name}:\n")?;
                for line in text.trim_end().lines() {
                    writeln!(out, "    {}", escape(line).trim_end())?;
                }
            }
            Ok(Some(_)) => writeln!(out, "\n{name}: all of it stands there already")?,
            Ok(None) | Err(_) => {}
        }
        if self.added > 0 {
            let entries = if self.added == 1 { "entry" } else { "entries" };
            writeln!(out, "\n{done} {baseline}: {} {entries}", self.added)?;
        }
        if self.rest > 0 {
            let (rest, peer) = (self.rest, peer.id());
            writeln!(
                out,
                "\nwaxseal finds {rest} more here that {peer} does not let pass: `waxseal scan` shows them, `waxseal baseline audit` goes through them",
            )?;
        }
        if !self.write && (self.added > 0 || addition.after.is_some()) {
            writeln!(out, "\nnothing was written; --write does it")?;
        }
        Ok(())
    }
}

/// What the entries of a file came to.
#[derive(Default)]
struct Tally {
    by: BTreeMap<By, usize>,
    /// Findings that lists let pass.
    listed: usize,
    /// Entries that nothing is found for.
    none: Vec<String>,
    warned: Vec<String>,
}

/// What is said of one file.
struct Told<'s> {
    source: &'s Source,
    tally: &'s Tally,
    /// Whether lists are not cut.
    all: bool,
}

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, tally, .. } = self;
        let haul = &source.haul;
        write!(f, "{}: {}", escape(&source.name), haul.what)?;
        match haul.entries.len() {
            0 => writeln!(f)?,
            1 => writeln!(f, " with 1 entry")?,
            count => writeln!(f, " with {count} entries")?,
        }
        for (by, count) in &tally.by {
            let by = match by {
                By::Value => "by value",
                By::Place => "by file and line",
                By::Commit => "by file and line in a commit",
            };
            writeln!(f, "  {count} matched {by}")?;
        }
        if tally.listed > 0 {
            writeln!(
                f,
                "  {} findings that its allow lists let pass",
                tally.listed
            )?;
        }
        if haul.runs {
            writeln!(f, "  its rules run as they are, by rule_files")?;
        }
        self.list(
            f,
            "with nothing to let pass: waxseal finds nothing there",
            tally.none.iter().cloned(),
        )?;
        self.list(f, "to look at", tally.warned.iter().cloned())?;
        let left = haul
            .left
            .iter()
            .map(|left| format!("{}: {}", left.what, left.why));
        self.list(f, "not carried over", left)?;
        for note in &haul.notes {
            writeln!(f, "  {}", escape(note))?;
        }
        Ok(())
    }
}

impl Told<'_> {
    fn list(
        &self,
        f: &mut std::fmt::Formatter<'_>,
        title: &str,
        lines: impl ExactSizeIterator<Item = String>,
    ) -> std::fmt::Result {
        let count = lines.len();
        if count == 0 {
            return Ok(());
        }
        writeln!(f, "  {count} {title}")?;
        let most = if self.all { count } else { FEW };
        for line in lines.take(most) {
            writeln!(f, "    {}", escape(&line))?;
        }
        if count > most {
            writeln!(f, "    and {} more; -v names them", count - most)?;
        }
        Ok(())
    }
}

fn read(peer: Peer, path: &Path) -> Result<Source, Error> {
    let name = shown(path);
    let bytes =
        regular::read(path, Links::Follow, import::LARGEST).map_err(|source| Error::Io {
            path: name.clone(),
            source,
        })?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let haul = import::read(peer, &file, &bytes).map_err(|problem| refused(&name, &problem))?;
    Ok(Source {
        path: path.to_owned(),
        name,
        haul,
    })
}

/// A rule file as the command line names it, and as a configuration file does.
struct RuleFile {
    given: PathBuf,
    named: String,
}

/// How to name the rule file `source`; none if it lies outside of `root`.
fn rule_file(source: &Source, root: &Path) -> Option<RuleFile> {
    let real = source.path.canonicalize().ok()?;
    let within = real.strip_prefix(root).ok()?.to_str()?;
    Some(RuleFile {
        given: PathBuf::from(format!("gitleaks:{}", source.path.to_str()?)),
        named: format!("gitleaks:{}", within.replace('\\', "/")),
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
