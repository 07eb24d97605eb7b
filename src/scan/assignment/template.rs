//! What the text of a value is: itself, or something that is replaced before it is used.
//!
//! Only forms that some tool replaces count here, by structure. Words that stand for nothing real
//! (`changeme`, `<your key>`) are for the filter.

use std::ops::Range;

use super::lexeme::{byte, is_quote, is_word};
use super::{Form, Lang};

/// Sources that a `${source:name}` reads from; what follows the colon is no default then.
const SOURCES: [&[u8]; 16] = [
    b"env", b"file", b"vault", b"secret", b"secrets", b"ssm", b"sops", b"self", b"opt", b"param",
    b"cf", b"var", b"sys", b"ENV", b"aws", b"gcp",
];

/// Judges the text `range` of a value. `quote` is the quote around it, `{` for an interpolated string,
/// `None` without quotes. Returns the range of the default where there is one, else `range`.
pub(super) fn classify(
    text: &[u8],
    range: Range<usize>,
    lang: Lang,
    quote: Option<u8>,
) -> (Form, Range<usize>) {
    let value = &text[range.clone()];
    // Most values hold none of the bytes that every template has one of.
    if !value.iter().any(|b| {
        matches!(
            b,
            b'$' | b'{' | b'%' | b'@' | b'<' | b'#' | b'(' | b'`' | b'_'
        )
    }) {
        return (Form::Literal, range);
    }
    if let Some(default) = default_in(value) {
        let start = range.start + default.start;
        return (Form::LookupDefault, start..range.start + default.end);
    }
    let form = if is_lookup(value) {
        Form::Lookup
    } else if is_whole(value, lang, quote) || has_part(value, lang, quote) {
        Form::Template
    } else {
        Form::Literal
    };
    (form, range)
}

/// The literal default in `${X:-v}`, `${X:v}`, `{{ x | default('v') }}` or `<%= ENV['X'] || 'v' %>` when that is the whole value.
fn default_in(value: &[u8]) -> Option<Range<usize>> {
    if value.starts_with(b"${") && memchr::memchr(b'}', value) == Some(value.len() - 1) {
        let mut colon = memchr::memchr(b':', value)?;
        let mut name = &value[2..colon];
        // `${env:X:-v}`, as logging frameworks write it
        if SOURCES.contains(&name)
            && let Some(sign) = memchr::memmem::find(value, b":-")
        {
            name = &value[colon + 1..sign];
            colon = sign;
        }
        if name.is_empty()
            || SOURCES.contains(&name)
            || !name.iter().all(|&b| is_word(b) || matches!(b, b'.' | b'-'))
        {
            return None;
        }
        let start = match byte(value, colon + 1) {
            b'-' => colon + 2,
            b'?' | b'+' | b'=' => return None,
            _ => colon + 1,
        };
        let mut default = start..value.len() - 1;
        if default.len() >= 2 && is_quote(value[start]) && value[default.end - 1] == value[start] {
            default = start + 1..default.end - 1;
        }
        return (!default.is_empty() && byte(value, default.start) != b'$').then_some(default);
    }
    if value.starts_with(b"<%=") && value.ends_with(b"%>") {
        let body = &value[..value.len() - 2];
        let end = body
            .iter()
            .rposition(|b| !matches!(b, b' ' | b'}' | b')' | b'-'))?;
        let open = value[..end].iter().rposition(|b| *b == value[end])?;
        let lead = value[..open].trim_ascii_end().last()?;
        let fallback = is_quote(value[end]) && matches!(lead, b'|' | b',' | b'{');
        return (fallback && open + 1 < end).then_some(open + 1..end);
    }
    if value.starts_with(b"{{") && value.ends_with(b"}}") {
        let at = memchr::memmem::find(value, b"default")?;
        let open = at
            + 7
            + value[at + 7..]
                .iter()
                .position(|&b| is_quote(b) || b == b'\\')?;
        let quote = open + value[open..].iter().position(|&b| b != b'\\')?;
        let inner = quote + 1;
        let len = value[inner..]
            .iter()
            .position(|&b| b == value[quote] || b == b'\\')?;
        let joined = value[at + 7..open]
            .iter()
            .all(|b| matches!(b, b'(' | b' ' | b':' | b',' | b'='));
        return (joined && len > 0 && is_quote(value[quote])).then_some(inner..inner + len);
    }
    None
}

/// Whether the whole value names where the real one is.
fn is_lookup(value: &[u8]) -> bool {
    let called = |name: &[u8]| value.starts_with(name) && value.ends_with(b")");
    called(b"env(")
        || called(b"getenv(")
        || called(b"@Microsoft.KeyVault(")
        || called(b"[parameters(")
        || (value.starts_with(b"[") && value.ends_with(b")]"))
}

/// Whether the whole value is one placeholder of a replacing tool.
fn is_whole(value: &[u8], lang: Lang, quote: Option<u8>) -> bool {
    let name = |inner: &[u8]| {
        !inner.is_empty()
            && inner
                .iter()
                .all(|&b| is_word(b) || matches!(b, b'.' | b'-' | b':' | b'(' | b')'))
    };
    let between = |open: &[u8], close: &[u8]| {
        value.len() > open.len() + close.len()
            && value.starts_with(open)
            && value.ends_with(close)
            && name(&value[open.len()..value.len() - close.len()])
    };
    if between(b"%", b"%")
        || between(b"@", b"@")
        || between(b"@@", b"@@")
        || between(b"{", b"}")
        || between(b"%{", b"}")
        || between(b"##", b"##")
        || (between(b"__", b"__") && !value.iter().any(u8::is_ascii_lowercase))
        || (between(b"#", b"#") && lang == Lang::Xml)
        || matches!(value, b"%s" | b"%v" | b"%q" | b"%d" | b"{}" | b"%@")
        || between(b"%(", b")s")
        || (value.starts_with(b"$__") && value.ends_with(b"}"))
    {
        return true;
    }
    // `$NAME`: in lower case it may be part of a password, unless the language replaces it.
    let Some(inner) = value.strip_prefix(b"$") else {
        return value.starts_with(b"`") && lang == Lang::Shell;
    };
    let inner = inner.strip_prefix(b"env:").unwrap_or(inner);
    let replaces = quote.map_or(lang == Lang::Shell || lang == Lang::Docker, |quote| {
        lang.interpolates(quote)
    });
    if replaces && inner.iter().all(|&b| is_word(b)) {
        return !inner.is_empty();
    }
    inner.len() > 1
        && !inner[0].is_ascii_digit()
        && inner
            .iter()
            .all(|&b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether a part of the value is replaced.
fn has_part(value: &[u8], lang: Lang, quote: Option<u8>) -> bool {
    if quote == Some(b'{') && value.contains(&b'{') {
        return true;
    }
    let unquoted_shell = quote.is_none() && lang == Lang::Shell;
    let replaces = quote.is_some_and(|quote| lang.interpolates(quote)) || unquoted_shell;
    let closed = |from: usize, close: u8| memchr::memchr(close, &value[from..]).is_some();
    let mut i = 0;
    while let Some(step) = memchr::memchr3(b'$', b'{', b'<', &value[i..])
        .into_iter()
        .chain(memchr::memchr2(b'#', b'%', &value[i..]))
        .min()
    {
        i += step;
        let next = byte(value, i + 1);
        let hit = match value[i] {
            b'$' => match next {
                b'{' => closed(i, b'}'),
                b'(' => closed(i, b')') && (replaces || i == 0),
                b'[' => i == 0 && value.ends_with(b"]"),
                _ => replaces && (next.is_ascii_alphabetic() || next == b'_'),
            },
            b'{' => (next == b'{' || next == b'%') && closed(i, b'}'),
            b'<' => {
                (next == b'%' && closed(i, b'>'))
                    || (next == b'?' && closed(i, b'>'))
                    || (i == 0 && next == b'<' && value.ends_with(b">>"))
            }
            b'#' | b'%' => next == b'{' && closed(i, b'}'),
            _ => false,
        };
        if hit {
            return true;
        }
        i += 1;
    }
    (value[0] == b'`' || value[value.len() - 1] == b'`') && replaces
}
