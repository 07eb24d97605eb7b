//! What changes around a secret leaves its fingerprint as it is; what changes the secret changes it.

use std::sync::LazyLock;

use proptest::prelude::*;
use waxseal::model::{Fingerprint, FingerprintKey, GitState, Origin, Store};
use waxseal::rules::BUILTIN;
use waxseal::rules::sample::expand;
use waxseal::scan::{Options, Scanner};

/// Ways to write one key: the file, and what is in it.
const KEYS: &[(&str, &str)] = &[
    ("a.py", "key = '<<K>>'\n"),
    ("b.js", "const key = \"<<K>>\";\n"),
    ("c.rb", "Mail.key(  %q(<<K>>)  )\n"),
    ("d.yml", "mail:\n  key: <<K>>\n"),
    ("e.json", "{\"key\": \"<<K>>\"}\n"),
    ("f.xml", "<add key=\"SendGrid\" value=\"<<K>>\"/>\n"),
    ("g.txt", "<<K>>\n"),
    (".env", "SENDGRID_API_KEY=<<K>>\n"),
    (".env.production", "export SENDGRID_API_KEY=\"<<K>>\"\n"),
    (
        "h.sh",
        "curl -H 'Authorization: Bearer <<K>>' https://h.io\n",
    ),
    ("i.yaml", "data:\n  key: <<K|base64>>\n"),
    ("j.txt", "u=https://h.io/?k=<<K|percent>>&z\n"),
    ("k.json", "{\"k\": \"<<K|chars>>\"}\n"),
    ("l.html", "<td><<K|entities>></td>\n"),
    ("m.txt", "blob: <<K|hex>>;\n"),
    (
        "n.java",
        "String k = \"<<K|take:30>>\"\n    + \"<<K|drop:30>>\";\n",
    ),
    ("o.txt", "x = <<K|base64|base64>>\n"),
];

/// Ways to write one login.
const LOGINS: &[(&str, &str)] = &[
    (
        "settings.py",
        "EMAIL_HOST = 'smtp.harbor.io'\nEMAIL_HOST_USER = 'news'\nEMAIL_HOST_PASSWORD = '<<K>>'\n",
    ),
    (
        "other.py",
        "EMAIL_HOST_PASSWORD   =   \"<<K>>\"\nEMAIL_HOST = \"smtp.harbor.io\"\nEMAIL_HOST_USER = \"news\"\n",
    ),
    (
        "application.yml",
        "spring:\n  mail:\n    host: smtp.harbor.io\n    username: news\n    password: '<<K>>'\n",
    ),
    (
        "application.properties",
        "spring.mail.host=smtp.harbor.io\nspring.mail.username=news\nspring.mail.password=<<K>>\n",
    ),
    (
        "mailer.js",
        "nodemailer.createTransport({ host: 'smtp.harbor.io', auth: { user: 'news', pass: '<<K>>' } });\n",
    ),
    (
        "mail.go",
        "a := smtp.PlainAuth(\"\", \"news@harbor.io\", \"<<K>>\", \"smtp.harbor.io\")\n",
    ),
    (
        "mail.php",
        "$mail->Host = 'smtp.harbor.io';\n$mail->Username = 'news';\n$mail->Password = '<<K>>';\n",
    ),
];

/// A way to write a literal: the file, what stands around the value, and how the value is written there.
type Quoting = (&'static str, &'static str, fn(&str) -> String);

/// Every style of quotes with its own escapes.
const QUOTINGS: [Quoting; 17] = [
    ("a.sh", SHELL, |v| format!("'{}'", v.replace('\'', r"'\''"))),
    ("a.py", DJANGO, |v| format!("'{}'", escaped(v, "'"))),
    ("b.py", DJANGO, |v| format!("\"{}\"", escaped(v, "\""))),
    ("c.py", DJANGO, |v| {
        format!("\"{}\"", numbered(v, |byte| format!("\\x{byte:02x}")))
    }),
    ("a.json", JSON, |v| format!("\"{}\"", escaped(v, "\""))),
    ("b.json", JSON, |v| {
        format!("\"{}\"", numbered(v, |byte| format!("\\u{byte:04X}")))
    }),
    ("a.yml", YAML, |v| format!("'{}'", v.replace('\'', "''"))),
    ("b.yml", YAML, |v| format!("\"{}\"", escaped(v, "\""))),
    ("c.yml", YAML, str::to_owned),
    ("a.toml", TOML, |v| format!("\"{}\"", escaped(v, "\""))),
    ("a.php", PHP, |v| format!("'{}'", escaped(v, "'"))),
    ("b.php", PHP, |v| format!("\"{}\"", escaped(v, "\""))),
    ("a.go", GO, |v| format!("`{v}`")),
    ("b.go", GO, |v| format!("\"{}\"", escaped(v, "\""))),
    ("a.config", DOTNET, entities),
    ("b.config", DOTNET, |v| {
        numbered(v, |byte| format!("&#{byte};"))
    }),
    ("application.properties", SPRING, |v| escaped(v, "")),
];

const SHELL: &str =
    "export SMTP_HOST=smtp.harbor.io\nexport SMTP_USER=news\nexport SMTP_PASSWORD=<V>\n";
const DJANGO: &str =
    "EMAIL_HOST = 'smtp.harbor.io'\nEMAIL_HOST_USER = 'news'\nEMAIL_HOST_PASSWORD = <V>\n";
const JSON: &str =
    "{\"smtp\": {\"host\": \"smtp.harbor.io\", \"user\": \"news\", \"password\": <V>}}\n";
const YAML: &str = "smtp:\n  host: smtp.harbor.io\n  user: news\n  password: <V>\n";
const TOML: &str = "[smtp]\nhost = 'smtp.harbor.io'\nuser = 'news'\npassword = <V>\n";
const PHP: &str =
    "<?php\n$mail->Host = 'smtp.harbor.io';\n$mail->Username = 'news';\n$mail->Password = <V>;\n";
const GO: &str = "a := smtp.PlainAuth(\"\", \"news@harbor.io\", <V>, \"smtp.harbor.io\")\n";
const DOTNET: &str =
    "<smtp><network host=\"smtp.harbor.io\" userName=\"news\" password=\"<V>\"/></smtp>\n";
const SPRING: &str =
    "spring.mail.host=smtp.harbor.io\nspring.mail.username=news\nspring.mail.password=<V>\n";

/// `value` with a backslash before each backslash and each of `signs`.
fn escaped(value: &str, signs: &str) -> String {
    let is_special = |c: char| c == '\\' || signs.contains(c);
    let escape = |c: char| {
        if is_special(c) {
            format!("\\{c}")
        } else {
            c.to_string()
        }
    };
    value.chars().map(escape).collect()
}

/// `value` with all but letters and digits by their numbers.
fn numbered(value: &str, number: fn(u8) -> String) -> String {
    let bytes = value.bytes();
    let write = |byte: u8| {
        if byte.is_ascii_alphanumeric() {
            char::from(byte).to_string()
        } else {
            number(byte)
        }
    };
    bytes.map(write).collect()
}

fn entities(value: &str) -> String {
    let value = value.replace('&', "&amp;").replace('<', "&lt;");
    value.replace('>', "&gt;").replace('"', "&quot;")
}

/// How the bytes of a file are stored.
#[derive(Clone, Copy, Debug)]
enum Stored {
    Plain,
    Crlf,
    Little,
    Big,
}

/// What stands around a secret, and what of it may change.
#[derive(Clone, Debug)]
struct Around {
    way: usize,
    folder: String,
    above: Vec<usize>,
    below: Vec<usize>,
    indent: usize,
    stored: Stored,
}

/// Lines that mean nothing in any language.
const LINES: [&str; 6] = [
    "",
    "# a remark",
    "x = 1",
    "// so",
    "lorem ipsum dolor",
    "-- --",
];

fn around() -> impl Strategy<Value = Around> {
    let lines = || prop::collection::vec(0..LINES.len(), 0..5);
    let stored = prop_oneof![
        Just(Stored::Plain),
        Just(Stored::Crlf),
        Just(Stored::Little),
        Just(Stored::Big)
    ];
    (
        0_usize..100,
        "([a-z]{1,6}/){0,3}",
        lines(),
        lines(),
        0_usize..9,
        stored,
    )
        .prop_map(|(way, folder, above, below, indent, stored)| Around {
            way,
            folder,
            above,
            below,
            indent,
            stored,
        })
}

/// The file that holds `value`, written in one of `ways`.
fn file(ways: &[(&str, &str)], value: &[u8], around: &Around) -> (String, Vec<u8>) {
    let (name, template) = ways[around.way % ways.len()];
    let literal = format!("'{}'", String::from_utf8_lossy(value));
    let template = template.replace("<<K", &format!("<<{literal}"));
    let inner = String::from_utf8(expand(&template, "it").unwrap()).unwrap();
    let margin = " ".repeat(around.indent);
    let outside = |of: &[usize]| of.iter().map(|at| LINES[*at].to_owned()).collect();
    let above: Vec<String> = outside(&around.above);
    let inside = inner.lines().map(|line| margin.clone() + line);
    let lines: Vec<String> = above
        .into_iter()
        .chain(inside)
        .chain(outside(&around.below))
        .collect();
    let text = lines.join("\n") + "\n";
    let wide = |to: fn(u16) -> [u8; 2]| {
        format!("\u{feff}{text}")
            .encode_utf16()
            .flat_map(to)
            .collect()
    };
    let bytes = match around.stored {
        Stored::Plain => text.clone().into_bytes(),
        Stored::Crlf => text.replace('\n', "\r\n").into_bytes(),
        Stored::Little => wide(u16::to_le_bytes),
        Stored::Big => wide(u16::to_be_bytes),
    };
    (format!("{}{name}", around.folder), bytes)
}

fn scanner(key: &[u8]) -> Scanner {
    let options = Options {
        fingerprint_key: FingerprintKey::new(key),
        ..Options::default()
    };
    Scanner::new(
        BUILTIN.iter().filter(|rule| !rule.optional).cloned(),
        options,
    )
}

/// Scanners of two repositories.
static ONE: LazyLock<Scanner> = LazyLock::new(|| scanner(b"one"));
static TWO: LazyLock<Scanner> = LazyLock::new(|| scanner(b"two"));

/// Fingerprints of what `rule` finds in a file.
fn fingerprints(scanner: &Scanner, rule: &str, file: &(String, Vec<u8>)) -> Vec<Fingerprint> {
    let origin = Origin::new(file.0.as_bytes(), Store::File(GitState::Tracked));
    let mut found: Vec<Fingerprint> = scanner
        .scan_text(origin, &file.1)
        .iter()
        .filter(|finding| finding.rule == rule)
        .map(|finding| finding.fingerprint)
        .collect();
    found.dedup();
    found
}

/// One letter or digit of `value`, behind its first `fixed` bytes, turned into the next.
fn changed(value: &[u8], fixed: usize, at: usize) -> Vec<u8> {
    let mut value = value.to_vec();
    let places: Vec<usize> = (fixed..value.len())
        .filter(|at| value[*at].is_ascii_alphanumeric())
        .collect();
    let at = places[at % places.len()];
    value[at] = match value[at] {
        b'z' => b'a',
        b'Z' => b'A',
        b'9' => b'0',
        byte => byte + 1,
    };
    value
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_key_keeps_its_fingerprint_until_it_changes(
        seed in any::<u32>(), before in around(), after in around(), at in any::<usize>()
    ) {
        let value = expand("<<sendgrid-key>>", &seed.to_string()).unwrap();
        keeps(KEYS, "sendgrid-api-key", &value, &changed(&value, 3, at), &before, &after)?;
    }

    #[test]
    fn a_login_keeps_its_fingerprint_until_it_changes(
        seed in any::<u32>(), before in around(), after in around(), at in any::<usize>()
    ) {
        let value = expand("<<password>>", &seed.to_string()).unwrap();
        keeps(LOGINS, "smtp-login", &value, &changed(&value, 0, at), &before, &after)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Other quotes need other escapes, and the secret is the same. No backslash stands before `x` or `u`: where it is not an escape itself, it looks
    /// like one.
    #[test]
    fn a_login_keeps_its_fingerprint_in_other_quotes(
        value in "[A-Z][a-z]{4}[0-9]{2}['\"\\\\&<>!*^~+-]{1,5}[a-tvwyz][a-z0-9]{3,7}",
        before in 0..QUOTINGS.len(), after in 0..QUOTINGS.len(), at in any::<usize>()
    ) {
        let print = |value: &str, way: usize| {
            let (name, template, written) = QUOTINGS[way];
            let text = template.replace("<V>", &written(value));
            fingerprints(&ONE, "smtp-login", &(name.to_owned(), text.into_bytes()))
        };
        let old = print(&value, before);
        prop_assert_eq!(old.len(), 1, "{} {:?}", QUOTINGS[before].0, &value);
        prop_assert_eq!(&old, &print(&value, after), "{} {:?}", QUOTINGS[after].0, &value);
        let other = String::from_utf8(changed(value.as_bytes(), 0, at)).unwrap();
        prop_assert!(print(&other, after) != old);
    }
}

/// `value` has one fingerprint before and after an edit, `other` has another, and so has the value under another key.
fn keeps(
    ways: &[(&str, &str)],
    rule: &str,
    value: &[u8],
    other: &[u8],
    before: &Around,
    after: &Around,
) -> Result<(), TestCaseError> {
    let old = fingerprints(&ONE, rule, &file(ways, value, before));
    let new = fingerprints(&ONE, rule, &file(ways, value, after));
    prop_assert_eq!(old.len(), 1, "{:?}", before);
    prop_assert_eq!(&old, &new, "{:?}", after);
    let another = fingerprints(&ONE, rule, &file(ways, other, after));
    prop_assert!(!another.contains(&old[0]));
    let elsewhere = fingerprints(&TWO, rule, &file(ways, value, before));
    prop_assert_eq!(elsewhere.len(), 1);
    prop_assert!(elsewhere[0] != old[0]);
    Ok(())
}
