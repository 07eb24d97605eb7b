//! What every match of a pattern holds: some literal out of a few, at a known distance from where the match begins.
//!
//! A literal is found a thousand times faster than a pattern is tried. Works on the pattern taken apart, never on text. What it says
//! must hold for every match; saying nothing is always right.

use regex_syntax::hir::{Class, Hir, HirKind, Literal, Repetition};

/// Literals of which each match holds one.
#[derive(Debug)]
pub struct Need {
    /// In lower case; they stand for any case.
    pub literals: Vec<Vec<u8>>,
    /// Bytes by which a match may begin before the literal; none where that is not bounded.
    pub before: Option<usize>,
    /// What must match from the literal on, if that can be told. Bounded in length.
    pub tail: Option<Hir>,
    /// Where a match is a few bytes of a class, as few as it takes, and what begins with the literal: both.
    pub split: Option<(LeadIn, Hir)>,
}

/// Bytes of a class that a match may have in front.
#[derive(Debug)]
pub struct LeadIn {
    /// The members of the class.
    bytes: Box<[bool; 256]>,
    /// How many there may be.
    most: usize,
}

/// Most literals that stand for one pattern.
const MOST: usize = 64;

/// Fewest bytes of a literal that is worth looking for.
const SHORTEST: usize = 2;

/// Bytes that a tail may match, about. What comes behind is not asked: the tail only has to be wrong seldom.
const TAIL: usize = 96;

impl Need {
    /// What `hir` needs; none if nothing useful is known.
    pub fn of(hir: &Hir) -> Option<Self> {
        let parts = flat(hir);
        let best = (0..parts.len())
            .filter_map(|at| leads(&parts, at).map(|found| (at, found)))
            .max_by_key(|(_, found)| found.worth())?;
        let (at, found) = best;
        let head: Option<usize> = parts[..at]
            .iter()
            .map(|part| part.properties().maximum_len())
            .sum();
        // where the literal begins the part, what follows can be tried from it on
        let tail = (found.before == Some(0)).then(|| tail(&parts[at..]));
        let lead_in = match &parts[..at] {
            [part] if found.before == Some(0) => LeadIn::of(part),
            _ => None,
        };
        Some(Self {
            split: lead_in
                .map(|lead_in| (lead_in, Hir::concat(parts[at..].iter().map(bare).collect()))),
            before: head.zip(found.before).map(|(head, before)| head + before),
            literals: found.literals,
            tail,
        })
    }
}

impl Need {
    /// Whether `text` begins with one of the literals.
    pub fn begins(&self, text: &[u8]) -> bool {
        self.literals.iter().any(|literal| {
            text.get(..literal.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(literal))
        })
    }
}

impl LeadIn {
    /// The one that `part` asks for.
    fn of(part: &Hir) -> Option<Self> {
        let HirKind::Repetition(Repetition {
            min: 0,
            max: Some(max),
            greedy: false,
            sub,
        }) = part.kind()
        else {
            return None;
        };
        let HirKind::Class(class) = sub.kind() else {
            return None;
        };
        let mut bytes = Box::new([false; 256]);
        let class = match class {
            Class::Bytes(class) => class.clone(),
            Class::Unicode(class) => class.to_byte_class()?,
        };
        for range in class.iter() {
            bytes[usize::from(range.start())..=usize::from(range.end())].fill(true);
        }
        Some(Self {
            bytes,
            most: usize::try_from(*max).ok()?,
        })
    }

    /// Where a match begins whose literal stands at `at`, and which does not begin before `from`.
    pub fn start(&self, text: &[u8], from: usize, at: usize) -> usize {
        let low = at.saturating_sub(self.most).max(from);
        let is_in = |byte: &&u8| self.bytes[usize::from(**byte)];
        at - text[low..at].iter().rev().take_while(is_in).count()
    }
}

/// Literals that a part of a pattern needs.
struct Found {
    literals: Vec<Vec<u8>>,
    before: Option<usize>,
}

impl Found {
    /// How much they are worth: long ones, few, and near the beginning.
    fn worth(&self) -> (usize, bool, bool, usize) {
        let shortest = self.literals.iter().map(Vec::len).min().unwrap_or(0);
        // beyond some bytes nothing is gained, and two bytes stand everywhere unless what follows can be tried at once
        let length = if shortest < 3 && self.before.is_none() {
            1
        } else {
            shortest.clamp(2, 5)
        };
        (
            length.max(3),
            self.before.is_some(),
            self.before == Some(0),
            usize::MAX - self.literals.len(),
        )
    }
}

/// The parts of a pattern that follow one another, without the groups around them.
pub fn flat(hir: &Hir) -> Vec<Hir> {
    match hir.kind() {
        HirKind::Capture(capture) => flat(&capture.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(flat).collect(),
        _ => vec![hir.clone()],
    }
}

/// Whether `hir` may match a slash. Not deeper than the pattern is.
pub fn may_match_slash(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(Literal(bytes)) => bytes.contains(&b'/'),
        HirKind::Class(Class::Bytes(class)) => class
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&b'/')),
        HirKind::Class(Class::Unicode(class)) => class
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&'/')),
        HirKind::Capture(capture) => may_match_slash(&capture.sub),
        HirKind::Repetition(repetition) => may_match_slash(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(may_match_slash),
    }
}

/// The literals of the run of parts that begins with `parts[at]`, or those inside that part.
fn leads(parts: &[Hir], at: usize) -> Option<Found> {
    let mut run = exact(&parts[at]).filter(|run| {
        !run.iter().all(Vec::is_empty) || matches!(parts[at].kind(), HirKind::Look(_))
    });
    // a look-around at the front belongs to what follows, so that the tail keeps it
    if let Some(literals) = &mut run {
        for part in &parts[at + 1..] {
            match exact(part).and_then(|next| product(literals, &next)) {
                Some(longer) => *literals = longer,
                None => break,
            }
        }
    }
    let found = run.and_then(|literals| useful(literals, Some(0)));
    found.or_else(|| inside(&parts[at]))
}

/// The literals that every match of `hir` holds somewhere. Not deeper than the pattern is, which is bounded.
fn inside(hir: &Hir) -> Option<Found> {
    if let Some(found) = exact(hir).and_then(|literals| useful(literals, Some(0))) {
        return Some(found);
    }
    match hir.kind() {
        HirKind::Capture(capture) => inside(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => inside(&repetition.sub),
        HirKind::Alternation(branches) => {
            let mut all = Found {
                literals: Vec::new(),
                before: Some(0),
            };
            for branch in branches {
                let found = inside(branch)?;
                all.before = all.before.zip(found.before).map(|(a, b)| a.max(b));
                all.literals.extend(found.literals);
            }
            useful(all.literals, all.before)
        }
        HirKind::Concat(_) => {
            let parts = flat(hir);
            let found =
                (0..parts.len()).filter_map(|at| leads(&parts, at).map(|found| (at, found)));
            let (at, found) = found.max_by_key(|(_, found)| found.worth())?;
            let head: Option<usize> = parts[..at]
                .iter()
                .map(|part| part.properties().maximum_len())
                .sum();
            Some(Found {
                before: head.zip(found.before).map(|(head, before)| head + before),
                ..found
            })
        }
        _ => None,
    }
}

fn useful(mut literals: Vec<Vec<u8>>, before: Option<usize>) -> Option<Found> {
    literals.sort();
    literals.dedup();
    let is_useful = !literals.is_empty()
        && literals.len() <= MOST
        && literals.iter().all(|literal| literal.len() >= SHORTEST);
    is_useful.then_some(Found { literals, before })
}

/// All that `hir` can match, in lower case, if that is little.
fn exact(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        // nothing is matched, so it may stand between the bytes of a literal
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(Literal(bytes)) => Some(vec![bytes.to_ascii_lowercase()]),
        HirKind::Class(class) => {
            let bytes = members(class)?;
            Some(bytes.into_iter().map(|byte| vec![byte]).collect())
        }
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Concat(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                all = product(&all, &exact(part)?)?;
            }
            Some(all)
        }
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(exact(branch)?);
                if all.len() > MOST {
                    return None;
                }
            }
            Some(all)
        }
        HirKind::Repetition(Repetition {
            min,
            max: Some(max),
            sub,
            ..
        }) if *max <= 4 => {
            let once = exact(sub)?;
            let mut times = vec![Vec::new()];
            let mut all = if *min == 0 { times.clone() } else { Vec::new() };
            for count in 1..=*max {
                times = product(&times, &once)?;
                if count >= *min {
                    all.extend(times.iter().cloned());
                }
            }
            (all.len() <= MOST).then_some(all)
        }
        HirKind::Repetition(_) => None,
    }
}

/// The members of a class of few ASCII characters, in lower case.
fn members(class: &Class) -> Option<Vec<u8>> {
    const FEW: usize = 6;
    let ranges: Vec<(u32, u32)> = match class {
        Class::Bytes(class) => class
            .iter()
            .map(|range| (range.start().into(), range.end().into()))
            .collect(),
        Class::Unicode(class) => class
            .iter()
            .map(|range| (range.start().into(), range.end().into()))
            .collect(),
    };
    let mut bytes = Vec::new();
    for (low, high) in ranges {
        if high >= 0x80 || high - low >= 2 * u32::try_from(FEW).ok()? {
            return None;
        }
        bytes.extend(
            (low..=high)
                .filter_map(|code| u8::try_from(code).ok())
                .map(|byte| byte.to_ascii_lowercase()),
        );
    }
    bytes.sort_unstable();
    bytes.dedup();
    (!bytes.is_empty() && bytes.len() <= FEW).then_some(bytes)
}

fn product(heads: &[Vec<u8>], tails: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    if heads.len() * tails.len() > MOST {
        return None;
    }
    let pairs = heads.iter().flat_map(|head| {
        tails
            .iter()
            .map(move |tail| [head.as_slice(), tail].concat())
    });
    Some(pairs.collect())
}

/// What must match from the first of `parts` on, cut where it would get long.
fn tail(parts: &[Hir]) -> Hir {
    let mut kept = Vec::new();
    let mut length = 0;
    for part in parts {
        match part.properties().maximum_len() {
            Some(most) if length + most <= TAIL => {
                length += most;
                kept.push(bare(part));
            }
            _ => {
                // as often as it must be there, and nothing behind it
                if let HirKind::Repetition(repetition) = part.kind()
                    && repetition
                        .sub
                        .properties()
                        .maximum_len()
                        .is_some_and(|most| most <= TAIL)
                {
                    let least = repetition
                        .min
                        .min(u32::try_from(TAIL.saturating_sub(length)).unwrap_or(0));
                    kept.push(Hir::repetition(Repetition {
                        min: least,
                        max: Some(least),
                        greedy: true,
                        sub: Box::new(bare(&repetition.sub)),
                    }));
                }
                break;
            }
        }
    }
    Hir::concat(kept)
}

/// `hir` without groups that capture. Not deeper than the pattern is.
fn bare(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Capture(capture) => bare(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(bare).collect()),
        HirKind::Alternation(branches) => Hir::alternation(branches.iter().map(bare).collect()),
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(bare(&repetition.sub)),
            ..repetition.clone()
        }),
        _ => hir.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::gitleaks::Pattern;

    fn need(go: &str) -> Option<(Vec<String>, Option<usize>, bool)> {
        let need = Need::of(&Pattern::of_go(go).unwrap().hir())?;
        let literals = need
            .literals
            .into_iter()
            .map(|literal| String::from_utf8(literal).unwrap());
        Some((literals.collect(), need.before, need.tail.is_some()))
    }

    #[test]
    fn every_match_holds_one_of_the_literals() {
        let some = |literals: &[&str], before, tail| {
            Some((
                literals
                    .iter()
                    .map(|literal| (*literal).to_owned())
                    .collect::<Vec<_>>(),
                before,
                tail,
            ))
        };
        assert_eq!(
            need(r"(?i)[\w.-]{0,50}?(?:acme)(?:[ \t\w.-]{0,20})=([a-z0-9]{32})"),
            some(&["acme"], Some(50), true)
        );
        assert_eq!(
            need(r"\b(tok_(?i)[a-z0-9]{32})(?:;|$)"),
            some(&["tok_"], Some(0), true)
        );
        assert_eq!(
            need(r"\b((?:AB3T[A-Z0-9]|AKOA|ASOA)[A-Z2-7]{16})\b"),
            some(&["ab3t", "akoa", "asoa"], Some(0), true)
        );
        assert_eq!(
            need(r"(?i)(?:key|pass(?:wor)?d)\s*="),
            some(&["key", "passd", "password"], Some(0), true)
        );
        assert_eq!(need(r"[^/]+secret"), some(&["secret"], None, true));
        assert_eq!(
            need(r"(x[0-9]{3}hook.|[a-z]{5}call)"),
            some(&["call", "hook"], Some(5), false)
        );
        assert_eq!(need(r"[a-f0-9]{40}"), None);
        assert_eq!(need(r"(?:secret)?[a-f0-9]{40}"), None);
        assert_eq!(need(r"a|secret"), None);
    }
}
