//! What has to be done by hand: the steps of the rule, or those of the provider whose mail server stands beside the login.

use std::io::{self, Write};

use crate::model::Finding;
use crate::report::escape;
use crate::rules::{BUILTIN, Rule};
use crate::verify::Credential;

/// Providers of mail servers, and the rule whose steps say how a login there ends. A login that was found as such has steps for any
/// provider; these are those of its own.
#[rustfmt::skip]
const PROVIDERS: &[(&str, &str)] = &[
    ("amazon-ses", "amazon-ses-smtp"),
    ("aol", "mailbox-app-password"),
    ("azure-communication", "azure-communication-smtp"),
    ("brevo", "brevo-smtp-key"),
    ("elastic-email", "elastic-email-key"),
    ("fastmail", "mailbox-app-password"),
    ("google", "gmail-app-password"),
    ("icloud", "mailbox-app-password"),
    ("mail-ru", "mailbox-app-password"),
    ("mailersend", "mailersend-smtp-login"),
    ("mailgun", "mailgun-api-key"),
    ("mailjet", "mailjet-secret-key"),
    ("mailtrap", "mailtrap-api-token"),
    ("mandrill", "mandrill-api-key"),
    ("netease", "mailbox-app-password"),
    ("postmark", "postmark-token"),
    ("qq", "mailbox-app-password"),
    ("resend", "resend-api-key"),
    ("sendgrid", "sendgrid-basic-auth"),
    ("smtp2go", "smtp2go-api-key"),
    ("sparkpost", "sparkpost-api-key"),
    ("yahoo", "mailbox-app-password"),
    ("yandex", "mailbox-app-password"),
    ("zeptomail", "zeptomail-send-token"),
];

/// Rules that find logins at whatever server: their steps are for any provider.
const ANYWHERE: [&str; 11] = [
    "exim-login",
    "mail-api-basic-auth",
    "mail-command-login",
    "nullmailer-login",
    "postfix-login",
    "postfix-static-login",
    "qmail-login",
    "sendmail-login",
    "smtp-login",
    "smtp-transcript-login",
    "smtp-url",
];

/// The steps for a finding.
pub(super) struct Steps {
    /// What it is, for people.
    what: String,
    steps: Vec<String>,
}

impl Steps {
    /// Those for `finding`, which `rule` made.
    pub(super) fn of(finding: &Finding, rule: Option<&Rule>) -> Self {
        let own = |rule: &Rule| rule.remedy.iter().map(ToString::to_string).collect();
        let mut steps: Vec<String> = rule.map_or_else(Vec::new, own);
        let mut what = rule.map_or_else(|| finding.rule.to_string(), |it| it.title.to_string());
        if let Some((provider, theirs)) = theirs(finding) {
            what = format!("{what}, at {provider}");
            // what stands behind its own first one is about files and accounts, and holds here as well, unless it is said already
            let behind = steps.split_off(steps.len().min(1));
            steps = own(theirs);
            let is_said =
                |step: &String| theirs.remedy.iter().any(|it| opening(it) == opening(step));
            steps.extend(behind.into_iter().filter(|step| !is_said(step)));
        }
        Self { what, steps }
    }

    /// Writes them, a line each, with what they are about above.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "By hand ({}):", escape(&self.what))?;
        for (number, step) in (1..).zip(&self.steps) {
            writeln!(out, "  {number}. {}", escape(step))?;
        }
        Ok(())
    }
}

/// The first words of a step, by which two that mean the same are known: `put the new`.
fn opening(step: &str) -> Vec<&str> {
    step.split(' ').take(3).collect()
}

/// The provider at whose server a login was found, and the rule that has its steps.
fn theirs(finding: &Finding) -> Option<(&'static str, &'static Rule)> {
    if !ANYWHERE.contains(&&*finding.rule) {
        return None;
    }
    let provider = Credential::of(finding, &[]).mail_provider()?;
    let (_, id) = PROVIDERS.iter().find(|(name, _)| *name == provider)?;
    let rule = BUILTIN.iter().find(|rule| rule.id == *id)?;
    Some((provider, rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_steps_and_every_provider_a_rule() {
        for rule in BUILTIN {
            assert!(!rule.remedy.is_empty(), "{}", rule.id);
        }
        for (provider, id) in PROVIDERS {
            assert!(
                BUILTIN.iter().any(|rule| rule.id == *id),
                "{provider}: {id}"
            );
        }
        for id in ANYWHERE {
            assert!(BUILTIN.iter().any(|rule| rule.id == id), "{id}");
        }
        assert!(PROVIDERS.is_sorted());
    }
}
