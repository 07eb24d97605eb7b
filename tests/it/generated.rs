//! The built-in rules: the generated table is fresh, and every sample behaves.
//!
//! Run with `WAXSEAL_BLESS=1` to write `src/rules/builtin.rs` anew.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use waxseal::app::samples;
use waxseal::model::Encoding;
use waxseal::rules::parse::{self, RuleSource};
use waxseal::rules::{Check, Context, EncodedForm, Kind, Recipe, Rule, Scalar, ValueKind};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every rule file with its rules, in the order of the file names.
pub(crate) fn sources() -> Vec<RuleSource> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("rules"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .flat_map(|file| {
            let name = file.file_name().unwrap().to_string_lossy();
            parse::parse(&name, &std::fs::read_to_string(file).unwrap())
                .unwrap_or_else(|error| panic!("{error:?}"))
        })
        .collect()
}

#[test]
fn the_generated_table_is_fresh() {
    let expected = table(&sources());
    let path = root().join("src/rules/builtin.rs");
    if std::env::var_os("WAXSEAL_BLESS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap();
    assert!(
        stored == expected,
        "src/rules/builtin.rs is stale: run `WAXSEAL_BLESS=1 cargo test generated`"
    );
    let parsed: Vec<Rule> = sources().into_iter().map(|source| source.rule).collect();
    assert!(
        waxseal::rules::BUILTIN == parsed.as_slice(),
        "the compiled table is not the parsed one: run the test again"
    );
}

/// The line of docs/config.md behind which the settings begin, and the one before which they end.
const SETTINGS: [&str; 2] = [
    "<!-- settings: generated from src/config/table.rs -->\n",
    "<!-- end of settings -->",
];

#[test]
fn the_schema_and_the_reference_of_settings_are_fresh() {
    let bless = std::env::var_os("WAXSEAL_BLESS").is_some();
    let schema = root().join("docs/waxseal.schema.json");
    let page = root().join("docs/config.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (before, rest) = text
        .split_once(SETTINGS[0])
        .expect("the page has a place for them");
    let (_, after) = rest.split_once(SETTINGS[1]).expect("and an end of it");
    let reference = waxseal::config::reference();
    let expected = format!("{before}{}{reference}{}{after}", SETTINGS[0], SETTINGS[1]);
    if bless {
        std::fs::write(&schema, waxseal::config::schema()).unwrap();
        std::fs::write(&page, &expected).unwrap();
    }
    let stale = "is stale: run `WAXSEAL_BLESS=1 cargo test generated`";
    let stored = std::fs::read_to_string(&schema).unwrap_or_default();
    assert!(
        stored == waxseal::config::schema(),
        "docs/waxseal.schema.json {stale}"
    );
    let stored = std::fs::read_to_string(&page).unwrap();
    assert!(stored == expected, "docs/config.md {stale}");
}

/// The schema names the keys of rules by itself; whatever a rule of ours uses, it knows.
#[test]
fn the_schema_knows_every_key_of_a_rule() {
    let schema: serde_json::Value = serde_json::from_str(&waxseal::config::schema()).unwrap();
    let known = schema["properties"]["rule"]["items"]["properties"]
        .as_object()
        .unwrap();
    for file in std::fs::read_dir(root().join("rules")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let table: toml::Table = text.parse().unwrap();
        for rule in table["rule"].as_array().unwrap() {
            for key in rule.as_table().unwrap().keys() {
                assert!(known.contains_key(key), "{key}");
            }
        }
    }
}

#[test]
fn every_sample_behaves() {
    let sources = sources();
    let mut faults = String::new();
    for source in &sources {
        for samples::Fault { sample, problem } in samples::check(source, &sources, &[]) {
            writeln!(faults, "{}: {sample}: {problem}", source.rule.id).unwrap();
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn every_rule_has_at_least_two_hits_and_two_misses() {
    for source in sources() {
        let (hits, misses) = (source.hits.len(), source.misses.len());
        assert!(
            hits >= 2 && misses >= 2,
            "{}: {hits} hits, {misses} misses",
            source.rule.id
        );
    }
}

/// The Rust source of the table.
fn table(sources: &[RuleSource]) -> String {
    let mut out = String::from(
        "// @generated from rules/*.toml: edit those, then run `WAXSEAL_BLESS=1 cargo test generated`.\n\
         //! The built-in rules as constants, so that a start parses nothing.\n\n\
         use std::borrow::Cow::Borrowed;\n\n\
         use super::{\n    Ask, AskMethod, Assignment, Call, Check, Command, Context, Encoded, EncodedForm, FileRule,\n    Identifier, Kind, LineFile, Login, Opens, Pair, Program, Reach, Recipe, Reply, Rule, Scalar,\n    Token, ValueKind,\n};\n\
         use crate::model::{Confidence, Encoding, Severity, Verdict};\n\n\
         /// The built-in rules.\n\
         #[rustfmt::skip]\n\
         pub static BUILTIN: &[Rule] = &[\n",
    );
    for source in sources {
        write_rule(&mut out, &source.rule).unwrap();
    }
    out.push_str("];\n");
    out
}

fn write_rule(out: &mut String, rule: &Rule) -> std::fmt::Result {
    writeln!(out, "    Rule {{")?;
    for (name, text) in [("id", &rule.id), ("title", &rule.title), ("why", &rule.why)] {
        writeln!(out, "        {name}: {},", text_of(text))?;
    }
    writeln!(out, "        severity: Severity::{:?},", rule.severity)?;
    writeln!(
        out,
        "        confidence: Confidence::{:?},",
        rule.confidence
    )?;
    for (name, list) in [
        ("remedy", &rule.remedy),
        ("references", &rule.references),
        ("controls", &rule.controls),
        ("anchors", &rule.anchors),
    ] {
        writeln!(out, "        {name}: {},", list_of(list))?;
    }
    let opens: Vec<String> = rule
        .opens
        .iter()
        .map(|opens| {
            format!(
                "Opens {{ literal: {}, encoding: Encoding::{:?} }}",
                text_of(&opens.literal),
                opens.encoding
            )
        })
        .collect();
    writeln!(out, "        opens: Borrowed(&[{}]),", opens.join(", "))?;
    let encodings: Vec<String> = rule
        .encodings
        .iter()
        .map(|encoding: &Encoding| format!("Encoding::{encoding:?}"))
        .collect();
    writeln!(
        out,
        "        encodings: Borrowed(&[{}]),",
        encodings.join(", ")
    )?;
    writeln!(out, "        optional: {},", rule.optional)?;
    writeln!(
        out,
        "        reach: Reach {{ before: {}, after: {} }},",
        rule.reach.before, rule.reach.after
    )?;
    writeln!(out, "        kind: {},", kind_of(&rule.kind))?;
    let login = rule.login.as_ref().map_or("None".to_owned(), |login| {
        format!(
            "Some(Login {{ hosts: {}, users: {}, keys: {}, not_users: {}, shape: {} }})",
            text_of(&login.hosts),
            text_of(&login.users),
            text_of(&login.keys),
            text_of(&login.not_users),
            text_of(&login.shape),
        )
    });
    writeln!(out, "        login: {login},")?;
    let recipe = rule.verify.as_ref().map_or("None".to_owned(), recipe_of);
    writeln!(out, "        verify: {recipe},")?;
    writeln!(out, "    }},")
}

fn kind_of(kind: &Kind) -> String {
    match kind {
        Kind::Token(token) => {
            let check = match token.check {
                None => "None".to_owned(),
                Some(check @ Check::SendgridKey) => format!("Some(Check::{check:?})"),
            };
            let lines = match token.lines {
                None => "None".to_owned(),
                Some(lines) => format!("Some(LineFile::{lines:?})"),
            };
            format!(
                "Kind::Token(Token {{ pattern: {}, not_after: {}, not_before: {}, min_entropy: {:?}, visible: {}, check: {check}, value: {}, near: {}, not_near: {}, lines: {lines} }})",
                text_of(&token.pattern),
                text_of(&token.not_after),
                text_of(&token.not_before),
                token.min_entropy,
                token.visible,
                value_of(token.value),
                token.near,
                text_of(&token.not_near),
            )
        }
        Kind::Pair(pair) => format!(
            "Kind::Pair(Pair {{ id: {}, id_name: {}, secret: {}, names: {}, other_names: {}, distance: {}, min_entropy: {:?}, beside: {} }})",
            text_of(&pair.id),
            text_of(&pair.id_name),
            text_of(&pair.secret),
            text_of(&pair.names),
            text_of(&pair.other_names),
            pair.distance,
            pair.min_entropy,
            text_of(&pair.beside),
        ),
        Kind::Assignment(rule) => {
            let context = match rule.context {
                context @ (Context::None | Context::Mail | Context::Dotenv) => {
                    format!("Context::{context:?}")
                }
            };
            let calls: Vec<String> = rule
                .calls
                .iter()
                .map(|call| {
                    format!(
                        "Call {{ name: {}, password: {}, user: {:?}, host: {:?}, port: {:?}, typed: {} }}",
                        text_of(&call.name),
                        call.password,
                        call.user,
                        call.host,
                        call.port,
                        call.typed,
                    )
                })
                .collect();
            format!(
                "Kind::Assignment(Assignment {{ keys: {}, not_keys: {}, parents: {}, context: {context}, calls: Borrowed(&[{}]), value: {}, shape: {}, min_entropy: {:?}, userinfo: {} }})",
                text_of(&rule.keys),
                text_of(&rule.not_keys),
                text_of(&rule.parents),
                calls.join(", "),
                value_of(rule.value),
                text_of(&rule.shape),
                rule.min_entropy,
                rule.userinfo,
            )
        }
        Kind::Encoded(encoded) => {
            let form = match encoded.form {
                form @ (EncodedForm::Sasl | EncodedForm::Basic) => format!("EncodedForm::{form:?}"),
            };
            format!(
                "Kind::Encoded(Encoded {{ form: {form}, host: {} }})",
                text_of(&encoded.host)
            )
        }
        Kind::Command(command) => {
            let programs: Vec<String> = command
                .programs
                .iter()
                .map(|program| {
                    format!(
                        "Program {{ name: {}, login: {}, user: {}, password: {}, host: {}, port: {}, needs_host: {} }}",
                        text_of(&program.name),
                        list_of(&program.login),
                        list_of(&program.user),
                        list_of(&program.password),
                        list_of(&program.host),
                        list_of(&program.port),
                        program.needs_host,
                    )
                })
                .collect();
            format!(
                "Kind::Command(Command {{ host: {}, programs: Borrowed(&[{}]) }})",
                text_of(&command.host),
                programs.join(", "),
            )
        }
        Kind::File(file) => format!(
            "Kind::File(FileRule {{ names: {}, except: {}, always: {} }})",
            list_of(&file.names),
            list_of(&file.except),
            file.always,
        ),
        Kind::Login => "Kind::Login".to_owned(),
    }
}

fn recipe_of(recipe: &Recipe) -> String {
    let pairs = |list: &[(Cow<'static, str>, Cow<'static, str>)]| {
        let items: Vec<String> = list
            .iter()
            .map(|(name, value)| format!("({}, {})", text_of(name), text_of(value)))
            .collect();
        items.join(", ")
    };
    let identifiers: Vec<String> = recipe
        .identifiers
        .iter()
        .map(|identifier| {
            format!(
                "Identifier {{ name: {}, from: {}, shape: {} }}",
                text_of(&identifier.name),
                text_of(&identifier.from),
                text_of(&identifier.shape),
            )
        })
        .collect();
    let asks: Vec<String> = recipe
        .asks
        .iter()
        .map(|ask| {
            let basic = ask.basic.as_ref().map_or("None".to_owned(), |login| {
                format!("Some({})", pairs(std::slice::from_ref(login)))
            });
            format!(
                "Ask {{ hosts: {}, method: AskMethod::{:?}, path: {}, headers: Borrowed(&[{}]), basic: {basic}, body: {}, purpose: {} }}",
                list_of(&ask.hosts),
                ask.method,
                text_of(&ask.path),
                pairs(&ask.headers),
                text_of(&ask.body),
                text_of(&ask.purpose),
            )
        })
        .collect();
    let replies: Vec<String> = recipe
        .replies
        .iter()
        .map(|reply| {
            let json: Vec<String> = reply
                .json
                .iter()
                .map(|(pointer, value)| {
                    let value = match value {
                        Scalar::Bool(value) => format!("Bool({value})"),
                        Scalar::Number(value) => format!("Number({value})"),
                        Scalar::Text(text) => format!("Text({})", text_of(text)),
                    };
                    format!("({}, Scalar::{value})", text_of(pointer))
                })
                .collect();
            format!(
                "Reply {{ status: Borrowed(&{:?}), text: {}, json: Borrowed(&[{}]), has: {}, verdict: Verdict::{:?}, reason: {}, next: {} }}",
                reply.status,
                text_of(&reply.text),
                json.join(", "),
                list_of(&reply.has),
                reply.verdict,
                text_of(&reply.reason),
                reply.next,
            )
        })
        .collect();
    format!(
        "Some(Recipe {{ provider: {}, identifiers: Borrowed(&[{}]), asks: Borrowed(&[{}]), replies: Borrowed(&[{}]) }})",
        text_of(&recipe.provider),
        identifiers.join(", "),
        asks.join(", "),
        replies.join(", "),
    )
}

fn text_of(text: &str) -> String {
    format!("Borrowed({text:?})")
}

fn list_of(list: &[Cow<'static, str>]) -> String {
    let items: Vec<String> = list.iter().map(|item| text_of(item)).collect();
    format!("Borrowed(&[{}])", items.join(", "))
}

fn value_of(value: ValueKind) -> String {
    match value {
        value @ (ValueKind::Opaque | ValueKind::Password) => format!("ValueKind::{value:?}"),
    }
}
