//! What counts in the end: a flag before a variable, a variable before a file, a file before the default. Lists add up, but for
//! the formats, of which the last word counts.
//!
//! Every value remembers where it came from. Reads the environment and what it is handed, and no file by itself.

use std::ffi::OsString;
use std::fmt;

use super::asking::VerifyFlags;
use super::file::{File, Said};
use super::options::{CommentsByDefault, ScanOptions};
use super::table::{Name, SETTINGS, Setting, Shape};
use super::value::{self, Value};
use crate::error::Error;
use crate::model::{Confidence, Severity};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// Nobody did, and this command has a default of its own.
    Command,
    /// A file says so.
    File {
        /// Its name.
        name: String,
        /// The line.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Command => f.write_str("default of this command"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Variable(name) => write!(f, "env {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// One that is no list.
    One(Value, Source),
    /// The texts of a list, in the order in which they were given.
    Many(Vec<(String, Source)>),
}

/// Every setting with its value.
#[derive(Debug)]
pub struct Merged {
    slots: Vec<Slot>,
}

impl Merged {
    /// What counts for `options`, given the files that were read, the one that is outranked first.
    pub fn new(options: &ScanOptions, files: &[&File]) -> Result<Self, Error> {
        Self::among(options, files, &|name| std::env::var_os(name))
    }

    /// The same where `get` gives environment variables.
    pub(super) fn among(
        options: &ScanOptions,
        files: &[&File],
        get: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Error> {
        let mut merged = Self::defaults(options);
        for file in files {
            merged.file(file);
        }
        if !options.policy.deaf {
            merged.variables(get)?;
        }
        merged.flags(options);
        Ok(merged)
    }

    fn defaults(options: &ScanOptions) -> Self {
        let slot = |setting: &Setting| match setting.shape {
            Shape::Texts(_) => Slot::Many(
                items_of(setting.default)
                    .into_iter()
                    .map(|text| (text, Source::Default))
                    .collect(),
            ),
            _ => Slot::One(default_of(setting), Source::Default),
        };
        let mut merged = Self {
            slots: SETTINGS.iter().map(slot).collect(),
        };
        if options.policy.comments_by_default == CommentsByDefault::DoNotCount {
            for name in [Name::AllowComments, Name::ForeignMarkers] {
                merged.slots[name as usize] = Slot::One(Value::Flag(false), Source::Command);
            }
        }
        merged
    }

    fn file(&mut self, file: &File) {
        for (name, said, span) in &file.settings {
            let source = |span| Source::File {
                name: file.source.name.clone(),
                line: file.line(span),
            };
            match said {
                Said::One(value) => self.put(*name, value.clone(), source(span)),
                Said::Many(items) => {
                    let texts = items.iter().map(|it| (it.text.clone(), source(&it.span)));
                    self.add(*name, texts.collect());
                }
            }
        }
    }

    fn variables(&mut self, get: &dyn Fn(&str) -> Option<OsString>) -> Result<(), Error> {
        for setting in &SETTINGS {
            let Some(variable) = setting.variable() else {
                continue;
            };
            let Some(text) = get(&variable).filter(|text| !text.is_empty()) else {
                continue;
            };
            let text = text.to_string_lossy();
            let value = value::of_text(setting, text.trim())
                .map_err(|problem| Error::Usage(format!("{variable}: {problem}")))?;
            self.put(setting.name, value, Source::Variable(variable));
        }
        Ok(())
    }

    fn flags(&mut self, options: &ScanOptions) {
        let rules = &options.rules;
        let mut put = |name: Name, value: Option<Value>| {
            if let Some(value) = value {
                let flag = match (name, &value) {
                    (Name::AllowComments, Value::Flag(true)) => "--allow-comments",
                    _ => Setting::of(name).flag.unwrap_or_default(),
                };
                self.put(name, value, Source::Flag(flag));
            }
        };
        let text = |id: &str| Value::Text(id.to_owned());
        put(Name::FailOn, options.fail_on.map(|it| text(it.id())));
        put(
            Name::MinConfidence,
            options.min_confidence.map(|it| text(it.id())),
        );
        put(Name::AllowComments, rules.allow_comments.map(Value::Flag));
        put(Name::ForeignMarkers, rules.foreign_markers.map(Value::Flag));
        let jobs = options.jobs.map(|jobs| Value::Number(jobs as u64));
        put(Name::Jobs, jobs);
        let size = options.max_blob_size.map(|size| Value::Size(Some(size)));
        put(Name::MaxBlobSize, size);
        let asks = options.verify.as_ref().map(|how| &how.flags);
        let number = |get: fn(&VerifyFlags) -> Option<u64>| asks.and_then(get).map(Value::Number);
        put(Name::VerifyMaxRequests, number(|it| it.max_requests));
        put(Name::VerifyTimeout, number(|it| it.timeout));
        put(Name::VerifyRequestTimeout, number(|it| it.request_timeout));
        put(Name::VerifyConcurrency, number(|it| it.concurrency));
        put(Name::VerifyRate, number(|it| it.rate));
        put(
            Name::VerifyCacheHours,
            number(|it| it.no_cache.then_some(0)),
        );
        let proxy = asks.and_then(|it| it.proxy.clone());
        put(Name::VerifyProxy, proxy.map(Value::Text));
        let given = |name: Name, texts: Vec<String>| {
            let flag = Setting::of(name).flag.unwrap_or_default();
            texts
                .into_iter()
                .map(|text| (text, Source::Flag(flag)))
                .collect()
        };
        self.add(Name::SkipRules, given(Name::SkipRules, rules.skip.clone()));
        let hosts = asks.map(|it| it.hosts.clone()).unwrap_or_default();
        self.add(Name::VerifyHosts, given(Name::VerifyHosts, hosts));
        let shown = |path: &std::path::PathBuf| path.to_string_lossy().into_owned();
        let files = rules.files.iter().map(shown).collect();
        self.add(Name::RuleFiles, given(Name::RuleFiles, files));
        let formats = options.outputs.iter().map(|output| match &output.file {
            Some(file) => format!("{}={}", output.format, shown(file)),
            None => output.format.to_string(),
        });
        self.add(Name::Formats, given(Name::Formats, formats.collect()));
    }

    fn put(&mut self, name: Name, value: Value, source: Source) {
        self.slots[name as usize] = Slot::One(value, source);
    }

    fn add(&mut self, name: Name, mut texts: Vec<(String, Source)>) {
        let slot = &mut self.slots[name as usize];
        match slot {
            Slot::Many(list) if name == Name::Formats => {
                if !texts.is_empty() {
                    *list = texts;
                }
            }
            Slot::Many(list) => list.append(&mut texts),
            Slot::One(..) => {}
        }
    }

    /// The value of the setting.
    pub fn slot(&self, name: Name) -> &Slot {
        &self.slots[name as usize]
    }

    /// Whether a flag is set.
    pub fn flag(&self, name: Name) -> bool {
        matches!(self.slot(name), Slot::One(Value::Flag(true), _))
    }

    /// A number; 0 for what is none.
    pub fn number(&self, name: Name) -> u64 {
        match self.slot(name) {
            Slot::One(Value::Number(number), _) => *number,
            _ => 0,
        }
    }

    /// A size; none for no limit.
    pub fn size(&self, name: Name) -> Option<u64> {
        match self.slot(name) {
            Slot::One(Value::Size(size), _) => *size,
            _ => None,
        }
    }

    /// A text.
    pub fn text(&self, name: Name) -> &str {
        match self.slot(name) {
            Slot::One(Value::Text(text), _) => text,
            _ => "",
        }
    }

    /// The texts of a list.
    pub fn texts(&self, name: Name) -> &[(String, Source)] {
        match self.slot(name) {
            Slot::Many(texts) => texts,
            Slot::One(..) => &[],
        }
    }

    /// What counts.
    pub fn fail_on(&self) -> Severity {
        let name = self.text(Name::FailOn);
        let mut all = Severity::ALL.into_iter();
        all.find(|it| it.id() == name).unwrap_or(Severity::Low)
    }

    /// What is shown.
    pub fn min_confidence(&self) -> Confidence {
        let name = self.text(Name::MinConfidence);
        let mut all = Confidence::ALL.into_iter();
        all.find(|it| it.id() == name).unwrap_or(Confidence::Low)
    }

    /// Whether a file has the last word on the setting.
    pub fn is_by_file(&self, name: Name) -> bool {
        matches!(self.slot(name), Slot::One(_, Source::File { .. }))
    }
}

/// The value that the table gives to a setting that is no list.
fn default_of(setting: &Setting) -> Value {
    let text = setting.default.trim_matches('"');
    // a test sees to it that every default is one
    value::of_text(setting, text).unwrap_or(Value::Text(String::new()))
}

/// The texts in a list of the table.
fn items_of(list: &str) -> Vec<String> {
    let parts = list.split('"').skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options::Input;
    use crate::config::source::{Origin, Text};

    fn options() -> ScanOptions {
        let mut options = ScanOptions::of(Input::Paths(Vec::new()));
        options.policy.deaf = true;
        options
    }

    fn file(text: &str) -> File {
        let path = std::path::Path::new("x.toml");
        let text = Text::new(path, "x.toml".to_owned(), text.into(), Origin::Named).unwrap();
        File::read(&text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn every_default_and_every_example_is_a_value_of_its_setting() {
        let merged = Merged::new(&options(), &[]).unwrap();
        for setting in &SETTINGS {
            for text in [setting.default, setting.example] {
                let (table, key) = match setting.key.split_once('.') {
                    Some((table, key)) => (format!("[{table}]\n"), key),
                    None => (String::new(), setting.key),
                };
                let read = file(&format!("{table}{key} = {text}\n"));
                let again = Merged::new(&options(), &[&read]).unwrap();
                if text == setting.default {
                    let value = |slot: &Slot| match slot {
                        Slot::One(value, _) => vec![value.to_string()],
                        Slot::Many(texts) => texts.iter().map(|it| it.0.clone()).collect(),
                    };
                    assert_eq!(
                        value(merged.slot(setting.name)),
                        value(again.slot(setting.name)),
                        "{}",
                        setting.key
                    );
                }
            }
        }
    }

    /// Where the value of a setting came from; of a list, where its last text did.
    fn source(merged: &Merged, setting: &Setting) -> Option<Source> {
        match merged.slot(setting.name) {
            Slot::One(_, source) => Some(source.clone()),
            Slot::Many(texts) => texts.last().map(|(_, source)| source.clone()),
        }
    }

    /// Options with every flag of a scan that is a setting, but those of `verify`, which are put into what is there already.
    fn flags() -> ScanOptions {
        use crate::config::options::Output;
        use crate::report::Format;
        let mut flags = options();
        flags.fail_on = Some(Severity::High);
        flags.min_confidence = Some(Confidence::High);
        flags.jobs = Some(7);
        flags.max_blob_size = Some(1 << 20);
        flags.outputs = vec![Output {
            format: Format::Sarif,
            file: None,
        }];
        flags.rules.skip = vec!["smtp-url".to_owned()];
        flags.rules.files = vec!["x.toml".into()];
        flags.rules.allow_comments = Some(false);
        flags.rules.foreign_markers = Some(false);
        flags
    }

    #[test]
    fn every_setting_goes_by_the_same_order() {
        let flags = flags();
        for setting in &SETTINGS {
            let name = setting.key;
            let (table, key) = match name.split_once('.') {
                Some((table, key)) => (format!("[{table}]\n"), key),
                None => (String::new(), name),
            };
            let read = file(&format!("{table}{key} = {}\n", setting.example));
            let none = Merged::new(&options(), &[]).unwrap();
            let is_default = matches!(source(&none, setting), None | Some(Source::Default));
            assert!(is_default, "{name}");
            let mut merged = Merged::new(&options(), &[&read]).unwrap();
            let by_file = matches!(source(&merged, setting), Some(Source::File { .. }));
            assert!(by_file, "{name}");
            if let Some(variable) = setting.variable() {
                let default = setting.default.trim_matches('"');
                let get = |name: &str| (name == variable).then(|| default.into());
                merged.variables(&get).unwrap();
                // an empty variable is none
                if !default.is_empty() {
                    assert_eq!(source(&merged, setting), Some(Source::Variable(variable)));
                }
            }
            let is_of_scan = setting.flag.is_some() && !name.starts_with("verify.");
            if is_of_scan {
                merged.flags(&flags);
                let flag = setting.flag.unwrap();
                assert_eq!(source(&merged, setting), Some(Source::Flag(flag)), "{name}");
            }
        }
    }

    #[test]
    fn a_flag_outranks_a_variable_and_that_a_file() {
        let read = file(
            "fail_on = \"medium\"\njobs = 3\nskip_rules = [\"smtp-url\"]\nformats = [\"json\"]\n",
        );
        let mut merged = Merged::new(&options(), &[&read]).unwrap();
        assert_eq!(merged.fail_on(), Severity::Medium);
        let get = |name: &str| (name == "WAXSEAL_FAIL_ON").then(|| "high".into());
        merged.variables(&get).unwrap();
        assert_eq!(merged.fail_on(), Severity::High);
        assert_eq!(merged.number(Name::Jobs), 3);
        let mut flags = options();
        flags.fail_on = Some(Severity::Critical);
        flags.rules.skip = vec!["smtp-login".to_owned()];
        merged.flags(&flags);
        assert_eq!(merged.fail_on(), Severity::Critical);
        let skipped: Vec<&str> = merged
            .texts(Name::SkipRules)
            .iter()
            .map(|it| &*it.0)
            .collect();
        assert_eq!(skipped, ["smtp-url", "smtp-login"]);
        let formats: Vec<&str> = merged
            .texts(Name::Formats)
            .iter()
            .map(|it| &*it.0)
            .collect();
        assert_eq!(formats, ["json"]);
        let bad = |name: &str| (name == "WAXSEAL_JOBS").then(|| "many".into());
        let error = merged.variables(&bad).unwrap_err().to_string();
        assert!(
            error.starts_with("WAXSEAL_JOBS: `jobs` is a whole number"),
            "{error}"
        );
    }
}
