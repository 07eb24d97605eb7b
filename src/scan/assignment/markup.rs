//! Keys whose value is not next to them: elements, and pairs of `name` and `value`.
//!
//! `<key>v</key>`, `<add key="k" value="v"/>`, `<property name="k">v</property>`, and the same pair in
//! YAML and JSON, in either order.

use super::call::argument_end;
use super::key::Key;
use super::lexeme::{
    before, byte, from, is_one_of, is_quote, is_word, line_end, line_start, run, run_back,
    skip_blank, skip_space, skip_space_back, starts, trimmed, word_after, word_before,
};
use super::value::{self, Value, next_line};
use super::{Form, Lang, Quoting, Syntax, VALUE_MAX, template};

/// Names of the half of a pair that holds the key.
const NAMES: [&[u8]; 10] = [
    b"name",
    b"option",
    b"key",
    b"id",
    b"property",
    b"variable",
    b"parameter",
    b"parametername",
    b"param",
    b"parameterkey",
];

/// Names of the half of a pair that holds the value.
const VALUES: [&[u8]; 6] = [
    b"value",
    b"val",
    b"content",
    b"parametervalue",
    b"default",
    b"defaultvalue",
];

/// Most members of an object between the halves of a pair, and one more.
const MEMBERS: usize = 4;

/// How far apart the halves of a pair may stand, in bytes.
const PAIR_REACH: usize = 256;

/// Whether a key names the half of a pair that holds the key.
pub(super) fn is_name(key: &[u8]) -> bool {
    is_one_of(key, &NAMES)
}

/// The value of a key that is an element or the half of a pair.
pub(super) fn read(text: &[u8], key: &Key, lang: Lang) -> Option<(Syntax, Value)> {
    let start = key.outer_start();
    if key.quotes.is_none() {
        let lead = before(text, start);
        if lead == b'<'
            || (lead == b':' && before(text, word_before(text, start - 1).start) == b'<')
        {
            return element(text, key).map(|value| (Syntax::Element, value));
        }
    }
    if key.quotes.is_none() && before(text, start) == b'>' && starts(text, key.end, b"</") {
        return element_pair(text, key).map(|value| (Syntax::NameValue, value));
    }
    if let Some(value) = option_pair(text, key, lang) {
        return Some((Syntax::NameValue, value));
    }
    let sign = skip_space_back(text, start);
    let (colon, width) = match (before(text, sign), before(text, sign.saturating_sub(1))) {
        (b':', _) => (true, 1),
        (b'>', b'=') => (true, 2),
        (b'=', _) => (false, 1),
        _ => return None,
    };
    let name_end = skip_space_back(text, sign - width);
    // The quotes of the name are those of the key where it has any: `\"name\": \"K\"`.
    let quoted = is_quote(before(text, name_end));
    let mut name_end = name_end - usize::from(quoted);
    while quoted && before(text, name_end) == b'\\' {
        name_end -= 1;
    }
    let name = word_before(text, name_end);
    if !is_one_of(&text[name.clone()], &NAMES) {
        return None;
    }
    let value = if colon {
        if quoted || key.quotes.is_some() && lang != Lang::Yaml {
            object_pair(text, key, name.start, lang)
        } else {
            yaml_pair(text, key, name.start)
        }
    } else {
        attribute_pair(text, key).or_else(|| object_pair(text, key, name.start, lang))
    }?;
    Some((Syntax::NameValue, value))
}

/// The text of the element that `key` names.
fn element(text: &[u8], key: &Key) -> Option<Value> {
    let open = match byte(text, key.end) {
        b'>' => key.end + 1,
        b' ' | b'\t' | b'\n' | b'\r' => tag_end(text, key.end)? + 1,
        _ => return None,
    };
    if before(text, open - 1) == b'/' {
        return value_attribute(text, key.end, open);
    }
    element_text(text, open, &text[key.start..key.end])
}

/// The value of `<key value="v"/>`, whose name ends at `from` and whose tag ends at `end`.
fn value_attribute(text: &[u8], from: usize, end: usize) -> Option<Value> {
    let name = skip_space(text, from);
    let sign = name + b"value".len();
    if !starts(text, name, b"value") || byte(text, sign) != b'=' || !is_quote(byte(text, sign + 1))
    {
        return None;
    }
    value::quoted(text, sign + 1, Lang::Xml).filter(|value| value.after <= end)
}

/// The offset of the `>` that ends the tag around `i`, quotes skipped.
fn tag_end(text: &[u8], i: usize) -> Option<usize> {
    let limit = text.len().min(i.saturating_add(512));
    let mut quote = None;
    for (at, &b) in text[..limit].iter().enumerate().skip(i) {
        match (quote, b) {
            (Some(open), _) if b == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(b),
            (None, b'>') => return Some(at),
            (None, b'<') => return None,
            _ => {}
        }
    }
    None
}

/// The text from `open` to the closing tag, whose local name is `name`.
fn element_text(text: &[u8], open: usize, name: &[u8]) -> Option<Value> {
    const CDATA: &[u8] = b"<![CDATA[";
    let first = skip_space(text, open);
    let (range, close) = if starts(text, first, CDATA) {
        let start = first + CDATA.len();
        let rest = from(text, start);
        let len = memchr::memmem::find(&rest[..rest.len().min(VALUE_MAX)], b"]]>")?;
        (start..start + len, skip_space(text, start + len + 3))
    } else {
        let end = run(text, open, VALUE_MAX, |b| b != b'<');
        (trimmed(text, open..end), end)
    };
    if byte(text, close) != b'<' {
        return None;
    }
    if byte(text, close + 1) != b'/' {
        // `<property name="k"><value>v</value>`
        let child = word_after(text, close + 1);
        if range.is_empty()
            && name.is_empty()
            && is_one_of(&text[child.clone()], &VALUES)
            && let Some(end) = tag_end(text, child.end)
        {
            return element_text(text, end + 1, &text[child]);
        }
        // Children, or the tag of a template.
        let template = matches!(byte(text, close + 1), b'%' | b'?');
        return template.then(|| Value {
            form: Form::Template,
            after: close + 1,
            ..Value::empty(range.start)
        });
    }
    let closing = run(text, close + 2, 128, |b| {
        is_word(b) || matches!(b, b':' | b'.' | b'-')
    });
    if !name.is_empty() && !text[close + 2..closing].ends_with(name) {
        return None;
    }
    if range.is_empty() {
        return Some(Value {
            quoting: Quoting::Element,
            ..Value::empty(range.start)
        });
    }
    let (form, range) = template::classify(text, range, Lang::Xml, None);
    Some(Value {
        start: range.start,
        end: range.end,
        quoting: Quoting::Element,
        form,
        after: close,
    })
}

/// The name of a tag that ends at `end`: `param-name`.
fn tag_before(text: &[u8], end: usize) -> std::ops::Range<usize> {
    run_back(text, end, 64, |b| is_word(b) || b == b'-')..end
}

/// `name` of `param-name`.
fn last_word(tag: &[u8]) -> &[u8] {
    memchr::memrchr(b'-', tag).map_or(tag, |dash| &tag[dash + 1..])
}

/// `<key>k</key><string>v</string>`, `<name>k</name><value>v</value>`, `<param-name>k</param-name><param-value>v</param-value>`.
fn element_pair(text: &[u8], key: &Key) -> Option<Value> {
    let name = tag_before(text, key.start - 1);
    if before(text, name.start) != b'<' || !is_one_of(last_word(&text[name.clone()]), &NAMES) {
        return None;
    }
    let close = key.end + 2;
    if !starts(text, close, &text[name.clone()]) || byte(text, close + name.len()) != b'>' {
        return None;
    }
    let open = skip_space(text, close + name.len() + 1);
    let tag = open + 1..run(text, open + 1, 64, |b| is_word(b) || b == b'-');
    let value = &text[tag.clone()];
    if byte(text, open) != b'<'
        || byte(text, tag.end) != b'>'
        || !(is_one_of(last_word(value), &VALUES) || value == b"string")
    {
        return None;
    }
    element_text(text, tag.end + 1, value)
}

/// `<x name="key" value="v">`, `<x value="v" name="key">`, `<x name="key">v</x>`.
fn attribute_pair(text: &[u8], key: &Key) -> Option<Value> {
    let quotes = key.quotes?;
    let end = tag_end(text, key.outer_end())?;
    let start = text[..key.start]
        .iter()
        .rev()
        .take(PAIR_REACH)
        .position(|&b| b == b'<')
        .map(|back| key.start - back)?;
    let mut at = start;
    while at < end {
        let word_end = run(text, at, 128, |b| is_word(b) || b == b'-');
        let sign = skip_space(text, word_end);
        if word_end == at || byte(text, sign) != b'=' {
            // Past this byte, or past the whole value it opens.
            at = word_end.max(at + 1);
            continue;
        }
        let open = skip_space(text, sign + 1);
        let quote = byte(text, open + quotes.escapes);
        if is_quote(quote) {
            if is_one_of(&text[at..word_end], &VALUES) {
                return value::quoted(text, open, Lang::Xml);
            }
            at = run(text, open + quotes.escapes + 1, VALUE_MAX, |b| b != quote) + 1;
        } else {
            at = open.max(sign + 1);
        }
    }
    (before(text, end) != b'/')
        .then(|| element_text(text, end + 1, b""))
        .flatten()
}

/// `{"name": "key", "value": "v"}` in either order.
fn object_pair(text: &[u8], key: &Key, name: usize, lang: Lang) -> Option<Value> {
    let mut after = skip_space(text, key.outer_end());
    // `set { name = "key"`, and on the next line `value = "v" }`
    if lang == Lang::Hcl
        && byte(text, after) != b','
        && let Some(value) = half(text, after, lang)
    {
        return Some(value);
    }
    // A few other members may stand between the halves.
    for _ in 0..MEMBERS {
        if byte(text, after) != b',' {
            break;
        }
        let next = skip_space(text, after + 1);
        if let Some(value) = half(text, next, lang) {
            return Some(value);
        }
        after = argument_end(text, next, PAIR_REACH);
    }
    let comma = skip_space_back(text, run_back_quotes(text, name));
    if !matches!(before(text, comma), b',' | b'{' | b'[') {
        return None;
    }
    let floor = name.saturating_sub(PAIR_REACH);
    let open = floor + memchr::memrchr2(b'{', b'[', &text[floor..name])?;
    let value = half(text, skip_space(text, open + 1), lang)?;
    (value.after <= name).then_some(value)
}

fn run_back_quotes(text: &[u8], i: usize) -> usize {
    run_back(text, i, 4, |b| is_quote(b) || b == b'\\')
}

/// Names of a value that is all that a block holds: `password: {value: v}`, `auth.raw`.
const ONLY: [&[u8]; 3] = [b"value", b"raw", b"plain"];

/// The value of a key whose block `value` says what it is: an object in JSON, a line of its own in YAML, a table in TOML.
pub(super) fn inner(text: &[u8], key: &Key, value: &Value, lang: Lang) -> Option<Value> {
    match lang {
        Lang::Json | Lang::JavaScript if value.form == Form::Block => member(text, value.start),
        Lang::Yaml if value.form == Form::Empty && byte(text, key.outer_end()) == b':' => {
            let eol = line_end(text, key.outer_end(), PAIR_REACH);
            if !text[key.outer_end() + 1..eol].trim_ascii().is_empty() {
                return None;
            }
            let line = line_start(text, key.outer_start(), PAIR_REACH);
            let below = next_line(text, eol);
            let start = skip_blank(text, below);
            let word = word_after(text, start);
            (start - below > value::indent(text, line)
                && ONLY.contains(&&text[word.clone()])
                && byte(text, word.end) == b':')
                .then(|| value_half(text, start))?
        }
        Lang::Toml if value.form == Form::Block => {
            let word = word_after(text, skip_blank(text, value.start + 1));
            let sign = skip_blank(text, word.end);
            let start = skip_blank(text, sign + 1);
            (byte(text, value.start) == b'{'
                && ONLY.contains(&&text[word])
                && byte(text, sign) == b'='
                && is_quote(byte(text, start)))
            .then(|| value::quoted(text, start, lang))?
        }
        _ => None,
    }
}

/// The member that holds the value in the object at `open`: `"key": {"description": "…", "value": "v"}`.
fn member(text: &[u8], open: usize) -> Option<Value> {
    if byte(text, open) != b'{' {
        return None;
    }
    let mut at = skip_space(text, open + 1);
    for _ in 0..MEMBERS {
        if let Some(value) = half(text, at, Lang::Json) {
            return Some(value);
        }
        let end = argument_end(text, at, PAIR_REACH);
        if byte(text, end) != b',' {
            return None;
        }
        at = skip_space(text, end + 1);
    }
    None
}

/// The value half `"value": "v"` at `i`.
fn half(text: &[u8], i: usize, lang: Lang) -> Option<Value> {
    let start = run(text, i, 4, |b| is_quote(b) || b == b'\\');
    let end = run(text, start, 64, is_word);
    if !is_one_of(&text[start..end], &VALUES) {
        return None;
    }
    let colon = skip_space(text, run(text, end, 4, |b| is_quote(b) || b == b'\\'));
    if !matches!(byte(text, colon), b':' | b'=') {
        return None;
    }
    let at = skip_space(text, colon + 1 + usize::from(byte(text, colon + 1) == b'>'));
    value::quoted(text, at, lang)
        .or_else(|| matches!(byte(text, at), b'{' | b'[').then(|| value::nested(at)))
}

/// `name=key` with the value in the next word of a command: `--name=key --set=v`, `-d key=k -d value=v`.
fn option_pair(text: &[u8], key: &Key, lang: Lang) -> Option<Value> {
    const SIGNS: [&[u8]; 4] = [b"--set=", b"--value=", b"-d value=", b"value="];
    let commands = matches!(
        lang,
        Lang::Shell | Lang::Text | Lang::Yaml | Lang::Docker | Lang::Unknown
    );
    let part = |b: u8| is_word(b) || matches!(b, b'.' | b'-');
    let start = run_back(text, key.start, 64, part);
    let name = word_before(text, start.saturating_sub(1));
    if key.quotes.is_some() || before(text, start) != b'=' || !is_one_of(&text[name], &NAMES) {
        return None;
    }
    let end = run(text, key.end, 64, part);
    let next = skip_blank(text, end);
    let sign = SIGNS.iter().find(|sign| starts(text, next, sign))?;
    let start = next + sign.len();
    (commands && next > end).then_some(())?;
    if is_quote(byte(text, start)) {
        return value::quoted(text, start, lang);
    }
    let stop = run(text, start, VALUE_MAX, |b| {
        !b.is_ascii_whitespace() && !is_quote(b) && !matches!(b, b';' | b'|' | b'&')
    });
    (stop > start).then(|| Value::bare(text, start..stop, lang))
}

/// `name: key` and `value: v` on neighbouring lines of the same indent; `name` is where the name of
/// the key's half starts.
fn yaml_pair(text: &[u8], key: &Key, name: usize) -> Option<Value> {
    let line = line_start(text, name, PAIR_REACH);
    let column = name - line;
    let lead = &text[line..name];
    if !lead.iter().all(|b| matches!(b, b' ' | b'-' | b'\t' | b'#')) {
        return flow_pair(text, key);
    }
    let eol = line_end(text, key.end, PAIR_REACH);
    let rest = text[key.outer_end().min(eol)..eol].trim_ascii();
    if !rest.is_empty() && rest[0] != b'#' {
        return None;
    }
    let below = next_line(text, eol);
    // The value stands on the next line, or, in files sorted by key, on the one before.
    yaml_half(text, below, column).or_else(|| {
        if lead.contains(&b'-') || line == 0 {
            return None;
        }
        yaml_half(text, line_start(text, line - 1, PAIR_REACH), column)
    })
}

/// `value: v` on the line at `line`, when it starts at `column`.
fn yaml_half(text: &[u8], line: usize, column: usize) -> Option<Value> {
    let start = run(text, line, PAIR_REACH, |b| {
        matches!(b, b' ' | b'-' | b'\t' | b'#')
    });
    (start - line == column).then(|| value_half(text, start))?
}

/// `{name: key, value: v}` in YAML.
fn flow_pair(text: &[u8], key: &Key) -> Option<Value> {
    let comma = skip_blank(text, key.outer_end());
    if byte(text, comma) != b',' {
        return None;
    }
    let start = skip_blank(text, comma + 1);
    value_half(text, start)
}

/// `value: v` at `start`, in YAML.
fn value_half(text: &[u8], start: usize) -> Option<Value> {
    let end = run(text, start, 64, is_word);
    if byte(text, end) != b':' || !is_one_of(&text[start..end], &VALUES) {
        return None;
    }
    let key = Key {
        start,
        end,
        quotes: None,
        flag: false,
    };
    let place = value::Place::new(text, &key, (Syntax::Colon, end + 1), Lang::Yaml);
    value::read(text, end + 1, &place)
}
