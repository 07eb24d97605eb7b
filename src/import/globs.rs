//! Patterns for paths as globs.
//!
//! Other scanners name files by regular expressions that are searched for anywhere in a path. Most of those that people write can be
//! said as globs that match the same paths. One that can't is refused, so that no file is left out that was not before.

use regex_syntax::hir::{Class, Hir, HirKind, Literal, Look, Repetition};

use crate::rules::gitleaks::Pattern;

/// Most globs that a pattern may become.
const MOST: usize = 32;

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// The beginning of the path.
    Start,
    /// Its end.
    End,
    /// A part of a glob that matches within a name, and slashes.
    Glob(String),
    /// Anything, slashes too.
    Any,
}

/// A way to read a pattern without alternatives.
type Way = Vec<Piece>;

/// Globs that match the paths which `pattern`, a Go regular expression, is found in. An error says why there are none.
pub fn globs_of(pattern: &str) -> Result<Vec<String>, String> {
    let hir = Pattern::of_go(pattern)
        .map_err(|unfit| unfit.problem)?
        .hir();
    let ways = ways(&hir).ok_or("a glob can't say what it matches")?;
    let mut globs = Vec::new();
    for way in ways {
        globs.extend(written(&way).ok_or("a glob can't say what it matches")?);
        if globs.len() > MOST {
            return Err("it would take too many globs".to_owned());
        }
    }
    globs.sort();
    globs.dedup();
    // in one folder at least, or in none: in any
    let all = globs.clone();
    for glob in &mut globs {
        if let Some(rest) = glob
            .strip_prefix("*/**/")
            .filter(|rest| all.iter().any(|other| other == rest))
        {
            *glob = format!("**/{rest}");
        }
    }
    let all = globs.clone();
    globs.retain(|glob| !all.contains(&format!("**/{glob}")));
    if globs.is_empty() {
        return Err("it matches no path".to_owned());
    }
    if globs.iter().any(|glob| glob == "**" || glob == "**/*") {
        return Err("it matches every path".to_owned());
    }
    // one without a slash is a name in any folder where globs are read
    for glob in globs
        .iter_mut()
        .filter(|glob| !glob.contains('/') || glob.starts_with('!'))
    {
        glob.insert(0, '/');
    }
    Ok(globs)
}

/// The ways to read `hir`; none if globs can't follow, or there are too many. Not deeper than the pattern is, which is bounded.
fn ways(hir: &Hir) -> Option<Vec<Way>> {
    match hir.kind() {
        HirKind::Empty => Some(vec![Vec::new()]),
        HirKind::Literal(Literal(bytes)) => {
            let text = std::str::from_utf8(bytes).ok()?;
            Some(vec![vec![Piece::Glob(text.chars().map(literal).collect())]])
        }
        HirKind::Class(class) => Some(vec![vec![Piece::Glob(class_glob(class)?)]]),
        HirKind::Look(Look::Start) => Some(vec![vec![Piece::Start]]),
        HirKind::Look(Look::End) => Some(vec![vec![Piece::End]]),
        HirKind::Look(_) => None,
        HirKind::Capture(capture) => ways(&capture.sub),
        // a character, or a byte that belongs to none, which no path has that is text
        HirKind::Alternation(branches) if is_stray(branches) => ways(branches.first()?),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(ways(branch)?);
            }
            (all.len() <= MOST).then_some(all)
        }
        HirKind::Concat(parts) => {
            let mut all: Vec<Way> = vec![Vec::new()];
            for part in parts {
                let next = ways(part)?;
                if all.len() * next.len() > MOST {
                    return None;
                }
                let longer = all
                    .iter()
                    .flat_map(|way| next.iter().map(move |next| [way.as_slice(), next].concat()));
                all = longer.collect();
            }
            Some(all)
        }
        HirKind::Repetition(Repetition { min, max, sub, .. }) => repeated(*min, *max, sub),
    }
}

/// Whether the second of two branches stands for bytes that are no characters.
fn is_stray(branches: &[Hir]) -> bool {
    let [_, second] = branches else {
        return false;
    };
    match second.kind() {
        HirKind::Class(Class::Bytes(class)) => class
            .iter()
            .all(|range| range.start() == 0x80 && range.end() == 0xff),
        _ => false,
    }
}

fn repeated(min: u32, max: Option<u32>, sub: &Hir) -> Option<Vec<Way>> {
    if (min, max) == (0, Some(1)) {
        let mut all = ways(sub)?;
        all.push(Vec::new());
        return Some(all);
    }
    let HirKind::Class(class) = sub.kind() else {
        return None;
    };
    if max.is_some() || min > 1 {
        return None;
    }
    let piece = match breadth(class) {
        Breadth::All => vec![Piece::Any],
        Breadth::Name => vec![Piece::Glob("*".to_owned())],
        Breadth::Some => return None,
    };
    let least = if min == 1 {
        vec![Piece::Glob("?".to_owned())]
    } else {
        Vec::new()
    };
    Some(vec![[least, piece].concat()])
}

/// How much a class matches of what stands in paths.
#[derive(PartialEq, Eq)]
enum Breadth {
    /// Everything.
    All,
    /// Everything but a slash.
    Name,
    /// Less.
    Some,
}

fn breadth(class: &Class) -> Breadth {
    let holds = |byte: u8| match class {
        Class::Bytes(class) => class
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&byte)),
        Class::Unicode(class) => class
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&char::from(byte))),
    };
    let names = (b' '..=b'~').filter(|byte| *byte != b'/').all(holds);
    match (names, holds(b'/')) {
        (true, true) => Breadth::All,
        (true, false) => Breadth::Name,
        (false, _) => Breadth::Some,
    }
}

/// One character out of a class.
fn class_glob(class: &Class) -> Option<String> {
    const MOST: usize = 8;
    if breadth(class) != Breadth::Some {
        return Some("?".to_owned());
    }
    let ranges: Vec<(char, char)> = match class {
        Class::Bytes(class) => class
            .iter()
            .map(|range| (range.start().into(), range.end().into()))
            .collect(),
        Class::Unicode(class) => class
            .iter()
            .map(|range| (range.start(), range.end()))
            .collect(),
    };
    // `[\\/]` is a slash, as paths are written here
    if ranges == [('/', '/'), ('\\', '\\')] {
        return Some("/".to_owned());
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
    let members = ranges
        .iter()
        .all(|(low, high)| is_plain(*low) && is_plain(*high) || low == high && *low == '-');
    if !members || ranges.len() > MOST || ranges.is_empty() {
        return None;
    }
    let mut text = String::from("[");
    for (low, high) in ranges.iter().filter(|(low, _)| *low != '-') {
        text.push(*low);
        if high != low {
            text.push('-');
            text.push(*high);
        }
    }
    if ranges.contains(&('-', '-')) {
        text.push('-');
    }
    text.push(']');
    Some(text)
}

fn literal(c: char) -> String {
    if "*?[]{}\\".contains(c) {
        format!("[{c}]")
    } else {
        c.to_string()
    }
}

/// The globs for one way.
fn written(way: &[Piece]) -> Option<Vec<String>> {
    let mut way = way.to_vec();
    // an end of its own makes what leads up to it any text
    let starts = way.first() == Some(&Piece::Start);
    if starts {
        way.remove(0);
    } else {
        way.insert(0, Piece::Any);
    }
    if way.last() == Some(&Piece::End) {
        way.pop();
    } else {
        way.push(Piece::Any);
    }
    way.dedup_by(|a, b| *a == Piece::Any && *b == Piece::Any);
    if way
        .iter()
        .any(|piece| matches!(piece, Piece::Start | Piece::End))
    {
        return None;
    }
    let mut globs = vec![String::new()];
    let last = way.len();
    for (at, piece) in way.iter().enumerate() {
        let mut next = Vec::new();
        for glob in &globs {
            match piece {
                Piece::Glob(text) => next.push(joined(glob, text)),
                Piece::Any => next.extend(any(glob, way.get(at + 1), at + 1 == last)),
                Piece::Start | Piece::End => {}
            }
        }
        globs = next;
        if globs.len() > MOST {
            return None;
        }
    }
    // no path begins or ends with a slash, or has two in a row
    globs.retain(|glob| {
        !glob.is_empty() && !glob.starts_with('/') && !glob.ends_with('/') && !glob.contains("//")
    });
    Some(globs)
}

/// `text` behind `glob`. Two stars in a row would stand for folders, and say no more than one within a name.
fn joined(glob: &str, text: &str) -> String {
    let text = match text.strip_prefix('*') {
        Some(rest) if glob.ends_with('*') => rest,
        _ => text,
    };
    format!("{glob}{text}")
}

/// What `glob` becomes when anything may follow, before what is `next`.
fn any(glob: &str, next: Option<&Piece>, is_last: bool) -> Vec<String> {
    let before_slash = matches!(next, Some(Piece::Glob(text)) if text.starts_with('/'));
    match (glob.is_empty() || glob.ends_with('/'), is_last) {
        (true, true) => vec![format!("{glob}**")],
        // the slash that follows closes a folder, of any depth
        (true, false) if before_slash => vec![format!("{glob}*/**")],
        (true, false) => vec![format!("{glob}**/*")],
        (false, true) => vec![joined(glob, "*"), joined(glob, "*/**")],
        (false, false) if before_slash => vec![joined(glob, "*"), joined(glob, "*/**")],
        (false, false) => vec![joined(glob, "*"), joined(glob, "*/**/*")],
    }
}

#[cfg(test)]
mod tests {
    use globset::GlobBuilder;
    use proptest::prelude::*;

    use super::globs_of;

    /// Whether an `[[exclude]]` with `globs` leaves out the file at `path`: without a slash they are names in any folder.
    fn matches(globs: &[String], path: &str) -> bool {
        let is_match = |glob: &String| {
            let glob = match glob.strip_prefix('/') {
                Some(rest) => rest.to_owned(),
                None if glob.contains('/') => glob.clone(),
                None => format!("**/{glob}"),
            };
            let built = GlobBuilder::new(&glob).literal_separator(true).build();
            built.unwrap().compile_matcher().is_match(path)
        };
        globs.iter().any(is_match)
    }

    #[test]
    fn what_people_write_becomes_what_they_mean() {
        for (pattern, globs) in [
            (r"(^|/)vendor/", &["**/vendor/**"][..]),
            (r"^docs/", &["docs/**"]),
            (r"package-lock\.json$", &["**/*package-lock.json"]),
            (r".*\.md$", &["**/*.md"]),
            (r"^tests/.*\.json$", &["tests/**/*.json"]),
            (r"(?:^|/)go\.(?:mod|sum)$", &["**/go.mod", "**/go.sum"]),
            (
                r"\.gitleaks\.toml",
                &["**/*.gitleaks.toml*", "**/*.gitleaks.toml*/**"],
            ),
            (r"^a/[^/]+/b$", &["a/?*/b"]),
            (r"^app[0-9]/x\*$", &["app[0-9]/x[*]"]),
            (r"^README\.md$", &["/README.md"]),
            (r"^a!b$|^!c/d$", &["/!c/d", "/a!b"]),
            (r"^[^/]*\.lock$", &["/*.lock"]),
        ] {
            assert_eq!(globs_of(pattern).unwrap(), globs, "{pattern}");
        }
        for pattern in [
            r"[a-z]+\.txt",
            r"\bfoo",
            r"a{2,3}",
            r".*",
            r"",
            r"(?=x)",
            r"^[^a]/x",
        ] {
            assert!(globs_of(pattern).is_err(), "{pattern}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn globs_match_what_the_pattern_matches(
            pieces in prop::collection::vec(
                prop::sample::select(vec!["a", "b", "/", ".*", "[^/]*", "[^/]+", "(a|b/)", "b?", r"\.", "[ab]", "(^|/)", "(/|$)", "x"]),
                1..6,
            ),
            anchored in (any::<bool>(), any::<bool>()),
            path in "[abx.]{1,3}(/[abx.]{1,3}){0,3}",
        ) {
            let pattern = format!("{}{}{}", if anchored.0 { "^" } else { "" }, pieces.concat(), if anchored.1 { "$" } else { "" });
            if let Ok(globs) = globs_of(&pattern) {
                let regex = regex::Regex::new(&pattern).unwrap();
                prop_assert_eq!(matches(&globs, &path), regex.is_match(&path), "{} {:?} {}", pattern, globs, path);
            }
        }
    }
}
