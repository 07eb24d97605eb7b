//! The shape of the code base, kept by a test: which layer may use which, and what stands nowhere.
//!
//! Every check is a function from a text to its complaints, so that each is shown to fail on a bad snippet before it is run
//! on the tree. Code is read as tokens: comments and literals do not count.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::bytes::Regex;

/// The layers, lowest first. A module uses its own layer's modules never, and those above it neither.
const LAYERS: [&[&str]; 10] = [
    &["model", "regular"],
    &["git", "rules", "baseline"],
    // files of other scanners: text in, what they let pass out
    &["source", "scan", "report", "ci", "import"],
    // of these they use few: see `ABSTAINS`
    &["history", "hooks", "staged", "verify"],
    // beside them, and above `history` only for the reading of commits
    &["range"],
    &["error"],
    &["config"],
    // what was asked for, as parsed types; `app` runs it
    &["cli"],
    &["app"],
    &["main"],
];

/// Modules that lie below a layer and that it leaves alone all the same.
const ABSTAINS: [(&str, &[&str]); 11] = [
    // it reads rules of gitleaks, and opens nothing
    ("import", &["regular", "git", "baseline"]),
    (
        "verify",
        &[
            "regular", "git", "baseline", "source", "scan", "report", "ci",
        ],
    ),
    // a format, which is text in and entries out. What it lets pass is in the report by the time that it is written, and below `app`
    // nobody else knows of it
    ("baseline", &["regular"]),
    ("report", &["baseline"]),
    ("scan", &["baseline"]),
    ("source", &["baseline"]),
    ("ci", &["regular", "git", "rules", "baseline"]),
    (
        "history",
        &["regular", "rules", "baseline", "source", "report"],
    ),
    (
        "staged",
        &["regular", "rules", "baseline", "source", "report"],
    ),
    (
        "range",
        &[
            "regular", "rules", "baseline", "source", "report", "hooks", "staged",
        ],
    ),
    (
        "hooks",
        &["regular", "rules", "baseline", "source", "scan", "report"],
    ),
];

/// Longest module, lines before its tests. A longer one is two.
const MODULE_LINES: usize = 600;

/// Modules that look at the raw bytes of a secret: for its fingerprint, and for somebody at a terminal who asks for it.
const EXPOSES: [&str; 2] = ["src/model/finding.rs", "src/app/baseline/desk.rs"];

/// The only folder in which a connection may be opened.
const NETWORK: &str = "src/verify/net/";

/// Names that open a socket.
const SOCKETS: [&str; 6] = [
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "ToSocketAddrs",
];

#[test]
fn modules_use_only_what_lies_below_them() {
    assert_clean(&sources(), |file, text| upward(file, &tokens(text)));
}

#[test]
fn no_socket_no_process_no_exit() {
    assert_clean(&sources(), |file, text| forbidden(file, &tokens(text)));
}

#[test]
fn modules_open_with_their_purpose_and_stay_short() {
    assert_clean(&sources(), form);
}

#[test]
fn no_file_holds_a_key_or_a_path_of_one_machine() {
    let files = listed();
    assert!(files.len() > 100, "git lists only {} files", files.len());
    let (keys, places) = (key_shapes(), machine_paths());
    let complaints: Vec<String> = files
        .iter()
        .filter_map(|file| Some((file, std::fs::read(root().join(file)).ok()?)))
        .flat_map(|(file, text)| {
            let found = key_shaped(&text, &keys)
                .into_iter()
                .chain(machine_bound(&text, &places));
            found
                .map(|problem| format!("{}: {problem}", file.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

// ---- The checks can fail.

#[test]
fn an_upward_or_sideways_use_is_seen() {
    for (file, text) in [
        ("src/model/span.rs", "use crate::rules::Rule;"),
        ("src/git/index.rs", "use crate::rules::Rule;"),
        (
            "src/scan/worker.rs",
            "use crate::{model::Span, source::Windows};",
        ),
        (
            "src/scan/worker.rs",
            "use crate::{model::{Span, Skip}, report};",
        ),
        ("src/scan/worker.rs", "fn f(x: &crate::app::Failure) {}"),
        ("src/scan/worker.rs", "use super::super::report::Format;"),
        ("src/scan/mod.rs", "use super::report::Format;"),
        ("src/config.rs", "use super::cli::Cli;"),
        ("src/config.rs", "use crate::cli::Cli;"),
        (
            "src/rules/parse.rs",
            "mod inner { use super::super::super::scan::Scanner; }",
        ),
        ("src/report/mod.rs", "use crate :: scan :: Scanner;"),
        ("src/report/mod.rs", "use waxseal::scan::Scanner;"),
        ("src/scan/mod.rs", "use crate::unheard_of::Thing;"),
        ("src/unheard_of.rs", "use crate::model::Span;"),
        ("src/history/graph.rs", "use crate::source::Walk;"),
        ("src/history/graph.rs", "use crate::range::Tip;"),
        ("src/range/walk.rs", "use crate::source::Walk;"),
        ("src/scan/mod.rs", "use crate::history::Graph;"),
        ("src/staged/diff.rs", "use crate::history::Graph;"),
        ("src/staged/read.rs", "use crate::source::Windows;"),
        ("src/hooks/file.rs", "use crate::scan::Scanner;"),
        ("src/scan/mod.rs", "use crate::*;"),
        ("src/baseline/mod.rs", "use crate::git::Store;"),
        ("src/report/mod.rs", "use crate::baseline::Baseline;"),
    ] {
        assert!(!upward(file, &tokens(text)).is_empty(), "{file}: {text}");
    }
}

#[test]
fn a_use_of_what_lies_below_is_fine() {
    for (file, text) in [
        (
            "src/scan/worker.rs",
            "use crate::model::{Blob, Skip}; use crate::rules::Kind; use super::view; use crate::scan::Drop;",
        ),
        (
            "src/scan/view/mod.rs",
            "#[cfg(test)] mod tests { use super::super::lines; use super::*; }",
        ),
        (
            "src/rules/mod.rs",
            "mod tests { use super::Rule; use super::super::model::Span; }",
        ),
        (
            "src/cli/mod.rs",
            "/// Becomes [`Options`](crate::app::run).\nuse crate::config; // not crate::app\nconst X: &str = \"crate::app\";",
        ),
        (
            "src/scan/mod.rs",
            "fn f<'a>(x: &'a str, y: char) { let _ = ('\\'', '\"', b'\"', r#\"crate::app\"#, \"\\\"crate::app\"); }",
        ),
        (
            "src/history/graph.rs",
            "use crate::{git::Refs, model::ObjectId, scan::Scanner};",
        ),
        ("src/main.rs", "use waxseal::app;"),
    ] {
        assert_eq!(
            upward(file, &tokens(text)),
            Vec::<String>::new(),
            "{file}: {text}"
        );
    }
}

#[test]
fn a_forbidden_name_is_seen() {
    for (file, text) in [
        ("src/report/text.rs", "use std::net::IpAddr;"),
        ("src/verify/wire.rs", "use std::net::TcpStream;"),
        ("src/app/scan.rs", "use std::{io, net::TcpStream};"),
        ("src/git/repo.rs", "std::process::Command::new(\"git\");"),
        ("src/git/repo.rs", "use std::process::{Command, Stdio};"),
        ("src/app/scan.rs", "std::process::exit(2)"),
        ("src/app/scan.rs", "use std::process::abort;"),
        ("src/report/json.rs", "secret.expose()"),
        ("src/scan/excerpt.rs", "Secret::expose"),
    ] {
        assert!(!forbidden(file, &tokens(text)).is_empty(), "{file}: {text}");
    }
    for (file, text) in [
        ("src/main.rs", "std::process::exit(2)"),
        ("src/main.rs", "use std::process::ExitCode;"),
        ("src/verify/net/dial.rs", "use std::net::TcpStream;"),
        ("src/verify/twilio.rs", "secret.expose()"),
        ("src/model/finding.rs", "secret.expose()"),
        ("src/app/baseline/desk.rs", "secret.expose()"),
        ("src/model/secret.rs", "pub fn expose(&self) {}"),
        ("src/app/mod.rs", "use crate::cli::Command;"),
        ("src/scan/mod.rs", "// std::net and process::exit"),
    ] {
        assert_eq!(
            forbidden(file, &tokens(text)),
            Vec::<String>::new(),
            "{file}: {text}"
        );
    }
}

#[test]
fn a_module_without_purpose_or_measure_is_seen() {
    let long = format!("//! Long.\n{}", "fn f() {}\n".repeat(MODULE_LINES));
    let tested = format!(
        "//! Tested.\n#[cfg(test)]\nmod tests {{\n{}}}\n",
        "fn f() {}\n".repeat(MODULE_LINES)
    );
    assert!(!form("src/a.rs", "use std::io;\n").is_empty());
    assert!(!form("src/a.rs", "").is_empty());
    assert!(!form("src/a.rs", &long).is_empty());
    assert!(form("src/a.rs", &tested).is_empty());
    assert!(form("src/a/tests.rs", &long).is_empty());
    assert!(form("src/a.rs", &format!("// @generated\n{long}")).is_empty());
}

#[test]
fn a_key_or_a_path_of_one_machine_is_seen() {
    let keys = key_shapes();
    let mut state = 7_u32;
    let mut random = |alphabet: &[u8], len: usize| -> String {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(alphabet[(state >> 16) as usize % alphabet.len()])
        };
        (0..len).map(|_| next()).collect()
    };
    let word = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let hex = b"0123456789abcdef";
    for key in [
        format!("x = 'SG.{}.{}'", random(word, 22), random(word, 43)),
        format!("sid=AC{}", random(hex, 32)),
        format!("\0SK{}\0", random(hex, 32)),
        format!("xkeysib-{}-{}", random(hex, 64), random(&word[..62], 16)),
        format!("xsmtpsib-{}-{}", random(hex, 64), random(&word[..62], 16)),
        format!("key-{}", random(hex, 32)),
        format!("AKIA{}", random(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
    ] {
        assert_eq!(key_shaped(key.as_bytes(), &keys).len(), 1, "{key}");
    }
    for harmless in [
        format!("SG.{}.{}", "x".repeat(22), "y".repeat(43)),
        format!("AC{}", "1234567890abcdef".repeat(2)),
        format!("AC{}", "X".repeat(32)),
        format!("SG.{}", random(word, 60)),
        format!("digest {}", random(hex, 64)),
    ] {
        assert_eq!(
            key_shaped(harmless.as_bytes(), &keys),
            Vec::<String>::new(),
            "{harmless}"
        );
    }
    let places = machine_paths();
    for start in ["/home/", "/Users/", "/root/", "/tmp/"] {
        assert_eq!(
            machine_bound(format!("see {start}ann/x").as_bytes(), &places).len(),
            1,
            "{start}"
        );
    }
    assert!(machine_bound(b"target/tmp/x, https://example.com/home/ann", &places).is_empty());
}

// ---- The checks.

/// Uses of modules that do not lie below `file`'s own.
fn upward(file: &str, tokens: &[String]) -> Vec<String> {
    let module = module_path(file);
    let Some(own) = module.first() else {
        return Vec::new();
    };
    let Some(layer) = layer_of(own) else {
        return vec![format!("`{own}` has no layer: give it one in LAYERS")];
    };
    let mut complaints = Vec::new();
    for used in uses(tokens, module.len()) {
        if used == *own {
            continue;
        }
        match layer_of(&used) {
            Some(below)
                if below < layer
                    && !ABSTAINS
                        .iter()
                        .any(|(by, from)| by == own && from.contains(&used.as_str())) => {}
            Some(_) => complaints.push(format!(
                "`{own}` must not use `{used}`, which does not lie below it, or is none of its concern"
            )),
            None => complaints.push(format!("`{own}` uses `{used}`, which has no layer")),
        }
    }
    complaints
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The path of the module in `file`, from the crate's root; empty for the root itself.
fn module_path(file: &str) -> Vec<&str> {
    let path = file
        .trim_start_matches("src/")
        .trim_end_matches(".rs")
        .trim_end_matches("/mod");
    if path == "lib" {
        Vec::new()
    } else {
        path.split('/').collect()
    }
}

/// The modules of the crate's top level that `tokens` name, by `crate::`, by `waxseal::` or by enough `super::`.
fn uses(tokens: &[String], depth: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // how deep in braces we are, and at which of those depths an inline module opened
    let (mut braces, mut inline) = (0_usize, Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        let word = rest[0].as_str();
        let mut step = 1;
        match word {
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                inline.pop_if(|opened| *opened == braces);
            }
            "mod" if rest.get(2).is_some_and(|next| next == "{") => inline.push(braces),
            // a path that goes on from elsewhere (`a::super`) is none that we know
            "crate" | "waxseal" if starts(&rest[1..], "::") => found.extend(heads(&rest[2..])),
            "super" => {
                let mut ups = 1;
                while starts(&rest[2 * ups - 1..], "::") && starts(&rest[2 * ups..], "super") {
                    ups += 1;
                }
                step = 2 * ups - 1;
                if ups >= depth + inline.len() && starts(&rest[step..], "::") {
                    found.extend(heads(&rest[step + 1..]));
                }
            }
            _ => {}
        }
        at += step;
    }
    found
}

fn starts(tokens: &[String], word: &str) -> bool {
    tokens.first().is_some_and(|first| first == word)
}

/// The first segments of the path, or of each path of the group, with which `tokens` begin.
fn heads(tokens: &[String]) -> Vec<String> {
    if !starts(tokens, "{") {
        return tokens.first().cloned().into_iter().collect();
    }
    let mut depth = 0;
    let mut heads = Vec::new();
    for pair in tokens.windows(2) {
        match pair[0].as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(pair[0].as_str(), "{" | ",") && pair[1] != "}" {
            heads.push(pair[1].clone());
        }
    }
    heads
}

/// Names that only some file may use, or none.
fn forbidden(file: &str, tokens: &[String]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let follows = |words: &[&str]| {
            tokens[at..]
                .iter()
                .zip(words)
                .filter(|(a, b)| *a == *b)
                .count()
                == words.len()
        };
        if SOCKETS.contains(&token.as_str()) && !file.starts_with(NETWORK) {
            complaints.push(format!("`{token}`: only {NETWORK} opens a socket"));
        }
        if follows(&["std", "::"])
            && heads(&tokens[at + 2..]).iter().any(|head| head == "net")
            && !file.starts_with(NETWORK)
        {
            complaints.push(format!("`std::net`: only {NETWORK} opens a socket"));
        }
        if follows(&["process", "::"]) {
            for name in heads(&tokens[at + 2..]) {
                match name.as_str() {
                    "Command" => {
                        complaints
                            .push("`process::Command`: no process is ever started".to_owned());
                    }
                    "exit" | "abort" if file != "src/main.rs" => {
                        complaints.push(format!("`process::{name}`: only `main` ends the program"));
                    }
                    _ => {}
                }
            }
        }
        let exposes = [&[".", "expose"][..], &["::", "expose"]]
            .iter()
            .any(|words| follows(words));
        if exposes && !EXPOSES.contains(&file) && !file.starts_with("src/verify/") {
            complaints.push(
                "`expose`: raw secret bytes are for fingerprints and verification only".to_owned(),
            );
        }
    }
    complaints
}

/// Does the module say what it is for, and is it short enough to be read?
fn form(file: &str, text: &str) -> Vec<String> {
    let generated = text.starts_with("// @generated");
    let mut complaints = Vec::new();
    if !text
        .lines()
        .find(|line| !line.starts_with("// @generated"))
        .is_some_and(|line| line.starts_with("//! "))
    {
        complaints.push("does not open with a `//!` line that says what lives here".to_owned());
    }
    let is_test = file.ends_with("/tests.rs") || file.contains("/tests/");
    let lines = text
        .lines()
        .take_while(|line| !line.starts_with("mod tests {"))
        .count();
    if !generated && !is_test && lines > MODULE_LINES {
        complaints.push(format!(
            "has {lines} lines without tests; {MODULE_LINES} is the most"
        ));
    }
    complaints
}

/// Shapes of credentials. The groups are what is random in them.
fn key_shapes() -> Vec<Regex> {
    [
        r"SG\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})",
        r"(?-u:\b)(?:AC|SK)([0-9a-fA-F]{32})(?-u:\b)",
        r"x(?:key|smtp)sib-([0-9a-f]{64})-[A-Za-z0-9]{16}",
        r"(?-u:\b)key-([0-9a-f]{32})(?-u:\b)",
        r"(?-u:\b)AKIA([A-Z2-7]{16})(?-u:\b)",
    ]
    .map(|shape| Regex::new(shape).unwrap())
    .into()
}

/// Strings that may be taken for a credential: by us, by the hosting service, by whoever reads over a shoulder. Placeholders
/// of few letters and counting runs can't be.
fn key_shaped(text: &[u8], shapes: &[Regex]) -> Vec<String> {
    let is_random = |group: regex::bytes::Match<'_>| {
        let bytes = group.as_bytes();
        let few = bytes.iter().collect::<BTreeSet<_>>().len() <= 3;
        !few && !bytes
            .windows(10)
            .any(|run| run == b"1234567890" || run == b"0123456789")
    };
    shapes
        .iter()
        .flat_map(|shape| shape.captures_iter(text))
        .filter(|found| found.iter().skip(1).flatten().all(is_random))
        .map(|found| {
            format!(
                "key-shaped string at byte {}",
                found.get(0).unwrap().start()
            )
        })
        .collect()
}

/// Folders that exist on one machine only. Put together here, so that this file does not hold them.
fn machine_paths() -> Regex {
    let folders = ["home", "Users", "root", "tmp", concat!("wo", "rk")].join("|");
    Regex::new(&format!(
        r"(?:^|[^A-Za-z0-9_.~/)$-])/(?:{folders})/[A-Za-z0-9_.]"
    ))
    .unwrap()
}

fn machine_bound(text: &[u8], places: &Regex) -> Vec<String> {
    let name =
        |found: regex::bytes::Match<'_>| String::from_utf8_lossy(found.as_bytes()).into_owned();
    places
        .find_iter(text)
        .map(|found| format!("a path of one machine: `{}…`", name(found)))
        .collect()
}

// ---- Reading.

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file that is tracked or would be with the next `git add`.
fn listed() -> Vec<PathBuf> {
    let args = [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ];
    let output = Command::new("git")
        .current_dir(root())
        .args(args)
        .output()
        .expect("git runs here");
    assert!(
        output.status.success(),
        "this test needs the repository: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
        .stdout
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty())
        .map(path_of)
        .collect()
}

fn path_of(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}

/// Every module of the package.
fn sources() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 50, "only {} modules found", files.len());
    files.sort();
    files
}

fn assert_clean(files: &[PathBuf], check: impl Fn(&str, &str) -> Vec<String>) {
    let mut complaints = Vec::new();
    for file in files {
        let name = file.to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        complaints.extend(
            check(&name, &text)
                .into_iter()
                .map(|problem| format!("{name}: {problem}")),
        );
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// The words and signs of Rust code, `::` as one; comments, texts, characters and lifetimes left out.
fn tokens(text: &str) -> Vec<String> {
    let pattern = [
        r"//[^\n]*",
        r"(?s:/\*.*?\*/)",
        // a raw text ends at the quote with as many signs as it began with; two are the most in use
        r###"(?s:b?r##".*?"##)"###,
        r##"(?s:b?r#".*?"#)"##,
        r#"b?r"[^"]*""#,
        r#"(?s:[bc]?"(?:[^"\\]|\\.)*")"#,
        r"b?'(?:[^'\\\n]|\\[^\n]+?)'",
        r"'[A-Za-z_][A-Za-z0-9_]*",
        r"(?P<token>[A-Za-z_][A-Za-z0-9_]*|::|[^\s])",
    ]
    .join("|");
    let pattern = regex::Regex::new(&pattern).unwrap();
    pattern
        .captures_iter(text)
        .filter_map(|found| Some(found.name("token")?.as_str().to_owned()))
        .collect()
}
