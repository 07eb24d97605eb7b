//! The labelled corpus of `examples/quality`: that it is whole, and that a part of it scores well. The bars themselves are held by
//! the example, on all of it; this is to notice a change that breaks much.

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

/// One case of so many is scanned: the build of the tests is slow.
const PART: usize = 7;

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
fn a_part_of_the_corpus_scores_well() {
    for folder in ["", "held-out"] {
        let part: Vec<Case> = cases(folder).into_iter().step_by(PART).collect();
        let score = ours::score(&part);
        let all = score.overall();
        assert!(
            all.recall() >= 0.75 && all.precision() >= 0.93,
            "{folder}\n{}\n{}",
            score.faults.join("\n"),
            score.table()
        );
    }
}
