//! Whose login is it? A login that a rule found by its settings is named by the rule that knows its provider.
//!
//! Host, user or key say whose it is, the form of the password whether it is what that provider hands out. Runs only where
//! something was found, so it costs no anchor. Finds nothing by itself.

use crate::model::{Confidence, Span};
use crate::rules::{Context, Kind, ValueKind};
use crate::scan::Scanner;
use crate::scan::candidate::Candidate;

use super::{Compiled, Slot, Text};

/// Gives each of `candidates`, just found in `text`, to the first rule that names its login better.
pub fn name(scanner: &Scanner, text: &Text<'_>, candidates: &mut [Candidate]) {
    for candidate in candidates {
        let found_by = &scanner.rules[usize::from(candidate.rule)].rule;
        let is_login = match &found_by.kind {
            Kind::Token(token) => token.value == ValueKind::Password,
            Kind::Assignment(assignment) => assignment.context == Context::Mail,
            Kind::Command(_) => true,
            // user and password stand there in base64, which no rule about them can read
            Kind::Encoded(_) | Kind::Pair(_) | Kind::File(_) | Kind::Login | Kind::Foreign(_) => {
                false
            }
        };
        if !is_login || found_by.login.is_some() {
            continue;
        }
        let better = scanner
            .logins
            .iter()
            .map(|ix| &scanner.rules[usize::from(*ix)])
            .find(|rule| fits(rule, text, candidate));
        let Some(better) = better else {
            continue;
        };
        if candidate.severity == found_by.severity {
            candidate.severity = better.rule.severity;
        }
        // what made the login doubtful is still there
        if candidate.confidence != Confidence::Low {
            candidate.confidence = better.rule.confidence;
        }
        candidate.rule = better.ix;
    }
}

/// Whether the login is one that `rule` names.
fn fits(rule: &Compiled, text: &Text<'_>, candidate: &Candidate) -> bool {
    let part = |name: &str| {
        candidate
            .parts
            .iter()
            .find(|part| part.name == name)
            .map(|part| part.span)
    };
    let says = |slot, span: Option<Span>| {
        span.is_some_and(|span| {
            rule.regex(slot)
                .is_some_and(|regex| regex.is_match(text.slice(span.range())))
        })
    };
    let user = part("user");
    // where a user would rule the login out, an unknown one proves nothing
    let user_counts = rule.regex(Slot::NotUsers).is_some();
    let named = (says(Slot::Hosts, part("host")) && (user.is_some() || !user_counts))
        || says(Slot::Users, user)
        || says(Slot::Keys, candidate.key);
    named
        && !says(Slot::NotUsers, user)
        && rule
            .regex(Slot::Form)
            .is_none_or(|regex| regex.is_match(text.slice(candidate.secret.range())))
}
