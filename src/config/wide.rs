//! Whether a policy lets more pass than anybody can have looked at: whole dotenv files, all rules, nearly every value.
//!
//! Judged by what is written, without looking at files: a glob by the names that it would match. What a glob really leaves out of a
//! dotenv file that is there, the scan itself tells.

use std::collections::BTreeSet;
use std::ops::Range;

use super::file::{Exclude, File, Item, Said};
use super::table::Name;
use super::value::{Value, quoted};
use crate::model::Severity;
use crate::rules::{BUILTIN, Rule};
use crate::scan::{Dotenv, PathClass, Paths};

/// Names that no honest glob matches together.
const ANYTHING: [&str; 6] = [
    "README.md",
    "src/main.py",
    "config/mail.php",
    ".env",
    "a/b/c/settings.yml",
    "deploy/values-production.yaml",
];

/// Where a dotenv file may lie for a glob to be about dotenv files as such.
const DOTENV: [&str; 4] = [
    ".env",
    "app/.env",
    ".env.production",
    "services/web/.env.local",
];

/// Fewest letters and digits of a stop word.
const SHORTEST_WORD: usize = 4;

/// Smallest limit on what is scanned. Bytes.
const SMALLEST_LIMIT: u64 = 64 << 10;

/// Something in a policy that is too wide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wide {
    /// Where it stands in the file.
    pub span: Range<usize>,
    /// What it lets pass, as a clause.
    pub problem: String,
}

/// What of `file` is too wide for a scan that has `rules`, in the order of the file.
pub fn judge(file: &File, rules: &[Rule]) -> Vec<Wide> {
    let mut found = Vec::new();
    let mut silenced = BTreeSet::new();
    let mut last = None;
    for exclude in &file.excludes {
        let problem = excluded(exclude, rules, &mut silenced);
        last = last.or((!silenced.is_empty()).then(|| exclude.span.clone()));
        found.extend(problem.map(|problem| Wide {
            span: exclude.span.clone(),
            problem,
        }));
    }
    for overriding in &file.overrides {
        if overriding.severity == Some(Severity::Info) {
            silenced.insert(overriding.rule.text.clone());
            last = last.or(Some(overriding.rule.span.clone()));
        }
    }
    for (name, said, span) in &file.settings {
        match (name, said) {
            (Name::SkipRules, Said::Many(items)) if !items.is_empty() => {
                silenced.extend(items.iter().map(|item| item.text.clone()));
                last = Some(span.clone());
            }
            (Name::StopWords, Said::Many(items)) => {
                for item in items {
                    let letters = item.text.chars().filter(|c| c.is_alphanumeric()).count();
                    if letters < SHORTEST_WORD {
                        let word = quoted(&item.text);
                        found.push(Wide {
                            span: item.span.clone(),
                            problem: format!(
                                "the stop word {word} lets every value pass that it happens to stand in"
                            ),
                        });
                    }
                }
            }
            (Name::MaxBlobSize, Said::One(Value::Size(Some(size)))) if *size < SMALLEST_LIMIT => {
                found.push(Wide {
                    span: span.clone(),
                    problem: format!(
                        "max_blob_size leaves out every file over {size} bytes, which most files are"
                    ),
                });
            }
            _ => {}
        }
    }
    // rules of its own do not make up for those that are gone
    let grave = |rule: &&Rule| !rule.optional && rule.severity >= Severity::High;
    let mut grave = BUILTIN.iter().filter(grave);
    if let Some(span) = last
        && grave.all(|rule| silenced.contains(&*rule.id))
    {
        found.push(Wide {
            span,
            problem: "together with the rest of this file it silences every built-in rule that is high or critical".to_owned(),
        });
    }
    found.sort_by_key(|wide| wide.span.start);
    found
}

/// What is too wide in an entry that would leave out all rules in the files that `glob` matches.
pub fn too_wide(glob: &str) -> Option<String> {
    let span = 0..0;
    let path = Item {
        text: glob.to_owned(),
        span: span.clone(),
    };
    let exclude = Exclude {
        paths: vec![path],
        rules: Vec::new(),
        reason: String::new(),
        span,
    };
    excluded(&exclude, BUILTIN, &mut BTreeSet::new())
}

/// What is too wide in an entry. Rules that it silences everywhere are added to `silenced`.
fn excluded(exclude: &Exclude, rules: &[Rule], silenced: &mut BTreeSet<String>) -> Option<String> {
    let is_about_all = |ids: &[&str]| {
        exclude.rules.is_empty()
            || ids
                .iter()
                .all(|id| exclude.rules.iter().any(|it| it.text == *id))
    };
    let about_dotenv: Vec<&str> = rules
        .iter()
        .map(|rule| &*rule.id)
        .filter(|id| id.starts_with("dotenv-"))
        .collect();
    let leaves_out_dotenv =
        exclude.rules.is_empty() || (!about_dotenv.is_empty() && is_about_all(&about_dotenv));
    for path in &exclude.paths {
        let globs = Paths::new(std::slice::from_ref(&path.text));
        let shown = quoted(&path.text);
        if ANYTHING.iter().all(|name| globs.hold(name.as_bytes())) {
            if exclude.rules.is_empty() {
                return Some(format!("{shown} lets every file pass, whatever is in it"));
            }
            silenced.extend(exclude.rules.iter().map(|item| item.text.clone()));
        }
        // a glob that names a dotenv file, wherever it lies
        let name = path
            .text
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        // what may stand before or behind the name does not make it another one
        let name = name.trim_matches('*');
        let is_dotenv = PathClass::of(name.as_bytes()).dotenv == Dotenv::Live;
        let meets_dotenv = DOTENV.iter().any(|name| globs.hold(name.as_bytes()));
        if leaves_out_dotenv && (is_dotenv || meets_dotenv) {
            return Some(format!(
                "{shown} lets whole dotenv files pass, whatever is in them"
            ));
        }
    }
    None
}
