//! Fills templates: what the samples of rules know (`rules::sample`), and what only a corpus needs, things that vary as
//! people's passwords, users and hosts do. Knows nothing of labels and files.
//!
//! Generators of its own: `pw` a password of any style, `upw` one that may stand in a URL, `user` a mail address,
//! `domain`, `host` a mail server, `port`, `word`, `slug`, `base58:8`, `upperhex:32`. All depend on the seed and the label (`pw#2`) alone.

use waxseal::rules::sample::expand;

const OWN: [&str; 10] = [
    "pw", "upw", "user", "domain", "host", "port", "word", "slug", "base58", "upperhex",
];

/// `template` with every `<<expression>>` replaced.
pub fn fill(template: &str, seed: &str) -> Result<Vec<u8>, String> {
    let mut plain = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find("<<") {
        let (text, after) = rest.split_at(open);
        plain.push_str(text);
        let Some(close) = after.find(">>") else {
            rest = after;
            break;
        };
        plain.push_str("<<");
        plain.push_str(&literals(&after[2..close], seed));
        plain.push_str(">>");
        rest = &after[close + 2..];
    }
    plain.push_str(rest);
    expand(&plain, seed)
}

/// `expression` with the generators of this module turned into literals.
fn literals(expression: &str, seed: &str) -> String {
    let mut stages = expression.splitn(2, '|');
    let items: Vec<String> = stages
        .next()
        .unwrap_or_default()
        .split('+')
        .map(|item| {
            let item = item.trim();
            let (name, label) = item.split_once('#').unwrap_or((item, ""));
            let plain = name.split_once(':').map_or(name, |(name, _)| name);
            if OWN.contains(&plain) {
                format!("'{}'", own(name, label, seed))
            } else {
                item.to_owned()
            }
        })
        .collect();
    let filters = stages
        .next()
        .map_or_else(String::new, |it| format!("|{it}"));
    items.join(" + ") + &filters
}

fn own(name: &str, label: &str, seed: &str) -> String {
    let mut random = Random::new(&format!("{seed}/{name}#{label}"));
    let (name, size) = name.split_once(':').unwrap_or((name, "0"));
    let size = size.parse().unwrap_or(0);
    match name {
        "base58" => random.of(
            "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
            size,
        ),
        "upperhex" => random.of("0123456789ABCDEF", size),
        "pw" => password(&mut random, true),
        "upw" => password(&mut random, false),
        "user" => format!("{}@{}", random.pick(&ROLES), domain(&mut random)),
        "domain" => domain(&mut random),
        "host" => match random.below(3) {
            0 => (*random.pick(&HOSTS)).to_owned(),
            1 => format!("smtp.{}", domain(&mut random)),
            _ => format!("mail.{}", domain(&mut random)),
        },
        "port" => (*random.pick(&["587", "465", "25", "2525", "587"])).to_owned(),
        "word" => word(&mut random),
        _ => format!("{}-{}", word(&mut random), word(&mut random)),
    }
}

const ROLES: [&str; 10] = [
    "noreply", "no-reply", "info", "mailer", "support", "billing", "alerts", "kontakt", "robot",
    "orders",
];

const HOSTS: [&str; 10] = [
    "smtp.gmail.com",
    "smtp.office365.com",
    "smtp.mailgun.org",
    "mail.privateemail.com",
    "smtp.ionos.de",
    "smtp.zoho.eu",
    "smtp.yandex.ru",
    "ssl0.ovh.net",
    "smtp.hostinger.com",
    "smtp.fastmail.com",
];

fn domain(random: &mut Random) -> String {
    let end = random.pick(&[".com", ".de", ".io", ".co.uk", ".fr", ".net", ".com.br"]);
    format!("{}{}{end}", word(random), word(random))
}

/// A word that means nothing.
fn word(random: &mut Random) -> String {
    const SYLLABLES: [&str; 16] = [
        "vel", "kor", "nim", "tas", "rud", "bel", "mor", "lin", "dra", "fen", "gol", "hap", "jun",
        "pov", "sil", "zam",
    ];
    let count = 2 + random.below(2);
    (0..count).map(|_| *random.pick(&SYLLABLES)).collect()
}

/// Passwords as they stand in files: made up, made by a generator of a console, made by a password manager. They begin with
/// a letter or digit and hold nothing that ends a quoted string, an XML element or a YAML scalar.
fn password(random: &mut Random, any: bool) -> String {
    const LOWER: &str = "abcdefghijkmnopqrstuvwxyz";
    const ALNUM: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    let signs: &[&str] = if any {
        &["!", "@", "*", "-", "_", ".", "=", "^", "~"]
    } else {
        &["!", "*", "-", "_", "."]
    };
    let name = word(random);
    let capital = name[..1].to_uppercase() + &name[1..];
    let year = 1960 + random.below(66);
    match random.below(12) {
        0 => format!("{capital}{year}{}", random.pick(signs)),
        1 => format!("{capital}{}{}", random.pick(signs), 1 + random.below(999)),
        2 => format!("{name}{year}"),
        3 => format!(
            "{}-{}-{}-{}",
            word(random),
            word(random),
            word(random),
            random.below(99)
        ),
        4 => random.of(LOWER, 16),
        5 => random.of(ALNUM, 10),
        6 => random.of(ALNUM, 20),
        7 => {
            let (a, b) = (random.of(ALNUM, 5), random.of(ALNUM, 6));
            format!("{a}{}{b}{}", random.pick(signs), random.pick(signs))
        }
        8 => format!(
            "{}{}{}",
            random.pick(&["Smtp", "Mail", "Mailer"]),
            random.pick(signs),
            capital
        ),
        9 => format!("{}{}", random.of(LOWER, 6), 10 + random.below(89)),
        10 => format!("{}{capital}{}", random.below(90) + 10, random.pick(signs)),
        _ => random.of(ALNUM, 14),
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014), seeded with FNV-1a of a text.
pub struct Random(u64);

impl Random {
    /// The numbers that belong to `seed`.
    pub fn new(seed: &str) -> Self {
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

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("usize is at most 64 bits");
        usize::try_from(self.next() % bound).expect("less than a usize")
    }

    /// One of `items`.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    fn of(&mut self, alphabet: &str, size: usize) -> String {
        (0..size)
            .map(|_| char::from(*self.pick(alphabet.as_bytes())))
            .collect()
    }
}
