//! From the words that people name commits with to commits: `main`, `v1.2~3`, `HEAD^2`, `1a2b3c4`, `A..B`.
//!
//! The forms that matter for a range or a branch, with git's own order of precedence. Other forms are refused by name. Refs,
//! tags and commits have been read elsewhere; nothing is opened here.

use std::collections::HashMap;

use super::{CommitIx, Graph};
use crate::git::Refs;
use crate::model::ObjectId;

/// Fewest digits of an abbreviated id. Git's own limit.
const SHORTEST: usize = 4;

/// Where git looks for a name, first to last.
const PLACES: [(&str, &str); 6] = [
    ("", ""),
    ("refs/", ""),
    ("refs/tags/", ""),
    ("refs/heads/", ""),
    ("refs/remotes/", ""),
    ("refs/remotes/", "/HEAD"),
];

/// Where a branch is looked for, first to last.
const BRANCHES: [(&str, &str); 4] = [
    ("refs/heads/", ""),
    ("refs/remotes/", ""),
    ("refs/", ""),
    ("", ""),
];

/// Why a revision names no commit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// Nothing bears the name.
    #[error(
        "no ref or commit is called {0:?}; give a branch, a tag, or an id of at least 4 digits"
    )]
    Unknown(String),
    /// No branch bears the name.
    #[error("no branch is called {0:?}; give the name of a local branch, or REMOTE/NAME")]
    NoBranch(String),
    /// Several commits have ids that begin so.
    #[error("the id {digits} is ambiguous: {count} commits begin so; give more digits")]
    Ambiguous {
        /// What was given.
        digits: String,
        /// How many commits begin so.
        count: usize,
    },
    /// It names several objects at once, as `FETCH_HEAD` may.
    #[error("{0} names several objects; give the id of one")]
    Several(String),
    /// It names an object that is no commit, or is not there.
    #[error("{name} names {id}, which is no commit of this repository, or is missing")]
    NoCommit {
        /// What was given.
        name: String,
        /// What it names.
        id: ObjectId,
    },
    /// The commit has fewer parents than asked for, or they were not fetched.
    #[error("{0} leads beyond the first commit, or to a parent that is not there")]
    NoParent(String),
    /// It is a form that is not read.
    #[error(
        "{0:?} is a form of revision that is not supported; give a branch, a tag or an id, followed by ~N or ^N if need be"
    )]
    Form(String),
    /// It is no range.
    #[error("{0:?} is no range; give one as A..B, for all that B has and A has not")]
    NoRange(String),
}

/// `A..B`: the commits that can be reached from B and not from A.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// A.
    pub without: CommitIx,
    /// B.
    pub tip: CommitIx,
}

/// What names can refer to.
pub struct Revisions<'a> {
    /// All refs.
    pub refs: &'a Refs,
    /// What annotated tags lead to in the end, by the tag's own id.
    pub peeled: &'a HashMap<ObjectId, ObjectId>,
    /// All commits.
    pub graph: &'a Graph,
}

impl Revisions<'_> {
    /// The two ends of `A..B`. An end that is left out is `HEAD`.
    pub fn range(&self, text: &str) -> Result<Range, RevisionError> {
        let no_range = || RevisionError::NoRange(text.to_owned());
        let (without, tip) = text.split_once("..").ok_or_else(no_range)?;
        // `A...B` means something else, and `..` alone is a folder
        if tip.starts_with('.') || (without.is_empty() && tip.is_empty()) {
            return Err(no_range());
        }
        let end = |name: &str| self.commit(if name.is_empty() { "HEAD" } else { name });
        Ok(Range {
            without: end(without)?,
            tip: end(tip)?,
        })
    }

    /// The commit at the tip of the branch `name`. A branch goes before a tag of the same name.
    pub fn branch(&self, name: &str) -> Result<CommitIx, RevisionError> {
        let id = self
            .look_up(name, &BRANCHES)?
            .ok_or_else(|| RevisionError::NoBranch(name.to_owned()))?;
        self.commit_of(name, id)
    }

    /// The commit that `text` names.
    pub fn commit(&self, text: &str) -> Result<CommitIx, RevisionError> {
        let end = text.find(['~', '^']).unwrap_or(text.len());
        let (name, mut steps) = text.split_at(end);
        let mut commit = self.base(name)?;
        while let Some(sign) = steps.chars().next() {
            if sign != '~' && sign != '^' {
                return Err(RevisionError::Form(text.to_owned()));
            }
            steps = &steps[1..];
            if let Some(rest) = ["{commit}", "{}", "{object}"]
                .iter()
                .find_map(|kind| steps.strip_prefix(kind).filter(|_| sign == '^'))
            {
                steps = rest;
                continue;
            }
            let digits = steps
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(steps.len());
            let (number, rest) = steps.split_at(digits);
            steps = rest;
            let number = match number {
                "" => Ok(1),
                number => number.parse::<usize>(),
            };
            let beyond = || RevisionError::NoParent(text.to_owned());
            let number = number.map_err(|_| beyond())?;
            let parent = |commit, nth: usize| self.graph.parents(commit).get(nth - 1).copied();
            match (sign, number) {
                (_, 0) => {}
                ('^', nth) => commit = parent(commit, nth).ok_or_else(beyond)?,
                // a line of parents is no longer than there are commits, if it is not a circle
                (_, count) if count > self.graph.count() => return Err(beyond()),
                (_, count) => {
                    for _ in 0..count {
                        commit = parent(commit, 1).ok_or_else(beyond)?;
                    }
                }
            }
        }
        Ok(commit)
    }

    /// The commit that `name`, without steps to ancestors, names.
    fn base(&self, name: &str) -> Result<CommitIx, RevisionError> {
        let unknown = || RevisionError::Unknown(name.to_owned());
        if name == "@" {
            let id = self.refs.head.ok_or_else(unknown)?;
            return self.commit_of(name, id);
        }
        let is_hex = name.bytes().all(|byte| byte.is_ascii_hexdigit());
        // a whole id is that id, whatever else bears the name
        if let Some(id) = ObjectId::from_hex(name.as_bytes()) {
            return self.commit_of(name, id);
        }
        if let Some(id) = self.look_up(name, &PLACES)? {
            return self.commit_of(name, id);
        }
        if is_hex && name.len() >= SHORTEST {
            return self.abbreviated(name);
        }
        if name.contains("@{") || name.contains(':') {
            return Err(RevisionError::Form(name.to_owned()));
        }
        Err(unknown())
    }

    fn abbreviated(&self, digits: &str) -> Result<CommitIx, RevisionError> {
        let lower = digits.to_ascii_lowercase();
        let mut found = self.graph.starting_with(&lower);
        // tags that lead to a commit answer to their own ids too
        let tags = self.peeled.iter();
        found.extend(
            tags.filter(|(tag, _)| tag.to_string().starts_with(&lower))
                .filter_map(|(_, target)| self.graph.ix(target)),
        );
        match found[..] {
            [commit] => Ok(commit),
            [] => Err(RevisionError::Unknown(digits.to_owned())),
            _ => Err(RevisionError::Ambiguous {
                digits: digits.to_owned(),
                count: found.len(),
            }),
        }
    }

    /// What the first ref that bears the name in one of `places` names.
    fn look_up(
        &self,
        name: &str,
        places: &[(&str, &str)],
    ) -> Result<Option<ObjectId>, RevisionError> {
        if name.is_empty() || name.starts_with("reflog of ") {
            return Ok(None);
        }
        for (start, end) in places {
            let full = format!("{start}{name}{end}");
            let refs = &self.refs.refs;
            let at = refs.partition_point(|(name, _)| *name < full);
            let mut named = refs[at..].iter().take_while(|(name, _)| *name == full);
            match (named.next(), named.next()) {
                (None, _) => {}
                (Some((_, id)), None) => return Ok(Some(*id)),
                _ => return Err(RevisionError::Several(name.to_owned())),
            }
        }
        Ok(None)
    }

    fn commit_of(&self, name: &str, id: ObjectId) -> Result<CommitIx, RevisionError> {
        let target = self.peeled.get(&id).unwrap_or(&id);
        self.graph
            .ix(target)
            .ok_or_else(|| RevisionError::NoCommit {
                name: name.to_owned(),
                id,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::CommitInfo;

    fn id(byte: u8) -> ObjectId {
        ObjectId::new(&[byte; 20])
    }

    fn with(check: impl Fn(&Revisions<'_>, &dyn Fn(u8) -> CommitIx)) {
        let commit = |byte, parents: &[u8]| CommitInfo {
            id: id(byte),
            tree: id(1),
            parents: parents.iter().map(|parent| id(*parent)).collect(),
            author_time: 0,
            commit_time: 0,
        };
        let mut near = commit(0xaa, &[]);
        near.id = ObjectId::new(&[[0xaa; 19].as_slice(), &[0xab]].concat());
        let graph = Graph::new(
            [
                commit(0xaa, &[]),
                near,
                commit(0xbb, &[0xaa]),
                commit(0xcc, &[0xaa]),
                commit(0xdd, &[0xbb, 0xcc]),
                commit(0xee, &[0x99]),
            ]
            .into_iter()
            .collect(),
        );
        let named = [
            ("refs/heads/main", 0xdd),
            ("refs/heads/both", 0xbb),
            ("refs/tags/both", 0xcc),
            ("refs/tags/v1", 0x77),
            ("refs/tags/tree", 0x01),
            ("refs/heads/abcd", 0xcc),
            ("refs/remotes/origin/HEAD", 0xee),
            ("refs/remotes/origin/topic", 0xcc),
            ("HEAD", 0xdd),
            ("ORIG_HEAD", 0xaa),
            ("FETCH_HEAD", 0xaa),
            ("FETCH_HEAD", 0xbb),
            ("reflog of HEAD", 0xaa),
        ];
        let mut refs = Refs {
            head: Some(id(0xdd)),
            refs: named
                .iter()
                .map(|(name, byte)| ((*name).to_owned(), id(*byte)))
                .collect(),
            ..Refs::default()
        };
        refs.refs.sort_unstable();
        let peeled = HashMap::from([(id(0x77), id(0xbb))]);
        let revisions = Revisions {
            refs: &refs,
            peeled: &peeled,
            graph: &graph,
        };
        check(&revisions, &|byte| graph.ix(&id(byte)).unwrap());
    }

    #[test]
    fn names_and_steps_are_followed() {
        with(|revisions, at| {
            for (text, byte) in [
                ("HEAD", 0xdd),
                ("@", 0xdd),
                ("main", 0xdd),
                ("heads/main", 0xdd),
                ("refs/heads/main", 0xdd),
                ("both", 0xcc),
                ("v1", 0xbb),
                ("v1^{commit}", 0xbb),
                ("v1^{}^", 0xaa),
                ("7777", 0xbb),
                ("origin", 0xee),
                ("origin/topic", 0xcc),
                ("ORIG_HEAD", 0xaa),
                ("main~", 0xbb),
                ("main~0", 0xdd),
                ("main^2", 0xcc),
                ("main^2~1", 0xaa),
                ("main~2", 0xaa),
                ("@^^", 0xaa),
                ("bbbb", 0xbb),
                ("BBBBbbb", 0xbb),
                ("abcd", 0xcc),
            ] {
                assert_eq!(revisions.commit(text), Ok(at(byte)), "{text}");
            }
            let full = id(0xbb).to_string();
            assert_eq!(revisions.commit(&full), Ok(at(0xbb)));
            assert_eq!(revisions.branch("both"), Ok(at(0xbb)));
            assert_eq!(revisions.branch("origin/topic"), Ok(at(0xcc)));
        });
    }

    #[test]
    fn ranges_have_two_ends() {
        with(|revisions, at| {
            let range = |without, tip| {
                Ok(Range {
                    without: at(without),
                    tip: at(tip),
                })
            };
            assert_eq!(revisions.range("v1..main"), range(0xbb, 0xdd));
            assert_eq!(revisions.range("main~2.."), range(0xaa, 0xdd));
            assert_eq!(revisions.range("..v1"), range(0xdd, 0xbb));
            for text in ["main", "..", "v1...main", ""] {
                assert_eq!(
                    revisions.range(text),
                    Err(RevisionError::NoRange(text.to_owned()))
                );
            }
        });
    }

    #[test]
    fn what_names_nothing_says_why() {
        with(|revisions, _| {
            for (text, words) in [
                ("nope", "no ref or commit is called \"nope\""),
                ("", "no ref or commit is called"),
                ("bbb", "no ref or commit"),
                ("dddde", "no ref or commit"),
                ("aaaa", "ambiguous: 2 commits"),
                ("reflog of HEAD", "no ref or commit"),
                ("FETCH_HEAD", "several"),
                ("tree", "no commit"),
                ("0000000000000000000000000000000000000000", "no commit"),
                ("main^3", "beyond"),
                ("main~3", "beyond"),
                ("main~99999999999999999999999", "beyond"),
                ("origin^", "beyond"),
                ("main@{1}", "not supported"),
                ("main:file", "not supported"),
                ("main^{tree}", "not supported"),
                ("main^x", "not supported"),
                ("main~é", "not supported"),
                ("main^{}é", "not supported"),
                ("main^1x~", "not supported"),
            ] {
                let error = revisions.commit(text).unwrap_err().to_string();
                assert!(error.contains(words), "{text}: {error}");
            }
            let error = revisions.branch("v1x").unwrap_err().to_string();
            assert!(error.contains("no branch is called"), "{error}");
        });
    }
}
