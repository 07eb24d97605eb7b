//! Additions to a configuration file, which keep everything that stands in it, comments and order too.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use crate::import::Setting;

/// `text` with `rule_files` and `settings` added as far as they are not in it. None where there is nothing to add. An error says what
/// in the file is in the way.
pub(super) fn added(
    text: &str,
    rule_files: &[String],
    settings: &[Setting],
) -> Result<Option<String>, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        format!(
            "line {} is no TOML; mend it first",
            before.matches('\n').count() + 1
        )
    })?;
    let mut is_changed = false;
    for file in rule_files {
        is_changed |= push(&mut document, "rule_files", file)?;
    }
    for setting in settings {
        is_changed |= match setting {
            Setting::StopWord(word) => push(&mut document, "stop_words", word)?,
            Setting::SkipRule(rule) => push(&mut document, "skip_rules", rule)?,
            Setting::Exclude(paths, reason) => exclude(&mut document, paths, reason)?,
        };
    }
    Ok(is_changed.then(|| document.to_string()))
}

/// Adds `text` to the list under `key`, which is made if it is not there. Whether it was not in it.
fn push(document: &mut DocumentMut, key: &str, text: &str) -> Result<bool, String> {
    let item = document.entry(key).or_insert_with(|| value(Array::new()));
    let Some(list) = item.as_array_mut() else {
        return Err(format!("`{key}` is no list"));
    };
    if list.iter().any(|known| known.as_str() == Some(text)) {
        return Ok(false);
    }
    list.push(text);
    Ok(true)
}

fn exclude(document: &mut DocumentMut, paths: &[String], reason: &str) -> Result<bool, String> {
    let item = document
        .entry("exclude")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(tables) = item.as_array_of_tables_mut() else {
        return Err("`exclude` is no list of tables: write [[exclude]]".to_owned());
    };
    let holds = |table: &Table, path: &String| {
        let list = table.get("paths").and_then(Item::as_array);
        table.get("rules").is_none()
            && list.is_some_and(|list| list.iter().any(|known| known.as_str() == Some(path)))
    };
    let new = paths
        .iter()
        .filter(|path| !tables.iter().any(|table| holds(table, path)));
    let new: Array = new.map(String::as_str).collect();
    if new.is_empty() {
        return Ok(false);
    }
    let mut table = Table::new();
    table.insert("paths", value(new));
    table.insert("reason", value(reason));
    tables.push(table);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Vec<Setting> {
        vec![
            Setting::StopWord("example".to_owned()),
            Setting::SkipRule("sendgrid-api-key".to_owned()),
            Setting::Exclude(
                vec!["vendor/**".to_owned(), "**/*.md".to_owned()],
                "fixtures".to_owned(),
            ),
        ]
    }

    #[test]
    fn what_stands_there_stays_and_nothing_is_added_twice() {
        let before = "# ours\nfail_on = \"low\" # why\nstop_words = [\n  \"sample\", # a word\n]\n\n[[exclude]]\npaths = [\"vendor/**\"]\nreason = \"x\"\n\n[[rule]]\nid = \"a\"\n";
        let files = ["gitleaks:.gitleaks.toml".to_owned()];
        let after = added(before, &files, &settings()).unwrap().unwrap();
        for kept in ["# ours", "# why", "# a word", "reason = \"x\"", "[[rule]]"] {
            assert!(after.contains(kept), "{kept}: {after}");
        }
        let read: toml::Table = toml::from_str(&after).unwrap();
        assert_eq!(read["stop_words"].as_array().unwrap().len(), 2);
        assert_eq!(read["exclude"].as_array().unwrap().len(), 2);
        assert_eq!(read["exclude"][1]["paths"].as_array().unwrap().len(), 1);
        assert_eq!(
            read["rule_files"][0].as_str(),
            Some("gitleaks:.gitleaks.toml")
        );
        assert_eq!(added(&after, &files, &settings()).unwrap(), None);
        let new = added("", &files, &settings()).unwrap().unwrap();
        assert!(
            toml::from_str::<toml::Table>(&new)
                .unwrap()
                .contains_key("exclude"),
            "{new}"
        );
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        for (text, word) in [
            ("stop_words = 3", "stop_words"),
            ("exclude = []", "exclude"),
            ("\n[", "line 2"),
        ] {
            let error = added(text, &[], &settings()).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
