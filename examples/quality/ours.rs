//! Runs waxseal itself over the corpus, in this process, with the rules that are on by default.

use waxseal::model::{Confidence, GitState, Origin, Severity, Store};
use waxseal::rules::BUILTIN;
use waxseal::scan::{Options, Scanner};

use super::corpus::Case;
use super::score::{Found, Score};

/// Scores every case at the default thresholds.
pub fn score(cases: &[Case]) -> Score {
    let rules = BUILTIN.iter().filter(|rule| !rule.optional).cloned();
    let scanner = Scanner::new(rules, Options::default());
    let mut score = Score::default();
    for case in cases {
        score.file(case, &found(&scanner, case));
    }
    score
}

/// What waxseal finds in `case`. Notes, which never fail a run, are not counted; nor are findings about a file as a whole, which hold
/// no secret of their own.
fn found(scanner: &Scanner, case: &Case) -> Vec<Found> {
    let origin = Origin::new(case.path.as_bytes(), Store::File(GitState::Tracked));
    scanner
        .scan_text(origin, &case.text)
        .into_iter()
        .filter(|it| {
            it.severity > Severity::Info
                && it.confidence >= Confidence::Low
                && !it.secret.is_empty()
        })
        .filter_map(|it| {
            let (start, end) = (
                usize::try_from(it.place.start).ok()?,
                usize::try_from(it.place.end).ok()?,
            );
            let label = case
                .labels
                .iter()
                .position(|label| start < label.end && label.start < end)
                // the same secret elsewhere in the file is no false alarm
                .or_else(|| {
                    case.labels
                        .iter()
                        .position(|label| label.value.same_value(&it.secret))
                });
            Some(Found {
                label,
                exact: label.is_some_and(|ix| case.labels[ix].value.same_value(&it.secret)),
                line: it.place.line,
                what: format!("{} {} {}", it.rule, it.confidence.id(), it.secret.masked()),
            })
        })
        .collect()
}
