//! Rules that look for nothing: what is told of the scan itself, in the form of rules, so that every format can hold it.

use std::borrow::Cow;

use super::{FileRule, Kind, Rule};
use crate::model::Severity;

/// A range changes the policy of its own scan.
pub const POLICY_CHANGED: &str = "policy-changed";
/// A range brings in a comment that lets a finding pass.
pub const ALLOW_ADDED: &str = "allow-added";
/// A policy lets more pass than anybody can have looked at.
pub const POLICY_TOO_WIDE: &str = "policy-too-wide";

/// Every one of them.
pub fn notices() -> [Rule; 3] {
    [
        notice(
            POLICY_CHANGED,
            "Change of the policy of this scan",
            Severity::Info,
            "Whoever can change the policy of a scan can switch it off, so that a change has no effect before it is merged: this scan \
             went by the policy of the base.",
            "look at the change by hand: from the merge on, scans go by it",
        ),
        notice(
            ALLOW_ADDED,
            "Comment that lets a finding pass",
            Severity::Info,
            "The comment is part of the change that is checked, so that whoever reviews the change has to agree that the value is harmless.",
            "look at the value: only a harmless one may stay",
        ),
        notice(
            POLICY_TOO_WIDE,
            "Policy that lets whole files or all rules pass",
            Severity::High,
            "What it will let pass next nobody has looked at: a secret that is committed there tomorrow is not reported.",
            "narrow it: name the files and the rules that are meant, or allow the one value by a comment beside it",
        ),
    ]
}

/// A rule that looks for nothing itself.
fn notice(
    id: &'static str,
    title: &'static str,
    severity: Severity,
    why: &'static str,
    step: &'static str,
) -> Rule {
    let nothing = Kind::File(FileRule {
        names: Cow::Borrowed(&[]),
        except: Cow::Borrowed(&[]),
        always: true,
    });
    Rule {
        why: why.into(),
        remedy: vec![Cow::Borrowed(step)].into(),
        ..Rule::without_anchors(id.into(), title.into(), severity, nothing)
    }
}
