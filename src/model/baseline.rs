//! What a baseline lets pass in a run, and the key that fingerprints are made with.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Finding, Fingerprint};

/// The key of the fingerprints of a run. `Debug` does not show it: it may come from a place that only few can read.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerprintKey(Zeroizing<Vec<u8>>);

impl FingerprintKey {
    /// The key that is made of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The short name of the key.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    pub fn id(&self) -> KeyId {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(b"waxseal key id");
        let digest = mac.finalize().into_bytes();
        KeyId([digest[0], digest[1], digest[2], digest[3]])
    }
}

impl Default for FingerprintKey {
    /// The key of a repository that has none of its own. It is no secret: it only keeps our digests from being the same as
    /// anybody else's.
    fn default() -> Self {
        Self::new(b"waxseal fingerprint v1")
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FingerprintKey({})", self.id())
    }
}

/// A short digest of a key: enough to tell two keys apart, and too short to be of any other use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// The id that is written as `digits`.
    pub fn parse(digits: &str) -> Option<Self> {
        let id = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        (digits == Self(id).to_string()).then_some(Self(id))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// A day of the calendar, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    /// From 1.
    of_month: u8,
}

impl Day {
    /// The day that is written as `YYYY-MM-DD`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let [y @ .., b'-', m0, m1, b'-', d0, d1] = text else {
            return None;
        };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_u16, |number, digit| {
                digit
                    .is_ascii_digit()
                    .then(|| number * 10 + u16::from(digit - b'0'))
            })
        };
        if y.len() != 4 {
            return None;
        }
        let year = number(y)?;
        let month = u8::try_from(number(&[*m0, *m1])?).ok()?;
        let day = u8::try_from(number(&[*d0, *d1])?).ok()?;
        let is_leap =
            year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let longest = match month {
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        (1..=longest).contains(&day).then_some(Self {
            year,
            month,
            of_month: day,
        })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

/// A secret that was looked at and is let pass, wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Names the value.
    pub fingerprint: Fingerprint,
    /// Id of the rule that found it.
    pub rule: String,
    /// Why it is let pass.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it is let pass.
    pub expires: Option<Day>,
}

/// What a baseline let pass in a run, and what there is to say of it.
#[derive(Debug, Default)]
pub struct Baselined {
    /// The file, as it may be shown.
    pub file: String,
    /// How many entries it has.
    pub entries: u64,
    /// Findings that count for nothing, each with the entry that says why.
    pub findings: Vec<(Finding, Accepted)>,
    /// Entries whose last day is over, in their order. What they name counts again.
    pub expired: Vec<Accepted>,
    /// Entries that name nothing that was found, in their order; none where the run did not look at all that the baseline is
    /// about.
    pub unused: Option<Vec<Accepted>>,
    /// Whether it seems that another key made the entries: none of them was met, and findings of their rules were.
    pub is_alien: bool,
    /// Fingerprints that several entries name which do not say the same.
    pub doubled: Vec<Fingerprint>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for text in [
            "2026-01-31",
            "2024-02-29",
            "2000-02-29",
            "9999-12-31",
            "0001-04-30",
        ] {
            let day = Day::parse(text.as_bytes()).unwrap();
            assert_eq!(day.to_string(), text);
        }
        for text in [
            "",
            "2026",
            "2026-1-31",
            "2026-02-29",
            "1900-02-29",
            "2026-04-31",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "26-01-01",
            "+026-01-01",
            "2026-01-0a",
            "2026/01/01",
            "02026-01-01",
        ] {
            assert_eq!(Day::parse(text.as_bytes()), None, "{text}");
        }
        assert!(Day::parse(b"2026-03-01") > Day::parse(b"2026-02-28"));
    }

    #[test]
    fn a_key_id_tells_keys_apart_and_shows_none() {
        let (one, two) = (FingerprintKey::new(b"one"), FingerprintKey::new(b"two"));
        assert_ne!(one.id(), two.id());
        assert_eq!(KeyId::parse(&one.id().to_string()), Some(one.id()));
        for text in [
            "",
            "1234567",
            "123456789",
            "1234567G",
            "ABCDEF12",
            "+1234567",
        ] {
            assert_eq!(KeyId::parse(text), None, "{text}");
        }
        assert!(!format!("{one:?}").contains("one"));
    }
}
