//! What git leaves of a commit message: comments and the diff below the scissors go, if they go.
//!
//! A commit-msg hook gets the file as the editor left it and is not told what git will cut off. It can be known from the
//! configuration and from whether there was an editor. Where it can't, everything counts as part of the message.

use std::ops::Range;

use super::Store;
use super::repo::config_of;

/// What follows the comment sign on git's line above the diff.
const SCISSORS: &[u8] = b"------------------------ >8 ------------------------";

/// Signs that git picks one of where `core.commentChar` is `auto`.
const SIGNS: &[u8] = b"#;@!$%^&|:";

/// How messages are cleaned up here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleanup {
    /// Whether lines that begin with the sign are left out.
    pub comments: bool,
    /// Whether what lies below the scissors is left out.
    pub scissors: bool,
    /// What a comment begins with; none where git picks one.
    pub sign: Option<Vec<u8>>,
}

impl Cleanup {
    /// What `commit.cleanup`, `core.commentChar` and whether there `was_edited` mean together. An unknown mode, which git does not
    /// take either, leaves everything in.
    pub fn of(mode: Option<&str>, sign: Option<&str>, was_edited: bool) -> Self {
        let comments = match mode {
            None | Some("default") => was_edited,
            Some("strip") => true,
            Some(_) => false,
        };
        Self {
            comments,
            // `commit -v` has it in every mode
            scissors: was_edited,
            sign: match sign {
                Some("auto") => None,
                Some(sign) if !sign.is_empty() => Some(sign.as_bytes().to_vec()),
                _ => Some(b"#".to_vec()),
            },
        }
    }

    /// What git is told in the configuration of `store` and by its variables. Where something was said on git's command line, comments
    /// stay in.
    pub fn of_store(store: &Store) -> Self {
        // git sets this for its hooks when no editor is started
        let was_edited = std::env::var_os("GIT_EDITOR").is_none_or(|editor| editor != ":");
        let told = std::env::var_os("GIT_CONFIG_PARAMETERS").unwrap_or_default();
        let told = told.to_string_lossy().to_ascii_lowercase();
        if told.contains("commit.cleanup") || told.contains("core.comment") {
            return Self::of(Some("verbatim"), None, was_edited);
        }
        let config = config_of(&store.common_dir, &store.git_dir);
        let text = |name: &str| {
            config
                .as_ref()
                .and_then(|config| config.get_string(name).ok())
        };
        let sign = text("core.commentstring").or_else(|| text("core.commentchar"));
        Self::of(
            text("commit.cleanup").as_deref(),
            sign.as_deref(),
            was_edited,
        )
    }

    /// The parts of `text` that become the message: lines, each with its end.
    pub fn kept(&self, text: &[u8]) -> Vec<Range<usize>> {
        let lines = lines(text);
        let scissors = lines
            .iter()
            .position(|line| self.is_cut(text, line, &lines).is_some());
        let sign = match (&self.sign, scissors) {
            (Some(sign), _) => Some(sign.clone()),
            (None, Some(at)) => self.is_cut(text, &lines[at], &lines),
            (None, None) => picked(text, &lines),
        };
        let end = scissors.filter(|_| self.scissors).unwrap_or(lines.len());
        let is_comment = |line: &Range<usize>| {
            self.comments
                && sign
                    .as_ref()
                    .is_some_and(|sign| text[line.clone()].starts_with(sign))
        };
        lines[..end]
            .iter()
            .filter(|line| !is_comment(line))
            .cloned()
            .collect()
    }

    /// The comment sign of `line` if it is the one above the diff. Git writes a comment below it, in the language of the user.
    fn is_cut(&self, text: &[u8], line: &Range<usize>, lines: &[Range<usize>]) -> Option<Vec<u8>> {
        let content = text[line.clone()].strip_suffix(b"\n")?;
        let sign = content.strip_suffix(SCISSORS)?.strip_suffix(b" ")?;
        let is_sign = match &self.sign {
            Some(known) => sign == known,
            None => matches!(sign, [sign] if SIGNS.contains(sign)),
        };
        let next = lines.iter().find(|next| next.start == line.end)?;
        (is_sign && text[next.clone()].starts_with(sign)).then(|| sign.to_vec())
    }
}

/// The sign that git has picked, as its own comments at the end of the text show.
fn picked(text: &[u8], lines: &[Range<usize>]) -> Option<Vec<u8>> {
    let last = lines
        .iter()
        .rev()
        .map(|line| text[line.clone()].trim_ascii_end())
        .find(|line| !line.is_empty())?;
    match last {
        [sign, rest @ ..] if SIGNS.contains(sign) => {
            let is_apart = rest.first().is_none_or(u8::is_ascii_whitespace);
            is_apart.then(|| vec![*sign])
        }
        _ => None,
    }
}

fn lines(text: &[u8]) -> Vec<Range<usize>> {
    let mut start = 0;
    text.split_inclusive(|byte| *byte == b'\n')
        .map(|line| {
            let line = start..start + line.len();
            start = line.end;
            line
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDITED: &str = "subject\n\n# a comment\nbody # not one\n #indented\n\
        # ------------------------ >8 ------------------------\n# Everything below is ignored.\ndiff --git a b\n+x\n";

    fn kept(mode: Option<&str>, sign: Option<&str>, was_edited: bool, text: &str) -> String {
        let cleanup = Cleanup::of(mode, sign, was_edited);
        let kept = cleanup.kept(text.as_bytes());
        kept.into_iter().map(|line| &text[line]).collect()
    }

    #[test]
    fn comments_go_as_the_mode_says() {
        let without = "subject\n\nbody # not one\n #indented\n";
        let with = "subject\n\n# a comment\nbody # not one\n #indented\n";
        for (mode, left) in [
            (None, without),
            (Some("default"), without),
            (Some("strip"), without),
            (Some("scissors"), with),
            (Some("whitespace"), with),
            (Some("verbatim"), with),
            (Some("no mode"), with),
        ] {
            assert_eq!(kept(mode, None, true, EDITED), left, "{mode:?}");
        }
    }

    #[test]
    fn without_an_editor_only_strip_takes_anything() {
        for mode in [None, Some("default"), Some("scissors"), Some("verbatim")] {
            assert_eq!(kept(mode, None, false, EDITED), EDITED, "{mode:?}");
        }
        let stripped = kept(Some("strip"), None, false, EDITED);
        assert!(!stripped.contains("a comment") && stripped.contains("diff --git"));
    }

    #[test]
    fn other_signs_and_picked_ones_are_known() {
        let text = EDITED.replace("# a", "// a").replace("\n# ", "\n// ");
        assert!(!kept(None, Some("//"), true, &text).contains("a comment"));
        assert!(!kept(None, Some("//"), true, &text).contains("diff"));
        let text = EDITED
            .replace("\n# ", "\n; ")
            .replace("subject", "# subject");
        let left = kept(None, Some("auto"), true, &text);
        assert_eq!(left, "# subject\n\nbody # not one\n #indented\n");
        let left = kept(
            None,
            Some("auto"),
            true,
            "#1 fixed\n\n; On branch main\n;\n\n",
        );
        assert_eq!(left, "#1 fixed\n\n\n");
        // nothing tells
        let unsure = "#1 fixed\n; and more\nend\n";
        assert_eq!(kept(None, Some("auto"), true, unsure), unsure);
    }

    #[test]
    fn scissors_that_git_did_not_write_cut_nothing() {
        let text = "subject\n# ------------------------ >8 ------------------------\nsecret\n";
        assert!(kept(None, None, true, text).contains("secret"));
        let text = "subject\n------------------------ >8 ------------------------\n# x\nsecret\n";
        assert!(kept(None, None, true, text).contains("secret"));
        assert_eq!(kept(None, None, true, ""), "");
        assert_eq!(kept(None, None, true, "no end"), "no end");
    }
}
