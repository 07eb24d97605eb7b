//! One thread's scan: blob in, findings out.
//!
//! Owns all scratch memory, so that scanning allocates only where something is found. Knows how a blob is made readable
//! and in which order things are tried; what a match is, `matcher` knows.

mod comments;
mod foreign;
mod left_out;
mod long;
mod settings;
mod whole;

use crate::model::{
    Allows, Blob, Encoding, Excerpt, Finding, FindingPart, Fingerprint, Origin, Part, Place, Span,
};
use crate::rules::LineFile;

use super::allow::{Claim, Ledger, Text as Commented};
use super::anchors::Use;
use super::assignment::Lang;
use super::candidate::{Candidate, Decisions, RuleIx};
use super::class::{self, Dotenv, PathClass};
use super::foreign::Hunt;
use super::lines::{Base, Lines};
use super::matcher::{self, Text, login};
use super::opened::Opened;
use super::prefilter::Hit;
use super::view::{self, Opening, TextEncoding, View};
use super::{Drop, MARGIN, Scanner, debug, excerpt, exposed, published, resolve};

/// Layers that are taken off at most: base64 in base64, a percent-encoded URL in a JSON escape.
const MAX_DEPTH: usize = 2;

/// What became of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// Scanned as text.
    Text,
    /// Scanned for typed tokens and decoded views.
    Binary,
    /// Left out because it is binary.
    LeftOut,
}

/// Scans blobs for one thread.
pub struct Worker<'s> {
    scanner: &'s Scanner,
    scratch: [Scratch; MAX_DEPTH + 1],
    decisions: Decisions,
    utf16: View,
    state: FileState,
    ledger: Ledger,
    hunt: Hunt,
    /// Whether rules are used in files too that the configuration leaves out by their paths.
    everywhere: bool,
}

/// Buffers of one depth of views.
#[derive(Default)]
struct Scratch {
    hits: Vec<Hit>,
    mail: Vec<u32>,
    opened: Opened,
}

/// What is remembered from one window of a file to the next.
#[derive(Clone, Copy)]
struct FileState {
    encoding: TextEncoding,
    base: Base,
    dotenv: Dotenv,
    lines: Option<LineFile>,
    /// Secrets found so far.
    secrets: u64,
    /// Secrets found that a comment lets pass.
    allowed: u64,
    /// Secrets that the configuration leaves out together with all others of the file.
    left_out: u64,
}

/// A text with all that its path and place say of it.
#[derive(Clone, Copy)]
struct Frame<'t> {
    bytes: &'t [u8],
    lang: Lang,
    dotenv: Dotenv,
    mail_file: bool,
    translations: bool,
    binary: bool,
    depth: usize,
}

/// What a place in a text is to the window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    /// In its own range.
    Own,
    /// So near to it that an anchor there may lead to a secret in it.
    Near,
    /// Another window's.
    None,
}

impl Share {
    fn of(at: usize, part: &Part, margin: usize) -> Self {
        if part.own.contains(&at) {
            Self::Own
        } else if at + margin >= part.own.start && at < part.own.end + margin {
            Self::Near
        } else {
            Self::None
        }
    }
}

impl<'s> Worker<'s> {
    pub(super) fn new(scanner: &'s Scanner) -> Self {
        let state = FileState {
            encoding: TextEncoding::Utf8,
            base: Base::default(),
            dotenv: Dotenv::No,
            lines: None,
            secrets: 0,
            allowed: 0,
            left_out: 0,
        };
        Self {
            scanner,
            scratch: Default::default(),
            decisions: Decisions::default(),
            utf16: View::new(Encoding::Utf16),
            state,
            ledger: Ledger::default(),
            hunt: Hunt::default(),
            everywhere: false,
        }
    }

    /// The same worker, which leaves no file out because of its path: for what has to be known of all files of a class.
    pub(super) fn everywhere(mut self) -> Self {
        self.everywhere = true;
        self
    }

    /// Scans one blob, or the next window of one, and appends what it finds.
    pub fn scan(&mut self, blob: &Blob<'_>, findings: &mut Vec<Finding>) -> Scanned {
        let is_whole = blob.part.offset == 0 && blob.part.last;
        if is_whole && blob.bytes.len() > long::LONGEST {
            self.scan_long(blob, findings)
        } else {
            self.scan_window(blob, findings)
        }
    }

    fn scan_window(&mut self, blob: &Blob<'_>, findings: &mut Vec<Finding>) -> Scanned {
        let mut bom = 0;
        if blob.part.offset == 0 {
            let encoding;
            (encoding, bom) = view::detect(blob.bytes);
            self.state = FileState {
                encoding,
                base: Base::default(),
                dotenv: class::dotenv(&blob.origin.within),
                lines: class::line_file(&blob.origin.within),
                secrets: 0,
                allowed: 0,
                left_out: 0,
            };
        }
        if self.state.encoding == TextEncoding::Binary && self.state.dotenv != Dotenv::No {
            // a stray NUL does not make a dotenv file something else
            self.state.encoding = TextEncoding::Utf8;
        }
        let binary = self.state.encoding == TextEncoding::Binary;
        if binary && self.scanner.options.no_binary {
            self.ledger.begin(&[]);
            if blob.part.last {
                self.file_findings(blob, &[], findings);
            }
            return Scanned::LeftOut;
        }
        let mut utf16 = std::mem::replace(&mut self.utf16, View::new(Encoding::Utf16));
        let (bytes, map) = match self.state.encoding {
            TextEncoding::Utf8 | TextEncoding::Binary => (&blob.bytes[bom..], None),
            TextEncoding::Utf16(order) => {
                view::utf16(blob.bytes, bom, order, &mut utf16);
                (utf16.bytes.as_slice(), Some(&utf16.map))
            }
        };
        let stored = |span: Span| map.map_or_else(|| span.shifted(bom), |map| map.span(span));
        if blob.part.offset == 0 {
            // the last window does not show the beginning of the file
            self.ledger.begin(if blob.part.last { &[] } else { bytes });
        }
        self.scan_base(blob, bytes, binary, &stored);
        if !self.decisions.candidates.is_empty() {
            self.findings(blob, bytes, &stored, findings);
        }
        if !binary {
            self.seek_comments(blob, bytes, &stored);
        }
        if blob.part.last {
            self.file_findings(blob, bytes, findings);
            self.ledger.end(&blob.origin);
        } else {
            // positions in the next window count from where it begins
            let next = next_start(blob.part.next, bytes.len(), &stored);
            let mut base = self.state.base.after(bytes, next);
            if next > 0 && stored(Span::new(next - 1, next)).range().end > blob.part.next {
                // a surrogate pair was divided: the next window reads a half that means nothing
                base.counted = char::REPLACEMENT_CHARACTER.len_utf8();
            }
            self.state.base = base;
        }
        self.utf16 = utf16;
        if binary {
            Scanned::Binary
        } else {
            Scanned::Text
        }
    }

    /// What was dropped since the worker was made, by rule and reason.
    pub fn drops(&self) -> impl Iterator<Item = (&'s str, Drop, u64)> + '_ {
        let id = |ix: RuleIx| -> &'s str { &self.scanner.rules[usize::from(ix)].rule.id };
        self.decisions
            .drops
            .iter()
            .map(move |&(rule, reason, count)| (id(rule), reason, count))
    }

    /// What there is to say of comments that let findings pass, or were meant to, since it was last asked for. Those findings
    /// are among the others, marked as allowed.
    pub fn take_allows(&mut self) -> Allows {
        self.ledger.take()
    }

    /// Fills `self.decisions.candidates` from the whole readable text.
    fn scan_base(
        &mut self,
        blob: &Blob<'_>,
        bytes: &[u8],
        binary: bool,
        stored: &impl Fn(Span) -> Span,
    ) {
        let frame = Frame {
            bytes,
            // looked up only when something is found; see `text_of`
            lang: Lang::Unknown,
            dotenv: self.state.dotenv,
            mail_file: false,
            translations: false,
            binary,
            depth: 0,
        };
        self.decisions.candidates.clear();
        let width = if matches!(self.state.encoding, TextEncoding::Utf16(_)) {
            2
        } else {
            1
        };
        let share = |at: usize| {
            Share::of(
                stored(Span::new(at, at + 1)).range().start,
                &blob.part,
                width * MARGIN,
            )
        };
        self.scan_frame(frame, &blob.origin.within, &share);
        if frame.dotenv != Dotenv::No && !binary {
            self.scan_dotenv(frame, &blob.origin.within, &share);
        }
        if let Some(file) = self.state.lines
            && !binary
        {
            self.scan_lines(frame, file, &share);
        }
        if !binary {
            self.scan_foreign(bytes, &blob.origin.within, &share);
        }
    }

    /// Tries every anchor of a text in which the window has a share.
    fn scan_frame(&mut self, mut frame: Frame<'_>, path: &[u8], share: &dyn Fn(usize) -> Share) {
        let scanner = self.scanner;
        let mut scratch = std::mem::take(&mut self.scratch[frame.depth]);
        scratch.hits.clear();
        scanner.anchors.find(frame.bytes, &mut scratch.hits);
        if !scratch.hits.is_empty() {
            if frame.depth == 0 {
                let class = PathClass::of(path);
                frame.lang = class.lang;
                frame.translations = class.translations;
                frame.mail_file = class.mail_file;
            }
            self.try_hits(frame, &mut scratch, &|_, at| share(at));
        }
        self.scratch[frame.depth] = scratch;
    }

    /// Whether any of `hits` in a text as it is stored leads to a candidate in a file of `class`. Those that are not `fresh` are
    /// known to lead to none.
    pub(super) fn has_candidate(
        &mut self,
        text: &[u8],
        hits: &[Hit],
        class: PathClass,
        binary: bool,
        fresh: &[bool],
    ) -> bool {
        let frame = Frame {
            bytes: text,
            lang: class.lang,
            dotenv: class.dotenv,
            mail_file: class.mail_file,
            translations: class.translations,
            binary,
            depth: 0,
        };
        self.decisions.candidates.clear();
        self.decisions.uncounted = true;
        let mut scratch = std::mem::take(&mut self.scratch[0]);
        scratch.hits.clear();
        scratch.hits.extend_from_slice(hits);
        self.try_hits(frame, &mut scratch, &|ix, _| {
            if fresh[ix] { Share::Near } else { Share::None }
        });
        self.scratch[0] = scratch;
        !self.decisions.candidates.is_empty()
    }

    /// What the last text led to.
    #[cfg(test)]
    pub(super) fn candidates(&self) -> &[Candidate] {
        &self.decisions.candidates
    }

    /// Tries the hits of a text, each with its place among them and its offset, in which the window has a share.
    fn try_hits(
        &mut self,
        frame: Frame<'_>,
        scratch: &mut Scratch,
        share: &dyn Fn(usize, usize) -> Share,
    ) {
        let scanner = self.scanner;
        scratch.mail.clear();
        scratch.opened.clear();
        let mail = scratch.hits.iter().filter(|hit| {
            scanner.anchors.may_be_mail(**hit)
                && scanner
                    .anchors
                    .at(frame.bytes, **hit)
                    .any(|anchor| anchor.used == Use::Mail)
        });
        scratch.mail.extend(mail.map(|hit| hit.at));
        for (ix, &hit) in scratch.hits.iter().enumerate() {
            let share = share(ix, hit.at as usize);
            if share == Share::None {
                continue;
            }
            self.decisions.uncounted = share == Share::Near;
            for anchor in scanner.anchors.at(frame.bytes, hit) {
                let at = hit.at as usize..hit.at as usize + anchor.literal.len();
                match anchor.used {
                    Use::Mail | Use::Carrier => {}
                    Use::Open(opening) => {
                        // a literal that was searched with its quotes is named by what stands inside them
                        let quotes = usize::from(opening.encoding == Encoding::Joined);
                        self.open(
                            frame,
                            at.start + quotes..at.end - quotes,
                            opening,
                            &mut scratch.opened,
                        );
                    }
                    Use::OpenBehind => {
                        let opening = Opening {
                            encoding: Encoding::Base64,
                            phase: 0,
                        };
                        let end = (at.end + 4).min(frame.bytes.len());
                        self.open(frame, at.end..end, opening, &mut scratch.opened);
                    }
                    Use::Rule(rule) => {
                        let text = text_of(frame, &scratch.mail);
                        self.try_rule(rule, &text, at, frame.binary);
                    }
                }
            }
        }
    }

    /// Lets one rule judge one anchor.
    fn try_rule(
        &mut self,
        rule: RuleIx,
        text: &Text<'_>,
        at: std::ops::Range<usize>,
        binary: bool,
    ) {
        let compiled = &self.scanner.rules[usize::from(rule)];
        let first = self.decisions.candidates.len();
        matcher::judge(compiled, text, at, binary, &mut self.decisions);
        let found = &mut self.decisions.candidates[first..];
        login::name(self.scanner, text, found);
    }

    /// Decodes the stretch around an encoded anchor and reads it like a small file of its own.
    fn open(
        &mut self,
        frame: Frame<'_>,
        at: std::ops::Range<usize>,
        opening: Opening,
        opened: &mut Opened,
    ) {
        if frame.depth == MAX_DEPTH {
            return;
        }
        let Some(view) = opened.open(frame.bytes, at, opening) else {
            return;
        };
        let first = self.decisions.candidates.len();
        let nested = Frame {
            bytes: &view.bytes,
            lang: if opening.encoding == Encoding::Joined {
                frame.lang
            } else {
                Lang::Unknown
            },
            dotenv: Dotenv::No,
            mail_file: frame.mail_file,
            translations: false,
            binary: false,
            depth: frame.depth + 1,
        };
        let share = if self.decisions.uncounted {
            Share::Near
        } else {
            Share::Own
        };
        self.scan_frame(nested, b"", &|_| share);
        for candidate in &mut self.decisions.candidates[first..] {
            candidate.lift(view.encoding, view.source, |span| view.map.span(span));
        }
    }

    /// Turns the candidates of a text into findings.
    fn findings(
        &mut self,
        blob: &Blob<'_>,
        bytes: &[u8],
        stored: &impl Fn(Span) -> Span,
        findings: &mut Vec<Finding>,
    ) {
        let offset = blob.part.offset;
        let own = |secret: Span| blob.part.own.contains(&stored(secret).range().start);
        let masks = excerpt::disjoint(
            self.decisions
                .candidates
                .iter()
                .flat_map(|c| [c.mask, c.secret])
                .collect(),
        );
        self.leave_out(&blob.origin.within, &own);
        resolve::resolve(&self.scanner.rules, &mut self.decisions, &own);
        published::drop_samples(&self.scanner.rules, &mut self.decisions, &own);
        let mut lines = Lines::new(bytes, self.state.base);
        let candidates = std::mem::take(&mut self.decisions.candidates);
        let options = &self.scanner.options;
        let mut commented = options.allowing.as_ref().map(|allowing| {
            let secrets = candidates.iter().map(|it| (it.secret, &it.value));
            let words = &self.scanner.words;
            (
                allowing,
                Commented::new(
                    words,
                    allowing,
                    (&blob.origin.within, bytes),
                    &masks,
                    secrets,
                ),
            )
        });
        for candidate in candidates {
            // those of the margins were needed to settle which rule has which value, and to be hidden in excerpts
            if !own(candidate.secret) {
                continue;
            }
            let claim = Claim {
                rule: &self.scanner.rules[usize::from(candidate.rule)].rule.id,
                secret: candidate.secret.range(),
            };
            let allowed = commented.as_mut().and_then(|(allowing, text)| {
                let number = |at: usize| lines.number(at);
                self.ledger.judge(allowing, text, &claim, &number)
            });
            self.state.secrets += u64::from(allowed.is_none());
            self.state.allowed += u64::from(allowed.is_some());
            let mut place = |span: Span| {
                let (line, column) = lines.locate(span.start as usize);
                let (end_line, end_column) = lines.locate(span.end as usize);
                let stored = stored(span).range();
                Place {
                    start: offset + stored.start as u64,
                    end: offset + stored.end as u64,
                    line,
                    column,
                    end_line,
                    end_column,
                }
            };
            let found_at = place(candidate.secret);
            let parts = candidate.parts.iter().map(|part| FindingPart {
                name: part.name.clone(),
                value: part.value.clone(),
                place: place(part.span),
            });
            let mut parts: Vec<FindingPart> = parts.collect();
            parts.sort_by_key(|part| part.place.start);
            let shown = candidate.value.masked();
            let excerpt = excerpt::excerpt(
                bytes,
                lines.line(candidate.mask.start as usize),
                candidate.mask,
                &shown,
                &masks,
            );
            let at = candidate.mask.start as usize;
            let debugging = debug::beside(bytes, candidate.secret);
            let mut finding = self.finding(&blob.origin, candidate, found_at, parts, excerpt);
            finding.notes.extend(debugging);
            exposed::raise_if_shipped(&mut finding, bytes, at);
            finding.allowed = allowed.map(Box::new);
            findings.push(finding);
        }
    }

    fn finding(
        &self,
        origin: &Origin<'_>,
        candidate: Candidate,
        place: Place,
        parts: Vec<FindingPart>,
        excerpt: Excerpt,
    ) -> Finding {
        let rule = &self.scanner.rules[usize::from(candidate.rule)].rule;
        let mut encodings = candidate.encodings;
        if matches!(self.state.encoding, TextEncoding::Utf16(_)) {
            encodings.insert(0, Encoding::Utf16);
        }
        Finding {
            rule: rule.id.clone(),
            severity: candidate.severity,
            confidence: candidate.confidence,
            fingerprint: Fingerprint::new(
                self.scanner.options.fingerprint_key.as_bytes(),
                &rule.id,
                &candidate.value,
            ),
            secret: candidate.value,
            parts,
            origin: origin.to_owned(),
            place,
            excerpt,
            encodings,
            notes: candidate.notes,
            history: None,
            allowed: None,
            verified: None,
        }
    }
}

/// Offset in a readable text of `len` bytes of the first byte stored at or after `target`. Found by bisection, since stored
/// offsets grow with readable ones.
fn next_start(target: usize, len: usize, stored: &impl Fn(Span) -> Span) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low.midpoint(high);
        if stored(Span::new(middle, middle + 1)).range().start < target {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn text_of<'t>(frame: Frame<'t>, mail: &'t [u32]) -> Text<'t> {
    Text {
        bytes: frame.bytes,
        lang: frame.lang,
        mail,
        mail_file: frame.mail_file,
        translations: frame.translations,
        sample: frame.dotenv == Dotenv::Sample,
    }
}
