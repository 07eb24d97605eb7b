//! The options of asking providers, and the command `verify`. No I/O.

use std::path::PathBuf;

use clap::Args;

use super::{OutputArgs, RuleArgs, options};
use crate::config::table::{Name, Setting, Shape};
use crate::config::{Input, ScanOptions, VerifyFlags, VerifyOptions, VerifyTask, check_proxy};
use crate::error::{Error, unknown};
use crate::model::Verdict;
use crate::verify::{MailHost, Redirected, Settings};

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
    /// Try SMTP logins at this mail server too, where a finding names it: at the port in the file if that is 25, 465, 587 or 2525,
    /// or at the PORT that is named here. Without it, only at those of known providers. May be repeated.
    #[arg(long = "smtp-host", value_name = "HOST[:PORT]")]
    smtp_hosts: Vec<String>,
    /// Ask for as many seconds at most [default: 600].
    #[arg(long, value_name = "SECONDS", value_parser = number(Name::VerifyTimeout))]
    verify_timeout: Option<u64>,
    /// Wait for one answer as many seconds at most [default: 15].
    #[arg(long, value_name = "SECONDS", value_parser = number(Name::VerifyRequestTimeout))]
    request_timeout: Option<u64>,
    /// Make as many requests at most [default: 2000].
    #[arg(long, value_name = "N", value_parser = number(Name::VerifyMaxRequests))]
    max_requests: Option<u64>,
    /// As many questions to one host at a time [default: 2].
    #[arg(long, value_name = "N", value_parser = number(Name::VerifyConcurrency))]
    verify_concurrency: Option<u64>,
    /// As many questions a second, to all hosts together [default: 5].
    #[arg(long, value_name = "N", value_parser = number(Name::VerifyRate))]
    verify_rate: Option<u64>,
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
    /// Connect through this proxy: `http://[USER:PASSWORD@]HOST:PORT`; `env` for the one that `HTTPS_PROXY` or `ALL_PROXY` names, but
    /// to the hosts of `NO_PROXY`; `none` for none. Without it, those of the environment are not used.
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

    /// How to ask there.
    pub(super) fn into_options(self) -> Result<VerifyOptions, Error> {
        let endpoints = self.endpoints.iter().map(|text| {
            Redirected::parse(text)
                .map_err(|problem| Error::Usage(format!("--endpoint: {problem}")))
        });
        if let Some(proxy) = &self.proxy {
            // not while the line is parsed: that would quote it, with its password
            check_proxy(proxy).map_err(|problem| Error::Usage(format!("--proxy: {problem}")))?;
        }
        Ok(VerifyOptions {
            settings: Settings {
                endpoints: endpoints.collect::<Result<_, _>>()?,
                ca: self.ca,
                allow_loopback: self.allow_loopback,
                ..Settings::default()
            },
            flags: VerifyFlags {
                proxy: self.proxy,
                ..VerifyFlags::default()
            },
            ..VerifyOptions::default()
        })
    }
}

impl VerifyArgs {
    /// What is to be done, and what the search needs.
    pub(crate) fn into_options(self) -> Result<(ScanOptions, VerifyTask), Error> {
        let mut options = options(Input::Paths(vec![".".into()]), self.rules, &self.output)?;
        options.jobs = self.jobs;
        let task = match self.report {
            Some(report) => VerifyTask::Report(report),
            None => VerifyTask::ListEndpoints,
        };
        options.verify = Some(Box::new(self.network.into_options()?));
        Ok((options, task))
    }
}

impl AskArgs {
    /// Puts into `options` whether and how to ask.
    pub(super) fn put_into(self, mut options: ScanOptions) -> Result<ScanOptions, Error> {
        let unasked = self.network.first_given().filter(|_| !self.verify);
        if self.verify || unasked.is_some() {
            options.verify = Some(Box::new(VerifyOptions {
                unasked,
                ..self.network.into_options()?
            }));
        }
        Ok(options)
    }
}

impl NetworkArgs {
    /// The first option that was given.
    fn first_given(&self) -> Option<&'static str> {
        [
            (self.dry_run, "--dry-run"),
            (!self.verdicts.is_empty(), "--only"),
            (!self.smtp_hosts.is_empty(), "--smtp-host"),
            (self.verify_timeout.is_some(), "--verify-timeout"),
            (self.request_timeout.is_some(), "--request-timeout"),
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
    pub(super) fn into_options(self) -> Result<VerifyOptions, Error> {
        let only = self.verdicts.iter().map(|name| verdict(name));
        let only = only.collect::<Result<_, _>>()?;
        for host in &self.smtp_hosts {
            MailHost::parse(host)
                .map_err(|problem| Error::Usage(format!("--smtp-host: {problem}")))?;
        }
        let how = self.route.into_options()?;
        Ok(VerifyOptions {
            flags: VerifyFlags {
                hosts: self.smtp_hosts,
                max_requests: self.max_requests,
                timeout: self.verify_timeout,
                request_timeout: self.request_timeout,
                concurrency: self.verify_concurrency,
                rate: self.verify_rate,
                no_cache: self.no_verify_cache,
                ..how.flags
            },
            dry_run: self.dry_run,
            only,
            ..how
        })
    }
}

/// Reads a number within the bounds of the setting `name`.
fn number(name: Name) -> clap::builder::RangedU64ValueParser<u64> {
    let bounds = match Setting::of(name).shape {
        Shape::Number { least, most } => least..=most,
        _ => 0..=u64::MAX,
    };
    clap::builder::RangedU64ValueParser::new().range(bounds)
}

/// A verdict by name.
fn verdict(name: &str) -> Result<Verdict, Error> {
    Verdict::ALL
        .into_iter()
        .find(|verdict| verdict.id() == name)
        .ok_or_else(|| unknown("verdict", name, Verdict::ALL.into_iter().map(Verdict::id)))
}
