//! Line, column and bytes of a finding, worked out by hand, for every way a file may be stored or a secret written.
//!
//! Lines and columns count from 1, columns in code points of the file as a reader sees it, a byte that is not UTF-8
//! counting as one; the end is exclusive. Bytes are those of the file as stored.

use serde_json::Value;
use waxseal::model::{Finding, GitState, Origin, Store};
use waxseal::rules::BUILTIN;
use waxseal::scan::{Options, Scanner};

use crate::support::program::{bytes, run, text};
use crate::support::repo::Scratch;

/// Bytes of a SendGrid key, and of its Base64, which needs no padding.
const KEY: u64 = 69;
const BASE64: u64 = 92;

/// The file, where the key in it begins and ends as line and column, and as bytes.
struct Case {
    name: &'static str,
    file: Vec<u8>,
    start: (u64, u64),
    end: (u64, u64),
    bytes: (u64, u64),
}

fn wide(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

fn cases() -> Vec<Case> {
    let case = |name, file: Vec<u8>, start, end, bytes| Case {
        name,
        file,
        start,
        end,
        bytes,
    };
    // a key on one line, `length` columns and bytes long
    let on_line = |name, template: &str, line, column, length, byte| {
        case(
            name,
            bytes(template),
            (line, column),
            (line, column + length),
            (byte, byte + length),
        )
    };
    let lines = text("x\r\nk = '<<sendgrid-key>>'\r\n");
    let foreign = text("\u{1f600}\u{e9} = '<<sendgrid-key>>'\n");
    let marked = |text: &str| format!("\u{feff}{text}");
    let le = u16::to_le_bytes;
    let be = u16::to_be_bytes;
    let (low, high) = ((2, 6), (2, 6 + KEY));
    let entities = text("<<sendgrid-key|entities>>").len() as u64;
    let latin = [
        b"caf\xe9 \xfc = '".as_slice(),
        &bytes("<<sendgrid-key>>'\n"),
    ]
    .concat();
    vec![
        on_line("plain.txt", "k = '<<sendgrid-key>>'\n", 1, 6, KEY, 5),
        on_line("mark.txt", "\u{feff}k = '<<sendgrid-key>>'\n", 1, 6, KEY, 8),
        on_line(
            "mark-2.txt",
            "\u{feff}\nk = '<<sendgrid-key>>'\n",
            2,
            6,
            KEY,
            9,
        ),
        on_line(
            "crlf.txt",
            "a\r\nb\r\n\tk = '<<sendgrid-key>>'\r\n",
            3,
            7,
            KEY,
            12,
        ),
        on_line("no-end.txt", "\n\n<<sendgrid-key>>", 3, 1, KEY, 2),
        on_line(
            "foreign.txt",
            "\u{e9}\u{1f600} = '<<sendgrid-key>>'",
            1,
            7,
            KEY,
            10,
        ),
        case("latin-1.txt", latin, (1, 11), (1, 11 + KEY), (10, 10 + KEY)),
        case("le.txt", wide(&lines, le), low, high, (16, 16 + 2 * KEY)),
        case("be.txt", wide(&lines, be), low, high, (16, 16 + 2 * KEY)),
        case(
            "le-mark.txt",
            wide(&marked(&lines), le),
            low,
            high,
            (18, 18 + 2 * KEY),
        ),
        case(
            "be-mark.txt",
            wide(&marked(&lines), be),
            low,
            high,
            (18, 18 + 2 * KEY),
        ),
        case(
            "le-foreign.txt",
            wide(&marked(&foreign), le),
            (1, 7),
            (1, 7 + KEY),
            (16, 16 + 2 * KEY),
        ),
        on_line(
            "base64.txt",
            "key: <<sendgrid-key|base64>>\n",
            1,
            6,
            BASE64,
            5,
        ),
        // 56 bits before the key: it begins within the tenth digit and ends within the 102nd
        on_line(
            "basic.txt",
            "key: <<'apikey:'+sendgrid-key|base64>>\n",
            1,
            15,
            93,
            14,
        ),
        case(
            "base64-lines.txt",
            bytes(
                "x:\n  <<sendgrid-key|base64|take:40>>\n  <<sendgrid-key|base64|drop:40|take:40>>\n  <<sendgrid-key|base64|drop:80>>\n",
            ),
            (2, 3),
            (4, 15),
            (5, 5 + 40 + 3 + 40 + 3 + 12),
        ),
        case(
            "base64-crlf.txt",
            bytes("x:\r\n<<sendgrid-key|base64|take:76>>\r\n<<sendgrid-key|base64|drop:76>>\r\n"),
            (2, 1),
            (3, 17),
            (4, 4 + 76 + 2 + 16),
        ),
        case(
            "base64-quoted.js",
            bytes(
                "k = \"<<sendgrid-key|base64|take:40>>\" +\n    \"<<sendgrid-key|base64|drop:40|take:40>>\" +\n    \"<<sendgrid-key|base64|drop:80>>\";\n",
            ),
            (1, 6),
            (3, 18),
            (5, 5 + 40 + 9 + 40 + 9 + 12),
        ),
        on_line("hex.txt", "h=<<sendgrid-key|hex>>;\n", 1, 3, 2 * KEY, 2),
        on_line(
            "percent.txt",
            "u=<<sendgrid-key|percent>>&x\n",
            1,
            3,
            3 * KEY,
            2,
        ),
        on_line(
            "escape.json",
            "{\"k\": \"<<sendgrid-key|chars>>\"}\n",
            1,
            8,
            6 * KEY,
            7,
        ),
        on_line(
            "entity.html",
            "<td><<sendgrid-key|entities>></td>\n",
            1,
            5,
            entities,
            4,
        ),
        case(
            "Joined.java",
            bytes(
                "String k = \"SG.\" + \"<<sendgrid-key|drop:3|take:30>>\"\n    + \"<<sendgrid-key|drop:33>>\";\n",
            ),
            (1, 13),
            (2, 8 + 36),
            (12, 12 + 3 + 5 + 30 + 9 + 36),
        ),
        on_line(
            "twice.txt",
            "x = <<sendgrid-key|base64|base64>>\n",
            1,
            5,
            123,
            4,
        ),
        on_line(
            "wide-base64.txt",
            "x = <<sendgrid-key|utf16le|base64>>\n",
            1,
            5,
            184,
            4,
        ),
        case(
            "base64-in-wide.txt",
            wide(&text("\u{feff}\u{e9}\nx = <<sendgrid-key|base64>>\n"), le),
            (2, 5),
            (2, 5 + BASE64),
            (2 + 4 + 8, 2 + 4 + 8 + 2 * BASE64),
        ),
    ]
}

fn scan(name: &str, file: &[u8]) -> Vec<Finding> {
    let scanner = Scanner::new(
        BUILTIN.iter().filter(|rule| !rule.optional).cloned(),
        Options::default(),
    );
    scanner.scan_text(
        Origin::new(name.as_bytes(), Store::File(GitState::Outside)),
        file,
    )
}

#[test]
fn a_place_is_that_of_the_stored_file() {
    for Case {
        name,
        file,
        start,
        end,
        bytes,
    } in cases()
    {
        let found = scan(name, &file);
        assert_eq!(found.len(), 1, "{name}");
        let place = found[0].place;
        assert_eq!((place.line, place.column), start, "start in {name}");
        assert_eq!((place.end_line, place.end_column), end, "end in {name}");
        assert_eq!((place.start, place.end), bytes, "bytes in {name}");
    }
}

#[test]
fn sarif_and_json_and_text_tell_the_same_place() {
    let dir = Scratch::new();
    for case in cases() {
        dir.write(case.name, &case.file);
    }
    let formats = [
        "--format", "text", "--format", "json=j", "--format", "sarif=s",
    ];
    let told = run(dir.root(), ["scan", "."].iter().chain(&formats));
    assert_eq!(told.code, 1, "{}", told.err);
    let read = |name| -> Value {
        serde_json::from_slice(&std::fs::read(dir.path(name)).unwrap()).unwrap()
    };
    let (json, sarif) = (read("j"), read("s"));
    for Case {
        name,
        start,
        end,
        bytes,
        ..
    } in cases()
    {
        let line = format!("{name}:{}:{}  critical  sendgrid-api-key", start.0, start.1);
        assert!(told.out.contains(&line), "{line} in\n{}", told.out);
        let of = |list: &Value, path: &dyn Fn(&Value) -> String| -> Value {
            list.as_array()
                .unwrap()
                .iter()
                .find(|item| path(item) == name)
                .unwrap()
                .clone()
        };
        let result = of(&sarif["runs"][0]["results"], &|result| {
            let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
            artifact["uri"].as_str().unwrap().to_owned()
        });
        let region = &result["locations"][0]["physicalLocation"]["region"];
        let place = &of(&json["findings"], &|finding| {
            finding["path"].as_str().unwrap().to_owned()
        })["place"];
        for (theirs, ours, value) in [
            ("startLine", "line", start.0),
            ("startColumn", "column", start.1),
            ("endLine", "end_line", end.0),
            ("endColumn", "end_column", end.1),
            ("byteOffset", "start", bytes.0),
        ] {
            assert_eq!(
                (&region[theirs], &place[ours]),
                (&value.into(), &value.into()),
                "{ours} in {name}"
            );
        }
        assert_eq!(
            (&region["byteLength"], &place["end"]),
            (&(bytes.1 - bytes.0).into(), &bytes.1.into())
        );
    }
    assert_eq!(sarif["runs"][0]["columnKind"], "unicodeCodePoints");
}

#[test]
fn companions_have_places_of_their_own() {
    let file = text("\u{e9} = 'AC<<hex:32#s>>'\r\n\ttoken = '<<hex:32#t>>'\r\n");
    let found = scan("a.py", &wide(&file, u16::to_be_bytes));
    assert_eq!(found.len(), 1);
    let (secret, sid) = (found[0].place, &found[0].parts[0]);
    assert_eq!((secret.line, secret.column, secret.end_column), (2, 11, 43));
    assert_eq!(
        (
            &*sid.name,
            sid.place.line,
            sid.place.column,
            sid.place.end_column
        ),
        ("sid", 1, 6, 40)
    );
    assert_eq!((sid.place.start, sid.place.end), (10, 78));
}

#[test]
fn a_file_as_a_whole_has_the_first_place_and_no_length() {
    let scratch = Scratch::repo();
    scratch.write(".env", "A=1\n");
    let report = run(scratch.root(), ["scan", "--format", "sarif", "."]);
    let sarif: Value = serde_json::from_str(&report.out).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "dotenv-file");
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], ".env");
}

/// Several on one line, and on a long one, each counted from where the last one was.
#[test]
fn each_of_many_has_its_own_column() {
    let piece = text("\u{e9} '<<sendgrid-key>>' ");
    let found = scan("a.txt", piece.repeat(50).as_bytes());
    let columns: Vec<(u64, u64)> = found
        .iter()
        .map(|finding| (finding.place.line, finding.place.column))
        .collect();
    let expected: Vec<(u64, u64)> = (0..50).map(|n| (1, 4 + n * (KEY + 5))).collect();
    assert_eq!(columns, expected);
}
