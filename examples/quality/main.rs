//! How often waxseal is right on labelled files, and how often others are: recall, precision and F1 for each kind.
//!
//! `cargo run --release --example quality -- [--held-out | --set NAME] [--seed TEXT] [--quiet] [--no-peers] [--write DIR]`
//!
//! The corpus is made from the templates in `testdata/quality` and a fixed seed; docs/quality.md says what is labelled as a secret.
//! `--set` takes those of a folder in it, which nothing was tuned on before its first score; `--held-out` is the one of that name.
//! Ends with status 1 if a bar is missed, and 2 if the corpus could not be made. `--write` leaves the corpus in DIR, with `labels.tsv`.

mod corpus;
mod fill;
mod ours;
mod peers;
mod score;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Least recall and precision of each kind and overall: of the templates that rules may be tuned on, and of those that are held out.
const BARS: [(f64, f64); 2] = [(0.98, 0.97), (0.93, 0.93)];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut quiet, mut no_peers, mut write) = (false, false, None);
    let mut set = None;
    let mut seed = "1".to_owned();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--held-out" => set = Some("held-out".to_owned()),
            "--set" => set = arguments.next(),
            "--seed" => seed = arguments.next().unwrap_or_default(),
            "--quiet" => quiet = true,
            "--no-peers" => no_peers = true,
            "--write" => write = arguments.next().map(PathBuf::from),
            _ => {
                say(
                    "usage: quality [--held-out | --set NAME] [--seed TEXT] [--quiet] [--no-peers] [--write DIR]",
                );
                return ExitCode::from(2);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/quality");
    let folder = root.join(set.as_deref().unwrap_or_default());
    let cases = match corpus::read(&folder, &root.join("harmless.toml"), &seed) {
        Ok(cases) => cases,
        Err(problem) => {
            say(&problem);
            return ExitCode::from(2);
        }
    };
    if let Some(folder) = write
        && let Err(error) = peers::write(&cases, &folder)
    {
        say(&format!("{}: {error}", folder.display()));
        return ExitCode::from(2);
    }
    let score = ours::score(&cases);
    if !quiet {
        score.faults.iter().for_each(|fault| say(fault));
    }
    let (recall, precision) = BARS[usize::from(set.is_some())];
    say(&format!(
        "waxseal, bars: recall {recall}, precision {precision}\n{}",
        score.table()
    ));
    if !no_peers {
        peers::each(&cases, |name, score| {
            say(&format!("{name}, by line\n{}", score.table()));
        });
    }
    let missed: Vec<&str> = score
        .rows()
        .filter(|(_, it)| it.recall() < recall || it.precision() < precision)
        .map(|(kind, _)| kind)
        .collect();
    if missed.is_empty() {
        return ExitCode::SUCCESS;
    }
    say(&format!("below the bars: {}", missed.join(", ")));
    ExitCode::from(1)
}

#[expect(clippy::print_stdout, reason = "what it was started for")]
fn say(text: &str) {
    println!("{text}");
}
