//! Could anything be found in a version of a text? Answered without reading again what an earlier version answers for.
//!
//! What can be found is always found by scanning the whole version; a survey only tells which versions that is worth doing for. It
//! may say yes for nothing, and must never say no for something: a version without a candidate stays so where the bytes stay, as far
//! as decisions reach.

use crate::model::{Blob, Finding, Origin, Part, Store};

use super::class::Dotenv;
use super::lineage::{Copied, Lineage};
use super::prefilter::Hit;
use super::view::{self, TextEncoding};
use super::{PathClass, Scanner, Worker};

/// A class of paths with a name that stands for them.
#[derive(Clone, Debug)]
pub struct Named {
    /// What such a path says.
    pub class: PathClass,
    /// One of the names.
    pub name: Box<[u8]>,
}

/// Most anchors of a text that are remembered for its later versions. A text of nothing but anchors has as many as bytes, and takes eight
/// times its size then; source code has one in some hundred bytes.
const MOST_HITS: usize = 1 << 20;

/// What is known of a text.
pub struct Known {
    /// None where there are more than [`MOST_HITS`].
    hits: Option<Box<[Hit]>>,
    encoding: TextEncoding,
    /// Whether anything in it leads to a candidate, which others may stand in the way of. As long as nothing does, nothing will where
    /// the bytes stay.
    suspect: bool,
    /// Whether something is found in it, as far as it was asked.
    holds: bool,
    /// Whether a foreign rule may find something in it: those look at each version in full.
    foreign: bool,
}

impl Known {
    /// Whether it was taken for binary.
    pub fn is_binary(&self) -> bool {
        self.encoding == TextEncoding::Binary
    }

    /// Whether the text has to be scanned.
    pub fn is_suspect(&self) -> bool {
        self.holds || self.foreign
    }
}

/// Surveys texts for one thread.
pub struct Surveyor<'s> {
    scanner: &'s Scanner,
    worker: Worker<'s>,
    lineage: Lineage,
    hits: Vec<Hit>,
    fresh: Vec<bool>,
    /// Scratch of [`Self::freshen_rows`].
    row: Vec<usize>,
    findings: Vec<Finding>,
}

impl<'s> Surveyor<'s> {
    /// A surveyor for one thread.
    pub fn new(scanner: &'s Scanner) -> Self {
        Self {
            scanner,
            // a class stands for files that are left out and for others
            worker: scanner.worker().everywhere(),
            lineage: Lineage::default(),
            hits: Vec::new(),
            fresh: Vec::new(),
            row: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Surveys a text that may have any of `classes`.
    pub fn whole(&mut self, text: &[u8], classes: &[Named]) -> Known {
        self.hits.clear();
        let prefilter = self.scanner.anchors.prefilter();
        if !prefilter.find_up_to(MOST_HITS, text, &mut self.hits) {
            return self.crowded(text, classes);
        }
        self.fresh.clear();
        self.fresh.resize(self.hits.len(), true);
        self.judge(text, view::detect(text), false, classes)
    }

    /// Surveys a text by scanning it in full under each of `classes`.
    pub fn in_full(&mut self, text: &[u8], classes: &[Named]) -> Known {
        let holds = classes.iter().any(|named| self.finds(text, named));
        let (encoding, _) = view::detect(text);
        Known {
            hits: None,
            encoding,
            suspect: holds,
            holds,
            foreign: self.is_foreign(text, encoding, classes),
        }
    }

    /// Surveys a text that was made from one of `base_len` bytes, of which `known` is known, by `copied`. Where its classes are
    /// not all among those for which the other one was surveyed, `inherits` is false.
    pub fn version(
        &mut self,
        known: &Known,
        base_len: usize,
        copied: &[Copied],
        inherits: bool,
        text: &[u8],
        classes: &[Named],
    ) -> Known {
        let Some(old) = &known.hits else {
            return self.whole(text, classes);
        };
        self.hits.clear();
        let prefilter = self.scanner.anchors.prefilter();
        let hits = (MOST_HITS, &mut self.hits);
        if !self.lineage.inherit(prefilter, old, copied, text, hits) {
            return self.crowded(text, classes);
        }
        let (encoding, mark) = view::detect(text);
        self.fresh.clear();
        if inherits && !known.suspect && known.encoding == encoding {
            let anchors = &self.scanner.anchors;
            Lineage::fresh(
                copied,
                (base_len, text.len()),
                &self.hits,
                |hit| anchors.reach(hit),
                &mut self.fresh,
            );
            self.freshen_rows(text);
        } else {
            self.fresh.resize(self.hits.len(), true);
        }
        self.judge(text, (encoding, mark), known.holds, classes)
    }

    /// Makes anchors that open stretches fresh with those near them. One that stands in a stretch which another has opened is not
    /// tried itself, so whether it is tried hangs on the one before it, and so on: a row of them is judged whole or not at all.
    fn freshen_rows(&mut self, text: &[u8]) {
        if !self.fresh.contains(&true) {
            return;
        }
        let anchors = &self.scanner.anchors;
        self.row.clear();
        let mut is_fresh = false;
        for (ix, &hit) in self.hits.iter().enumerate() {
            if !anchors.opens(text, hit) {
                continue;
            }
            if let Some(&last) = self.row.last()
                && hit.at - self.hits[last].at > anchors.reach(self.hits[last])
            {
                for member in self.row.drain(..) {
                    self.fresh[member] |= is_fresh;
                }
                is_fresh = false;
            }
            self.row.push(ix);
            is_fresh |= self.fresh[ix];
        }
        for member in self.row.drain(..) {
            self.fresh[member] |= is_fresh;
        }
    }

    /// What is known of a text by its anchors. `held` says that the text it was made from holds something: then this one mostly does
    /// too, and is scanned later anyway.
    fn judge(
        &mut self,
        text: &[u8],
        (encoding, mark): (TextEncoding, usize),
        held: bool,
        classes: &[Named],
    ) -> Known {
        let any_fresh = self.fresh.contains(&true);
        let (mut suspect, mut holds) = (false, false);
        for named in classes {
            let whole = mark > 0
                || matches!(encoding, TextEncoding::Utf16(_))
                || named.class.dotenv != Dotenv::No
                || named.class.lines.is_some();
            let binary = encoding == TextEncoding::Binary;
            if whole {
                holds = self.finds(text, named);
                suspect |= holds;
            } else if any_fresh
                && !(binary && self.scanner.options.no_binary)
                && self
                    .worker
                    .has_candidate(text, &self.hits, named.class, binary, &self.fresh)
            {
                suspect = true;
                holds = held || self.finds(text, named);
            }
            if holds {
                break;
            }
        }
        Known {
            hits: Some(self.hits.as_slice().into()),
            encoding,
            suspect,
            holds,
            foreign: self.is_foreign(text, encoding, classes),
        }
    }

    /// Whether a foreign rule may find something in the text, under some path. What they look at is not bounded, so it is asked of each
    /// version.
    fn is_foreign(&mut self, text: &[u8], encoding: TextEncoding, classes: &[Named]) -> bool {
        let is_read = encoding != TextEncoding::Binary
            || classes.iter().any(|named| named.class.dotenv != Dotenv::No);
        is_read && self.worker.may_hold_foreign(text)
    }

    /// What is said of a text with more anchors than are worth remembering: that it has to be scanned.
    fn crowded(&mut self, text: &[u8], classes: &[Named]) -> Known {
        let (encoding, _) = view::detect(text);
        Known {
            hits: None,
            encoding,
            suspect: true,
            holds: true,
            foreign: self.is_foreign(text, encoding, classes),
        }
    }

    /// Whether a scan of the whole text finds anything.
    fn finds(&mut self, text: &[u8], named: &Named) -> bool {
        self.findings.clear();
        let blob = Blob {
            // names are looked at elsewhere: what is in the text is asked for
            origin: Origin::new(&named.name, Store::Stdin),
            bytes: text,
            part: Part::whole(text.len()),
        };
        self.worker.scan(&blob, &mut self.findings);
        !self.findings.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::rules::sample::expand;
    use crate::scan::Options;

    #[test]
    fn a_stretch_is_opened_anew_where_the_one_that_held_its_anchor_is_no_more() {
        let rules = crate::rules::BUILTIN.iter().cloned();
        let scanner = Scanner::new(rules, Options::default());
        // one run of digits; the second mark stands in the stretch of the first, the password beyond it
        let mut plain = "no words at all ".repeat(2200).into_bytes();
        let login = expand("\nSMTP_PASSWORD=<<password>>\n", "survey").unwrap();
        let put = |plain: &mut [u8], at: usize, what: &[u8]| {
            plain[at..at + what.len()].copy_from_slice(what);
        };
        put(&mut plain, 9000, b" SG. ");
        put(&mut plain, 19_002, b" SG. ");
        put(&mut plain, 25_000, &login);
        let before = plain.clone();
        put(&mut plain, 600, b" SG. ");
        let encode = |plain: &[u8]| {
            base64::engine::general_purpose::STANDARD
                .encode(plain)
                .into_bytes()
        };
        let (before, after) = (encode(&before), encode(&plain));
        let named = [Named {
            class: PathClass::of(b"a.txt"),
            name: (*b"a.txt").into(),
        }];
        let mut surveyor = Surveyor::new(&scanner);
        let known = surveyor.whole(&before, &named);
        assert!(!known.is_suspect());
        let copied = [
            Copied {
                from: 0,
                at: 0,
                len: 796,
            },
            Copied {
                from: 820,
                at: 820,
                len: u32::try_from(before.len()).unwrap() - 820,
            },
        ];
        assert!(before[..796] == after[..796] && before[820..] == after[820..]);
        assert!(surveyor.in_full(&after, &named).is_suspect());
        let version = surveyor.version(&known, before.len(), &copied, true, &after, &named);
        assert!(version.is_suspect());
    }

    #[test]
    fn a_text_of_anchors_is_suspected_and_not_remembered() {
        let rules = crate::rules::BUILTIN.iter().cloned();
        let scanner = Scanner::new(rules, Options::default());
        let named = [Named {
            class: PathClass::of(b"a.txt"),
            name: (*b"a.txt").into(),
        }];
        let small = |len: usize| u32::try_from(len).unwrap();
        let mut surveyor = Surveyor::new(&scanner);
        let row = b"SG.\n".repeat(1000);
        let known = surveyor.whole(&row, &named);
        assert!(!known.is_suspect());
        // the row over and over: as many anchors as there is room for, and one more row
        let rows = MOST_HITS / 1000 + 1;
        let crowd = row.repeat(rows);
        let copied: Vec<Copied> = (0..rows)
            .map(|at| Copied {
                from: 0,
                at: small(at * row.len()),
                len: small(row.len()),
            })
            .collect();
        for known in [
            surveyor.version(&known, row.len(), &copied, true, &crowd, &named),
            surveyor.whole(&crowd, &named),
        ] {
            assert!(known.is_suspect() && known.hits.is_none());
            // what is made from it is read afresh
            let copied = &copied[..1];
            let again = surveyor.version(&known, crowd.len(), copied, true, &row, &named);
            assert!(!again.is_suspect() && again.hits.is_some_and(|hits| hits.len() == 1000));
        }
    }

    /// Surveys what `before` becomes when the one stretch in which `after` differs is changed, beginning with nothing found.
    fn is_found_anew(name: &str, before: &[u8], after: &[u8]) -> bool {
        let rules = crate::rules::BUILTIN.iter().cloned();
        let scanner = Scanner::new(rules, Options::default());
        let named = [Named {
            class: PathClass::of(name.as_bytes()),
            name: name.as_bytes().into(),
        }];
        let mut surveyor = Surveyor::new(&scanner);
        let known = surveyor.whole(before, &named);
        assert!(
            !known.is_suspect(),
            "{name}: something is found before the change"
        );
        assert!(
            surveyor.in_full(after, &named).is_suspect(),
            "{name}: nothing is found after it"
        );
        let small = |len: usize| u32::try_from(len).unwrap();
        let pairs = || before.iter().zip(after);
        let head = pairs().take_while(|(a, b)| a == b).count();
        let tail = before[head..].iter().rev().zip(after[head..].iter().rev());
        let tail = tail.take_while(|(a, b)| a == b).count();
        let mut copied = vec![
            Copied {
                from: 0,
                at: 0,
                len: small(head),
            },
            Copied {
                from: small(before.len() - tail),
                at: small(after.len() - tail),
                len: small(tail),
            },
        ];
        copied.retain(|copy| copy.len > 0);
        surveyor
            .version(&known, before.len(), &copied, true, after, &named)
            .is_suspect()
    }

    #[test]
    fn a_decision_may_hang_on_bytes_far_from_its_anchor() {
        let password = String::from_utf8(expand("<<password>>", "survey").unwrap()).unwrap();
        let (blank, attribute) = (" ".repeat(2000), "y".repeat(440));
        // the end of an element in an element: 4.5 KB behind the key
        let element = |close: &str| {
            format!(
                "<property name=\"smtp.password\" z=\"{attribute}\">{blank}<value>{password}{blank}{close}\n"
            )
        };
        assert!(is_found_anew(
            "a.xml",
            element("<x>").as_bytes(),
            element("</value>").as_bytes()
        ));
        // the end of the host beside it, 6.4 KB behind: one that is no host of this machine, or is none at all
        let filler = "<i>t</i>\n".repeat(205);
        let host = |close: &str| {
            format!(
                "<b>\n<property name=\"mail.smtp.password\"><value>{password}</value></property>\n{filler}\
                 <property name=\"mail.smtp.host\" z=\"{attribute}\">{blank}<value>127.0.0.1{blank}{close}</property>\n</b>\n"
            )
        };
        assert!(is_found_anew(
            "a.xml",
            host("</value>").as_bytes(),
            host("<x>").as_bytes()
        ));
        // the name of an object, 2.5 KB before
        let (gap, members) = (" ".repeat(250), "  a: 1,\n".repeat(250));
        let object =
            |name: &str| format!("{name}{gap}={gap}{{\n{members}  password: '{password}' }}\n");
        assert!(is_found_anew(
            "a.js",
            object("sntp").as_bytes(),
            object("smtp").as_bytes()
        ));
    }
}
