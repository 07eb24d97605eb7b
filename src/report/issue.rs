//! A finding as services that list issues want it: its file from the top of the repository, one sentence, and names that
//! stay the same from run to run.
//!
//! What SARIF and the formats of CI services say alike. Nothing here knows a format, and nothing is escaped for one; what is
//! shown is safe on a terminal.

use sha2::{Digest as _, Sha256};

use super::{Meta, history, masked, term, verdict};
use crate::model::{Finding, History, ObjectId, ObjectKind, Skip, Store};

/// Path of the finding's file from the top of the repository. What has none, a message or a blob that no tree names, is named
/// by its kind and id, as in `commit/3f2a…`: services want a path for everything.
pub(super) fn file(finding: &Finding) -> String {
    match finding.origin.store {
        Store::Object(kind, object) if finding.origin.within.is_empty() => {
            format!("{}/{object}", kind.id())
        }
        _ => term::path(relative(&finding.origin.within)),
    }
}

/// Path of what was not scanned, or the object's kind and id.
pub(super) fn skipped_file(skip: &Skip) -> String {
    let name = term::path(relative(&skip.path));
    let is_object = name.split_once(' ').is_some_and(|(kind, id)| {
        ["blob", "tree", "commit", "tag", "object"].contains(&kind)
            && matches!(id.len(), 40 | 64)
            && id.bytes().all(|digit| digit.is_ascii_hexdigit())
    });
    if is_object {
        name.replacen(' ', "/", 1)
    } else {
        name
    }
}

/// Services know no `./`, and a tree that somebody made up may hold a name that begins with a slash.
fn relative(path: &[u8]) -> &[u8] {
    let mut path = path;
    loop {
        match path {
            [b'.', b'/', rest @ ..] | [b'/', rest @ ..] => path = rest,
            _ => return path,
        }
    }
}

/// Where the finding stands, for people: `config/mail.php:12:5`, or how a history names it.
pub(super) fn headline(finding: &Finding) -> String {
    match finding.origin.store {
        Store::Object(kind, object) => history::headline(finding, kind, object),
        Store::Index(_) | Store::File(_) | Store::Stdin => {
            let (line, column) = (finding.place.line, finding.place.column);
            format!("{}:{line}:{column}", file(finding))
        }
    }
}

/// The history of a finding that was made in one, with the kind and the id of the object that it stands in.
pub(super) fn in_store(finding: &Finding) -> Option<(&History, ObjectKind, ObjectId)> {
    let history = finding.history.as_deref()?;
    match finding.origin.store {
        Store::Object(kind, object) => Some((history, kind, object)),
        Store::File(_) | Store::Index(_) | Store::Stdin => None,
    }
}

/// Title of the finding's rule; its id where the run does not know the rule.
pub(super) fn title<'a>(finding: &'a Finding, meta: &Meta<'a>) -> &'a str {
    meta.rule(&finding.rule)
        .map_or(&finding.rule, |rule| &rule.title)
}

/// `Title: SG.********. First step of the remedy.`: services show the first sentence where room is short.
pub(super) fn sentence(finding: &Finding, meta: &Meta<'_>) -> String {
    let mut text = title(finding, meta).to_owned();
    if let Some(secret) = masked(finding) {
        text.push_str(": ");
        text.push_str(&secret);
    }
    if let Some(history) = &finding.history {
        text.push_str(&in_history(history));
    }
    if let Some(verified) = &finding.verified {
        text.push_str(", ");
        text.push_str(verified.verdict.id());
    }
    text.push('.');
    let rule = meta.rule(&finding.rule);
    if let Some(step) = rule.and_then(|rule| rule.remedy.first()) {
        text.push(' ');
        text.push_str(step);
        if !step.ends_with('.') {
            text.push('.');
        }
    }
    text
}

/// The same with what there is to say of this one finding: services that show nothing else must show that.
pub(super) fn told(finding: &Finding, meta: &Meta<'_>) -> String {
    let mut text = sentence(finding, meta);
    if let Some(verified) = &finding.verified {
        text.push_str(" Verdict: ");
        text.push_str(&verdict::because(verified));
        text.push('.');
    }
    for note in &finding.notes {
        text.push_str(" Note: ");
        text.push_str(note);
        text.push('.');
    }
    text
}

/// ` in the history since commit 3f2a90c1d2e4, no longer in HEAD`: whoever opens the file does not see it there.
fn in_history(history: &History) -> String {
    let since = history.first.map_or_else(String::new, |first| {
        format!(" since commit {}", first.id.short())
    });
    let state = match (history.in_head, history.ref_count) {
        (true, _) => "still in HEAD",
        (false, 0) => "unreachable from any ref",
        (false, _) => "not in HEAD",
    };
    format!(" in the history{since}, {state}")
}

/// A name for what `parts` say together, the same in every run; no two lists of parts share one but by chance.
pub(super) fn stable_name(parts: &[&str]) -> [u8; 16] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    let whole: [u8; 32] = digest.finalize().into();
    let mut name = [0; 16];
    name.copy_from_slice(&whole[..16]);
    name
}

/// 32 hexadecimal digits.
pub(super) fn hex(name: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(name))
}

/// The name in the form of a UUID of version 8, which leaves open what it is made of.
pub(super) fn uuid(mut name: [u8; 16]) -> String {
    name[6] = name[6] & 0x0f | 0x80;
    name[8] = name[8] & 0x3f | 0x80;
    let digits = hex(name);
    let group = |from: usize, to: usize| &digits[from..to];
    [
        group(0, 8),
        group(8, 12),
        group(12, 16),
        group(16, 20),
        group(20, 32),
    ]
    .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SkipReason;

    #[test]
    fn names_are_made_of_every_part_and_where_it_ends() {
        let name = stable_name(&["a", "bc"]);
        assert_eq!(name, stable_name(&["a", "bc"]));
        for other in [&["ab", "c"][..], &["a", "bc", ""], &["a"], &["bc", "a"]] {
            assert_ne!(name, stable_name(other), "{other:?}");
        }
    }

    #[test]
    fn a_uuid_says_its_version() {
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-8fff-bfff-ffffffffffff");
        assert_eq!(uuid([0; 16]), "00000000-0000-8000-8000-000000000000");
    }

    #[test]
    fn paths_begin_at_the_top() {
        let path = |name: &str| {
            skipped_file(&Skip {
                path: name.as_bytes().to_vec(),
                reason: SkipReason::Vanished,
                detail: String::new(),
            })
        };
        assert_eq!(path("./a/b"), "a/b");
        assert_eq!(path("//./a"), "a");
        assert_eq!(path(".env"), ".env");
        let id = "ab".repeat(20);
        assert_eq!(path(&format!("blob {id}")), format!("blob/{id}"));
        assert_eq!(path("blob x"), "blob x");
    }
}
