//! What a baseline does to a finished report: which findings it lets pass, which of its entries have had their time, and which are
//! of no use any more.

use std::time::{SystemTime, UNIX_EPOCH};

use super::file::Standing;
use crate::baseline::{Baseline, Covers};
use crate::config::{self, HistoryOptions, Input, ScanOptions};
use crate::model::{Baselined, Coverage, Day, Quotes, Report, SkipReason};
use crate::rules::POLICY_TOO_WIDE;

impl Standing {
    /// Takes out of `report` what the baseline lets pass, once. `is_used` tells whether a rule is among those that were looked for.
    pub(in crate::app) fn apply(
        &self,
        report: &mut Report,
        options: &ScanOptions,
        is_used: &dyn Fn(&str) -> bool,
    ) {
        let Some(named) = self.baseline.as_ref().filter(|_| !self.off) else {
            return;
        };
        if report.baseline.is_some() {
            return;
        }
        let baseline = &named.baseline;
        let sees_all = looked_at(options, &report.coverage) == Some(baseline.header().covers);
        let mut baselined = settle(report, baseline, today(), sees_all);
        baselined.file.clone_from(&named.name);
        let found = report.findings.iter().chain(&report.allows.findings);
        let passed = baselined.findings.iter().map(|(finding, _)| finding);
        let mut quotes = Quotes::default();
        found
            .chain(passed)
            .for_each(|finding| quotes.add(&finding.secret));
        if let Some(unused) = &mut baselined.unused {
            // a rule that was left out finds nothing
            unused.retain(|entry| is_used(&entry.rule));
        }
        hide_quotes(&mut baselined, &quotes, is_used);
        report.baseline = Some(Box::new(baselined));
    }
}

/// What is shown in the place of a text in which a secret was found.
const HIDDEN: &str = "hidden, because it quotes a secret";

/// Hides what quotes a secret of this run: what an entry says was written by hand.
fn hide_quotes(baselined: &mut Baselined, quotes: &Quotes, is_used: &dyn Fn(&str) -> bool) {
    let passed = baselined.findings.iter_mut().map(|(_, entry)| entry);
    let unused = baselined.unused.iter_mut().flatten();
    for entry in passed.chain(&mut baselined.expired).chain(unused) {
        for text in [&mut entry.reason, &mut entry.owner] {
            if text
                .as_ref()
                .is_some_and(|text| quotes.are_in(text.as_bytes()))
            {
                *text = Some(HIDDEN.to_owned());
            }
        }
        if !is_used(&entry.rule) && quotes.are_in(entry.rule.as_bytes()) {
            HIDDEN.clone_into(&mut entry.rule);
        }
    }
}

/// Takes out of `report` what `baseline` lets pass on the day `today`. Entries that were not met are unused, if the run
/// `sees_all` that the baseline is about.
fn settle(report: &mut Report, baseline: &Baseline, today: Day, sees_all: bool) -> Baselined {
    let mut met = vec![false; baseline.len()];
    let mut passed = Vec::new();
    let mut left = Vec::new();
    for mut finding in std::mem::take(&mut report.findings) {
        let Some(place) = baseline.find(&finding.fingerprint) else {
            left.push(finding);
            continue;
        };
        let entry = baseline.entry(place);
        // whoever reviews an entry goes by the rule that it names; and what lets too much pass is mended where it does
        if entry.rule != finding.rule || finding.rule == POLICY_TOO_WIDE {
            left.push(finding);
            continue;
        }
        met[place] = true;
        match entry.expires {
            Some(day) if day < today => {
                let note = format!("the baseline let it pass until {day}");
                finding.notes.push(note.into());
                left.push(finding);
            }
            _ => passed.push((finding, entry)),
        }
    }
    report.findings = left;
    // what a comment lets pass as well is there all the same
    for finding in &report.allows.findings {
        if let Some(place) = baseline.find(&finding.fingerprint) {
            met[place] = true;
        }
    }
    let all = 0..baseline.len();
    let is_over = |place: &usize| baseline.expires(*place).is_some_and(|day| day < today);
    let expired = all.clone().filter(is_over);
    // to make texts of ten thousand entries takes longer than all the rest of a hook
    let unused = sees_all.then(|| {
        let unused = all.filter(|place| !met[*place]);
        unused.map(|place| baseline.entry(place)).collect()
    });
    Baselined {
        file: String::new(),
        entries: baseline.len() as u64,
        findings: passed,
        expired: expired.map(|place| baseline.entry(place)).collect(),
        unused,
        doubled: baseline.doubled().to_vec(),
    }
}

/// What was looked at as a whole; none where it was only a part of something.
pub(super) fn looked_at(options: &ScanOptions, coverage: &Coverage) -> Option<Covers> {
    // what a clone or a checkout left out may hold what an entry is about
    let is_absent = |reason| coverage.count(reason) > 0;
    let absent = [
        SkipReason::Absent,
        SkipReason::Shallow,
        SkipReason::Promised,
        SkipReason::OverLimit,
    ];
    if !coverage.is_complete() || options.no_binary || absent.into_iter().any(is_absent) {
        return None;
    }
    match &options.input {
        Input::Paths(paths) => {
            let [path] = paths.as_slice() else {
                return None;
            };
            let root = config::root(&options.input)?;
            (path.canonicalize().ok()? == root).then_some(Covers::Tree)
        }
        Input::History(HistoryOptions {
            range: None,
            branches,
            since: None,
            reachable: false,
            ..
        }) if branches.is_empty() => Some(Covers::History),
        Input::History(_) | Input::Staged(_) | Input::Handed { .. } => None,
    }
}

/// The day on which this runs.
pub(in crate::app) fn today() -> Day {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = seconds.map_or(0, |since| since.as_secs().cast_signed());
    let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    let date = time.to_zoned(jiff::tz::TimeZone::UTC).date();
    Day::parse(date.to_string().as_bytes()).expect("the years of a clock have four digits")
}
