//! Reads templates and makes the labelled files of the corpus. Scans nothing and scores nothing.
//!
//! A template is a `[[file]]` table: `kind`, `row`, `path`, `text`, and `secrets`, what in the text is one. Without `secrets`,
//! `<<pw>>` and `<<upw>>` are; with an empty list nothing is. A file whose only secret is a `<<pw>>` is made again with
//! placeholders in its stead, from `harmless.toml`, and is then labelled clean. A `[[harmless]]` table is a template for values
//! of its own, each of which makes a clean file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use waxseal::model::Secret;

use super::fill::{Random, fill};

/// A file of the corpus.
pub struct Case {
    /// The kind of credential that it holds or may be mistaken for.
    pub kind: String,
    /// Where its template comes from, for a reader.
    pub title: String,
    /// Name of the file.
    pub path: String,
    /// Its text.
    pub text: Vec<u8>,
    /// What should be found.
    pub labels: Vec<Label>,
}

/// A secret that stands in a file.
pub struct Label {
    /// What it is once decoded.
    pub value: Secret,
    /// Where it stands, in bytes.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Lines it touches, from 1.
    pub lines: std::ops::RangeInclusive<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Templates {
    #[serde(default)]
    file: Vec<Template>,
    #[serde(default)]
    harmless: Vec<Carrier>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    kind: String,
    #[serde(default)]
    row: String,
    path: String,
    text: String,
    secrets: Option<Vec<Marked>>,
    copies: Option<usize>,
    /// How many files with placeholders are made of it.
    blanks: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Marked {
    Plain(String),
    Encoded { value: String, at: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Carrier {
    kind: String,
    row: String,
    path: String,
    /// Holds `<<value>>`.
    text: String,
    values: Vec<String>,
}

/// Values that are no secrets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blanks {
    any: Vec<String>,
    by_extension: BTreeMap<String, Vec<String>>,
}

/// Copies that are made of a template that does not say.
const COPIES: usize = 3;
const BLANKS: usize = 4;

/// The corpus of the templates in `folder`, with blanks from `blanks`.
pub fn read(folder: &Path, blanks: &Path, seed: &str) -> Result<Vec<Case>, String> {
    let blanks: Blanks = toml_of(blanks)?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension().is_some_and(|it| it == "toml") && !path.ends_with("harmless.toml")
        })
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let templates: Templates = toml_of(&file)?;
        for (ix, template) in templates.file.iter().enumerate() {
            let title = format!("{name}/{} {}", ix + 1, template.row);
            cases.extend(
                files_of(template, &title, &blanks, seed)
                    .map_err(|problem| format!("{title}: {problem}"))?,
            );
        }
        for (ix, carrier) in templates.harmless.iter().enumerate() {
            for (number, value) in carrier.values.iter().enumerate() {
                let title = format!("{name}/harmless {}.{} {}", ix + 1, number + 1, carrier.row);
                let text = carrier.text.replace("<<value>>", value);
                let seed = format!("{seed}/{title}");
                cases.push(Case {
                    kind: carrier.kind.clone(),
                    path: carrier.path.clone(),
                    text: fill(&text, &seed).map_err(|problem| format!("{title}: {problem}"))?,
                    labels: Vec::new(),
                    title,
                });
            }
        }
    }
    Ok(cases)
}

fn toml_of<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, String> {
    let say = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| say(&error))?;
    toml::from_str(&text).map_err(|error| say(&error))
}

fn files_of(
    template: &Template,
    title: &str,
    blanks: &Blanks,
    seed: &str,
) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    let implied: Vec<Marked> = ["<<pw>>", "<<upw>>"]
        .into_iter()
        .filter(|it| template.text.contains(it))
        .map(|it| Marked::Plain(it.to_owned()))
        .collect();
    let marked = template.secrets.as_ref().unwrap_or(&implied);
    for copy in 1..=template.copies.unwrap_or(COPIES) {
        let seed = format!("{seed}/{title}/{copy}");
        let text = fill(&template.text, &seed)?;
        let mut labels = Vec::new();
        for mark in marked {
            let (value, at) = match mark {
                Marked::Plain(value) => (value, value),
                Marked::Encoded { value, at } => (value, at),
            };
            labels.push(label(&text, &fill(value, &seed)?, &fill(at, &seed)?)?);
        }
        cases.push(Case {
            kind: template.kind.clone(),
            title: format!("{title} ({copy})"),
            path: template.path.clone(),
            text,
            labels,
        });
    }
    if template.secrets.is_none() && implied.len() == 1 && template.text.contains("<<pw>>") {
        let extension = template.path.rsplit('.').next().unwrap_or_default();
        let own = blanks.by_extension.get(extension);
        let pool: Vec<&String> = blanks.any.iter().chain(own.into_iter().flatten()).collect();
        let mut random = Random::new(&format!("{seed}/{title}/blanks"));
        let mut used = BTreeSet::new();
        for copy in 1..=template.blanks.unwrap_or(BLANKS) {
            // of the two sorts of values, one as often as the other
            let blank = match own {
                Some(own) if copy % 2 == 0 => random.pick(own),
                _ => *random.pick(&pool),
            };
            if !used.insert(blank) {
                continue;
            }
            let seed = format!("{seed}/{title}/blank {copy}");
            cases.push(Case {
                kind: template.kind.clone(),
                title: format!("{title} (`{blank}`)"),
                path: template.path.clone(),
                text: fill(&template.text.replace("<<pw>>", blank), &seed)?,
                labels: Vec::new(),
            });
        }
    }
    Ok(cases)
}

/// Where `at` stands in `text`: its last place, since comments that name a value stand before it.
fn label(text: &[u8], value: &[u8], at: &[u8]) -> Result<Label, String> {
    let start = (0..text.len().saturating_sub(at.len().saturating_sub(1)))
        .rev()
        .find(|&start| text[start..].starts_with(at))
        .ok_or_else(|| "a secret does not stand in the text".to_owned())?;
    let line = |at: usize| {
        let before = memchr::memchr_iter(b'\n', &text[..at]).count();
        u64::try_from(before).expect("fewer lines than u64 can count") + 1
    };
    let end = start + at.len();
    Ok(Label {
        value: Secret::new(value, 0),
        start,
        end,
        lines: line(start)..=line(end.saturating_sub(1)),
    })
}
