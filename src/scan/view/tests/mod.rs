//! Views opened in small texts whose positions are stated by hand, and properties over random ones.

mod properties;

use super::*;
use crate::model::Encoding;

/// Something shaped like a key without being one: no rule takes it.
const KEY: &str = "SG.id-part.secret_part";

fn base64(bytes: &[u8], url: bool) -> String {
    let symbols = if url { b"-_" } else { b"+/" };
    let digits: Vec<u8> = (b'A'..=b'Z')
        .chain(b'a'..=b'z')
        .chain(b'0'..=b'9')
        .chain(*symbols)
        .collect();
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .chain(&[0, 0])
            .take(3)
            .fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte));
        for index in 0..4 {
            if index <= group.len() {
                out.push(char::from(digits[(bits >> (18 - 6 * index) & 63) as usize]));
            } else if !url {
                out.push('=');
            }
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// The views of all encoded anchors found in `text` by plain search, without duplicates.
fn views(text: &[u8], anchor: &str, encoding: Encoding) -> Vec<View> {
    let mut views: Vec<View> = Vec::new();
    for (literal, opening) in encoded_anchors(anchor.as_bytes(), encoding) {
        for at in memchr::memmem::find_iter(text, &literal) {
            if let Some(view) = open(text, at..at + literal.len(), opening)
                && !views.iter().any(|known| known.bytes == view.bytes)
            {
                views.push(view);
            }
        }
    }
    views
}

/// Where `needle` stands in `view` and in the text it was decoded from.
fn place(view: &View, needle: &str) -> Option<Range<usize>> {
    let at = memchr::memmem::find(&view.bytes, needle.as_bytes())?;
    Some(view.map.span(Span::new(at, at + needle.len())).range())
}

/// The source range of `needle` in the first view that holds it.
fn find(text: &str, needle: &str, encoding: Encoding) -> Option<Range<usize>> {
    views(text.as_bytes(), "SG.", encoding)
        .iter()
        .find_map(|view| place(view, needle))
}

/// Checks that `text`, whose part between `[[` and `]]` encodes `KEY`, gives exactly that part.
#[track_caller]
fn check(marked: &str, encoding: Encoding) {
    let start = marked.find("[[").unwrap();
    let end = marked.find("]]").unwrap() - 2;
    let text = marked.replace("[[", "").replace("]]", "");
    assert_eq!(find(&text, KEY, encoding), Some(start..end), "{text}");
}

#[test]
fn base64_on_one_line() {
    let digits = base64(KEY.as_bytes(), false);
    let bare = digits.trim_end_matches('=');
    check(&format!("key: [[{bare}]]=="), Encoding::Base64);
    check(&format!("key: \"[[{bare}]]\""), Encoding::Base64);
    check(&format!("to[[{bare}]]"), Encoding::Base64);
    // One byte before and one behind: the key takes part of the digits around it.
    let digits = base64(format!(":{KEY}\n").as_bytes(), false);
    let (before, rest) = digits.split_at(1);
    let (key, behind) = rest.split_at(30);
    check(&format!("{before}[[{key}]]{behind}"), Encoding::Base64);
    let source = views(format!("k={digits} x").as_bytes(), "SG.", Encoding::Base64)[0].source;
    assert_eq!(source.range(), 2..34);
}

#[test]
fn base64_symbols_may_be_escaped() {
    let payload = format!("???>>>{KEY}");
    let digits = base64(payload.as_bytes(), false);
    assert!(digits.starts_with("Pz8/Pj4+"));
    let bare = digits[8..].trim_end_matches('=');
    for (slash, plus) in [("\\/", "+"), ("\\u002F", "\\u002B"), ("%2F", "%2b")] {
        let text = format!("\"Pz8{slash}Pj4{plus}{bare}\"");
        let view = views(text.as_bytes(), "SG.", Encoding::Base64).remove(0);
        assert_eq!(view.bytes, payload.as_bytes(), "{text}");
        assert_eq!(place(&view, "?>").unwrap(), 3..6 + slash.len());
    }
}

#[test]
fn words_beside_base64_are_left_alone() {
    let digits = base64(format!("{KEY}, and some more text").as_bytes(), false);
    for (above, below) in [
        ("", "foo"),
        ("", "test"),
        ("", "TRUE"),
        ("password", "password: x"),
        ("value: secret", "Password = abc"),
        ("data:", "  other: c29tZQ=="),
        ("hostname", "username"),
    ] {
        let text = format!("{above}\n{digits}\n{below}\n");
        let view = views(text.as_bytes(), "SG.", Encoding::Base64).remove(0);
        assert_eq!(
            view.bytes,
            format!("{KEY}, and some more text").as_bytes(),
            "{text}"
        );
    }
}

#[test]
fn a_list_of_values_is_not_one_wrapped_value() {
    let one = base64(format!("{KEY}..").as_bytes(), false);
    let text = format!("{one}\n{one}\n");
    let view = views(text.as_bytes(), "SG.", Encoding::Base64).remove(0);
    assert_eq!(view.bytes, format!("{KEY}..").as_bytes());
}

#[test]
fn hex_percent_and_references() {
    let hex = hex(KEY.as_bytes());
    check(&format!("0x[[{hex}]];"), Encoding::Hex);
    check(&format!("f[[{}]]", hex.to_uppercase()), Encoding::Hex);
    check(
        "?k=[[SG%2Eid-part%2esecret%5Fpart]]&x=%zz%4",
        Encoding::Percent,
    );
    check("a [[%53%47.id-part.secret_part]] b", Encoding::Percent);
    check(
        "<b>[[&#83;G.id-part&#46;secret&lowbar;part]]</b>",
        Encoding::Html,
    );
    check(
        "<b>[[SG&period;id&hyphen;part&#x2E;secret&#95part]]&amp;&x;",
        Encoding::Html,
    );
}

#[test]
fn backslash_escapes() {
    check(
        r#"k = "a\tb [[SG\u002eid-part\x2esecret\137part]]\"";"#,
        Encoding::Escape,
    );
    check(r"k=[[\u0053\u0047.id-part.secret_part]]", Encoding::Escape);
    check(
        r"k='[[\u{53}G.id-part\U0000002esecret_part]]'",
        Encoding::Escape,
    );
    check(
        "k='[[\\x53\\x47.id-part.\\\r\nsecret_part]]'",
        Encoding::Escape,
    );
    let text = r#"x "\ud83d\ude00\ud83d SG\u002e""#;
    let view = views(text.as_bytes(), "SG.", Encoding::Escape).remove(0);
    assert_eq!(view.bytes, "\"\u{1f600}\u{fffd} SG.\"".as_bytes());
    assert_eq!(view.source.range(), 2..text.len());
    assert_eq!(place(&view, "\u{1f600}").unwrap(), 3..15);
}

#[test]
fn literals_are_joined() {
    for text in [
        r#"k = "[[SG." + "id-part" + '.secret_part]]';"#,
        r"k = '[[SG.' . 'id-part' . '.secret_part]]';",
        r#"k = "[[SG." .. "id-part" .. ".secret_part]]""#,
        "k = (\"[[SG.\"\n  \"id-part\" # \"first\" half\n  f\".secret_part]]\")",
        "char *k = \"[[SG.\" /* it's */\r\n  \"id-part.\" // and\n  \"secret_part]]\";",
        "k = \"[[SG.id\" & _\n \"-part.secret_part]]\"",
        "k=\"[[SG.id\"\\\n\"-part.secret_part]]\"",
        "k = `[[SG.` + `id-part.secret_part]]`",
        "k = [\"[[SG.\", \"id-part\", \".secret_part]]\"].join(\"\")",
        "k = ''.join(['[[SG.', 'id-part.secret_part]]'])",
        "k = implode('', array('[[SG.id', '-part.secret_part]]'));",
        "k = concat('[[SG.id', '-part.secret_part]]')",
        "k = \"[[SG.id\".concat(\"-part\", \".secret_part]]\")",
        "key: a[[SG.id-part.\\\n    secret_part]]",
        "key: \"[[SG.id-part.\\\n    secret_part]]\"",
        "key: >-\n  [[SG.id-\n  part.secret\n  _part]]\nother: 1",
    ] {
        check(text, Encoding::Joined);
    }
}

#[test]
fn one_pair_of_quotes_is_kept() {
    let text = r#"k = "SG." + 'id';"#;
    let view = views(text.as_bytes(), "SG.", Encoding::Joined).remove(0);
    assert_eq!(view.bytes, br#""SG.id""#);
    assert_eq!(view.source.range(), 4..16);
    assert_eq!(view.map.span(Span::new(0, 7)).range(), 4..16);
    assert_eq!(view.map.span(Span::new(4, 6)).range(), 13..15);
}

#[test]
fn operands_that_are_no_literals_end_a_join() {
    for text in [
        r#"k = "SG.id";"#,
        r#"k = "SG." + id + ".x";"#,
        r#"k = ["SG.id", "x"]"#,
        r#"k = ["SG.id", "x"].join(glue)"#,
        r#"k = f("SG.id", "x")"#,
        r#"k = """SG.id""""#,
        r#"k = "SG.id" || "x""#,
        "key: SG.id\n  and more",
    ] {
        assert!(
            views(text.as_bytes(), "SG.", Encoding::Joined).is_empty(),
            "{text}"
        );
    }
}

#[test]
fn utf16_inside_binary_data() {
    for (before, big) in [(&b"\x01\x02"[..], false), (b"\x01\x02\x7f", true)] {
        let mut text = before.to_vec();
        for byte in KEY.bytes() {
            text.extend(if big { [0, byte] } else { [byte, 0] });
        }
        text.extend(b"\xff\xfe\x01");
        let view = views(&text, "SG.", Encoding::Utf16).remove(0);
        assert_eq!(view.bytes, KEY.as_bytes());
        let range = before.len()..before.len() + 2 * KEY.len();
        assert_eq!(place(&view, KEY), Some(range.clone()));
        assert_eq!(view.source.range(), range);
    }
}

#[test]
fn anchors_of_a_key_prefix() {
    let literals = |encoding| -> Vec<String> {
        encoded_anchors(b"SG.", encoding)
            .into_iter()
            .map(|(literal, _)| String::from_utf8(literal).unwrap())
            .collect()
    };
    assert_eq!(
        literals(Encoding::Base64),
        [
            "U0cu", "FNHL", "VNHL", "lNHL", "1NHL", "TRy4", "TRy5", "TRy6", "TRy7"
        ]
    );
    assert_eq!(literals(Encoding::Hex), ["53472e", "53472E"]);
    assert_eq!(literals(Encoding::Utf16), ["S\0G\0."]);
    assert_eq!(literals(Encoding::Percent), ["%53%47", "SG%2E", "SG%2e"]);
    let nested = nested_base64_anchors(b"SG.");
    assert!(
        nested
            .iter()
            .any(|(literal, how)| literal == b"VTBjd" && how.phase == 0)
    );
}

#[test]
fn layers_nest() {
    let inner = base64(KEY.as_bytes(), false);
    let outer = base64(inner.as_bytes(), false);
    let text = format!("x: {outer}");
    let (literal, opening) = nested_base64_anchors(b"SG.").remove(0);
    let at = text.find(std::str::from_utf8(&literal).unwrap()).unwrap();
    let first = open(text.as_bytes(), at..at + literal.len(), opening).unwrap();
    assert_eq!(first.bytes, inner.as_bytes());
    let second = views(&first.bytes, "SG.", Encoding::Base64).remove(0);
    let range = place(&second, KEY).unwrap();
    // 22 bytes take 30 of 32 digits, and those 40 of 44.
    assert_eq!(
        first.map.span(Span::new(range.start, range.end)).range(),
        3..43
    );
}
