//! Tests alone: what is decided at an anchor does not change with what lies beyond its reach.

use std::ops::Range;

use crate::model::Encoding;
use crate::rules::parse;
use crate::rules::sample::expand;

use super::candidate::RuleIx;
use super::prefilter::Hit;
use super::{MARGIN, Options, PathClass, Scanner, Worker};

const RULES: [(&str, &str); 22] = [
    (
        "amazon-ses.toml",
        include_str!("../../rules/amazon-ses.toml"),
    ),
    ("brevo.toml", include_str!("../../rules/brevo.toml")),
    ("command.toml", include_str!("../../rules/command.toml")),
    (
        "dotenv-kinds.toml",
        include_str!("../../rules/dotenv-kinds.toml"),
    ),
    ("dotenv.toml", include_str!("../../rules/dotenv.toml")),
    (
        "elastic-email.toml",
        include_str!("../../rules/elastic-email.toml"),
    ),
    ("mailbox.toml", include_str!("../../rules/mailbox.toml")),
    (
        "mailersend.toml",
        include_str!("../../rules/mailersend.toml"),
    ),
    ("mailgun.toml", include_str!("../../rules/mailgun.toml")),
    ("mailjet.toml", include_str!("../../rules/mailjet.toml")),
    (
        "mailservers.toml",
        include_str!("../../rules/mailservers.toml"),
    ),
    ("mailtrap.toml", include_str!("../../rules/mailtrap.toml")),
    ("mandrill.toml", include_str!("../../rules/mandrill.toml")),
    ("postmark.toml", include_str!("../../rules/postmark.toml")),
    ("resend.toml", include_str!("../../rules/resend.toml")),
    ("sendgrid.toml", include_str!("../../rules/sendgrid.toml")),
    ("smtp.toml", include_str!("../../rules/smtp.toml")),
    ("smtp2go.toml", include_str!("../../rules/smtp2go.toml")),
    ("sparkpost.toml", include_str!("../../rules/sparkpost.toml")),
    (
        "transcript.toml",
        include_str!("../../rules/transcript.toml"),
    ),
    ("twilio.toml", include_str!("../../rules/twilio.toml")),
    ("zeptomail.toml", include_str!("../../rules/zeptomail.toml")),
];

/// What may stand between the parts of a sample, and around it.
const FILLERS: [&str; 10] = [
    "# a remark that says nothing\n",
    "x: y\n",
    "    deep: er\n",
    "\"k\": 1, ",
    "a = b;\n",
    " ",
    "word ",
    "\n",
    "<i>t</i>\n",
    "aGFyYm9y",
];

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn filler(&mut self, len: usize) -> Vec<u8> {
        let kind = FILLERS[self.below(FILLERS.len())].as_bytes();
        kind.iter().copied().cycle().take(len).collect()
    }

    /// Bytes that mean much to a reader of assignments.
    fn noise(&mut self, len: usize) -> Vec<u8> {
        const SIGNS: &[u8] = b"{}[]()<>\"'`\n\n:=,;#\\/. |&@$aGpsx09";
        let words = [
            "smtp",
            "password: ",
            "host = ",
            "Secret",
            "data:\n",
            "SG.",
            "AC",
            "mailer",
        ];
        let mut out = Vec::new();
        while out.len() < len {
            match self.below(8) {
                0 => out.extend(words[self.below(words.len())].as_bytes()),
                1 => out.extend(self.filler(64)),
                _ => out.push(SIGNS[self.below(SIGNS.len())]),
            }
        }
        out.truncate(len);
        out
    }
}

/// A value that was found: by which rule, where it stands counted from the anchor, and what else belongs to it.
type Decision = (RuleIx, Vec<(i64, i64)>, Vec<Encoding>);

/// What is decided at each of the hits for which `wanted`, alone.
fn decisions(
    worker: &mut Worker<'_>,
    text: &[u8],
    hits: &[Hit],
    only: usize,
    class: PathClass,
) -> Vec<Decision> {
    let mut fresh = vec![false; hits.len()];
    fresh[only] = true;
    worker.has_candidate(text, hits, class, false, &fresh);
    let anchor = i64::from(hits[only].at);
    let from_anchor = |range: Range<usize>| {
        let number = |at: usize| i64::try_from(at).unwrap() - anchor;
        (number(range.start), number(range.end))
    };
    worker
        .candidates()
        .iter()
        .map(|candidate| {
            let parts = candidate.parts.iter().map(|part| part.span);
            let spans = std::iter::once(candidate.secret).chain(parts);
            let spans = spans.map(|span| from_anchor(span.range()));
            (candidate.rule, spans.collect(), candidate.encodings.clone())
        })
        .collect()
}

#[test]
fn what_lies_beyond_the_reach_of_an_anchor_changes_nothing_there() {
    let sources: Vec<_> = RULES
        .iter()
        .flat_map(|(name, text)| parse::parse(name, text).unwrap())
        .collect();
    let rules = sources.iter().map(|source| source.rule.clone());
    let scanner = Scanner::new(rules, Options::default());
    let mut worker = scanner.worker();
    let mut random = Random(1);
    let rounds: usize = std::env::var("WAXSEAL_EDITS")
        .map_or(10, |edits| edits.parse::<usize>().unwrap().div_ceil(2000));
    let (mut compared, mut found) = (0_u64, 0_u64);
    for sample in std::iter::repeat_n(&sources, rounds)
        .flatten()
        .flat_map(|source| source.hits.iter().chain(&source.misses))
    {
        let class = PathClass::of(sample.path.as_bytes());
        let sample = expand(&sample.text, "reach").unwrap();
        // the halves of the sample up to so far apart, and the whole up to so far from the ends of the text
        let cut = random.below(sample.len() + 1);
        let apart = [0, 0, 300, 2100, 4200, 9000, 17_000][random.below(7)];
        let around = [0, 500, 5000, MARGIN + 5000][random.below(4)];
        let mut text = random.filler(around);
        text.extend(&sample[..cut]);
        let gap = random.below(apart + 1);
        text.extend(random.filler(gap));
        text.extend(&sample[cut..]);
        text.extend(random.filler(around));
        let mut hits = Vec::new();
        scanner.anchors.find(&text, &mut hits);
        // all of a few, some of many
        let step = hits.len().div_ceil(24).max(1);
        for ix in (random.below(step)..hits.len()).step_by(step) {
            let hit = hits[ix];
            let reach = scanner.anchors.reach(hit) as usize;
            let low = (hit.at as usize).saturating_sub(reach);
            let high = (hit.at as usize + reach).min(text.len());
            let expected = decisions(&mut worker, &text, &hits, ix, class);
            found += u64::from(!expected.is_empty());
            // what begins or ends within reach begins or ends there in every version
            let lead = if low == 0 {
                0
            } else {
                [0, 1, 700, 3000][random.below(4)]
            };
            let tail = if high == text.len() {
                0
            } else {
                [0, 1, 700, 3000][random.below(4)]
            };
            let other = [
                random.noise(lead),
                text[low..high].to_vec(),
                random.noise(tail),
            ]
            .concat();
            let mut other_hits = Vec::new();
            scanner.anchors.find(&other, &mut other_hits);
            let at = u32::try_from(hit.at as usize - low + lead).unwrap();
            let same = other_hits
                .iter()
                .position(|other| *other == Hit { at, ..hit })
                .unwrap();
            let decided = decisions(&mut worker, &other, &other_hits, same, class);
            assert!(
                decided == expected,
                "{class:?}: {} before, {} behind, reach {reach}: {expected:?} became {decided:?}",
                hit.at as usize - low,
                high - hit.at as usize,
            );
            compared += 1;
        }
    }
    assert!(
        compared > 500 && found > 100,
        "{compared} decisions, {found} of them findings"
    );
}
