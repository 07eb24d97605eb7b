//! `revoke`: takes a leaked key away at its provider, or says how.

mod confirm;
mod steps;
mod which;

use std::io::{self, IsTerminal as _};

use crate::config::{RevokeOptions, ScanOptions, VerifyOptions};
use crate::error::{EXIT_CLEAN, EXIT_FAILED, EXIT_FOUND, Error};
use crate::model::{Finding, Report, Secret};
use crate::report::{Format, Meta, escape, render};
use crate::verify::revoke::{self, Deleted, Deletion, Told};
use crate::verify::{Credential, Trouble};

use super::asker::Asker;
use super::scan::Job;
use super::{Failure, Streams, policy};
use confirm::{Before, Confirmation};
use steps::Steps;
use which::Given;

/// Variable that holds the account of a Twilio key where the finding does not name it.
const ACCOUNT: &str = "TWILIO_ACCOUNT_SID";

/// Variable that holds its region, likewise.
const REGION: &str = "TWILIO_REGION";

/// Looks for the finding, and revokes it or says how. Gives the exit status.
pub(super) fn run(
    options: ScanOptions,
    how: &RevokeOptions,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let given = Given::read(&how.which)?;
    let (mut options, policy, baseline) = policy::resolve(options)?;
    // the search asks nobody
    let asking = VerifyOptions {
        // what was true an hour ago is of no use here
        cache: None,
        ..*options.verify.take().unwrap_or_default()
    };
    let job = Job::with_rules(policy, baseline, &options, &given.rules())?;
    let finding = given.find(&options, &job)?;
    show(&finding, &job, streams)?;

    let (account, region) = (variable(ACCOUNT), region()?);
    let told = Told {
        account: account.as_ref(),
        region: region.as_deref(),
    };
    let rule = job.scanner.rules().find(|rule| rule.id == finding.rule);
    let steps = Steps::of(&finding, rule);
    let credential = Credential::of(&finding, &[]);
    let Some(deletion) = Deletion::of(&credential, told) else {
        writeln!(streams.out, "\nwaxseal can't take this back itself.")?;
        steps.write(streams.out)?;
        if let Some(lacks) = revoke::lacks(&credential, told) {
            writeln!(
                streams.out,
                "It could, if it knew {lacks}: set {ACCOUNT} to its SID."
            )?;
        }
        return Ok(EXIT_FOUND);
    };
    let name = how.variable.as_deref().unwrap_or(deletion.variable);
    announce(&deletion, name, streams)?;
    if !how.yes {
        if !io::stdin().is_terminal() {
            let problem = "a key is deleted for good, and there is no terminal: --yes says that this is meant";
            return Err(Error::Usage(problem.to_owned()).into());
        }
        writeln!(
            streams.out,
            "Nothing was done. What uses this key stops working at once: deploy another one first. --yes deletes it."
        )?;
        writeln!(streams.out)?;
        steps.write(streams.out)?;
        return Ok(EXIT_FOUND);
    }
    let asker = Asker::new(&asking, &job.scanner)?;
    let admin = admin(&deletion, name)?;
    delete(&finding, &deletion, (&admin, name), &asker, streams)
}

/// Shows what was found.
fn show(finding: &Finding, job: &Job<'_>, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let report = Report {
        findings: vec![finding.clone()],
        ..Report::default()
    };
    let (color, _) = job.colors(streams);
    job.with_meta(|meta| {
        let meta = Meta { color, ..*meta };
        render(Format::Text, &report, &meta, &mut *streams.out)
    })?;
    Ok(())
}

/// The region that the environment names.
fn region() -> Result<Option<String>, Error> {
    let Ok(name) = std::env::var(REGION) else {
        return Ok(None);
    };
    let name = name.trim();
    if name.is_empty() || revoke::is_region(name) {
        return Ok((!name.is_empty()).then(|| name.to_owned()));
    }
    let known: Vec<&str> = revoke::regions().collect();
    Err(Error::Usage(format!(
        "{REGION}: expected one of {}",
        known.join(", ")
    )))
}

/// Who deletes the key, as the variable `name` has it.
fn admin(deletion: &Deletion, name: &str) -> Result<Secret, Error> {
    let admin = variable(name).ok_or_else(|| {
        Error::Usage(format!(
            "{} is not set: it has to hold {}",
            escape(name),
            deletion.takes
        ))
    })?;
    if revoke::is_well_formed(deletion, &admin) {
        return Ok(admin);
    }
    let problem = format!("{} does not hold {}", escape(name), deletion.takes);
    Err(Error::Usage(problem))
}

/// Says what would be deleted, where, and as whom.
fn announce(deletion: &Deletion, name: &str, streams: &mut Streams<'_>) -> io::Result<()> {
    let places = deletion.places.iter().enumerate().map(|(at, place)| {
        let why = match (at, deletion.hint, deletion.provider) {
            (0, Some(hint), _) => format!(", as {hint} says"),
            (0, None, "twilio") => ", as nothing says otherwise".to_owned(),
            _ => String::new(),
        };
        format!("{} ({}{why})", place.host, place.region)
    });
    let places = places.collect::<Vec<_>>().join(", else ");
    writeln!(
        streams.out,
        "\nkey to delete: {} {}\nrequest:       DELETE {}\nasked at:      {places}\nasked with:    {}, from the variable {}",
        deletion.kind,
        deletion.key,
        deletion.path,
        deletion.takes,
        escape(name)
    )?;
    streams.out.flush()
}

/// Deletes the key as `admin`, and asks whether it is gone.
fn delete(
    finding: &Finding,
    deletion: &Deletion,
    (admin, name): (&Secret, &str),
    asker: &Asker,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    if !asker.changes().is_empty() {
        let changes = asker.changes().join("; ");
        writeln!(
            streams.err,
            "waxseal: not the usual way to the providers: {}",
            escape(&changes)
        )?;
    }
    let (answer, place) = match asker.delete(deletion, admin) {
        Ok((answer, place)) => (Ok(answer), place),
        Err(trouble) => (Err(trouble), None),
    };
    let (told, before) = said(answer, name);
    let place = place.map_or_else(String::new, |it| format!(" ({} region)", it.region));
    writeln!(streams.out, "{told}{place}")?;
    streams.out.flush()?;
    let Some(before) = before else {
        return Ok(EXIT_FAILED);
    };
    let confirmation = Confirmation::of(before, || asker.verdict(finding), std::thread::sleep);
    writeln!(streams.out, "{}", confirmation.told(name))?;
    Ok(if confirmation.is_dead() {
        EXIT_CLEAN
    } else {
        EXIT_FAILED
    })
}

/// What the answer means for people, and what is to be confirmed, if the key may be gone.
fn said(answer: Result<Deleted, Trouble>, name: &str) -> (String, Option<Before>) {
    let name = escape(name);
    let told = match answer {
        Ok(Deleted::Done) => return ("deleted".to_owned(), Some(Before::Deleted)),
        Ok(Deleted::Unknown) => {
            let told = format!(
                "no such key in the account of {name}: deleted before, or another account's"
            );
            return (told, Some(Before::NoSuchKey));
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
        // it may have been understood, and the answer lost
        Err(trouble @ (Trouble::Connection | Trouble::Timeout | Trouble::Protocol)) => {
            let told = format!("whether it was deleted is not known: {trouble}");
            return (told, Some(Before::NoAnswer));
        }
        Err(trouble) => format!("not deleted: {trouble}"),
    };
    (told, None)
}

/// The value of an environment variable, if it has one.
fn variable(name: &str) -> Option<Secret> {
    let value = zeroize::Zeroizing::new(std::env::var(name).ok()?);
    let value = value.trim();
    (!value.is_empty()).then(|| Secret::new(value.as_bytes(), 0))
}
