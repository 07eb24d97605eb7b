//! The first line of a baseline: what it is, where its key is, and what it is about.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::Fault;
use crate::model::{FingerprintKey, KeyId};

/// Bytes of a key that lies in the header.
pub const SALT: usize = 32;

/// The name of the number that says which version of the format this is. It comes first.
const VERSION: &str = "waxseal_baseline";

/// The version that is read and written.
const CURRENT: u64 = 1;

/// Where the key of the fingerprints is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In the header, so that everybody who has the file has it. Called a salt there, for that is all that it can be then.
    Here(FingerprintKey),
    /// Elsewhere, known here by its name only.
    Elsewhere(KeyId),
}

impl KeyPlace {
    /// The short name of the key.
    pub fn id(&self) -> KeyId {
        match self {
            Self::Here(key) => key.id(),
            Self::Elsewhere(id) => *id,
        }
    }
}

/// What the findings were searched in, and with that what tells whether an entry is still of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Covers {
    /// The files of the work tree.
    Tree,
    /// Those, and all that was ever committed.
    History,
}

impl Covers {
    fn id(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::History => "history",
        }
    }
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where the key is.
    pub key: KeyPlace,
    /// What the entries are about.
    pub covers: Covers,
}

impl Header {
    /// Whether `line` is one, or should be.
    pub(super) fn is_one(line: &[u8]) -> bool {
        line.strip_prefix(b"{")
            .map(<[u8]>::trim_ascii_start)
            .and_then(|rest| rest.strip_prefix(b"\""))
            .is_some_and(|rest| rest.starts_with(VERSION.as_bytes()))
    }

    pub(super) fn parse(line: &[u8]) -> Result<Self, Fault> {
        let object: Option<Map<String, Value>> = serde_json::from_slice(line).ok();
        let Some(object) = object else {
            return Err(if Self::is_one(line) {
                Fault::Header(
                    "is cut off or broken; take the line of an earlier version of this file",
                )
            } else {
                Fault::NoHeader
            });
        };
        match object.get(VERSION).and_then(Value::as_u64) {
            None => return Err(Fault::NoHeader),
            Some(CURRENT) => {}
            Some(other) => return Err(Fault::Version(other)),
        }
        let known = [VERSION, "salt", "key_id", "covers"];
        if object.keys().any(|key| !known.contains(&key.as_str())) {
            return Err(Fault::Header(
                "has a key that is none of waxseal_baseline, salt, key_id and covers",
            ));
        }
        let key = match (object.get("salt"), object.get("key_id")) {
            (Some(salt), None) => {
                let salt = salt.as_str().and_then(unhex).ok_or(Fault::Header(
                    "has a `salt` that is not 64 hexadecimal digits in lower case",
                ))?;
                KeyPlace::Here(FingerprintKey::new(&salt))
            }
            (None, Some(id)) => {
                let id = id.as_str().and_then(KeyId::parse).ok_or(Fault::Header(
                    "has a `key_id` that is not 8 hexadecimal digits in lower case",
                ))?;
                KeyPlace::Elsewhere(id)
            }
            _ => {
                return Err(Fault::Header(
                    "needs either a `salt` or a `key_id`, without which no fingerprint can be compared",
                ));
            }
        };
        let covers = match object.get("covers").map(Value::as_str) {
            None | Some(Some("tree")) => Covers::Tree,
            Some(Some("history")) => Covers::History,
            Some(_) => {
                return Err(Fault::Header(
                    "has a `covers` that is neither \"tree\" nor \"history\"",
                ));
            }
        };
        Ok(Self { key, covers })
    }

    /// Takes over what a second header says, which a merge may leave behind.
    pub(super) fn merge(&mut self, other: &Self) -> Result<(), Fault> {
        if self.key.id() != other.key.id() {
            return Err(Fault::OtherKey);
        }
        self.covers = self.covers.max(other.covers);
        Ok(())
    }

    pub(super) fn write(&self, out: &mut String) {
        let key = match &self.key {
            KeyPlace::Here(key) => format!("\"salt\":\"{}\"", hex(key.as_bytes())),
            KeyPlace::Elsewhere(id) => format!("\"key_id\":\"{id}\""),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{{\"{VERSION}\":{CURRENT},{key},\"covers\":\"{}\"}}",
            self.covers.id()
        );
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

fn unhex(digits: &str) -> Option<[u8; SALT]> {
    let is_digit = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != 2 * SALT || !digits.bytes().all(is_digit) {
        return None;
    }
    let mut bytes = [0; SALT];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}
