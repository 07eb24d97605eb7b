//! Nothing that a file may hold makes a scan explode: long lines, dense anchors, deep nesting, many findings.
//!
//! No time is asserted: work that grows faster than the text would show as a test that does not end. Texts are small
//! enough for a build without optimisation.

use waxseal::model::{Finding, GitState, Origin, Store};
use waxseal::rules::BUILTIN;
use waxseal::scan::{Options, Scanner};

use crate::support::program::{run_with, text};
use crate::support::repo::Scratch;

fn scan(name: &str, text: &str) -> Vec<Finding> {
    let scanner = Scanner::new(
        BUILTIN.iter().filter(|rule| !rule.optional).cloned(),
        Options::default(),
    );
    scanner.scan_text(
        Origin::new(name.as_bytes(), Store::File(GitState::Outside)),
        text.as_bytes(),
    )
}

/// `piece` over and over, about `size` bytes.
fn dense(piece: &str, size: usize) -> String {
    piece.repeat(size / piece.len() + 1)
}

#[test]
fn a_secret_on_a_long_line_is_found() {
    let noise = dense("var a=function(b){return[b,\"c\"]};", 200_000);
    for planted in [
        "k='<<sendgrid-key>>';",
        "smtp.login('a','<<password>>');",
        "t={host:\"smtp.harbor.io\",auth:{user:\"news\",pass:\"<<password>>\"}};",
        "x('AC<<hex:32#s>>','<<hex:32#t>>');",
        "u='smtp://u:<<alnum:12>>@smtp.harbor.io';",
        "e='<<sendgrid-key|base64>>';",
    ] {
        for (before, after) in [(&*noise, &*noise), ("", &noise), (&noise, "")] {
            let found = scan("a.js", &format!("{before}{}{after}", text(planted)));
            assert_eq!(found.len(), 1, "{planted} at {}", before.len());
            assert_eq!(found[0].place.line, 1);
            assert!(found[0].place.column > before.len() as u64);
        }
    }
}

#[test]
fn a_line_of_twenty_megabytes_ends() {
    let dir = Scratch::new();
    let mut line = dense("lorem ipsum dolor sit amet ", 20_000_000);
    let column = line.len() + 1;
    line += &text("<<sendgrid-key>>");
    let run = run_with(dir.root(), ["scan", "-"], line.as_bytes());
    assert_eq!(run.code, 1);
    assert!(
        run.out
            .starts_with(&format!("<stdin>:1:{column}  critical")),
        "{}",
        run.out
    );
}

#[test]
fn each_of_many_findings_on_one_line_is_found() {
    let line = text("'<<sendgrid-key>>', ").repeat(2_000);
    assert_eq!(scan("a.txt", &line).len(), 2_000);
}

#[test]
fn dense_texts_end() {
    for (name, piece) in [
        ("a.py", "password = \"PW\"\n"),
        ("a.py", "smtp_password = \"PW\"\n"),
        ("a.yml", "smtp: {password: PW, host: h.io}\n"),
        ("a.js", "smtp_password:\"PW\","),
        ("a.json", "\\\"smtp_password\\\": \\\"PW\\\", "),
        ("a.xml", "<smtp><password>PW</password>"),
        (".env", "SMTP_PASSWORD=PW\n"),
        ("a.txt", "smtp://u:PW@smtp.harbor.io "),
        ("a.txt", "smtp+smtp+smtp+"),
        ("a.txt", "AC ACCESS SK MAC "),
        ("a.txt", "SG. SG.x MSG.squish "),
        ("a.txt", "U0cu"),
        ("a.txt", "U0cuZm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4\n"),
        ("a.txt", "53472e"),
        ("a.txt", "%53%47%2E"),
        ("a.txt", "\\u0053\\u0047\\u002e"),
        ("a.txt", "&#83;&#71;&#46;"),
        ("a.js", "\"SG\" + \".\" + \"x\" + "),
        ("a.js", "\"SG.\", 'x', "),
        ("a.sh", "SG. abc \\\n"),
        ("a.py", "login(password=f((("),
        ("a.json", "{\"password\": [{\"smtp\": "),
        ("a.py", "\"\"\"password = "),
        ("a.py", "'\"`smtp_password="),
    ] {
        // put together here, so that no line of this file looks like a login
        let piece = piece.replace("PW", concat!("x1y2", "z3w4"));
        scan(name, &dense(&piece, 12_000));
    }
    for (open, close) in [
        ("[", "]"),
        ("{", "}"),
        ("(", ")"),
        ("<a>", "</a>"),
        ("\"", "'"),
    ] {
        let text = format!(
            "{}smtp_password: \"PW\"{}",
            open.repeat(10_000),
            close.repeat(10_000)
        );
        let text = text.replace("PW", concat!("x1y2", "z3w4"));
        scan("a.json", &text);
    }
}

#[test]
fn many_wrapped_lines_of_base64_end() {
    let line = "U0cuZm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4";
    let text = format!("{line}\n").repeat(2_000);
    scan("a.txt", &text);
}
