//! What is to be proved: a finding's value with its companions. Borrowed from findings, and never kept.

use crate::model::{Finding, FindingPart, Secret};

/// One credential to ask about.
#[derive(Clone, Copy, Debug)]
pub struct Credential<'f> {
    /// Id of the rule that found it.
    pub rule: &'f str,
    /// The secret half.
    pub secret: &'f Secret,
    /// Its companions: `sid`, `host`, `port`, `user`, `region` …
    pub parts: &'f [FindingPart],
    /// Account ids that were found elsewhere in the same scan, likeliest first, for a secret whose own one is missing or was
    /// guessed. A verifier tries a few of them at most.
    pub others: &'f [Secret],
}

impl<'f> Credential<'f> {
    /// That of `finding`.
    pub fn of(finding: &'f Finding, others: &'f [Secret]) -> Self {
        Self {
            rule: &finding.rule,
            secret: &finding.secret,
            parts: &finding.parts,
            others,
        }
    }

    /// The companion called `name`.
    pub fn part(&self, name: &str) -> Option<&'f Secret> {
        let part = self.parts.iter().find(|part| part.name == name)?;
        Some(&part.value)
    }

    /// The provider whose mail server stands beside it, by the name that endpoints have.
    pub fn mail_provider(&self) -> Option<&'static str> {
        super::smtp::provider_beside(self)
    }

    /// The text of the companion called `name`, if it is one that can stand in a header.
    pub(super) fn text(&self, name: &str) -> Option<&'f str> {
        visible(self.part(name)?)
    }

    /// The text of the secret, likewise.
    pub(super) fn secret_text(&self) -> Option<&'f str> {
        visible(self.secret)
    }

    /// Whether the secret or its user holds what may be an escape of the file that it stands in: a backslash, an entity, a sign twice.
    pub(super) fn is_spelled(&self) -> bool {
        let user = self.part("user").map(bytes);
        [Some(self.secret_bytes()), user]
            .into_iter()
            .flatten()
            .any(has_escape)
    }

    pub(super) fn secret_bytes(&self) -> &'f [u8] {
        bytes(self.secret)
    }
}

fn has_escape(value: &[u8]) -> bool {
    let is_entity = |rest: &[u8]| {
        let name = rest
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'#');
        let len = name.count();
        len > 0 && rest.get(len) == Some(&b';')
    };
    (0..value.len()).any(|at| match &value[at..] {
        [b'\\', ..] | [b'"', b'"', ..] | [b'\'', b'\'', ..] | [b'$', b'$', ..] => true,
        [b'&', rest @ ..] => is_entity(rest),
        _ => false,
    })
}

/// The text of `secret` if it is visible ASCII: nothing else goes into a header, where a line break would begin another.
pub(super) fn visible(secret: &Secret) -> Option<&str> {
    let bytes = bytes(secret);
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "verification is one of the two uses of the raw value"
)]
pub(super) fn bytes(secret: &Secret) -> &[u8] {
    secret.expose()
}

#[cfg(test)]
mod tests {
    use super::has_escape;

    #[test]
    fn escapes_are_told_from_signs_that_passwords_hold() {
        for spelled in [
            r#"a\"b"#,
            r"a\u0026b",
            "a&amp;b",
            "a&#60;b",
            "it''s",
            "say \"\"x",
            "a$$b",
        ] {
            assert!(has_escape(spelled.as_bytes()), "{spelled}");
        }
        for plain in ["a&b", "a&b;", "R$d&x y;", "it's", "a$b", "50%;", "&;", ""] {
            assert_eq!(has_escape(plain.as_bytes()), plain == "a&b;", "{plain}");
        }
    }
}
