//! What a terminal and the log of a CI job may be sent: escaping and colour.
//!
//! Names and lines of scanned files are chosen by others. A control character could move the cursor or
//! retitle the window, a bidirectional control could make a line read as another. Both are shown as
//! escapes, in text and in JSON alike, because JSON ends up on terminals too. So is what a CI runner obeys wherever it
//! stands in a line of a job's output: `##[…]` on GitHub, `##vso[…]` on Azure, `##teamcity[…]`.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use anstyle::{AnsiColor, Style};

use crate::model::{Severity, Verdict, display_path};

/// Whether `c` could change how its surroundings are shown without being seen itself. Joiners
/// (U+200C, U+200D) are let through: scripts and emoji need them.
pub(super) fn is_hazard(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether `text` begins with what a CI runner takes for a command in the middle of a line.
fn is_command(text: &str) -> bool {
    text.strip_prefix("##").is_some_and(|rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .starts_with('[')
    })
}

/// `text` with every hazard written as `\xNN` or `\u{NNNN}`, as [`display_path`] does.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let code = u32::from(c);
        // Writing to a String cannot fail.
        let _ = match c {
            '#' if is_command(&text[at..]) => write!(out, "\\x{code:02x}"),
            _ if !is_hazard(c) => out.write_char(c),
            _ if code < 0x100 => write!(out, "\\x{code:02x}"),
            _ => write!(out, "\\u{{{code:x}}}"),
        };
    }
    out
}

/// `line`, which is escaped, with something before it if a CI runner would take it for a command: GitHub's begin with `::`. A
/// path stays the same path.
pub(super) fn line(line: &str) -> Cow<'_, str> {
    if line.trim_start().starts_with("::") {
        Cow::Owned(format!("./{line}"))
    } else {
        Cow::Borrowed(line)
    }
}

/// Path bytes as text for people.
pub(super) fn path(path: &[u8]) -> String {
    escape(&display_path(path))
}

/// JSON text with every hazard inside its strings written as `\uNNNN`: the same document to a parser,
/// harmless to a terminal and to readers that split lines at U+2028. JSON has no hazard outside
/// strings but the newlines between tokens.
pub(super) fn escape_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for (at, c) in json.char_indices() {
        let is_command = c == '#' && is_command(&json[at..]);
        if !is_command && (c == '\n' || !is_hazard(c)) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

/// What a stretch of text is, which decides its colour.
#[derive(Clone, Copy)]
pub(super) enum Role {
    /// Where a finding is.
    Place,
    /// How bad it is.
    Severity(Severity),
    /// Line numbers and rules beside a quoted line.
    Gutter,
    /// What its provider says of it.
    Verdict(Verdict),
    /// What to do.
    Remedy,
    /// A good end.
    Good,
    /// A bad end.
    Bad,
}

impl Role {
    fn style(self) -> Style {
        let colored = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        match self {
            Self::Place => Style::new().bold(),
            Self::Severity(Severity::Critical | Severity::High)
            | Self::Verdict(Verdict::Live | Verdict::LiveRestricted)
            | Self::Bad => colored(AnsiColor::Red).bold(),
            Self::Severity(Severity::Medium) | Self::Verdict(Verdict::Unknown) => {
                colored(AnsiColor::Yellow).bold()
            }
            Self::Severity(Severity::Low | Severity::Info)
            | Self::Verdict(Verdict::Test | Verdict::Rejected) => colored(AnsiColor::Cyan),
            Self::Gutter | Self::Verdict(Verdict::Dead) => Style::new().dimmed(),
            Self::Remedy | Self::Good => colored(AnsiColor::Green),
        }
    }
}

/// Colours text, or does not.
#[derive(Clone, Copy)]
pub(super) struct Painter {
    /// Whether escape sequences are written.
    pub(super) color: bool,
}

impl Painter {
    /// `text`, which must be escaped already, in the colour of its role.
    pub(super) fn paint<T: fmt::Display>(self, role: Role, text: T) -> Painted<T> {
        Painted {
            style: if self.color {
                role.style()
            } else {
                Style::new()
            },
            text,
        }
    }
}

/// Text with a style, ready for formatting.
pub(super) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A plain style renders as nothing, both before and after.
        write!(f, "{}{}{:#}", self.style, self.text, self.style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_bidi_are_escaped_and_words_are_not() {
        assert_eq!(
            escape("a\x1b[31m\n\u{9b}\u{202e}\u{61c}é日\u{200d}"),
            "a\\x1b[31m\\x0a\\x9b\\u{202e}\\u{61c}é日\u{200d}"
        );
    }

    #[test]
    fn commands_of_ci_runners_are_broken_up() {
        for (text, shown) in [
            ("a ##[error]b", "a \\x23#[error]b"),
            ("###[group]", "#\\x23#[group]"),
            ("##vso[task.x y=1]", "\\x23#vso[task.x y=1]"),
            ("## [x]", "## [x]"),
            ("##", "##"),
            ("# a [x]", "# a [x]"),
        ] {
            assert_eq!(escape(text), shown);
            let json = escape_json(&serde_json::to_string(text).unwrap());
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            assert_eq!(json.contains("##") && json.contains('['), text == "## [x]");
        }
        assert_eq!(line("::error::x"), "./::error::x");
        assert_eq!(line(" ::error::x"), "./ ::error::x");
        assert_eq!(line("a::b"), "a::b");
    }

    #[test]
    fn paths_show_what_is_not_utf8() {
        assert_eq!(path(b"a\xff\n\xe2\x80\xae"), "a\\xff\\x0a\\u{202e}");
    }

    #[test]
    fn escaped_json_means_the_same() {
        let value = "tag \u{e0041} del \u{7f} csi \u{9b} rtl \u{202e} line \u{2028} esc \u{1b}";
        let json = escape_json(&serde_json::to_string(value).unwrap());
        assert!(json.chars().all(|c| !is_hazard(c)), "{json}");
        assert!(json.contains("\\udb40\\udc41"), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), value);
    }

    #[test]
    fn colour_is_all_or_nothing() {
        let bare = Painter { color: false }.paint(Role::Bad, "x").to_string();
        assert_eq!(bare, "x");
        let colored = Painter { color: true }.paint(Role::Bad, "x").to_string();
        assert!(colored.starts_with('\x1b') && colored.ends_with("\x1b[0m"));
    }
}
