//! The repository that a command about baselines is given in: where its baseline is, and what there is to be found in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::apply::{also, looked_at};
use super::file::{self, Standing};
use super::kin::Kin;
use crate::app::scan::Job;
use crate::app::{Failure, Streams, gate, staged};
use crate::baseline::{Also, Ambiguous, Covers, FILE_NAME, Header, KeyPlace, SALT, Sheet, resolve};
use crate::cli::{Look, Past, SourceArgs, fingerprint};
use crate::config::{self, HistoryOptions, Input, ScanOptions, StagedOptions};
use crate::error::Error;
use crate::git::Ground;
use crate::model::{
    Confidence, Finding, Fingerprint, FingerprintKey, GitState, Origin, Quotes, Report, Severity,
    Store,
};
use crate::report::Verbosity;
use crate::rules::{POLICY_TOO_WIDE, Rule};

/// Where a command is given.
pub(in crate::app) struct Site {
    /// How the work tree is scanned; none in a bare repository.
    tree: Option<ScanOptions>,
    /// How the history is scanned.
    history: ScanOptions,
    /// The baseline, which need not be there.
    pub(in crate::app) path: PathBuf,
    /// What to call it.
    pub(in crate::app) name: String,
    /// Its key, or the one that counts without it.
    pub(in crate::app) standing: Standing,
}

/// What was found.
pub(in crate::app) struct Found {
    /// All findings, each fingerprint with its places.
    pub(in crate::app) findings: BTreeMap<Fingerprint, Vec<Finding>>,
    /// Those that only comments let pass.
    allowed: Vec<Finding>,
    /// What was looked at as a whole.
    pub(in crate::app) covers: Option<Covers>,
    /// And what besides.
    pub(super) also: Also,
    /// The rules that were looked for.
    pub(in crate::app) rules: Vec<Rule>,
    /// Whether all was read that was to be read.
    pub(in crate::app) is_complete: bool,
    /// How sure a finding must be to count.
    least: Confidence,
    quotes: Quotes,
}

impl Site {
    /// The repository of the current folder, or that folder itself.
    pub(in crate::app) fn here(args: SourceArgs) -> Result<Self, Error> {
        let here = Path::new(".").canonicalize().map_err(|source| Error::Io {
            path: ".".to_owned(),
            source,
        })?;
        let mut options = args.into_options(Input::Paths(vec![".".into()]))?;
        // nobody asked for a report, and what can't be read is told
        options.verbosity = Verbosity::Quiet;
        let is_bare = matches!(Ground::of(&here), Ok(Ground::Store(_)));
        let root = config::root(&options.input).filter(|_| !is_bare);
        let top: PathBuf = match &root {
            Some(root) if *root != here => root.clone(),
            _ => ".".into(),
        };
        options.input = Input::Paths(vec![top.clone()]);
        let path = match (&options.baseline.file, &root) {
            (Some(file), _) => file.clone(),
            (None, Some(root)) => {
                // one that leads out of the repository is not written either
                config::file_in(root, FILE_NAME, "--baseline")?;
                top.join(FILE_NAME)
            }
            (None, None) => {
                return Err(Error::Usage(
                    "a bare repository has no place for a baseline; name one with --baseline FILE"
                        .to_owned(),
                ));
            }
        };
        let mut history = options.clone();
        history.input = Input::History(HistoryOptions::all_of(top));
        let mut choice = options.baseline.clone();
        if choice.file.is_some() && !file::exists(&path)? {
            choice.file = None;
            options.baseline.file = None;
            history.baseline.file = None;
        }
        let name = file::shown(path.strip_prefix(".").unwrap_or(&path));
        Ok(Self {
            standing: Standing::of(&options.input, &choice)?,
            tree: root.map(|_| options),
            history,
            name,
            path,
        })
    }

    /// The rules that are looked for here.
    pub(in crate::app) fn rules(&self) -> Result<Vec<Rule>, Error> {
        let options = self.tree.as_ref().unwrap_or(&self.history);
        let (_, policy) = config::resolve(options.clone())?;
        Ok(policy.rules)
    }

    /// How what is here is scanned.
    pub(in crate::app) fn options(&self) -> &ScanOptions {
        self.tree.as_ref().unwrap_or(&self.history)
    }

    /// The baseline as it is, or a new one that is about `covers`.
    pub(in crate::app) fn sheet(&self, covers: Covers) -> Result<Sheet, Error> {
        let also = also(self.options());
        match &self.standing.baseline {
            Some(named) => {
                let mut sheet = Sheet::from(&named.baseline);
                sheet.header.covers = sheet.header.covers.max(covers);
                sheet.header.also = sheet.header.also.and(also);
                Ok(sheet)
            }
            None => Ok(Sheet::new(Header {
                key: new_key()?,
                covers,
                also,
            })),
        }
    }

    /// Looks at all that the baseline is about from now on, whatever was asked for.
    pub(super) fn widen(&mut self, header: &Header) {
        if let Some(options) = &mut self.tree {
            options.no_ignore |= header.also.ignored;
            options.submodules |= header.also.submodules;
        }
    }

    /// The baseline, where there has to be one.
    pub(super) fn present(&self) -> Result<Sheet, Error> {
        match &self.standing.baseline {
            Some(named) => Ok(Sheet::from(&named.baseline)),
            None => Err(Error::Usage(format!(
                "{} is not there; `waxseal baseline create` makes it",
                self.name
            ))),
        }
    }

    /// Writes the baseline.
    pub(in crate::app) fn save(&self, sheet: &Sheet) -> Result<(), Error> {
        file::write(&self.path, &sheet.to_text())
    }

    /// Scans what is to be looked at. What could not be read is said.
    pub(in crate::app) fn scan(
        &self,
        look: &Look,
        streams: &mut Streams<'_>,
    ) -> Result<Found, Failure> {
        let mut found = Found::of(Report::default());
        let jobs = self.jobs(look);
        if jobs.is_empty() {
            let problem =
                "a bare repository has no files; --history looks at all that was ever committed";
            return Err(Error::Usage(problem.to_owned()).into());
        }
        let mut covered = Vec::new();
        for options in jobs {
            let (options, policy) = config::resolve(options)?;
            let key = Standing::bare(&self.standing.key);
            let job = Job::new(policy, key, &options, Instant::now())?;
            let report = match options.input {
                Input::Staged(how) => {
                    let store = gate::repository()?;
                    staged::read(&store, &options, how, &job.scanner)?
                }
                _ => job.read()?,
            };
            job.with_meta(|meta| crate::report::render_summary(&report, meta, &mut *streams.err))?;
            covered.push(looked_at(&options, &report.coverage));
            found.rules = job.scanner.rules().cloned().collect();
            found.least = job.min_confidence;
            found.add(report);
        }
        // the work tree is part of what a history is about
        found.also = also(self.options());
        found.covers = match covered.as_slice() {
            [one] => *one,
            [Some(Covers::Tree), Some(Covers::History)] => Some(Covers::History),
            _ => None,
        };
        Ok(found)
    }

    /// The scans that show what is to be looked at.
    fn jobs(&self, look: &Look) -> Vec<ScanOptions> {
        let history = |part: &Past| {
            let mut options = self.history.clone();
            if let Input::History(history) = &mut options.input {
                *history = HistoryOptions {
                    range: part.range.clone(),
                    branches: part.branches.clone(),
                    since: part.since,
                    reachable: part.reachable,
                    allow_missing: part.allow_missing,
                    ..history.clone()
                };
            }
            options
        };
        match look {
            Look::Tree => self.tree.iter().cloned().collect(),
            Look::Staged => self
                .tree
                .iter()
                .map(|options| ScanOptions {
                    input: Input::Staged(StagedOptions::default()),
                    ..options.clone()
                })
                .collect(),
            Look::All(part) => self.tree.iter().cloned().chain([history(part)]).collect(),
            Look::Part(part) => vec![history(part)],
        }
    }
}

impl Found {
    /// What one scan found.
    pub(super) fn of(report: Report) -> Self {
        let mut found = Self {
            findings: BTreeMap::new(),
            allowed: Vec::new(),
            covers: None,
            also: Also::default(),
            rules: Vec::new(),
            least: Confidence::Low,
            is_complete: true,
            quotes: Quotes::default(),
        };
        found.add(report);
        found
    }

    fn add(&mut self, report: Report) {
        self.is_complete &= report.coverage.is_complete();
        // what lets too much pass is mended where it does
        let is_secret = |finding: &Finding| finding.rule != POLICY_TOO_WIDE;
        for finding in report.findings.into_iter().filter(is_secret) {
            self.quotes.add(&finding.secret);
            let places = self.findings.entry(finding.fingerprint).or_default();
            places.push(finding);
        }
        for finding in report.allows.findings {
            self.quotes.add(&finding.secret);
            self.allowed.push(finding);
        }
    }

    /// The fingerprints of the entries, of whatever rule, that are of use for what is there.
    pub(super) fn names(&self, key: &FingerprintKey) -> BTreeSet<Fingerprint> {
        let kin = self.kin(key);
        let places = self.findings.values().filter_map(|places| places.first());
        let all = places.chain(&self.allowed);
        all.flat_map(|finding| kin.names(finding).map(|(_, name)| name).collect::<Vec<_>>())
            .collect()
    }

    /// The rules that were looked for, as those that an entry may name.
    pub(in crate::app) fn kin<'f>(&'f self, key: &'f FingerprintKey) -> Kin<'f> {
        Kin::new(&self.rules, key)
    }

    /// Whether `rule` was looked for.
    pub(super) fn looked_for(&self, rule: &str) -> bool {
        self.rules.iter().any(|known| known.id == rule)
    }

    /// The findings that count for anything, the first place of each.
    pub(super) fn counting(&self) -> impl Iterator<Item = &Finding> {
        let counts = |finding: &Finding| {
            finding.severity > Severity::Info && finding.confidence >= self.least
        };
        self.findings
            .values()
            .filter(move |places| places.iter().any(counts))
            .filter_map(|places| places.first())
    }

    /// The fingerprint that `digits` mean.
    pub(in crate::app) fn resolve(&self, digits: &str) -> Result<Option<Fingerprint>, Error> {
        let digits = &*fingerprint(digits)?;
        resolve(digits, self.findings.keys().copied()).map_err(|error| {
            let rule = |fingerprint: &Fingerprint| {
                let places = self.findings.get(fingerprint);
                let first = places.and_then(|places| places.first());
                first.map_or("", |finding| &*finding.rule).to_owned()
            };
            ambiguous(digits, &error, rule)
        })
    }

    /// Fails if `text`, which is to be written into the baseline, quotes a secret or holds one.
    pub(super) fn check(&self, text: Option<&str>) -> Result<(), Error> {
        let Some(text) = text else {
            return Ok(());
        };
        let origin = Origin::new(b"reason.txt", Store::File(GitState::Outside));
        let holds_one = || {
            !super::scanner()
                .scan_text(origin, text.as_bytes())
                .is_empty()
        };
        if self.quotes.are_in(text.as_bytes()) || holds_one() {
            return Err(Error::Usage(
                "this text quotes a secret, and what is written into a baseline is shown to everybody; say it in other words".to_owned(),
            ));
        }
        Ok(())
    }
}

/// The error that `digits` mean more than one of some fingerprints, with what `about` says of each.
pub(in crate::app) fn ambiguous(
    digits: &str,
    error: &Ambiguous,
    about: impl Fn(&Fingerprint) -> String,
) -> Error {
    /// As many as are listed.
    const MOST: usize = 10;
    let Ambiguous(candidates) = error;
    let listed = candidates.iter().take(MOST);
    let mut lines: Vec<String> = listed.map(|it| format!("  {it}  {}", about(it))).collect();
    if candidates.len() > MOST {
        lines.push(format!("  and {} more", candidates.len() - MOST));
    }
    Error::Usage(format!(
        "{digits} is the beginning of {} fingerprints; give more digits of one of\n{}",
        candidates.len(),
        lines.join("\n")
    ))
}

/// The key of a new baseline: the one of the environment, of which the file has the id only, or a new one, which it holds.
fn new_key() -> Result<KeyPlace, Error> {
    if let Some(key) = file::key_of_environment()? {
        return Ok(KeyPlace::Elsewhere(key.id()));
    }
    let mut salt = [0; SALT];
    getrandom::fill(&mut salt).map_err(|error| {
        Error::Usage(format!(
            "the system gives no random bytes for a key: {error}"
        ))
    })?;
    Ok(KeyPlace::Here(FingerprintKey::new(&salt)))
}

/// The key that the fingerprints of `sheet` are made with, where `standing` is the one of the environment or of the file.
pub(in crate::app) fn key_of(sheet: &Sheet, standing: &Standing) -> FingerprintKey {
    match &sheet.header.key {
        KeyPlace::Here(key) => key.clone(),
        KeyPlace::Elsewhere(_) => standing.key.clone(),
    }
}
