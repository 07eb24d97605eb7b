//! Rule files of strangers: an error or a rule set that a scanner can be built from, never a panic.

use waxseal::model::{Origin, Store};
use waxseal::rules::parse::parse;
use waxseal::scan::{Options, Scanner};

/// One input.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(sources) = parse("fuzz.toml", text) {
        let scanner = Scanner::new(
            sources.into_iter().map(|source| source.rule),
            Options::default(),
        );
        scanner.scan_text(Origin::new(b".env", Store::Stdin), text.as_bytes());
    }
}
