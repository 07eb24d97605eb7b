//! From bytes to findings.
//!
//! A [`Scanner`] is shared and immutable; each thread owns a [`Worker`] with its scratch memory. A blob without an
//! anchor costs the prefilter's pass and nothing else: no allocation, lock, formatting or clock. Where bytes come
//! from and how findings are shown is not known here.

mod allow;
mod anchors;
pub mod assignment;
mod candidate;
mod class;
mod command;
mod debug;
mod excerpt;
mod exclude;
mod exposed;
mod filter;
mod foreign;
mod lineage;
mod lines;
mod matcher;
mod opened;
mod prefilter;
mod published;
#[cfg(test)]
mod reach;
mod resolve;
mod survey;
mod suspect;
pub mod view;
mod worker;

use crate::model::{Finding, FingerprintKey};
use crate::rules::{Kind, LineFile, Rule};

use anchors::Anchors;
use candidate::RuleIx;
use class::FileNames;
use exclude::Exclusions;
use foreign::ForeignRules;
use matcher::Compiled;

pub use allow::Allowing;
pub use class::{Dotenv, PathClass};
pub use exclude::{Exclude, Paths, exclude_globs};
pub use filter::Drop;
pub use foreign::AllowLists;
pub use lineage::Copied;
pub use survey::{Known, Named, Surveyor};
pub use worker::{Scanned, Worker};

/// Bytes of readable text by which an anchor and the secrets that it leads to may be apart: a view's stretch, which is as
/// long as the longest reach of a rule, and the anchor itself.
const MARGIN: usize = view::STRETCH + 256;

/// Stored bytes by which the windows of a large file must overlap on each side of their own range, so that every decision
/// is made with all it may depend on. Anchors are judged up to a margin outside of the own range, since their secrets may
/// lie in it, and need as much context again; a readable byte may be stored as two.
pub const OVERLAP: usize = 2 * 2 * MARGIN;

/// What a scan may be told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Leave binary files out.
    pub no_binary: bool,
    /// Key of the fingerprints.
    pub fingerprint_key: FingerprintKey,
    /// Which comments let findings pass; none do without it.
    pub allowing: Option<Allowing>,
    /// Files that rules are not used in.
    pub excludes: Vec<Exclude>,
    /// Whether it is no finding if they leave out a dotenv file as a whole.
    pub silent_excludes: bool,
    /// Words that make a value none, in upper or lower case.
    pub stop_words: Vec<String>,
}

/// All enabled rules, ready to be matched. Shared by all threads.
pub struct Scanner {
    rules: Vec<Compiled>,
    anchors: Anchors,
    /// Assignment rules that read every assignment of a dotenv file.
    dotenv: Vec<RuleIx>,
    /// Token rules that try every line of some files.
    lines: Vec<(LineFile, RuleIx)>,
    files: Vec<FileNames>,
    /// Rules that name logins which other rules found.
    logins: Vec<RuleIx>,
    /// Rules of gitleaks files.
    foreign: Option<ForeignRules>,
    /// Words of the comments that let findings pass.
    words: allow::Words,
    exclusions: Exclusions,
    options: Options,
}

impl Scanner {
    /// Prepares a scan with `rules`, which must have come through the parser or the built-in table.
    ///
    /// # Panics
    /// With more than 65,536 rules.
    pub fn new(rules: impl IntoIterator<Item = Rule>, options: Options) -> Self {
        let rules: Vec<Compiled> = rules
            .into_iter()
            .enumerate()
            .map(|(ix, rule)| {
                Compiled::new(
                    rule,
                    RuleIx::try_from(ix).expect("far fewer than 65,536 rules"),
                )
            })
            .collect();
        let reads_dotenv = |rule: &&Compiled| rule.rule.reads_dotenv();
        let dotenv = rules
            .iter()
            .filter(reads_dotenv)
            .map(|rule| rule.ix)
            .collect();
        let names_logins = |rule: &&Compiled| rule.rule.login.is_some();
        let logins = rules
            .iter()
            .filter(names_logins)
            .map(|rule| rule.ix)
            .collect();
        let reads_lines = |rule: &Compiled| match &rule.rule.kind {
            Kind::Token(token) => token.lines.map(|file| (file, rule.ix)),
            _ => None,
        };
        let lines = rules.iter().filter_map(reads_lines).collect();
        let files = rules.iter().filter_map(FileNames::of).collect();
        let exclusions = Exclusions::new(&options.excludes, &options.stop_words, &rules);
        Self {
            exclusions,
            anchors: Anchors::new(&rules),
            foreign: ForeignRules::new(&rules),
            dotenv,
            lines,
            files,
            logins,
            rules,
            words: allow::Words::new(),
            options,
        }
    }

    /// A worker for one thread.
    pub fn worker(&self) -> Worker<'_> {
        Worker::new(self)
    }

    /// Whether a rule may be about files called `name` as such, wherever they lie.
    pub fn names_files(&self, name: &[u8]) -> bool {
        let foreign = self.foreign.as_ref();
        foreign.is_some_and(|foreign| foreign.may_name(name))
            || self.files.iter().any(|file| file.may_match(name))
    }

    /// Whether a finding of the rule `id` passes because `commit` brought it in.
    pub fn passes_commit(&self, id: &str, commit: &str) -> bool {
        let foreign = self.foreign.as_ref();
        foreign.is_some_and(|foreign| foreign.passes_commit(id, commit))
    }

    /// Whether what is found in a file hangs on its whole path, because rules are left out there or because a rule is about it.
    pub fn hangs_on_path(&self, path: &[u8]) -> bool {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        // what a foreign rule says may hang on all of it
        self.foreign.is_some() || self.names_files(name) || self.exclusions.concern(path)
    }

    /// The rules in use, in the order of their indexes.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|compiled| &compiled.rule)
    }

    /// Findings in one text, for samples and tests: the whole pipeline on a file of that name.
    pub fn scan_text(&self, origin: crate::model::Origin<'_>, bytes: &[u8]) -> Vec<Finding> {
        let mut findings = Vec::new();
        let part = crate::model::Part::whole(bytes.len());
        self.worker().scan(
            &crate::model::Blob {
                origin,
                bytes,
                part,
            },
            &mut findings,
        );
        findings.sort_by(crate::model::Finding::report_order);
        findings
    }
}
