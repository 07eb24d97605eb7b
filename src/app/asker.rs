//! Who asks providers: verifiers, the way to them and earlier answers, put together by what the operator decided.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::VerifyOptions;
use crate::error::Error;
use crate::model::{
    Contacted, Finding, Planned, Secret, Verdict, Verification, Verified, display_path,
};
use crate::rules::Rule;
use crate::scan::Scanner;
use crate::verify::net::{Guarded, NetError, SystemNames};
use crate::verify::revoke::{self, Deleted, Deletion, Place};
use crate::verify::{
    self, Cache, CacheError, DryRun, Endpoint, Job, Kept, Line, MailLogins, Question, Recipes,
    Scheme, SendGrid, Settings, Stop, Summary, Trouble, Twilio, Verifier, Way,
};

/// Letters and digits in a row that are the name of somebody's account rather than a word.
const NAME: usize = 20;

/// How many credentials of how many are done.
#[derive(Debug, Default)]
pub(super) struct Progress {
    done: AtomicUsize,
    all: AtomicUsize,
}

impl Progress {
    /// Done, and all.
    pub(super) fn so_far(&self) -> (u64, u64) {
        let count = |number: &AtomicUsize| number.load(Ordering::Relaxed) as u64;
        (count(&self.done), count(&self.all))
    }
}

/// Asks providers.
pub(super) struct Asker {
    settings: Settings,
    /// What the operator changed in where questions go, a clause each.
    changes: Vec<String>,
    verifiers: Vec<Box<dyn Verifier>>,
    dry_run: bool,
    cache: Option<Cache>,
    /// Why answers are neither used nor kept, though they were to be.
    no_cache: Option<String>,
}

impl Asker {
    /// Who asks as `how` has it, about what the rules of `scanner` find.
    pub(super) fn new(how: &VerifyOptions, scanner: &Scanner) -> Result<Self, Error> {
        // a rule of the scanned repository that has a recipe is an error, long before this
        let rules = scanner.rules();
        let age = how.cache.filter(|_| !how.dry_run);
        let mut asker = Self::with(&how.settings, rules, how.dry_run)?;
        // it saves questions, and nothing hangs on it
        match age
            .zip(folder())
            .map(|(age, folder)| Cache::open(&folder, age))
        {
            Some(Ok(cache)) => asker.cache = Some(cache),
            Some(Err(error)) => asker.no_cache = Some(told(&error)),
            None => {}
        }
        Ok(asker)
    }

    fn with<'r>(
        settings: &Settings,
        rules: impl IntoIterator<Item = &'r Rule>,
        dry_run: bool,
    ) -> Result<Self, Error> {
        let asker = Self {
            settings: settings.clone(),
            changes: changes(settings),
            verifiers: vec![
                Box::new(SendGrid),
                Box::new(Twilio),
                Box::new(MailLogins::new(&settings.smtp_hosts, false)),
                Box::new(Recipes::of(rules)),
            ],
            dry_run,
            cache: None,
            no_cache: None,
        };
        // what can't be used is known before a scan, not after
        asker.network(&Stop::default())?;
        asker.check_names()?;
        Ok(asker)
    }

    /// Fails where what is to be asked elsewhere is none that is asked: a slip of the pen would send credentials past the gateway.
    fn check_names(&self) -> Result<(), Error> {
        let endpoints = self.endpoints();
        let is_asked = |name: &str| {
            let mut endpoints = endpoints.iter();
            endpoints.any(|it| it.provider == name || it.covers(name, it.port))
        };
        let mut names = self.settings.endpoints.iter().map(|it| it.name.as_str());
        match names.find(|name| !is_asked(name)) {
            Some(name) => Err(Error::Usage(format!(
                "--endpoint: nobody is asked under the name `{name}`; `waxseal verify --list-endpoints` names providers and hosts"
            ))),
            None => Ok(()),
        }
    }

    /// The way out, until `stop` is set. The time that a run may take begins here.
    fn network(&self, stop: &Stop) -> Result<Guarded, NetError> {
        let (names, stop) = (Arc::new(SystemNames), stop.clone());
        Guarded::stoppable(&self.settings, self.endpoints(), names, stop)
    }

    /// What the operator changed in where questions go, a clause each.
    pub(super) fn changes(&self) -> &[String] {
        &self.changes
    }

    /// Every host that could be asked whether something works.
    fn endpoints(&self) -> Vec<Endpoint> {
        let all = self.verifiers.iter().flat_map(|it| it.endpoints());
        all.collect()
    }

    /// Every host that could be contacted, as it is shown where what is asked may lie elsewhere, and what for.
    pub(super) fn places(&self) -> Vec<(String, String, String)> {
        let mut endpoints = self.endpoints();
        endpoints.extend(revoke::endpoints());
        endpoints.sort();
        endpoints.dedup();
        let shown = endpoints.into_iter().map(|it| {
            // a question over HTTP has one port only, and no login has it
            let scheme = if it.port == 443 {
                Scheme::Https
            } else {
                Scheme::Smtp
            };
            let place = (it.host.as_str(), it.port);
            let way = Way::of(&self.settings, &it.provider, place, scheme);
            let place = match way.in_place_of {
                Some(meant) => format!("{} in place of {meant}:{}", way.place(), it.port),
                None => way.place(),
            };
            (it.provider.clone(), way.with_proxy(place), it.purpose)
        });
        shown.collect()
    }

    /// Asks about all findings until `stop` is set, tells each what came of it, and says what it took.
    pub(super) fn ask(
        &self,
        findings: &mut [Finding],
        so_far: &Progress,
        stop: &Stop,
    ) -> Verification {
        let line = self.network(stop);
        if let (true, Ok(line)) = (self.dry_run, &line) {
            let line = DryRun::new(line);
            let summary = self.run(findings, &line, so_far, stop);
            let planned = line.questions().into_iter().map(planned);
            return Verification {
                dry_run: true,
                planned: planned.collect(),
                ..self.told(summary)
            };
        }
        let summary = match line {
            Ok(line) => self.run(findings, &line, so_far, stop),
            // it was there when this was made
            Err(error) => {
                for finding in findings.iter_mut() {
                    finding.settle(Verified {
                        unanswered: true,
                        ..Verified::new(Verdict::Unknown, error.to_string())
                    });
                }
                Summary::default()
            }
        };
        let saved = self.cache.as_ref().map_or(Ok(()), Cache::save);
        let not_saved = saved.err().map(|error| told(&error));
        Verification {
            no_cache: not_saved.or_else(|| self.no_cache.clone()),
            ..self.told(summary)
        }
    }

    fn run(
        &self,
        findings: &mut [Finding],
        line: &dyn Line,
        so_far: &Progress,
        stop: &Stop,
    ) -> Summary {
        let summary = verify::run(
            findings,
            &Job {
                settings: &self.settings,
                verifiers: &self.verifiers,
                line,
                kept: self.cache.as_ref().map(|cache| cache as &dyn Kept),
                stop,
                progress: &|done, all| {
                    so_far.done.store(done, Ordering::Relaxed);
                    so_far.all.store(all, Ordering::Relaxed);
                },
            },
        );
        for finding in findings {
            if let Some(verified) = finding.verified.take() {
                finding.settle(*verified);
            }
        }
        summary
    }

    fn told(&self, summary: Summary) -> Verification {
        let hosts = summary.hosts.into_iter();
        Verification {
            credentials: summary.credentials as u64,
            cached: summary.cached as u64,
            hosts: hosts
                .map(|(host, requests)| Contacted { host, requests })
                .collect(),
            changes: self.changes.clone(),
            stopped: summary.stopped,
            ..Verification::default()
        }
    }

    /// What its provider says of `finding` now.
    pub(super) fn verdict(&self, finding: &Finding) -> Verified {
        let mut findings = [Finding {
            verified: None,
            ..finding.clone()
        }];
        self.ask(&mut findings, &Progress::default(), &Stop::default());
        let [finding] = findings;
        finding.verified.map_or_else(
            || Verified::new(Verdict::Unknown, "nobody can be asked about it"),
            |verified| *verified,
        )
    }

    /// Asks to delete a key, as `admin`. Gives the answer, and who gave it.
    pub(super) fn delete<'d>(
        &self,
        deletion: &'d Deletion,
        admin: &Secret,
    ) -> Result<(Deleted, Option<&'d Place>), Trouble> {
        let line = self.network(&Stop::default()).map_err(|_| Trouble::Tls)?;
        deletion.ask(admin, &mut *line.wire())
    }
}

/// What is wrong with the folder of the answers.
fn told(error: &CacheError) -> String {
    let source = std::error::Error::source(error);
    let why = source.map_or_else(String::new, |source| format!(": {source}"));
    format!("{}{why}", error.path)
}

/// Where answers are kept; nowhere if there is no place for such things.
fn folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = set("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let place = if cfg!(windows) {
        set("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| Path::new(&home).join("Library/Caches"))
    } else {
        set("HOME").map(|home| Path::new(&home).join(".cache"))
    };
    Some(cache.or(place)?.join("waxseal"))
}

/// What `settings` change, a clause each.
fn changes(settings: &Settings) -> Vec<String> {
    let mut changes = Vec::new();
    for entry in &settings.endpoints {
        let scheme = match entry.scheme {
            Scheme::Https => "https",
            Scheme::Smtps => "smtps",
            Scheme::Smtp => "smtp",
        };
        changes.push(format!(
            "{} is asked at {scheme}://{}",
            entry.name,
            entry.shown()
        ));
    }
    if let Some(file) = &settings.ca {
        let file = display_path(file.as_os_str().as_encoded_bytes());
        changes.push(format!(
            "only certificates are trusted that {file} vouches for"
        ));
    }
    if settings.allow_loopback {
        changes.push("hosts may be this machine".to_owned());
    }
    for host in &settings.smtp_hosts {
        changes.push(format!("mail logins are tried at {host}"));
    }
    if let Some(proxy) = &settings.proxy {
        let but = if proxy.has_exceptions() {
            ", but to the hosts of NO_PROXY"
        } else {
            ""
        };
        changes.push(format!("all goes through the proxy {proxy}{but}"));
    }
    changes
}

/// A question as it may be shown: names of accounts are cut to their beginnings.
fn planned((question, credentials): (Question, u64)) -> Planned {
    let mut what = String::with_capacity(question.what.len());
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut rest = question.what.as_str();
    while !rest.is_empty() {
        let word = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(word);
        let is_name = name.len() >= NAME && name.bytes().any(|byte| byte.is_ascii_digit());
        if is_name {
            what.push_str(&name[..2]);
            what.push_str(Secret::MASK);
        } else {
            what.push_str(name);
        }
        let next = behind.find(is_part).unwrap_or(behind.len());
        what.push_str(&behind[..next]);
        rest = &behind[next..];
    }
    Planned {
        provider: question.provider,
        host: question.host,
        what,
        credentials,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{MailHost, Proxy};

    #[test]
    fn names_of_accounts_are_cut() {
        let shown = |what: &str| {
            let question = Question {
                provider: String::new(),
                host: String::new(),
                what: what.to_owned(),
            };
            planned((question, 1)).what
        };
        let sid = format!("AC{}", "0".repeat(32));
        assert_eq!(
            shown(&format!(
                "GET /2010-04-01/Accounts/{sid}/Messages.json?PageSize=1"
            )),
            "GET /2010-04-01/Accounts/AC********/Messages.json?PageSize=1"
        );
        assert_eq!(shown("GET /v3/scopes"), "GET /v3/scopes");
        assert_eq!(shown("AUTH, and no mail"), "AUTH, and no mail");
    }

    #[test]
    fn every_change_is_told_and_no_password_of_a_proxy() {
        let settings = Settings {
            endpoints: vec![verify::Redirected::parse("sendgrid=https://127.0.0.1:8443").unwrap()],
            ca: Some("ca.pem".into()),
            allow_loopback: true,
            smtp_hosts: vec![MailHost::parse("mail.example.org").unwrap()],
            proxy: Some(Proxy::parse("http://me:word@proxy.example:8080").unwrap()),
            ..Settings::default()
        };
        assert_eq!(
            changes(&settings),
            [
                "sendgrid is asked at https://127.0.0.1:8443",
                "only certificates are trusted that ca.pem vouches for",
                "hosts may be this machine",
                "mail logins are tried at mail.example.org",
                "all goes through the proxy proxy.example:8080",
            ]
        );
        assert_eq!(changes(&Settings::default()), Vec::<String>::new());
    }
}
