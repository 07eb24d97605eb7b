//! Replays the inputs that fuzzing found worth keeping, and every one that once failed.
//!
//! `testdata/fuzz/TARGET.bin` holds inputs, each behind its length (four bytes, little endian), every byte
//! exclusive-or 0x5a: inputs are full of text in the shape of keys, which must not stand in a repository as such.
//! `fuzz/pack.py` writes the files.

use std::path::Path;

#[path = "../../fuzz/bodies/assignment.rs"]
mod assignment;
#[path = "../../fuzz/bodies/rules.rs"]
mod rules;
#[path = "../../fuzz/bodies/scan.rs"]
mod scan;
#[path = "../../fuzz/bodies/views.rs"]
mod views;

fn replay(target: &str, run: fn(&[u8])) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/fuzz")
        .join(format!("{target}.bin"));
    let stored: Vec<u8> = std::fs::read(&path)
        .unwrap()
        .into_iter()
        .map(|byte| byte ^ 0x5a)
        .collect();
    let mut rest = stored.as_slice();
    let mut count = 0;
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let (input, tail) = tail.split_at(usize::try_from(u32::from_le_bytes(*length)).unwrap());
        run(input);
        (rest, count) = (tail, count + 1);
    }
    assert!(
        rest.is_empty() && count >= 50,
        "{}: {count} inputs",
        path.display()
    );
}

#[test]
fn assignments() {
    replay("assignment", assignment::run);
}

#[test]
fn decoded_views() {
    replay("views", views::run);
}

#[test]
fn whole_scans() {
    replay("scan", scan::run);
}

#[test]
fn rule_files() {
    replay("rules", rules::run);
}
