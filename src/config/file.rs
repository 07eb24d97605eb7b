//! A configuration file as it was written: every key known and of its type, with the place where it stands.
//!
//! What one file says is read here; what counts in the end, `merge` knows. A file is refused whole if anything in it can't be
//! meant, and the refusal shows the place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::caret;
use super::source::{Origin, Text};
use super::table::{
    EXCLUDE_KEYS, Each, Name, OVERRIDE_KEYS, SETTINGS, Setting, Shape, TABLES, VERIFY,
};
use super::value::{self, Value, check_text, kind, unknown, wanted};
use crate::error::Error;
use crate::model::{Confidence, Severity};
use crate::rules::parse::{self, RuleError, RuleSource};
use crate::scan::exclude_globs;

/// Most texts of a list, and most entries of a kind. Each is tried on whatever is found.
const MOST: usize = 1000;

/// A text in a file, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The text.
    pub text: String,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// What a file says of one setting.
#[derive(Clone, Debug)]
pub enum Said {
    /// One value.
    One(Value),
    /// The texts of a list.
    Many(Vec<Item>),
}

/// An `[[exclude]]`.
#[derive(Clone, Debug)]
pub struct Exclude {
    /// Globs.
    pub paths: Vec<Item>,
    /// Ids of rules; empty for all of them.
    pub rules: Vec<Item>,
    /// Why.
    pub reason: String,
    /// Where it begins in the file.
    pub span: Range<usize>,
}

/// An `[override.ID]`.
#[derive(Clone, Debug)]
pub struct Override {
    /// The rule.
    pub rule: Item,
    /// Its severity here.
    pub severity: Option<Severity>,
    /// Its confidence here.
    pub confidence: Option<Confidence>,
    /// Why, if that is said.
    pub reason: Option<String>,
}

/// What a configuration file says.
#[derive(Debug)]
pub struct File {
    /// The file.
    pub source: Text,
    /// Its settings, and where the key of each stands.
    pub settings: Vec<(Name, Said, Range<usize>)>,
    /// Where rules are not used.
    pub excludes: Vec<Exclude>,
    /// Rules that are judged otherwise.
    pub overrides: Vec<Override>,
    /// Rules of its own.
    pub rules: Vec<RuleSource>,
    /// Where the first of them stands.
    pub rules_at: Option<Range<usize>>,
}

/// What is wrong, and where.
struct Fault {
    span: Range<usize>,
    problem: String,
}

impl Fault {
    fn at<T>(span: Range<usize>, problem: impl Into<String>) -> Result<T, Self> {
        Err(Self {
            span,
            problem: problem.into(),
        })
    }
}

impl File {
    /// Reads what `source` says.
    pub fn read(source: &Text) -> Result<Self, Error> {
        let table = DeTable::parse(&source.text).map_err(|error| syntax(source, &error))?;
        let mut file = Self {
            settings: Vec::new(),
            excludes: Vec::new(),
            overrides: Vec::new(),
            rules: Vec::new(),
            rules_at: None,
            source: source.clone(),
        };
        for (key, value) in table.get_ref() {
            file.key(key, value)
                .map_err(|fault| refused(source, &fault.span, &fault.problem))?;
        }
        // tables are sorted by their keys; what is said goes in the order of the file
        file.settings.sort_by_key(|(_, _, span)| span.start);
        file.overrides.sort_by_key(|it| it.rule.span.start);
        if file.rules_at.is_some() {
            file.rules = parse::parse_among(&source.name, &source.text)
                .map_err(|error| bad_rule(error, source))?;
        }
        Ok(file)
    }

    /// The error that `problem` is with what stands at `span`.
    pub fn refuse(&self, span: &Range<usize>, problem: &str) -> Error {
        refused(&self.source, span, problem)
    }

    /// The line on which `span` begins.
    pub fn line(&self, span: &Range<usize>) -> usize {
        caret::line(&self.source.text, span.start)
    }

    fn key(&mut self, key: &Spanned<Key<'_>>, value: &Spanned<DeValue<'_>>) -> Result<(), Fault> {
        let (name, span) = (key.get_ref().as_ref(), key.span());
        self.may_say(name, &span)?;
        match (name, value.get_ref()) {
            ("rule", DeValue::Array(_)) => {
                self.rules_at = Some(span);
                Ok(())
            }
            ("rule", other) => Fault::at(
                span,
                format!("rules are written as [[rule]], not as {}", kind(other)),
            ),
            ("exclude", DeValue::Array(entries)) => {
                if entries.len() > MOST {
                    return Fault::at(span, format!("more than {MOST} times [[exclude]]"));
                }
                for entry in entries {
                    let DeValue::Table(table) = entry.get_ref() else {
                        return Fault::at(entry.span(), "files are left out by [[exclude]]");
                    };
                    // the span of a table is its header
                    self.excludes.push(exclude(table, entry.span())?);
                }
                Ok(())
            }
            ("exclude", _) => {
                Fault::at(span, "files are left out by [[exclude]], with two brackets")
            }
            ("override", DeValue::Table(table)) => {
                for (rule, value) in table {
                    self.overrides.push(overriding(rule, value)?);
                }
                Ok(())
            }
            ("override", _) => Fault::at(span, "rules are overridden by [override.ID]"),
            (VERIFY, DeValue::Table(table)) => {
                for (key, value) in table {
                    self.setting(&format!("{VERIFY}.{}", key.get_ref()), key.span(), value)?;
                }
                Ok(())
            }
            (VERIFY, _) => Fault::at(span, "these settings are a table: [verify]"),
            _ => self.setting(name, span, value),
        }
    }

    /// Whether a file of this origin may say anything of the key `name`.
    fn may_say(&self, name: &str, span: &Range<usize>) -> Result<(), Fault> {
        let is_verify = name == VERIFY;
        match self.source.origin {
            Origin::Repository if is_verify => Fault::at(
                span.clone(),
                "[verify] does not count here: whoever wrote the repository must not decide whom this machine asks; put it into \
                 waxseal/config.toml in your own configuration folder, or name a file by --config or WAXSEAL_CONFIG",
            ),
            Origin::Own if !is_verify && known_keys().contains(&name) => Fault::at(
                span.clone(),
                format!(
                    "only [verify] counts in your own configuration, as what is found must not hang on who looks for it; `{name}` \
                     belongs into the .waxseal.toml of a repository, or into a file that WAXSEAL_CONFIG names"
                ),
            ),
            _ => Ok(()),
        }
    }

    fn setting(
        &mut self,
        key: &str,
        span: Range<usize>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), Fault> {
        let Some(setting) = Setting::by_key(key) else {
            let name = key.rsplit('.').next().unwrap_or(key);
            return Fault::at(span, unknown("key", name, &keys_beside(key)));
        };
        let said = match setting.shape {
            Shape::Texts(each) => {
                let items = items(value, || format!("`{key}` {}", wanted(setting)))?;
                let names_no_file =
                    each == Each::Format && self.source.origin == Origin::Repository;
                let mut shown = 0;
                for item in &items {
                    check_text(setting, each, &item.text, names_no_file).map_err(|problem| {
                        Fault {
                            span: item.span.clone(),
                            problem,
                        }
                    })?;
                    shown += usize::from(each == Each::Format && !item.text.contains('='));
                    if shown > 1 {
                        let problem = "only one report can go to standard output, and there is one before this";
                        let advice = if names_no_file {
                            "; whoever runs the scan can have more, by --format FORMAT=FILE"
                        } else {
                            "; give the others a file: \"sarif=out.sarif\""
                        };
                        return Fault::at(item.span.clone(), format!("{problem}{advice}"));
                    }
                }
                Said::Many(items)
            }
            _ => Said::One(
                value::of_toml(setting, value.get_ref()).map_err(|problem| Fault {
                    span: value.span(),
                    problem,
                })?,
            ),
        };
        self.settings.push((setting.name, said, span));
        Ok(())
    }
}

/// The keys of the tables that the parser gives.
type Key<'i> = std::borrow::Cow<'i, str>;

/// The keys that stand at the top of a file.
fn known_keys() -> Vec<&'static str> {
    let settings = SETTINGS.iter().map(|setting| setting.key);
    let settings = settings.filter(|key| !key.contains('.'));
    settings.chain(TABLES.map(|(key, _)| key)).collect()
}

/// The keys that may stand where `key` does, without that of their table.
fn keys_beside(key: &str) -> Vec<&'static str> {
    match key.rsplit_once('.') {
        None => known_keys(),
        Some((table, _)) => SETTINGS
            .iter()
            .filter_map(|setting| setting.key.strip_prefix(table)?.strip_prefix('.'))
            .collect(),
    }
}

/// The texts of a list.
fn items(value: &Spanned<DeValue<'_>>, expected: impl Fn() -> String) -> Result<Vec<Item>, Fault> {
    let wrong = |value: &Spanned<DeValue<'_>>| Fault {
        span: value.span(),
        problem: format!("{}, not {}", expected(), kind(value.get_ref())),
    };
    let DeValue::Array(array) = value.get_ref() else {
        return Err(wrong(value));
    };
    if array.len() > MOST {
        return Fault::at(value.span(), format!("more than {MOST} texts"));
    }
    array
        .iter()
        .map(|text| match text.get_ref() {
            DeValue::String(string) => Ok(Item {
                text: string.to_string(),
                span: text.span(),
            }),
            _ => Err(wrong(text)),
        })
        .collect()
}

fn text(value: &Spanned<DeValue<'_>>, key: &str) -> Result<String, Fault> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        other => Fault::at(
            value.span(),
            format!("`{key}` is a text, not {}", kind(other)),
        ),
    }
}

fn exclude(table: &DeTable<'_>, span: Range<usize>) -> Result<Exclude, Fault> {
    let mut exclude = Exclude {
        paths: Vec::new(),
        rules: Vec::new(),
        reason: String::new(),
        span,
    };
    let mut names_rules = false;
    for (key, value) in table {
        let like = |key: &str, example: &str| {
            let text = format!("`{key}` is a list of texts, such as [{example}]");
            move || text.clone()
        };
        match key.get_ref().as_ref() {
            "paths" => exclude.paths = items(value, like("paths", "\"tests/fixtures/\""))?,
            "rules" => {
                exclude.rules = items(value, like("rules", "\"smtp-login\""))?;
                names_rules = true;
            }
            "reason" => text(value, "reason")?
                .trim()
                .clone_into(&mut exclude.reason),
            other => {
                let known = EXCLUDE_KEYS.map(|(key, _)| key);
                return Fault::at(key.span(), unknown("key", other, &known));
            }
        }
    }
    for path in &exclude.paths {
        exclude_globs(&path.text).map_err(|problem| Fault {
            span: path.span.clone(),
            problem,
        })?;
    }
    if exclude.paths.is_empty() {
        return Fault::at(
            exclude.span,
            "an [[exclude]] names `paths`, such as paths = [\"tests/fixtures/\"]",
        );
    }
    if names_rules && exclude.rules.is_empty() {
        return Fault::at(exclude.span, "`rules` is empty; leave it out for all rules");
    }
    if exclude.reason.is_empty() {
        return Fault::at(
            exclude.span,
            "an [[exclude]] says why by `reason`, such as reason = \"made up for the tests\"",
        );
    }
    Ok(exclude)
}

fn overriding(rule: &Spanned<Key<'_>>, value: &Spanned<DeValue<'_>>) -> Result<Override, Fault> {
    let mut overriding = Override {
        rule: Item {
            text: rule.get_ref().to_string(),
            span: rule.span(),
        },
        severity: None,
        confidence: None,
        reason: None,
    };
    let DeValue::Table(table) = value.get_ref() else {
        return Fault::at(
            rule.span(),
            "a rule is overridden by a table: [override.ID] with `severity` or `confidence`",
        );
    };
    for (key, value) in table {
        let fault = |problem| Fault {
            span: value.span(),
            problem,
        };
        match key.get_ref().as_ref() {
            "severity" => {
                let name = text(value, "severity")?;
                let all = Severity::ALL;
                let found = all.into_iter().find(|it| it.id() == name);
                let known = all.map(Severity::id);
                let found = found.ok_or_else(|| fault(unknown("severity", &name, &known)))?;
                overriding.severity = Some(found);
            }
            "confidence" => {
                let name = text(value, "confidence")?;
                let all = Confidence::ALL;
                let found = all.into_iter().find(|it| it.id() == name);
                let known = all.map(Confidence::id);
                let found = found.ok_or_else(|| fault(unknown("confidence", &name, &known)))?;
                overriding.confidence = Some(found);
            }
            "reason" => overriding.reason = Some(text(value, "reason")?),
            other => {
                let known = OVERRIDE_KEYS.map(|(key, _)| key);
                return Fault::at(key.span(), unknown("key", other, &known));
            }
        }
    }
    if overriding.severity.is_none() && overriding.confidence.is_none() {
        return Fault::at(rule.span(), "an override gives `severity` or `confidence`");
    }
    Ok(overriding)
}

/// The error that `problem` is with what stands at `span` of `source`. The file is quoted only if it was meant to be TOML:
/// `--config .env` must not put secrets into a build log.
fn refused(source: &Text, span: &Range<usize>, problem: &str) -> Error {
    let problem = if source.is_toml() {
        caret::pointed(&source.text, span, problem)
    } else {
        format!(
            "line {} is not what a configuration or rule file holds; name the file *.toml to see why",
            caret::line(&source.text, span.start)
        )
    };
    Error::Config {
        file: source.name.clone(),
        problem,
    }
}

/// The error that the parser gave, with the nearest key where one is not known.
pub fn syntax(source: &Text, error: &toml::de::Error) -> Error {
    let message = error.message().trim_end();
    let quoted = |text: &str| -> Vec<String> {
        let parts = text.split('`').skip(1).step_by(2);
        parts.map(str::to_owned).collect()
    };
    let nearest = message
        .strip_prefix("unknown field ")
        .and_then(|rest| rest.split_once(", expected"))
        .and_then(|(field, known)| {
            let (field, known) = (quoted(field).pop()?, quoted(known));
            if let Some(place) = elsewhere(&field, &known) {
                return Some(format!("unknown key `{field}` here; {place}"));
            }
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            Some(unknown("key", &field, &known))
        });
    let problem = nearest.unwrap_or_else(|| message.replace('\n', "; "));
    refused(source, &error.span().unwrap_or(0..0), &problem)
}

/// Where what somebody meant by the key `field` of a rule stands instead, where `known` are the keys that may stand there.
fn elsewhere(field: &str, known: &[String]) -> Option<&'static str> {
    let is_rule = known.iter().any(|key| key == "anchors");
    match field {
        "regex" | "pattern" | "match" if is_rule => Some(
            "a regex stands in the table of a kind of rule, as in [rule.token] with pattern = '…', and `anchors` beside it",
        ),
        "regex" if known.iter().any(|key| key == "pattern") => Some("it is called `pattern`"),
        "keywords" if is_rule => {
            Some("literals of which one is part of every hit are called `anchors`")
        }
        "description" if is_rule => {
            Some("what was found is the `title`, and why it matters is `why`")
        }
        "secretGroup" | "entropy" | "path" | "tags" | "allowlist" | "allowlists" if is_rule => {
            Some(
                "it is one of gitleaks; a file with rules for gitleaks runs as it is: rule_files = [\"gitleaks:FILE\"]",
            )
        }
        _ => None,
    }
}

/// The error that a rule gave.
pub fn bad_rule(error: RuleError, source: &Text) -> Error {
    match error {
        RuleError::Syntax { source: error, .. } => syntax(source, &error),
        rule @ RuleError::Rule { .. } => rule.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    /// Pieces of configurations, right and wrong.
    const PIECES: [&str; 34] = [
        "skip_rules",
        "fail_on",
        "jobs",
        "formats",
        "stop_words",
        "max_blob_size",
        "verify",
        "exclude",
        "override",
        "rule",
        "paths",
        "rules",
        "reason",
        "severity",
        "smtp-login",
        ".",
        "=",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        ",",
        "\n",
        " ",
        "\"high\"",
        "'x'",
        "\"é\"",
        "-1",
        "99999999999999999999",
        "true",
        "# \u{1b}[1m",
        "\r",
    ];

    fn read(text: &str, origin: Origin) -> Result<File, Error> {
        let name = "x.toml".to_owned();
        let text = Text::new(Path::new("x.toml"), name, text.into(), origin)?;
        File::read(&text)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_written_is_read_or_refused(
            pieces in proptest::collection::vec(0..PIECES.len(), 0..24),
            noise in ".{0,12}",
            at in 0_usize..24,
        ) {
            let mut pieces: Vec<&str> = pieces.into_iter().map(|ix| PIECES[ix]).collect();
            pieces.insert(at.min(pieces.len()), &noise);
            let text = pieces.concat();
            for origin in [Origin::Repository, Origin::Named, Origin::Own] {
                if let Err(error) = read(&text, origin) {
                    let error = error.to_string();
                    prop_assert!(!error.contains('\u{1b}'), "{error:?}");
                }
            }
        }
    }

    #[test]
    fn tables_may_be_written_in_every_way() {
        for text in [
            "[verify]\ntimeout = 5\n",
            "verify.timeout = 5\n",
            "verify = { timeout = 5 }\n",
        ] {
            let file = read(text, Origin::Named).unwrap();
            let [(Name::VerifyTimeout, Said::One(Value::Number(5)), span)] = &file.settings[..]
            else {
                panic!("{:?}", file.settings);
            };
            assert!(text[span.start..].starts_with("timeout"), "{text}");
        }
        let exclude = "exclude = [{ paths = ['a'], reason = 'x' }]\n";
        assert_eq!(read(exclude, Origin::Repository).unwrap().excludes.len(), 1);
    }
}
