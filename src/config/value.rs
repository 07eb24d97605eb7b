//! What a setting is set to, and how that is read from the three places that say it: a file, a variable, a flag.

use std::fmt;

use toml::de::DeValue;

use super::table::{Each, Setting, Shape, formats};
use crate::rules::nearest;
use crate::verify::{MailHost, Proxy};

/// Stands for the proxy that the environment names.
pub const PROXY_ENV: &str = "env";

/// Stands for no proxy.
pub const PROXY_NONE: &str = "none";

/// A value that fits the shape of its setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of a flag.
    Flag(bool),
    /// Of a number.
    Number(u64),
    /// Of a size; none for no limit.
    Size(Option<u64>),
    /// Of a choice or a text.
    Text(String),
}

impl fmt::Display for Value {
    /// As TOML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) | Self::Size(Some(number)) => write!(f, "{number}"),
            Self::Size(None) => f.write_str("\"none\""),
            Self::Text(text) => f.write_str(&quoted(text)),
        }
    }
}

/// `text` as TOML.
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The one value in a file that sets `setting`, which is no list.
pub fn of_toml(setting: &Setting, value: &DeValue<'_>) -> Result<Value, String> {
    let wrong = || format!("`{}` {}, not {}", setting.key, wanted(setting), kind(value));
    match (setting.shape, value) {
        (Shape::Flag, DeValue::Boolean(flag)) => Ok(Value::Flag(*flag)),
        (Shape::Number { .. } | Shape::Size, DeValue::Integer(integer)) => {
            let (key, text) = (setting.key, integer.as_str());
            let wrong = || format!("`{key}` {}, not {text}", wanted(setting));
            let number = u64::from_str_radix(text, integer.radix()).map_err(|_| wrong())?;
            match setting.shape {
                Shape::Size => Ok(Value::Size(Some(number))),
                _ => of_number(setting, number),
            }
        }
        (Shape::Size | Shape::Choice(_) | Shape::Proxy, DeValue::String(text)) => {
            of_text(setting, text)
        }
        _ => Err(wrong()),
    }
}

/// The value that a variable or a flag gives to `setting`, which is no list.
pub fn of_text(setting: &Setting, text: &str) -> Result<Value, String> {
    let wrong = || {
        format!(
            "`{}` {}, not {}",
            setting.key,
            wanted(setting),
            quoted(text)
        )
    };
    match setting.shape {
        Shape::Flag => match text {
            "true" | "1" => Ok(Value::Flag(true)),
            "false" | "0" => Ok(Value::Flag(false)),
            _ => Err(wrong()),
        },
        Shape::Number { .. } => of_number(setting, text.parse().map_err(|_| wrong())?),
        Shape::Size if text == "none" => Ok(Value::Size(None)),
        Shape::Size => Ok(Value::Size(Some(size(text).ok_or_else(wrong)?))),
        Shape::Choice(known) => {
            let known = known();
            if known.contains(&text) {
                Ok(Value::Text(text.to_owned()))
            } else {
                Err(unknown(what(setting), text, &known))
            }
        }
        Shape::Proxy => check_proxy(text)
            .map(|()| Value::Text(text.to_owned()))
            .map_err(|problem| format!("`{}`: {problem}", setting.key)),
        Shape::Texts(_) => Err(wrong()),
    }
}

fn of_number(setting: &Setting, number: u64) -> Result<Value, String> {
    match setting.shape {
        Shape::Number { least, most } if number < least || number > most => Err(format!(
            "`{}` is at least {least} and at most {most}, not {number}",
            setting.key
        )),
        _ => Ok(Value::Number(number)),
    }
}

/// Whether `text` is a proxy's URL, or a word that stands for one. What is wrong is told without the text: it may hold a password.
pub fn check_proxy(text: &str) -> Result<(), String> {
    match text {
        "" | PROXY_NONE | PROXY_ENV => Ok(()),
        url => Proxy::parse(url)
            .map(drop)
            .map_err(|problem| format!("{problem}, `{PROXY_ENV}` or `{PROXY_NONE}`")),
    }
}

/// Bytes, with the units that git uses for such limits.
pub fn size(text: &str) -> Option<u64> {
    let (digits, unit) = match text.char_indices().next_back()? {
        (at, 'k' | 'K') => (&text[..at], 1 << 10),
        (at, 'm' | 'M') => (&text[..at], 1 << 20),
        (at, 'g' | 'G') => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    // a sign would be read as well
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// What one text of the list `setting` has to be; `names_no_file` where it may not lead to a file that is written.
pub fn check_text(
    setting: &Setting,
    each: Each,
    text: &str,
    names_no_file: bool,
) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(format!("a text of `{}` is empty", setting.key));
    }
    match each {
        Each::Format => {
            let (name, file) = match text.split_once('=') {
                Some((name, file)) => (name, Some(file)),
                None => (text, None),
            };
            if !formats().contains(&name) {
                return Err(unknown("format", name, &formats()));
            }
            match file {
                Some("") => Err(format!("{} names no file", quoted(text))),
                Some(_) if names_no_file => Err(format!(
                    "{} names a file to write, which a repository's own configuration can't; give --format {text}",
                    quoted(text)
                )),
                _ => Ok(()),
            }
        }
        Each::Host => MailHost::parse(text).map(drop),
        Each::Rule | Each::Path | Each::Word => Ok(()),
    }
}

/// What `setting` has to be, as the rest of a sentence.
pub fn wanted(setting: &Setting) -> String {
    match setting.shape {
        Shape::Flag => "is true or false".to_owned(),
        Shape::Number { least, most } => format!("is a whole number from {least} to {most}"),
        Shape::Size => "is a number of bytes, a text such as \"10M\", or \"none\"".to_owned(),
        Shape::Choice(known) => {
            let known: Vec<String> = known().into_iter().map(quoted).collect();
            format!("is one of {}", known.join(", "))
        }
        Shape::Proxy => "is a URL, \"env\" or \"none\"".to_owned(),
        Shape::Texts(_) => format!("is a list of texts, such as {}", setting.example),
    }
}

/// What stands in a file, for people.
pub fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// That `name` is no `what`, with the nearest one that there is, or all of them.
pub fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let hint = match nearest(name, known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("known: {}", known.join(", ")),
    };
    format!("unknown {what} `{name}`; {hint}")
}

/// What the words of a choice are called.
fn what(setting: &Setting) -> &'static str {
    match setting.key {
        "fail_on" => "severity",
        "min_confidence" => "confidence",
        _ => "value",
    }
}
