//! Files of gitleaks, which betterleaks reads and writes too: rule files, lists of fingerprints, reports.

use std::sync::Arc;

use super::{
    Entry, Haul, Left, Listed, Peer, Setting, Value, ends, from_hex, json, path_of, report, shown,
};
use crate::rules::gitleaks::raw::{RawAllow, RawFile, RawRule};
use crate::rules::gitleaks::{self as rules, Unreadable};
use crate::rules::{AllowList, Target};

/// Rules of gitleaks' own file, and ours that look for the same.
const ALIKE: [(&str, &[&str]); 11] = [
    (
        "sendgrid-api-token",
        &[
            "sendgrid-api-key",
            "sendgrid-key-in-two-parts",
            "sendgrid-key-by-format",
        ],
    ),
    ("sendinblue-api-token", &["brevo-api-key", "brevo-smtp-key"]),
    (
        "twilio-api-key",
        &["twilio-api-key-secret", "twilio-api-secret-alone"],
    ),
    ("mailgun-private-api-token", &["mailgun-api-key"]),
    ("mailgun-pub-key", &[]),
    ("mailgun-signing-key", &["mailgun-api-key"]),
    ("mailchimp-api-key", &["mailchimp-api-key"]),
    ("postmark-api-token", &["postmark-token"]),
    ("resend-api-key", &["resend-api-key"]),
    ("mailjet-secret-key", &["mailjet-secret-key"]),
    ("elastic-email-api-key", &["elastic-email-key"]),
];

/// Reads a file called `name`.
pub fn read(peer: Peer, name: &str, text: &str) -> Result<Haul, String> {
    if ends(name, &[".toml"]) {
        return config(peer, text);
    }
    if text.trim_start().starts_with(['[', '{']) {
        return Ok(report::gitleaks(json(text)?));
    }
    if ends(name, &[".json", ".jsonl", ".sarif", ".csv", ".xml"])
        && !text.trim().is_empty()
        && text.trim() != "null"
    {
        return Err(format!(
            "this is no report in JSON; let {} write one: --report-format json",
            peer.id()
        ));
    }
    if text.trim() == "null" {
        return Ok(Haul::new("report"));
    }
    Ok(ignored(text))
}

/// A list of fingerprints: `file:rule:line`, `commit:file:rule:line`, or the SHA-256 of a value.
fn ignored(text: &str) -> Haul {
    let mut haul = Haul::new("list of fingerprints");
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let label = format!("line {number}: {}", shown(line));
        if let Some(digest) = from_hex::<32>(line) {
            haul.entries.push(Entry {
                label: format!("line {number}"),
                rule: String::new(),
                path: String::new(),
                lines: None,
                commit: None,
                value: Value::Sha256(digest),
                warning: None,
            });
            continue;
        }
        match fingerprint(line) {
            Some((commit, path, rule, at)) => haul.entries.push(Entry {
                label,
                rule,
                path,
                lines: Some((at, at)),
                commit,
                value: Value::Unknown,
                warning: None,
            }),
            None => haul.leave(label, "it is no fingerprint (file:rule:line or commit:file:rule:line), and lets nothing pass in gitleaks either"),
        }
    }
    haul
}

/// Commit, path, rule and line of a fingerprint. Neither rules nor commits have colons in them; paths may.
fn fingerprint(text: &str) -> Option<(Option<String>, String, String, u64)> {
    let (rest, line) = text.rsplit_once(':')?;
    let line = line.parse().ok()?;
    let (place, rule) = rest.rsplit_once(':')?;
    let is_commit = |text: &str| {
        (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let (commit, path) = match place.split_once(':') {
        Some((commit, path)) if is_commit(commit) => (Some(commit.to_lowercase()), path),
        _ => (None, place),
    };
    (!rule.is_empty() && !path.is_empty()).then(|| (commit, path_of(path), rule.to_owned(), line))
}

fn config(peer: Peer, text: &str) -> Result<Haul, String> {
    let file = rules::read(text).map_err(|error| match error {
        Unreadable::Toml(error) => {
            let before = error
                .span()
                .and_then(|span| text.get(..span.start))
                .unwrap_or_default();
            format!(
                "line {}: {}",
                before.matches('\n').count() + 1,
                error.message()
            )
        }
        Unreadable::Shape(problem) => problem,
    })?;
    let mut haul = Haul::new("rule file");
    for note in &file.notes {
        haul.leave(note.clone(), "nothing is lost");
    }
    extends(peer, &file, &mut haul);
    haul.wants_base = file.extend.use_default;
    haul.runs = !file.rules.is_empty() || !file.faults.is_empty() || file.extend.path.is_some();
    let alone = RawFile {
        rules: file.rules.clone(),
        allow: file.allow.clone(),
        faults: file.faults.clone(),
        ..RawFile::default()
    };
    let made = rules::rules(alone, None, &mut |_| {
        Err("nothing is opened here".to_owned())
    })?;
    let extends = file.extend.use_default || file.extend.path.is_some();
    for fault in made.faults {
        // one that changes a rule of another file is whole only with that
        let changes = |rule: &RawRule| rule.pattern.is_none() && rule.path.is_none();
        let own = file
            .rules
            .iter()
            .find(|rule| rules::id_of(&rule.id) == fault.rule);
        let what = format!(
            "the rule {}",
            shown(fault.rule.trim_start_matches(rules::PREFIX))
        );
        if extends && own.is_some_and(changes) {
            if file.extend.use_default {
                haul.left_without_base.push(Left::new(
                    what,
                    "it changes a rule of the file that this one extends, and runs only together with that",
                ));
            }
            continue;
        }
        haul.left.push(Left {
            mark: fault.mark,
            ..Left::new(what, fault.problem)
        });
    }
    // what lets nothing pass is named; a list for a rule of the file that this one extends is no mistake
    for note in made.notes {
        if !(extends && note.contains("which there is none of")) {
            haul.leave(note, "mend it, or take it out");
        }
    }
    for rule in &file.rules {
        for list in &rule.allow {
            for ours in alike(&rule.id) {
                haul.leave(
                    format!("an allow list of the rule {}, for our rule `{ours}`", shown(&rule.id)),
                    "it counts for the gitleaks rule only; findings of ours that it is meant for go into the baseline",
                );
            }
            hold(
                list,
                &format!("allow list of {}", rule.id),
                &mut haul,
                alike(&rule.id).next().is_some(),
            );
        }
    }
    for (number, list) in (1..).zip(&file.allow) {
        allow(list, number, &mut haul);
    }
    Ok(haul)
}

/// Our rules that look for the same as the one called `id`.
fn alike(id: &str) -> impl Iterator<Item = &'static str> {
    let found = ALIKE.iter().find(|(theirs, _)| *theirs == id);
    found.into_iter().flat_map(|(_, ours)| ours.iter().copied())
}

fn extends(peer: Peer, file: &RawFile, haul: &mut Haul) {
    let extend = &file.extend;
    if extend.use_default {
        haul.left_without_base.push(Left::new(
            "[extend] useDefault",
            format!(
                "the rules that come with {} do not come with waxseal, which has rules of its own for mail, messaging and .env files. To keep \
                 them, put a copy of gitleaks' config/gitleaks.toml into the repository and import both files at once",
                peer.id()
            ),
        ));
    }
    if let Some(url) = &extend.url {
        haul.leave(
            format!("[extend] url {}", shown(url)),
            "nothing is fetched; gitleaks does not fetch it either",
        );
    }
    for id in &extend.disabled {
        let mut ours = alike(id).peekable();
        if ours.peek().is_none() {
            haul.notes.push(format!(
                "disabledRules {}: no rule of ours looks for the same; nothing to switch off",
                shown(id)
            ));
        }
        haul.settings
            .extend(ours.map(|id| Setting::SkipRule(id.to_owned())));
    }
}

/// A list for all rules.
fn allow(list: &RawAllow, number: usize, haul: &mut Haul) {
    let name = format!("allow list {number}");
    let reason = if list.description.is_empty() {
        "let pass in the gitleaks file".to_owned()
    } else {
        list.description.clone()
    };
    if !list.rules.is_empty() {
        let ours: Vec<&str> = list.rules.iter().flat_map(|id| alike(id)).collect();
        hold(list, &reason, haul, !ours.is_empty());
        return;
    }
    if !list.commits.is_empty() {
        haul.leave(
            format!("{name}: {} commits", list.commits.len()),
            "they count for gitleaks rules only; waxseal lets values pass, not commits: `waxseal baseline` takes what a history scan shows",
        );
    }
    if !list.all {
        haul.exclude(&list.paths, &reason);
        for word in &list.words {
            stop_word(word, haul);
        }
    }
    let by_value =
        !list.patterns.is_empty() || list.words.iter().any(|word| !is_stop_word(word)) || list.all;
    hold(list, &reason, haul, by_value);
    if by_value && (!list.patterns.is_empty() || list.all) {
        let what = if list.all {
            "all of its conditions together".to_owned()
        } else {
            match list.patterns.len() {
                1 => "1 regex".to_owned(),
                count => format!("{count} regexes"),
            }
        };
        haul.notes.push(format!(
            "{name}: {what} count for gitleaks rules, and present findings of our rules that they let pass go into the baseline"
        ));
    }
}

/// Holds a list against present findings.
fn hold(list: &RawAllow, reason: &str, haul: &mut Haul, wanted: bool) {
    use crate::rules::gitleaks::Pattern;
    if !wanted {
        return;
    }
    // what can't be read was named with its rule or list
    let mut is_whole = true;
    let mut patterns = |texts: &[String]| -> Vec<Pattern> {
        let read: Vec<Pattern> = texts
            .iter()
            .filter_map(|text| Pattern::of_go_to_pass(text).ok())
            .collect();
        is_whole &= read.len() == texts.len();
        read
    };
    let made = AllowList {
        all: list.all,
        commits: list.commits.clone(),
        // those of a list of which any condition is enough were carried over as globs
        paths: if list.all {
            patterns(&list.paths)
        } else {
            Vec::new()
        },
        patterns: patterns(&list.patterns),
        // what our rules match is the line, as far as these lists ask
        target: if list.target == Target::Match {
            Target::Line
        } else {
            list.target
        },
        words: list.words.iter().map(|word| word.to_lowercase()).collect(),
    };
    if is_whole || !list.all {
        haul.lists.push(Listed {
            list: Arc::new(made),
            reason: reason.to_owned(),
        });
    }
}

/// Whether our configuration takes it as a stop word.
pub(super) fn is_stop_word(word: &str) -> bool {
    word.bytes().filter(u8::is_ascii_alphanumeric).count() >= 4
        && !word.chars().any(char::is_control)
}

/// Carries a word over that makes a value none.
pub(super) fn stop_word(word: &str, haul: &mut Haul) {
    if is_stop_word(word) {
        haul.settings.push(Setting::StopWord(word.to_lowercase()));
    } else {
        haul.leave(
            format!("the stop word {}", shown(word)),
            "a word of fewer than four letters or digits stands in too many values; present findings with it go into the baseline",
        );
    }
}
