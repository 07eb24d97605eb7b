//! Rule files that were written for gitleaks: which of those that are given build on which, and what to say of them.
//!
//! Texts are handed in; what `extend.path` names is opened by the caller.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::file;
use super::source::Text;
use crate::error::Error;
use crate::report::escape;
use crate::rules::gitleaks::{self, Fault, Mark, PREFIX, Pattern, Unreadable, raw::RawFile};
use crate::rules::{AllowList, Kind, Rule};

/// What stands before the name of such a file where rule files are named.
pub const SCHEME: &str = "gitleaks:";

/// A file that was read.
pub struct Given {
    /// The file.
    pub text: Text,
    /// Its path, as it was given.
    pub path: String,
    /// Where what it builds on is looked for.
    pub beside: Beside,
}

/// The folder of a file.
#[derive(Clone, Debug)]
pub enum Beside {
    /// On disk.
    Folder(PathBuf),
    /// In the repository, from its top on.
    Repository(PathBuf),
}

/// The rules of gitleaks files, and what was passed over in them.
#[derive(Debug, Default)]
pub struct ForeignRules {
    /// The rules.
    pub rules: Vec<Rule>,
    /// Rules that can't be used and are left out.
    pub unusable: Vec<Fault>,
    /// Whether a file builds on gitleaks' own rules, which were not given.
    pub lacks_base: bool,
    /// A line each for the user.
    pub notes: Vec<String>,
}

/// Opens a file by the folder of the one that builds on it, and its path from there.
pub type Open<'o> = dyn FnMut(&Beside, &str) -> Result<String, String> + 'o;

/// Makes rules of `files`. A rule that can't be used is an error, unless it is `left_out`.
///
/// A file that builds on gitleaks' own rules takes them from the one among `files` that builds on nothing.
pub fn foreign_rules(
    files: &[Given],
    open: &mut Open<'_>,
    left_out: &dyn Fn(&str) -> bool,
) -> Result<ForeignRules, Error> {
    let mut out = ForeignRules::default();
    let mut read: Vec<(&Given, RawFile)> = Vec::new();
    for file in files {
        // named on the command line and in the configuration as well
        if read
            .iter()
            .any(|(known, _)| known.text.text == file.text.text)
        {
            continue;
        }
        let raw = gitleaks::read(&file.text.text).map_err(|error| match error {
            Unreadable::Toml(error) => file::syntax(&file.text, &error),
            Unreadable::Shape(problem) => refused(file, problem),
        })?;
        read.push((file, raw));
    }
    let base = base(&read)?;
    out.lacks_base = base.is_none() && read.iter().any(|(_, raw)| raw.extend.use_default);
    for (ix, (file, raw)) in read.into_iter().enumerate() {
        // its rules come with those of the file that builds on it
        if base.as_ref().is_some_and(|(base, _)| *base == ix) {
            continue;
        }
        let text = base.as_ref().map(|(_, text)| text.as_str());
        let made = gitleaks::rules(raw, text, &mut |path| open(&file.beside, path));
        let made = made.map_err(|problem| refused(file, problem))?;
        let (passed, faults): (Vec<_>, Vec<_>) = made
            .faults
            .into_iter()
            .partition(|fault| left_out(&fault.rule));
        out.unusable.extend(passed);
        if !faults.is_empty() {
            return Err(refused(file, unusable(&faults)));
        }
        let own = own_file(&file.path);
        for mut rule in made.rules {
            if let (Some(own), Kind::Foreign(foreign)) = (&own, &mut rule.kind) {
                foreign.allow.push(Arc::clone(own));
            }
            if out.rules.iter().any(|known: &Rule| known.id == rule.id) {
                let id = rule.id.trim_start_matches(PREFIX);
                return Err(refused(
                    file,
                    format!(
                        "the rule `{id}` stands in another gitleaks file that was given as well"
                    ),
                ));
            }
            out.rules.push(rule);
        }
        out.notes.extend(
            made.notes
                .into_iter()
                .map(|note| format!("{}: {note}", file.text.name)),
        );
    }
    Ok(out)
}

/// What is wrong with rules that can't be used, all of them at once, and how to go on without them.
fn unusable(faults: &[Fault]) -> String {
    let count = match faults.len() {
        1 => "1 of its rules can't".to_owned(),
        count => format!("{count} of its rules can't"),
    };
    let mut told = format!(
        "{count} be used, and would find nothing. Mend what is named here, or go on without: `waxseal import gitleaks FILE --write` writes them \
         into skip_rules, and --skip-rule leaves them out once"
    );
    for fault in faults {
        // writing to a String cannot fail
        let _ = write!(told, "\n  {}: {}", fault.rule, escape(&fault.problem));
        for line in fault.mark.iter().flat_map(Mark::lines) {
            let _ = write!(told, "\n    {}", escape(&line));
        }
    }
    told
}

/// The file that stands for gitleaks' own, by its place, if one builds on that.
fn base(read: &[(&Given, RawFile)]) -> Result<Option<(usize, String)>, Error> {
    let Some((asking, _)) = read.iter().find(|(_, raw)| raw.extend.use_default) else {
        return Ok(None);
    };
    let builds_on_nothing = |raw: &RawFile| !raw.extend.use_default && raw.extend.path.is_none();
    let mut bases = read
        .iter()
        .enumerate()
        .filter(|(_, (_, raw))| builds_on_nothing(raw));
    let base = bases
        .next()
        .map(|(ix, (file, _))| (ix, file.text.text.clone()));
    if bases.next().is_some() {
        let problem = "[extend] useDefault: several of the gitleaks files that were given build on nothing, and one of them is to be \
                       gitleaks' own; give that one alone besides this one";
        return Err(refused(asking, problem.to_owned()));
    }
    Ok(base)
}

/// What lets the rule file itself pass, as in gitleaks: its patterns and lists are full of what they look for.
fn own_file(path: &str) -> Option<Arc<AllowList>> {
    let path = path.trim_start_matches("./");
    let pattern = Pattern::of_go(&format!(r"^\Q{path}\E$")).ok()?;
    Some(Arc::new(AllowList {
        paths: vec![pattern],
        ..AllowList::default()
    }))
}

fn refused(file: &Given, problem: String) -> Error {
    Error::Config {
        file: file.text.name.clone(),
        problem,
    }
}
