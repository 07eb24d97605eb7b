//! Lookups: values that are fetched from an environment, a configuration or a vault by name.
//!
//! Which callees and paths are lookups, and the literal that a lookup falls back to when it finds
//! nothing. Such a default is as good as a value.

use std::ops::Range;

use super::key::Key;
use super::lexeme::{
    before, byte, closing, is_one_of, is_quote, is_word, run, run_back, skip_blank, skip_space,
    skip_space_back, starts, starts_any_case, string_end, word_before,
};
use super::operator::callee_before;
use super::value::{self, Value};
use super::{Form, Lang, Quoting, Syntax};

/// Names of functions that look something up, in lower case.
const CALLEES: [&[u8]; 35] = [
    b"env",
    b"getenv",
    b"get_env",
    b"fetch_env",
    b"fetch_env!",
    b"getenvironmentvariable",
    b"env_var",
    b"getproperty",
    b"getordefault",
    b"config",
    b"lookup",
    b"dig",
    b"credentials",
    b"param",
    b"getparameter",
    b"secret",
    b"env_str",
    b"envor",
    b"getenvor",
    b"getenvordefault",
    b"get_env_or_default",
    b"getconfig",
    b"get_config",
    b"get_secret",
    b"getsecret",
    b"getsecretvalue",
    b"lookupenv",
    b"mustgetenv",
    b"requireenv",
    b"optionalenv",
    b"envorelse",
    b"environment",
    b"vault",
    b"ssm",
    b"stringvar",
];

/// Names of functions that look something up when called on an environment or configuration.
const METHODS: [&[u8]; 13] = [
    b"get",
    b"int",
    b"fetch",
    b"str",
    b"string",
    b"var",
    b"getstring",
    b"get_str",
    b"value",
    b"var_os",
    b"getvalue",
    b"required",
    b"optional",
];

/// Names of tables of settings, in lower case.
const TABLES: [&[u8]; 28] = [
    b"configservice",
    b"config_service",
    b"flag",
    b"flags",
    b"pflag",
    b"viper",
    b"env",
    b"environ",
    b"_env",
    b"_server",
    b"config",
    b"configuration",
    b"settings",
    b"credentials",
    b"secrets",
    b"vars",
    b"options",
    b"cfg",
    b"conf",
    b"environment",
    b"process",
    b"params",
    b"app",
    b"var",
    b"local",
    b"data",
    b"values",
    b"meta",
];

/// Words that join a lookup to its default.
const FALLBACKS: [&[u8]; 7] = [b"||", b"??", b"?:", b"or ", b"//", b"?? ", b"|| "];

/// Whether a byte can stand in a path of names: `a.b->c`, `$a::b`, `a?.b`.
fn is_path(b: u8) -> bool {
    is_word(b) || matches!(b, b'.' | b':' | b'$' | b'>' | b'?' | b'@' | b'\\' | b'!')
}

/// The path of names that ends at `end`.
pub(super) fn path_before(text: &[u8], end: usize) -> Range<usize> {
    let start = run_back(text, end, 96, |b| is_path(b) || b == b'-');
    let lead = run(text, start, 96, |b| {
        matches!(b, b':' | b'>' | b'?' | b'-' | b'!' | b'.')
    });
    lead.min(end)..end
}

/// The path of names that starts at `start`.
pub(super) fn path_after(text: &[u8], start: usize) -> Range<usize> {
    let mut end = run(text, start, 128, |b| {
        matches!(b, b'$' | b'@' | b'&' | b'!' | b'\\' | b'*')
    });
    loop {
        let next = run(text, end, 128, is_word);
        if next == end || next - start > 256 {
            return start..next;
        }
        end = next;
        let joint = match (byte(text, end), byte(text, end + 1)) {
            (b'.' | b'\\', b) if is_word(b) => 1,
            (b':', b) if is_word(b) && text[start..end].eq_ignore_ascii_case(b"$env") => 1,
            (b':', b':') | (b'?', b'.') | (b'-', b'>') => 2,
            (b'!', b'(') => return start..end + 1,
            _ => return start..end,
        };
        end += joint;
    }
}

/// Whether a path, called with arguments, looks something up.
pub(super) fn is_lookup_call(path: &[u8]) -> bool {
    let last = last_name(path);
    is_one_of(last, &CALLEES)
        || asks_environment(last)
        || (is_one_of(last, &METHODS) && segments(path).any(|name| is_one_of(name, &TABLES)))
}

/// Whether a function is named after the environment that it asks: `getenv_docker`, `mustEnv`, `env_or_default`.
fn asks_environment(name: &[u8]) -> bool {
    const WRITES: [&[u8]; 5] = [b"set", b"put", b"stub", b"add", b"del"];
    let is_joint = |at: usize| match at.checked_sub(1).map(|before| name[before]) {
        None | Some(b'_') => true,
        Some(before) => before.is_ascii_lowercase() && name[at].is_ascii_uppercase(),
    };
    let ends = |at: usize| match name.get(at) {
        None | Some(b'_') => true,
        Some(after) => after.is_ascii_uppercase() && !name[at - 1].is_ascii_uppercase(),
    };
    let writes = |word: &[u8]| starts_any_case(name, 0, word);
    (0..name.len().saturating_sub(2)).any(|at| {
        starts_any_case(name, at, b"env")
            && ends(at + 3)
            && (is_joint(at) || starts_any_case(name, at.saturating_sub(3), b"get"))
    }) && !WRITES.iter().any(|word| writes(word))
}

/// Whether a path, indexed or bare, is or belongs to a table of settings.
pub(super) fn is_table(path: &[u8]) -> bool {
    segments(path).any(|name| is_one_of(name, &TABLES))
}

fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&b| !is_word(b)).filter(|name| !name.is_empty())
}

fn last_name(path: &[u8]) -> &[u8] {
    segments(path).last().unwrap_or_default()
}

/// The default of the lookup that `key` names: `env('key', 'v')`, `ENV['key'] || 'v'`, `${key:-v}`,
/// `process.env.key ?? 'v'`.
pub(super) fn default_of(text: &[u8], key: &Key, lang: Lang) -> Option<(Syntax, Value)> {
    let start = key.outer_start();
    let end = key.outer_end();
    if key.quotes.is_none() {
        if before(text, start) == b'{' && start >= 2 && text[start - 2] == b'$' {
            return brace_default(text, key);
        }
        let path = path_before(text, start);
        // `env` in `process.env.KEY` is the table, not what is looked up
        let member = run(text, end + 1, 64, is_word);
        let is_table_itself =
            byte(text, end) == b'.' && member > end + 1 && byte(text, member) != b'(';
        return (!path.is_empty() && !is_table_itself && is_table(&text[path.clone()]))
            .then(|| fallback(text, end, lang))
            .flatten()
            .map(|value| (Syntax::Lookup, value));
    }
    let next = skip_blank(text, end);
    let value = match byte(text, next) {
        // `#[arg(env = "key", default_value = "v")]`
        b',' if names_variable(text, start) => {
            let other = skip_space(text, next + 1);
            starts_any_case(text, other, b"default").then_some(())?;
            argument(text, other, lang)
        }
        // the tags of a field in Go: `env:"key" envDefault:"v"`
        b'e' | b'd' if lang == Lang::Go && next > end => {
            let word = [&b"envDefault:"[..], b"default:"]
                .into_iter()
                .find(|word| starts(text, next, word))?;
            default_literal(text, next + word.len(), lang)
        }
        b',' => {
            let callee = callee_before(text, behind_pointer(text, start))?;
            is_lookup_call(&text[callee]).then_some(())?;
            argument(text, next + 1, lang)
        }
        b')' => {
            let callee = callee_before(text, start)?;
            is_lookup_call(&text[callee]).then_some(())?;
            fallback(text, next + 1, lang)
        }
        b']' if before(text, start) == b'[' => {
            let table = path_before(text, start - 1);
            is_table(&text[table]).then_some(())?;
            fallback(text, next + 1, lang)
        }
        _ => None,
    }?;
    Some((Syntax::Lookup, value))
}

/// The start of the argument before `start`, where it says where the value goes, as in `StringVar(&cfg.password, "key", "v")`; else `start`.
fn behind_pointer(text: &[u8], start: usize) -> usize {
    let comma = skip_space_back(text, start);
    if before(text, comma) != b',' {
        return start;
    }
    let path = path_before(text, comma - 1).start;
    let sign = run_back(text, path, 2, |b| matches!(b, b'&' | b'*'));
    if sign < path { sign } else { start }
}

/// Whether `env =` or `env:` stands before the quoted name at `start`.
fn names_variable(text: &[u8], start: usize) -> bool {
    let sign = skip_space_back(text, start);
    let end = skip_space_back(text, sign.saturating_sub(1));
    matches!(before(text, sign), b'=' | b':') && &text[word_before(text, end)] == b"env"
}

/// `${key:-v}`, `${key:v}` where `key` lies after the brace.
fn brace_default(text: &[u8], key: &Key) -> Option<(Syntax, Value)> {
    let start = match (byte(text, key.end), byte(text, key.end + 1)) {
        (b':', b'-') => key.end + 2,
        (b':', b'?' | b'+' | b'=') => return None,
        (b':', b) if is_word(b) || b.is_ascii_graphic() => key.end + 1,
        _ => return None,
    };
    let end = run(text, start, 256, |b| !matches!(b, b'}' | b'\n' | b'"'));
    (byte(text, end) == b'}' && end > start && byte(text, start) != b'$').then_some(())?;
    Some((
        Syntax::Lookup,
        Value {
            start,
            end,
            quoting: Quoting::Bare,
            form: Form::LookupDefault,
            after: end + 1,
        },
    ))
}

/// The literal that a lookup argument list names as default: the argument that starts at `i`, or the
/// one named `default`.
pub(super) fn argument(text: &[u8], i: usize, lang: Lang) -> Option<Value> {
    let mut i = skip_space(text, i);
    for name in [
        &b"default"[..],
        b"default_value",
        b"fallback",
        b"or",
        b"else",
    ] {
        if starts_any_case(text, i, name) && !is_word(byte(text, i + name.len())) {
            let sign = skip_blank(text, i + name.len());
            if matches!(byte(text, sign), b'=' | b':') {
                i = skip_blank(text, sign + 1);
            }
        }
    }
    default_literal(text, i, lang)
}

/// The literal after `||`, `??`, `?:`, `or`, `.unwrap_or(` and the like from `i`.
pub(super) fn fallback(text: &[u8], i: usize, lang: Lang) -> Option<Value> {
    let mut i = i;
    // `.to_string().trim() || "v"`: a few calls may come before the default.
    for _ in 0..4 {
        let method = skip_space(text, i);
        if byte(text, method) != b'.' && !starts(text, method, b"?.") {
            break;
        }
        let name = run(text, method, 3, |b| matches!(b, b'.' | b'?'));
        let end = run(text, name, 48, is_word);
        if byte(text, end) != b'(' {
            i = end;
            continue;
        }
        let word = &text[name..end];
        if let Some(value) = is_one_of(word, &METHODS)
            .then_some(())
            .or_else(|| is_one_of(word, &CALLEES).then_some(()))
            .and_then(|()| second_argument(text, end, lang))
        {
            return Some(value);
        }
        if is_one_of(
            word,
            &[
                b"unwrap_or",
                b"unwrap_or_else",
                b"orelse",
                b"getorelse",
                b"get_or",
                b"or",
                b"or_else",
                b"valueor",
                b"default",
                b"withdefault",
            ],
        ) {
            let mut arg = skip_space(text, end + 1);
            // `|_| "v"`, `() -> "v"`
            if byte(text, arg) == b'|' {
                arg = skip_blank(text, run(text, arg + 1, 16, |b| b != b'|') + 1);
            }
            return default_literal(text, arg, lang);
        }
        i = closing(text, end, 256)? + 1;
    }
    let sign = skip_space(text, i);
    let after = match byte(text, sign) {
        // `ENV.fetch("key") { "v" }`
        b'{' if lang == Lang::Ruby => skip_blank(text, sign + 1),
        _ => {
            let width = FALLBACKS
                .iter()
                .find(|word| starts(text, sign, word))?
                .len();
            skip_space(text, sign + width)
        }
    };
    default_literal(text, after, lang)
}

/// The quoted literal or the port number at `i`, as a default.
fn default_literal(text: &[u8], i: usize, lang: Lang) -> Option<Value> {
    /// Most digits of a port.
    const PORT: usize = 5;
    let digits = run(text, i, PORT, |b| b.is_ascii_digit());
    if digits > i && !is_word(byte(text, digits)) && byte(text, digits) != b'.' {
        return Some(Value {
            form: Form::LookupDefault,
            ..Value::bare(text, i..digits, lang)
        });
    }
    is_quote(byte(text, value::prefix_end(text, i, lang))).then_some(())?;
    let literal = value::quoted(text, i, lang)?;
    let form = match literal.form {
        Form::Literal => Form::LookupDefault,
        Form::Empty => Form::Lookup,
        other => other,
    };
    Some(Value { form, ..literal })
}

/// The default that is declared among the arguments of the call that opens at `open`: `Field(default="v")`, `str({ default: "v" })`.
pub(super) fn declared(text: &[u8], open: usize, lang: Lang) -> Option<Value> {
    const NAME: &[u8] = b"default";
    let end = closing(text, open, 512)?;
    memchr::memmem::find_iter(&text[open..end], NAME).find_map(|gap| {
        let start = open + gap;
        let end = run(text, start + NAME.len(), 8, is_word);
        let sign = skip_blank(text, end + usize::from(is_quote(byte(text, end))));
        let given = !is_word(before(text, start))
            && matches!(&text[start + NAME.len()..end], b"" | b"_value" | b"Value")
            && matches!(byte(text, sign), b'=' | b':')
            && byte(text, sign + 1) != b'=';
        given.then(|| default_literal(text, skip_space(text, sign + 1), lang))?
    })
}

/// The call or index that opens at `open` after a lookup's path: its default, and the offset after it.
pub(super) fn call(text: &[u8], open: usize, lang: Lang) -> (Option<Value>, usize) {
    let close = closing(text, open, 512);
    let after = close.map_or(open + 1, |close| close + 1);
    if byte(text, open) == b'('
        && let Some(value) = second_argument(text, open, lang)
    {
        return (Some(Value { after, ..value }), after);
    }
    (fallback(text, after, lang), after)
}

/// The default among the arguments that start at the bracket `open`, behind the quoted name.
fn second_argument(text: &[u8], open: usize, lang: Lang) -> Option<Value> {
    let mut first = skip_space(text, open + 1);
    // `get_env(:app, :key, "v")` in Elixir
    for _ in 0..3 {
        let end = run(text, first + 1, 64, is_word);
        if byte(text, first) != b':' || byte(text, end) != b',' {
            break;
        }
        first = skip_space(text, end + 1);
        if is_quote(byte(text, first)) {
            return default_literal(text, first, lang);
        }
    }
    is_quote(byte(text, first)).then_some(())?;
    let end = string_end(text, first, text.len().min(first + 256))?;
    let comma = skip_space(text, end + 1);
    (byte(text, comma) == b',').then_some(())?;
    argument(text, comma + 1, lang)
}
