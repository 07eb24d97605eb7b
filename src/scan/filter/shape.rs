//! Arithmetic on values: entropy, repeats, ramps, and the inner structure of a SendGrid key.

use crate::rules::ValueKind;

use super::Drop;

/// Shannon entropy, bits a byte.
pub fn entropy(value: &[u8]) -> f32 {
    if value.is_empty() {
        return 0.0;
    }
    let mut counts = [0_u32; 256];
    for &byte in value {
        counts[usize::from(byte)] += 1;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "values are far below 2^24 bytes"
    )]
    let total = value.len() as f32;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            #[expect(
                clippy::cast_precision_loss,
                reason = "values are far below 2^24 bytes"
            )]
            let share = count as f32 / total;
            -share * share.log2()
        })
        .sum()
}

/// Whether the 69 bytes of a key have the inner structure of those that SendGrid mints: the id is base64url of
/// a version 4 UUID, the secret of 32 bytes. Measured on 43 leaked ids and 40 secrets: all pass; one of 4096
/// random imitations does. A signal for the confidence, never a gate: benchmarks hold invented keys.
pub fn is_sendgrid_key_structure(key: &[u8]) -> bool {
    key.len() == 69
        && b"QRST".contains(&key[11])
        && b"CGKOSWaeimquy26-".contains(&key[13])
        && b"AQgw".contains(&key[24])
        && b"AEIMQUYcgkosw048".contains(&key[68])
}

/// Whether `value` is a UUID as it is usually written.
pub fn is_uuid(value: &[u8]) -> bool {
    const JOINTS: [usize; 4] = [8, 13, 18, 23];
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| {
            if JOINTS.contains(&at) {
                *byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        })
}

/// The harmless shape that `value` has, if any.
pub(super) fn harmless(value: &[u8], kind: ValueKind) -> Option<Drop> {
    let distinct = distinct(value);
    if distinct <= 1 || (value.len() >= 8 && distinct <= 3) || is_redacted(value, kind) {
        return Some(Drop::Repeated);
    }
    if is_ramp(value, kind) || is_periodic(value) || is_doubled_ramp(value, kind) {
        return Some(Drop::Ramp);
    }
    if DIGESTS
        .iter()
        .any(|digest| value.eq_ignore_ascii_case(digest.as_bytes()))
    {
        return Some(Drop::KnownDigest);
    }
    // one word of a script without case or of one with accents, in a place where people are spoken to
    let foreign = value.iter().any(|b| *b >= 0x80)
        && !value
            .iter()
            .any(|b| b.is_ascii_digit() || (b.is_ascii_punctuation() && !b"-_".contains(b)));
    if kind == ValueKind::Password && (foreign || is_prose(value)) {
        return Some(Drop::Prose);
    }
    // machines make keys of ASCII
    if kind == ValueKind::Opaque && value.iter().any(|b| *b >= 0x80) {
        return Some(Drop::Prose);
    }
    None
}

/// MD5 of the empty string, `password`, `123456`, `test`, `admin`, `12345678`, `hello`, `secret`; SHA-1 and SHA-256 of the empty string.
const DIGESTS: [&str; 10] = [
    "d41d8cd98f00b204e9800998ecf8427e",
    "5f4dcc3b5aa765d61d8327deb882cf99",
    "e10adc3949ba59abbe56e057f20f883e",
    "098f6bcd4621d373cade4e832627b4f6",
    "21232f297a57a5a743894a0e4a801fc3",
    "25d55ad283aa400af464c76d713c07ad",
    "5d41402abc4b2a76b9719d911017c592",
    "5ebe2294ecd0e0f08eab7690d2a6ee69",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
];

fn distinct(value: &[u8]) -> usize {
    let mut seen = [false; 256];
    value
        .iter()
        .filter(|&&byte| !std::mem::replace(&mut seen[usize::from(byte)], true))
        .count()
}

/// A run of four or more stars, crosses, dots or dashes that makes up at least a third: `SG.xxxxxxxx`, `abc****`, `••••`.
fn is_redacted(value: &[u8], kind: ValueKind) -> bool {
    // `Winter0000!` and `Harbor----77` are passwords; in a token such a run was put there
    let fillers: &[u8] = if kind == ValueKind::Password {
        b"*xX.#?"
    } else {
        b"*xX.-_#0?"
    };
    let mut longest = 0;
    let mut run = 0;
    for window in 0..value.len() {
        let same = window > 0 && value[window].eq_ignore_ascii_case(&value[window - 1]);
        let filler = fillers.contains(&value[window]);
        run = if !filler {
            0
        } else if same {
            run + 1
        } else {
            1
        };
        longest = longest.max(run);
    }
    (longest >= 4 && longest * 3 >= value.len())
        || memchr::memmem::find(value, "\u{2022}\u{2022}".as_bytes()).is_some()
        || value.ends_with(b"...")
        || value.ends_with("\u{2026}".as_bytes())
}

/// Keyboard rows and the like that people run their finger along.
const ROWS: [&[u8]; 8] = [
    b"qwertyuiop",
    b"asdfghjkl",
    b"zxcvbnm",
    b"qazwsxedc",
    b"1q2w3e4r5t",
    b"0123456789012345",
    b"abcdefghijklmnopqrstuvwxyz",
    b"abcdefabcdef",
];

/// Whether steps up or down by one, or along a keyboard row, cover the value. For a machine-made value more than half
/// suffices; a password must be nothing but a ramp, since `qwerty-Harbor7!` is a password.
fn is_ramp(value: &[u8], kind: ValueKind) -> bool {
    // an app password is shown in groups, and so is the sample of one
    let mut lower: Vec<u8> = value.to_ascii_lowercase();
    lower.retain(|byte| *byte != b' ');
    let along = |a: u8, b: u8| {
        a.wrapping_add(1) == b
            || b.wrapping_add(1) == a
            || (a == b'9' && b == b'0')
            || ROWS
                .iter()
                .any(|row| row.windows(2).any(|pair| pair == [a, b]))
    };
    let mut covered = 0;
    let mut run = 1;
    for ix in 1..=lower.len() {
        if ix < lower.len() && along(lower[ix - 1], lower[ix]) {
            run += 1;
        } else {
            if run >= 4 {
                covered += run;
            }
            run = 1;
        }
    }
    match kind {
        ValueKind::Opaque => covered * 2 > lower.len(),
        ValueKind::Password => covered == lower.len(),
    }
}

/// A ramp with every sign written twice: `00112233445566778899aabbccddeeff`.
fn is_doubled_ramp(value: &[u8], kind: ValueKind) -> bool {
    let (pairs, rest) = value.as_chunks::<2>();
    let once: Vec<u8> = pairs.iter().map(|pair| pair[0]).collect();
    value.len() >= 8 && rest.is_empty() && pairs.iter().all(|[a, b]| a == b) && is_ramp(&once, kind)
}

/// Whether the value is one block of at least two bytes twice or more: `1234567890abcdef1234567890abcdef`.
fn is_periodic(value: &[u8]) -> bool {
    value.len() >= 8
        && (2..=value.len() / 2).any(|period| {
            value[period..]
                .iter()
                .zip(value)
                .all(|(later, earlier)| later == earlier)
        })
}

/// Two words or more, but not the four groups of four lower-case letters in which Google shows app passwords.
fn is_prose(value: &[u8]) -> bool {
    let groups: Vec<&[u8]> = value
        .split(u8::is_ascii_whitespace)
        .filter(|group| !group.is_empty())
        .collect();
    if groups.len() < 2 {
        return false;
    }
    let app_password = groups.len() == 4
        && groups
            .iter()
            .all(|group| group.len() == 4 && group.iter().all(u8::is_ascii_lowercase));
    let is_word = |group: &&[u8]| {
        group
            .iter()
            .all(|b| b.is_ascii_alphabetic() || b"'.,:;!?()/-\"".contains(b) || *b >= 0x80)
    };
    // a pass phrase of words ends in the number or sign that somebody was made to add
    let phrase = groups.len() <= 6
        && groups
            .last()
            .is_some_and(|last| last.iter().any(u8::is_ascii_digit) && !last.starts_with(b"{"));
    !app_password && !phrase && (groups.len() > 2 || groups.iter().all(is_word))
}
