//! `import`: takes over what another scanner lets pass, and says what can't be.
//!
//! Reading the files is for `import` in the layers below. Here their entries meet what is found in the work tree, and what comes of it
//! is shown and, if asked for, added to our own files. Those are added to, never replaced.

mod commits;
mod matches;
mod settings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::baseline::Covers;
use crate::cli::ImportArgs;
use crate::config;
use crate::error::{EXIT_CLEAN, Error};
use crate::import::{self, Haul, Left, Setting};
use crate::model::{Accepted, Finding, Quotes, Severity, display_path};
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
        sources.push(read(&args, path)?);
    }
    let mut scan = args.scan;
    let root = root()?;
    let rule_files = rule_files(&sources, &root);
    for file in rule_files.iter().flatten() {
        scan.add_rules(file.given.clone());
    }
    let names: Vec<String> = rule_files
        .iter()
        .flatten()
        .map(|file| file.named.clone())
        .collect();
    for (source, file) in sources.iter_mut().zip(&rule_files) {
        if source.haul.runs && file.is_none() {
            source.haul.left.push(Left {
                what: "its rules".to_owned(),
                why: "the file lies outside of the repository; copy it there, so that everybody scans by it".to_owned(),
            });
        }
    }
    let settings: Vec<Setting> = sources
        .iter()
        .flat_map(|source| source.haul.settings.clone())
        .collect();
    let file = root.join(config::FILE_NAME);
    let before = match regular::read(&file, Links::Refuse, import::LARGEST) {
        Ok(bytes) => {
            String::from_utf8(bytes).map_err(|_| refused(config::FILE_NAME, "it is not UTF-8"))?
        }
        Err(error)
            if error.kind() == std::io::ErrorKind::NotFound && file.symlink_metadata().is_err() =>
        {
            String::new()
        }
        Err(source) => {
            return Err(Error::Io {
                path: shown(&file),
                source,
            }
            .into());
        }
    };
    let after = settings::added(&before, &names, &settings)
        .map_err(|problem| refused(config::FILE_NAME, &problem))?;
    if let (true, Some(after)) = (args.write, &after) {
        outputs::write(&file, |out| out.write_all(after.as_bytes()))?;
    }
    let site = Site::here(scan)?;
    let (options, policy) = config::resolve(site.options().clone())?;
    let standing = Standing::bare(&site.standing.key);
    let job = Job::new(policy, standing, &options, Instant::now())?;
    let mut report = job.read()?;
    // what will be left out needs no entry
    let left_out = Paths::new(&excluded(&settings));
    report
        .findings
        .retain(|finding| !left_out.hold(&finding.origin.within));
    let mut quotes = Quotes::default();
    report
        .findings
        .iter()
        .for_each(|finding| quotes.add(&finding.secret));
    let present = Present::new(&report.findings, &root);
    let mut commits = Commits::of(&root, &job.scanner);
    let mut taken: BTreeMap<Vec<u8>, (Finding, String)> = BTreeMap::new();
    let mut is_history = false;
    let mut told = Vec::new();
    for source in &mut sources {
        let mut tally = Tally::default();
        let reason = format!("let pass by {}: {}", args.peer.id(), source.name);
        for entry in &source.haul.entries {
            match present.of(entry, commits.as_mut()) {
                None => tally.none.push(entry.label.clone()),
                Some((by, findings)) => {
                    *tally.by.entry(by).or_default() += 1;
                    is_history |= by == By::Commit;
                    if let Some(warning) = entry.warning {
                        tally.warned.push(format!("{}: {warning}", entry.label));
                    }
                    for finding in findings {
                        taken
                            .entry(name_of(&finding))
                            .or_insert_with(|| (finding, reason.clone()));
                    }
                }
            }
        }
        for (finding, why) in present.listed(std::mem::take(&mut source.haul.lists)) {
            tally.listed += 1;
            let reason = if quotes.are_in(why.as_bytes()) {
                reason.clone()
            } else {
                why
            };
            taken
                .entry(name_of(finding))
                .or_insert_with(|| (finding.clone(), reason));
        }
        told.push(tally);
    }
    let is_new = |finding: &&Finding| {
        finding.severity > Severity::Info && !taken.contains_key(&name_of(finding))
    };
    let rest: usize = report.findings.iter().filter(is_new).count();
    let covers = if is_history {
        Covers::History
    } else {
        Covers::Tree
    };
    let mut sheet = site.sheet(covers)?;
    let key = key_of(&sheet, &site.standing);
    let mut added = 0;
    for (finding, reason) in taken.values() {
        let fingerprint = finding.fingerprint_by(&key);
        if sheet.get(&fingerprint).is_none() {
            added += 1;
            sheet.put(Accepted {
                fingerprint,
                rule: finding.rule.to_string(),
                reason: Some(reason.chars().take(crate::baseline::LONGEST_TEXT).collect()),
                owner: None,
                expires: None,
            });
        }
    }
    if args.write && added > 0 {
        site.save(&sheet)?;
    }
    let out = &mut *streams.out;
    for (source, tally) in sources.iter().zip(&told) {
        write!(
            out,
            "{}",
            Told {
                source,
                tally,
                all: args.verbose
            }
        )?;
    }
    let done = |would: &str, did: &str| {
        if args.write {
            did.to_owned()
        } else {
            would.to_owned()
        }
    };
    match settings::added("", &names, &settings) {
        Ok(Some(text)) if after.is_some() => {
            writeln!(
                out,
                "\n{} {}:\n",
                done("to be added to", "added to"),
                config::FILE_NAME
            )?;
            for line in text.trim_end().lines() {
                writeln!(out, "    {}", escape(line).trim_end())?;
            }
        }
        Ok(Some(_)) => writeln!(
            out,
            "\n{}: all of it stands there already",
            config::FILE_NAME
        )?,
        _ => {}
    }
    if added > 0 {
        let entries = if added == 1 { "entry" } else { "entries" };
        writeln!(
            out,
            "\n{} {}: {added} {entries}",
            done("to be added to", "added to"),
            site.name
        )?;
    }
    if rest > 0 {
        writeln!(
            out,
            "\nwaxseal finds {rest} more here that {} does not let pass: `waxseal scan` shows them, `waxseal baseline audit` goes through them",
            args.peer.id()
        )?;
    }
    if !args.write && (added > 0 || after.is_some()) {
        writeln!(out, "\nnothing was written; --write does it")?;
    }
    if !report.coverage.is_complete() {
        job.with_meta(|meta| crate::report::render_summary(&report, meta, &mut *streams.err))?;
    }
    Ok(EXIT_CLEAN)
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

fn read(args: &ImportArgs, path: &Path) -> Result<Source, Error> {
    let name = shown(path);
    let bytes =
        regular::read(path, Links::Follow, import::LARGEST).map_err(|source| Error::Io {
            path: name.clone(),
            source,
        })?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let haul =
        import::read(args.peer, &file, &bytes).map_err(|problem| refused(&name, &problem))?;
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

/// For each source whose rules can be run, how to name it; none for one that lies outside of `root`.
fn rule_files(sources: &[Source], root: &Path) -> Vec<Option<RuleFile>> {
    let of = |source: &Source| {
        let real = source
            .path
            .canonicalize()
            .ok()
            .filter(|_| source.haul.runs)?;
        let within = real.strip_prefix(root).ok()?.to_str()?;
        Some(RuleFile {
            given: PathBuf::from(format!("gitleaks:{}", source.path.to_str()?)),
            named: format!("gitleaks:{}", within.replace('\\', "/")),
        })
    };
    sources.iter().map(of).collect()
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

/// The globs of files that no rule is to be used in.
fn excluded(settings: &[Setting]) -> Vec<String> {
    let globs = settings.iter().filter_map(|setting| match setting {
        Setting::Exclude(globs, _) => Some(globs.as_slice()),
        Setting::StopWord(_) | Setting::SkipRule(_) => None,
    });
    globs.flatten().cloned().collect()
}

/// What tells findings apart that need an entry each.
fn name_of(finding: &Finding) -> Vec<u8> {
    finding.fingerprint.to_string().into_bytes()
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
