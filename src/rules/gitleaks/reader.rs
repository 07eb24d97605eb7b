//! Reads a pattern of Go and writes it in the syntax of the regex crate.
//!
//! Written out are classes in ASCII, octal and quoted characters, braces that are no repetition, and signs that only one of the two reads
//! as operators.
//!
//! Go reads a text as characters, and takes each byte that belongs to none for one of its own. Here a text is bytes, and characters
//! beyond ASCII are named where a pattern can tell the difference. One is left: without regard to case Go takes the signs for
//! Kelvin and for the long s for letters of ASCII too. Letters of ASCII only stand for one another here, so that they can be searched for.

use std::fmt::Write as _;

use regex_syntax::hir::{Class, HirKind};

/// Most that a repetition may count, as in Go.
const MOST_REPEATS: u32 = 1000;

/// What stands for the classes that have a letter, without brackets.
const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
/// Without the vertical tab, unlike everywhere else.
const SPACE: &str = r"\t\n\x0C\r\x20";

/// A byte that belongs to no character. One that does is told by the character first.
const STRAY: &str = r"[\x80-\xFF]";

/// What Go reads such a byte as.
const REPLACEMENT: char = '\u{FFFD}';

/// A pattern that is being read.
pub(super) struct Reader<'p> {
    /// Whether bytes that belong to no character are one each.
    pub(super) strays: bool,
    /// What is still to be read.
    pub(super) rest: &'p str,
    /// What was written.
    pub(super) out: String,
    /// Where in what is written, and where in the pattern, each step began.
    pub(super) steps: Vec<(usize, usize)>,
    /// Length of the pattern. Bytes.
    pub(super) length: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn takes(&mut self, sign: &str) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Reads all of it. An error is about the last step.
    pub(super) fn translate(&mut self) -> Result<(), String> {
        // whether what was read last repeats something, and whether it can be repeated
        let (mut repeats, mut is_something) = (false, false);
        loop {
            self.steps
                .push((self.out.len(), self.length - self.rest.len()));
            let Some(next) = self.next() else {
                return Ok(());
            };
            let repeated = std::mem::take(&mut repeats);
            match next {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '{' => repeats = self.brace()?,
                '*' | '+' | '?' => {
                    repeats = is_something;
                    self.out.push(next);
                }
                '.' => self.wide("."),
                '^' | '$' | '|' | ')' => self.out.push(next),
                _ => self.literal(next),
            }
            is_something = !matches!(next, '(' | '|');
            if repeats {
                if repeated {
                    return Err("what repeats something is repeated itself, which Go refuses; put a group around it".to_owned());
                }
                // as few times as possible
                if self.takes("?") {
                    self.out.push('?');
                }
            }
        }
    }

    /// Writes a character that stands for itself.
    fn literal(&mut self, c: char) {
        if c.is_ascii() {
            self.member(c);
        } else {
            let _ = write!(self.out, r"(?u:\x{{{:X}}})", u32::from(c));
        }
    }

    /// The same inside of brackets.
    fn member(&mut self, c: char) {
        if c.is_ascii_alphanumeric() {
            self.out.push(c);
        } else {
            let _ = write!(self.out, r"\x{{{:X}}}", u32::from(c));
        }
    }

    /// Writes what stands for one character and for all of those beyond ASCII, `text` in our syntax.
    fn wide(&mut self, text: &str) {
        // any number of characters is any number of bytes
        if self.rest.starts_with(['*', '+']) && is_ascii(text) {
            self.out.push_str(text);
        } else {
            self.or_stray(text);
        }
    }

    /// Writes `text`, which stands for one character, or a byte that belongs to none.
    fn or_stray(&mut self, text: &str) {
        let _ = if self.strays {
            write!(self.out, "(?:(?u:{text})|{STRAY})")
        } else {
            write!(self.out, "(?u:{text})")
        };
    }

    /// Writes a class, `text` in our syntax.
    fn classed(&mut self, text: &str) -> Result<(), String> {
        let hir = regex_syntax::parse(text).map_err(|error| match error {
            regex_syntax::Error::Parse(error) => error.kind().to_string(),
            regex_syntax::Error::Translate(error) => error.kind().to_string(),
            _ => "it can't be read".to_owned(),
        })?;
        let holds = |low: char, high: char| match hir.kind() {
            HirKind::Class(Class::Unicode(class)) => class
                .iter()
                .any(|range| range.start() <= low && high <= range.end()),
            _ => false,
        };
        if holds('\u{80}', char::MAX) {
            self.wide(text);
        } else if holds(REPLACEMENT, REPLACEMENT) {
            self.or_stray(text);
        } else if is_ascii(text) {
            self.out.push_str(text);
        } else {
            let _ = write!(self.out, "(?u:{text})");
        }
        Ok(())
    }

    /// What follows a `(`.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if !self.takes("?") {
            return Ok(());
        }
        if ["=", "!", "<=", "<!"]
            .iter()
            .any(|look| self.rest.starts_with(look))
        {
            return Err("look-around is no part of Go's regular expressions either; gitleaks refuses it too".to_owned());
        }
        if self.takes("P<") || self.takes("<") {
            // nobody asks for it, and Go takes more for a name than is taken here
            let (name, rest) = self
                .rest
                .split_once('>')
                .ok_or("the name of a group is not closed")?;
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err("the name of a group is not made of letters, digits and `_`".to_owned());
            }
            self.rest = rest;
            return Ok(());
        }
        self.out.push('?');
        loop {
            match self.next() {
                Some(flag @ ('i' | 'm' | 's' | 'U' | '-')) => self.out.push(flag),
                Some(end @ (':' | ')')) => {
                    self.out.push(end);
                    return Ok(());
                }
                Some(other) => {
                    return Err(format!(
                        "unknown flag `{}` in a group",
                        other.escape_default()
                    ));
                }
                None => return Err("a group is not closed".to_owned()),
            }
        }
    }

    /// What follows a `{`: it only counts as an operator in front of numbers. Whether it does.
    fn brace(&mut self) -> Result<bool, String> {
        let counts = self.rest.split_once('}').and_then(|(counts, rest)| {
            let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
            let is_number =
                |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            (is_number(least) && (is_number(most) || most.is_empty()))
                .then_some((counts, least, most, rest))
        });
        let Some((counts, least, most, rest)) = counts else {
            self.literal('{');
            return Ok(false);
        };
        for count in [least, most].into_iter().filter(|count| !count.is_empty()) {
            if count
                .parse::<u32>()
                .map_or(true, |count| count > MOST_REPEATS)
            {
                return Err(format!(
                    "it repeats something more than {MOST_REPEATS} times"
                ));
            }
        }
        let _ = write!(self.out, "{{{counts}}}");
        self.rest = rest;
        Ok(true)
    }

    /// What follows a backslash outside of brackets.
    fn escape(&mut self) -> Result<(), String> {
        let class = self.rest.chars().next().and_then(letter_class);
        if let Some((members, negated)) = class {
            self.next();
            let not = if negated { "^" } else { "" };
            return self.classed(&format!("[{not}{members}]"));
        }
        for (sign, same) in [
            ("b", r"(?-u:\b)"),
            ("B", r"(?-u:\B)"),
            ("A", r"\A"),
            ("z", r"\z"),
        ] {
            if self.takes(sign) {
                self.out.push_str(same);
                return Ok(());
            }
        }
        if self.takes("Q") {
            let (quoted, rest) = self.rest.split_once(r"\E").unwrap_or((self.rest, ""));
            quoted.chars().for_each(|c| self.literal(c));
            self.rest = rest;
            return Ok(());
        }
        if let Some(property) = self.property()? {
            return self.classed(&property);
        }
        let c = self.character()?;
        self.literal(c);
        Ok(())
    }

    /// `pN`, `p{Greek}`, `P{^Greek}` behind a backslash in our syntax, if it stands there.
    fn property(&mut self) -> Result<Option<String>, String> {
        let mut negated = match self.rest.chars().next() {
            Some('p') => false,
            Some('P') => true,
            _ => return Ok(None),
        };
        self.next();
        let rest = self.rest;
        let name = if self.takes("{") {
            let (name, rest) = self
                .rest
                .split_once('}')
                .ok_or("a `{` behind \\p is not closed")?;
            self.rest = rest;
            name
        } else {
            self.next().map_or("", |c| &rest[..c.len_utf8()])
        };
        let name = name
            .strip_prefix('^')
            .inspect(|_| negated = !negated)
            .unwrap_or(name);
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err("\\p names no class of characters".to_owned());
        }
        let p = if negated { 'P' } else { 'p' };
        Ok(Some(format!(r"\{p}{{{name}}}")))
    }

    /// The one character that is written behind a backslash.
    fn character(&mut self) -> Result<char, String> {
        let Some(c) = self.next() else {
            return Err("it ends in a backslash".to_owned());
        };
        let code = match c {
            'a' => 0x07,
            'f' => 0x0c,
            't' => 0x09,
            'n' => 0x0a,
            'r' => 0x0d,
            'v' => 0x0b,
            'x' => self.hexadecimal()?,
            '0'..='7' => {
                let digits = self
                    .rest
                    .bytes()
                    .take_while(|b| (b'0'..=b'7').contains(b))
                    .take(2)
                    .count();
                if c != '0' && digits == 0 {
                    return Err("back-references are no part of Go's regular expressions either; gitleaks refuses them too".to_owned());
                }
                let (digits, rest) = self.rest.split_at(digits);
                self.rest = rest;
                let octal = format!("{c}{digits}");
                u32::from_str_radix(&octal, 8).map_err(|error| error.to_string())?
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => u32::from(c),
            c => {
                return Err(format!(
                    r"`\{}` means nothing in Go's regular expressions",
                    c.escape_default()
                ));
            }
        };
        char::from_u32(code).ok_or_else(|| "an escape names no character".to_owned())
    }

    fn hexadecimal(&mut self) -> Result<u32, String> {
        let digits = if self.takes("{") {
            let (digits, rest) = self
                .rest
                .split_once('}')
                .ok_or("a `{` behind \\x is not closed")?;
            self.rest = rest;
            digits
        } else {
            let (digits, rest) = self
                .rest
                .split_at_checked(2)
                .ok_or("\\x lacks its two digits")?;
            self.rest = rest;
            digits
        };
        let is_hex = digits.len() <= 8 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let code = is_hex
            .then(|| u32::from_str_radix(digits, 16).ok())
            .flatten();
        code.ok_or_else(|| "\\x is followed by something other than hexadecimal digits".to_owned())
    }

    /// What follows a `[`.
    fn class(&mut self) -> Result<(), String> {
        let before = std::mem::replace(&mut self.out, "[".to_owned());
        let read = self.members();
        let class = std::mem::replace(&mut self.out, before);
        read?;
        self.classed(&class)
    }

    /// What follows a `[`, up to its end, in our syntax.
    fn members(&mut self) -> Result<(), String> {
        if self.takes("^") {
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            if !is_first && self.takes("]") {
                self.out.push(']');
                return Ok(());
            }
            is_first = false;
            if let Some(inner) = self.rest.strip_prefix("[:")
                && let Some((name, rest)) = inner.split_once(":]")
            {
                let bare = name.strip_prefix('^').unwrap_or(name);
                if !POSIX.contains(&bare) {
                    return Err(format!(
                        "`[:{}:]` is no class of characters",
                        name.escape_default()
                    ));
                }
                let _ = write!(self.out, "[:{name}:]");
                self.rest = rest;
                continue;
            }
            if let Some(behind) = self.rest.strip_prefix('\\') {
                if let Some((members, negated)) = behind.chars().next().and_then(letter_class) {
                    let not = if negated { "^" } else { "" };
                    let _ = write!(self.out, "[{not}{members}]");
                    self.rest = &behind[1..];
                    continue;
                }
                self.rest = behind;
                if let Some(property) = self.property()? {
                    self.out.push_str(&property);
                    continue;
                }
                let low = self.character()?;
                self.range(low)?;
                continue;
            }
            let low = self.next().ok_or("a `[` is not closed")?;
            self.range(low)?;
        }
    }

    /// A character of a class, or the range that begins with it.
    fn range(&mut self, low: char) -> Result<(), String> {
        let high = match self.rest.strip_prefix('-') {
            Some(behind) if !behind.is_empty() && !behind.starts_with(']') => {
                self.rest = behind;
                if self.takes("\\") {
                    self.character()?
                } else {
                    self.next().ok_or("a `[` is not closed")?
                }
            }
            _ => low,
        };
        if high < low {
            return Err(format!(
                "the range {}-{} runs backwards",
                low.escape_default(),
                high.escape_default()
            ));
        }
        self.member(low);
        if high != low {
            self.out.push('-');
            self.member(high);
        }
        Ok(())
    }
}

/// Whether a class in our syntax names nothing beyond ASCII.
fn is_ascii(class: &str) -> bool {
    let mut named = class.split(r"\x{").skip(1);
    let is_low = |rest: &str| {
        let digits = rest.split('}').next().unwrap_or_default();
        u32::from_str_radix(digits, 16).is_ok_and(|code| code < 0x80)
    };
    named.all(is_low) && !class.contains(r"\p") && !class.contains(r"\P")
}

/// Classes that are named in brackets.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// The class that a letter behind a backslash stands for, and whether it is all but that.
fn letter_class(letter: char) -> Option<(&'static str, bool)> {
    Some(match letter {
        'd' => (DIGIT, false),
        'D' => (DIGIT, true),
        's' => (SPACE, false),
        'S' => (SPACE, true),
        'w' => (WORD, false),
        'W' => (WORD, true),
        _ => return None,
    })
}
