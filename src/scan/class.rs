//! What a path says of a file: dotenv or not, translations or not, named by a file rule or not.
//!
//! Names decide, never contents. Paths are those from the top of a tree ([`crate::model::Origin::within`]): what the
//! folders above it are called says nothing of the files in it.

use std::sync::OnceLock;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::rules::{FileRule, Kind, LineFile};

use super::assignment::Lang;
use super::candidate::RuleIx;
use super::matcher::Compiled;

/// Whether a file is a dotenv file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dotenv {
    /// No.
    No,
    /// Its name says that it holds live values.
    Live,
    /// Its name says that it is a sample; real values get pasted into those as well.
    Sample,
}

/// All that a decision takes from the path of a file, besides what a file rule says of the name itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PathClass {
    /// What an unquoted right-hand side means.
    pub lang: Lang,
    /// Whether every assignment is read.
    pub dotenv: Dotenv,
    /// Whether the name speaks of mail.
    pub mail_file: bool,
    /// Whether every line is read.
    pub lines: Option<LineFile>,
    /// Whether texts for people are translated there. The one thing that may hang on a folder; where it is so, less is found.
    pub translations: bool,
}

impl PathClass {
    /// What `path`, or a name alone, says.
    pub fn of(path: &[u8]) -> Self {
        let dotenv = dotenv(path);
        let lang = match Lang::of_path(path) {
            // names such as `.env-prod` that have no ending of their own
            Lang::Unknown | Lang::Text if dotenv != Dotenv::No => Lang::Env,
            lang => lang,
        };
        Self {
            lang,
            dotenv,
            mail_file: is_mail_file(path),
            lines: line_file(path),
            translations: translations(path),
        }
    }
}

/// Words in a dotenv name that make it a sample.
const SAMPLE_WORDS: [&str; 15] = [
    "ci",
    "tpl",
    "stub",
    "samples",
    "testing",
    "example",
    "sample",
    "template",
    "tmpl",
    "dist",
    "defaults",
    "default",
    "schema",
    "skeleton",
    "placeholder",
];

/// What `env.` is followed by in a dotenv name without a leading dot: where it is used, or which copy it is.
const STAGES: [&str; 18] = [
    "local",
    "dev",
    "development",
    "docker",
    "test",
    "stage",
    "staging",
    "qa",
    "uat",
    "preprod",
    "prod",
    "production",
    "live",
    "bak",
    "backup",
    "old",
    "orig",
    "save",
];

/// Endings of a name such as `shop.env.ts` or `env.d.ts` that make it code.
const CODE_ENDINGS: [&str; 22] = [
    ".ts", ".js", ".mjs", ".cjs", ".tsx", ".py", ".rb", ".go", ".rs", ".php", ".java", ".md",
    ".json", ".yml", ".yaml", ".html", ".cs", ".ex", ".exs", ".c", ".h", ".vue",
];

/// Those of them that hold settings and nothing else behind `.env.`: Google's tools read `.env.yaml`, Laravel once read `.env.php`.
const DATA_ENDINGS: [&str; 4] = [".json", ".yml", ".yaml", ".php"];

/// Longest name that is looked at, bytes; real ones are far shorter.
const LONGEST_NAME: usize = 64;

/// Whether the last component of `path` is a dotenv name.
#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "names are compared in lower case"
)]
pub fn dotenv(path: &[u8]) -> Dotenv {
    let name = path.rsplit(|&b| b == b'/').next().unwrap_or(path);
    if name.len() > LONGEST_NAME {
        return Dotenv::No;
    }
    // what nearly every file meets allocates nothing, and neither does what every environment.rb meets
    let has = |word: &[u8]| {
        name.windows(word.len())
            .any(|window| window.eq_ignore_ascii_case(word))
    };
    if is_of_services(path) || name.eq_ignore_ascii_case(b"local.settings.json") {
        return Dotenv::Live;
    }
    if !has(b"env") && !has(b".dev.vars") && !has(b".secrets") {
        return Dotenv::No;
    }
    let mut lower = [0; LONGEST_NAME];
    let lower = &mut lower[..name.len()];
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    let name = String::from_utf8_lossy(lower);
    let name = name.as_ref();
    let stage = name
        .strip_prefix("env.")
        .map(|rest| rest.split(['.', '-', '_']).next().unwrap_or(rest));
    let is_live = name == ".env"
        || stage.is_some_and(|stage| STAGES.contains(&stage) || SAMPLE_WORDS.contains(&stage))
        || name.starts_with(".envrc.")
        || name.starts_with(".dev.vars.")
        || (name == "environment" && path.ends_with(b"etc/environment"))
        || name.starts_with(".env.")
        || name.starts_with(".env-")
        || name.starts_with(".env_")
        || name.starts_with(".env~")
        || name.starts_with(".env ")
        || name.ends_with(".env")
        || name.contains(".env.")
        || matches!(
            name,
            ".envrc"
                | ".flaskenv"
                | ".dev.vars"
                | ".secrets"
                | "env.sh"
                | "env.txt"
                | "dotenv"
                | "env-example"
                | "env_example"
                | "env-sample"
        );
    let is_data = name.starts_with(".env.") && DATA_ENDINGS.iter().any(|it| name.ends_with(it));
    if !is_live || !is_data && CODE_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        return Dotenv::No;
    }
    let is_sample = name
        .split(['.', '-', '_', ' '])
        .any(|word| SAMPLE_WORDS.contains(&word));
    if is_sample {
        Dotenv::Sample
    } else {
        Dotenv::Live
    }
}

/// Whether `path` lies where systemd and init scripts of Linux find the variables of a service.
fn is_of_services(path: &[u8]) -> bool {
    let mut components = path.rsplit(|&b| b == b'/');
    let name = components.next().unwrap_or(path);
    !name.contains(&b'.')
        && matches!(components.next(), Some(b"default" | b"sysconfig"))
        && components.next() == Some(b"etc")
}

/// Whether a path lies where texts for people are translated.
pub fn translations(path: &[u8]) -> bool {
    const FOLDERS: [&[u8]; 8] = [
        b"locale",
        b"locales",
        b"lang",
        b"i18n",
        b"l10n",
        b"translations",
        b"_locales",
        b"languages",
    ];
    let mut components = path.rsplit(|&b| b == b'/');
    let name = components.next().unwrap_or(path);
    is_language_file(name)
        || name.ends_with(b".po")
        || name.ends_with(b".pot")
        || name.ends_with(b".xlf")
        || components.any(|folder| FOLDERS.contains(&folder))
}

/// Endings of names that say that a script writes the file, or that it is no text.
const LINE_FILE_NOT: [&[u8]; 9] = [
    b".sh", b".db", b".lmdb", b".py", b".yml", b".yaml", b".md", b".rb", b".pp",
];

/// Which of the files that hold a login a line `path` is: the name, or one with a suffix such as `.example` or `.j2`.
pub fn line_file(path: &[u8]) -> Option<LineFile> {
    let name = path.rsplit(|&b| b == b'/').next().unwrap_or(path);
    if LINE_FILE_NOT.iter().any(|ending| name.ends_with(ending)) {
        return None;
    }
    let has = |word: &[u8]| memchr::memmem::find(name, word).is_some();
    if has(b"sasl_passw") {
        Some(LineFile::Postfix)
    } else if has(b"passwd.client") {
        Some(LineFile::Exim)
    } else if has(b"smtproutes") {
        Some(LineFile::Qmail)
    } else if is_rails_key(path) {
        Some(LineFile::Rails)
    } else {
        None
    }
}

/// Whether `path` is where Rails keeps a key of encrypted credentials.
fn is_rails_key(path: &[u8]) -> bool {
    let Some(stem) = path.strip_suffix(b".key") else {
        return false;
    };
    let mut folders = stem.rsplit(|&b| b == b'/');
    let name = folders.next().unwrap_or(stem);
    name == b"master"
        || (folders.next() == Some(b"credentials") && folders.next() == Some(b"config"))
}

/// Whether a file is named after mail or a mail program.
pub fn is_mail_file(path: &[u8]) -> bool {
    let name = path.rsplit(|&b| b == b'/').next().unwrap_or(path);
    let has = |word: &&[u8]| {
        name.windows(word.len())
            .any(|window| window.eq_ignore_ascii_case(word))
    };
    [b"mail".as_slice(), b"smtp", b"mutt", b"postfix", b"exim"]
        .iter()
        .any(has)
}

/// `de.json`, `pt-BR.yml`, `en_US.properties`: a file named by its language.
fn is_language_file(name: &[u8]) -> bool {
    const LANGUAGES: [&[u8]; 28] = [
        b"ar", b"bg", b"cs", b"da", b"de", b"el", b"en", b"es", b"fi", b"fr", b"he", b"hu", b"id",
        b"it", b"ja", b"ko", b"nb", b"nl", b"pl", b"pt", b"ro", b"ru", b"sk", b"sv", b"tr", b"uk",
        b"vi", b"zh",
    ];
    let stem = name.split(|&b| b == b'.').next().unwrap_or(name);
    let (language, region) = stem.split_at(stem.len().min(2));
    let has_region = matches!(region, [] | [b'-' | b'_', _, _]);
    stem.len() < name.len()
        && has_region
        && LANGUAGES.contains(&language)
        && [
            b".json".as_slice(),
            b".yml",
            b".yaml",
            b".properties",
            b".php",
            b".ts",
            b".js",
            b".xml",
        ]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// The names that one file rule looks for, compiled when a name first holds one of the rule's anchors.
pub struct FileNames {
    /// The rule.
    pub rule: RuleIx,
    /// Whether the contents are secret by themselves.
    pub always: bool,
    anchors: Vec<Vec<u8>>,
    globs: FileRule,
    sets: OnceLock<FileSets>,
}

/// What the globs of a file rule match.
struct FileSets {
    /// Paths that it names.
    paths: GlobSet,
    /// Names of such files, wherever they lie: the last parts of those globs.
    names: GlobSet,
    /// Paths that it does not name after all.
    except: GlobSet,
}

impl FileNames {
    /// The names of `compiled`, if it is a file rule.
    pub fn of(compiled: &Compiled) -> Option<Self> {
        let Kind::File(globs) = &compiled.rule.kind else {
            return None;
        };
        Some(Self {
            rule: compiled.ix,
            always: globs.always,
            anchors: compiled
                .rule
                .anchors
                .iter()
                .map(|anchor| anchor.as_bytes().to_vec())
                .collect(),
            globs: globs.clone(),
            sets: OnceLock::new(),
        })
    }

    /// Whether the rule may name a file called `name`, in the right folder.
    pub fn may_match(&self, name: &[u8]) -> bool {
        self.has_anchor(name) && {
            let name = String::from_utf8_lossy(name);
            let sets = self.sets();
            // what an exception says of a name alone holds in any folder
            sets.names.is_match(name.as_ref()) && !sets.except.is_match(name.as_ref())
        }
    }

    /// Whether the rule names `path`.
    pub fn matches(&self, path: &[u8]) -> bool {
        self.has_anchor(path.rsplit(|&b| b == b'/').next().unwrap_or(path)) && {
            let path = String::from_utf8_lossy(path);
            let sets = self.sets();
            sets.paths.is_match(path.as_ref()) && !sets.except.is_match(path.as_ref())
        }
    }

    fn has_anchor(&self, name: &[u8]) -> bool {
        let holds = |anchor: &Vec<u8>| {
            let mut parts = name.windows(anchor.len());
            parts.any(|part| part.eq_ignore_ascii_case(anchor))
        };
        self.anchors.is_empty() || self.anchors.iter().any(holds)
    }

    fn sets(&self) -> &FileSets {
        self.sets.get_or_init(|| {
            let names = &self.globs.names;
            FileSets {
                paths: glob_set(names.iter().map(AsRef::as_ref)),
                names: glob_set(names.iter().map(|glob| last_part(glob))),
                except: glob_set(self.globs.except.iter().map(AsRef::as_ref)),
            }
        })
    }
}

/// What a glob for paths asks of the name of a file.
fn last_part(glob: &str) -> &str {
    match glob.rsplit_once('/') {
        None => glob,
        // nothing that can be told: everything below a folder, or a slash that belongs to a list of choices
        Some((before, last)) if last.contains("**") || before.contains(['[', '{', '\\']) => "*",
        Some((_, last)) => last,
    }
}

/// A glob without `/` matches the file name in any folder.
fn glob_set<'g>(globs: impl Iterator<Item = &'g str>) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let anywhere = if glob.contains('/') {
            glob.to_owned()
        } else {
            format!("**/{glob}")
        };
        let glob = GlobBuilder::new(&anywhere)
            .literal_separator(true)
            .case_insensitive(true)
            .build();
        set.add(
            glob.expect(
                "the parser has compiled every glob of every rule, and a part of one is one",
            ),
        );
    }
    set.build()
        .expect("globs that compile alone compile together")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotenv_names() {
        for live in [
            ".env",
            "app/.env.local",
            ".env.production",
            "sendgrid.env",
            "twilio.env",
            ".envrc",
            ".env~",
            "prod.env",
            "a/.dev.vars",
            ".dev.vars.production",
            ".flaskenv",
            ".env.me",
            ".env.vault",
            ".env.bak",
            ".env.swp",
            ".env copy",
            ".env_prod",
            "env.txt",
            "env.sh",
            "env.production",
            "env.local.bak",
            "docker.env",
            "etc/environment",
            "etc/default/harbor",
            "etc/sysconfig/harbor",
            "local.settings.json",
            ".env.yaml",
            ".env.php",
        ] {
            assert_eq!(dotenv(live.as_bytes()), Dotenv::Live, "{live}");
        }
        for sample in [
            ".env.example",
            ".env.sample",
            "env.example",
            ".env-dist",
            "example.env",
            ".env.local.template",
            ".env.dist",
            ".env.tpl",
            ".env.ci",
            ".env.testing",
            ".env.schema",
            ".envrc.example",
            "env.sample",
            "env.template",
            "env.dist",
            "env.example.txt",
            "sample.env",
            "env-example",
        ] {
            assert_eq!(dotenv(sample.as_bytes()), Dotenv::Sample, "{sample}");
        }
        for no in [
            "environment.rb",
            "src/env.ts",
            "vite-env.d.ts",
            ".env.ts",
            "README.md",
            "denv",
            "config.env.js",
            "config/environment",
            "env.go",
            "env.h",
            "env.d.ts",
            "env.mk",
            "environment.prod.ts",
            "default/harbor",
            "config.env.json",
            "settings.json",
        ] {
            assert_eq!(dotenv(no.as_bytes()), Dotenv::No, "{no}");
        }
    }

    #[test]
    fn a_glob_asks_something_of_the_name_alone() {
        for (glob, name) in [
            (".env", ".env"),
            ("**/config/master.key", "master.key"),
            ("config/credentials/*.key", "*.key"),
            // nothing that can be told
            ("secrets/**", "*"),
            ("config/{a/b,c}.key", "*"),
            ("x[/]y.key", "*"),
        ] {
            assert_eq!(last_part(glob), name, "{glob}");
        }
    }

    #[test]
    fn files_of_lines() {
        for (name, expected) in [
            ("etc/postfix/sasl_passwd", Some(LineFile::Postfix)),
            ("templates/sasl_passwd.j2", Some(LineFile::Postfix)),
            ("sasl_passwd.db", None),
            ("make_sasl_passwd.sh", None),
            ("exim4/passwd.client", Some(LineFile::Exim)),
            ("control/smtproutes", Some(LineFile::Qmail)),
            ("smtproutes/README", None),
            ("config/master.key", Some(LineFile::Rails)),
            ("a/config/credentials/production.key", Some(LineFile::Rails)),
            ("config/credentials/ssl/site.key", None),
        ] {
            assert_eq!(line_file(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn translation_paths() {
        assert!(translations(b"config/locales/de.yml"));
        assert!(translations(b"po/de.po"));
        assert!(!translations(b"src/language/x.rb"));
    }
}
