//! A test report in JUnit's XML, as Jenkins, GitLab, Azure and CircleCI read it.
//!
//! One suite. Each finding that counts is a failed test, each that does not is a skipped one, whatever could not be scanned
//! is a test with an error, and each rule that found nothing is a passed test, so that a clean run is seen to have looked for
//! something. The text is XML 1.0 whatever was scanned, and no attribute stands here that the schema of Jenkins does not know,
//! such as the `file` of some other tools: the place is in the name.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::wording::explain;
use super::{Meta, issue, term};
use crate::model::{Finding, Report, Skip};

/// Writes the document.
pub(super) fn render(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let in_history = report.coverage.objects.is_some();
    let errors: Vec<&Skip> = report
        .coverage
        .named
        .iter()
        .filter(|skip| skip.reason.is_failure())
        .collect();
    let counts = |finding: &&Finding| meta.fail_on.counts(finding);
    let failures = report.findings.iter().filter(counts).count();
    let skipped = report.findings.len() - failures;
    let found: BTreeSet<&str> = report.findings.iter().map(|it| it.rule.as_ref()).collect();
    let passed: Vec<&str> = meta
        .rules
        .iter()
        .map(|rule| rule.id.as_ref())
        .filter(|rule| !found.contains(rule))
        .collect();
    // what could not be scanned may hold what any rule looks for
    let passed = if errors.is_empty() {
        passed
    } else {
        Vec::new()
    };
    let tests = errors.len() + report.findings.len() + passed.len();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites>")?;
    let head = Element::new("testsuite")
        .with("name", "waxseal")
        .with("tests", &tests.to_string())
        .with("failures", &failures.to_string())
        .with("errors", &errors.len().to_string())
        .with("skipped", &skipped.to_string());
    writeln!(out, "  {}", head.open())?;
    for skip in errors {
        error(skip, in_history, out)?;
    }
    for finding in &report.findings {
        test(finding, meta, out)?;
    }
    for rule in passed {
        let case = Element::new("testcase")
            .with("classname", "waxseal")
            .with("name", rule);
        writeln!(out, "    {}", case.empty())?;
    }
    writeln!(out, "  </testsuite>")?;
    writeln!(out, "</testsuites>")
}

/// A test with an error: what was not scanned.
fn error(skip: &Skip, in_history: bool, out: &mut dyn Write) -> io::Result<()> {
    let case = Element::new("testcase")
        .with("classname", "waxseal.not-scanned")
        .with("name", &term::path(&skip.path));
    writeln!(out, "    {}", case.open())?;
    let problem = explain(skip, in_history);
    let error = Element::new("error")
        .with("type", skip.reason.id())
        .with("message", &problem);
    writeln!(out, "      {}", error.empty())?;
    writeln!(out, "    </testcase>")
}

/// A failed test, or a skipped one if the finding lets the run pass.
fn test(finding: &Finding, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let headline = issue::headline(finding);
    let case = Element::new("testcase")
        .with("classname", &format!("waxseal.{}", finding.rule))
        .with("name", &headline);
    writeln!(out, "    {}", case.open())?;
    let (told, severity) = (issue::told(finding, meta), finding.severity.id());
    if !meta.fail_on.counts(finding) {
        let skipped = Element::new("skipped").with("message", &told);
        writeln!(out, "      {}", skipped.empty())?;
    } else {
        let failure = Element::new("failure")
            .with("type", severity)
            .with("message", &told);
        let rule = meta.rule(&finding.rule);
        let mut body = format!("{headline}  {severity}  {}\n", finding.rule);
        if !finding.excerpt.0.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(
                body,
                "  {} | {}",
                finding.place.line,
                term::escape(&finding.excerpt.0)
            );
        }
        for step in rule.map_or(&[][..], |rule| &rule.remedy) {
            let _ = writeln!(body, "  fix: {}", term::escape(step));
        }
        let _ = write!(body, "  fingerprint: {}", finding.fingerprint);
        // the line ends are ours: all else is escaped already
        let lines: Vec<String> = body.lines().map(escaped).collect();
        let body = lines.join("\n");
        writeln!(out, "      {}{body}</failure>", failure.open())?;
    }
    writeln!(out, "    </testcase>")
}

/// A tag that grows attribute by attribute.
struct Element {
    text: String,
}

impl Element {
    fn new(name: &str) -> Self {
        Self {
            text: format!("<{name}"),
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        // Writing to a String cannot fail.
        let _ = write!(self.text, " {name}=\"{}\"", escaped(value));
        self
    }

    fn open(self) -> String {
        self.text + ">"
    }

    fn empty(self) -> String {
        self.text + "/>"
    }
}

/// `text` as it may stand in an attribute or between tags: no markup, and no character that XML 1.0 does not have or that
/// changes how others are shown.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in term::escape(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_holds_no_markup_and_nothing_that_xml_lacks() {
        assert_eq!(
            escaped("<a b=\"c\" d='e'>&\u{0}\u{b}\n\u{ffff}\u{fffe}\u{1f600}]]>"),
            "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;\\x00\\x0b\\x0a\\u{ffff}\\u{fffe}\u{1f600}]]&gt;"
        );
    }
}
