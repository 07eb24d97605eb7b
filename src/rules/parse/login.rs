//! The tables `[rule.encoded]` and `[rule.command]` of a rule file: logins as they are sent, and as they are typed.
//!
//! What all kinds of rule share, `parse` reads itself.

use std::borrow::Cow;

use serde::Deserialize;

use super::{check_value_regex, strings};
use crate::rules::{Command, Encoded, EncodedForm, Program};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEncoded {
    form: String,
    host: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCommand {
    host: String,
    program: Vec<RawProgram>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProgram {
    name: String,
    #[serde(default)]
    login: Vec<String>,
    #[serde(default)]
    user: Vec<String>,
    #[serde(default)]
    password: Vec<String>,
    #[serde(default)]
    host: Vec<String>,
    #[serde(default)]
    port: Vec<String>,
    #[serde(default)]
    needs_host: bool,
}

pub(super) fn encoded_kind(raw: RawEncoded) -> Result<Encoded, String> {
    check_host(&raw.host)?;
    let form = match raw.form.as_str() {
        "sasl" => EncodedForm::Sasl,
        "basic" => EncodedForm::Basic,
        other => return Err(format!("unknown form `{other}`; known: sasl, basic")),
    };
    Ok(Encoded {
        form,
        host: Cow::Owned(raw.host),
    })
}

pub(super) fn command_kind(raw: RawCommand) -> Result<Command, String> {
    check_host(&raw.host)?;
    if raw.program.is_empty() {
        return Err("give at least one [[rule.command.program]]".to_owned());
    }
    let mut programs = Vec::new();
    for program in raw.program {
        let mut options = program.login.iter().chain(&program.password);
        if options.next().is_none() || program.name.is_empty() {
            return Err(
                "a program has a `name`, and options in `login` or in `password`".to_owned(),
            );
        }
        programs.push(Program {
            name: Cow::Owned(program.name),
            login: strings(program.login),
            user: strings(program.user),
            password: strings(program.password),
            host: strings(program.host),
            port: strings(program.port),
            needs_host: program.needs_host,
        });
    }
    Ok(Command {
        host: Cow::Owned(raw.host),
        programs: Cow::Owned(programs),
    })
}

/// A pattern that says where a login goes.
fn check_host(pattern: &str) -> Result<(), String> {
    check_value_regex("host", pattern)?;
    let named = crate::rules::regex(pattern)
        .is_ok_and(|regex| regex.capture_names().any(|name| name == Some("host")));
    if named {
        Ok(())
    } else {
        Err("`host` needs a group `host`".to_owned())
    }
}
