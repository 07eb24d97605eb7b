//! What stands between a key and its value, when it is a sign: `=`, `:`, `=>`, `,`, `(`.
//!
//! Comparisons, arrow functions, ternaries and paths look alike and are told apart here. Syntaxes
//! without a sign are read by `words` and `markup`.

use std::ops::Range;

use super::key::Key;
use super::lexeme::{
    before, byte, from, is_one_of, is_quote, is_word, open_quote, run, skip_blank, skip_blank_back,
    skip_space, skip_space_back, starts, starts_any_case, word_after, word_before,
};
use super::{Lang, Syntax, lookup, rows};

/// A sign and the place where the value starts.
pub(super) struct Operator {
    pub(super) syntax: Syntax,
    /// Offset of the first byte after the sign.
    pub(super) value: usize,
}

/// Verbs before a word that make `x.verb_password("v")` something else than an assignment.
const VERBS: [&[u8]; 47] = [
    b"auth", b"check", b"verify", b"valid", b"hash", b"encrypt", b"compare", b"confirm", b"reset",
    b"gen", b"is", b"has", b"get", b"match", b"forg", b"assert", b"expect", b"require", b"read",
    b"prompt", b"ask", b"test", b"find", b"create", b"make", b"encode", b"decode", b"decrypt",
    b"print", b"log", b"show", b"hide", b"toggle", b"send", b"request", b"render", b"fetch",
    b"load", b"remove", b"delete", b"clear", b"by", b"on", b"skip", b"passes", b"passed",
    b"bypass",
];

/// Functions whose first argument is a key and whose second is its value.
const SETTERS: [&[u8]; 34] = [
    b"setpref",
    b"set_parameter",
    b"setitem",
    b"setsecret",
    b"values",
    b"define",
    b"set",
    b"put",
    b"setproperty",
    b"setenv",
    b"config",
    b"add",
    b"addproperty",
    b"property",
    b"append",
    b"usesetting",
    b"setparameter",
    b"set_config",
    b"update_option",
    b"add_option",
    b"setdefault",
    b"setvalue",
    b"set_value",
    b"put_env",
    b"setenvironmentvariable",
    b"addparameter",
    b"parameter",
    b"with",
    b"insert",
    b"store",
    b"stubenv",
    b"setstring",
    b"set_env",
    b"option",
];

/// The sign after `key`, if there is one that gives it a value.
pub(super) fn after(text: &[u8], key: &Key, lang: Lang) -> Option<Operator> {
    let mut end = key.outer_end();
    let index = key.quotes.is_some() && byte(text, end) == b']';
    // `$cfg{password} = …` in Perl, `cfg[password]=…` in shells and PHP.
    let open = before(text, key.outer_start());
    // `settings[:password] = …` in Ruby
    let symbol = open == b':' && before(text, key.outer_start() - 1) == b'[';
    if index
        || (symbol && byte(text, end) == b']')
        || (byte(text, end) == b']' && open == b'[')
        || (byte(text, end) == b'}' && open == b'{' && before(text, key.outer_start() - 1) != b'$')
    {
        end += 1;
    }
    // `Fields("password") = …` and `Item(cdoSendPassword) = …` in Basic
    if before(text, key.outer_start()) == b'('
        && matches!(
            lang,
            Lang::CSharp | Lang::Script | Lang::Python | Lang::Php | Lang::PowerShell
        )
    {
        let close = skip_blank(text, end);
        let tail = close
            + 1
            + if starts_any_case(text, close + 1, b".value") {
                6
            } else {
                0
            };
        let sign = skip_blank(text, tail);
        let names = key.quotes.is_some() || lang == Lang::CSharp;
        if byte(text, close) == b')' && names && is_assign(text, sign) {
            return Some(Operator {
                syntax: Syntax::Equals,
                value: sign + 1,
            });
        }
    }
    let blank = skip_blank(text, end);
    let found = |syntax, value| Some(Operator { syntax, value });
    match byte(text, blank) {
        b'=' => match byte(text, blank + 1) {
            b'>' if key.quotes.is_some() || open == b':' || lang.arrow_assigns() => {
                found(Syntax::Arrow, blank + 2)
            }
            b'=' | b'~' | b'>' => None,
            _ if key.flag => found(Syntax::Flag, blank + 1),
            _ => found(Syntax::Equals, blank + 1),
        },
        b':' => colon(text, key, lang, blank),
        b'|' if starts(text, blank, b"||=") => found(Syntax::Equals, blank + 3),
        b'?' if starts(text, blank, b"??=") => found(Syntax::Equals, blank + 3),
        b'?' if starts(text, blank, b"?=") && !lang.is_code() => found(Syntax::Equals, blank + 2),
        b'?' | b'!' if byte(text, blank + 1) == b':' && byte(text, blank + 2) != b':' => {
            found(Syntax::Colon, blank + 2)
        }
        b'<' if starts(text, blank, b"<- ") => found(Syntax::Equals, blank + 3),
        b',' | b')' if lang == Lang::Sql => {
            let value = rows::pair(text, key, blank + 1)
                .filter(|_| byte(text, blank) == b',')
                .or_else(|| rows::column(text, key))?;
            found(Syntax::Pair, value)
        }
        // `{password, "…"}` in Erlang
        b',' if lang == Lang::Elixir && key.quotes.is_none() && open == b'{' => {
            found(Syntax::Pair, blank + 1)
        }
        // `curl_easy_setopt(curl, CURLOPT_PASSWORD, "…")`
        b',' if key.quotes.is_none() && starts(text, key.start, b"CURLOPT_") => {
            found(Syntax::Pair, blank + 1)
        }
        // `props.put(Keys.SMTP_PASSWORD, "…")`: a constant is named like the key that it holds
        b',' if key.quotes.is_none()
            && lang.is_code()
            && is_quote(byte(text, skip_space(text, blank + 1))) =>
        {
            let path = lookup::path_before(text, key.start).start;
            let verb = last_segment(text, &callee_before(text, path)?);
            let sets = starts_any_case(text, verb.start, b"set") || text[verb] == *b"put";
            (sets && is_constant(&text[path..key.end])).then(|| found(Syntax::Pair, blank + 1))?
        }
        b',' if key.quotes.is_some() => {
            // a section may come first: `set('smtp', 'password', '…')`
            let first = behind_section(text, key.outer_start()).unwrap_or(key.outer_start());
            let callee = callee_before(text, first)?;
            is_one_of(&text[last_segment(text, &callee)], &SETTERS)
                .then_some(())
                .and_then(|()| found(Syntax::Pair, blank + 1))
        }
        b'(' if key.quotes.is_none() && blank == end && is_setter(text, key) => {
            let value = skip_space(text, blank + 1);
            (byte(text, value) != b')').then_some(())?;
            found(Syntax::Setter, blank + 1)
        }
        // `s:4:"port";i:587;` of PHP's serializer.
        b';' if key.quotes.is_some() && starts(text, blank, b";i:") => {
            found(Syntax::Pair, blank + 3)
        }
        // `s:4:"pass";s:4:"…";` likewise.
        b';' if key.quotes.is_some() && starts(text, blank, b";s:") => {
            let colon = run(text, blank + 3, 8, |b| b.is_ascii_digit());
            (byte(text, colon) == b':').then_some(())?;
            found(Syntax::Pair, colon + 1)
        }
        // `password CONSTANT VARCHAR2(60) := '…'`
        _ if lang == Lang::Sql && blank > end => {
            let sign = run(text, blank, 48, |b| is_word(b) || b" ()%.".contains(&b));
            starts(text, sign, b":=").then_some(())?;
            found(Syntax::Equals, sign + 2)
        }
        // `std::string password("…")`
        b'(' | b'{'
            if lang == Lang::C
                && key.quotes.is_none()
                && blank == end
                && is_quote(byte(text, blank + 1)) =>
        {
            let kind = skip_blank_back(text, key.start);
            let declared =
                is_word(before(text, kind)) || matches!(before(text, kind), b'*' | b'&' | b'>');
            (declared && kind < key.start).then_some(())?;
            found(Syntax::Setter, blank + 1)
        }
        // `char password[32] = …`
        b'[' if key.quotes.is_none() && matches!(lang, Lang::C | Lang::Unknown) => {
            let close = run(text, blank + 1, 32, |b| b != b']' && b != b'\n');
            let equals = skip_blank(text, close + 1);
            (byte(text, close) == b']' && is_assign(text, equals)).then_some(())?;
            found(Syntax::Equals, equals + 1)
        }
        // `public string Password { get; set; } = …`
        b'{' if lang == Lang::CSharp => {
            let close = run(text, blank, 64, |b| b != b'}');
            let equals = skip_blank(text, close + 1);
            (byte(text, close) == b'}' && is_assign(text, equals)).then_some(())?;
            found(Syntax::Equals, equals + 1)
        }
        // `Dim password As String = …`, `var password string = …`
        b'A' | b'a' if blank > end && starts_any_case(text, blank, b"as ") => {
            let equals = skip_blank(text, word_after(text, skip_blank(text, blank + 3)).end);
            is_assign(text, equals).then_some(())?;
            found(Syntax::Equals, equals + 1)
        }
        b's' if lang == Lang::Go && starts(text, blank, b"string") => {
            let equals = skip_blank(text, blank + 6);
            is_assign(text, equals).then_some(())?;
            found(Syntax::Equals, equals + 1)
        }
        _ => None,
    }
}

/// Whether a path names a constant: `SMTP_PASSWORD`, `Keys.Smtp.Password`.
fn is_constant(path: &[u8]) -> bool {
    let shouts = !path.iter().any(u8::is_ascii_lowercase);
    shouts || (path.contains(&b'.') && path.first().is_some_and(u8::is_ascii_uppercase))
}

/// Whether `i` holds a lone `=`.
fn is_assign(text: &[u8], i: usize) -> bool {
    byte(text, i) == b'=' && !matches!(byte(text, i + 1), b'=' | b'>' | b'~')
}

/// Reads `key:` and `key :=`.
fn colon(text: &[u8], key: &Key, lang: Lang, colon: usize) -> Option<Operator> {
    let found = |syntax, value| Some(Operator { syntax, value });
    match byte(text, colon + 1) {
        b'=' => return found(Syntax::Equals, colon + 2),
        b':' if starts(text, colon, b"::=") => return found(Syntax::Equals, colon + 3),
        b':' => return None,
        // `scheme://` and the user of a URL.
        b'/' if starts(text, colon, b"://") => return None,
        _ => {}
    }
    let start = key.outer_start();
    // `${key:default}` is read as a lookup, `user:password@host` as a URL, by others.
    if before(text, start) == b'{' && start >= 2 && matches!(text[start - 2], b'$' | b'#' | b'%') {
        return None;
    }
    // `${env:key:-default}` likewise
    if before(text, start) == b':' && starts(text, colon, b":-") && byte(text, colon + 2) != b' ' {
        return None;
    }
    if key.quotes.is_none() && before(text, start) == b'/' && before(text, start - 1) == b'/' {
        return None;
    }
    // `read -p "Password: " name` ends the string that asks
    let shell = matches!(
        lang,
        Lang::Shell | Lang::Batch | Lang::PowerShell | Lang::Docker
    );
    let next = byte(text, skip_blank(text, colon + 1));
    if shell && key.quotes.is_none() && is_quote(next) && open_quote(text, start) == Some(next) {
        return None;
    }
    let code = lang.is_code() || lang == Lang::Unknown;
    if code && is_ternary(text, start) {
        return None;
    }
    // a prompt: the quote behind the colon ends the string that the key stands in
    let next = byte(text, skip_blank(text, colon + 1));
    if key.quotes.is_none()
        && matches!(next, b'"' | b'\'')
        && (code || lang == Lang::Shell)
        && open_quote(text, key.start) == Some(next)
    {
        return None;
    }
    if code
        && key.quotes.is_none()
        && !matches!(lang, Lang::Ruby | Lang::Elixir)
        && let Some(equals) = type_annotation(text, colon + 1)
    {
        return found(Syntax::Equals, equals + 1);
    }
    // An element of a slice or a `case` label is followed by no value on its line; `value` sees to that.
    found(Syntax::Colon, colon + 1)
}

/// Whether the name at `start` is the middle of `condition ? name : other`.
fn is_ternary(text: &[u8], start: usize) -> bool {
    // Members and calls before the name belong to the same operand.
    let path = run_back_path(text, start);
    let mark = skip_space_back(text, path);
    before(text, mark) == b'?' && (mark == 1 || text[mark - 2] != b'<')
}

fn run_back_path(text: &[u8], start: usize) -> usize {
    super::lexeme::run_back(text, start, 64, |b| {
        is_word(b) || matches!(b, b'.' | b'$' | b'@')
    })
}

/// The offset of the `=` after a type: `: string =`, `: Option<&str> =`.
fn type_annotation(text: &[u8], colon: usize) -> Option<usize> {
    let start = skip_blank(text, colon);
    if !is_word(byte(text, start)) && byte(text, start) != b'&' {
        return None;
    }
    let mut depth = 0_i32;
    let part = |b: u8| {
        match b {
            b'[' | b'<' => depth += 1,
            b']' | b'>' => depth -= 1,
            _ => {}
        }
        is_word(b)
            || matches!(
                b,
                b' ' | b'.' | b'<' | b'>' | b'[' | b']' | b'|' | b'?' | b'&' | b':'
            )
            || (b == b',' && depth > 0)
    };
    let end = run(text, start, 96, part);
    is_assign(text, end).then_some(end)
}

/// Whether `key(` sets what the key names: `setPassword(`, `.password(`.
fn is_setter(text: &[u8], key: &Key) -> bool {
    // in markup and flat files a dot joins, and the method is the last word
    let joined = memchr::memrchr(b'.', &text[key.start..key.end]).map_or(0, |dot| dot + 1);
    let start = key.start + joined;
    let name = &text[start..key.end];
    // `.put("key", "v")` gives a value to its first argument
    if is_one_of(name, &SETTERS) {
        return false;
    }
    if [&b"set"[..], b"with", b"use"].iter().any(|verb| {
        name.len() > verb.len()
            && name[..verb.len()].eq_ignore_ascii_case(verb)
            && (name[verb.len()] == b'_' || name[verb.len()].is_ascii_uppercase())
    }) {
        return true;
    }
    let member = matches!(before(text, start), b'.' | b'>' | b':');
    member && !VERBS.iter().any(|verb| starts_any_case(name, 0, verb))
}

/// The start of the string before the one at `start`, where both are arguments: the name of a section.
fn behind_section(text: &[u8], start: usize) -> Option<usize> {
    let comma = skip_space_back(text, start);
    let end = skip_blank_back(text, comma.checked_sub(1)?);
    let quote = before(text, end);
    if before(text, comma) != b',' || !is_quote(quote) {
        return None;
    }
    let inner = super::lexeme::run_back(text, end - 1, 64, |b| {
        is_word(b) || matches!(b, b'-' | b'.')
    });
    (before(text, inner) == quote).then(|| inner - 1)
}

/// The path of the callee when `start` is the first argument of a call.
pub(super) fn callee_before(text: &[u8], start: usize) -> Option<Range<usize>> {
    let open = skip_space_back(text, start);
    let end = match before(text, open) {
        b'(' => skip_blank_back(text, open - 1),
        // Ruby and Elixir: `set "key", "value"`.
        _ if open < start => open,
        _ => return None,
    };
    let path = lookup::path_before(text, end);
    (!path.is_empty()).then_some(path)
}

/// The last name of a path: `c` of `a.b->c`.
pub(super) fn last_segment(text: &[u8], path: &Range<usize>) -> Range<usize> {
    let word = word_before(text, path.end);
    word.start.max(path.start)..path.end
}

/// Whether the key begins a line of a file that stands in a string: `"smtp:\n  password: v\n"`.
pub(super) fn is_spelled_out(text: &[u8], key: &Key) -> bool {
    let lead = skip_blank_back(text, key.start);
    key.quotes.is_none() && before(text, lead) == b'n' && before(text, lead - 1) == b'\\'
}

/// Whether the key stands inside a string, so that what follows it without quotes is text: the pairs of
/// a connection string or of `putenv("K=v")`.
pub(super) fn is_embedded(text: &[u8], key: &Key, value: usize) -> bool {
    // `"spring.mail.password=v"` in code, where a dot joins no key
    let lead = match before(text, key.start) {
        b'.' => before(
            text,
            super::lexeme::run_back(text, key.start, 96, |b| {
                is_word(b) || matches!(b, b'.' | b'-')
            }),
        ),
        lead => lead,
    };
    let direct = is_quote(lead) || matches!(lead, b';' | b'&' | b'?' | b'n' | b'r' | b't' | b' ');
    key.quotes.is_none()
        && value == key.end + 1
        && direct
        && !matches!(
            byte(text, value),
            b' ' | b'"' | b'\'' | b'`' | b'\n' | b'\r'
        )
        && !from(text, value).is_empty()
        && open_quote(text, key.start).is_some()
}
