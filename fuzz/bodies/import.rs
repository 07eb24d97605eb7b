//! Files of other scanners by strangers: an error or what they let pass, never a panic.

use waxseal::import::{Peer, read};

/// Names that say what kind of file it is.
const NAMES: [&str; 6] = [
    ".gitleaks.toml",
    ".gitleaksignore",
    "report.json",
    "baseline.yml",
    ".secretlintignore",
    ".secretlintrc.json",
];

/// One input: a byte that chooses scanner and name, then the file.
pub fn run(data: &[u8]) {
    let Some((choice, file)) = data.split_first() else {
        return;
    };
    let choice = usize::from(*choice);
    let peer = Peer::ALL[choice % Peer::ALL.len()];
    let name = NAMES[choice / Peer::ALL.len() % NAMES.len()];
    if let Ok(haul) = read(peer, name, file) {
        assert!(haul.entries.len() <= file.len());
    }
}
