//! Baselines of strangers: an error, or entries that are the same after they were written and read again.

use waxseal::baseline::{Baseline, Sheet};

/// One input.
pub fn run(data: &[u8]) {
    let Ok(baseline) = Baseline::parse(data.to_vec()) else {
        return;
    };
    let sheet = Sheet::from(&baseline);
    assert_eq!(sheet.len(), baseline.len());
    for entry in baseline.entries() {
        assert_eq!(sheet.get(&entry.fingerprint), Some(&entry));
    }
    let text = sheet.to_text();
    assert!(text.lines().skip(1).is_sorted());
    let again = Baseline::parse(text.clone().into_bytes());
    let again =
        again.unwrap_or_else(|error| panic!("what was written is refused: {error}\n{text}"));
    assert_eq!(Sheet::from(&again).to_text(), text);
}
