//! The options of asking providers, and the command `verify`. No I/O.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{OutputArgs, RuleArgs, options};
use crate::config::{Input, ScanOptions, VerifyOptions, VerifyTask};
use crate::error::{Error, unknown};
use crate::model::Verdict;
use crate::verify::{Redirected, Settings};

/// Longest time that may be set. Seconds.
const LONGEST: u64 = 7 * 24 * 60 * 60;

/// Most questions that may be allowed to run at a time, and a second.
const FASTEST: u16 = 1000;

/// Ask the providers about what a report lists: is it still live, and what can it do?
///
/// REPORT is what `waxseal scan --format json` or `jsonl` wrote. It holds no secret: each one is looked for again where the report
/// says, so run this in the folder in which the report was made. What is not found again is named, and makes the exit status 2.
///
/// What leaves this machine, where it goes and what that leaves behind at the provider is in docs/verify.md. Ask only about
/// credentials that are yours to ask about.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The report; `-` reads it from standard input.
    #[arg(value_name = "REPORT", required_unless_present = "list_endpoints")]
    report: Option<PathBuf>,
    /// Print every host that could ever be contacted, and what for; contact none.
    #[arg(long, conflicts_with = "report", help_heading = "Network")]
    list_endpoints: bool,
    #[command(flatten)]
    network: NetworkArgs,
    /// Number of threads that look for secrets again [default: one for each core].
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Whether to ask.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct AskArgs {
    /// Ask the provider of each credential that is found whether it still works. It is sent to that provider and to nobody else;
    /// `waxseal verify --list-endpoints` names all hosts. Without this, no network is touched.
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    network: NetworkArgs,
}

/// How to ask.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArgs {
    /// Say what would be asked where, and ask nothing.
    #[arg(long)]
    dry_run: bool,
    /// Show findings of this verdict only, and say how many are hidden: live, live-restricted, test, dead, rejected or unknown. May
    /// be repeated.
    #[arg(long = "only", value_name = "VERDICT")]
    verdicts: Vec<String>,
    #[command(flatten)]
    route: RouteArgs,
    /// Try SMTP logins at this mail server too, where a finding names it. Without it, only at those of known providers. May be
    /// repeated.
    #[arg(long = "smtp-host", value_name = "HOST")]
    smtp_hosts: Vec<String>,
    /// Ask for as many seconds at most [default: 600].
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=LONGEST))]
    verify_timeout: Option<u64>,
    /// Make as many requests at most [default: 2000].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_requests: Option<u64>,
    /// As many questions to one host at a time [default: 2].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(FASTEST)))]
    verify_concurrency: Option<u16>,
    /// As many questions a second, to all hosts together [default: 5].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(FASTEST)))]
    verify_rate: Option<u16>,
    /// Neither use nor keep answers of other runs.
    #[arg(long)]
    no_verify_cache: bool,
}

/// Where questions go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub(super) struct RouteArgs {
    /// Ask PROVIDER, or one of its hosts, at another place: `sendgrid=https://gate.example:8443`; `smtps://` and `smtp://` for mail
    /// servers. May be repeated. What goes there is a credential.
    #[arg(long = "endpoint", value_name = "PROVIDER=URL")]
    endpoints: Vec<String>,
    /// Trust the certificates in this file (PEM), and no others.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Let --endpoint and --smtp-host lead to this machine.
    #[arg(long)]
    allow_loopback: bool,
    /// Connect through this proxy: `http://[USER:PASSWORD@]HOST:PORT`. Proxies that the environment names are not used.
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
}

impl RouteArgs {
    /// The first option that was given.
    fn first_given(&self) -> Option<&'static str> {
        [
            (!self.endpoints.is_empty(), "--endpoint"),
            (self.ca.is_some(), "--ca"),
            (self.allow_loopback, "--allow-loopback"),
            (self.proxy.is_some(), "--proxy"),
        ]
        .into_iter()
        .find_map(|(given, flag)| given.then_some(flag))
    }

    /// The settings that lead there.
    pub(super) fn into_settings(self) -> Result<Settings, Error> {
        let endpoints = self.endpoints.iter().map(|text| {
            Redirected::parse(text)
                .map_err(|problem| Error::Usage(format!("--endpoint: {problem}")))
        });
        Ok(Settings {
            endpoints: endpoints.collect::<Result<_, _>>()?,
            ca: self.ca,
            allow_loopback: self.allow_loopback,
            proxy: self.proxy,
            ..Settings::default()
        })
    }
}

impl VerifyArgs {
    /// What is to be done, and what the search needs.
    pub(crate) fn into_options(self) -> Result<(ScanOptions, VerifyTask), Error> {
        let recipes = operators(&self.rules);
        let mut options = options(Input::Paths(vec![".".into()]), self.rules, &self.output)?;
        options.jobs = self.jobs;
        let task = match self.report {
            Some(report) => VerifyTask::Report(report),
            None => VerifyTask::ListEndpoints,
        };
        options.verify = Some(Box::new(self.network.into_options(recipes)?));
        checked(options).map(|options| (options, task))
    }
}

impl AskArgs {
    /// Puts into `options` whether and how to ask.
    pub(super) fn put_into(
        self,
        mut options: ScanOptions,
        recipes: Vec<PathBuf>,
    ) -> Result<ScanOptions, Error> {
        if self.verify {
            options.verify = Some(Box::new(self.network.into_options(recipes)?));
        } else if let Some(flag) = self.network.first_given() {
            return Err(Error::Usage(format!(
                "{flag} is about asking providers, which only --verify does"
            )));
        }
        checked(options)
    }
}

/// Rule files that the operator names, and with them the configuration file if it is named: their recipes may ask.
pub(super) fn operators(rules: &RuleArgs) -> Vec<PathBuf> {
    rules.files.iter().chain(&rules.config).cloned().collect()
}

/// Refuses what only makes sense if providers are asked.
pub(super) fn checked(options: ScanOptions) -> Result<ScanOptions, Error> {
    let problem = match &options.verify {
        None if options.fail_on_live => {
            "--fail-on live needs --verify: without asking, nobody knows what is live"
        }
        Some(how) if how.dry_run && options.fail_on_live => {
            "--dry-run asks nothing, so that nothing is live to --fail-on live; leave out one of them"
        }
        Some(how) if how.dry_run && !how.only.is_empty() => {
            "--dry-run asks nothing, so that --only has no verdicts to go by; leave out one of them"
        }
        _ => return Ok(options),
    };
    Err(Error::Usage(problem.to_owned()))
}

impl NetworkArgs {
    /// The first option that was given.
    fn first_given(&self) -> Option<&'static str> {
        [
            (self.dry_run, "--dry-run"),
            (!self.verdicts.is_empty(), "--only"),
            (!self.smtp_hosts.is_empty(), "--smtp-host"),
            (self.verify_timeout.is_some(), "--verify-timeout"),
            (self.max_requests.is_some(), "--max-requests"),
            (self.verify_concurrency.is_some(), "--verify-concurrency"),
            (self.verify_rate.is_some(), "--verify-rate"),
            (self.no_verify_cache, "--no-verify-cache"),
        ]
        .into_iter()
        .find_map(|(given, flag)| given.then_some(flag))
        .or_else(|| self.route.first_given())
    }

    /// How to ask.
    pub(super) fn into_options(self, recipes: Vec<PathBuf>) -> Result<VerifyOptions, Error> {
        let only = self.verdicts.iter().map(|name| verdict(name));
        let only = only.collect::<Result<_, _>>()?;
        let mut settings = self.route.into_settings()?;
        settings.smtp_hosts = self
            .smtp_hosts
            .iter()
            .map(|host| host.to_ascii_lowercase())
            .collect();
        let limits = &mut settings.limits;
        if let Some(seconds) = self.verify_timeout {
            limits.total = Duration::from_secs(seconds);
        }
        limits.requests = self.max_requests.unwrap_or(limits.requests);
        if let Some(count) = self.verify_concurrency {
            limits.per_host = count.into();
        }
        if let Some(count) = self.verify_rate {
            limits.rate = count.into();
        }
        Ok(VerifyOptions {
            settings,
            dry_run: self.dry_run,
            cache: !self.no_verify_cache,
            only,
            recipes,
        })
    }
}

/// A verdict by name.
fn verdict(name: &str) -> Result<Verdict, Error> {
    Verdict::ALL
        .into_iter()
        .find(|verdict| verdict.id() == name)
        .ok_or_else(|| unknown("verdict", name, Verdict::ALL.into_iter().map(Verdict::id)))
}
