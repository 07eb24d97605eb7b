//! What to do now: the last lines of a hook that stopped something.
//!
//! The findings have been shown by then. This says once for all of them why they matter, and the commands that lead out: take
//! it back, move the value, rotate it, allow it, or go on knowingly. Commands name what they are about, so that they can be pasted.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::term::{self, Painter, Role};
use super::{Meta, dialect::Dialect, shell};
use crate::model::{Finding, ObjectKind, Report, Store};
use crate::rules::POLICY_TOO_WIDE;

/// What was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped<'a> {
    /// A commit, because of its content.
    Commit {
        /// Whether it would have been the first one.
        first: bool,
    },
    /// A commit, because of its message, which lies in this file.
    Message(&'a [u8]),
    /// A push, by the one who pushes.
    Push,
}

/// Where the user stands, and what is known of the place.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    /// Whether that is a folder below the top of the work tree.
    pub below: bool,
    /// Whether ignore rules name a file already, by its path from the top on.
    pub is_ignored: &'a dyn Fn(&[u8]) -> bool,
}

/// As many paths as fit a command.
const PATHS: usize = 5;

/// Writes what to do about a run that stopped something. Writes nothing if nothing was found that counts and everything was read.
pub fn render_blocked(
    report: &Report,
    meta: &Meta<'_>,
    stopped: Stopped<'_>,
    here: Here<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let advice = Advice {
        meta,
        stopped,
        below: here.below,
        is_ignored: here.is_ignored,
        paint: Painter { color: meta.color },
    };
    let mut findings: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| meta.fail_on.counts(finding))
        .collect();
    // the worst first; the order of the report among equals
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let of_policy: Vec<&Finding> = findings
        .extract_if(.., |finding| finding.rule == POLICY_TOO_WIDE)
        .collect();
    if let Some(worst) = findings.first() {
        advice.write(worst, &findings, out)?;
        advice.narrow(&of_policy, out)?;
        advice.skip(out)
    } else if let Some(worst) = of_policy.first() {
        advice.head(worst, out)?;
        advice.narrow(&of_policy, out)?;
        advice.skip(out)
    } else if !report.coverage.is_complete() {
        let head = format!(
            "waxseal: {} blocked: not everything could be read, so it can't be said to hold no secret",
            advice.what()
        );
        writeln!(out, "{}", advice.paint.paint(Role::Bad, head))?;
        advice.skip(out)
    } else {
        Ok(())
    }
}

struct Advice<'a> {
    meta: &'a Meta<'a>,
    stopped: Stopped<'a>,
    below: bool,
    is_ignored: &'a dyn Fn(&[u8]) -> bool,
    paint: Painter,
}

impl Advice<'_> {
    fn write(&self, worst: &Finding, all: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
        // what is done about a .env is to leave it out as a whole; about anything else there is more to say
        let subject = all.iter().find(|finding| !is_dotenv(finding));
        let subject = subject.copied().unwrap_or(worst);
        self.head(worst, out)?;
        match self.stopped {
            Stopped::Commit { .. } if all.iter().all(|finding| is_dotenv(finding)) => {
                self.untrack(all, out)?;
            }
            Stopped::Commit { first } => {
                self.unstage(all, first, out)?;
                self.move_it(subject, out)?;
            }
            Stopped::Message(file) => {
                let edit = if self.below {
                    r#"git commit -eF "$(git rev-parse --git-dir)/COMMIT_EDITMSG""#.to_owned()
                } else {
                    format!("git commit -eF {}", shell::word(file))
                };
                self.line("edit it", &edit, out)?;
            }
            Stopped::Push => self.rewrite(subject, out)?,
        }
        let rotate = match self.stopped {
            Stopped::Commit { .. } | Stopped::Message(_) => {
                "if it was ever pushed, or shown to anybody: what was seen once stays known"
            }
            Stopped::Push => {
                "if these commits are anywhere else already: what was seen once stays known"
            }
        };
        self.line("rotate", rotate, out)?;
        let in_file = match subject.origin.store {
            Store::Object(kind, _) => kind == ObjectKind::Blob,
            Store::File(_) | Store::Stdin | Store::Index(_) => {
                !matches!(self.stopped, Stopped::Message(_))
            }
        };
        if in_file && !is_dotenv(subject) {
            self.allow(subject, all.len() > 1, out)?;
        }
        Ok(())
    }

    fn head(&self, worst: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let rule = self.meta.rule(&worst.rule);
        let why = rule.map_or("", |rule| &rule.why);
        let head = format!("waxseal: {} blocked.", self.what());
        writeln!(
            out,
            "{} {}",
            self.paint.paint(Role::Bad, head),
            term::escape(why)
        )
    }

    /// What to do about a policy that lets too much pass: nothing that is scanned is at fault then.
    fn narrow(&self, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
        for finding in findings {
            let path = term::path(&finding.origin.path);
            let line = finding.place.line;
            let note = finding.notes.first().map_or("", |note| note);
            self.line(
                "narrow it",
                &format!("{path}:{line}: {}", term::escape(note)),
                out,
            )?;
        }
        Ok(())
    }

    fn what(&self) -> &'static str {
        match self.stopped {
            Stopped::Commit { .. } | Stopped::Message(_) => "commit",
            Stopped::Push => "push",
        }
    }

    /// One piece of advice. A line without a label goes on with the one before.
    fn line(&self, label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let label = self.paint.paint(Role::Remedy, format!("{label:9}"));
        writeln!(out, "  {label}  {text}")
    }

    fn unstage(&self, all: &[&Finding], first: bool, out: &mut dyn Write) -> io::Result<()> {
        let paths: BTreeSet<&[u8]> = all.iter().map(|finding| &*finding.origin.within).collect();
        let (command, whole) = if first {
            // without -f it refuses what was edited since it was staged; the file on disk stays
            ("git rm --cached -f", "-r -q -- :/")
        } else {
            ("git restore --staged", "-- :/")
        };
        let text = if paths.len() > PATHS {
            format!(
                "{command} {whole}    (takes everything back; {} files are concerned)",
                paths.len()
            )
        } else {
            let paths: Vec<String> = paths
                .into_iter()
                .map(|path| shell::pathspec(path, self.below))
                .collect();
            format!("{command} -- {}", paths.join(" "))
        };
        self.line("unstage", &text, out)
    }

    fn untrack(&self, all: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
        let paths: BTreeSet<&[u8]> = all.iter().map(|finding| &*finding.origin.within).collect();
        let more = paths.len().saturating_sub(PATHS);
        let paths: Vec<&[u8]> = paths.into_iter().take(PATHS).collect();
        let specs: Vec<String> = paths
            .iter()
            .map(|path| shell::pathspec(path, self.below))
            .collect();
        let rest = match more {
            0 => "the file on disk stays".to_owned(),
            _ => format!("and {more} more; the files on disk stay"),
        };
        // also right for one that was committed before: it leaves the repository and stays on disk
        let text = format!("git rm --cached -f -- {}    ({rest})", specs.join(" "));
        self.line("unstage", &text, out)?;
        let top = if self.below {
            r#""$(git rev-parse --show-toplevel)"/"#
        } else {
            ""
        };
        let patterns: Vec<Vec<u8>> = paths
            .iter()
            .filter(|path| !(self.is_ignored)(path))
            .map(|path| shell::ignore_pattern(path))
            .collect();
        if patterns.is_empty() {
            return Ok(());
        }
        // what is there may not end with a newline
        let lines = [b"\n", patterns.join(&b'\n').as_slice()].concat();
        let lines = shell::format(&lines);
        self.line(
            "ignore it",
            &format!("printf {lines} >>{top}.gitignore"),
            out,
        )
    }

    fn move_it(&self, worst: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let name = variable(&worst.rule);
        let ignore = if (self.is_ignored)(b".env") {
            ""
        } else {
            r"; printf '\n.env\n' >>.gitignore"
        };
        self.line(
            "move it",
            &format!(r"printf '\n{name}=\n' >>.env{ignore}"),
            out,
        )?;
        let path = term::path(&worst.origin.within);
        let instead = match Dialect::of(&worst.origin.within).env(&name) {
            Some(form) => format!("write the value into .env, and {form} in its place in {path}"),
            None => format!("write the value into .env, and take it from there in {path}"),
        };
        self.line("", &instead, out)
    }

    fn rewrite(&self, worst: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let (amend, mark) = match worst.origin.store {
            Store::Object(ObjectKind::Tag, _) => {
                let text = "of the tag: git tag -f -a TAG, with another message";
                return self.line("take out", text, out);
            }
            Store::Object(ObjectKind::Commit, _) => ("git commit --amend".to_owned(), "reword"),
            _ if worst.origin.within.is_empty() => (
                "edit the file, then git commit --amend --no-edit -a".to_owned(),
                "edit",
            ),
            Store::Object(ObjectKind::Blob, _)
            | Store::File(_)
            | Store::Stdin
            | Store::Index(_) => {
                let path = shell::pathspec(&worst.origin.within, self.below);
                let amend = format!("edit the file, then git commit --amend --no-edit -- {path}");
                (amend, "edit")
            }
        };
        self.line("take out", &format!("of the last commit: {amend}"), out)?;
        let first = worst.history.as_ref().and_then(|history| history.first);
        let commit = first.map_or_else(|| "COMMIT".to_owned(), |first| first.id.short());
        let older = format!("of an older one: git rebase -i {commit}~, and mark it `{mark}`");
        self.line("", &older, out)?;
        let not_so = "deleting it in a further commit is not enough: the old one is pushed as well";
        self.line("", not_so, out)
    }

    fn allow(&self, worst: &Finding, several: bool, out: &mut dyn Write) -> io::Result<()> {
        let path = term::path(&worst.origin.within);
        let (line, rule) = (worst.place.line, term::escape(&worst.rule));
        let text = match Dialect::of(&worst.origin.within).comment {
            Some(comment) => {
                let comment = comment.of(&format!("waxseal:allow {rule} REASON"));
                format!("write above line {line} of {path}:  {comment}")
            }
            None => {
                "a value that is plainly none passes: changeme, your-key-here, ${NAME}".to_owned()
            }
        };
        let likewise = if several {
            "    (likewise for the others)"
        } else {
            ""
        };
        self.line("harmless?", &format!("{text}{likewise}"), out)
    }

    fn skip(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.stopped {
            Stopped::Commit { .. } | Stopped::Message(_) => self.line(
                "go on",
                "WAXSEAL_SKIP=reason git commit    (once, and knowingly)",
                out,
            ),
            Stopped::Push => self.line(
                "go on",
                "WAXSEAL_SKIP=reason git push    (once, and knowingly)",
                out,
            ),
        }
    }
}

/// Whether `finding` is about a dotenv file, or a value that stands where it should in a file that should not be here.
fn is_dotenv(finding: &Finding) -> bool {
    finding.place.start == finding.place.end || finding.rule.starts_with("dotenv-")
}

/// The name of a variable for what `rule` finds.
fn variable(rule: &str) -> String {
    match rule {
        "sendgrid-api-key" | "sendgrid-key-in-two-parts" => "SENDGRID_API_KEY".to_owned(),
        "twilio-auth-token" | "twilio-auth-token-alone" => "TWILIO_AUTH_TOKEN".to_owned(),
        "twilio-api-key-secret" | "twilio-api-secret-alone" => "TWILIO_API_SECRET".to_owned(),
        "smtp-login" => "SMTP_PASSWORD".to_owned(),
        "smtp-url" => "SMTP_URL".to_owned(),
        "mailer-dsn-key" => "MAILER_DSN".to_owned(),
        other => other
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect(),
    }
}
