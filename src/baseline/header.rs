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

/// What was looked at besides what is scanned where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Also {
    /// Ignored files.
    pub ignored: bool,
    /// Submodules and repositories inside the work tree.
    pub submodules: bool,
}

impl Also {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            ignored: self.ignored || other.ignored,
            submodules: self.submodules || other.submodules,
        }
    }

    /// Whether `other` looks at all that this does.
    pub fn is_within(self, other: Self) -> bool {
        self.and(other) == other
    }

    /// The names of what is set.
    fn ids(self) -> impl Iterator<Item = &'static str> {
        let both = [(self.ignored, IGNORED), (self.submodules, SUBMODULES)];
        both.into_iter().filter_map(|(is, id)| is.then_some(id))
    }

    fn parse(list: &Value) -> Option<Self> {
        let mut also = Self::default();
        for id in list.as_array()? {
            match id.as_str()? {
                IGNORED => also.ignored = true,
                SUBMODULES => also.submodules = true,
                _ => return None,
            }
        }
        Some(also)
    }
}

const IGNORED: &str = "ignored";
const SUBMODULES: &str = "submodules";

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where the key is.
    pub key: KeyPlace,
    /// What the entries are about.
    pub covers: Covers,
    /// And what besides.
    pub also: Also,
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
        let known = [VERSION, "salt", "key_id", "covers", "also"];
        if object.keys().any(|key| !known.contains(&key.as_str())) {
            return Err(Fault::Header(
                "has a key that is none of waxseal_baseline, salt, key_id, covers and also",
            ));
        }
        let id = object.get("key_id").map(|id| {
            id.as_str().and_then(KeyId::parse).ok_or(Fault::Header(
                "has a `key_id` that is not 8 hexadecimal digits in lower case",
            ))
        });
        let key = match (object.get("salt"), id.transpose()?) {
            (Some(salt), id) => {
                let salt = salt.as_str().and_then(unhex).ok_or(Fault::Header(
                    "has a `salt` that is not 64 hexadecimal digits in lower case",
                ))?;
                let key = FingerprintKey::new(&salt);
                // files that were written before have none
                if id.is_some_and(|id| id != key.id()) {
                    return Err(Fault::OtherSalt);
                }
                KeyPlace::Here(key)
            }
            (None, Some(id)) => KeyPlace::Elsewhere(id),
            (None, None) => {
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
        let also = match object.get("also") {
            None => Also::default(),
            Some(list) => Also::parse(list).ok_or(Fault::Header(
                "has an `also` that is no list of \"ignored\" and \"submodules\"",
            ))?,
        };
        Ok(Self { key, covers, also })
    }

    /// Takes over what a second header says, which a merge may leave behind.
    pub(super) fn merge(&mut self, other: &Self) -> Result<(), Fault> {
        if self.key.id() != other.key.id() {
            return Err(Fault::OtherKey);
        }
        self.covers = self.covers.max(other.covers);
        self.also = self.also.and(other.also);
        Ok(())
    }

    pub(super) fn write(&self, out: &mut String) {
        let key = match &self.key {
            KeyPlace::Here(key) => format!(
                "\"salt\":\"{}\",\"key_id\":\"{}\"",
                hex(key.as_bytes()),
                key.id()
            ),
            KeyPlace::Elsewhere(id) => format!("\"key_id\":\"{id}\""),
        };
        let also: Vec<String> = self.also.ids().map(|id| format!("\"{id}\"")).collect();
        let also = match also.as_slice() {
            [] => String::new(),
            also => format!(",\"also\":[{}]", also.join(",")),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{{\"{VERSION}\":{CURRENT},{key},\"covers\":\"{}\"{also}}}",
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
