//! Reads rule files: the project's own `rules/*.toml` and users' files, which have the same format.
//!
//! What comes out is checked for everything that can be known without running it: names, ids, regexes,
//! reach, samples present. Whether the samples behave is for `rules check`, which needs a scanner. Nothing
//! here touches the file system.

mod login;
mod recipe;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Assignment, Call, Check, Context, FileRule, Kind, LineFile, Login, Opens, Pair, Reach, Rule,
    Str, Token, ValueKind,
};
use crate::model::{Confidence, Encoding, Severity};
use login::{RawCommand, RawEncoded, command_kind, encoded_kind};
use recipe::RawRecipe;

/// Longest reach on either side of an anchor, bytes. Windows of large files overlap by this much, so
/// that a decision never depends on bytes outside the window.
pub const MAX_REACH: u32 = 16 * 1024;

/// A rule with the samples that prove it.
#[derive(Clone, Debug)]
pub struct RuleSource {
    /// The rule.
    pub rule: Rule,
    /// Texts in which it must fire.
    pub hits: Vec<Sample>,
    /// Texts in which it must not.
    pub misses: Vec<Sample>,
}

/// A sample template; `sample::expand` turns its texts into bytes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Template of the file's text.
    pub text: String,
    /// Path of the file; decides the language and the path class.
    #[serde(default = "default_path")]
    pub path: String,
    /// How many findings of the rule are expected in a hit.
    #[serde(default = "one")]
    pub count: usize,
    /// Template of the secret expected first, if it matters.
    pub secret: Option<String>,
    /// `utf-16le` or `utf-16be`: the file is stored so, without a byte order mark unless the text has one.
    pub stored: Option<String>,
    /// Whether git tracks the file; `untracked` by default.
    pub git: Option<String>,
    /// Severity expected of the first finding, if it matters.
    pub severity: Option<String>,
    /// Confidence expected of the first finding, if it matters.
    pub confidence: Option<String>,
    /// Templates of the parts that the first finding must have, by name.
    #[serde(default)]
    pub parts: BTreeMap<String, String>,
}

fn default_path() -> String {
    "sample.txt".to_owned()
}

fn one() -> usize {
    1
}

/// Why a rule file was refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// Not TOML, an unknown key or a value of the wrong type; the text holds line, caret and what was expected.
    #[error("{file}")]
    Syntax {
        /// The file as the user named it.
        file: String,
        /// The parser's own words.
        source: Box<toml::de::Error>,
    },
    /// A rule that can be read but not used.
    #[error("{file}: rule `{rule}`: {problem}")]
    Rule {
        /// The file as the user named it.
        file: String,
        /// Id of the rule, or its number in the file.
        rule: String,
        /// What is wrong and what was expected.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    title: String,
    severity: String,
    confidence: String,
    why: String,
    remedy: Vec<String>,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    controls: Vec<String>,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    anchors: Vec<String>,
    #[serde(default)]
    opens: Vec<[String; 2]>,
    #[serde(default)]
    encodings: Vec<String>,
    #[serde(default)]
    reach: Option<[u32; 2]>,
    token: Option<RawToken>,
    pair: Option<RawPair>,
    assignment: Option<RawAssignment>,
    encoded: Option<RawEncoded>,
    command: Option<RawCommand>,
    file: Option<RawFile>,
    login: Option<RawLogin>,
    verify: Option<RawRecipe>,
    #[serde(default)]
    hit: Vec<Sample>,
    #[serde(default)]
    miss: Vec<Sample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawToken {
    pattern: String,
    #[serde(default)]
    not_after: String,
    #[serde(default)]
    not_before: String,
    #[serde(default)]
    min_entropy: f32,
    #[serde(default)]
    visible: u8,
    check: Option<String>,
    #[serde(default = "opaque")]
    value: String,
    #[serde(default)]
    near: u32,
    #[serde(default)]
    not_near: String,
    lines: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPair {
    id: String,
    id_name: String,
    secret: String,
    names: String,
    other_names: String,
    distance: u32,
    #[serde(default)]
    min_entropy: f32,
    #[serde(default)]
    beside: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLogin {
    #[serde(default)]
    hosts: String,
    #[serde(default)]
    users: String,
    #[serde(default)]
    keys: String,
    #[serde(default)]
    not_users: String,
    #[serde(default)]
    shape: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAssignment {
    #[serde(default)]
    keys: String,
    #[serde(default)]
    not_keys: String,
    #[serde(default)]
    parents: String,
    #[serde(default = "none")]
    context: String,
    #[serde(default)]
    call: Vec<RawCall>,
    #[serde(default = "opaque")]
    value: String,
    #[serde(default)]
    shape: String,
    #[serde(default)]
    min_entropy: f32,
    #[serde(default)]
    userinfo: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCall {
    name: String,
    password: u8,
    user: Option<u8>,
    host: Option<u8>,
    port: Option<u8>,
    #[serde(default)]
    typed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    names: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    always: bool,
}

fn opaque() -> String {
    "opaque".to_owned()
}

fn none() -> String {
    "none".to_owned()
}

/// A configuration file, of which only the rules are read here.
#[derive(Deserialize)]
struct Among {
    rule: Vec<RawRule>,
}

/// Reads one rule file. `file` is its name for error texts.
pub fn parse(file: &str, text: &str) -> Result<Vec<RuleSource>, RuleError> {
    let raw: File = toml::from_str(text).map_err(|source| syntax(file, source))?;
    check(file, raw.rule)
}

/// Reads the rules that stand among other keys in a configuration file.
pub fn parse_among(file: &str, text: &str) -> Result<Vec<RuleSource>, RuleError> {
    let raw: Among = toml::from_str(text).map_err(|source| syntax(file, source))?;
    check(file, raw.rule)
}

fn syntax(file: &str, source: toml::de::Error) -> RuleError {
    RuleError::Syntax {
        file: file.to_owned(),
        source: Box::new(source),
    }
}

fn check(file: &str, raw: Vec<RawRule>) -> Result<Vec<RuleSource>, RuleError> {
    let mut rules: Vec<RuleSource> = Vec::new();
    for (number, raw) in raw.into_iter().enumerate() {
        let name = if raw.id.is_empty() {
            format!("number {}", number + 1)
        } else {
            raw.id.clone()
        };
        let fail = |problem: String| RuleError::Rule {
            file: file.to_owned(),
            rule: name.clone(),
            problem,
        };
        if rules.iter().any(|earlier| earlier.rule.id == raw.id) {
            return Err(fail("this id occurs twice; ids are unique".to_owned()));
        }
        rules.push(convert(raw).map_err(fail)?);
    }
    Ok(rules)
}

fn convert(raw: RawRule) -> Result<RuleSource, String> {
    let is_kebab = |id: &str| {
        id.starts_with(|c: char| c.is_ascii_lowercase())
            && !id.ends_with('-')
            && !id.contains("--")
            && id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !is_kebab(&raw.id) {
        return Err(
            "the id must be lower-case words joined by hyphens, such as `acme-api-key`".to_owned(),
        );
    }
    if raw.title.is_empty() || raw.why.is_empty() || raw.remedy.is_empty() {
        return Err(
            "`title`, `why` and `remedy` must say something: they are what a user reads".to_owned(),
        );
    }
    if raw.hit.is_empty() || raw.miss.is_empty() {
        return Err(
            "samples are missing: give at least one [[rule.hit]] and one [[rule.miss]]".to_owned(),
        );
    }
    let [before, after] = raw.reach.unwrap_or([256, 1024]);
    if before > MAX_REACH || after > MAX_REACH {
        return Err(format!(
            "`reach` is at most {MAX_REACH} bytes on either side"
        ));
    }
    let mut kinds: Vec<Kind> = Vec::new();
    if let Some(token) = raw.token {
        kinds.push(Kind::Token(token_kind(token, before.min(after))?));
    }
    if let Some(pair) = raw.pair {
        kinds.push(Kind::Pair(pair_kind(pair, before.min(after))?));
    }
    if let Some(assignment) = raw.assignment {
        kinds.push(Kind::Assignment(assignment_kind(assignment)?));
    }
    if let Some(encoded) = raw.encoded {
        kinds.push(Kind::Encoded(encoded_kind(encoded)?));
    }
    if let Some(command) = raw.command {
        kinds.push(Kind::Command(command_kind(command)?));
    }
    if let Some(file) = raw.file {
        kinds.push(Kind::File(file_kind(file)?));
    }
    if kinds.is_empty() && raw.login.is_some() {
        kinds.push(Kind::Login);
    }
    let only = (kinds.len() == 1).then(|| kinds.pop()).flatten();
    let Some(kind) = only else {
        return Err(
            "give exactly one of [rule.token], [rule.pair], [rule.assignment], [rule.encoded], [rule.command], [rule.file], or [rule.login] alone"
                .to_owned(),
        );
    };
    let reads_all = matches!(&kind, Kind::File(_) | Kind::Login)
        || matches!(&kind, Kind::Assignment(a) if a.context == Context::Dotenv)
        || matches!(&kind, Kind::Token(token) if token.lines.is_some());
    if !reads_all && raw.anchors.is_empty() {
        return Err("`anchors` must hold at least one literal that every hit contains".to_owned());
    }
    if let Some(short) = raw
        .anchors
        .iter()
        .chain(raw.opens.iter().map(|[literal, _]| literal))
        .find(|anchor| anchor.len() < 2)
    {
        return Err(format!(
            "anchor `{short}` is too short: two bytes at least, four or more are cheapest"
        ));
    }
    let rule = Rule {
        id: Cow::Owned(raw.id),
        title: Cow::Owned(raw.title),
        severity: named("severity", &raw.severity, Severity::ALL, Severity::id)?,
        confidence: named(
            "confidence",
            &raw.confidence,
            Confidence::ALL,
            Confidence::id,
        )?,
        why: Cow::Owned(raw.why),
        remedy: strings(raw.remedy),
        references: strings(raw.references),
        controls: strings(raw.controls),
        optional: raw.optional,
        anchors: strings(raw.anchors),
        opens: raw
            .opens
            .into_iter()
            .map(|[literal, encoding]| {
                let encoding = named("encoding", &encoding, Encoding::ALL, Encoding::id)?;
                Ok(Opens {
                    literal: Cow::Owned(literal),
                    encoding,
                })
            })
            .collect::<Result<_, String>>()?,
        encodings: raw
            .encodings
            .iter()
            .map(|name| named("encoding", name, Encoding::ALL, Encoding::id))
            .collect::<Result<_, _>>()?,
        reach: Reach { before, after },
        kind,
        login: raw.login.map(login).transpose()?,
        verify: raw.verify.map(recipe::recipe).transpose()?,
    };
    Ok(RuleSource {
        rule,
        hits: raw.hit,
        misses: raw.miss,
    })
}

fn token_kind(raw: RawToken, reach: u32) -> Result<Token, String> {
    check_value_regex("pattern", &raw.pattern)?;
    check_regex("not_near", &raw.not_near)?;
    if raw.near > reach {
        return Err(format!(
            "`near` ({}) must lie within `reach` ({reach}) on both sides",
            raw.near
        ));
    }
    for (name, class) in [
        ("not_after", &raw.not_after),
        ("not_before", &raw.not_before),
    ] {
        if !class.is_empty() {
            check_regex(name, &format!("[{class}]"))?;
        }
    }
    let check = match raw.check.as_deref() {
        None => None,
        Some("sendgrid-key") => Some(Check::SendgridKey),
        Some(other) => return Err(format!("unknown check `{other}`; known: sendgrid-key")),
    };
    Ok(Token {
        pattern: Cow::Owned(raw.pattern),
        not_after: Cow::Owned(raw.not_after),
        not_before: Cow::Owned(raw.not_before),
        min_entropy: raw.min_entropy,
        visible: raw.visible,
        check,
        value: value_kind(&raw.value)?,
        near: raw.near,
        not_near: Cow::Owned(raw.not_near),
        lines: raw
            .lines
            .map(|name| named("lines", &name, LineFile::ALL, LineFile::id))
            .transpose()?,
    })
}

fn login(raw: RawLogin) -> Result<Login, String> {
    for (name, pattern) in [
        ("hosts", &raw.hosts),
        ("users", &raw.users),
        ("keys", &raw.keys),
        ("not_users", &raw.not_users),
        ("shape", &raw.shape),
    ] {
        check_regex(name, pattern)?;
    }
    if raw.hosts.is_empty() && raw.users.is_empty() && raw.keys.is_empty() {
        return Err("a login needs at least one of `hosts`, `users` and `keys`".to_owned());
    }
    Ok(Login {
        hosts: Cow::Owned(raw.hosts),
        users: Cow::Owned(raw.users),
        keys: Cow::Owned(raw.keys),
        not_users: Cow::Owned(raw.not_users),
        shape: Cow::Owned(raw.shape),
    })
}

fn pair_kind(raw: RawPair, reach: u32) -> Result<Pair, String> {
    check_value_regex("id", &raw.id)?;
    check_value_regex("secret", &raw.secret)?;
    check_regex("names", &raw.names)?;
    check_regex("other_names", &raw.other_names)?;
    check_regex("beside", &raw.beside)?;
    if raw.distance > reach {
        return Err(format!(
            "`distance` ({}) must lie within `reach` ({reach}) on both sides",
            raw.distance
        ));
    }
    Ok(Pair {
        id: Cow::Owned(raw.id),
        id_name: Cow::Owned(raw.id_name),
        secret: Cow::Owned(raw.secret),
        names: Cow::Owned(raw.names),
        other_names: Cow::Owned(raw.other_names),
        distance: raw.distance,
        min_entropy: raw.min_entropy,
        beside: Cow::Owned(raw.beside),
    })
}

fn assignment_kind(raw: RawAssignment) -> Result<Assignment, String> {
    for (name, pattern) in [
        ("keys", &raw.keys),
        ("not_keys", &raw.not_keys),
        ("parents", &raw.parents),
        ("shape", &raw.shape),
    ] {
        check_regex(name, pattern)?;
    }
    if raw.keys.is_empty() && raw.call.is_empty() {
        return Err("give `keys`, or at least one [[rule.assignment.call]]".to_owned());
    }
    let context = match raw.context.as_str() {
        "none" => Context::None,
        "mail" => Context::Mail,
        "dotenv" => Context::Dotenv,
        other => {
            return Err(format!(
                "unknown context `{other}`; known: none, mail, dotenv"
            ));
        }
    };
    let calls: Vec<Call> = raw
        .call
        .into_iter()
        .map(|call| Call {
            name: Cow::Owned(call.name),
            password: call.password,
            user: call.user,
            host: call.host,
            port: call.port,
            typed: call.typed,
        })
        .collect();
    Ok(Assignment {
        keys: Cow::Owned(raw.keys),
        not_keys: Cow::Owned(raw.not_keys),
        parents: Cow::Owned(raw.parents),
        context,
        calls: Cow::Owned(calls),
        value: value_kind(&raw.value)?,
        shape: Cow::Owned(raw.shape),
        min_entropy: raw.min_entropy,
        userinfo: raw.userinfo,
    })
}

fn file_kind(raw: RawFile) -> Result<FileRule, String> {
    if raw.names.is_empty() {
        return Err("`names` must hold at least one glob".to_owned());
    }
    for glob in raw.names.iter().chain(&raw.except) {
        globset::Glob::new(glob).map_err(|error| format!("bad glob `{glob}`: {}", error.kind()))?;
    }
    Ok(FileRule {
        names: strings(raw.names),
        except: strings(raw.except),
        always: raw.always,
    })
}

fn value_kind(name: &str) -> Result<ValueKind, String> {
    match name {
        "opaque" => Ok(ValueKind::Opaque),
        "password" => Ok(ValueKind::Password),
        other => Err(format!(
            "unknown value kind `{other}`; known: opaque, password"
        )),
    }
}

/// A pattern of values, which must not match nothing: it would match everywhere.
fn check_value_regex(name: &str, pattern: &str) -> Result<(), String> {
    check_regex(name, pattern)?;
    match super::regex(pattern) {
        Ok(regex) if regex.is_match(b"") => Err(format!(
            "`{name}` matches the empty text: it must stand for at least one byte"
        )),
        _ => Ok(()),
    }
}

fn check_regex(name: &str, pattern: &str) -> Result<(), String> {
    super::regex(pattern)
        .map(drop)
        .map_err(|error| format!("`{name}` is not a usable regex: {error}"))
}

fn named<T: Copy, const N: usize>(
    what: &str,
    name: &str,
    all: [T; N],
    id: fn(T) -> &'static str,
) -> Result<T, String> {
    all.into_iter()
        .find(|&item| id(item) == name)
        .ok_or_else(|| {
            let known: Vec<&str> = all.into_iter().map(id).collect();
            format!("unknown {what} `{name}`; known: {}", known.join(", "))
        })
}

fn strings(list: Vec<String>) -> Cow<'static, [Str]> {
    list.into_iter().map(Cow::Owned).collect()
}
