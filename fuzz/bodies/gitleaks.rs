//! Rule files of gitleaks by strangers: an error or rules that a scanner can be built from, never a panic. The text is scanned by its
//! own rules.

use waxseal::model::{Origin, Store};
use waxseal::rules::gitleaks;
use waxseal::scan::{Options, Scanner};

/// One input.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(file) = gitleaks::read(text) else {
        return;
    };
    let base = Some("[[rules]]\nid = 'base'\nregex = '''key=([a-z0-9]+)'''\nkeywords = ['key']\n");
    let open = &mut |_: &str| Ok(text.to_owned());
    if let Ok(made) = gitleaks::rules(file, base, open) {
        let scanner = Scanner::new(made.rules, Options::default());
        scanner.scan_text(Origin::new(b"src/a.txt", Store::Stdin), text.as_bytes());
    }
}
