//! Several candidates, one value: which of them becomes the finding.
//!
//! A SendGrid key in an SMTP URL in a `.env` is found three times. The rule that names it best keeps it and takes over
//! what the others knew of host and user.

use crate::model::{Severity, Span};
use crate::rules::{Context, Kind, ValueKind};

use super::candidate::{Candidate, Decisions};
use super::filter::Drop;
use super::matcher::Compiled;

/// Leaves one candidate for each value, in the order of their places. What loses is counted if its value is `own`.
pub fn resolve(rules: &[Compiled], decisions: &mut Decisions, own: &dyn Fn(Span) -> bool) {
    let mut candidates = std::mem::take(&mut decisions.candidates);
    candidates.sort_by_key(|candidate| {
        (
            candidate.secret,
            std::cmp::Reverse(claim(rules, candidate)),
            candidate.rule,
        )
    });
    let mut kept: Vec<Candidate> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let Some(rival) = kept
            .iter_mut()
            .rev()
            .take(8)
            .find(|kept| kept.secret.overlaps(candidate.secret))
        else {
            kept.push(candidate);
            continue;
        };
        let is_better = claim(rules, &candidate) > claim(rules, rival);
        let wins = if is_better {
            !hushes(rules, &candidate, rival)
        } else {
            hushes(rules, rival, &candidate)
        };
        let (winner, loser) = if wins {
            let loser = std::mem::replace(rival, candidate);
            (rival, loser)
        } else {
            (rival, candidate)
        };
        if loser.rule != winner.rule {
            decisions.uncounted = !own(loser.secret);
            decisions.drop(loser.rule, Drop::Covered);
        }
        inherit(winner, loser);
    }
    decisions.candidates = kept;
}

/// How good a claim on a value is: the kind of rule, how sure it is, how few layers were taken off, how well it ranks.
fn claim(
    rules: &[Compiled],
    candidate: &Candidate,
) -> (u8, crate::model::Confidence, std::cmp::Reverse<usize>, i32) {
    let kind = match &rules[usize::from(candidate.rule)].rule.kind {
        Kind::Token(token) if token.visible > 0 => 7,
        Kind::Pair(_) => 6,
        // a form of its own, and the provider named beside it
        Kind::Token(token) if token.near > 0 && token.value == ValueKind::Opaque => 5,
        Kind::Token(_) | Kind::Encoded(_) | Kind::Command(_) | Kind::Login => 4,
        Kind::Assignment(assignment) if assignment.context != Context::Dotenv => 3,
        // it says what kind of key it is, where a line of a dotenv file says only that it is one
        Kind::Foreign(_) => 2,
        Kind::Assignment(_) => 1,
        Kind::File(_) => 0,
    };
    (
        kind,
        candidate.confidence,
        std::cmp::Reverse(candidate.encodings.len()),
        candidate.rank,
    )
}

/// Whether `candidate` would make next to nothing of what a built-in rule takes for grave: rules of one's own add to what is found, and a
/// repository that brings one for everything must not get rid of all the others by it.
fn hushes(rules: &[Compiled], candidate: &Candidate, other: &Candidate) -> bool {
    let of = |candidate: &Candidate| &rules[usize::from(candidate.rule)].rule;
    candidate.severity <= Severity::Low
        && other.severity > candidate.severity
        && !of(candidate).is_built_in()
        && of(other).is_built_in()
}

/// Gives `winner` the parts and notes of `loser` that it lacks.
fn inherit(winner: &mut Candidate, loser: Candidate) {
    for part in loser.parts {
        let is_secret = |span: Span| span.overlaps(winner.secret);
        if !is_secret(part.span)
            && !winner
                .parts
                .iter()
                .any(|own| own.name == part.name || own.span == part.span)
        {
            winner.parts.push(part);
        }
    }
    for note in loser.notes {
        if !winner.notes.contains(&note) {
            winner.notes.push(note);
        }
    }
}
