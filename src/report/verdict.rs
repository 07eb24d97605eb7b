//! What a provider says of a finding, for people.
//!
//! Reasons are our own words, and details are names that the verifier checked: a provider's text gets here never. All is
//! escaped all the same.

use super::term::{self, Painter, Role};
use super::wording::grouped;
use super::{Meta, Verbosity};
use crate::model::{Finding, Verified, VerifiedDetail};

/// How many values of a detail are shown before they are only counted.
const VALUES: usize = 8;

/// The lines about `verified` that stand below the masked line: the verdict with its reason, and what else was learned, a line
/// each.
pub(super) fn lines(finding: &Finding, verified: &Verified, meta: &Meta<'_>) -> Vec<String> {
    let paint = Painter { color: meta.color };
    let verdict = paint.paint(Role::Verdict(verified.verdict), verified.verdict.id());
    let mut lines = vec![format!("{verdict}: {}", told(verified, finding))];
    let most = if meta.verbosity >= Verbosity::Verbose {
        usize::MAX
    } else {
        VALUES
    };
    lines.extend(verified.details.iter().map(|it| detail(it, most)));
    lines
}

/// `dead: the provider does not know it; api.sendgrid.com was asked`, for where there is one sentence.
pub(super) fn because(verified: &Verified) -> String {
    let mut text = format!("{}: {}", verified.verdict.id(), verified.reason);
    for detail in &verified.details {
        text.push_str("; ");
        text.push_str(&self::detail(detail, VALUES));
    }
    term::escape(&text)
}

fn told(verified: &Verified, finding: &Finding) -> String {
    let mut text = term::escape(&verified.reason);
    if !verified.asked.is_empty() {
        let hosts: Vec<String> = verified.asked.iter().map(|it| term::escape(it)).collect();
        let when = if verified.cached {
            " in an earlier run"
        } else {
            ""
        };
        text.push_str(&format!("; asked {}{when}", hosts.join(", ")));
    }
    if let Some(before) = verified.severity_before {
        let moved = if finding.severity > before {
            "raised"
        } else {
            "lowered"
        };
        text.push_str(&format!("; severity {moved} from {}", before.id()));
    }
    text
}

/// `more than needed: api_keys.create, api_keys.delete and 12 more`.
fn detail(detail: &VerifiedDetail, most: usize) -> String {
    let name = term::escape(&detail.name).replace('-', " ");
    let values: Vec<String> = detail
        .values
        .iter()
        .take(most)
        .map(|value| term::escape(value))
        .collect();
    let rest = detail.values.len() - values.len();
    let more = match rest {
        0 => String::new(),
        rest => format!(" and {} more", grouped(rest as u64)),
    };
    format!("{name}: {}{more}", values.join(", "))
}
