//! Findings about a file as a whole, by its name.

use std::cell::OnceCell;

use crate::model::{
    Allowed, Blob, Excerpt, Finding, Fingerprint, GitState, ObjectKind, Place, Secret, Severity,
    Store,
};

use crate::scan::candidate::RuleIx;

use super::Worker;

impl Worker<'_> {
    /// Findings about the file as a whole, once its last window is done, of which `bytes` are the readable text.
    pub(super) fn file_findings(
        &mut self,
        blob: &Blob<'_>,
        bytes: &[u8],
        findings: &mut Vec<Finding>,
    ) {
        let origin = &blob.origin;
        let note = match origin.store {
            Store::File(GitState::Tracked) => "tracked by git",
            Store::File(GitState::Untracked) => "not ignored by git: the next `git add` takes it",
            Store::Index(_) => "staged: the next commit takes it",
            Store::Object(ObjectKind::Blob, _) if !origin.within.is_empty() => "committed",
            Store::File(GitState::Outside | GitState::Ignored)
            | Store::Stdin
            | Store::Object(..) => return,
        };
        let scanner = self.scanner;
        let own = scanner
            .files
            .iter()
            .filter(|file| file.matches(&origin.within));
        let own = own.map(|file| (file.rule, file.always));
        let foreign = scanner
            .foreign
            .iter()
            .flat_map(|rules| rules.name(&origin.within));
        let named: Vec<(RuleIx, bool)> = own.chain(foreign.map(|rule| (rule, true))).collect();
        // asked only for files that something is said of
        let left_out = OnceCell::new();
        let left_out = || left_out.get_or_init(|| scanner.exclusions.of(&origin.within));
        for (ix, always) in named {
            if left_out().has(ix) {
                continue;
            }
            let rule = &scanner.rules[usize::from(ix)].rule;
            let holds_secrets = always || self.state.secrets > 0;
            let allowed = self.file_is_allowed(blob, bytes, &rule.id);
            let secret = Secret::new(&[], 0);
            findings.push(Finding {
                rule: rule.id.clone(),
                severity: if holds_secrets {
                    rule.severity
                } else {
                    Severity::Info
                },
                confidence: rule.confidence,
                // the path is the value here: there is no other; as typed, it would depend on the current directory
                fingerprint: Fingerprint::new(
                    scanner.options.fingerprint_key.as_bytes(),
                    &rule.id,
                    &Secret::new(&origin.within, 0),
                ),
                secret,
                parts: Vec::new(),
                origin: origin.to_owned(),
                place: Place::TOP,
                excerpt: Excerpt(String::new()),
                encodings: Vec::new(),
                notes: if holds_secrets {
                    vec![note.into()]
                } else if self.state.allowed > 0 {
                    vec![note.into(), "comments in it allow all its secrets".into()]
                } else {
                    vec![note.into(), "none of its values looks like a secret".into()]
                },
                history: None,
                allowed: allowed.map(Box::new),
                verified: None,
            });
        }
        if self.state.left_out > 0
            && let Some(entries) = left_out().silences(&scanner.dotenv)
        {
            findings.extend(self.silenced(blob, &entries));
        }
    }

    /// The comment on the first line that lets a finding of `rule` pass.
    fn file_is_allowed(&mut self, blob: &Blob<'_>, bytes: &[u8], rule: &str) -> Option<Allowed> {
        let scanner = self.scanner;
        let allowing = scanner.options.allowing.as_ref()?;
        let head = (blob.part.offset == 0).then_some(bytes);
        self.ledger.judge_file(&scanner.words, allowing, head, rule)
    }
}
