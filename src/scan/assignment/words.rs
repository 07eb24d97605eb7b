//! Syntaxes without a sign: a word, then its value.
//!
//! Only where the language or the word before says so, because in every other place two words in a row
//! are prose or code.

use super::key::{self, Key};
use super::lexeme::{
    before, byte, is_one_of, is_quote, is_word, line_end, line_start, run, run_back, skip_blank,
    skip_blank_back, skip_space, starts, word_before,
};
use super::value::{self, Value};
use super::{Form, Lang, Syntax, VALUE_MAX, lookup};

/// The value of a key that is followed by a blank and then its value.
pub(super) fn read(text: &[u8], key: &Key, lang: Lang) -> Option<(Syntax, Value)> {
    let end = key.outer_end();
    if key.flag {
        return flag(text, key, lang).map(|value| (Syntax::Flag, value));
    }
    if lang == Lang::Hcl && key.quotes.is_some() {
        return variable(text, key).map(|value| (Syntax::Lookup, value));
    }
    if key.quotes.is_some() || !matches!(byte(text, end), b' ' | b'\t') {
        return None;
    }
    let start = skip_blank(text, end);
    if matches!(byte(text, start), 0 | b'\n' | b'\r') {
        return None;
    }
    let words = |value| Some((Syntax::Words, value));
    if before(text, key.start) == b':' {
        // `:password "v"`, but not `::Password "v"`.
        let double = before(text, key.start - 1) == b':';
        return (byte(text, start) == b'"' && !double)
            .then(|| value::quoted(text, start, lang))
            .flatten()
            .and_then(words);
    }
    let path = run_back(text, key.start, 64, |b| is_word(b) || b == b'.');
    let lead = skip_blank_back(text, path);
    let before_key = word_before(text, lead);
    let command = &text[before_key.clone()];
    let mark = before(text, before_key.start);
    if path == key.start
        && lead < path
        && is_one_of(command, &[b"define"])
        && matches!(mark, b'#' | b'%' | b' ')
    {
        return is_quote(byte(text, value::prefix_end(text, start, lang)))
            .then(|| value::quoted(text, start, lang))
            .flatten()
            .and_then(words);
    }
    match lang {
        Lang::Netrc => {
            let line = line_start(text, key.start, 256);
            // what a command prints is the value, and `default` stands for a machine
            let is_command = memchr::memmem::find(&text[line..key.start], b"eval").is_some();
            (!is_command && &text[key.start..key.end] != b"default").then_some(())?;
            value::word(text, start, lang).and_then(words)
        }
        // a row of `COPY … FROM stdin`
        Lang::Sql | Lang::Text | Lang::Unknown
            if byte(text, end) == b'\t' && is_cell_of_name(text, key, lang) =>
        {
            let stop = run(text, end + 1, VALUE_MAX, |b| {
                !matches!(b, b'\t' | b'\n' | b'\r')
            });
            let null = starts(text, end + 1, b"\\N");
            (!null && stop > end + 1)
                .then(|| Value::bare(text, end + 1..stop, lang))
                .and_then(words)
        }
        Lang::Docker if is_one_of(command, &[b"env", b"arg"]) => {
            rest_of_line(text, start, lang).and_then(words)
        }
        Lang::Shell | Lang::Batch | Lang::PowerShell | Lang::Text | Lang::Unknown
            if is_one_of(command, &[b"setx", b"setenv", b"smtppass"])
                || (mark == b'-' && is_one_of(command, &[b"x", b"gx", b"ux", b"xg"]))
                || is_git_config(command, mark, text, key)
                || is_config_set(text, key) =>
        {
            value::word(text, option_value(text, start), lang).and_then(words)
        }
        Lang::Yaml | Lang::Docker if is_config_set(text, key) => {
            value::word(text, start, lang).and_then(words)
        }
        _ if is_printed(text, key) => printed(text, start, lang).and_then(words),
        _ if key.start > 0 && key::is_echoed(text, key.start - 1) => printed(text, start, lang)
            .filter(|value| is_no_word(&text[value.start..value.end]))
            .and_then(words),
        Lang::Properties | Lang::Unknown | Lang::Text | Lang::Script if follows_user(text, key) => {
            value::word(text, start, lang).and_then(words)
        }
        Lang::Yaml | Lang::Shell if stands_in_list(text, key, start) => {
            value::word(text, start, lang).and_then(words)
        }
        Lang::Properties
            if value::leads_line(text, key.start) || is_one_of(command, &DIRECTIVES) =>
        {
            let value = value::word(text, start, lang)?;
            let rest = &text[value.after..line_end(text, value.after, VALUE_MAX)];
            let rest = rest.trim_ascii();
            let closed = rest.is_empty() || matches!(rest[0], b'#' | b';');
            (lang.has_word_pairs() && closed && value.form != Form::Empty).then_some(())?;
            words(value)
        }
        _ => None,
    }
}

/// Whether a user and its name stand right before the key: `username "u" password "p"`.
fn follows_user(text: &[u8], key: &Key) -> bool {
    let end = skip_blank_back(text, key.start);
    let quote = before(text, end);
    let start = if is_quote(quote) {
        run_back(text, end - 1, 128, |b| b != quote && b != b'\n').saturating_sub(1)
    } else {
        run_back(text, end, 128, |b| !b.is_ascii_whitespace())
    };
    let name = word_before(text, skip_blank_back(text, start));
    // `username and password in …` is a sentence
    let is_user = is_quote(quote) || text[start..end].contains(&b'@');
    start < end && is_user && is_one_of(&text[name], &[b"user", b"username", b"login", b"account"])
}

/// Whether the key begins a line that a string spells out: `printf 'host h\npassword v\n'`.
fn is_printed(text: &[u8], key: &Key) -> bool {
    let escape = |at: usize| before(text, at) == b'n' && before(text, at - 1) == b'\\';
    escape(key.start) || (before(text, key.start) == b'\\' && text[key.start] == b'n')
}

/// Whether a value is more than a word of a message: `echo "password changed"`.
fn is_no_word(value: &[u8]) -> bool {
    const APP_PASSWORD: usize = 16;
    value.len() == APP_PASSWORD
        || value
            .iter()
            .any(|b| b.is_ascii_digit() || b"!@#$%^&*_=+~".contains(b))
}

/// Whether the key is one of the first cells of a row, where the names of settings stand. Outside of dumps it must be joined as such
/// names are.
fn is_cell_of_name(text: &[u8], key: &Key, lang: Lang) -> bool {
    const FIRST: usize = 3;
    let part = |b: u8| is_word(b) || matches!(b, b'.' | b'-');
    let start = run_back(text, key.start, 96, part);
    let line = line_start(text, start, 256);
    let cells = memchr::memchr_iter(b'\t', &text[line..start]).count();
    let name = &text[start..key.end];
    (start == line || before(text, start) == b'\t')
        && cells < FIRST
        && (lang == Lang::Sql || name.iter().any(|b| matches!(b, b'_' | b'-' | b'.')))
}

/// The value on such a line, if nothing else stands there.
fn printed(text: &[u8], start: usize, lang: Lang) -> Option<Value> {
    let end = run(text, start, VALUE_MAX, |b| {
        !b.is_ascii_whitespace() && !is_quote(b) && b != b'\\'
    });
    let closed = starts(text, end, b"\\n") || is_quote(byte(text, end));
    (closed && end > start).then(|| Value::bare(text, start..end, lang))
}

/// Directives that give a value to the name behind them: `SetEnv SMTP_PASS v` of Apache, `fastcgi_param SMTP_PASS v` of nginx.
const DIRECTIVES: [&[u8]; 5] = [
    b"set",
    b"setenv",
    b"fastcgi_param",
    b"uwsgi_param",
    b"setenvif",
];

/// Words that begin the other lines of an account of msmtp and its like.
const SETTINGS: [&[u8]; 9] = [
    b"host", b"user", b"port", b"auth", b"tls", b"from", b"account", b"machine", b"login",
];

/// Whether the key and its value stand on a line of their own, between others that are settings of an account: the file that a
/// script or a cloud's configuration writes.
fn stands_in_list(text: &[u8], key: &Key, start: usize) -> bool {
    let leads = |line: usize| {
        let first = skip_blank(text, line);
        let word = value_word(text, first);
        is_one_of(word, &SETTINGS) && matches!(byte(text, first + word.len()), b' ' | b'\t')
    };
    let line = line_start(text, key.start, 128);
    let end = line_end(text, start, VALUE_MAX);
    let alone = text[line..key.start]
        .iter()
        .all(|b| matches!(b, b' ' | b'\t'))
        && !text[start..end].trim_ascii().contains(&b' ');
    let above = (line > 0).then(|| line_start(text, line - 1, 128));
    alone && (above.is_some_and(leads) || leads(value::next_line(text, end)))
}

fn value_word(text: &[u8], start: usize) -> &[u8] {
    &text[start.min(text.len())..run(text, start, 16, is_word).max(start).min(text.len())]
}

/// `git config --global sendemail.smtpPass v`.
fn is_git_config(command: &[u8], mark: u8, text: &[u8], key: &Key) -> bool {
    let dotted = text[key.start..key.end].contains(&b'.') || before(text, key.start) == b'.';
    dotted
        && (command == b"config"
            || (mark == b'-' && is_one_of(command, &[b"global", b"local", b"add"])))
}

/// `magento config:set system/smtp/password v`, `drush config:set smtp.settings smtp_password v`: at most two options or names
/// stand between the command and the key.
fn is_config_set(text: &[u8], key: &Key) -> bool {
    const COMMANDS: [&[u8]; 6] = [
        b"config:set",
        b"config-set",
        b"cset",
        b"config set",
        b"config:system:set",
        b"config:app:set",
    ];
    let mut end = run_back(text, key.start, 96, |b| {
        is_word(b) || matches!(b, b'.' | b'/' | b'-')
    });
    for _ in 0..3 {
        let lead = skip_blank_back(text, end);
        if lead == end {
            return false;
        }
        if COMMANDS.iter().any(|name| text[..lead].ends_with(name)) {
            return true;
        }
        end = run_back(text, lead, 96, |b| b.is_ascii_graphic());
    }
    false
}

/// Where the value begins that may stand behind an option: `config:system:set key --value v`.
fn option_value(text: &[u8], start: usize) -> usize {
    const OPTION: &[u8] = b"--value";
    let end = start + OPTION.len();
    if starts(text, start, OPTION) && matches!(byte(text, end), b' ' | b'=') {
        skip_blank(text, end + 1)
    } else {
        start
    }
}

/// The value of `--key v`, and of `"--key", "v"` in a list of arguments.
fn flag(text: &[u8], key: &Key, lang: Lang) -> Option<Value> {
    // `git config --global key v`
    if matches!(&text[key.start..key.end], b"global" | b"local" | b"system") {
        return None;
    }
    let mut at = key.end;
    if is_quote(byte(text, at)) {
        let comma = skip_blank(text, at + 1);
        if byte(text, comma) != b',' {
            return None;
        }
        at = skip_space(text, comma + 1);
        // `add_argument('--key', default='v')`
        if starts(text, at, b"default") {
            return lookup::argument(text, at, lang);
        }
        return is_quote(byte(text, at))
            .then(|| value::quoted(text, at, lang))
            .flatten();
    }
    let start = skip_blank(text, at);
    if start == at
        || matches!(
            byte(text, start),
            b'-' | b'\\' | b'|' | b'&' | b';' | b'[' | b']' | b'(' | b')' | b'='
        )
    {
        return None;
    }
    if is_quote(byte(text, start)) {
        return value::quoted(text, start, lang);
    }
    let double = before(text, key.start - 1) == b'-';
    let commands = matches!(
        lang,
        Lang::Shell
            | Lang::PowerShell
            | Lang::Batch
            | Lang::Text
            | Lang::Yaml
            | Lang::Docker
            | Lang::Unknown
    );
    // In prose and in code a dash joins words too.
    if !commands || (!double && !matches!(lang, Lang::Shell | Lang::PowerShell | Lang::Batch)) {
        return None;
    }
    let end = run(text, start, VALUE_MAX, |b| {
        !b.is_ascii_whitespace() && !is_quote(b) && !matches!(b, b';' | b'|' | b'&' | b'`')
    });
    let value = Value::bare(text, start..end, lang);
    (end > start && is_word(text[end - 1]) | !matches!(text[end - 1], b':' | b',')).then_some(value)
}

/// The text from `i` to the end of the line.
fn rest_of_line(text: &[u8], i: usize, lang: Lang) -> Option<Value> {
    if is_quote(byte(text, i))
        && let Some(value) = value::quoted(text, i, lang)
    {
        return Some(value);
    }
    let end = line_end(text, i, VALUE_MAX);
    let end = if before(text, end) == b'\\' {
        end - 1
    } else {
        end
    };
    (end > i).then(|| Value::bare(text, i..end, lang))
}

/// The default of `variable "key" { default = "v" }`, and the value of `resource "parameter" "key" { value = "v" }`.
fn variable(text: &[u8], key: &Key) -> Option<Value> {
    let word = word_before(text, skip_blank_back(text, key.outer_start()));
    let open = skip_blank(text, key.outer_end());
    let names: &[&[u8]] = match &text[word.clone()] {
        _ if byte(text, open) != b'{' => return None,
        b"variable" => &[b"default"],
        _ if is_quote(before(text, skip_blank_back(text, key.outer_start()))) => {
            &[b"value", b"secret_string", b"secret_data"]
        }
        _ => return None,
    };
    let mut line = open + 1;
    for _ in 0..8 {
        let start = skip_space(text, line);
        if let Some(name) = names.iter().find(|name| starts(text, start, name))
            && !is_word(byte(text, start + name.len()))
        {
            let sign = skip_blank(text, start + name.len());
            return (byte(text, sign) == b'=')
                .then(|| lookup::argument(text, sign + 1, Lang::Hcl))
                .flatten();
        }
        if matches!(byte(text, start), 0 | b'}') {
            return None;
        }
        line = line_end(text, start, 128);
    }
    None
}
