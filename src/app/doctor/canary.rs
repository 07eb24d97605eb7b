//! Plants secrets in a throwaway repository and sees whether the hook would catch them, with the user's own configuration.
//!
//! The secrets are made up on the spot and open nothing. The repository lies in the system's folder for temporary files and is
//! removed again. What scans it is what `hook run pre-commit` runs.

use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use git2::{Repository, RepositoryInitOptions};

use super::Notes;
use crate::app::{Failure, staged};
use crate::config::{Color, Input, Policy, PolicyChoice, ScanOptions, StagedOptions, resolve};
use crate::error::Error;
use crate::git::{Environment, Store};
use crate::model::{Confidence, Severity};
use crate::report::Verbosity;
use crate::rules::sample::expand;
use crate::scan::{Options, Paths, Scanner};

/// What is planted: the file, what is in it, and the rules of which one has to see it.
const CANARIES: [(&str, &str, &[&str]); 4] = [
    (
        "notify.py",
        "client = SendGridAPIClient('<<sendgrid-key>>')\n",
        &["sendgrid-api-key"],
    ),
    (
        "sms.js",
        "const sid = 'AC<<hex:32#sid>>';\nconst authToken = '<<hex:32#token>>';\n",
        &["twilio-auth-token"],
    ),
    (
        "config/mail.yml",
        "smtp:\n  host: smtp.example.com\n  user: mailer@example.com\n  password: \"<<password>>\"\n",
        &["smtp-login"],
    ),
    (
        ".env",
        "DB_PASSWORD=<<password>>\n",
        &["dotenv-password", "dotenv-file"],
    ),
];

/// Plants, scans and tells. `root` is the top of the user's work tree, `config` the file that was named.
pub(super) fn check(
    root: Option<&Path>,
    config: Option<&Path>,
    notes: &mut Notes<'_>,
) -> Result<(), Failure> {
    let (options, policy) = match resolve(options(config, root)) {
        Ok(resolved) => resolved,
        Err(error) => {
            let error = format!("{:#}", anyhow::Error::from(error));
            let text = format!(
                "{}; every commit fails until that is mended, and waxseal scan says more",
                error.lines().next().unwrap_or_default()
            );
            return Ok(notes.fail("configuration", &text)?);
        }
    };
    configuration(&policy, notes)?;
    let repository = match Throwaway::new() {
        Ok(repository) => repository,
        Err(problem) => {
            let text =
                format!("nothing was tried, no throwaway repository could be made: {problem}");
            return Ok(notes.warn("canary", &text)?);
        }
    };
    let caught = caught(&repository, &options, policy);
    match caught {
        Ok(caught) => tell(&caught, notes)?,
        Err(error) => {
            let text = format!(
                "the throwaway repository was not scanned: {:#}",
                anyhow::Error::from(error)
            );
            notes.fail("canary", &text)?;
        }
    }
    Ok(())
}

fn configuration(policy: &Policy, notes: &mut Notes<'_>) -> io::Result<()> {
    let Some(settings) = &policy.settings else {
        return notes.ok("configuration", "none; the built-in rules");
    };
    if !settings.left_out.is_empty() {
        let text = format!(
            "{} leaves out {}, so such secrets pass",
            settings.file,
            settings.left_out.join(", ")
        );
        return notes.warn("configuration", &text);
    }
    if let Some(least) = settings
        .min_confidence
        .filter(|least| *least > Confidence::Low)
    {
        let text = format!(
            "{} hides what is less sure than {}",
            settings.file,
            least.id()
        );
        return notes.warn("configuration", &text);
    }
    match settings.fail_on.filter(|least| *least > Severity::Low) {
        Some(least) => {
            let text = format!("{} lets pass what is below {}", settings.file, least.id());
            notes.warn("configuration", &text)
        }
        None => notes.ok("configuration", &settings.file),
    }
}

/// How a canary fared.
enum Fate {
    /// It would have stopped the commit.
    Caught,
    /// The configuration leaves out the rules that would have seen it.
    NotLookedFor,
    /// It was not seen.
    Missed,
}

fn tell(fates: &[Fate], notes: &mut Notes<'_>) -> io::Result<()> {
    let of = |wanted: fn(&Fate) -> bool| -> Vec<&str> {
        let pairs = CANARIES.iter().zip(fates);
        pairs
            .filter(|(_, fate)| wanted(fate))
            .map(|((path, ..), _)| *path)
            .collect()
    };
    let caught = of(|fate| matches!(fate, Fate::Caught));
    let left_out = of(|fate| matches!(fate, Fate::NotLookedFor));
    let missed = of(|fate| matches!(fate, Fate::Missed));
    let total = CANARIES.len();
    if !missed.is_empty() {
        let text = format!(
            "{} of {total} planted secrets were caught; missed in {}; please report it",
            caught.len(),
            missed.join(", ")
        );
        notes.fail("canary", &text)
    } else if caught.is_empty() {
        notes.fail("canary", "no planted secret was caught, for the configuration asks for none; give back a rule in skip_rules, or lower fail_on or min_confidence")
    } else if !left_out.is_empty() {
        let text = format!(
            "{} of {total} planted secrets were caught; by configuration nobody looks for those in {}",
            caught.len(),
            left_out.join(", ")
        );
        notes.warn("canary", &text)
    } else {
        notes.ok(
            "canary",
            &format!("{total} of {total} planted secrets were caught"),
        )
    }
}

fn caught(
    repository: &Throwaway,
    options: &ScanOptions,
    policy: Policy,
) -> Result<Vec<Fate>, Error> {
    let Policy {
        rules,
        fail_on,
        min_confidence,
        excludes,
        stop_words,
        ..
    } = policy;
    let is_left_out = |path: &str, id: &str| {
        excludes.iter().any(|exclude| {
            let is_meant = exclude.rules.is_empty() || exclude.rules.iter().any(|it| it == id);
            is_meant && Paths::new(&exclude.paths).hold(path.as_bytes())
        })
    };
    let has = |id: &str| {
        let rule = rules.iter().find(|rule| rule.id == id);
        rule.is_some_and(|rule| rule.severity >= fail_on && rule.confidence >= min_confidence)
    };
    let wanted: Vec<bool> = CANARIES
        .iter()
        .map(|(path, _, ids)| ids.iter().any(|id| has(id) && !is_left_out(path, id)))
        .collect();
    let how = Options {
        excludes: excludes.clone(),
        stop_words,
        ..Options::default()
    };
    let scanner = Scanner::new(rules, how);
    // git's variables are about the user's repository
    let store = Store::open_as_git(&repository.0, &Environment::default())?;
    let report = staged::read(&store, options, StagedOptions { all: false }, &scanner)?;
    let is_caught = |path: &str| {
        report.findings.iter().any(|finding| {
            *finding.origin.within == *path.as_bytes()
                && finding.severity >= fail_on
                && finding.confidence >= min_confidence
        })
    };
    Ok(CANARIES
        .iter()
        .zip(wanted)
        .map(|((path, ..), wanted)| match (is_caught(path), wanted) {
            (true, _) => Fate::Caught,
            (false, true) => Fate::Missed,
            (false, false) => Fate::NotLookedFor,
        })
        .collect())
}

/// The options of `hook run pre-commit` with this configuration file.
fn options(config: Option<&Path>, root: Option<&Path>) -> ScanOptions {
    ScanOptions {
        jobs: Some(1),
        policy: PolicyChoice {
            file: config.map(Path::to_owned),
            ..PolicyChoice::default()
        },
        verbosity: Verbosity::Quiet,
        color: Color::Never,
        ..ScanOptions::of(Input::Handed {
            root: root.map(Path::to_owned),
        })
    }
}

/// A repository with the canaries in its index. It is removed when this is dropped.
struct Throwaway(PathBuf);

impl Throwaway {
    fn new() -> Result<Self, String> {
        let random = RandomState::new().build_hasher().finish();
        let dir = std::env::temp_dir().join(format!("waxseal-doctor-{random:016x}"));
        fs::create_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let throwaway = Self(dir);
        throwaway
            .plant(&format!("{random:016x}"))
            .map_err(|error| format!("{}: {error}", throwaway.0.display()))?;
        Ok(throwaway)
    }

    fn plant(&self, seed: &str) -> Result<(), Box<dyn std::error::Error>> {
        // no templates: they may bring hooks and settings of the user's
        let mut how = RepositoryInitOptions::new();
        let repository = Repository::init_opts(&self.0, how.external_template(false))?;
        let mut index = repository.index()?;
        for (path, template, _) in CANARIES {
            let blob = repository.blob(&expand(template, &format!("{seed}/{path}"))?)?;
            index.add(&git2::IndexEntry {
                ctime: git2::IndexTime::new(0, 0),
                mtime: git2::IndexTime::new(0, 0),
                dev: 0,
                ino: 0,
                mode: 0o100_644,
                uid: 0,
                gid: 0,
                file_size: 0,
                id: blob,
                flags: 0,
                flags_extended: 0,
                path: path.as_bytes().to_vec(),
            })?;
        }
        Ok(index.write()?)
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        // what is left behind holds no secret
        let _ = fs::remove_dir_all(&self.0);
    }
}
