//! The only home of raw secret bytes.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher as _;

use zeroize::Zeroizing;

/// Raw secret bytes. `Debug` and `Display` are masked, there is no serialisation, and the bytes are
/// wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    bytes: Zeroizing<Vec<u8>>,
    /// How many leading bytes are public knowledge (`SG.`) and may be shown.
    visible: u8,
}

impl Secret {
    /// What is shown in place of what must not be.
    pub const MASK: &'static str = "********";

    /// Takes a copy of `bytes`; the first `visible` of them may be shown when masked.
    pub fn new(bytes: &[u8], visible: u8) -> Self {
        Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            visible,
        }
    }

    /// The raw bytes. Allowed in few places only; see `clippy.toml`.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// The public prefix and a run of stars of fixed length, so that not even the length shows.
    pub fn masked(&self) -> String {
        let shown = &self.bytes[..usize::from(self.visible).min(self.bytes.len())];
        let mut out: String = shown
            .iter()
            .filter(|b| b.is_ascii_graphic())
            .map(|&b| char::from(b))
            .collect();
        out.push_str(Self::MASK);
        out
    }

    /// Whether there is no value: the finding is about the file as a whole.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether `digest` is the SHA-1 of the value. Others keep values so.
    pub fn has_sha1(&self, digest: &[u8; 20]) -> bool {
        let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
        hasher.update(&self.bytes);
        // a value that was made to collide has none
        hasher
            .try_finalize()
            .is_ok_and(|id| id.as_bytes() == digest)
    }

    /// Whether `digest` is the SHA-256 of the value. Others keep values so.
    pub fn has_sha256(&self, digest: &[u8; 32]) -> bool {
        use sha2::Digest as _;
        sha2::Sha256::digest(&self.bytes)[..] == digest[..]
    }

    /// Whether it holds one of `words`, which are in lower case, in upper or lower case.
    pub fn holds_any(&self, words: &[Vec<u8>]) -> bool {
        words.iter().any(|word| {
            let mut parts = self.bytes.windows(word.len().max(1));
            parts.any(|part| part.eq_ignore_ascii_case(word))
        })
    }

    /// Whether `other` stands in it, and is long enough for that to be no chance.
    pub fn holds(&self, other: &Secret) -> bool {
        const SHORTEST: usize = 6;
        let (text, word) = (&*self.bytes, &*other.bytes);
        word.len() >= SHORTEST && memchr::memmem::find(text, word).is_some()
    }

    /// Whether both hold the same value.
    pub fn same_value(&self, other: &Secret) -> bool {
        self.bytes == other.bytes
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", Self::MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Tells texts that quote one of some secrets, in a time that does not grow with their number. Holds digests only.
#[derive(Debug, Default)]
pub struct Quotes {
    state: RandomState,
    digests: HashSet<u64>,
    /// Whether there is a stretch of each length.
    lengths: [bool; Quotes::STRETCH + 1],
}

impl Quotes {
    /// Bytes of a secret in a row that are a quote; a shorter secret is one as a whole.
    const STRETCH: usize = 8;

    /// Takes note of one more secret.
    pub fn add(&mut self, secret: &Secret) {
        let length = secret.bytes.len().min(Self::STRETCH);
        if length == 0 {
            return;
        }
        self.lengths[length] = true;
        for stretch in secret.bytes.windows(length) {
            self.digests.insert(self.state.hash_one(stretch));
        }
    }

    /// Whether `text` holds a stretch of any of the secrets.
    pub fn are_in(&self, text: &[u8]) -> bool {
        let lengths = (1..=Self::STRETCH).filter(|length| self.lengths[*length]);
        lengths
            .flat_map(|length| text.windows(length))
            .any(|stretch| self.digests.contains(&self.state.hash_one(stretch)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case() {
        let secret = Secret::new(b"my-ACME-demo-77", 0);
        let words = |words: &[&str]| -> Vec<Vec<u8>> {
            words.iter().map(|word| word.as_bytes().to_vec()).collect()
        };
        assert!(secret.holds_any(&words(&["tulip", "acme-demo"])));
        assert!(!secret.holds_any(&words(&["acme_demo", "demo-777", ""])));
        assert!(!secret.holds_any(&[]));
        assert!(!Secret::new(b"", 0).holds_any(&words(&["a", ""])));
    }

    #[test]
    fn a_stretch_of_a_secret_is_a_quote_and_less_is_none() {
        let mut quotes = Quotes::default();
        assert!(!quotes.are_in(b"anything"));
        quotes.add(&Secret::new(b"", 0));
        assert!(!quotes.are_in(b"anything"));
        quotes.add(&Secret::new(b"Harbor-47-tzk", 0));
        quotes.add(&Secret::new(b"x7!q", 0));
        for text in ["it is Harbor-47-tzk", "begins with Harbor-4", "(x7!q)"] {
            assert!(quotes.are_in(text.as_bytes()), "{text}");
        }
        for text in ["Harbor", "Harbor 47", "x7!", ""] {
            assert!(!quotes.are_in(text.as_bytes()), "{text}");
        }
    }
}
