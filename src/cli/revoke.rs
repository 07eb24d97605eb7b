//! The options of `revoke`. No I/O.

use std::path::PathBuf;

use clap::Args;

use super::verify::RouteArgs;
use super::{OutputArgs, RuleArgs, options};
use crate::config::{Input, RevokeOptions, ScanOptions, Which};
use crate::error::Error;

/// Take a leaked key away at its provider, or say how.
///
/// WHICH is one of: the fingerprint of a finding or its first digits (`waxseal scan -v` shows it), `FILE:LINE` or
/// `FILE:LINE:COLUMN` as a finding is shown, or `-`, which reads standard input: a report with one credential, or the credential itself.
///
/// A key is never taken as an argument: other users of the machine see command lines, and shells keep them.
///
/// SendGrid API keys and Twilio API keys can be deleted here: with --yes, and a credential that may do so in the environment. For
/// everything else the steps are printed. Afterwards the provider is asked until it no longer accepts the key.
///
/// Exit status: 0 the key is dead, 1 nothing was done, 2 it failed or could not be confirmed.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// Fingerprint of the finding, at least 8 digits of it; `FILE:LINE[:COLUMN]`; or `-`.
    #[arg(value_name = "WHICH")]
    which: String,
    /// Where a fingerprint is looked for: there, then in the history of the repository there [default: .].
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Look for a fingerprint where this report says that it is; `-` reads the report from standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "path")]
    report: Option<PathBuf>,
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
        let is_elsewhere = self.path.is_some() || self.report.is_some();
        let which = which(&self.which, self.path, self.report)?;
        if is_elsewhere && !matches!(which, Which::Below { .. } | Which::Listed { .. }) {
            let problem = "PATH and --report say where a fingerprint is looked for; WHICH says by itself where it is";
            return Err(Error::Usage(problem.to_owned()));
        }
        let output = OutputArgs {
            color: self.output.color,
            ..OutputArgs::default()
        };
        // its configuration counts
        let root = match &which {
            Which::Below { path, .. } => path.clone(),
            Which::At { file, .. } => file.clone(),
            Which::Listed { .. } | Which::Stdin => ".".into(),
        };
        let mut options = options(Input::Paths(vec![root]), self.rules, &output)?;
        options.verify = Some(Box::new(self.route.into_options()?));
        let revoke = RevokeOptions {
            which,
            yes: self.yes,
            variable: self.admin_key_env,
        };
        Ok((options, revoke))
    }
}

/// What is meant by `text`, which may be a key that was not meant to be shown: no message repeats it.
fn which(text: &str, path: Option<PathBuf>, report: Option<PathBuf>) -> Result<Which, Error> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex && (DIGITS..=32).contains(&text.len()) {
        let digits = text.to_ascii_lowercase();
        return Ok(match report {
            Some(report) => Which::Listed { digits, report },
            None => Which::Below {
                digits,
                path: path.unwrap_or_else(|| ".".into()),
            },
        });
    }
    if text == "-" {
        return Ok(Which::Stdin);
    }
    if let Some(which) = placed(text) {
        return Ok(which);
    }
    Err(Error::Usage(format!(
        "WHICH is neither a fingerprint (32 hexadecimal digits, or at least the first {DIGITS}; `waxseal scan -v` shows it), nor FILE:LINE, \
         nor `-`. A key is not taken as an argument, as other users of the machine see command lines, and shells keep them: give it on \
         standard input, to `waxseal revoke -`. If this was one, take it out of the history of your shell"
    )))
}

/// `FILE:LINE` or `FILE:LINE:COLUMN`.
fn placed(text: &str) -> Option<Which> {
    let split = |text: &str| {
        let (before, last) = text.rsplit_once(':')?;
        let number = last.parse::<u64>().ok().filter(|number| *number > 0)?;
        (!before.is_empty()).then_some((before.len(), number))
    };
    let (end, last) = split(text)?;
    let (end, line, column) = match split(&text[..end]) {
        Some((end, line)) => (end, line, Some(last)),
        None => (end, last, None),
    };
    Some(Which::At {
        file: text[..end].into(),
        line,
        column,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Which> {
        which(text, None, None).ok()
    }

    fn at(file: &str, line: u64, column: Option<u64>) -> Which {
        Which::At {
            file: file.into(),
            line,
            column,
        }
    }

    #[test]
    fn every_form_is_told_apart() {
        let below = |digits: &str| {
            Some(Which::Below {
                digits: digits.to_owned(),
                path: ".".into(),
            })
        };
        assert_eq!(read("0123ABCD"), below("0123abcd"));
        assert_eq!(read(&"0".repeat(32)), below(&"0".repeat(32)));
        assert_eq!(read("-"), Some(Which::Stdin));
        assert_eq!(read("src/a.py:3"), Some(at("src/a.py", 3, None)));
        assert_eq!(read("src/a.py:3:14"), Some(at("src/a.py", 3, Some(14))));
        assert_eq!(read("C:\\a.py:3"), Some(at("C:\\a.py", 3, None)));
        assert_eq!(read("odd:7:name:3:1"), Some(at("odd:7:name", 3, Some(1))));
        for text in [
            "",
            "0123",
            "a.py",
            "a.py:0",
            ":3",
            "a.py:x",
            &"0".repeat(33),
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_that_was_given_is_not_repeated() {
        let key = format!("SG.{}.{}", "q".repeat(22), "r".repeat(43));
        let problem = which(&key, None, None).unwrap_err().to_string();
        assert!(!problem.contains("qqq") && !problem.contains("rrr"));
        assert!(problem.contains("standard input"), "{problem}");
    }
}
