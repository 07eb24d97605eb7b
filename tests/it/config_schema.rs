//! The JSON Schema of the configuration against files, right and wrong: what an editor says is what the program says.

use serde_json::Value;

use crate::support::program::run;
use crate::support::repo::Scratch;

/// What of `value` is not as `schema` wants it, as paths. The part of JSON Schema that ours uses.
fn faults(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let known = [
        "type",
        "properties",
        "additionalProperties",
        "required",
        "items",
        "minItems",
        "enum",
        "minimum",
        "maximum",
        "minLength",
        "pattern",
        "oneOf",
        "anyOf",
        "description",
        "default",
        "title",
        "$schema",
    ];
    let schema = schema.as_object().unwrap();
    for key in schema.keys() {
        assert!(known.contains(&&**key), "this test does not know {key}");
    }
    let is = |key: &str, holds: &dyn Fn(&Value) -> bool| schema.get(key).is_none_or(holds);
    let fits = |schema: &Value| faults(schema, value, at).is_empty();
    let count = |list: &Value| {
        list.as_array()
            .unwrap()
            .iter()
            .filter(|it| fits(it))
            .count()
    };
    let kind = |kind: &Value| match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("this test does not know {other}"),
    };
    let text = value.as_str();
    let number = value.as_i64();
    let least = |least: &Value| number.is_none_or(|number| number >= least.as_i64().unwrap());
    let most = |most: &Value| number.is_none_or(|number| number <= most.as_i64().unwrap());
    let long = |least: &Value| {
        text.is_none_or(|text| text.chars().count() as u64 >= least.as_u64().unwrap())
    };
    let matches = |pattern: &Value| {
        let pattern = regex::Regex::new(pattern.as_str().unwrap()).unwrap();
        text.is_none_or(|text| pattern.is_match(text))
    };
    let many = |least: &Value| {
        let list = value.as_array();
        list.is_none_or(|list| list.len() as u64 >= least.as_u64().unwrap())
    };
    let holds = is("type", &kind)
        && is("enum", &|list| list.as_array().unwrap().contains(value))
        && is("minimum", &least)
        && is("maximum", &most)
        && is("minLength", &long)
        && is("minItems", &many)
        && is("pattern", &matches)
        && is("oneOf", &|list| count(list) == 1)
        && is("anyOf", &|list| count(list) > 0);
    let mut found = Vec::new();
    if !holds {
        found.push(at.to_owned());
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (ix, item) in list.iter().enumerate() {
            found.extend(faults(items, item, &format!("{at}[{ix}]")));
        }
    }
    let Some(object) = value.as_object() else {
        return found;
    };
    let required = schema.get("required").and_then(Value::as_array);
    for key in required.into_iter().flatten() {
        if !object.contains_key(key.as_str().unwrap()) {
            found.push(format!("{at}: no {key}"));
        }
    }
    let others = schema.get("additionalProperties");
    for (key, value) in object {
        let at = format!("{at}.{key}");
        let own = schema.get("properties").and_then(|known| known.get(key));
        match (own, others) {
            (Some(own), _) => found.extend(faults(own, value, &at)),
            (None, Some(Value::Bool(false))) => found.push(at),
            (None, Some(others)) if others.is_object() => found.extend(faults(others, value, &at)),
            (None, _) => {}
        }
    }
    found
}

fn json(config: &str) -> Value {
    toml::from_str(config).unwrap_or_else(|error| panic!("{config}: {error}"))
}

/// The blocks of TOML in a document.
fn blocks(text: &str) -> Vec<&str> {
    let parts = text.split("```toml\n").skip(1);
    parts.filter_map(|part| part.split("```").next()).collect()
}

#[test]
fn what_documents_show_is_right() {
    let schema: Value = serde_json::from_str(&waxseal::config::schema()).unwrap();
    let dir = Scratch::repo();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for name in [
        "docs/config.md",
        "docs/allow.md",
        "README.md",
        "docs/quality.md",
    ] {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        for block in blocks(&text) {
            assert_eq!(
                faults(&schema, &json(block), ""),
                [""; 0],
                "{name}: {block}"
            );
            dir.write(".waxseal.toml", block);
            let check = run(dir.root(), ["config", "check"]);
            assert_eq!(check.code, 0, "{name}: {block}: {}", check.err);
            seen += 1;
        }
    }
    assert!(seen > 3, "{seen}");
    // every setting as its example has it
    for setting in &waxseal::config::table::SETTINGS {
        let (table, key) = setting.key.rsplit_once('.').unwrap_or(("", setting.key));
        let head = if table.is_empty() {
            String::new()
        } else {
            format!("[{table}]\n")
        };
        let config = format!("{head}{key} = {}\n", setting.example);
        assert_eq!(faults(&schema, &json(&config), ""), [""; 0], "{config}");
    }
}

#[test]
fn what_the_program_refuses_an_editor_underlines() {
    let schema: Value = serde_json::from_str(&waxseal::config::schema()).unwrap();
    let dir = Scratch::repo();
    for (config, place) in [
        ("skip_rule = ['smtp-login']\n", ".skip_rule"),
        ("skip_rules = 'smtp-login'\n", ".skip_rules"),
        ("skip_rules = [1]\n", ".skip_rules[0]"),
        ("skip_rules = ['SMTP login']\n", ".skip_rules[0]"),
        ("stop_words = ['']\n", ".stop_words[0]"),
        ("fail_on = 'hihg'\n", ".fail_on"),
        ("min_confidence = 3\n", ".min_confidence"),
        ("require_reason = 'yes'\n", ".require_reason"),
        ("jobs = 1025\n", ".jobs"),
        ("jobs = -1\n", ".jobs"),
        ("jobs = 1.5\n", ".jobs"),
        ("max_blob_size = '10 apples'\n", ".max_blob_size"),
        ("max_blob_size = -1\n", ".max_blob_size"),
        ("formats = ['']\n", ".formats[0]"),
        ("[[exclude]]\npaths = ['x']\n", ".exclude[0]: no \"reason\""),
        ("[[exclude]]\nreason = 'x'\n", ".exclude[0]: no \"paths\""),
        (
            "[[exclude]]\npaths = []\nreason = 'x'\n",
            ".exclude[0].paths",
        ),
        (
            "[[exclude]]\npaths = ['x']\nrules = []\nreason = 'x'\n",
            ".exclude[0].rules",
        ),
        (
            "[[exclude]]\npath = ['x']\npaths = ['x']\nreason = 'x'\n",
            ".exclude[0].path",
        ),
        ("[exclude]\npaths = ['x']\n", ".exclude"),
        ("[override.smtp-login]\n", ".override.smtp-login"),
        (
            "[override.smtp-login]\nseverity = 'grave'\n",
            ".override.smtp-login",
        ),
        ("[[rule]]\nid = 'x'\n", ".rule[0]: no \"title\""),
        ("rule = 1\n", ".rule"),
    ] {
        let found = faults(&schema, &json(config), "");
        assert!(
            found.iter().any(|it| it.starts_with(place)),
            "{config}: {found:?}"
        );
        dir.write(".waxseal.toml", config);
        let check = run(dir.root(), ["config", "check"]);
        assert_eq!(check.code, 2, "{config}: {}{}", check.out, check.err);
    }
}
