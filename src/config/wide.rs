//! Whether a policy lets more pass than anybody can have looked at: whole dotenv files, all rules, nearly every value.
//!
//! Judged by its effect and not by how it is written: names of files are tried on all that the file says together, and it counts which
//! rules are left for them. No file of the repository is looked at. What a glob really leaves out of a dotenv file that is there, the scan
//! itself tells.

use std::collections::BTreeSet;
use std::ops::Range;

use super::file::{Exclude, File, Item, Said};
use super::source::Origin;
use super::table::Name;
use super::value::{Value, quoted};
use crate::model::{Confidence, Severity};
use crate::rules::{self, BUILTIN, Rule};
use crate::scan::{Dotenv, PathClass, Paths};

/// Names that no honest policy leaves out together.
const ANYTHING: [&str; 8] = [
    "README.md",
    "src/main.py",
    "config/mail.php",
    ".env",
    "a/b/c/settings.yml",
    "deploy/values-production.yaml",
    "lib/server.js",
    "application.properties",
];

/// Names of dotenv files.
const DOTENV: [&str; 5] = [
    ".env",
    ".env.production",
    ".env.local",
    ".env.staging",
    "prod.env",
];

/// Names of other files: what leaves these out as well is about a folder, which may hold no dotenv file at all.
const ORDINARY: [&str; 2] = ["main.py", "config.yml"];

/// Most names of dotenv files that are tried. Far more than an honest policy has globs for them.
const MOST_PROBES: usize = 500;

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

/// What of `file` is too wide for a scan that has `rules`, overridden as the file says, in the order of the file.
pub fn judge(file: &File, rules: &[Rule]) -> Vec<Wide> {
    let classes = Classes::new();
    let mut found = values(file);
    let mut everywhere = Silent::default();
    // what is said for all files
    for (span, ids) in everywhere_silent(file, rules) {
        let before = classes.silenced(&everywhere);
        everywhere.add(ids);
        let problem = match (before, classes.silenced(&everywhere)) {
            (before, after) if before == after => continue,
            (_, (true, _)) => {
                "together with the rest of this file it silences nearly every built-in rule that is high or critical"
            }
            _ => {
                "together with the rest of this file it leaves hardly a rule that reads dotenv files"
            }
        };
        found.push(Wide {
            span,
            problem: problem.to_owned(),
        });
    }
    found.extend(excluded(&file.excludes, &classes, &everywhere));
    found.sort_by_key(|wide| wide.span.start);
    found
}

/// Stop words and limits by which nearly everything passes.
fn values(file: &File) -> Vec<Wide> {
    let mut found = Vec::new();
    for (name, said, span) in &file.settings {
        match (name, said) {
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
    found
}

/// Kinds of rules of which a policy has to leave some. Rules of its own do not make up for those that are gone.
struct Classes {
    grave: Vec<&'static str>,
    dotenv: Vec<&'static str>,
}

impl Classes {
    fn new() -> Self {
        let used = || BUILTIN.iter().filter(|rule| !rule.optional);
        let grave = used().filter(|rule| rule.severity >= Severity::High);
        let dotenv = used().filter(|rule| rule.reads_dotenv());
        Self {
            grave: grave.map(|rule| &*rule.id).collect(),
            dotenv: dotenv.map(|rule| &*rule.id).collect(),
        }
    }

    /// Whether hardly a grave rule is left, and whether hardly one for dotenv files is.
    fn silenced(&self, silent: &Silent) -> (bool, bool) {
        (silent.covers(&self.grave), silent.covers(&self.dotenv))
    }
}

/// Rules that find nothing, or nothing that counts.
#[derive(Clone, Default)]
struct Silent {
    all: bool,
    ids: BTreeSet<String>,
}

impl Silent {
    fn add(&mut self, ids: impl IntoIterator<Item = String>) {
        self.ids.extend(ids);
    }

    /// The same with what `exclude` leaves out.
    fn with(&mut self, exclude: &Exclude) {
        self.all |= exclude.rules.is_empty();
        self.add(exclude.rules.iter().map(|item| item.text.clone()));
    }

    /// Whether nearly all of `class` are among them: one that is spared for the look of it changes nothing.
    fn covers(&self, class: &[&str]) -> bool {
        let silent = class.iter().filter(|id| self.ids.contains(**id)).count();
        self.all || rules::nearly_all(silent, class.len())
    }
}

/// What `file` silences in all files, each with its place, in the order of the file.
fn everywhere_silent(file: &File, rules: &[Rule]) -> Vec<(Range<usize>, Vec<String>)> {
    let mut found: Vec<(Range<usize>, Vec<String>)> = Vec::new();
    let those = |is_silent: &dyn Fn(&Rule) -> bool| {
        let silent = rules.iter().filter(|rule| is_silent(rule));
        silent.map(|rule| rule.id.to_string()).collect()
    };
    // a threshold of whoever runs the scan is a threshold
    let is_trusted = file.source.origin != Origin::Repository;
    for (name, said, span) in &file.settings {
        let ids = match (name, said) {
            (Name::SkipRules, Said::Many(items)) => {
                items.iter().map(|item| item.text.clone()).collect()
            }
            (Name::FailOn, Said::One(Value::Text(text))) if !is_trusted => {
                let least = super::severity(text).unwrap_or(Severity::Info);
                those(&|rule| rule.severity < least)
            }
            (Name::MinConfidence, Said::One(Value::Text(text))) if !is_trusted => {
                let least = super::confidence(text).unwrap_or(Confidence::Low);
                those(&|rule| rule.confidence < least)
            }
            _ => continue,
        };
        found.push((span.clone(), ids));
    }
    for overriding in &file.overrides {
        if overriding.severity == Some(Severity::Info) {
            let rule = &overriding.rule;
            found.push((rule.span.clone(), vec![rule.text.clone()]));
        }
    }
    found.sort_by_key(|(span, _)| span.start);
    found
}

/// A name of a file, and the rules that are silent there.
struct Place {
    path: String,
    silent: Silent,
}

impl Place {
    fn new(path: String, everywhere: &Silent) -> Self {
        Self {
            path,
            silent: everywhere.clone(),
        }
    }

    /// Takes in `exclude`, whose paths `globs` are.
    fn meet(&mut self, globs: &Paths, exclude: &Exclude) {
        if globs.hold(self.path.as_bytes()) {
            self.silent.with(exclude);
        }
    }
}

/// The name of a dotenv file that is tried on the globs.
struct Probe {
    dotenv: Place,
    /// Other files in the same folder. None at the top, which is no folder that anybody leaves out for what it holds.
    beside: Vec<Place>,
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
    let wide = excluded(&[exclude], &Classes::new(), &Silent::default()).pop();
    wide.map(|wide| wide.problem)
}

/// What `excludes` leave out of all files, or of dotenv files as such, where `everywhere` is silent anyway.
fn excluded(excludes: &[Exclude], classes: &Classes, everywhere: &Silent) -> Vec<Wide> {
    let (mut is_everything, no_dotenv) = classes.silenced(everywhere);
    let mut found = Vec::new();
    let mut anything = ANYTHING.map(|name| Place::new(name.to_owned(), everywhere));
    let mut probes = probes(excludes, everywhere);
    for exclude in excludes {
        let texts: Vec<String> = exclude.paths.iter().map(|it| it.text.clone()).collect();
        let globs = Paths::new(&texts);
        for place in &mut anything {
            place.meet(&globs, exclude);
        }
        let is_silent = |place: &Place| place.silent.covers(&classes.grave);
        if !is_everything && anything.iter().all(is_silent) {
            is_everything = true;
            found.push(Wide {
                span: exclude.span.clone(),
                problem: everything(exclude),
            });
        }
        if is_everything || no_dotenv {
            continue;
        }
        let mut wide = None;
        probes.retain_mut(|probe| {
            let places = probe.beside.iter_mut().chain([&mut probe.dotenv]);
            places.for_each(|place| place.meet(&globs, exclude));
            let is_silent = |place: &Place| place.silent.covers(&classes.dotenv);
            let is_wide = is_silent(&probe.dotenv) && !probe.beside.iter().any(is_silent);
            if is_wide && wide.is_none() {
                wide = Some(probe.dotenv.path.clone());
            }
            !is_wide
        });
        if let Some(path) = wide {
            found.push(Wide {
                span: exclude.span.clone(),
                problem: of_dotenv(exclude, &path),
            });
        }
    }
    found
}

/// That `exclude`, alone or with those before it, leaves out everything.
fn everything(exclude: &Exclude) -> String {
    let alone = exclude.paths.iter().find(|path| {
        let globs = Paths::new(std::slice::from_ref(&path.text));
        exclude.rules.is_empty() && ANYTHING.iter().all(|name| globs.hold(name.as_bytes()))
    });
    match alone {
        Some(path) => format!("{} lets every file pass, whatever is in it", quoted(&path.text)),
        None => "together with the rest of this file it silences nearly every built-in rule that is high or critical, in every file".to_owned(),
    }
}

/// That `exclude`, alone or with those before it, leaves out dotenv files such as `path`.
fn of_dotenv(exclude: &Exclude, path: &str) -> String {
    let holds = |glob: &str| Paths::new(&[glob.to_owned()]).hold(path.as_bytes());
    let glob = exclude.paths.iter().find(|glob| holds(&glob.text));
    let shown = quoted(glob.map_or(path, |glob| &glob.text));
    if exclude.rules.is_empty() {
        format!("{shown} lets whole dotenv files pass, whatever is in them")
    } else {
        format!(
            "together with the rest of this file, {shown} lets whole dotenv files pass: hardly a rule is left that reads them"
        )
    }
}

/// Dotenv files to try: at the top, and wherever one of the globs of `excludes` may lead.
fn probes(excludes: &[Exclude], everywhere: &Silent) -> Vec<Probe> {
    let place = |path: String| Place::new(path, everywhere);
    let top = DOTENV.map(|name| Probe {
        dotenv: place(name.to_owned()),
        beside: Vec::new(),
    });
    let mut probes: Vec<Probe> = top.into();
    let mut seen = BTreeSet::new();
    for path in excludes.iter().flat_map(|exclude| &exclude.paths) {
        let glob = path.text.trim_start_matches("./").trim_start_matches('/');
        let (folder, name) = glob.rsplit_once('/').unwrap_or(("x", glob));
        // every start asks this, and most globs are about something else
        if !may_name_dotenv(name) {
            continue;
        }
        let folder = sample(folder);
        let own = own_name(name);
        for name in DOTENV.into_iter().chain(own) {
            let path = format!("{folder}/{name}");
            if probes.len() < MOST_PROBES && seen.insert(path.clone()) {
                let beside = ORDINARY.map(|name| place(format!("{folder}/{name}")));
                probes.push(Probe {
                    dotenv: place(path),
                    beside: beside.into(),
                });
            }
        }
    }
    probes
}

/// Whether the last part of a glob may match the name of a dotenv file, as far as its ends tell.
fn may_name_dotenv(name: &str) -> bool {
    if own_name(name).is_some() {
        return true;
    }
    let Some(first) = name.find(['*', '?', '[', '{', '\\']) else {
        return false;
    };
    let head = &name[..first];
    // behind a choice or a class nothing is known
    let is_plain = !name.contains(['[', '{', '\\']);
    let tail = name.rsplit(['*', '?']).next().filter(|_| is_plain);
    let tail = tail.unwrap_or_default();
    DOTENV
        .iter()
        .any(|it| it.starts_with(head) && it.ends_with(tail))
}

/// The name of a dotenv file that the last part of a glob is itself, whatever may stand before or behind it.
fn own_name(name: &str) -> Option<&str> {
    let name = name.trim_matches('*');
    (PathClass::of(name.as_bytes()).dotenv == Dotenv::Live).then_some(name)
}

/// A path that the glob `pattern` matches, mostly: wildcards stand for one letter, of alternatives the first counts.
fn sample(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' if out.ends_with('x') => {}
            '*' | '?' => out.push('x'),
            '[' => {
                let class: String = rest.by_ref().take_while(|c| *c != ']').collect();
                let first = class.chars().next().filter(|c| !"!^".contains(*c));
                out.push(first.unwrap_or('x'));
            }
            '{' => {
                let choice: String = rest.by_ref().take_while(|c| *c != '}').collect();
                out.push_str(choice.split(',').next().unwrap_or_default());
            }
            '\\' => out.extend(rest.next()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_globs_are_about_something_else() {
        for name in [
            ".env", "prod.env", ".e*", "*nv", "*.local", "**", "*", ".[a-z]nv", "{a,.env}", "?env",
        ] {
            assert!(may_name_dotenv(name), "{name}");
        }
        for name in [
            "",
            "fixtures",
            "*.snap",
            "test_*",
            "*.min.js",
            "a[bc]",
            ".env.example",
        ] {
            assert!(!may_name_dotenv(name), "{name}");
        }
    }

    #[test]
    fn a_sample_of_a_glob_is_matched_by_it() {
        for (pattern, path) in [
            ("deploy", "deploy"),
            ("**", "x"),
            ("a/**/b", "a/x/b"),
            ("*/c?", "x/cx"),
            ("{web,api}/[ab]c", "web/ac"),
            ("[!a]b", "xb"),
            (r"a\*b", "a*b"),
        ] {
            assert_eq!(sample(pattern), path);
            let held = Paths::new(&[format!("/{pattern}/f")]);
            assert!(held.hold(format!("{path}/f").as_bytes()), "{pattern}");
        }
    }
}
