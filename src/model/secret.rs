//! The only home of raw secret bytes.

use std::fmt;

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

    /// The raw bytes. Allowed in fingerprinting and verification only; see `clippy.toml`.
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
