//! What the table of settings says to others: a JSON Schema for editors, and the reference in the documentation.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::table::{
    EXCLUDE_KEYS, Each, OVERRIDE_KEYS, SETTINGS, Setting, Shape, TABLES, Trust, VERIFY,
};
use super::value::wanted;
use crate::model::{Confidence, Severity};

/// Keys of a rule at its top, each with what it is for; the tables of its kinds have keys of their own.
const RULE_KEYS: [(&str, &str); 21] = [
    ("id", "Lower-case words joined by hyphens; unique."),
    ("title", "What was found, as a noun phrase."),
    ("severity", "How bad a leak is."),
    (
        "confidence",
        "How sure a hit is before its value is looked at.",
    ),
    ("why", "Why it matters, one sentence."),
    ("remedy", "What to do, in order."),
    ("references", "Where the facts come from."),
    ("controls", "Security controls that the finding touches."),
    ("optional", "Off unless asked for."),
    ("anchors", "Literals of which one is part of every hit."),
    ("opens", "Signs of encoded text that may hold the anchors."),
    (
        "encodings",
        "Encoded forms in which the anchors are looked for too.",
    ),
    ("reach", "Bytes before and after an anchor that count."),
    ("token", "A string with a shape of its own."),
    ("pair", "Two parts that make a credential together."),
    ("assignment", "A value given to a key."),
    ("encoded", "A login in base64."),
    ("command", "A login among the options of a command."),
    ("file", "A file as a whole."),
    ("login", "Names logins that other rules found."),
    (
        "verify",
        "How its provider is asked whether it still works.",
    ),
];

/// The JSON Schema of `.waxseal.toml`.
pub fn schema() -> String {
    let mut properties = Map::new();
    let mut verify = Map::new();
    for setting in &SETTINGS {
        match setting.key.split_once('.') {
            Some((_, key)) => verify.insert(key.to_owned(), property(setting)),
            None => properties.insert(setting.key.to_owned(), property(setting)),
        };
    }
    for (key, help) in TABLES {
        let mut value = match key {
            "exclude" => json!({"type": "array", "items": exclude()}),
            "override" => json!({"type": "object", "additionalProperties": overriding()}),
            VERIFY => {
                json!({"type": "object", "additionalProperties": false, "properties": verify})
            }
            _ => json!({"type": "array", "items": rule()}),
        };
        value["description"] = json!(help);
        properties.insert(key.to_owned(), value);
    }
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Configuration of waxseal",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    format!("{schema:#}\n")
}

fn property(setting: &Setting) -> Value {
    let mut value = match setting.shape {
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Number { least, most } => {
            json!({"type": "integer", "minimum": least, "maximum": most})
        }
        Shape::Size => json!({
            "oneOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": "^([0-9]+[kKmMgG]?|none)$"},
            ]
        }),
        Shape::Choice(known) => json!({"enum": known()}),
        Shape::Proxy => json!({"type": "string"}),
        Shape::Texts(each) => {
            let mut items = json!({"type": "string", "minLength": 1});
            if each == Each::Rule {
                items["pattern"] = json!("^[a-z][a-z0-9-]*$");
            }
            json!({"type": "array", "items": items})
        }
    };
    value["description"] = json!(setting.help);
    // what the table holds as TOML reads the same as JSON
    if let Ok(default) = serde_json::from_str::<Value>(setting.default) {
        value["default"] = default;
    }
    value
}

fn exclude() -> Value {
    let texts =
        json!({"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1});
    let of = |key: &str| match key {
        "reason" => json!({"type": "string", "minLength": 1}),
        _ => texts.clone(),
    };
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["paths", "reason"],
        "properties": described(&EXCLUDE_KEYS, of),
    })
}

fn overriding() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "anyOf": [{"required": ["severity"]}, {"required": ["confidence"]}],
        "properties": described(&OVERRIDE_KEYS, of_rule),
    })
}

fn rule() -> Value {
    let mut properties = described(&RULE_KEYS, of_rule);
    let samples = json!({"type": "array", "items": {"type": "object"}, "minItems": 1});
    for (key, help) in [
        ("hit", "Texts in which the rule must find something."),
        ("miss", "Texts in which it must not."),
    ] {
        let mut value = samples.clone();
        value["description"] = json!(help);
        properties.insert(key.to_owned(), value);
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "title", "severity", "confidence", "why", "remedy", "hit", "miss"],
        "properties": properties,
    })
}

/// What a key of a rule may be.
fn of_rule(key: &str) -> Value {
    match key {
        "severity" => json!({"enum": Severity::ALL.map(Severity::id)}),
        "confidence" => json!({"enum": Confidence::ALL.map(Confidence::id)}),
        "optional" => json!({"type": "boolean"}),
        "remedy" | "references" | "controls" | "anchors" | "encodings" => {
            json!({"type": "array", "items": {"type": "string"}})
        }
        "opens" => {
            json!({"type": "array", "items": {"type": "array", "items": {"type": "string"}}})
        }
        "reach" => json!({"type": "array", "items": {"type": "integer", "minimum": 0}}),
        "id" | "title" | "why" | "reason" => json!({"type": "string", "minLength": 1}),
        _ => json!({"type": "object"}),
    }
}

fn described(keys: &[(&str, &str)], of: impl Fn(&str) -> Value) -> Map<String, Value> {
    let entry = |(key, help): &(&str, &str)| {
        let mut value = of(key);
        value["description"] = json!(help);
        ((*key).to_owned(), value)
    };
    keys.iter().map(entry).collect()
}

/// What a setting may be, for a cell of a table.
fn values(setting: &Setting) -> String {
    match setting.shape {
        Shape::Choice(known) => {
            let known: Vec<String> = known().iter().map(|name| format!("`{name}`")).collect();
            known.join(", ")
        }
        Shape::Texts(_) => format!("texts: `{}`", setting.example),
        Shape::Proxy => format!("a URL: `{}`, or `env`, or `none`", setting.example),
        _ => wanted(setting).trim_start_matches("is ").to_owned(),
    }
}

/// The table of settings for people, in Markdown.
pub fn reference() -> String {
    let mut out = String::from(
        "| key | what it does | values | default | flag, variable |\n| --- | --- | --- | --- | --- |\n",
    );
    for setting in &SETTINGS {
        let flag = setting.flag.map(|flag| format!("`{flag}`"));
        let variable = setting.variable().map(|name| format!("`{name}`"));
        let others: Vec<String> = flag.into_iter().chain(variable).collect();
        let own = match setting.trust {
            Trust::Anyone => "",
            Trust::Operator => " Not from a repository's own file.",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| `{}` | {}{own} | {} | `{}` | {} |",
            setting.key,
            setting.help,
            values(setting),
            setting.default,
            others.join(", ")
        );
    }
    out
}
