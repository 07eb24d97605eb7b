//! `revoke`: takes a leaked key away at its provider, or says how.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::config::{HistoryEngine, HistoryOptions, RevokeOptions, ScanOptions};
use crate::error::{EXIT_CLEAN, EXIT_FAILED, EXIT_FOUND, Error};
use crate::model::{Finding, Report, Secret, Verdict, Verified, display_path};
use crate::report::{Format, Meta, escape, render};
use crate::verify::Credential;
use crate::verify::revoke::{self, Deleted, Deletion};

use super::asker::Asker;
use super::collect::Collector;
use super::scan::{self, Job};
use super::{Failure, Streams, history, policy};

/// How long is waited before the provider is asked whether a deleted key still works: what is deleted may work for a moment.
const WAITS: [u64; 6] = [0, 1, 2, 5, 10, 20];

/// Variable that holds the account of a Twilio key where the finding does not name it.
const ACCOUNT: &str = "TWILIO_ACCOUNT_SID";

/// Looks for the finding, and revokes it or says how. Gives the exit status.
pub(super) fn run(
    options: ScanOptions,
    how: &RevokeOptions,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let (mut options, policy, baseline) = policy::resolve(options)?;
    let asking = options.verify.take().unwrap_or_default();
    let how = &RevokeOptions {
        settings: asking.settings,
        ..how.clone()
    };
    let options = &options;
    let job = Job::new(policy, baseline, options, Instant::now())?;
    let finding = find(options, how, &job)?;
    let report = Report {
        findings: vec![finding],
        ..Report::default()
    };
    let (color, _) = job.colors(streams);
    job.with_meta(|meta| {
        let meta = Meta { color, ..*meta };
        render(Format::Text, &report, &meta, &mut *streams.out)
    })?;
    let finding = report
        .findings
        .into_iter()
        .next()
        .expect("it was put in above");
    let account = variable(ACCOUNT);
    let credential = Credential::of(&finding, &[]);
    if let Some(deletion) = Deletion::of(&credential, account.as_ref()) {
        return delete(&finding, &deletion, how, streams);
    }
    let steps = job.with_meta(|meta| {
        let rule = meta.rules.iter().find(|rule| rule.id == finding.rule);
        rule.map_or_else(Vec::new, |rule| rule.remedy.to_vec())
    });
    by_hand(&finding, &steps, streams.out)?;
    Ok(EXIT_FOUND)
}

/// The finding that is meant: below the path, or else in the history of the repository there.
fn find(options: &ScanOptions, how: &RevokeOptions, job: &Job<'_>) -> Result<Finding, Error> {
    let collector = Collector::new(&job.scanner);
    scan::read(options, std::slice::from_ref(&how.path), &collector)?;
    let report = collector.into_report();
    if let Some(finding) = meant(report, &how.fingerprint)? {
        return Ok(finding);
    }
    let shown = display_path(how.path.as_os_str().as_encoded_bytes());
    let history = HistoryOptions {
        repo: folder(&how.path).to_owned(),
        git_dir: None,
        range: None,
        branches: Vec::new(),
        since: None,
        reachable: false,
        engine: HistoryEngine::Delta,
        allow_missing: false,
    };
    let nothing = |also| {
        Error::Usage(format!(
            "{shown} holds no finding with the fingerprint {}{also}; `waxseal scan -v` shows fingerprints",
            how.fingerprint
        ))
    };
    let report = match history::read(options, &history, &job.scanner) {
        Ok(report) => report,
        Err(Error::Store(_)) => return Err(nothing("")),
        Err(error) => return Err(error),
    };
    meant(report, &how.fingerprint)?.ok_or_else(|| nothing(", and neither does its history"))
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

/// The first finding whose fingerprint begins with `digits`. What comments allow can be revoked like any other.
fn meant(report: Report, digits: &str) -> Result<Option<Finding>, Error> {
    let all = report.findings.into_iter().chain(report.allows.findings);
    let mut found = all.filter(|it| it.fingerprint.to_string().starts_with(digits));
    let Some(first) = found.next() else {
        return Ok(None);
    };
    if found.any(|other| other.fingerprint != first.fingerprint) {
        return Err(Error::Usage(format!(
            "several findings have fingerprints that begin with {digits}; give more digits"
        )));
    }
    Ok(Some(first))
}

/// Says what has to be done by hand.
fn by_hand(
    finding: &Finding,
    steps: &[std::borrow::Cow<'static, str>],
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(
        out,
        "\nwaxseal can't take back a {}. The steps:",
        escape(&finding.rule)
    )?;
    for (number, step) in (1..).zip(steps) {
        writeln!(out, "  {number}. {}", escape(step))?;
    }
    Ok(())
}

/// Deletes the key if that is wanted, and asks whether it is gone.
fn delete(
    finding: &Finding,
    deletion: &Deletion,
    how: &RevokeOptions,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let name = how.variable.as_deref().unwrap_or(deletion.variable);
    writeln!(
        streams.out,
        "\nkey to delete: {} {}\nrequest:       DELETE https://{}{}\nasked with:    {}, from the variable {}",
        deletion.provider,
        deletion.key,
        deletion.hosts.join(" or "),
        deletion.path,
        deletion.takes,
        escape(name)
    )?;
    streams.out.flush()?;
    if !how.yes {
        if !io::stdin().is_terminal() {
            let problem = "a key is deleted for good, and there is no terminal: --yes says that this is meant";
            return Err(Error::Usage(problem.to_owned()).into());
        }
        writeln!(
            streams.out,
            "Nothing was done. What uses this key stops working at once: deploy another one first. --yes deletes it."
        )?;
        return Ok(EXIT_FOUND);
    }
    let admin = variable(name).ok_or_else(|| {
        Error::Usage(format!(
            "{name} is not set: it has to hold {}",
            deletion.takes
        ))
    })?;
    if !revoke::is_well_formed(deletion, &admin) {
        let problem = format!("{name} does not hold {}", deletion.takes);
        return Err(Error::Usage(problem).into());
    }
    let asker = Asker::plain(&how.settings)?;
    if !asker.changes().is_empty() {
        let changes = asker.changes().join("; ");
        writeln!(
            streams.err,
            "waxseal: not the usual way to the providers: {}",
            escape(&changes)
        )?;
    }
    let answer = asker.delete(deletion, &admin);
    let (told, is_gone) = said(answer, name);
    writeln!(streams.out, "{told}")?;
    streams.out.flush()?;
    if !is_gone {
        return Ok(EXIT_FAILED);
    }
    confirm(finding, &asker, streams.out)
}

/// What the answer means for people, and whether the key may be gone.
fn said(answer: Result<Deleted, crate::verify::Trouble>, name: &str) -> (String, bool) {
    let name = escape(name);
    let told = match answer {
        Ok(Deleted::Done) => return ("deleted".to_owned(), true),
        Ok(Deleted::Unknown) => {
            let told = format!(
                "no such key in the account of {name}: deleted before, or another account's"
            );
            return (told, true);
        }
        Ok(Deleted::Unauthorized) => {
            format!("not deleted: the provider does not accept what is in {name}")
        }
        Ok(Deleted::Forbidden) => format!("not deleted: what is in {name} may not delete keys"),
        Ok(Deleted::Throttled(Some(wait))) => {
            format!(
                "not deleted: the provider asks to wait for {} s; run this again then",
                wait.as_secs()
            )
        }
        Ok(Deleted::Throttled(None)) => {
            "not deleted: the provider asks to wait; run this again in some minutes".to_owned()
        }
        Ok(Deleted::Other(status)) => {
            format!(
                "not deleted: the provider answered with status {status}, which tells nothing; run this again"
            )
        }
        Err(trouble) => format!("not deleted, as far as known: {trouble}; run this again"),
    };
    (told, false)
}

/// Asks until the key is no longer accepted, or until it was asked often enough.
fn confirm(finding: &Finding, asker: &Asker, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut last: Option<Verified> = None;
    for seconds in WAITS {
        std::thread::sleep(Duration::from_secs(seconds));
        let verified = asker.verdict(finding);
        if matches!(verified.verdict, Verdict::Dead | Verdict::Rejected) {
            let (verdict, reason) = (verified.verdict.id(), escape(&verified.reason));
            writeln!(
                out,
                "confirmed: it is no longer accepted ({verdict}: {reason})"
            )?;
            return Ok(EXIT_CLEAN);
        }
        // nobody will answer the next time either
        let is_final = verified.verdict == Verdict::Unknown && !verified.unanswered;
        last = Some(verified);
        if is_final {
            break;
        }
    }
    if let Some(verified) = last {
        let seconds: u64 = WAITS.iter().sum();
        let (verdict, reason) = (verified.verdict.id(), escape(&verified.reason));
        writeln!(
            out,
            "not confirmed: asked for {seconds} s, the last answer was {verdict}: {reason}. Run this again, and look into the account"
        )?;
    }
    Ok(EXIT_FAILED)
}

/// The value of an environment variable, if it has one.
fn variable(name: &str) -> Option<Secret> {
    let value = zeroize::Zeroizing::new(std::env::var(name).ok()?);
    let value = value.trim();
    (!value.is_empty()).then(|| Secret::new(value.as_bytes(), 0))
}
