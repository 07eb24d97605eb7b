//! Is a value harmless? Structure first, then forms, then words, then entropy.
//!
//! Pure functions over a value and what is known about it. Nothing here looks at the text around it (that is
//! the matcher's work) or knows a rule. Each refusal has a countable reason, so that a missed secret can be
//! explained. Facts: the placeholders and noise seen in public code and other scanners' lists.

mod forms;
mod shape;
mod words;

pub use shape::{entropy, is_sendgrid_key_structure, is_uuid};

use base64::Engine as _;

use crate::rules::ValueKind;

/// Why a candidate was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Drop {
    /// Nothing between the quotes.
    Empty,
    /// Too short to be a credential.
    TooShort,
    /// `${X}`, `{{ x }}`, `<%= x %>` and the like.
    Template,
    /// A path, URL or reference to a vault.
    Reference,
    /// Ciphertext or a hash.
    Encrypted,
    /// A word that stands where a secret will.
    Placeholder,
    /// A public identifier or a public key.
    Identifier,
    /// The same as its key, user or host.
    Echo,
    /// One character, or very few, over and over.
    Repeated,
    /// `12345678`, `abcdef`, keyboard rows.
    Ramp,
    /// The digest of a dictionary word or of nothing.
    KnownDigest,
    /// Words with spaces between them.
    Prose,
    /// Less entropy than the rule demands.
    LowEntropy,
    /// A longer run, or bytes that must not stand beside it.
    Boundary,
    /// Not of the shape that the rule demands.
    Shape,
    /// Nothing around it says that it is what the rule looks for.
    NoContext,
    /// The host answers nobody from outside, or swallows mail in tests.
    LocalHost,
    /// Host or user are documentation's, and the value is weak.
    Example,
    /// The identifier has no secret near it.
    Unpaired,
    /// Another finding names the same value better.
    Covered,
    /// An allow list of the file that the rule is from lets it pass.
    AllowListed,
    /// The configuration leaves the rule out of the file.
    Excluded,
    /// The configuration says that such a value is none.
    StopWord,
}

impl Drop {
    /// The stable name used in `-vv` output and machine formats.
    pub fn id(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooShort => "too-short",
            Self::Template => "template",
            Self::Reference => "reference",
            Self::Encrypted => "encrypted",
            Self::Placeholder => "placeholder",
            Self::Identifier => "identifier",
            Self::Echo => "echo",
            Self::Repeated => "repeated",
            Self::Ramp => "ramp",
            Self::KnownDigest => "known-digest",
            Self::Prose => "prose",
            Self::LowEntropy => "low-entropy",
            Self::Boundary => "boundary",
            Self::Shape => "shape",
            Self::NoContext => "no-context",
            Self::LocalHost => "local-host",
            Self::Example => "example",
            Self::Unpaired => "unpaired",
            Self::Covered => "covered",
            Self::AllowListed => "allow-listed",
            Self::Excluded => "excluded",
            Self::StopWord => "stop-word",
        }
    }
}

/// What is known about a value that is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Machine-made, or a password.
    pub kind: ValueKind,
    /// The key it is given to; empty where there is none.
    pub key: &'a [u8],
    /// Least entropy, bits a byte.
    pub min_entropy: f32,
}

/// Shortest password that is reported, bytes. Three-letter values are labels and samples in every file read.
const MIN_PASSWORD: usize = 4;

/// Whether a value is a short number, or one as code writes it: a port, a code of an error, a limit, `0x02`.
fn is_number(value: &[u8]) -> bool {
    const DIGITS: usize = 5;
    let hex = value.strip_prefix(b"0x").or(value.strip_prefix(b"0X"));
    hex.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        || (value.len() <= DIGITS && value.iter().all(u8::is_ascii_digit))
}

/// Whether `value` is harmless by itself, and why.
pub fn judge(value: &[u8], about: About<'_>) -> Option<Drop> {
    let value = value.trim_ascii();
    if value.is_empty() {
        return Some(Drop::Empty);
    }
    forms::harmless(value)
        .or_else(|| (value.len() < MIN_PASSWORD || is_number(value)).then_some(Drop::TooShort))
        .or_else(|| shape::harmless(value, about.kind))
        .or_else(|| words::is_placeholder(value, about.kind).then_some(Drop::Placeholder))
        .or_else(|| words::echoes(value, about.key).then_some(Drop::Echo))
        .or_else(|| (entropy(value) < about.min_entropy).then_some(Drop::LowEntropy))
}

/// Whether a value given to a key is a public identifier rather than a secret.
pub fn is_identifier(value: &[u8]) -> bool {
    forms::is_identifier(value.trim_ascii())
}

/// Whether a host answers nobody outside the machine it is named on, or exists to swallow test mail.
pub fn is_local_host(host: &[u8]) -> bool {
    words::is_local_host(host)
}

/// What the host of a login says of its password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostSays {
    /// Nothing: judge the password by itself.
    Nothing,
    /// It belongs to an example, but is too good for one.
    Doubtful,
    /// It harms nobody.
    Harmless(Drop),
}

/// What `host` says of the password `value`: one for a host that answers nobody is harmless, and so is a weak one for a
/// host of documentation.
pub fn host_says(host: &[u8], value: &[u8]) -> HostSays {
    if is_local_host(host) {
        HostSays::Harmless(Drop::LocalHost)
    } else if !is_example_host(host) {
        HostSays::Nothing
    } else if is_weak(value) {
        HostSays::Harmless(Drop::Example)
    } else {
        HostSays::Doubtful
    }
}

/// Whether a host takes mail only to show it to developers.
pub fn is_sandbox_host(host: &[u8]) -> bool {
    [
        b"sandbox.smtp.mailtrap.io".as_slice(),
        b"smtp.mailtrap.io",
        b"sandbox.api.mailtrap.io",
    ]
    .contains(&host)
}

/// Whether a host or address is one that documentation uses.
pub fn is_example_host(host: &[u8]) -> bool {
    words::is_example_host(host)
}

/// Whether a password is so weak that beside a documentation host it is taken for part of the example:
/// fewer than eight bytes, or letters only.
pub fn is_weak(value: &[u8]) -> bool {
    value.len() < 8
        || value.iter().all(u8::is_ascii_alphabetic)
        || value.iter().all(u8::is_ascii_digit)
}

/// Whether a word in `value` stands for a secret or asks for one. In a sample that is enough to clear it.
pub fn speaks_of_secrets(value: &[u8]) -> bool {
    words::speaks(value)
}

/// Whether a value is base64 of whole blocks of a cipher, as Jenkins once stored passwords: padded, and what it holds is no text.
pub fn is_block_cipher(value: &[u8]) -> bool {
    const BLOCK: usize = 16;
    value.ends_with(b"=")
        && base64::engine::general_purpose::STANDARD
            .decode(value)
            .is_ok_and(|held| {
                held.len().is_multiple_of(BLOCK) && held.iter().any(|b| !b.is_ascii_graphic())
            })
}

/// Whether two values are the same word written differently.
pub fn same_word(a: &[u8], b: &[u8]) -> bool {
    words::echoes(a, b)
}

#[cfg(test)]
mod tests;
