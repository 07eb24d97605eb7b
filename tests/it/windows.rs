//! A text gives the same findings whether it is scanned whole or in windows.
//!
//! The same means everything: rule, place with line and column, parts, confidence, encodings, fingerprint and
//! excerpt. Texts mix the samples of all rules with noise in every stored encoding; samples are planted across the
//! borders of windows, where a decision could be cut in two.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Mutex;

use proptest::prelude::*;
use waxseal::model::{Blob, Finding, Origin, Place, Sink, Sinks, Skip, Store};
use waxseal::rules::sample::expand;
use waxseal::rules::{BUILTIN, parse};
use waxseal::scan::{OVERLAP, Options, Scanner, Worker};
use waxseal::source::{Windows, scan_stdin};

use crate::support::random::Random;

/// Size of a window that no text here fills.
const WHOLE: usize = 1 << 30;

/// What a test compares of a finding: all that a report can show.
type Seen = (
    Place,
    String,
    String,
    Vec<(String, Place)>,
    Vec<&'static str>,
    String,
    String,
);

/// How many candidates each rule dropped for each reason.
type Drops = BTreeMap<(String, &'static str), u64>;

struct Windowed<'s> {
    scanner: &'s Scanner,
    seen: Mutex<(Vec<Finding>, Drops)>,
}

struct Pane<'s>(Worker<'s>, &'s Windowed<'s>);

impl<'s> Sinks for &'s Windowed<'s> {
    type Sink = Pane<'s>;

    fn sink(&self) -> Pane<'s> {
        Pane(self.scanner.worker(), self)
    }
}

impl Sink for Pane<'_> {
    fn blob(&mut self, blob: &Blob<'_>) {
        let mut seen = self.1.seen.lock().unwrap();
        self.0.scan(blob, &mut seen.0);
        if blob.part.last {
            seen.1 = self
                .0
                .drops()
                .map(|(rule, reason, count)| ((rule.to_owned(), reason.id()), count))
                .collect();
        }
    }

    fn skip(&mut self, skip: Skip) {
        panic!("skipped: {}", skip.detail);
    }
}

fn scanner() -> Scanner {
    Scanner::new(
        BUILTIN.iter().filter(|rule| !rule.optional).cloned(),
        Options::default(),
    )
}

#[test]
fn windows_reach_as_far_as_the_scanner_asks() {
    assert!(Windows::default().reach >= OVERLAP);
}

/// The findings in `input`, as a report would list them, and what was dropped.
fn scan(scanner: &Scanner, name: &str, input: impl Read, own: usize) -> (Vec<Seen>, Drops) {
    let windowed = Windowed {
        scanner,
        seen: Mutex::default(),
    };
    let windows = Windows {
        own,
        reach: OVERLAP,
    };
    scan_stdin(name.as_bytes(), input, windows, &&windowed);
    let (mut findings, drops) = windowed.seen.into_inner().unwrap();
    findings.sort_by(Finding::report_order);
    findings.dedup_by(|a, b| Finding::report_order(a, b).is_eq());
    (findings.iter().map(seen).collect(), drops)
}

fn seen(finding: &Finding) -> Seen {
    let parts = finding
        .parts
        .iter()
        .map(|part| (part.name.to_string(), part.place))
        .collect();
    let encodings = finding
        .encodings
        .iter()
        .map(|encoding| encoding.id())
        .collect();
    let sure = format!(
        "{} {} {:?}",
        finding.severity.id(),
        finding.confidence.id(),
        finding.notes
    );
    let (rule, print) = (finding.rule.to_string(), finding.fingerprint.to_string());
    (
        finding.place,
        rule,
        sure,
        parts,
        encodings,
        print,
        finding.excerpt.0.clone(),
    )
}

/// The texts of all hits and misses of all rules.
fn sample_texts() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut texts = Vec::new();
    for file in files {
        let rules = parse::parse("", &std::fs::read_to_string(file).unwrap()).unwrap();
        for source in rules {
            for (number, sample) in source.hits.iter().chain(&source.misses).enumerate() {
                let seed = format!("{}{number}", source.rule.id);
                texts.push(String::from_utf8(expand(&sample.text, &seed).unwrap()).unwrap());
            }
        }
    }
    texts
}

#[derive(Clone, Copy, Debug)]
enum Stored {
    Utf8,
    Utf8Mark,
    Latin1,
    Utf16Little,
    Utf16Big,
    Utf16Mark,
}

impl Stored {
    fn bytes(self, text: &str) -> Vec<u8> {
        let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect();
        match self {
            Self::Utf8 => text.into(),
            Self::Utf8Mark => format!("\u{feff}{text}").into(),
            Self::Latin1 => text
                .chars()
                .map(|c| u8::try_from(c).unwrap_or(b'?'))
                .collect(),
            Self::Utf16Little => wide(u16::to_le_bytes),
            Self::Utf16Big => wide(u16::to_be_bytes),
            Self::Utf16Mark => format!("\u{feff}{text}")
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        }
    }

    /// Bytes of an ASCII character.
    fn width(self) -> usize {
        match self {
            Self::Utf8 | Self::Utf8Mark | Self::Latin1 => 1,
            Self::Utf16Little | Self::Utf16Big | Self::Utf16Mark => 2,
        }
    }
}

/// A stretch of text without meaning.
fn noise(random: &mut Random, out: &mut String) {
    const LINES: [&str; 9] = [
        "    return compute(alpha, beta)[index]  # nothing here\n",
        "<td class=\"x\">caf\u{e9} \u{2013} \u{1f600} na\u{ef}ve</td>\r\n",
        "value = { 'host': lookup(\"name\"), 'port': 25 }\n",
        "mail the passengers; smtp is a protocol, auth_token is a name, AC means air\n",
        "data: Zm9vIGJhciBiYXogcXV4IHF1dXggY29yZ2UgZ3JhdWx0IGdhcnBseSB3YWxkbyBmcmVk\n",
        "\t\tif (password == null) { throw new Error(`missing ${name}`); }\n",
        "",
        "user: bob\npass:\n  - nested: [1, 2, 3]\n",
        "0123456789abcdef 89abcdef01234567 ",
    ];
    match random.below(14) {
        0 => (0..random.below(3_000)).for_each(|_| out.push_str("word ")),
        1 => {
            (0..random.below(40_000)).for_each(|_| out.push(char::from(b'!' + random.byte() % 90)));
        }
        2 => (0..random.below(9_000)).for_each(|_| out.push(char::from(b'A' + random.byte() % 26))),
        3 => (0..random.below(200)).for_each(|_| out.push('\n')),
        line => out.push_str(LINES[line % LINES.len()]),
    }
}

/// A text of about `length` bytes as stored, with samples across the borders of windows of `own` bytes.
fn text(
    random: &mut Random,
    samples: &[String],
    stored: Stored,
    own: usize,
    length: usize,
) -> String {
    let mut out = String::new();
    let mut border = own + OVERLAP + 2;
    while out.len() * stored.width() < length {
        let sample = &samples[random.below(samples.len())];
        let cut = random.below(sample.len() + 1);
        let target = border / stored.width() - cut.min(border / stored.width());
        border += own + 2;
        while out.len() < target {
            let mut piece = String::new();
            if random.below(4) == 0 {
                piece.push_str(&samples[random.below(samples.len())]);
            } else {
                noise(random, &mut piece);
            }
            piece.truncate(
                (0..=target - out.len())
                    .rev()
                    .find(|&at| piece.is_char_boundary(at))
                    .unwrap_or(0),
            );
            // what does not fit is filled up, so that the sample stands exactly where it should
            if piece.is_empty() {
                piece.push(' ');
            }
            out.push_str(&piece);
        }
        out.push_str(sample);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 15, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn windows_find_what_the_whole_text_holds(
        seed in any::<u64>(),
        own in 20_000_usize..200_000,
        stored in prop::sample::select(vec![Stored::Utf8, Stored::Utf8Mark, Stored::Latin1, Stored::Utf16Little, Stored::Utf16Big, Stored::Utf16Mark]),
        name in prop::sample::select(vec!["a.py", "a.yaml", "a.txt", ".env", "a.json", "a.php", "Mail.cs", "x"]),
    ) {
        let scanner = scanner();
        let mut random = Random::new(seed);
        let text = text(&mut random, &sample_texts(), stored, own, 400_000);
        let bytes = stored.bytes(&text);
        let (whole, whole_drops) = scan(&scanner, name, bytes.as_slice(), WHOLE);
        let (windowed, windowed_drops) = scan(&scanner, name, bytes.as_slice(), own);
        let only = |one: &[Seen], other: &[Seen]| -> Vec<Seen> {
            one.iter().filter(|seen| !other.contains(seen)).cloned().collect()
        };
        let (lost, gained) = (only(&whole, &windowed), only(&windowed, &whole));
        prop_assert!(lost.is_empty() && gained.is_empty(), "only whole: {lost:#?}\nonly in windows: {gained:#?}");
        prop_assert_eq!(whole, windowed);
        prop_assert_eq!(whole_drops, windowed_drops);
    }
}

/// Every byte of a key stands once at the border of two windows.
#[test]
fn a_key_across_a_border_is_found_once() {
    let scanner = scanner();
    let key = crate::support::program::text("k = '<<sendgrid-key>>'");
    let own = 1_000;
    let border = own + OVERLAP + 2;
    for shift in 0..=key.len() {
        let mut text = "x\n".repeat(border / 2);
        text.truncate(border - shift);
        text += &key;
        text += &"y\n".repeat(OVERLAP + 2_000);
        let found = scan(&scanner, "a", text.as_bytes(), own);
        assert_eq!(found.0.len(), 1, "shift {shift}");
        assert_eq!(found, scan(&scanner, "a", text.as_bytes(), WHOLE));
    }
}

/// A border inside a character does not make two of it.
#[test]
fn columns_count_characters_across_borders() {
    let scanner = scanner();
    let key = crate::support::program::text("k = '<<sendgrid-key>>'");
    let own = 1_000;
    for character in ["\u{e9}", "\u{20ac}", "\u{1f600}"] {
        for shift in 0..4 {
            let count = (3 * OVERLAP + 5 * own) / character.len();
            let text = format!("{}{} {key}\n", "x".repeat(shift), character.repeat(count));
            let wide: Vec<u8> = format!("\u{feff}{text}")
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect();
            for stored in [text.as_bytes(), &wide] {
                let found = scan(&scanner, "a", stored, own);
                assert_eq!(found.0.len(), 1, "{character} {shift}");
                let place = found.0[0].0;
                assert_eq!(
                    (place.line, place.column),
                    (1, (shift + count + 1 + 5 + 1) as u64),
                    "{character} {shift}"
                );
                assert_eq!(found.0, scan(&scanner, "a", stored, WHOLE).0);
            }
        }
    }
}

#[test]
fn a_long_text_in_memory_is_read_as_a_file_of_that_length() {
    let scanner = scanner();
    let line = b"const filler = compute(1, 2, 3) // nothing\n";
    let mut text = line.repeat((20 << 20) / line.len());
    // at the ends, and on both sides of what would be the borders of windows
    let places = [
        0,
        (8 << 20) - 40,
        8 << 20,
        (16 << 20) + 20,
        text.len() - 200,
    ];
    for (number, at) in places.into_iter().enumerate() {
        let login = expand("\nSMTP_PASSWORD=<<password>>\n", &format!("long {number}")).unwrap();
        text[at..at + login.len()].copy_from_slice(&login);
    }
    let origin = Origin::new(b"long.txt", Store::Stdin);
    let found = scanner.scan_text(origin, &text);
    let (expected, _) = scan(&scanner, "long.txt", text.as_slice(), 8 << 20);
    assert_eq!(found.len(), places.len());
    assert_eq!(found.iter().map(seen).collect::<Vec<_>>(), expected);
}
