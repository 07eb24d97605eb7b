//! Reads assignments out of arbitrary bytes: no panic, every span in bounds, and each key found by
//! reading all of them is found again by asking for its first byte.

use waxseal::scan::assignment::{Lang, block, call_args, outer, parents, read_all, read_at};

/// One name a language, so that the first byte of an input chooses one.
const NAMES: [&str; 26] = [
    "x",
    ".env",
    "a.ini",
    "a.yml",
    "a.json",
    "a.toml",
    "a.xml",
    "a.php",
    "a.js",
    "a.py",
    "a.rb",
    "a.pl",
    "a.go",
    "a.java",
    "a.cs",
    "a.sh",
    "a.bat",
    "a.ps1",
    "a.c",
    "a.rs",
    "a.ex",
    "a.tf",
    "a.clj",
    "Dockerfile",
    "a.md",
    ".netrc",
];

/// One input.
pub fn run(data: &[u8]) {
    let Some((&first, text)) = data.split_first() else {
        return;
    };
    let lang = Lang::of_path(NAMES[usize::from(first) % NAMES.len()].as_bytes());
    for found in read_all(text, 0..text.len(), lang) {
        assert!(found.value.end as usize <= text.len() && found.end <= text.len());
        // `${a-b.c:v}` is a default of `a` to a shell and a setting `a-b.c` to Spring: which one is read may hang on
        // the byte that is asked about
        let ambiguous = text[found.key.range()].contains(&b'-');
        let again = read_at(text, found.key.start as usize, lang);
        assert!(
            again == Some(found) || (ambiguous && again.is_none()),
            "{found:?} {again:?}"
        );
        let inner = block(text, &found, lang);
        assert!(inner.contains(&(found.key.start as usize)) && inner.end <= text.len());
        assert!(outer(text, &inner, lang).is_none_or(|range| range.end <= text.len()));
        let named = parents(text, &found, lang);
        assert!(
            named
                .names()
                .iter()
                .all(|name| name.end as usize <= text.len())
        );
        for arg in call_args(text, found.key.end as usize, lang) {
            assert!(arg.value.end as usize <= text.len());
        }
    }
}
