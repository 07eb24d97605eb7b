//! What a scan yields.

use std::borrow::Cow;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::meant::meant;
use super::{
    Allowed, FingerprintKey, History, ObjectKind, Origin, Secret, Store, Verdict, Verified,
};

/// How bad a leak of this kind is, whatever the certainty that it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never fails a run.
    Info,
    /// An identifier, or a credential that can do little.
    Low,
    /// A credential of limited use, or a file that tends to hold some.
    Medium,
    /// A login or key that opens an account.
    High,
    /// A provider credential that sends mail or messages, or controls an account.
    Critical,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: [Severity; 5] = [
        Self::Info,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// The name used in rules, options and reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How sure it is that the value is a real credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The name or the place fits; the value may be anything.
    Low,
    /// Name, place and value fit.
    Medium,
    /// The value has a shape that only this kind of credential has.
    High,
}

impl Confidence {
    /// Every level, least sure first.
    pub const ALL: [Confidence; 3] = [Self::Low, Self::Medium, Self::High];

    /// The name used in rules, options and reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A layer that had to be taken off before the secret could be read, outermost first in a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// UTF-16, little or big endian.
    Utf16,
    /// Base64, standard or URL alphabet, wrapped or not.
    Base64,
    /// Hexadecimal digits.
    Hex,
    /// Percent escapes.
    Percent,
    /// `\uXXXX`, `\xXX` and octal escapes.
    Escape,
    /// HTML or XML character references.
    Html,
    /// Adjacent or concatenated string literals.
    Joined,
}

impl Encoding {
    /// Every layer.
    pub const ALL: [Encoding; 7] = [
        Self::Utf16,
        Self::Base64,
        Self::Hex,
        Self::Percent,
        Self::Escape,
        Self::Html,
        Self::Joined,
    ];

    /// The name used in rules and reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Utf16 => "utf-16",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Escape => "escape",
            Self::Html => "html",
            Self::Joined => "joined",
        }
    }
}

/// A range in the stored file. Lines and columns count from 1, columns in Unicode code points of the
/// file's own encoding; the end is exclusive. A byte that is not UTF-8 counts as one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Byte offset in the stored file of the first byte.
    pub start: u64,
    /// Byte offset one past the last byte.
    pub end: u64,
    /// Line of the first byte.
    pub line: u64,
    /// Column of the first byte.
    pub column: u64,
    /// Line of the last byte.
    pub end_line: u64,
    /// Column one past the last byte.
    pub end_column: u64,
}

impl Place {
    /// Where a file as a whole is shown: its beginning, empty.
    pub const TOP: Self = Self {
        start: 0,
        end: 0,
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
    };
}

/// One line of the file around a secret, with every secret on it already cut out. Printable characters
/// only, at most [`Excerpt::MAX`] characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt(pub String);

impl Excerpt {
    /// Longest excerpt, in characters.
    pub const MAX: usize = 160;
}

/// A companion of the secret: the other half of a pair, the host and user of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingPart {
    /// What it is: `sid`, `host`, `port`, `user` …
    pub name: Cow<'static, str>,
    /// Its value. Kept as a [`Secret`] because a reader may misjudge what is one.
    pub value: Secret,
    /// Where it stands.
    pub place: Place,
}

/// A keyed digest of rule and value.
///
/// HMAC-SHA-256 over `rule id`, NUL, value as it is meant. It does not hold path, line or surroundings, so it stays the
/// same when lines move, files are renamed, quotes change and escapes with them, and it changes when the secret does. The key
/// keeps a reader of a published report from testing guesses against it with a ready-made table; see
/// `docs/design.md` for where the key comes from and what it does not protect. Half of the digest is kept: enough never to
/// collide by chance, short enough to paste.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The fingerprint of `secret` under `rule`.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    #[expect(
        clippy::disallowed_methods,
        reason = "a fingerprint is one of the two uses of the raw value"
    )]
    pub fn new(key: &[u8], rule: &str, secret: &Secret) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(rule.as_bytes());
        mac.update(&[0]);
        mac.update(&meant(secret.expose()));
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        Self(half)
    }

    /// The fingerprint that is written as `digits`: 32 hexadecimal ones, in lower case.
    pub fn parse(digits: &[u8]) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let digits: &[u8; 32] = digits.try_into().ok()?;
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// Its first eight bytes as a number.
    pub fn head(&self) -> u64 {
        self.0[..8]
            .iter()
            .fold(0, |head, byte| head << 8 | u64::from(*byte))
    }
}

impl fmt::Display for Fingerprint {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// One leak in one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Id of the rule that found it.
    pub rule: Cow<'static, str>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The value; empty for a finding about a file as a whole.
    pub secret: Secret,
    /// Its companions, in the order of their places.
    pub parts: Vec<FindingPart>,
    /// The blob it is in.
    pub origin: Origin<'static>,
    /// Where the secret stands; line 1, column 1, empty for a finding about a file as a whole.
    pub place: Place,
    /// The line it stands on, masked.
    pub excerpt: Excerpt,
    /// Layers taken off to read it, outermost first.
    pub encodings: Vec<Encoding>,
    /// Names the value, not the place.
    pub fingerprint: Fingerprint,
    /// Anything worth telling about this one finding, a clause each.
    pub notes: Vec<Cow<'static, str>>,
    /// Where it came from, if a history was scanned.
    pub history: Option<Box<History>>,
    /// The comment that lets it pass, if one does. A report keeps such findings apart: see [`super::Report::sort`].
    pub allowed: Option<Box<Allowed>>,
    /// What its provider says of it, if that was asked.
    pub verified: Option<Box<Verified>>,
}

impl Finding {
    /// Its fingerprint under another key.
    pub fn fingerprint_by(&self, key: &FingerprintKey) -> Fingerprint {
        if self.secret.is_empty() {
            // it is about a file as a whole, whose path is the value
            let path = Secret::new(&self.origin.within, 0);
            return Fingerprint::new(key.as_bytes(), &self.rule, &path);
        }
        Fingerprint::new(key.as_bytes(), &self.rule, &self.secret)
    }

    /// What is the same for findings that stand for each other: the secret, and whether a comment allows it. One that loses its
    /// comment is new.
    pub fn standing(&self) -> (Fingerprint, bool) {
        (self.fingerprint, self.allowed.is_some())
    }

    /// Whether it works, as far as that was asked.
    pub fn verdict(&self) -> Verdict {
        let verified = self.verified.as_ref();
        verified.map_or(Verdict::Unknown, |verified| verified.verdict)
    }

    /// Whether something went wrong on the way to an answer.
    pub fn is_unanswered(&self) -> bool {
        let verified = self.verified.as_ref();
        verified.is_some_and(|verified| verified.unanswered)
    }

    /// Takes in what its provider says of it, which has a say in how bad it is.
    pub fn settle(&mut self, mut verified: Verified) {
        let rated = verified.verdict.rate(self.severity);
        if rated != self.severity {
            verified.severity_before = Some(self.severity);
            self.severity = rated;
        }
        self.verified = Some(Box::new(verified));
    }

    /// The order of reports: path, then place, then rule; in a history, where many objects have one path, then the object.
    pub fn report_order(a: &Finding, b: &Finding) -> std::cmp::Ordering {
        let object = |finding: &Finding| match finding.origin.store {
            Store::Object(kind, id) => Some((id, kind)),
            Store::Index(id) => Some((id, ObjectKind::Blob)),
            Store::File(_) | Store::Stdin => None,
        };
        (&a.origin.path, a.place, &a.rule)
            .cmp(&(&b.origin.path, b.place, &b.rule))
            .then_with(|| object(a).cmp(&object(b)))
    }
}
