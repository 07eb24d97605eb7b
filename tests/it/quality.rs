//! The labelled corpus of `examples/quality`: that it is whole, and that it reaches the bars, overall and for each kind. What other
//! scanners make of it is for the example alone.

#[path = "../../examples/quality/corpus.rs"]
mod corpus;
#[path = "../../examples/quality/fill.rs"]
mod fill;
#[path = "../../examples/quality/ours.rs"]
mod ours;
#[path = "../../examples/quality/score.rs"]
mod score;

use std::path::{Path, PathBuf};

use corpus::Case;

/// Least recall and precision: of the templates that rules may be tuned on, and of those that are held out.
const BARS: [(&str, f64, f64); 9] = [
    ("", 0.98, 0.97),
    ("held-out", 0.93, 0.93),
    ("held-out-4a", 0.93, 0.93),
    ("held-out-4c", 0.93, 0.93),
    ("held-out-4d", 0.93, 0.93),
    ("held-out-4e", 0.93, 0.93),
    ("held-out-4f", 0.93, 0.93),
    ("held-out-4k", 0.93, 0.93),
    ("held-out-5k", 0.93, 0.93),
];

fn cases(folder: &str) -> Vec<Case> {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/quality");
    corpus::read(&root.join(folder), &root.join("harmless.toml"), "1").unwrap()
}

#[test]
fn the_corpus_is_large_enough() {
    let cases = cases("");
    let labels: usize = cases.iter().map(|case| case.labels.len()).sum();
    let clean = cases.iter().filter(|case| case.labels.is_empty()).count();
    assert!(labels >= 600, "{labels} secrets");
    assert!(clean >= 900, "{clean} files without one");
    // every template has a row of its own, so that a miss can be found
    let mut titles: Vec<&str> = cases.iter().map(|case| case.title.as_str()).collect();
    titles.sort_unstable();
    assert!(titles.windows(2).all(|two| two[0] != two[1]));
}

#[test]
fn every_kind_reaches_the_bars() {
    for (folder, recall, precision) in BARS {
        let score = ours::score(&cases(folder));
        let below: Vec<&str> = score
            .rows()
            .filter(|(_, it)| it.recall() < recall || it.precision() < precision)
            .map(|(kind, _)| kind)
            .collect();
        assert!(
            below.is_empty(),
            "{folder}: {below:?}\n{}\n{}",
            score.faults.join("\n"),
            score.table()
        );
    }
}
