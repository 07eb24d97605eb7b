//! Counts hits, misses and false alarms, for each kind and overall. Judges nothing but places: what was found there, and
//! by whom, was said by others.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::corpus::Case;

/// What was found in a file.
pub struct Found {
    /// Which label it is, if it is one.
    pub label: Option<usize>,
    /// Whether the value is that of the label, where that is known.
    pub exact: bool,
    /// For the list: line, and what is said of it. Masked.
    pub line: u64,
    pub what: String,
}

/// Counts of one kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Labelled secrets.
    pub labels: u64,
    /// Those that were found.
    pub hits: u64,
    /// Those that were found with the very value.
    pub exact: u64,
    /// Findings that are none.
    pub alarms: u64,
    /// Files without a label.
    pub clean: u64,
}

impl Counts {
    /// Share of the labels that was found.
    pub fn recall(self) -> f64 {
        ratio(self.hits, self.labels)
    }

    /// Share of what was found that is right.
    pub fn precision(self) -> f64 {
        ratio(self.hits, self.hits + self.alarms)
    }

    /// Harmonic mean of the two.
    pub fn f1(self) -> f64 {
        let (r, p) = (self.recall(), self.precision());
        if r + p > 0.0 {
            2.0 * r * p / (r + p)
        } else {
            0.0
        }
    }

    fn add(&mut self, other: Self) {
        self.labels += other.labels;
        self.hits += other.hits;
        self.exact += other.exact;
        self.alarms += other.alarms;
        self.clean += other.clean;
    }
}

#[expect(clippy::cast_precision_loss, reason = "thousands, not 2^52")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}

/// The outcome for one tool.
#[derive(Default)]
pub struct Score {
    kinds: BTreeMap<String, Counts>,
    /// A line for each miss, each false alarm, and each hit with another value than the very one.
    pub faults: Vec<String>,
}

impl Score {
    /// Counts one file.
    pub fn file(&mut self, case: &Case, found: &[Found]) {
        let counts = self.kinds.entry(case.kind.clone()).or_default();
        counts.labels += u64::try_from(case.labels.len()).expect("a handful");
        counts.clean += u64::from(case.labels.is_empty());
        for (ix, label) in case.labels.iter().enumerate() {
            let mut of = found.iter().filter(|it| it.label == Some(ix)).peekable();
            if of.peek().is_some() {
                counts.hits += 1;
                if of.any(|it| it.exact) {
                    counts.exact += 1;
                } else {
                    self.faults.push(format!(
                        "other value {} {}:{} {}",
                        case.kind,
                        case.path,
                        label.lines.start(),
                        case.title
                    ));
                }
            } else {
                self.faults.push(format!(
                    "miss   {} {}:{} {}",
                    case.kind,
                    case.path,
                    label.lines.start(),
                    case.title
                ));
            }
        }
        for alarm in found.iter().filter(|it| it.label.is_none()) {
            counts.alarms += 1;
            self.faults.push(format!(
                "alarm  {} {}:{} {} {}",
                case.kind, case.path, alarm.line, alarm.what, case.title
            ));
        }
    }

    /// Everything together.
    pub fn overall(&self) -> Counts {
        let mut all = Counts::default();
        self.kinds.values().for_each(|counts| all.add(*counts));
        all
    }

    /// Each kind, and everything together last.
    pub fn rows(&self) -> impl Iterator<Item = (&str, Counts)> {
        self.kinds
            .iter()
            .map(|(kind, counts)| (kind.as_str(), *counts))
            .chain([("overall", self.overall())])
    }

    /// The table.
    pub fn table(&self) -> String {
        let mut out = format!(
            "{:<15} {:>7} {:>6} {:>7} {:>7} {:>6}  {:>7} {:>9} {:>7}\n",
            "kind", "labels", "clean", "found", "exact", "alarms", "recall", "precision", "F1"
        );
        for (kind, it) in self.rows() {
            let _ = writeln!(
                out,
                "{kind:<15} {:>7} {:>6} {:>7} {:>7} {:>6}  {:>7.4} {:>9.4} {:>7.4}",
                it.labels,
                it.clean,
                it.hits,
                it.exact,
                it.alarms,
                it.recall(),
                it.precision(),
                it.f1()
            );
        }
        out
    }
}
