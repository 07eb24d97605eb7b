//! Settings that a build puts into what browsers are sent: `NEXT_PUBLIC_…`, `VITE_…`.
//!
//! A secret under such a name is public wherever the application is, whatever git ignores. Looks at the line of a finding
//! alone, and only where something was found.

use std::borrow::Cow;

use crate::model::{Finding, Severity};

/// How the names begin that frameworks compile into client code.
const PREFIXES: [&[u8]; 10] = [
    b"NEXT_PUBLIC_",
    b"VITE_",
    b"REACT_APP_",
    b"VUE_APP_",
    b"NUXT_PUBLIC_",
    b"GATSBY_",
    b"EXPO_PUBLIC_",
    b"PUBLIC_",
    b"STORYBOOK_",
    b"NG_APP_",
];

/// Bytes before a value in which its name is looked for.
const NAME: usize = 160;

/// Whether the value at `secret` is given to a name that ends up in browsers: one before it on its line, or on the line before where
/// that one holds `value` and no more.
fn is_shipped(bytes: &[u8], secret: usize) -> bool {
    let stretch = &bytes[secret.saturating_sub(NAME)..secret];
    let line = memchr::memrchr(b'\n', stretch).map_or(0, |at| at + 1);
    let is_value = stretch[line..]
        .trim_ascii()
        .strip_prefix(b"value")
        .is_some_and(|rest| !rest.iter().any(u8::is_ascii_alphanumeric));
    let from = if is_value && line > 0 {
        memchr::memrchr(b'\n', &stretch[..line - 1]).map_or(0, |at| at + 1)
    } else {
        line
    };
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    stretch[from..]
        .split(|byte| !is_word(byte))
        .any(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
}

/// Raises the severity of `finding` by a step and says why, if its value, at `secret`, ends up in browsers.
pub fn raise_if_shipped(finding: &mut Finding, bytes: &[u8], secret: usize) {
    if !is_shipped(bytes, secret) {
        return;
    }
    finding.severity = match finding.severity {
        Severity::Critical | Severity::High => Severity::Critical,
        Severity::Medium => Severity::High,
        Severity::Low => Severity::Medium,
        Severity::Info => Severity::Info,
    };
    finding.notes.push(Cow::Borrowed(
        "its name says that builds put it into what browsers are sent, so ignoring the file hides nothing",
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(text: &str) -> bool {
        is_shipped(text.as_bytes(), text.len())
    }

    #[test]
    fn a_name_that_a_build_ships_counts_on_the_line_of_the_value() {
        assert!(shipped("A=b\nNEXT_PUBLIC_SMTP_PASSWORD="));
        assert!(shipped("const k = process.env.VITE_KEY || '"));
        assert!(shipped("PUBLIC_MAIL_KEY=\""));
        assert!(shipped("- name: REACT_APP_KEY\n  value: "));
        assert!(!shipped("REPUBLIC_KEY="));
        assert!(!shipped("VITE_KEY=x\nKEY="));
        assert!(!shipped("INVITE_KEY="));
    }
}
