//! Which anchor stands for what: the table between the prefilter's literals and the matchers.
//!
//! Built once at start from the enabled rules: their anchors, the encoded forms of those, and the words that
//! make mail context. A literal may serve several rules and several encodings.

use crate::model::Encoding;
use crate::rules::{Assignment, Context, Kind};

use super::candidate::RuleIx;
use super::matcher::{Compiled, pair};
use super::prefilter::{self, Hit, Prefilter};
use super::view::{self, Opening};

/// [`super::MARGIN`] in the type of a hit's offset.
#[expect(clippy::cast_possible_truncation, reason = "it is a few KiB")]
const MARGIN: u32 = super::MARGIN as u32;

/// What to do where a literal was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Try a rule.
    Rule(RuleIx),
    /// Decode the stretch around it.
    Open(Opening),
    /// Decode the base64 that begins behind it.
    OpenBehind,
    /// Note that mail is spoken of.
    Mail,
    /// Nothing: it only stands for longer literals.
    Carrier,
}

/// One use of one literal. The literal as the rule has it may be longer than the one that was searched for.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// The literal in full.
    pub literal: Box<[u8]>,
    /// Its use.
    pub used: Use,
}

impl Anchor {
    fn opens(&self) -> bool {
        matches!(self.used, Use::Open(_) | Use::OpenBehind)
    }
}

/// The prefilter with the meaning of its literals.
pub struct Anchors {
    prefilter: Prefilter,
    /// For each literal of the prefilter, what it stands for.
    meanings: Vec<Vec<Anchor>>,
    /// For each literal, whether it may speak of mail.
    mail: Vec<bool>,
    /// For each literal, whether a stretch around it may have to be decoded.
    openers: Vec<bool>,
    /// For each literal, how far from it bytes may lie on which a decision there depends.
    reaches: Vec<u32>,
}

/// Words that say that mail is spoken of. `mail` alone is not among them: it stands in every licence header and
/// author line, and cost a third of the prefilter's speed.
const MAIL_WORDS: [&str; 10] = [
    "smtp",
    "SMTP",
    "Smtp",
    "mailer",
    "Mailer",
    "createTransport",
    "SecureSocketOptions",
    "endgrid",
    "endGrid",
    "ENDGRID",
];

/// Bytes of a literal that are searched for; the rest of a longer one is looked at where they stand. The shorter, the less
/// has to be searched around what is new in a version of a text.
const LONGEST: usize = 8;

impl Anchors {
    /// Collects the anchors of `rules`.
    pub fn new(rules: &[Compiled]) -> Self {
        let mut wanted: Vec<Anchor> = Vec::new();
        let mut want = |literal: &[u8], used: Use| {
            if !wanted
                .iter()
                .any(|anchor| *anchor.literal == *literal && anchor.used == used)
            {
                wanted.push(Anchor {
                    literal: literal.into(),
                    used,
                });
            }
        };
        for compiled in rules {
            let rule = &compiled.rule;
            if matches!(rule.kind, Kind::File(_) | Kind::Login | Kind::Foreign(_)) {
                // a file rule's anchors are looked for in names, not in content; foreign rules have a search of their own
                continue;
            }
            for anchor in rule.anchors.iter() {
                want(anchor.as_bytes(), Use::Rule(compiled.ix));
                for &encoding in rule.encodings.iter() {
                    for (literal, opening) in encoded(anchor.as_bytes(), encoding, &rule.encodings)
                    {
                        want(&literal, Use::Open(opening));
                    }
                }
            }
            for opens in rule.opens.iter() {
                let opening = Opening {
                    encoding: opens.encoding,
                    phase: 0,
                };
                let used = if opens.encoding == Encoding::Base64 {
                    Use::OpenBehind
                } else {
                    Use::Open(opening)
                };
                want(opens.literal.as_bytes(), used);
            }
            if let Kind::Assignment(Assignment {
                context: Context::Mail,
                ..
            }) = rule.kind
            {
                for word in MAIL_WORDS {
                    want(word.as_bytes(), Use::Mail);
                }
            }
        }
        add_carriers(&mut wanted);
        let literals: Vec<Vec<u8>> = wanted
            .iter()
            .map(|anchor| anchor.literal[..anchor.literal.len().min(LONGEST)].to_vec())
            .collect();
        let (kept, stands) = prefilter::reduce(&literals);
        let mut meanings = vec![Vec::new(); kept.len()];
        for (anchor, literal) in wanted.into_iter().zip(stands) {
            meanings[usize::from(literal)].push(anchor);
        }
        let is_mail = |anchors: &Vec<Anchor>| anchors.iter().any(|a| a.used == Use::Mail);
        let opens = |anchors: &Vec<Anchor>| anchors.iter().any(Anchor::opens);
        let reach = |anchors: &Vec<Anchor>| {
            let reaches = anchors.iter().map(|anchor| reach(anchor, rules));
            reaches.max().unwrap_or(0)
        };
        Self {
            prefilter: Prefilter::new(&kept),
            mail: meanings.iter().map(is_mail).collect(),
            openers: meanings.iter().map(opens).collect(),
            reaches: meanings.iter().map(reach).collect(),
            meanings,
        }
    }

    /// The search for the literals alone.
    pub fn prefilter(&self) -> &Prefilter {
        &self.prefilter
    }

    /// Whether mail may be spoken of at `hit`.
    pub fn may_be_mail(&self, hit: Hit) -> bool {
        self.mail[usize::from(hit.literal)]
    }

    /// Whether a stretch around `hit` is to be decoded.
    pub fn opens(&self, text: &[u8], hit: Hit) -> bool {
        self.openers[usize::from(hit.literal)] && self.at(text, hit).any(Anchor::opens)
    }

    /// How far before and behind `hit` bytes may lie on which a decision there depends.
    pub fn reach(&self, hit: Hit) -> u32 {
        self.reaches[usize::from(hit.literal)]
    }

    /// Appends all hits in `text`, sorted by offset.
    pub fn find(&self, text: &[u8], hits: &mut Vec<Hit>) {
        self.prefilter.find(text, hits);
    }

    /// What stands at `hit`.
    pub fn at<'a>(&'a self, text: &'a [u8], hit: Hit) -> impl Iterator<Item = &'a Anchor> {
        let rest = &text[hit.at as usize..];
        self.meanings[usize::from(hit.literal)]
            .iter()
            .filter(move |anchor| rest.starts_with(&anchor.literal))
    }
}

/// How far from an anchor bytes may lie on which a decision there depends. Generous: whoever shares a decision relies on it.
fn reach(anchor: &Anchor, rules: &[Compiled]) -> u32 {
    let own = match anchor.used {
        Use::Mail | Use::Carrier => 0,
        Use::Open(_) | Use::OpenBehind => MARGIN,
        Use::Rule(rule) => {
            let rule = &rules[usize::from(rule)].rule;
            let declared = rule.reach.before.max(rule.reach.after);
            match &rule.kind {
                // the window, and a byte on either side of it
                Kind::Token(_) | Kind::Encoded(_) | Kind::Command(_) => declared + 1,
                Kind::Pair(pair) => declared + pair::reach(pair),
                Kind::Assignment(_) | Kind::File(_) | Kind::Login | Kind::Foreign(_) => MARGIN,
            }
        }
    };
    own + u32::try_from(anchor.literal.len()).expect("literals are short")
}

/// A literal of three bytes is searched by its first two where that spares at least three others: `SG.`, `SG%2E`, `SG\\u00` and
/// `SG&#46` all begin with `SG`, one pass of which costs less than the rest in Teddy.
fn add_carriers(wanted: &mut Vec<Anchor>) {
    let short: Vec<Box<[u8]>> = wanted
        .iter()
        .filter(|a| a.literal.len() == 3)
        .map(|a| a.literal[..2].into())
        .collect();
    for carrier in short {
        if wanted
            .iter()
            .filter(|anchor| anchor.literal.starts_with(&carrier))
            .count()
            > 3
        {
            wanted.push(Anchor {
                literal: carrier,
                used: Use::Carrier,
            });
        }
    }
}

/// The literals by which an encoded form of `anchor` is found, nested forms included where they are common: base64 in
/// base64, and UTF-16 in base64 as PowerShell writes it.
fn encoded(anchor: &[u8], encoding: Encoding, all: &[Encoding]) -> Vec<(Vec<u8>, Opening)> {
    let mut literals = view::encoded_anchors(anchor, encoding);
    match encoding {
        Encoding::Base64 => {
            literals.extend(view::nested_base64_anchors(anchor));
            for inner in inside_base64(anchor, all) {
                literals.extend(view::encoded_anchors(&inner, Encoding::Base64));
            }
        }
        // an anchor that is cut before its last byte: `'SG' . '.' . $rest`
        Encoding::Joined if anchor.len() > 2 => {
            let cut = &anchor[..anchor.len() - 1];
            let opening = Opening { encoding, phase: 0 };
            literals
                .extend([b'"', b'\''].map(|quote| ([&[quote], cut, &[quote]].concat(), opening)));
        }
        _ => {}
    }
    literals
}

/// Encoded forms of `anchor` that are looked for inside base64: UTF-16 as PowerShell writes it, hexadecimal, escapes of every
/// character, and base64 of what an HTTP or SMTP login puts before the anchor, a colon or a NUL.
fn inside_base64(anchor: &[u8], all: &[Encoding]) -> Vec<Vec<u8>> {
    let mut inner = Vec::new();
    for &encoding in all {
        let forms = view::encoded_anchors(anchor, encoding)
            .into_iter()
            .map(|(literal, _)| literal);
        match encoding {
            Encoding::Utf16 => inner.extend(forms),
            // the first form has every character encoded, in the spelling that programs write
            Encoding::Hex | Encoding::Percent | Encoding::Escape => inner.extend(forms.take(1)),
            Encoding::Base64 => {
                let before = [b":", anchor].concat();
                let login = view::encoded_anchors(&before, Encoding::Base64);
                let before = [&[0], anchor].concat();
                let plain = view::encoded_anchors(&before, Encoding::Base64);
                inner.extend(login.into_iter().chain(plain).map(|(literal, _)| literal));
            }
            Encoding::Html | Encoding::Joined => {}
        }
    }
    inner.sort();
    inner.dedup();
    inner
}
