//! Rule files of strangers: an error or a rule set that a scanner can be built from, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waxseal::model::{Origin, Store};
use waxseal::rules::parse::parse;
use waxseal::scan::{Options, Scanner};

fuzz_target!(|text: &str| {
    if let Ok(sources) = parse("fuzz.toml", text) {
        let scanner = Scanner::new(sources.into_iter().map(|source| source.rule), Options::default());
        scanner.scan_text(Origin::new(b".env", Store::Stdin), text.as_bytes());
    }
});
