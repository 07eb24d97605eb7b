//! `ci`: what a CI job is about through the scanner, by the policy of the commit that it starts from.
//!
//! Whoever opens a pull request can change every file of it, so that no file of it may have a say in its check: the configuration
//! is read from the base, and what is changed in it is told and has no effect yet.

mod changes;
mod points;

use std::io::Read as _;
use std::time::Instant;

use crate::ci::{self, Environment, Job, Point, Service};
use crate::config::{self, CiOptions, ScanOptions};
use crate::error::Error;
use crate::git::{Refs, Store};
use crate::history::{self, CommitInfo, Progress, Scope};
use crate::model::{Coverage, Finding, Outcome, Report, display_path};
use crate::range::{self, RangeError, Tip};
use crate::report::{Verbosity, escape};
use crate::scan::Scanner;

use super::baseline::Standing;
use super::{Failure, Streams, scan};
use points::Points;

/// Largest description of an event that is read. Bytes. GitHub's own limit is 25 MB.
const LARGEST_EVENT: u64 = 64 << 20;

/// Finds the range, scans it, writes every report, and gives the outcome.
pub(super) fn run(
    options: &ScanOptions,
    ci: &CiOptions,
    streams: &mut Streams<'_>,
) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let get = |name: &str| std::env::var(name).ok();
    let environment = Environment::new(&get);
    let service = environment.service();
    let mut job = match (&ci.range, service) {
        (Some(range), _) => asked_for(range),
        (None, Some(service)) => {
            ci::job(service, environment, event(service)?.as_deref()).map_err(Error::from)?
        }
        (None, None) => return Err(Error::Usage(NO_SERVICE.to_owned()).into()),
    };
    // it holds names of branches
    job.event = escape(&job.event);
    let store = Store::open(".".as_ref(), None).map_err(Error::from)?;
    let mut points = Points::new(&store, Refs::current(&store));
    let plan = Plan::new(&job, service, &mut points)?;
    let policy = changes::policy_file(&plan.policy, &mut points)?;
    let policy = config::policy_of(options, policy)?;
    let baseline = changes::baseline_file(&plan.policy, &mut points)?;
    let standing = Standing::by(baseline, options.baseline.off)?;
    let mut scan = scan::Job::by(policy, standing, options, started)?;
    let read = plan.scan(options, ci, &scan.scanner, &store, &points)?;
    if options.verbosity > Verbosity::Quiet {
        let line = plan.told(service, &read);
        writeln!(streams.err, "waxseal: {line}")?;
    }
    let mut report = read.report;
    report.sort();
    // what has no base changes nothing, and neither does what brings nothing in
    let is_change = read.commits.is_some_and(|count| count > 0);
    if let (true, Some((_, tip))) = (is_change, plan.tips.first()) {
        let base = &plan.policy;
        let changed = changes::of_policy(base, tip, &scan.standing.key, &mut points)?;
        report.findings.extend(changed);
        let allowed = changes::allowed(&report.allows);
        report.findings.extend(allowed);
        report.sort();
        scan.notices = changes::notices().into();
    }
    scan.finish(&mut report, streams)
}

/// What to do where no CI service is known.
const NO_SERVICE: &str = "no CI service is known by its environment (GITHUB_ACTIONS, GITLAB_CI, BITBUCKET_BUILD_NUMBER, TF_BUILD, \
     JENKINS_URL and CIRCLECI are not set); say what to scan: --range origin/main..HEAD";

/// What `--range` asks for.
fn asked_for(range: &str) -> Job {
    let (from, to) = range.split_once("..").unwrap_or((range, ""));
    let point = |name: &str| match name {
        "" => Point::Head,
        name => Point::Short(name.to_owned()),
    };
    Job {
        event: format!("--range {range}"),
        tips: vec![point(to)],
        bases: vec![point(from)],
        guesses: Vec::new(),
        needs_base: true,
    }
}

/// The description of the event, which only GitHub has.
fn event(service: Service) -> Result<Option<Vec<u8>>, Error> {
    let path = match service {
        Service::Github => std::env::var_os("GITHUB_EVENT_PATH"),
        _ => None,
    };
    let Some(path) = path else {
        return Ok(None);
    };
    let mut text = Vec::new();
    std::fs::File::open(&path)
        .and_then(|file| file.take(LARGEST_EVENT).read_to_end(&mut text))
        .map_err(|source| Error::Io {
            path: format!(
                "GITHUB_EVENT_PATH {}",
                display_path(path.as_encoded_bytes())
            ),
            source,
        })?;
    Ok(Some(text))
}

/// What is scanned, in the terms of this clone.
struct Plan<'j> {
    job: &'j Job,
    /// What people call each, and its commit.
    tips: Vec<(Tip, CommitInfo)>,
    bases: Vec<CommitInfo>,
    /// Whether `bases` is what is probably known, so that it may be all there is.
    is_guess: bool,
    /// The commit whose policy counts.
    policy: CommitInfo,
    /// Why `bases` are not what the service says.
    note: Option<String>,
    depth: &'static str,
}

/// What was scanned.
struct Read {
    report: Report,
    /// How many commits; none where it was everything.
    commits: Option<u64>,
}

impl Read {
    fn new(findings: Vec<Finding>, coverage: Coverage, commits: Option<u64>) -> Self {
        let report = Report {
            findings,
            coverage,
            ..Report::default()
        };
        Self { report, commits }
    }
}

impl<'j> Plan<'j> {
    fn new(job: &'j Job, service: Option<Service>, points: &mut Points<'_>) -> Result<Self, Error> {
        let depth = service.map_or("`git fetch --unshallow` brings the rest", Service::depth);
        let is_shallow = points.is_shallow();
        let absent = |what: &str, point: &Point| {
            let is_target = job.event.ends_with("(pull_request_target)");
            let advice = if is_target && what == "head" {
                "`pull_request_target` checks out the base and not the pull request; use `pull_request`"
            } else if matches!(point, Point::Short(_)) && !is_shallow {
                "give a branch, a tag, or an id of at least 4 digits"
            } else {
                depth
            };
            Error::Usage(format!(
                "{}: {}, its {what}, is not in this clone: {advice}",
                job.event,
                points::name(point)
            ))
        };
        let mut tips = Vec::new();
        for point in &job.tips {
            match points.find(point)? {
                Some((id, commit)) => tips.push((
                    Tip {
                        name: points::name(point),
                        id,
                    },
                    commit,
                )),
                None if matches!(point, Point::Tag(_)) => {}
                None => return Err(absent("head", point)),
            }
        }
        let mut bases = Vec::new();
        for point in &job.bases {
            bases.extend(points.find(point)?.map(|(_, commit)| commit));
        }
        let mut note = None;
        let mut is_guess = false;
        if let (true, Some(point)) = (bases.is_empty(), job.bases.first()) {
            if job.needs_base || points.is_shallow() {
                return Err(absent("base", point));
            }
            note = Some(format!("{} is not in this clone", points::name(point)));
        }
        if bases.is_empty() {
            for point in &job.guesses {
                bases.extend(points.find(point)?.map(|(_, commit)| commit));
            }
            is_guess = !bases.is_empty();
        }
        let head = match bases.first().or(tips.first().map(|(_, commit)| commit)) {
            Some(commit) => commit.clone(),
            None => points
                .find(&Point::Head)?
                .map(|(_, commit)| commit)
                .ok_or_else(|| absent("head", &Point::Head))?,
        };
        Ok(Self {
            job,
            tips,
            bases,
            is_guess,
            policy: head,
            note,
            depth,
        })
    }

    fn scan(
        &self,
        options: &ScanOptions,
        ci: &CiOptions,
        scanner: &Scanner,
        store: &Store,
        points: &Points<'_>,
    ) -> Result<Read, Error> {
        let threads = options.threads();
        let include: Vec<Tip> = self.tips.iter().map(|(tip, _)| tip.clone()).collect();
        if include.is_empty() {
            return Ok(Read::new(Vec::new(), Coverage::default(), Some(0)));
        }
        let without = |bases: &[CommitInfo]| {
            let how = range::Options {
                threads,
                most: ci.max_blob_size,
                allow_missing: ci.allow_missing,
                added_only: true,
                head: points.head(),
            };
            let exclude: Vec<_> = bases.iter().map(|commit| commit.id).collect();
            range::scan(store, scanner, &include, &exclude, &how).map_err(|error| self.cut(&error))
        };
        if !self.bases.is_empty() {
            let found = without(&self.bases)?;
            // a guess that leaves nothing was none: what is built is the default branch itself
            let is_vacuous = self.is_guess
                && found.commits == 0
                && self.job.guesses.contains(&Point::DefaultBranch);
            if !is_vacuous {
                let commits = Some(found.commits);
                return Ok(Read::new(found.findings, found.coverage, commits));
            }
        }
        if let Some(commit) = store.shallow.first() {
            return Err(self.cut(&RangeError::Shallow(*commit)));
        }
        if points.head() != Some(self.tips[0].1.id) {
            let found = without(&[])?;
            return Ok(Read::new(found.findings, found.coverage, None));
        }
        // the same, by the engine that is made for much
        let how = history::Options {
            threads,
            scope: Scope {
                branches: vec!["HEAD".to_owned()],
                ..Scope::default()
            },
            most: ci.max_blob_size,
            allow_missing: ci.allow_missing,
            no_binary: options.no_binary,
            ..history::Options::default()
        };
        let found = history::scan(store, scanner, &how, &Progress::default())?;
        Ok(Read::new(found.findings, found.coverage, None))
    }

    /// The error that the range goes on behind what was cloned.
    fn cut(&self, error: &RangeError) -> Error {
        let RangeError::Shallow(commit) = error;
        Error::Usage(format!(
            "{}: this clone is shallow and ends at commit {}, before all was seen: {}",
            self.job.event,
            commit.short(),
            self.depth
        ))
    }

    /// `GitHub pull request: 3f2a90c1d2e4..9bc10f5e6a7d, 4 commits; policy of 3f2a90c1d2e4`.
    fn told(&self, service: Option<Service>, read: &Read) -> String {
        let service = match service {
            Some(service) if !self.job.event.starts_with("--") => format!("{} ", service.name()),
            _ => String::new(),
        };
        let event = &self.job.event;
        let Some((tip, commit)) = self.tips.first() else {
            return format!("{service}{event}: nothing to scan");
        };
        let to = if tip.id == commit.id {
            commit.id.short()
        } else {
            format!("tag {}", tip.id.short())
        };
        let note = match &self.note {
            Some(note) => format!("; {note}"),
            None => String::new(),
        };
        match (read.commits, self.bases.first()) {
            (Some(count), Some(base)) => format!(
                "{service}{event}: {}..{to}, {count} {}; policy of {}{note}",
                base.id.short(),
                if count == 1 { "commit" } else { "commits" },
                self.policy.id.short()
            ),
            _ => format!(
                "{service}{event}: no base, so everything that {to} reaches; policy of {}{note}",
                self.policy.id.short()
            ),
        }
    }
}
