//! What is read, what is refused and with which words, and that writing and reading agree.

use proptest::prelude::*;

use super::*;
use crate::model::{FingerprintKey, Secret};

const HEADER: &str = "{\"waxseal_baseline\":1,\"key_id\":\"0123abcd\",\"covers\":\"tree\"}\n";

fn print(number: u32) -> Fingerprint {
    let key = FingerprintKey::default();
    Fingerprint::new(key.as_bytes(), "a", &Secret::new(&number.to_be_bytes(), 0))
}

fn entry(number: u32) -> Accepted {
    Accepted {
        fingerprint: print(number),
        rule: "a-rule".to_owned(),
        reason: Some("why".to_owned()),
        owner: None,
        expires: None,
    }
}

fn line(number: u32, rest: &str) -> String {
    format!(
        "{{\"fingerprint\":\"{}\",\"rule\":\"a-rule\"{rest}}}\n",
        print(number)
    )
}

fn read(text: &str) -> Result<Baseline, BaselineError> {
    Baseline::parse(text.as_bytes().to_vec())
}

fn written(entries: impl IntoIterator<Item = Accepted>) -> String {
    let header = Header {
        key: KeyPlace::Here(FingerprintKey::new(&[7; SALT])),
        covers: Covers::Tree,
        also: Also::default(),
    };
    let mut sheet = Sheet::new(header);
    entries.into_iter().for_each(|entry| sheet.put(entry));
    sheet.to_text()
}

#[test]
fn what_is_written_is_sorted_and_read_again() {
    let entries: Vec<Accepted> = (0..100).map(entry).collect();
    let text = written(entries.clone());
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert!(rows.is_sorted() && rows.len() == 100);
    assert!(text.starts_with("{\"waxseal_baseline\":1,\"salt\":\"0707"));
    let baseline = read(&text).unwrap();
    assert_eq!(baseline.len(), 100);
    for entry in &entries {
        let place = baseline.find(&entry.fingerprint).unwrap();
        assert_eq!(baseline.entry(place), *entry);
    }
    assert_eq!(baseline.find(&print(100)), None);
    assert_eq!(Sheet::from(&baseline).to_text(), text);
}

#[test]
fn order_blanks_line_ends_and_ways_to_write_it_mean_nothing() {
    let one = line(1, ",\"reason\":\"why\"");
    let two = line(2, ",\"owner\":\"ops\",\"expires\":\"2026-03-31\"");
    let other = format!(
        "  {{ \"owner\" : \"o\\u0070s\", \"expires\":\"2026-03-31\",\"rule\":\"a-rule\", \"fingerprint\":\"{}\" }}",
        print(2)
    );
    let plain = Sheet::from(&read(&format!("{HEADER}{one}{two}")).unwrap()).to_text();
    for text in [
        format!("{HEADER}{two}{one}"),
        format!("\u{feff}{HEADER}{one}\n\n{two}").replace('\n', "\r\n"),
        format!("{HEADER}{one}{other}"),
        format!("{HEADER}{one}{two}{one}{two}{HEADER}"),
    ] {
        let baseline = read(&text).unwrap();
        assert_eq!(baseline.doubled(), []);
        assert_eq!(Sheet::from(&baseline).to_text(), plain, "{text}");
    }
}

#[test]
fn of_two_entries_for_one_value_the_one_that_ends_first_counts() {
    let variants = [
        ",\"reason\":\"b\",\"expires\":\"2026-01-01\"",
        ",\"reason\":\"a\",\"expires\":\"2027-01-01\"",
        ",\"reason\":\"a\"",
    ];
    for rotation in 0..3 {
        let lines: Vec<String> = (0..3)
            .map(|at| line(1, variants[(at + rotation) % 3]))
            .collect();
        let baseline = read(&format!("{HEADER}{}", lines.concat())).unwrap();
        assert_eq!(baseline.len(), 1);
        assert_eq!(baseline.doubled(), [print(1)]);
        assert_eq!(baseline.entry(0).reason.as_deref(), Some("b"));
    }
    for lines in [
        ",\"reason\":\"a\" ,\"reason\":\"b\"",
        ",\"reason\":\"b\" ,\"reason\":\"a\"",
    ] {
        let lines: String = lines.split(' ').map(|rest| line(1, rest)).collect();
        let baseline = read(&format!("{HEADER}{lines}")).unwrap();
        assert_eq!(baseline.entry(0).reason.as_deref(), Some("a"));
    }
}

#[test]
fn a_bad_line_is_named_and_not_quoted() {
    let good = line(1, "");
    let long = line(2, &format!(",\"reason\":\"{}\"", "x".repeat(501)));
    for (text, number, says) in [
        (
            String::from("DB_PASSWORD=Harbor-tzk\n"),
            1,
            "not the header",
        ),
        (
            String::from("{\"a\":\"Harbor-tzk\"}\n"),
            1,
            "not the header",
        ),
        (String::from("[\"Harbor-tzk\"]\n"), 1, "not the header"),
        (good.clone(), 1, "not the header"),
        (HEADER.replace(":1,", ":2,"), 1, "version 2"),
        (
            HEADER.replace("\"key_id\":\"0123abcd\",", ""),
            1,
            "needs either",
        ),
        (HEADER.replace("0123abcd", "0123ABCD"), 1, "8 hexadecimal"),
        (HEADER.replace("key_id", "salt"), 1, "64 hexadecimal"),
        (HEADER.replace("tree", "Harbor-tzk"), 1, "neither"),
        (HEADER.replace("covers", "Harbor-tzk"), 1, "none of"),
        (HEADER.replace("}\n", "\n"), 1, "cut off"),
        (
            format!("{HEADER}{}", HEADER.replace("0123", "4567")),
            2,
            "two baselines",
        ),
        (format!("{HEADER}<<<<<<< ours\n{good}"), 2, "merge=union"),
        (format!("{HEADER}{good}=======\n{good}"), 3, "merge"),
        (format!("{HEADER}{good}>>>>>>> theirs\n"), 3, "merge"),
        (format!("{HEADER}{good}Harbor-tzk\n"), 3, "no entry"),
        (format!("{HEADER}\n\n{}", &good[..30]), 4, "cut off"),
        (
            format!("{HEADER}{}", good.replace("rule", "Harbor-tzk")),
            2,
            "none of",
        ),
        (
            format!("{HEADER}{}", good.replace("a-rule", "")),
            2,
            "needs a `rule`",
        ),
        (
            format!("{HEADER}{}", line(1, ",\"reason\":\"\"")),
            2,
            "`reason`",
        ),
        (format!("{HEADER}{}", line(1, ",\"owner\":7")), 2, "`owner`"),
        (format!("{HEADER}{long}"), 2, "500"),
        (
            format!("{HEADER}{}", line(1, ",\"expires\":\"2026-02-30\"")),
            2,
            "no day",
        ),
        (
            format!("{HEADER}{}", line(1, ",\"expires\":\"Harbor-tzk\"")),
            2,
            "no day",
        ),
        (
            format!(
                "{HEADER}{}",
                good.replace(&print(1).to_string(), "Harbor-tzk")
            ),
            2,
            "32 hexa",
        ),
        (format!("{HEADER}{}", good.to_uppercase()), 2, "none of"),
    ] {
        let error = read(&text).unwrap_err();
        let BaselineError::Line { line, .. } = &error else {
            panic!("{error}: {text}");
        };
        let words = error.to_string();
        assert_eq!(*line, number, "{words}: {text}");
        assert!(
            words.contains(says) && !words.contains("Harbor"),
            "{words}: {text}"
        );
    }
    assert_eq!(read("").unwrap_err(), BaselineError::Empty);
    assert_eq!(read("\n\n").unwrap_err(), BaselineError::Empty);
    let broken = [HEADER.as_bytes(), b"\n\xff"].concat();
    let error = Baseline::parse(broken).unwrap_err().to_string();
    assert!(
        error.starts_with("line 3: ") && error.contains("UTF-8"),
        "{error}"
    );
}

#[test]
fn two_headers_with_one_key_cover_what_either_covers() {
    let wide = HEADER.replace("tree", "history");
    for text in [format!("{HEADER}{wide}"), format!("{wide}{HEADER}")] {
        assert_eq!(read(&text).unwrap().header().covers, Covers::History);
    }
}

#[test]
fn a_shortened_fingerprint_is_found_if_it_is_the_only_one() {
    let known = [print(1), print(2), print(3)];
    let digits = print(2).to_string();
    assert_eq!(resolve(&digits, known.into_iter()), Ok(Some(print(2))));
    assert_eq!(resolve(&digits[..8], known.into_iter()), Ok(Some(print(2))));
    assert_eq!(resolve("ffffffff", known.into_iter()), Ok(None));
    let mut all = known.to_vec();
    all.sort();
    assert_eq!(resolve("", known.into_iter()), Err(Ambiguous(all)));
    assert!(is_fingerprint(&digits) && is_fingerprint(&digits[..8]));
    for text in [
        "",
        "1234567",
        "smtp-login",
        "0123456G",
        "0123ABCD",
        &"0".repeat(33),
    ] {
        assert!(!is_fingerprint(text), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_read_panics(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Baseline::parse([HEADER.as_bytes(), &text].concat());
        let _ = Baseline::parse(text);
    }

    /// The quick reader takes exactly what the parser takes as well, and reads the same from it.
    #[test]
    fn the_quick_reader_agrees_with_the_parser(
        reason in proptest::option::of("[ -~äß\u{1f511}\t\n\"\\\\]{1,40}"),
        owner in proptest::option::of("[ -~]{1,20}"),
        year in 1_u16..9999, month in 1_u8..13, day in 1_u8..29, ends in any::<bool>(),
        edit in proptest::option::of((0_usize..400, "[ -~]")),
    ) {
        let expires = Day::parse(format!("{year:04}-{month:02}-{day:02}").as_bytes()).filter(|_| ends);
        let entry = Accepted { reason, owner, expires, ..entry(7) };
        let mut line = String::new();
        entry::write(&entry, &mut line);
        prop_assert_eq!(entry::parse(line.trim_end().as_bytes()), Ok(entry.clone()));
        prop_assert_eq!(entry::scan(line.trim_end().as_bytes()), Ok((entry.fingerprint, expires)));
        let mut bytes = line.trim_end().as_bytes().to_vec();
        if let Some((at, with)) = edit {
            let at = at % bytes.len();
            bytes.splice(at..=at, with.bytes());
        }
        let quick = entry::scan(&bytes);
        let slow = entry::parse(&bytes).map(|entry| (entry.fingerprint, entry.expires));
        if std::str::from_utf8(&bytes).is_ok() {
            prop_assert_eq!(quick, slow);
        }
    }

    /// Two branches that add entries, and a merge that keeps the lines of both in any order, give what one branch with all of
    /// them would have given.
    #[test]
    fn a_union_of_two_branches_is_one_baseline(
        base in proptest::collection::btree_set(0_u32..50, 0..10),
        ours in proptest::collection::btree_set(0_u32..50, 0..10),
        theirs in proptest::collection::btree_set(0_u32..50, 0..10),
    ) {
        let text = |sets: &[&std::collections::BTreeSet<u32>]| {
            written(sets.iter().flat_map(|set| set.iter().copied()).map(entry))
        };
        let (left, right) = (text(&[&base, &ours]), text(&[&base, &theirs]));
        let merged = read(&format!("{right}{left}")).unwrap();
        prop_assert_eq!(Sheet::from(&merged).to_text(), text(&[&base, &ours, &theirs]));
    }
}

#[test]
fn a_salt_that_was_changed_is_told() {
    let mut text = String::new();
    let header = Header {
        key: KeyPlace::Here(FingerprintKey::new(&[7; SALT])),
        covers: Covers::History,
        also: Also {
            ignored: true,
            submodules: true,
        },
    };
    header.write(&mut text);
    let read = |text: String| Baseline::parse(text.into_bytes());
    assert_eq!(read(text.clone()).unwrap().header(), &header);
    assert_eq!(
        Baseline::head(format!("\u{feff}\n{text}<<<<<<<\n").as_bytes()).unwrap(),
        header
    );
    let changed = text.replacen("0707", "0708", 1);
    let error = read(changed.clone()).unwrap_err().to_string();
    assert!(
        error.contains("not the one that its `key_id` tells of"),
        "{error}"
    );
    assert!(Baseline::head(changed.as_bytes()).is_err());
    // one that was written before there was an id beside it
    let id = format!(",\"key_id\":\"{}\"", header.key.id());
    let old = text.replace(&id, "");
    assert_eq!(read(old).unwrap().header(), &header);
    for (from, to) in [
        ("\"ignored\"", "\"all\""),
        ("[", "{"),
        ("\"also\"", "\"too\""),
    ] {
        assert!(read(text.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn the_rules_of_entries_are_known() {
    let line = |rest: &str| format!("{{\"fingerprint\":\"{:032x}\",{rest}}}\n", rest.len());
    let text = HEADER.to_owned()
        + &line("\"rule\":\"smtp-login\"")
        + &line("\"rule\":\"smtp-login\",\"reason\":\"x\"")
        + &line("\"reason\":\"xx\",\"rule\":\"dotenv-file\"")
        + &line("\"rule\":\"caf\\u00e9\"");
    let baseline = Baseline::parse(text.into_bytes()).unwrap();
    let rules: Vec<_> = baseline.rules().into_iter().collect();
    assert_eq!(rules, ["caf\u{e9}", "dotenv-file", "smtp-login"]);
}
