//! Expands sample templates, so that no key-shaped string stands in a rule file.
//!
//! In a template, `<<expression>>` is replaced by bytes. An expression is `item + item … | filter | …`.
//! Items: `'literal'`, or a generator with an optional size and an optional label: `sendgrid-key`, `hex:32`,
//! `hexupper:32`, `base58:24`, `alnum:32`, `upper:20`, `letters:16`, `lower:16`, `base64url:22`, `password`. The same generator with the same label
//! (`hex:32#a`) gives the same bytes everywhere in one sample. Filters: `base64`, `base64url`, `hex`, `percent`
//! (every byte), `utf16le`, `utf16be`, `wrap:N` (newline after every N bytes), `take:N`, `drop:N`, `chars`
//! (`\uXXXX` for every byte), `entities` (`&#N;` for every byte). Values depend only on the seed, so that
//! samples are the same on every run.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Bytes of `template` with every `<<expression>>` replaced; an error says which expression is wrong.
pub fn expand(template: &str, seed: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find("<<") {
        let (text, after) = rest.split_at(open);
        out.extend_from_slice(text.as_bytes());
        let Some(close) = after.find(">>") else {
            // `<<` without an end is ordinary text: shell here-documents, shift operators
            out.extend_from_slice(after.as_bytes());
            return Ok(out);
        };
        let expression = &after[2..close];
        out.extend(
            evaluate(expression, seed)
                .map_err(|problem| format!("in sample `<<{expression}>>`: {problem}"))?,
        );
        rest = &after[close + 2..];
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

fn evaluate(expression: &str, seed: &str) -> Result<Vec<u8>, String> {
    let mut stages = expression.split('|').map(str::trim);
    let mut value = Vec::new();
    for item in stages.next().unwrap_or_default().split('+').map(str::trim) {
        value.extend(generate(item, seed)?);
    }
    stages.try_fold(value, |value, filter| apply(filter, &value))
}

fn generate(item: &str, seed: &str) -> Result<Vec<u8>, String> {
    if let Some(literal) = item
        .strip_prefix('\'')
        .and_then(|item| item.strip_suffix('\''))
    {
        return Ok(literal
            .replace("\\0", "\0")
            .replace("\\n", "\n")
            .into_bytes());
    }
    let (name, label) = item.split_once('#').unwrap_or((item, ""));
    let (name, size) = name.split_once(':').unwrap_or((name, ""));
    let size = if size.is_empty() {
        0
    } else {
        size.parse()
            .map_err(|_| format!("`{size}` is not a size"))?
    };
    let mut random = Random::new(&format!("{seed}/{name}:{size}#{label}"));
    Ok(match name {
        "sendgrid-key" => sendgrid_key(&mut random),
        "hex" => random.of(b"0123456789abcdef", size),
        "alnum" => random.of(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            size,
        ),
        "upper" => random.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", size),
        "hexupper" => random.of(b"0123456789ABCDEF", size),
        "base58" => random.of(
            b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
            size,
        ),
        "letters" => random.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", size),
        "lower" => random.of(b"abcdefghijklmnopqrstuvwxyz", size),
        "digits" => random.of(b"0123456789", size),
        "base64url" => random.of(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            size,
        ),
        "password" => password(&mut random),
        other => return Err(format!("unknown generator `{other}`")),
    })
}

/// `SG.` + base64url of a version 4 UUID + `.` + base64url of 32 bytes, as SendGrid mints them.
fn sendgrid_key(random: &mut Random) -> Vec<u8> {
    let mut id: [u8; 16] = random.bytes();
    id[6] = (id[6] & 0x0f) | 0x40;
    id[8] = (id[8] & 0x3f) | 0x80;
    let secret: [u8; 32] = random.bytes();
    format!(
        "SG.{}.{}",
        URL_SAFE_NO_PAD.encode(id),
        URL_SAFE_NO_PAD.encode(secret)
    )
    .into_bytes()
}

/// What a person makes up: a word, a year or number, a sign.
fn password(random: &mut Random) -> Vec<u8> {
    const WORDS: [&str; 12] = [
        "Winter", "harbor", "Kestrel", "tulip", "Granite", "bicycle", "Meadow", "lantern",
        "Copper", "violin", "Saffron", "orchard",
    ];
    let word = WORDS[random.below(WORDS.len())];
    let number = 1000 + random.below(9000);
    let sign = ["!", "#", "_", "%", "-x", "$"][random.below(6)];
    let tail = String::from_utf8(random.of(b"bcdfghkmnpqrtvwz", 3)).expect("the alphabet is ASCII");
    format!("{word}{number}{sign}{tail}").into_bytes()
}

fn apply(filter: &str, value: &[u8]) -> Result<Vec<u8>, String> {
    let (name, size) = filter.split_once(':').unwrap_or((filter, ""));
    let size = || {
        size.parse::<usize>()
            .ok()
            .filter(|&n| n > 0)
            .ok_or_else(|| format!("`{filter}` needs a size"))
    };
    Ok(match name {
        "base64" => STANDARD.encode(value).into_bytes(),
        "base64url" => URL_SAFE_NO_PAD.encode(value).into_bytes(),
        "hex" => value
            .iter()
            .flat_map(|byte| format!("{byte:02x}").into_bytes())
            .collect(),
        "percent" => value
            .iter()
            .flat_map(|byte| format!("%{byte:02X}").into_bytes())
            .collect(),
        "chars" => value
            .iter()
            .flat_map(|byte| format!("\\u{byte:04x}").into_bytes())
            .collect(),
        "entities" => value
            .iter()
            .flat_map(|byte| format!("&#{byte};").into_bytes())
            .collect(),
        "utf16le" => value.iter().flat_map(|&byte| [byte, 0]).collect(),
        "utf16be" => value.iter().flat_map(|&byte| [0, byte]).collect(),
        "wrap" => value.chunks(size()?).collect::<Vec<_>>().join(&b'\n'),
        "take" => value[..size()?.min(value.len())].to_vec(),
        "drop" => value[size()?.min(value.len())..].to_vec(),
        other => return Err(format!("unknown filter `{other}`")),
    })
}

/// SplitMix64 (Steele, Lea, Flood 2014), seeded with FNV-1a of a text: small, stable, good enough for samples.
struct Random(u64);

impl Random {
    fn new(seed: &str) -> Self {
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("usize is at most 64 bits");
        usize::try_from(self.next() % bound).expect("less than a usize")
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next().to_le_bytes()[0])
    }

    fn of(&mut self, alphabet: &[u8], size: usize) -> Vec<u8> {
        (0..size)
            .map(|_| alphabet[self.below(alphabet.len())])
            .collect()
    }
}
