//! Samples by product: each file of `testdata/samples/` gives the findings that are marked in it, in their places, and no others.
//!
//! The format is told in `testdata/samples/README.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use waxseal::model::{Finding, GitState, Origin, Store};
use waxseal::rules::BUILTIN;
use waxseal::rules::sample::expand;
use waxseal::scan::{Options, Scanner};

/// The rows that must be covered.
const ROWS: std::ops::RangeInclusive<u32> = 1..=88;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    product: Vec<Product>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Product {
    row: u32,
    name: String,
    no_default: Option<String>,
    #[serde(default)]
    hit: Vec<Hit>,
    #[serde(default)]
    miss: Vec<Miss>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hit {
    path: String,
    text: String,
    #[serde(default = "smtp_login")]
    rule: String,
    #[serde(default)]
    default: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Miss {
    path: String,
    text: String,
}

fn smtp_login() -> String {
    "smtp-login".to_owned()
}

/// Every product, with the name of the file that it stands in.
fn products() -> Vec<(String, Product)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/samples");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    let mut products = Vec::new();
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let file: File = toml::from_str(&std::fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        products.extend(
            file.product
                .into_iter()
                .map(|product| (name.clone(), product)),
        );
    }
    products
}

/// A finding as a sample marks it, or as the scanner made it: where its secret stands, and its parts in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Login {
    secret: Range<usize>,
    parts: Vec<(Range<usize>, String)>,
}

impl Login {
    fn of(finding: &Finding) -> Self {
        let range =
            |start: u64, end: u64| usize::try_from(start).unwrap()..usize::try_from(end).unwrap();
        let mut parts: Vec<_> = finding
            .parts
            .iter()
            .map(|part| {
                (
                    range(part.place.start, part.place.end),
                    part.name.to_string(),
                )
            })
            .collect();
        parts.sort_by_key(|(place, _)| place.start);
        Self {
            secret: range(finding.place.start, finding.place.end),
            parts,
        }
    }

    /// For the reader of a failure. All values are made up here, so they may be shown.
    fn describe(&self, text: &[u8]) -> String {
        let show =
            |place: &Range<usize>| String::from_utf8_lossy(&text[place.clone()]).into_owned();
        let mut out = format!("`{}` at {}", show(&self.secret), self.secret.start);
        for (place, name) in &self.parts {
            write!(out, ", {name} `{}` at {}", show(place), place.start).unwrap();
        }
        out
    }
}

/// The text without its marks, and the logins that they mark, in the order of their secrets.
fn unmark(marked: &[u8]) -> (Vec<u8>, Vec<Login>) {
    const OPEN: &[u8] = "«".as_bytes();
    const CLOSE: &[u8] = "»".as_bytes();
    let mut text = Vec::new();
    let mut logins: BTreeMap<String, Login> = BTreeMap::new();
    let mut rest = marked;
    while let Some(open) = memchr::memmem::find(rest, OPEN) {
        text.extend_from_slice(&rest[..open]);
        rest = &rest[open + OPEN.len()..];
        let close = memchr::memmem::find(rest, CLOSE).expect("a mark is closed");
        let blank = memchr::memchr(b' ', &rest[..close]).expect("a mark has a role and a text");
        let role = String::from_utf8(rest[..blank].to_vec()).unwrap();
        let (role, login) = role.split_once('#').unwrap_or((&role, ""));
        let start = text.len();
        text.extend_from_slice(&rest[blank + 1..close]);
        rest = &rest[close + CLOSE.len()..];
        let place = start..text.len();
        let login = logins.entry(login.to_owned()).or_default();
        if role == "secret" {
            assert!(login.secret.is_empty(), "two secrets of one login");
            login.secret = place;
        } else {
            login.parts.push((place, role.to_owned()));
        }
    }
    text.extend_from_slice(rest);
    let mut logins: Vec<Login> = logins.into_values().collect();
    logins.sort_by_key(|login| login.secret.start);
    (text, logins)
}

/// What is found in the file, without what is about it as a whole.
fn scan(scanner: &Scanner, path: &str, text: &[u8]) -> Vec<Finding> {
    let origin = Origin::new(path.as_bytes(), Store::File(GitState::Untracked));
    let mut findings = scanner.scan_text(origin, text);
    findings.retain(|finding| !finding.secret.is_empty());
    findings
}

fn hit(scanner: &Scanner, hit: &Hit, seed: &str) -> Result<(), String> {
    let (text, expected) = unmark(&expand(&hit.text, seed)?);
    if expected.is_empty() || expected.iter().any(|login| login.secret.is_empty()) {
        return Err("a login without a secret is marked".to_owned());
    }
    let findings = scan(scanner, &hit.path, &text);
    let found: Vec<Login> = findings.iter().map(Login::of).collect();
    let mut fault = String::new();
    for login in expected.iter().filter(|login| !found.contains(login)) {
        write!(fault, "\n    expected {}", login.describe(&text)).unwrap();
    }
    for (login, finding) in found.iter().zip(&findings) {
        if !expected.contains(login) || finding.rule != hit.rule {
            write!(
                fault,
                "\n    found {} {}",
                finding.rule,
                login.describe(&text)
            )
            .unwrap();
        }
    }
    if found.len() > expected.len() && fault.is_empty() {
        fault.push_str("\n    one login is found twice");
    }
    if fault.is_empty() { Ok(()) } else { Err(fault) }
}

fn miss(scanner: &Scanner, miss: &Miss, seed: &str) -> Result<(), String> {
    let text = expand(&miss.text, seed)?;
    let mut fault = String::new();
    for finding in scan(scanner, &miss.path, &text) {
        let found = Login::of(&finding).describe(&text);
        write!(fault, "\n    found {} {found}", finding.rule).unwrap();
    }
    if fault.is_empty() { Ok(()) } else { Err(fault) }
}

#[test]
fn every_sample_of_a_product_behaves() {
    let scanner = Scanner::new(
        BUILTIN.iter().filter(|rule| !rule.optional).cloned(),
        Options::default(),
    );
    let mut faults = String::new();
    for (file, product) in products() {
        let mut note =
            |kind: &str, ix: usize, path: &str, run: &dyn Fn(&str) -> Result<(), String>| {
                let sample = format!(
                    "{file}: {} {}: {kind} {}",
                    product.row,
                    product.name,
                    ix + 1
                );
                if let Err(fault) = run(&sample) {
                    writeln!(faults, "{sample} ({path}): {fault}").unwrap();
                }
            };
        for (ix, sample) in product.hit.iter().enumerate() {
            note("hit", ix, &sample.path, &|seed| hit(&scanner, sample, seed));
        }
        for (ix, sample) in product.miss.iter().enumerate() {
            note("miss", ix, &sample.path, &|seed| {
                miss(&scanner, sample, seed)
            });
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn every_row_is_covered() {
    let mut gaps = String::new();
    let products = products();
    for row in ROWS {
        let of: Vec<&Product> = products
            .iter()
            .map(|(_, product)| product)
            .filter(|product| product.row == row)
            .collect();
        let hits = || of.iter().flat_map(|product| &product.hit);
        let plain = hits().filter(|hit| !hit.default).count();
        let defaults = hits().filter(|hit| hit.default).count();
        let misses: usize = of.iter().map(|product| product.miss.len()).sum();
        let excused = of.iter().any(|product| product.no_default.is_some());
        if plain < 2 {
            writeln!(gaps, "row {row}: {plain} hits, two are needed").unwrap();
        }
        if misses == 0 {
            writeln!(gaps, "row {row}: no miss").unwrap();
        }
        if defaults == 0 && !excused {
            writeln!(
                gaps,
                "row {row}: no default that leaks, and no reason for it"
            )
            .unwrap();
        }
    }
    assert!(gaps.is_empty(), "\n{gaps}");
}

#[test]
fn marks_are_read() {
    let (text, logins) = unmark("a=«host h.io»;b=«secret#2 p»;c=«secret q»".as_bytes());
    assert_eq!(text, b"a=h.io;b=p;c=q");
    let expected = Login {
        secret: 13..14,
        parts: vec![(2..6, "host".to_owned())],
    };
    assert_eq!(logins.len(), 2);
    assert_eq!(logins[0].secret, 9..10);
    assert_eq!(logins[1], expected);
}
