//! YAML as far as other scanners use it, as JSON.
//!
//! Anchors and tags are not followed: no file of theirs has any, and aliases of aliases are how a small file becomes a huge one.

use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};

/// Tables in tables, at most.
const DEEPEST: usize = 32;

/// A table or a list that is being read, and the key in it whose value comes next.
struct Open {
    value: Value,
    key: Option<String>,
}

/// Reads the first document of `text`. An error names the line and quotes nothing.
pub fn read(text: &str) -> Result<Value, String> {
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| format!("line {}: this is not YAML", error.marker().line()))?;
        let line = span.start.line();
        let done = match event {
            Event::MappingStart(..) | Event::SequenceStart(..) if open.len() == DEEPEST => {
                return Err(format!(
                    "line {line}: more than {DEEPEST} levels lie in one another"
                ));
            }
            Event::MappingStart(..) => {
                open.push(Open {
                    value: Value::Object(Map::new()),
                    key: None,
                });
                continue;
            }
            Event::SequenceStart(..) => {
                open.push(Open {
                    value: Value::Array(Vec::new()),
                    key: None,
                });
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => match open.pop() {
                Some(done) => done.value,
                None => continue,
            },
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::Alias(_) => return Err(format!("line {line}: aliases are not followed")),
            Event::DocumentEnd => break,
            _ => continue,
        };
        match open.last_mut() {
            None => return Ok(done),
            Some(Open {
                value: Value::Array(items),
                ..
            }) => items.push(done),
            Some(Open {
                value: Value::Object(table),
                key,
            }) => match (key.take(), done) {
                (Some(key), done) => {
                    table.insert(key, done);
                }
                (None, Value::String(name)) => *key = Some(name),
                (None, _) => return Err(format!("line {line}: a key is no text")),
            },
            Some(_) => {}
        }
    }
    Ok(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_lists_are_read() {
        let read = read("a:\n- b: 'x y'\n  c: 3\n- {d: [e, f]}\n").unwrap();
        assert_eq!(
            read,
            serde_json::json!({"a": [{"b": "x y", "c": "3"}, {"d": ["e", "f"]}]})
        );
    }

    #[test]
    fn what_is_no_yaml_is_an_error_with_a_line() {
        for text in ["a: b: c", "a: [", "x: &a [1]\ny: *a\n", "? [a]\n: b\n"] {
            assert!(read(text).unwrap_err().starts_with("line "), "{text}");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read(&"- ".repeat(100_000)).is_err());
    }
}
