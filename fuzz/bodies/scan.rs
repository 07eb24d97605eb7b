//! The whole pipeline on foreign bytes: no input may panic it, and a text read in windows gives what it gives whole.

use std::sync::LazyLock;

use waxseal::model::{GitState, Origin, Store};
use waxseal::rules::BUILTIN;
use waxseal::scan::{Allowing, Options, Scanner};

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let allowing = Allowing {
        foreign: true,
        require_reason: false,
        seek: true,
        known: BUILTIN.iter().map(|rule| rule.id.clone()).collect(),
        idle: Vec::new(),
    };
    let options = Options {
        allowing: Some(allowing),
        ..Options::default()
    };
    Scanner::new(BUILTIN.to_vec(), options)
});

const NAMES: [&str; 12] = [
    "a.py",
    ".env",
    "a.yml",
    "a.json",
    "a.js",
    "a.php",
    "a.xml",
    "a.rb",
    "a.txt",
    "a.properties",
    "a.go",
    "a.toml",
];

/// One input.
pub fn run(data: &[u8]) {
    let Some((&name, text)) = data.split_first() else {
        return;
    };
    let path = NAMES[usize::from(name) % NAMES.len()];
    let origin = Origin::new(path.as_bytes(), Store::File(GitState::Tracked));
    for finding in SCANNER.scan_text(origin, text) {
        let place = finding.place;
        assert!(place.start <= place.end && place.end <= text.len() as u64);
        assert!((place.line, place.column) <= (place.end_line, place.end_column));
    }
}
