//! Every setting there is, in one table.
//!
//! Reading a file, the environment variables, `config show`, the JSON Schema, the reference in the documentation and the
//! advice on misspelt keys all go by it. A setting is added here, and where it is used.

use crate::model::{Confidence, Severity};
use crate::report::Format;

/// Names a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// Rules to leave out.
    SkipRules,
    /// Rules that are off by default and are used.
    EnableRules,
    /// Files with further rules.
    RuleFiles,
    /// Words that make a value none.
    StopWords,
    /// What counts.
    FailOn,
    /// What is shown.
    MinConfidence,
    /// Whether comments let findings pass.
    AllowComments,
    /// Whether such a comment has to say why.
    RequireReason,
    /// Whether comments for other programs let findings pass.
    ForeignMarkers,
    /// What reports are written.
    Formats,
    /// What is too large to be scanned.
    MaxBlobSize,
    /// Threads.
    Jobs,
    /// Whether scans ask providers.
    VerifyEnabled,
    /// Whether hooks do.
    VerifyInHooks,
    /// Mail servers that may be asked.
    VerifyHosts,
    /// The way out.
    VerifyProxy,
    /// How many questions a run may ask.
    VerifyMaxRequests,
    /// How long all of them may take.
    VerifyTimeout,
    /// How long one may take.
    VerifyRequestTimeout,
    /// How many questions go to one host at a time.
    VerifyConcurrency,
    /// How many questions are put in a second.
    VerifyRate,
    /// How long an answer holds.
    VerifyCacheHours,
}

/// What a setting may be set to.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Number {
        /// Least.
        least: u64,
        /// Most.
        most: u64,
    },
    /// Bytes: a number, or a text with a unit (`"10M"`); `"none"` for no limit.
    Size,
    /// One of some words.
    Choice(fn() -> Vec<&'static str>),
    /// A proxy's URL, `env` or `none`; empty for none.
    Proxy,
    /// Texts, of which what is called so is an example.
    Texts(Each),
}

/// What the texts of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// Ids of rules.
    Rule,
    /// Paths of files, from the folder of the configuration file on.
    Path,
    /// Words in values.
    Word,
    /// `FORMAT` or `FORMAT=FILE`.
    Format,
    /// Names of hosts.
    Host,
}

/// Who may set a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The repository that is scanned too.
    Anyone,
    /// Only whoever runs the scan: by a flag, a variable, a file that one of these names, or the user's own file.
    Operator,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Which one.
    pub name: Name,
    /// Its key in a file; a dot stands before a key in a table.
    pub key: &'static str,
    /// What it may be.
    pub shape: Shape,
    /// What it is where nobody sets it, as TOML.
    pub default: &'static str,
    /// The flag that sets it.
    pub flag: Option<&'static str>,
    /// Who may set it.
    pub trust: Trust,
    /// What it does, a sentence or two.
    pub help: &'static str,
    /// A value that makes sense, as TOML.
    pub example: &'static str,
}

impl Setting {
    /// The environment variable that sets it. Lists have none.
    pub fn variable(&self) -> Option<String> {
        let name = || {
            format!(
                "WAXSEAL_{}",
                self.key.replace('.', "_").to_ascii_uppercase()
            )
        };
        (!matches!(self.shape, Shape::Texts(_))).then(name)
    }

    /// The setting called so.
    pub fn of(name: Name) -> &'static Self {
        &SETTINGS[name as usize]
    }

    /// The setting with this key.
    pub fn by_key(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }
}

/// The table of keys that only whoever runs a scan may set.
pub const VERIFY: &str = "verify";

/// Keys of a file that are no settings but tables with keys of their own, each with what it is for.
pub const TABLES: [(&str, &str); 4] = [
    (
        "exclude",
        "Files that all rules, or some, are not used in: `paths`, perhaps `rules`, and `reason`. May be repeated.",
    ),
    (
        "override",
        "Another `severity` or `confidence` for a rule, by its id: `[override.ID]`.",
    ),
    ("rule", "A rule of your own. May be repeated."),
    (
        VERIFY,
        "How providers are asked whether a credential still works.",
    ),
];

/// Keys of an `[[exclude]]`, each with what it is for.
pub const EXCLUDE_KEYS: [(&str, &str); 3] = [
    (
        "paths",
        "Globs on the path from the top of the repository; one without `/` matches the name of a file in any folder, one that ends \
         with `/` all that is below a folder.",
    ),
    (
        "rules",
        "Ids of the rules that are not used there; without it, all of them.",
    ),
    ("reason", "Why; required."),
];

/// Keys of an `[override.ID]`, each with what it is for.
pub const OVERRIDE_KEYS: [(&str, &str); 3] = [
    (
        "severity",
        "How bad a leak is, instead of what the rule says.",
    ),
    (
        "confidence",
        "How sure a hit is before its value is looked at, instead of what the rule says.",
    ),
    ("reason", "Why; may be left out."),
];

/// Every setting, in the order of [`Name`].
pub static SETTINGS: [Setting; 22] = [
    Setting {
        name: Name::SkipRules,
        key: "skip_rules",
        shape: Shape::Texts(Each::Rule),
        default: "[]",
        flag: Some("--skip-rule"),
        trust: Trust::Anyone,
        help: "Rules that are not used.",
        example: r#"["dotenv-file"]"#,
    },
    Setting {
        name: Name::EnableRules,
        key: "enable_rules",
        shape: Shape::Texts(Each::Rule),
        default: "[]",
        flag: None,
        trust: Trust::Anyone,
        help: "Rules that are used though they are off by default.",
        example: r#"["twilio-account-sid"]"#,
    },
    Setting {
        name: Name::RuleFiles,
        key: "rule_files",
        shape: Shape::Texts(Each::Path),
        default: "[]",
        flag: Some("--rules"),
        trust: Trust::Anyone,
        help: "Files with further rules, from the folder of the configuration file on; `gitleaks:` stands before one that was written for gitleaks.",
        example: r#"["ci/acme-rules.toml"]"#,
    },
    Setting {
        name: Name::StopWords,
        key: "stop_words",
        shape: Shape::Texts(Each::Word),
        default: "[]",
        flag: None,
        trust: Trust::Anyone,
        help: "A value that holds one of these words, in upper or lower case, is no secret here. A word of fewer than four letters and \
               digits is `policy-too-wide`.",
        example: r#"["acme-demo"]"#,
    },
    Setting {
        name: Name::FailOn,
        key: "fail_on",
        shape: Shape::Choice(severities),
        default: r#""low""#,
        flag: Some("--fail-on"),
        trust: Trust::Anyone,
        help: "Lowest severity that makes the exit status 1. Milder findings are still shown.",
        example: r#""medium""#,
    },
    Setting {
        name: Name::MinConfidence,
        key: "min_confidence",
        shape: Shape::Choice(confidences),
        default: r#""low""#,
        flag: Some("--min-confidence"),
        trust: Trust::Anyone,
        help: "Findings that are less sure than this are hidden; how many is said.",
        example: r#""medium""#,
    },
    Setting {
        name: Name::AllowComments,
        key: "allow_comments",
        shape: Shape::Flag,
        default: "true",
        flag: Some("--no-allow"),
        trust: Trust::Anyone,
        help: "Whether comments beside a finding let it pass. `hook run pre-receive` has another default, false, and another flag, \
               `--allow-comments`.",
        example: "false",
    },
    Setting {
        name: Name::RequireReason,
        key: "require_reason",
        shape: Shape::Flag,
        default: "false",
        flag: None,
        trust: Trust::Anyone,
        help: "Whether a `waxseal:allow` comment counts only with a reason.",
        example: "true",
    },
    Setting {
        name: Name::ForeignMarkers,
        key: "foreign_markers",
        shape: Shape::Flag,
        default: "true",
        flag: Some("--no-foreign-markers"),
        trust: Trust::Anyone,
        help: "Whether comments that were written for other programs (`gitleaks:allow` and its kin) let findings pass. \
               `hook run pre-receive` has another default, false.",
        example: "false",
    },
    Setting {
        name: Name::Formats,
        key: "formats",
        shape: Shape::Texts(Each::Format),
        default: r#"["text"]"#,
        flag: Some("--format"),
        trust: Trust::Anyone,
        help: "Reports to write, where no --format is given: FORMAT, or FORMAT=FILE. A repository's own file names no FILE: \
               only whoever runs the scan says what is written where. One at most goes to standard output.",
        example: r#"["json"]"#,
    },
    Setting {
        name: Name::MaxBlobSize,
        key: "max_blob_size",
        shape: Shape::Size,
        default: r#""none""#,
        flag: Some("--max-blob-size"),
        trust: Trust::Anyone,
        help: "Files and blobs that are larger are left out; how many is said. Bytes, or a text with a unit of 1024 bytes and so on: \
               k, M or G.",
        example: r#""50M""#,
    },
    Setting {
        name: Name::Jobs,
        key: "jobs",
        shape: Shape::Number {
            least: 0,
            most: 1024,
        },
        default: "0",
        flag: Some("--jobs"),
        trust: Trust::Anyone,
        help: "Number of threads; 0 for one on each core.",
        example: "2",
    },
    Setting {
        name: Name::VerifyEnabled,
        key: "verify.enabled",
        shape: Shape::Flag,
        default: "false",
        flag: Some("--verify"),
        trust: Trust::Operator,
        help: "Whether `scan` and `ci` ask the providers without being told to each time.",
        example: "true",
    },
    Setting {
        name: Name::VerifyInHooks,
        key: "verify.in_hooks",
        shape: Shape::Flag,
        default: "false",
        flag: None,
        trust: Trust::Operator,
        help: "Whether hooks do so too.",
        example: "true",
    },
    Setting {
        name: Name::VerifyHosts,
        key: "verify.hosts",
        shape: Shape::Texts(Each::Host),
        default: "[]",
        flag: Some("--smtp-host"),
        trust: Trust::Operator,
        help: "Mail servers that may be asked besides those of the known providers: HOST, at the port in the file if that is 25, 465, 587 or \
               2525, or HOST:PORT.",
        example: r#"["smtp.example.com"]"#,
    },
    Setting {
        name: Name::VerifyProxy,
        key: "verify.proxy",
        shape: Shape::Proxy,
        default: r#""""#,
        flag: Some("--proxy"),
        trust: Trust::Operator,
        help: "The proxy that providers are asked through. `env` is the one that `HTTPS_PROXY` or `ALL_PROXY` names, but to the hosts of \
               `NO_PROXY`; by default there is none, whatever they say.",
        example: r#""http://proxy.example.com:3128""#,
    },
    Setting {
        name: Name::VerifyMaxRequests,
        key: "verify.max_requests",
        shape: Shape::Number {
            least: 1,
            most: 100_000,
        },
        default: "2000",
        flag: Some("--max-requests"),
        trust: Trust::Operator,
        help: "Most questions that one run asks.",
        example: "50",
    },
    Setting {
        name: Name::VerifyTimeout,
        key: "verify.timeout",
        shape: Shape::Number {
            least: 1,
            most: 604_800,
        },
        default: "600",
        flag: Some("--verify-timeout"),
        trust: Trust::Operator,
        help: "Seconds that all questions together may take.",
        example: "120",
    },
    Setting {
        name: Name::VerifyRequestTimeout,
        key: "verify.request_timeout",
        shape: Shape::Number {
            least: 1,
            most: 300,
        },
        default: "15",
        flag: Some("--request-timeout"),
        trust: Trust::Operator,
        help: "Seconds that one question may take.",
        example: "5",
    },
    Setting {
        name: Name::VerifyConcurrency,
        key: "verify.concurrency",
        shape: Shape::Number {
            least: 1,
            most: 1000,
        },
        default: "2",
        flag: Some("--verify-concurrency"),
        trust: Trust::Operator,
        help: "Most questions to one host at a time.",
        example: "4",
    },
    Setting {
        name: Name::VerifyRate,
        key: "verify.rate",
        shape: Shape::Number {
            least: 1,
            most: 1000,
        },
        default: "5",
        flag: Some("--verify-rate"),
        trust: Trust::Operator,
        help: "Most questions a second, to all hosts together.",
        example: "20",
    },
    Setting {
        name: Name::VerifyCacheHours,
        key: "verify.cache_hours",
        shape: Shape::Number {
            least: 0,
            most: 8760,
        },
        default: "1",
        flag: Some("--no-verify-cache"),
        trust: Trust::Operator,
        help: "Hours for which an answer is taken for still true; 0 asks each time.",
        example: "0",
    },
];

fn severities() -> Vec<&'static str> {
    Severity::ALL.map(Severity::id).into()
}

fn confidences() -> Vec<&'static str> {
    Confidence::ALL.map(Confidence::id).into()
}

/// The names of formats.
pub fn formats() -> Vec<&'static str> {
    Format::ALL.map(Format::id).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_its_names() {
        for (at, setting) in SETTINGS.iter().enumerate() {
            assert_eq!(setting.name as usize, at, "{}", setting.key);
            assert_eq!(
                Setting::by_key(setting.key).map(|it| it.name),
                Some(setting.name),
                "{}: a key stands for one setting",
                setting.key
            );
        }
    }

    #[test]
    fn variables_are_named_after_keys() {
        assert_eq!(
            Setting::of(Name::VerifyMaxRequests).variable().as_deref(),
            Some("WAXSEAL_VERIFY_MAX_REQUESTS")
        );
        assert_eq!(Setting::of(Name::SkipRules).variable(), None);
        for setting in &SETTINGS {
            let variable = setting.variable();
            // these two mean something else
            assert!(
                !["WAXSEAL_SKIP", "WAXSEAL_CONFIG"]
                    .map(Some)
                    .contains(&variable.as_deref()),
                "{}",
                setting.key
            );
        }
    }
}
