//! `ci`: what a CI job is about through the scanner, by the policy of the commit that it starts from.
//!
//! Whoever opens a pull request can change every file of it, so that no file of it may have a say in its check: the configuration
//! is read from the base, and what is changed in it is told and has no effect yet. A branch that is pushed goes by the default branch.

mod changes;

use std::io::Read as _;
use std::time::Instant;

use crate::ci::{self, Environment, Job, Point, Service};
use crate::config::{self, CONFIG_VARIABLE, CiOptions, ScanOptions};
use crate::error::Error;
use crate::git::{Refs, Store};
use crate::history::{self, CommitInfo, Progress, Scope};
use crate::model::{Coverage, Finding, Outcome, Report, display_path};
use crate::range::{self, RangeError, Tip};
use crate::report::{Verbosity, escape};
use crate::rules::notices;
use crate::scan::Scanner;

use super::policy::points::{self, Points};
use super::{Failure, Streams, policy, scan};

/// Largest description of an event that is read. Bytes. GitHub's own limit is 25 MB.
const LARGEST_EVENT: u64 = 64 << 20;

/// Finds the range, scans it, writes every report, and gives the outcome.
pub(super) fn run(
    options: ScanOptions,
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
    let plan = Plan::new(&job, service, options.policy.from.as_deref(), &mut points)?;
    let named = outside(&options, &store)?;
    let asked = options.clone();
    let (options, policy) = policy::of_commit(options, &plan.policy.commit, &mut points)?;
    let mut scan = scan::Job::new(policy, &options, started)?;
    let read = plan.scan(&options, ci, &scan.scanner, &store, &points)?;
    if options.verbosity > Verbosity::Quiet {
        let line = plan.told(service, &read, named.as_deref());
        writeln!(streams.err, "waxseal: {line}")?;
    }
    let mut report = read.report;
    report.sort();
    // what brings nothing in changes nothing
    let is_change = read.commits != Some(0);
    if let (true, Some((_, tip))) = (is_change, plan.tips.first()) {
        // a file from elsewhere is what counts, whatever the repository's own says
        if named.is_none() {
            let base = &plan.policy.commit;
            let changed = changes::of_policy(&asked, base, tip, &mut points)?;
            report.findings.extend(changed);
        }
        if read.commits.is_some() {
            let allowed = changes::allowed(&report.allows);
            report.findings.extend(allowed);
        }
        report.sort();
        scan.notices = notices().into();
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
        default: None,
        needs_base: true,
    }
}

/// The configuration file that a variable names, as it may be shown. One of the checkout is what the change to be checked may have made of it.
fn outside(options: &ScanOptions, store: &Store) -> Result<Option<String>, Error> {
    let Some(path) = config::named(&options.policy) else {
        return Ok(None);
    };
    let name = display_path(path.as_os_str().as_encoded_bytes());
    let top = store
        .root
        .as_ref()
        .and_then(|root| root.canonicalize().ok());
    // one that is not there is an error of its own
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    if top.is_some_and(|top| real.starts_with(top)) {
        return Err(Error::Usage(format!(
            "{CONFIG_VARIABLE}={name}: this file is part of the checkout, so that the change to be checked may have changed it; name one from elsewhere, or let the policy of the base count"
        )));
    }
    Ok(Some(name))
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
    policy: Ruling,
    /// Why `bases` are not what the service says.
    note: Option<String>,
    depth: &'static str,
}

/// The commit whose policy counts.
struct Ruling {
    commit: CommitInfo,
    /// Why it is that one, where it is not the one that was to be expected.
    why: Option<&'static str>,
}

impl Ruling {
    /// The commit whose policy counts for a job that leads to `tip`. Whoever may push a branch must not set the policy of its check, so
    /// it is that of the default branch where the two parted.
    fn of(
        job: &Job,
        tip: &CommitInfo,
        bases: &[CommitInfo],
        points: &mut Points<'_>,
    ) -> Result<Self, Error> {
        let plain = |commit: &CommitInfo| Self {
            commit: commit.clone(),
            why: None,
        };
        if job.needs_base {
            return Ok(plain(bases.first().unwrap_or(tip)));
        }
        let default = job.guesses.first().or(job.default.as_ref());
        let Some(point) = default else {
            // the default branch itself: what it held before counts
            let own = "which is what was pushed: what the default branch held before is not known";
            return Ok(Self {
                why: bases.is_empty().then_some(own),
                ..plain(bases.first().unwrap_or(tip))
            });
        };
        let is_named = matches!(point, Point::Branch(_));
        let Some((_, default)) = points.find(point)? else {
            let (commit, why) = match bases.first() {
                Some(base) => (
                    base,
                    "which an earlier push may have brought: the default branch is not in this clone",
                ),
                None => (tip, "its own: the default branch is not in this clone"),
            };
            return Ok(Self {
                why: Some(why),
                ..plain(commit)
            });
        };
        // perhaps this is the default branch, which has been pushed by now
        if let (false, Some(base)) = (is_named, bases.first())
            && default.id == tip.id
        {
            return Ok(plain(base));
        }
        let shared = points.shared(tip, &default)?;
        Ok(plain(&shared.unwrap_or(default)))
    }
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
    /// What `job` is about. `revision` is the commit whose policy was asked for.
    fn new(
        job: &'j Job,
        service: Option<Service>,
        revision: Option<&str>,
        points: &mut Points<'_>,
    ) -> Result<Self, Error> {
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
        let tip = match tips.first() {
            Some((_, commit)) => commit.clone(),
            None => points
                .find(&Point::Head)?
                .map(|(_, commit)| commit)
                .ok_or_else(|| absent("head", &Point::Head))?,
        };
        let policy = match revision {
            Some(revision) => Ruling {
                commit: policy::named(revision, points)?,
                why: None,
            },
            // what is a guess is no state that was there before
            None if is_guess => Ruling::of(job, &tip, &[], points)?,
            None => Ruling::of(job, &tip, &bases, points)?,
        };
        Ok(Self {
            job,
            tips,
            bases,
            is_guess,
            policy,
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
                most: options.max_blob_size,
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
            most: options.max_blob_size,
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
    fn told(&self, service: Option<Service>, read: &Read, named: Option<&str>) -> String {
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
        let policy = match (named, self.policy.why) {
            (Some(file), _) => file.to_owned(),
            (None, Some(why)) => format!("{}, {why}", self.policy.commit.id.short()),
            (None, None) => self.policy.commit.id.short(),
        };
        match (read.commits, self.bases.first()) {
            (Some(count), Some(base)) => format!(
                "{service}{event}: {}..{to}, {count} {}; policy of {policy}{note}",
                base.id.short(),
                if count == 1 { "commit" } else { "commits" },
            ),
            _ => format!(
                "{service}{event}: no base, so everything that {to} reaches; policy of {policy}{note}"
            ),
        }
    }
}
