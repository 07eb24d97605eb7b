//! A rule as code scanning services show it.
//!
//! The property keys and the words in them are those of GitHub's code scanning; other services ignore
//! what they do not know. Everything here comes from the rule and nothing from a finding.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Message, level};
use crate::model::{Confidence, Severity};
use crate::rules::Rule;

/// A rule as the service shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor<'a> {
    id: &'a str,
    name: String,
    short_description: Message,
    full_description: Message,
    help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'a str>,
    default_configuration: Configuration,
    properties: RuleProperties,
}

impl<'a> Descriptor<'a> {
    pub(super) fn new(rule: &'a Rule) -> Self {
        let why = if rule.why.is_empty() {
            &rule.title
        } else {
            &rule.why
        };
        Self {
            id: &rule.id,
            name: pascal_case(&rule.id),
            short_description: Message::new(rule.title.to_string()),
            full_description: Message::new(why.to_string()),
            help: Help::new(rule, why),
            help_uri: rule
                .references
                .iter()
                .map(AsRef::as_ref)
                .find(|reference: &&str| reference.starts_with("https://")),
            default_configuration: Configuration {
                level: level(rule.severity),
            },
            properties: RuleProperties {
                tags: tags(rule),
                precision: precision(rule.confidence),
                problem_severity: problem_severity(rule.severity),
                security_severity: security_severity(rule.severity),
            },
        }
    }
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

impl Help {
    fn new(rule: &Rule, why: &str) -> Self {
        let mut text = why.to_owned();
        let mut markdown = why.to_owned();
        // Writing to a String cannot fail.
        if !rule.remedy.is_empty() {
            text.push_str("\n\nWhat to do:");
            markdown.push_str("\n\n**What to do**\n");
            for (step, number) in rule.remedy.iter().zip(1..) {
                let _ = write!(text, "\n{number}. {step}");
                let _ = write!(markdown, "\n{number}. {step}");
            }
        }
        if !rule.references.is_empty() {
            text.push_str("\n\nReferences:");
            markdown.push_str("\n\n**References**\n");
            for reference in rule.references.iter() {
                let _ = write!(text, "\n- {reference}");
                if reference.starts_with("https://") {
                    let _ = write!(markdown, "\n- <{reference}>");
                } else {
                    let _ = write!(markdown, "\n- {reference}");
                }
            }
        }
        Self { text, markdown }
    }
}

/// The rule's controls beside two fixed tags. A weakness number is given once more in the form by which
/// GitHub lets one filter.
fn tags(rule: &Rule) -> Vec<String> {
    let mut tags = vec!["security".to_owned(), "secret".to_owned()];
    for control in rule.controls.iter() {
        tags.push(control.to_string());
        if let Some(number) = control.strip_prefix("CWE-") {
            tags.push(format!("external/cwe/cwe-{number}"));
        }
    }
    tags
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

/// A score in the middle of the band that the service calls by the same word: critical above 9.0, high
/// from 7.0, medium from 4.0, low below.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.1",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    }
}

/// `sendgrid-api-key` as `SendgridApiKey`.
fn pascal_case(id: &str) -> String {
    id.split('-')
        .flat_map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_names_are_in_pascal_case() {
        assert_eq!(pascal_case("sendgrid-api-key"), "SendgridApiKey");
        assert_eq!(pascal_case("x--2y"), "X2y");
    }
}
