//! Writes the corpus into a folder and runs the other scanners that are on PATH over it, without a network where that can be had.
//! They are scored by line: what they report in a line that a label touches is a hit, whatever it is called.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::corpus::Case;
use super::score::{Found, Score};

/// A scanner: its program, how it is called (`@` is the folder, `#` the report), and whether it writes its report into a file.
struct Peer {
    name: &'static str,
    arguments: &'static [&'static str],
    into_file: bool,
}

const PEERS: [Peer; 7] = [
    Peer {
        name: "gitleaks",
        arguments: &[
            "dir",
            "--no-banner",
            "--exit-code",
            "0",
            "--log-level",
            "error",
            "-f",
            "json",
            "-r",
            "#",
            "@",
        ],
        into_file: true,
    },
    Peer {
        name: "betterleaks",
        arguments: &[
            "fs",
            "--no-banner",
            "--no-color",
            "--exit-code",
            "0",
            "-o",
            "#",
            "@",
        ],
        into_file: true,
    },
    Peer {
        name: "trufflehog",
        arguments: &[
            "filesystem",
            "--no-verification",
            "--no-update",
            "--json",
            "--results=verified,unknown,unverified",
            "@",
        ],
        into_file: false,
    },
    Peer {
        name: "kingfisher",
        arguments: &[
            "scan",
            "--no-validate",
            "--no-update-check",
            "--no-dedup",
            "--confidence",
            "low",
            "--format",
            "jsonl",
            "@",
        ],
        into_file: false,
    },
    Peer {
        name: "detect-secrets",
        arguments: &["scan", "--all-files", "--no-verify", "@"],
        into_file: false,
    },
    Peer {
        name: "secretlint",
        arguments: &["--format", "json", "--no-color", "@/**/*"],
        into_file: false,
    },
    Peer {
        name: "ripsecrets",
        arguments: &["@"],
        into_file: false,
    },
];

/// Writes every case into a folder of its own below `folder`, `0001` and so on, and `labels.tsv` beside them.
pub fn write(cases: &[Case], folder: &Path) -> io::Result<()> {
    let mut labels = String::new();
    for (ix, case) in cases.iter().enumerate() {
        let path = folder.join(format!("{ix:04}")).join(&case.path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, &case.text)?;
        for label in &case.labels {
            let _ = writeln!(
                labels,
                "{ix:04}\t{}\t{}\t{}\t{}",
                case.path,
                label.lines.start(),
                label.lines.end(),
                case.kind
            );
        }
    }
    fs::write(folder.join("labels.tsv"), labels)
}

/// Runs each scanner that is there, and tells `of` its score.
pub fn each(cases: &[Case], of: impl Fn(&str, &Score)) {
    let Ok(scratch) = tempfile::tempdir() else {
        return;
    };
    let folder = scratch.path().join("corpus");
    if fs::create_dir(&folder).is_err()
        || write(cases, &folder).is_err()
        || fs::remove_file(folder.join("labels.tsv")).is_err()
    {
        return;
    }
    for peer in &PEERS {
        let report = scratch.path().join("report.json");
        if let Some(output) = run(peer, &folder, &report, scratch.path()) {
            of(peer.name, &score(cases, &places(peer.name, &output)));
        }
    }
}

fn run(peer: &Peer, folder: &Path, report: &Path, start: &Path) -> Option<String> {
    let _ = fs::remove_file(report);
    let isolated = ["--user", "--map-root-user", "--net"];
    let offline = Command::new("unshare")
        .args(isolated)
        .arg("true")
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success());
    let arguments = peer.arguments.iter().map(|it| {
        it.replace('@', &folder.to_string_lossy())
            .replace('#', &report.to_string_lossy())
    });
    let mut command = if offline {
        let mut command = Command::new("unshare");
        command.args(isolated).arg("--").arg(peer.name);
        command
    } else {
        Command::new(peer.name)
    };
    let output = command
        .args(arguments)
        .current_dir(start)
        .env("KF_RULE_CACHE_DIR", start.join("rules"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    if peer.into_file {
        return fs::read_to_string(report).ok();
    }
    // what is not installed says nothing
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code() != Some(127) && (output.status.success() || !text.is_empty()))
        .then_some(text)
}

/// Case and line of each finding in a report, once each.
fn places(name: &str, report: &str) -> BTreeSet<(usize, u64)> {
    let mut places = BTreeSet::new();
    let mut add = |path: &str, line: Option<u64>| {
        let after = path.split("corpus/").last().unwrap_or_default();
        if let (Some(ix), Some(line)) = (after.get(..4).and_then(|it| it.parse().ok()), line) {
            places.insert((ix, line));
        }
    };
    if name == "ripsecrets" {
        // PATH:LINE:TEXT, where the program says lines at all
        for line in report.lines() {
            let mut fields = line.splitn(3, ':');
            if let (Some(path), Some(number)) = (fields.next(), fields.next()) {
                add(path, number.parse().ok());
            }
        }
        return places;
    }
    let documents = serde_json::Deserializer::from_str(report).into_iter::<Value>();
    for value in documents.map_while(Result::ok) {
        let mut pending = vec![&value];
        while let Some(value) = pending.pop() {
            match value {
                Value::Array(items) => pending.extend(items),
                Value::Object(map) => {
                    let text = |key: &str| map.get(key).and_then(Value::as_str);
                    let number = |key: &str| map.get(key).and_then(Value::as_u64);
                    match name {
                        "gitleaks" => {
                            if let Some(path) = text("File") {
                                add(path, number("StartLine"));
                            }
                        }
                        "betterleaks" => {
                            if let Some(path) = text("path") {
                                add(path, number("start_line"));
                            }
                        }
                        "trufflehog" | "detect-secrets" => {
                            if let Some(path) = text("file").or_else(|| text("filename")) {
                                add(path, number("line").or_else(|| number("line_number")));
                            }
                        }
                        "kingfisher" => {
                            if let Some(path) = text("path") {
                                add(path, number("line"));
                            }
                        }
                        _ => {
                            if let (Some(path), Some(Value::Array(messages))) =
                                (text("filePath"), map.get("messages"))
                            {
                                for message in messages {
                                    add(
                                        path,
                                        message.pointer("/loc/start/line").and_then(Value::as_u64),
                                    );
                                }
                            }
                        }
                    }
                    pending.extend(map.values());
                }
                _ => {}
            }
        }
    }
    places
}

fn score(cases: &[Case], places: &BTreeSet<(usize, u64)>) -> Score {
    let mut of: HashMap<usize, Vec<Found>> = HashMap::new();
    for &(ix, line) in places {
        let Some(case) = cases.get(ix) else { continue };
        let on_line: Vec<usize> = (0..case.labels.len())
            .filter(|&it| case.labels[it].lines.contains(&line))
            .collect();
        let found = of.entry(ix).or_default();
        let finding = |label| Found {
            label,
            exact: false,
            line,
            what: String::new(),
        };
        if on_line.is_empty() {
            found.push(finding(None));
        }
        // a line with two secrets and one finding counts as both
        found.extend(on_line.into_iter().map(|label| finding(Some(label))));
    }
    let mut score = Score::default();
    for (ix, case) in cases.iter().enumerate() {
        score.file(case, of.get(&ix).map_or(&[], Vec::as_slice));
    }
    score
}
