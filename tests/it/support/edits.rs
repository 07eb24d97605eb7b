//! Texts as they stand in repositories, and how they change from version to version: pieces of configuration with and without
//! secrets, torn apart, moved, hidden and mended again.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use waxseal::rules::sample::expand;

use super::random::Random;
use crate::generated;

/// A stretch of a new version.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// Bytes of the old one.
    Copy { from: usize, len: usize },
    /// Bytes of its own.
    Insert(Vec<u8>),
}

/// What `pieces` make of `base`.
pub(crate) fn apply(base: &[u8], pieces: &[Piece]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Copy { from, len } => out.extend_from_slice(&base[*from..from + len]),
            Piece::Insert(bytes) => out.extend_from_slice(bytes),
        }
    }
    out
}

/// Longest version. Bytes.
const LONGEST: usize = 96 * 1024;

/// Bytes that open, close or part something.
const SIGNS: &[u8] = b"{}[]()<>\"'`\n\n\n:=,;#\\/. \t-|&@+%$_\r";

/// Words on which decisions hang.
const WORDS: [&str; 24] = [
    "smtp",
    "mailer",
    "Mailer",
    "host: smtp.harbor.io",
    "\nkind: Secret\n",
    "\ndata:\n  ",
    "password",
    "pass = ",
    "SMTP_PASSWORD=",
    "\nmail:\n  ",
    "createTransport({",
    "user: 'news@harbor.io',\n",
    "[smtp]\n",
    "</smtp>",
    "<smtp>",
    "// ",
    "/* ",
    "*/",
    "\"\"\"",
    "port: 587\n",
    "\n\n\n",
    "env('",
    "\u{e9}",
    "value: ",
];

/// Names of files, each with its own meaning for what stands in it.
const NAMES: [&str; 26] = [
    "a.php",
    ".env",
    ".env.example",
    "mail.yml",
    "de.yml",
    "msmtprc",
    "a.js",
    "a.txt",
    "README.md",
    "web.config",
    "application.properties",
    "settings.py",
    "values.yaml",
    "a.json",
    "Dockerfile",
    "deploy.sh",
    "main.go",
    "main.tf",
    ".netrc",
    "sasl_passwd",
    "postfix.cf",
    "Mail.cs",
    "production.rb",
    "a",
    "c.toml",
    "smtp.env",
];

/// What texts are made of.
pub(crate) struct Material {
    hits: Vec<Vec<u8>>,
    misses: Vec<Vec<u8>>,
    names: Vec<Vec<u8>>,
}

impl Material {
    /// All samples of all built-in rules, and their names.
    pub(crate) fn new() -> Self {
        let (mut hits, mut misses) = (Vec::new(), Vec::new());
        let mut names: Vec<String> = NAMES.map(str::to_owned).into();
        for source in generated::sources() {
            for (samples, texts) in [(&source.hits, &mut hits), (&source.misses, &mut misses)] {
                for sample in samples {
                    texts.push(expand(&sample.text, "edits").unwrap());
                    let name = sample.path.rsplit('/').next().unwrap_or_default();
                    names.push(name.to_owned());
                }
            }
        }
        names.sort();
        names.dedup();
        let names = names.into_iter().map(String::into_bytes).collect();
        Self {
            hits,
            misses,
            names,
        }
    }

    /// The name of a file.
    pub(crate) fn name(&self, random: &mut Random) -> &[u8] {
        &self.names[random.below(self.names.len())]
    }

    /// The first version of a file.
    pub(crate) fn text(&self, random: &mut Random) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..=random.below(4) {
            match random.below(12) {
                0..=2 => text.extend(self.broken(random)),
                3 => text.extend(filler(random)),
                4..=6 => text.extend(self.torn(random)),
                7 => text.extend(self.wrapped(random)),
                8 if random.below(3) == 0 => text.extend(self.hit(random)),
                _ => text.extend_from_slice(&self.misses[random.below(self.misses.len())]),
            }
            if random.below(4) > 0 {
                text.push(b'\n');
            }
        }
        text
    }

    fn hit(&self, random: &mut Random) -> Vec<u8> {
        self.hits[random.below(self.hits.len())].clone()
    }

    /// A sample that lacks some of its bytes.
    fn broken(&self, random: &mut Random) -> Vec<u8> {
        let mut text = self.hit(random);
        for _ in 0..=random.below(2) {
            let (from, len) = stretch(random, text.len(), 24);
            text.drain(from..from + len);
        }
        text
    }

    /// A sample whose halves are far apart.
    fn torn(&self, random: &mut Random) -> Vec<u8> {
        let text = self.hit(random);
        let at = if random.below(2) == 0 {
            random.below(text.len() + 1)
        } else {
            // behind a line
            let from = random.below(text.len() + 1);
            memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |len| from + len + 1)
        };
        [&text[..at], &filler(random), &text[at..]].concat()
    }

    /// Samples and prose in base64.
    fn wrapped(&self, random: &mut Random) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..=random.below(6) {
            match random.below(4) {
                0 => text.extend(filler(random)),
                1 => text.extend(self.broken(random)),
                2 => text.extend(b"SG.".repeat(1 + random.below(3))),
                _ => text.extend_from_slice(&self.misses[random.below(self.misses.len())]),
            }
            text.push(b'\n');
        }
        let digits = STANDARD.encode(&text).into_bytes();
        match random.below(3) {
            0 => digits
                .chunks(76)
                .flat_map(|line| [line, b"\n"].concat())
                .collect(),
            _ => digits,
        }
    }

    /// The next version of `base`.
    pub(crate) fn edit(&self, random: &mut Random, base: &[u8]) -> Vec<Piece> {
        let mut pieces = vec![Piece::Copy {
            from: 0,
            len: base.len(),
        }];
        let count = [1, 1, 1, 1, 1, 2, 3, 8][random.below(8)];
        for _ in 0..count {
            self.change(random, base, &mut pieces);
        }
        let len: usize = pieces.iter().map(len_of).sum();
        if len > LONGEST {
            cut(&mut pieces, random.below(LONGEST), len);
        }
        if random.below(3) == 0 {
            pieces = perverse(random, base, pieces);
        }
        pieces.retain(|piece| len_of(piece) > 0);
        pieces
    }

    fn change(&self, random: &mut Random, base: &[u8], pieces: &mut Vec<Piece>) {
        let len: usize = pieces.iter().map(len_of).sum();
        let at = if pieces.len() == 1 && random.below(4) > 0 {
            spot(random, base)
        } else {
            random.below(len + 1)
        };
        let insert = |bytes: Vec<u8>| vec![Piece::Insert(bytes)];
        match random.below(24) {
            0..=3 => splice(
                pieces,
                at,
                0,
                insert(vec![SIGNS[random.below(SIGNS.len())]]),
            ),
            4 | 5 => splice(pieces, at, 1, Vec::new()),
            6 | 7 => splice(pieces, at, random.below(200), Vec::new()),
            8 => splice(pieces, at, random.below(8), insert(noise(random))),
            9 => {
                let word = WORDS[random.below(WORDS.len())].as_bytes().to_vec();
                splice(pieces, at, 0, insert(word));
            }
            10 | 11 => {
                let hit = self.hit(random);
                let (from, len) = stretch(random, hit.len(), 200);
                splice(pieces, at, 0, insert(hit[from..from + len].to_vec()));
            }
            12 => splice(pieces, at, 0, insert(self.torn(random))),
            13 if random.below(3) == 0 => splice(pieces, at, 0, insert(self.hit(random))),
            14 => splice(pieces, at, 0, insert(filler(random))),
            15 => splice(pieces, at, random.below(20_000), Vec::new()),
            16 | 17 => {
                // something of the old version once more
                let (from, len) = stretch(random, base.len(), 3000);
                splice(pieces, at, 0, vec![Piece::Copy { from, len }]);
            }
            18 => {
                // a stretch moves
                let taken = random.below(2000);
                let moved = sub(pieces, at, taken);
                splice(pieces, at, taken, Vec::new());
                let len: usize = pieces.iter().map(len_of).sum();
                splice(pieces, random.below(len + 1), 0, moved);
            }
            19 if random.below(4) == 0 => cut(pieces, at, len),
            20 if random.below(4) == 0 => splice(pieces, 0, at, Vec::new()),
            21 if random.below(4) == 0 => {
                splice(pieces, random.below(len.min(9000) + 1), 0, insert(vec![0]));
            }
            22 if random.below(4) == 0 => {
                let mark: &[u8] = [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"][random.below(3)];
                splice(pieces, 0, random.below(2) * 3, insert(mark.to_vec()));
            }
            23 => {
                let (from, len) = stretch(random, base.len(), 40_000);
                let digits = STANDARD.encode(&base[from..from + len]).into_bytes();
                let wide = || {
                    base[from..from + len]
                        .iter()
                        .flat_map(|b| [*b, 0])
                        .collect()
                };
                splice(
                    pieces,
                    at,
                    0,
                    insert(if random.below(3) == 0 { wide() } else { digits }),
                );
            }
            _ => {
                // what was there is there again
                let (from, len) = stretch(random, base.len(), 400);
                splice(pieces, from.min(at), len, vec![Piece::Copy { from, len }]);
            }
        }
    }
}

/// The deltas that git would make: what is the same at both ends is copied.
pub(crate) fn difference(base: &[u8], text: &[u8]) -> Vec<Piece> {
    let same = |(a, b): &(&u8, &u8)| a == b;
    let head = base.iter().zip(text).take_while(same).count();
    let (old, new) = (&base[head..], &text[head..]);
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(same)
        .count();
    let mut pieces = vec![
        Piece::Copy { from: 0, len: head },
        Piece::Insert(new[..new.len() - tail].to_vec()),
        Piece::Copy {
            from: base.len() - tail,
            len: tail,
        },
    ];
    pieces.retain(|piece| len_of(piece) > 0);
    pieces
}

/// A place in `text`, as often in what stands there once as in what is repeated a thousand times.
fn spot(random: &mut Random, text: &[u8]) -> usize {
    const CHUNK: usize = 8;
    let mut seen = HashSet::new();
    let mut places = Vec::new();
    for (number, chunk) in text.chunks(CHUNK).enumerate() {
        if seen.insert(chunk) {
            places.push(number * CHUNK);
        }
    }
    match places.as_slice() {
        [] => 0,
        places => (places[random.below(places.len())] + random.below(CHUNK)).min(text.len()),
    }
}

/// A stretch of at most `most` bytes somewhere in `len`.
fn stretch(random: &mut Random, len: usize, most: usize) -> (usize, usize) {
    let from = random.below(len + 1);
    (from, random.below(most.min(len - from) + 1))
}

fn len_of(piece: &Piece) -> usize {
    match piece {
        Piece::Copy { len, .. } => *len,
        Piece::Insert(bytes) => bytes.len(),
    }
}

/// The part of a piece from `from`, `len` bytes long.
fn part(piece: &Piece, at: usize, len: usize) -> Piece {
    match piece {
        Piece::Copy { from, .. } => Piece::Copy {
            from: from + at,
            len,
        },
        Piece::Insert(bytes) => Piece::Insert(bytes[at..at + len].to_vec()),
    }
}

/// `len` bytes from `at`.
fn sub(pieces: &[Piece], at: usize, len: usize) -> Vec<Piece> {
    let end = at.saturating_add(len);
    let (mut out, mut start) = (Vec::new(), 0);
    for piece in pieces {
        let stop = start + len_of(piece);
        let (low, high) = (start.max(at), stop.min(end));
        if low < high {
            out.push(part(piece, low - start, high - low));
        }
        start = stop;
    }
    out
}

/// Puts `new` in the place of `len` bytes at `at`.
fn splice(pieces: &mut Vec<Piece>, at: usize, len: usize, new: Vec<Piece>) {
    let mut out = sub(pieces, 0, at);
    out.extend(new);
    out.extend(sub(pieces, at.saturating_add(len), usize::MAX));
    *pieces = out;
}

fn cut(pieces: &mut Vec<Piece>, at: usize, len: usize) {
    splice(pieces, at, len, Vec::new());
}

/// The same text said in another way: cut up, inserted where it could be copied, copied where it could be inserted, taken from another
/// place that has the same bytes.
fn perverse(random: &mut Random, base: &[u8], pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out = Vec::new();
    for piece in pieces {
        let mut at = 0;
        while at < len_of(&piece) {
            let rest = len_of(&piece) - at;
            let len = match random.below(4) {
                0 => rest,
                1 => 1 + random.below(rest.min(16)),
                _ => 1 + random.below(rest.min(2000)),
            };
            let some = part(&piece, at, len);
            at += len;
            out.push(match (some, random.below(8)) {
                (Piece::Copy { from, len }, 0) if len < 200 => {
                    Piece::Insert(base[from..from + len].to_vec())
                }
                (Piece::Copy { from, len }, 1..=3) if len < 200 => Piece::Copy {
                    from: elsewhere(random, base, &base[from..from + len]).unwrap_or(from),
                    len,
                },
                (Piece::Insert(bytes), 0..=3) => match elsewhere(random, base, &bytes) {
                    Some(from) => Piece::Copy {
                        from,
                        len: bytes.len(),
                    },
                    None => Piece::Insert(bytes),
                },
                (other, _) => other,
            });
        }
    }
    out
}

/// A place in `base` that holds `bytes`.
fn elsewhere(random: &mut Random, base: &[u8], bytes: &[u8]) -> Option<usize> {
    let from = random.below(base.len() + 1);
    let find = |from: usize| memchr::memmem::find(&base[from..], bytes).map(|at| from + at);
    find(from).or_else(|| find(0))
}

fn noise(random: &mut Random) -> Vec<u8> {
    (0..random.below(200))
        .map(|_| b' ' + random.byte() % 95)
        .collect()
}

/// Up to twenty kilobytes in which nothing stands.
fn filler(random: &mut Random) -> Vec<u8> {
    const KINDS: [&str; 18] = [
        "  a: 1,\n",
        "  'a' => 1,\n",
        "    a: b\n",
        "<i/>\n",
        "# a remark that says nothing\n",
        "x: y\n",
        "    deep: er\n",
        "        deeper: still\n",
        "\"k\": 1, ",
        "a = b;\n",
        " ",
        "\n",
        "Lorem ipsum dolor sit amet ",
        "aGFyYm9y",
        "- item\n",
        "<i>t</i>\n",
        "f(x);\n    ",
        "\t",
    ];
    let kind = KINDS[random.below(KINDS.len())].as_bytes();
    let most = [60, 600, 2100, 4300, 20_000][random.below(5)];
    kind.repeat(1 + random.below(most) / kind.len())
}
