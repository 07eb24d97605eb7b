//! The dialects one by one, and two properties: what is written is read back, and no line is lost or made up.

use proptest::prelude::*;
use regex::Regex;

use super::super::{Assignment, Form, Lang, read_all, read_at};
use super::{DEEPEST, LONGEST};

fn read(text: &str) -> Vec<(String, String, Form)> {
    let cut = |span: crate::model::Span| text[span.range()].to_owned();
    read_all(text.as_bytes(), 0..text.len(), Lang::Env)
        .map(|found: Assignment| (cut(found.key), cut(found.value), found.form))
        .collect()
}

/// Keys and values of `text`, `K=v` each.
fn pairs(text: &str) -> Vec<String> {
    let found = read(text).into_iter();
    found
        .map(|(key, value, _)| format!("{key}={value}"))
        .collect()
}

#[test]
fn every_dialect() {
    let pem = "-----BEGIN PRIVATE KEY-----\nMIIabc/+\nabcd==\n-----END PRIVATE KEY-----";
    let in_quotes = format!("A=\"{pem}\"\nB=2");
    let rows: &[(&str, &[&str])] = &[
        ("A=1\nB=2", &["A=1", "B=2"]),
        ("export A=1\n  export\tB=2", &["A=1", "B=2"]),
        (
            "export A=1 B='2 3' C=\"4\" # D=5",
            &["A=1", "B=2 3", "C=4", "D=5"],
        ),
        ("export A=x y", &["A=x y"]),
        (
            "set A=1\r\n$env:B=\"2\"\r\ndeclare -x C=3",
            &["A=1", "B=2", "C=3"],
        ),
        ("A = 1\nB =2\nC= 3", &["A=1", "B=2", "C=3"]),
        ("A: 1\nB: 'x: y'\nhttp://x:80/y", &["A=1", "B=x: y"]),
        (
            "A='it''s'\nB='a\\'\nC='a\\'b'",
            &["A=it''s", "B=a\\", "C=a\\'b"],
        ),
        (
            "A=\"a\\\"b\" # c\nB=\"C:\\dir\\\"\nC=1",
            &["A=a\\\"b", "B=C:\\dir\\", "C=1"],
        ),
        (
            "A=\"it\"s\"\nB=\"{\"a\":\"b\"}\"",
            &["A=it\"s", "B={\"a\":\"b\"}"],
        ),
        ("A=`x 'y' \"z\"`\nB=1", &["A=x 'y' \"z\"", "B=1"]),
        ("A=\"\"\"one\ntwo\"\"\"\nB=1", &["A=one\ntwo", "B=1"]),
        (
            "A=\"one\n two \nthree\"\nB=1",
            &["A=one\n two \nthree", "B=1"],
        ),
        ("A='one\r\ntwo'\r\nB=1\r\n", &["A=one\r\ntwo", "B=1"]),
        (
            &in_quotes,
            &[
                "A=-----BEGIN PRIVATE KEY-----\nMIIabc/+\nabcd==\n-----END PRIVATE KEY-----",
                "B=2",
            ],
        ),
        // an open quote swallows no setting
        ("A=\"x\nB=\"2\"\nC=3", &["A=\"x", "B=2", "C=3"]),
        (
            "A=x#y\nB=x #y\nC=#y\nD= #y\nE=\"x\" #y",
            &["A=x#y", "B=x", "C=#y", "D=", "E=x"],
        ),
        (
            "A=\nB=\"\"\nC=''\nD= \nE=1",
            &["A=", "B=", "C=", "D=", "E=1"],
        ),
        ("A\nB=1\nsource x\n. ./y\nexit 1", &["B=1"]),
        (
            "A=one\\\n  two\\\n three\nB=C:\\\nD=1",
            &["A=one\\\n  two\\\n three", "B=C:\\", "D=1"],
        ),
        (
            "# A=1\n#B=2\n## export C=3\n; D=4\n//E=5",
            &["A=1", "B=2", "C=3", "D=4", "E=5"],
        ),
        (
            "# was A=1, then B='2 3' (C=4). d = 5\n# see https://x/?e=6",
            &["A=1", "B=2 3", "C=4"],
        ),
        ("# a word: not a value\n# A: 1", &["A=1"]),
        ("\u{feff}A=1\nB=2", &["A=1", "B=2"]),
        (
            "\"A\"=1\n'B' = 2\n  \"C\": \"3\",\n",
            &["A=1", "B=2", "C=3"],
        ),
        ("A==x=\nif [ $B == x ]; then\nC += x", &["A==x=", "C=x"]),
        ("a.b-c=1\nD?=2\nE:=3", &["a.b-c=1", "D=2", "E=3"]),
        (
            "A=postgres://u:p@h/db?x=1&y=2 # z",
            &["A=postgres://u:p@h/db?x=1&y=2"],
        ),
        ("A=1\rB=2", &["A=1", "B=2"]),
    ];
    let wrong: Vec<String> = rows
        .iter()
        .map(|(text, expected)| (text, expected, pairs(text)))
        .filter(|(_, expected, seen)| seen != *expected)
        .map(|(text, expected, seen)| format!("{text:?}: {seen:?} instead of {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_replaced_is_told_apart() {
    let forms = |text: &str| {
        read(text)
            .into_iter()
            .map(|(_, _, form)| form)
            .collect::<Vec<_>>()
    };
    let text = "A=${B}\nC=$DB\nE=\"x-${F}\"\nG=$(cat x)\nH=${I:-x}\nJ=null\nK=pa$$word1\n";
    assert_eq!(
        forms(text),
        [
            Form::Template,
            Form::Template,
            Form::Template,
            Form::Template,
            Form::LookupDefault,
            Form::Empty,
            Form::Literal
        ]
    );
}

#[test]
fn long_values_and_lines_are_cut_not_lost() {
    let long = "x".repeat(2 * LONGEST);
    let found = pairs(&format!(
        "A={long}\nB=\"{long}\"\nC=1\n#{}D=1\nE=2",
        " ".repeat(DEEPEST)
    ));
    let keys: Vec<&str> = found.iter().map(|pair| &pair[..1]).collect();
    assert_eq!(keys, ["A", "B", "C", "E"]);
}

/// A setting in one of the ways in which it can be written.
#[derive(Clone, Debug)]
struct Setting {
    key: String,
    value: String,
    text: String,
}

fn setting() -> impl Strategy<Value = Setting> {
    let lead = prop::sample::select(vec!["", "  ", "export ", "\t", "export  "]);
    let sign = prop::sample::select(vec!["=", " = ", "= ", " =", ": "]);
    let tail = prop::sample::select(vec!["", "  ", " # a remark", "\t# don't"]);
    let end = prop::sample::select(vec!["\n", "\r\n", "\n\n", "\n# a remark\n", "\r\n\r\n"]);
    let value = prop_oneof![
        ("[A-Za-z0-9/+!@%^&*().,<>?~_-]{0,24}", Just("")),
        ("[A-Za-z0-9 #'`/+!@%^&*().,<>?~_-]{0,24}", Just("\"")),
        ("[A-Za-z0-9 #\"`/+!@%^&*().,<>?~_-]{0,24}", Just("'")),
        ("[A-Za-z0-9 #\"'/+!@%^&*().,<>?~_-]{0,24}", Just("`")),
        ("[a-z ]{0,8}(\n[a-z /+#-]{0,12}){1,4}", Just("\"")),
        ("[a-z ]{0,8}(\r\n[a-z /+#-]{0,12}){1,4}", Just("'")),
    ];
    ("[A-Za-z_][A-Za-z0-9_]{0,12}", lead, sign, value, tail, end).prop_map(
        |(key, lead, sign, (value, quote), tail, end)| Setting {
            text: format!("{lead}{key}{sign}{quote}{value}{quote}{tail}{end}"),
            key,
            value,
        },
    )
}

/// Whether a value says the same in every dialect; the words for nothing and what ends in a sign of its own do not.
fn is_plain(setting: &Setting) -> bool {
    let Setting { key, value, text } = setting;
    let word = value.to_ascii_lowercase();
    !["null", "nil", "none", "undefined", "~"].contains(&word.as_str())
        && !["export", "set", "SET", "declare"].contains(&key.as_str())
        && !value.ends_with([';', ','])
        // `A =~ x` compares
        && !value.starts_with(['=', '~', '>'])
        // a comment that is a setting itself counts as one
        && !text.contains("''")
        && !text.contains("\"\"\"")
        && !value.contains("\n#")
}

/// A reader that knows lines only: the keys of all that look like a setting.
fn reference(text: &str) -> Vec<String> {
    let line = Regex::new(r"^[ \t]*(?:export[ \t]+)?([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?:=|[ \t]+=(?:[^=~>]|$)|:(?:[ \t]|$))").unwrap();
    text.split(['\n', '\r'])
        .filter_map(|text| Some(line.captures(text)?[1].to_owned()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(settings in prop::collection::vec(setting().prop_filter("plain", is_plain), 0..12), bom in any::<bool>()) {
        let mut text = String::from(if bom { "\u{feff}" } else { "" });
        text.extend(settings.iter().map(|setting| setting.text.as_str()));
        let expected: Vec<_> = settings.iter().map(|it| (it.key.clone(), it.value.clone())).collect();
        let found: Vec<_> = read(&text).into_iter().map(|(key, value, _)| (key, value)).collect();
        prop_assert_eq!(found, expected, "{}", text);
    }

    #[test]
    fn no_setting_is_lost_or_made_up(pieces in prop::collection::vec(prop::sample::select(vec![
        "A", "KEY", "pass", "x.y-z", "=", "=", " = ", ": ", " ", "\n", "\n", "\r\n", "\"", "'", "`", "\\", "${B}", "$C", "export ", "(", "1", "==", "/x", "@",
    ]), 0..60)) {
        let text = pieces.concat();
        // further words of an `export` are settings as well, and no line tells of them; nor of settings behind `//`, so no piece makes that
        prop_assume!(!text.lines().any(|line| line.contains("export ") && line.matches(['=', ':']).count() > 1));
        let found: Vec<String> = read(&text).into_iter().map(|(key, _, _)| key).collect();
        let expected = reference(&text);
        // a line that ends in a sign may be the end of something in base64, between quotes or joined to the line before it
        let joined = ["\\\n", "\\\r"].iter().any(|end| text.contains(end));
        let certain = !joined && !text.contains(['"', '\'', '`']);
        if certain {
            prop_assert_eq!(&found, &expected, "{:?}", text);
        }
        let mut rest = expected.iter();
        prop_assert!(found.iter().all(|key| rest.any(|other| other == key) || !certain), "{:?}: {:?} {:?}", text, found, expected);
        for key in &expected {
            let valued = text.split(['\n', '\r']).any(|line| reference(line).first() == Some(key) && !line.trim_end_matches(['"', '\'', '`', ' ', '=']).ends_with(key.as_str()));
            prop_assert!(!valued || found.contains(key), "{:?} lost {}: {:?}", text, key, found);
        }
    }

    #[test]
    fn one_byte_leads_to_what_reading_all_found(text in "[AB='\"`\\\\ #:;/\n\r$x-]{0,80}") {
        for found in read_all(text.as_bytes(), 0..text.len(), Lang::Env) {
            for at in found.key.range() {
                prop_assert_eq!(read_at(text.as_bytes(), at, Lang::Env), Some(found));
            }
        }
    }
}
