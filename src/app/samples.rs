//! Proves rules by their samples: each is a file that goes through the whole scanner.

use crate::model::{Finding, GitState, Origin, Store};
use crate::rules::Rule;
use crate::rules::parse::{RuleSource, Sample};
use crate::rules::sample::expand;
use crate::scan::{Options, Scanner};

/// A sample that does not behave.
#[derive(Debug)]
pub struct Fault {
    /// Which: `hit 1`, `miss 3`.
    pub sample: String,
    /// What was expected and what came.
    pub problem: String,
}

/// Runs the samples of `source` with all rules of its file and `others` at work.
pub fn check(source: &RuleSource, sources: &[RuleSource], others: &[Rule]) -> Vec<Fault> {
    let rules = sources
        .iter()
        .map(|source| source.rule.clone())
        .chain(others.iter().cloned());
    let scanner = Scanner::new(rules, Options::default());
    let of = |samples: &[Sample], kind: &str, expects: bool| -> Vec<Fault> {
        samples
            .iter()
            .enumerate()
            .filter_map(|(ix, sample)| {
                let name = format!("{kind} {}", ix + 1);
                let seed = format!("{}/{name}", source.rule.id);
                run(&scanner, &source.rule, sample, &seed, expects)
                    .err()
                    .map(|problem| Fault {
                        sample: name,
                        problem,
                    })
            })
            .collect()
    };
    let mut faults = of(&source.hits, "hit", true);
    faults.extend(of(&source.misses, "miss", false));
    faults
}

fn run(
    scanner: &Scanner,
    rule: &Rule,
    sample: &Sample,
    seed: &str,
    expects: bool,
) -> Result<(), String> {
    let text = stored(expand(&sample.text, seed)?, sample.stored.as_deref())?;
    let git = match sample.git.as_deref() {
        None | Some("untracked") => GitState::Untracked,
        Some("tracked") => GitState::Tracked,
        Some("ignored") => GitState::Ignored,
        Some("outside") => GitState::Outside,
        Some(other) => return Err(format!("unknown git state `{other}`")),
    };
    let findings = scanner.scan_text(Origin::new(sample.path.as_bytes(), Store::File(git)), &text);
    let ours: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.rule == rule.id)
        .collect();
    let expected = if expects { sample.count } else { 0 };
    if ours.len() != expected {
        let all: Vec<String> = findings
            .iter()
            .map(|f| format!("{} at {}:{}", f.rule, f.place.line, f.place.column))
            .collect();
        return Err(format!(
            "{expected} findings expected, {} came (all findings: {all:?})",
            ours.len()
        ));
    }
    let Some(first) = ours.first() else {
        return Ok(());
    };
    if let Some(template) = &sample.secret {
        let secret = crate::model::Secret::new(&expand(template, seed)?, 0);
        if !first.secret.same_value(&secret) {
            return Err("the secret that was found is not the one expected".to_owned());
        }
    }
    for (name, template) in &sample.parts {
        let expected = crate::model::Secret::new(&expand(template, seed)?, 0);
        let part = first.parts.iter().find(|part| part.name == *name);
        match part {
            Some(part) if part.value.same_value(&expected) => {}
            Some(_) => return Err(format!("the part `{name}` is not the one expected")),
            None => return Err(format!("the part `{name}` is missing")),
        }
    }
    let same = |what: &str, expected: Option<&str>, is: &str| match expected {
        Some(expected) if expected != is => Err(format!("{what} {expected} expected, it is {is}")),
        _ => Ok(()),
    };
    same("severity", sample.severity.as_deref(), first.severity.id())?;
    same(
        "confidence",
        sample.confidence.as_deref(),
        first.confidence.id(),
    )
}

fn stored(text: Vec<u8>, encoding: Option<&str>) -> Result<Vec<u8>, String> {
    let units =
        |text: &[u8]| -> Vec<u16> { String::from_utf8_lossy(text).encode_utf16().collect() };
    match encoding {
        None => Ok(text),
        Some("utf-16le") => Ok(units(&text)
            .into_iter()
            .flat_map(u16::to_le_bytes)
            .collect()),
        Some("utf-16be") => Ok(units(&text)
            .into_iter()
            .flat_map(u16::to_be_bytes)
            .collect()),
        Some("latin-1") => Ok(String::from_utf8_lossy(&text)
            .chars()
            .map(|c| u8::try_from(c).unwrap_or(b'?'))
            .collect()),
        Some(other) => Err(format!(
            "unknown `stored` encoding `{other}`; known: utf-16le, utf-16be, latin-1"
        )),
    }
}
