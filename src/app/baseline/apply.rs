//! What a baseline does to a finished report: which findings it lets pass, which of its entries have had their time, and which are
//! of no use any more.

use std::cell::OnceCell;
use std::time::{SystemTime, UNIX_EPOCH};

use super::file::Standing;
use super::kin::Kin;
use crate::baseline::{Also, Baseline, Covers};
use crate::config::{self, HistoryOptions, Input, ScanOptions};
use crate::model::{Baselined, Coverage, Day, Finding, Fingerprint, Quotes, Report, SkipReason};
use crate::rules::Rule;

impl Standing {
    /// Takes out of `report` what the baseline lets pass, once. `rules` are those that were looked for.
    pub(in crate::app) fn apply(
        &self,
        report: &mut Report,
        options: &ScanOptions,
        rules: &[&Rule],
    ) {
        let Some(named) = &self.baseline else {
            return;
        };
        if report.baseline.is_some() {
            return;
        }
        let baseline = &named.baseline;
        let header = baseline.header();
        let sees_all = looked_at(options, &report.coverage) == Some(header.covers)
            && header.also.is_within(also(options));
        let kin = Kin::new(rules.iter().copied(), &self.key);
        let mut baselined = settle(report, baseline, &kin, today(), sees_all);
        let is_used = |id: &str| rules.iter().any(|rule| rule.id == id);
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
        baselined.is_alien = is_alien(&baselined, &report.findings);
        hide_quotes(&mut baselined, &quotes, &is_used);
        report.baseline = Some(Box::new(baselined));
    }
}

/// Fewest entries of which it says something that none of them is met.
const FEW: u64 = 3;

/// Whether not one entry names anything though there is much of the kind: another key made them, mostly, and not that all of these
/// secrets were replaced.
fn is_alien(baselined: &Baselined, findings: &[Finding]) -> bool {
    let Some(unused) = &baselined.unused else {
        return false;
    };
    let is_named = |finding: &Finding| unused.iter().any(|entry| entry.rule == finding.rule);
    fits_nothing(baselined.entries, unused.len()) && findings.iter().any(is_named)
}

/// Whether it is strange that of `entries` so many as `unused` name nothing.
pub(super) fn fits_nothing(entries: u64, unused: usize) -> bool {
    entries >= FEW && unused as u64 == entries
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

/// Takes out of `report` what `baseline` lets pass on the day `today`, under any of the names of its `kin`. Entries that were not met are
/// unused, if the run `sees_all` that the baseline is about.
fn settle(
    report: &mut Report,
    baseline: &Baseline,
    kin: &Kin<'_>,
    today: Day,
    sees_all: bool,
) -> Baselined {
    // to look for a rule that no entry names is in vain; which there are is asked only where an entry is not found at once
    let named = OnceCell::new();
    let entry_at = |(rule, name): (&str, Fingerprint)| {
        let place = baseline.find(&name)?;
        let entry = baseline.entry(place);
        // whoever reviews an entry goes by the rule that it names
        (entry.rule == rule).then_some((place, entry))
    };
    let find = |finding: &Finding| {
        let own = kin.names(finding).take(1).find_map(entry_at);
        own.or_else(|| {
            let named: &Kin<'_> = named.get_or_init(|| kin.among(&baseline.rules()));
            named.names(finding).skip(1).find_map(entry_at)
        })
    };
    let mut met = vec![false; baseline.len()];
    let mut passed = Vec::new();
    let mut left = Vec::new();
    for mut finding in std::mem::take(&mut report.findings) {
        let Some((place, entry)) = find(&finding) else {
            left.push(finding);
            continue;
        };
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
        if let Some((place, _)) = find(finding) {
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
        is_alien: false,
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

/// What `options` look at besides.
pub(super) fn also(options: &ScanOptions) -> Also {
    Also {
        ignored: options.no_ignore,
        submodules: options.submodules,
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
