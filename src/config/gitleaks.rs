//! Rule files that were written for gitleaks: which of those that are given build on which, and what to say of them.
//!
//! Texts are handed in; what `extend.path` names is opened by the caller.

use crate::error::Error;
use crate::rules::Rule;
use crate::rules::gitleaks::{self, PREFIX, Unreadable, raw::RawFile};

/// What stands before the name of such a file where rule files are named.
pub const SCHEME: &str = "gitleaks:";

/// A file that was read.
pub struct Given {
    /// As the user named it, fit to be shown.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// The rules of gitleaks files, and what was passed over in them.
#[derive(Debug, Default)]
pub struct ForeignRules {
    /// The rules.
    pub rules: Vec<Rule>,
    /// A line each for the user.
    pub notes: Vec<String>,
}

/// Opens a file that another one, given by its place in the list, builds on.
pub type Open<'o> = dyn FnMut(usize, &str) -> Result<String, String> + 'o;

/// Makes rules of `files`. A rule that can't be used is an error, unless it is `left_out`.
///
/// A file that builds on gitleaks' own rules takes them from the one among `files` that builds on nothing.
pub fn foreign_rules(
    files: &[Given],
    open: &mut Open<'_>,
    left_out: &dyn Fn(&str) -> bool,
) -> Result<ForeignRules, Error> {
    let mut out = ForeignRules::default();
    let mut raw: Vec<Option<RawFile>> = Vec::new();
    for file in files {
        raw.push(Some(
            gitleaks::read(&file.text).map_err(|error| unreadable(file, error))?,
        ));
    }
    let builds_on_default =
        |file: &Option<RawFile>| file.as_ref().is_some_and(|file| file.extend.use_default);
    let builds_on_nothing = |file: &Option<RawFile>| {
        file.as_ref()
            .is_some_and(|file| !file.extend.use_default && file.extend.path.is_none())
    };
    let mut base = None;
    if raw.iter().any(builds_on_default) {
        let mut bases = (0..files.len()).filter(|ix| builds_on_nothing(&raw[*ix]));
        base = bases.next();
        if bases.next().is_some() {
            let problem = "[extend] useDefault: several of the gitleaks files that were given build on nothing, and one of them is to be \
                           gitleaks' own; give that one alone besides this one";
            let file = raw.iter().position(builds_on_default).unwrap_or(0);
            return Err(Error::Config {
                file: files[file].name.clone(),
                problem: problem.to_owned(),
            });
        }
    }
    for (ix, file) in files.iter().enumerate() {
        // its rules come with those of the file that builds on it
        if base == Some(ix) {
            continue;
        }
        let Some(raw) = raw[ix].take() else {
            continue;
        };
        let refused = |problem: String| Error::Config {
            file: file.name.clone(),
            problem,
        };
        let base = base.map(|base| files[base].text.as_str());
        let made = gitleaks::rules(raw, base, &mut |path| open(ix, path)).map_err(refused)?;
        let faults: Vec<String> = made
            .faults
            .iter()
            .filter(|fault| !left_out(&fault.rule))
            .map(|fault| format!("\n  {}: {}", fault.rule, fault.problem))
            .collect();
        if !faults.is_empty() {
            return Err(refused(format!(
                "{} of its rules can't be used as they stand; leave them out with --skip-rule to go on without them{}",
                faults.len(),
                faults.concat()
            )));
        }
        for rule in made.rules {
            if out.rules.iter().any(|known: &Rule| known.id == rule.id) {
                let id = rule.id.trim_start_matches(PREFIX);
                return Err(refused(format!(
                    "the rule `{id}` stands in another gitleaks file that was given as well"
                )));
            }
            out.rules.push(rule);
        }
        out.notes.extend(
            made.notes
                .into_iter()
                .map(|note| format!("{}: {note}", file.name)),
        );
    }
    Ok(out)
}

fn unreadable(file: &Given, error: Unreadable) -> Error {
    let problem = match error {
        // line, caret and words of the parser quote the file, which may be anything
        Unreadable::Toml(error) => {
            let before = error
                .span()
                .and_then(|span| file.text.get(..span.start))
                .unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            if std::path::Path::new(&file.name)
                .extension()
                .is_some_and(|ending| ending == "toml")
            {
                error.to_string().trim_end().to_owned()
            } else {
                format!(
                    "line {line} is not what a gitleaks file holds; name the file *.toml to see why"
                )
            }
        }
        Unreadable::Shape(problem) => problem,
    };
    Error::Config {
        file: file.name.clone(),
        problem,
    }
}
