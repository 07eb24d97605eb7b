//! The options of `revoke`. No I/O.

use std::path::PathBuf;

use clap::Args;

use super::verify::RouteArgs;
use super::{OutputArgs, RuleArgs, options};
use crate::config::{Input, RevokeOptions, ScanOptions};
use crate::error::Error;
use crate::verify::Settings;

/// Take a leaked key away at its provider, or say how.
///
/// FINGERPRINT is what `waxseal scan -v` shows of a finding, or its first digits. The finding is looked for below PATH, then in the
/// history of the repository there.
///
/// SendGrid API keys and Twilio API keys can be deleted here: with --yes, and a credential that may do so in the environment. For
/// everything else the steps are printed. Afterwards the provider is asked until it no longer accepts the key.
///
/// Exit status: 0 the key is no longer accepted, 1 nothing was done, 2 it failed or could not be confirmed.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// Fingerprint of the finding, or at least 8 of its first digits.
    #[arg(value_name = "FINGERPRINT")]
    fingerprint: String,
    /// Where the finding is.
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Do it.
    #[arg(long)]
    yes: bool,
    /// Environment variable that holds the credential of who deletes the key [default: `SENDGRID_ADMIN_API_KEY` or `TWILIO_ADMIN_KEY`].
    #[arg(long, value_name = "NAME")]
    admin_key_env: Option<String>,
    #[command(flatten)]
    route: RouteArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    output: RevokeOutputArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct RevokeOutputArgs {
    /// When to use colours.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = crate::config::Color::Auto)]
    color: crate::config::Color,
}

/// Fewest digits of a fingerprint.
const DIGITS: usize = 8;

impl RevokeArgs {
    /// What is to be revoked, and how to look for it.
    pub(crate) fn into_options(self) -> Result<(ScanOptions, RevokeOptions), Error> {
        let fingerprint = self.fingerprint.to_ascii_lowercase();
        let is_hex = fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex || !(DIGITS..=32).contains(&fingerprint.len()) {
            return Err(Error::Usage(format!(
                "a fingerprint has 32 hexadecimal digits, of which at least the first {DIGITS} are needed; `waxseal scan -v` shows it"
            )));
        }
        let output = OutputArgs {
            color: self.output.color,
            ..OutputArgs::default()
        };
        let mut options = options(Input::Paths(vec![self.path.clone()]), self.rules, &output)?;
        options.verify = Some(Box::new(self.route.into_options()?));
        let revoke = RevokeOptions {
            fingerprint,
            path: self.path,
            yes: self.yes,
            variable: self.admin_key_env,
            settings: Settings::default(),
        };
        Ok((options, revoke))
    }
}
