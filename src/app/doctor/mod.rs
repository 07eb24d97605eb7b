//! `hook doctor`: whether commits are really checked here. A line a check; what fails says what to do.
//!
//! Looks and tries out, and changes nothing in the repository.

mod armed;
mod canary;
mod dotenv;

use std::io::{self, Write};
use std::path::Path;

use super::install::{shown, site};
use super::{Failure, Streams};
use crate::cli::DoctorArgs;
use crate::error::{EXIT_CLEAN, EXIT_FAILED, EXIT_FOUND};
use crate::model::display_path;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warn,
    /// Something gets past.
    Fail,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

/// Takes down what the checks say.
struct Notes<'a> {
    out: &'a mut dyn Write,
    worst: Verdict,
}

impl Notes<'_> {
    fn note(&mut self, verdict: Verdict, check: &str, text: &str) -> io::Result<()> {
        self.worst = self.worst.max(verdict);
        writeln!(self.out, "{:4}  {check}: {text}", verdict.word())
    }

    fn ok(&mut self, check: &str, text: &str) -> io::Result<()> {
        self.note(Verdict::Ok, check, text)
    }

    fn warn(&mut self, check: &str, text: &str) -> io::Result<()> {
        self.note(Verdict::Warn, check, text)
    }

    fn fail(&mut self, check: &str, text: &str) -> io::Result<()> {
        self.note(Verdict::Fail, check, text)
    }
}

/// Runs all checks. The status is that of the worst one: 0, 1 or 2.
pub(super) fn run(args: &DoctorArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let (site, global) = site(&args.repo)?;
    let mut notes = Notes {
        out: &mut *streams.out,
        worst: Verdict::Ok,
    };
    armed::folder(&site, global.as_ref(), &mut notes)?;
    armed::hooks(&site, &mut notes)?;
    environment(&mut notes)?;
    canary::check(site.root.as_deref(), args.config.as_deref(), &mut notes)?;
    if let Some(root) = &site.root {
        dotenv::check(root, &mut notes)?;
    }
    Ok(match notes.worst {
        Verdict::Ok => EXIT_CLEAN,
        Verdict::Warn => EXIT_FOUND,
        Verdict::Fail => EXIT_FAILED,
    })
}

/// Variables that lead git elsewhere, or switch hooks off, and what each does.
const VARIABLES: [(&str, &str); 12] = [
    ("WAXSEAL_SKIP", "lets everything pass unchecked"),
    ("GIT_DIR", "leads git to another repository"),
    ("GIT_WORK_TREE", "leads git to another work tree"),
    ("GIT_COMMON_DIR", "leads git to another repository"),
    ("GIT_INDEX_FILE", "leads git to another index"),
    ("GIT_OBJECT_DIRECTORY", "leads git to another object store"),
    (
        "GIT_CONFIG_COUNT",
        "overrides settings, core.hooksPath perhaps",
    ),
    (
        "GIT_CONFIG_PARAMETERS",
        "overrides settings, core.hooksPath perhaps",
    ),
    ("HUSKY", "switches off husky's hooks"),
    ("LEFTHOOK", "switches off lefthook's hooks"),
    ("LEFTHOOK_EXCLUDE", "may switch off lefthook's jobs"),
    (
        "SKIP",
        "names hooks that the pre-commit framework leaves out",
    ),
];

fn environment(notes: &mut Notes<'_>) -> io::Result<()> {
    let mut none = true;
    for (name, does) in VARIABLES {
        let counts = |value: &std::ffi::OsString| match name {
            "HUSKY" | "LEFTHOOK" => *value == "0" || *value == "false",
            _ => !value.is_empty(),
        };
        if let Some(value) = std::env::var_os(name).filter(counts) {
            none = false;
            let value = display_path(value.as_encoded_bytes());
            notes.warn(
                "environment",
                &format!("{name} is set to {value}, which {does}; unset it"),
            )?;
        }
    }
    if none {
        notes.ok(
            "environment",
            "no variable leads git or its hooks elsewhere",
        )?;
    }
    Ok(())
}

/// A path for people.
fn name(path: &Path) -> String {
    shown(path)
}
