//! Dotenv files through the whole program: notes, parts, stored encodings and the reading of shell files.

use serde_json::Value;

use crate::support::program::{bytes, run, text};
use crate::support::repo::Scratch;

/// The findings in one file of that name, without those about the file itself.
fn findings(name: &str, content: &[u8]) -> Vec<Value> {
    let scratch = Scratch::new();
    scratch.write(name, content);
    let run = run(scratch.root(), ["scan", ".", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let found = report["findings"].as_array().unwrap();
    found.clone()
}

fn notes(finding: &Value) -> Vec<&str> {
    let notes = finding["notes"].as_array().unwrap();
    notes.iter().map(|note| note.as_str().unwrap()).collect()
}

#[test]
fn debug_settings_are_notes_and_no_findings() {
    let on = findings(".env", &bytes("APP_DEBUG=true\nDB_PASSWORD=<<password>>\n"));
    assert_eq!(on.len(), 1, "{on:?}");
    assert_eq!(
        notes(&on[0]),
        ["APP_DEBUG is on beside it: error pages show configuration and environment to visitors"]
    );
    let off = findings(
        ".env",
        &bytes("APP_DEBUG=false\nDB_PASSWORD='<<password>>'\n"),
    );
    assert_eq!((off.len(), notes(&off[0]).len()), (1, 0), "{off:?}");
    assert!(findings(".env", b"APP_DEBUG=true\nDEBUG=*\n").is_empty());
}

#[test]
fn a_login_in_a_url_has_parts() {
    let found = findings(
        ".env",
        &bytes("DATABASE_URL=postgres://shop:<<password>>@db7.harbor.dev:5432/shop\n"),
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["rule"], "dotenv-database-login");
    let parts: Vec<&str> = found[0]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["name"].as_str().unwrap())
        .collect();
    assert_eq!(parts, ["user", "host", "port"]);
}

#[test]
fn however_it_is_stored_the_place_is_that_in_the_file() {
    let content = text("A=b\r\nDB_PASSWORD=\"<<password>>\"\r\nC=d\r\n");
    let wide = |text: &str| -> Vec<u8> {
        "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    for stored in [
        content.as_bytes().to_vec(),
        format!("\u{feff}{content}").into_bytes(),
        wide(&content),
    ] {
        let found = findings("prod.env", &stored);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (&found[0]["place"]["line"], &found[0]["place"]["column"]),
            (&Value::from(2), &Value::from(14)),
            "{found:?}"
        );
    }
}

#[test]
fn what_a_shell_reads_is_read_as_a_shell_does() {
    let content = "use nix\nexport DB_PASSWORD=<<password>> CACHE_PASSWORD='<<password#b>>'\nif [ \"$X\" = y ]; then\n  export A_TOKEN=\"$(pass show a)\"\nfi\n";
    let found = findings(".envrc", &bytes(content));
    assert_eq!(found.len(), 2, "{found:?}");
}
