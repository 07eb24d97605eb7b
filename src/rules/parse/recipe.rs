//! The table `[rule.verify]` of a rule file, and what is refused in it: secrets in addresses, hosts that are not fixed, answers
//! that can't tell a dead credential from a bad day.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::{check_regex, named, strings};
use crate::model::Verdict;
use crate::rules::{Ask, AskMethod, Identifier, Recipe, Reply, Scalar, Str};

/// Most hosts, questions and answers of one recipe: a credential costs a few requests.
const MOST: usize = 16;

/// What may be asked by `POST`, by host and path: calls that are known to change nothing, of providers that take no `GET`. A rule file
/// can't vouch for another one.
const POSTS: [(&str, &str); 1] = [("mandrillapp.com", "/api/1.0/users/ping")];

/// Second-level names under which anybody registers a domain, as in `co.uk`: a value in front of one would choose the whole host.
const REGISTRIES: [&str; 10] = [
    "ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org",
];

/// Headers that are not a recipe's to set.
const RESERVED: [&str; 11] = [
    "host",
    "connection",
    "content-length",
    "content-type",
    "transfer-encoding",
    "accept-encoding",
    "cookie",
    "expect",
    "prefer",
    "upgrade",
    "user-agent",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRecipe {
    provider: String,
    #[serde(default)]
    identifiers: BTreeMap<String, RawIdentifier>,
    ask: Vec<RawAsk>,
    reply: Vec<RawReply>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIdentifier {
    from: String,
    shape: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAsk {
    hosts: Vec<String>,
    #[serde(default = "get")]
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    basic: Option<[String; 2]>,
    #[serde(default)]
    body: String,
    purpose: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReply {
    status: Vec<u16>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    json: BTreeMap<String, RawScalar>,
    #[serde(default)]
    has: Vec<String>,
    verdict: String,
    reason: String,
    #[serde(default)]
    next: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawScalar {
    Bool(bool),
    Number(i64),
    Text(String),
}

fn get() -> String {
    "GET".to_owned()
}

pub(super) fn recipe(raw: RawRecipe) -> Result<Recipe, String> {
    convert(raw).map_err(|problem| format!("[rule.verify]: {problem}"))
}

fn convert(raw: RawRecipe) -> Result<Recipe, String> {
    if !is_word(&raw.provider) {
        return Err("`provider` is a lower-case name, such as `acme`".to_owned());
    }
    if raw.ask.is_empty() || raw.reply.is_empty() {
        return Err(
            "give at least one [[rule.verify.ask]] and one [[rule.verify.reply]]".to_owned(),
        );
    }
    let hosts: usize = raw.ask.iter().map(|ask| ask.hosts.len()).sum();
    if hosts > MOST || raw.reply.len() > MOST {
        return Err(format!("at most {MOST} hosts and {MOST} replies"));
    }
    let mut identifiers = Vec::new();
    for (name, raw) in raw.identifiers {
        check_regex("shape", &raw.shape)?;
        if !is_word(&name) || name == "secret" {
            return Err(format!("`{name}` is no name for an identifier"));
        }
        identifiers.push(Identifier {
            name: Cow::Owned(name),
            from: Cow::Owned(raw.from),
            shape: Cow::Owned(raw.shape),
        });
    }
    let asks: Vec<Ask> = raw
        .ask
        .into_iter()
        .map(|raw| ask(raw, &identifiers))
        .collect::<Result<_, _>>()?;
    Ok(Recipe {
        provider: Cow::Owned(raw.provider),
        identifiers: Cow::Owned(identifiers),
        asks: Cow::Owned(asks),
        replies: raw.reply.into_iter().map(reply).collect::<Result<_, _>>()?,
    })
}

fn ask(raw: RawAsk, identifiers: &[Identifier]) -> Result<Ask, String> {
    if raw.purpose.is_empty() {
        return Err("`purpose` says what is asked, as a noun phrase".to_owned());
    }
    if raw.hosts.is_empty() {
        return Err("`hosts` holds at least one host".to_owned());
    }
    for host in &raw.hosts {
        check_host(host, identifiers)?;
    }
    check_path(&raw.path, identifiers)?;
    let method = method(&raw)?;
    if method == AskMethod::Get && !raw.body.is_empty() {
        return Err("a question is a GET, which has no `body`".to_owned());
    }
    for (name, value) in &raw.headers {
        let token = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let lower = name.to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(token) {
            return Err(format!("`{name}` is no name for a header"));
        }
        if RESERVED.contains(&&*lower) || lower.starts_with("proxy-") {
            return Err(format!("the header `{name}` is not a recipe's to set"));
        }
        if !value.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
            return Err(format!("the header `{name}` may hold visible ASCII only"));
        }
    }
    let says_secret = |template: &String| template.contains("{secret}");
    let basic = raw.basic.iter().flatten();
    if !raw.headers.values().chain(basic).any(says_secret) && !says_secret(&raw.body) {
        return Err(
            "`{secret}` stands nowhere: put it into `headers`, `basic` or `body`".to_owned(),
        );
    }
    Ok(Ask {
        hosts: strings(raw.hosts),
        method,
        path: Cow::Owned(raw.path),
        headers: raw
            .headers
            .into_iter()
            .map(|(name, value)| (Cow::Owned(name), Cow::Owned(value)))
            .collect(),
        basic: raw
            .basic
            .map(|[user, password]| (Cow::Owned(user), Cow::Owned(password))),
        body: Cow::Owned(raw.body),
        purpose: Cow::Owned(raw.purpose),
    })
}

fn method(raw: &RawAsk) -> Result<AskMethod, String> {
    let known = AskMethod::ALL.into_iter().find(|it| it.id() == raw.method);
    let is_harmless = |host: &String| POSTS.contains(&(host, &raw.path));
    match known {
        Some(AskMethod::Get) => Ok(AskMethod::Get),
        Some(AskMethod::Post) if raw.hosts.iter().all(is_harmless) => Ok(AskMethod::Post),
        _ => Err(format!(
            "`method` is GET and not {}: to ask must change nothing at the provider, and only GET promises that",
            toml::Value::String(raw.method.clone())
        )),
    }
}

/// A fixed name; its first label may be an identifier.
fn check_host(host: &str, identifiers: &[Identifier]) -> Result<(), String> {
    let fixed = match host
        .strip_prefix('{')
        .and_then(|rest| rest.split_once("}."))
    {
        Some((name, rest)) => {
            check_known(name, identifiers)?;
            let is_anybodys = rest
                .split_once('.')
                .is_some_and(|(second, top)| !top.contains('.') && REGISTRIES.contains(&second));
            if is_anybodys {
                return Err(format!(
                    "`{host}` is no fixed host: under `{rest}` anybody may register a name"
                ));
            }
            rest
        }
        None => host,
    };
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let named = fixed
        .rsplit('.')
        .next()
        .is_some_and(|top| top.bytes().any(|b| b.is_ascii_lowercase()));
    if named && fixed.contains('.') && fixed.len() <= 200 && fixed.split('.').all(label) {
        Ok(())
    } else {
        Err(format!(
            "`{host}` is no fixed host: expected a lower-case name such as `api.acme.example`, of which the first label may be an identifier in braces"
        ))
    }
}

fn check_path(path: &str, identifiers: &[Identifier]) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'#' | b'\\' | b'"' | b'<' | b'>');
    if !path.starts_with('/') || !path.bytes().all(plain) {
        return Err(format!(
            "`{path}` is no path: it begins with a slash and holds visible ASCII"
        ));
    }
    let mut rest = path;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| format!("`{path}`: a brace is not closed"))?;
        check_known(name, identifiers)?;
        rest = after;
    }
    Ok(())
}

fn check_known(name: &str, identifiers: &[Identifier]) -> Result<(), String> {
    if name == "secret" {
        return Err(
            "a secret never stands in a path or a host: they are logged on the way".to_owned(),
        );
    }
    if identifiers.iter().any(|known| known.name == name) {
        Ok(())
    } else {
        Err(format!(
            "`{{{name}}}` is no identifier: describe it under [rule.verify.identifiers]"
        ))
    }
}

fn reply(raw: RawReply) -> Result<Reply, String> {
    let verdict = named("verdict", &raw.verdict, Verdict::ALL, Verdict::id)?;
    if raw.status.is_empty() || raw.status.iter().any(|code| !(200..600).contains(code)) {
        return Err("`status` lists codes from 200 to 599".to_owned());
    }
    if raw.reason.is_empty() {
        return Err("`reason` says why, as a clause".to_owned());
    }
    let pointers = raw.json.keys().chain(&raw.has);
    if let Some(pointer) = pointers
        .clone()
        .find(|pointer| !pointer.is_empty() && !pointer.starts_with('/'))
    {
        return Err(format!(
            "`{pointer}` is no JSON pointer: expected one such as `/errors/0/code`, or an empty one for all of it"
        ));
    }
    let has_body = !raw.text.is_empty() || pointers.count() > 0;
    let says_nothing = |code: &u16| match code {
        // blocks and redirects of whatever stands before the provider, limits, faults
        300..=399 | 408 | 421 | 425 | 429 | 451 | 500.. => true,
        // any server answers these to what it does not know
        200..=299 | 403 | 404 => !has_body,
        _ => false,
    };
    if matches!(verdict, Verdict::Dead | Verdict::Rejected)
        && let Some(code) = raw.status.iter().find(|code| says_nothing(code))
    {
        return Err(format!(
            "status {code} does not show that a credential is {}; with 403, 404 and 2xx the body has to say so (`text`, `json`), and 3xx, 408, 429, 451 and 5xx never do",
            verdict.id()
        ));
    }
    let live = matches!(
        verdict,
        Verdict::Live | Verdict::LiveRestricted | Verdict::Test
    );
    if live && !has_body {
        return Err(format!(
            "a status alone does not show that a credential is {}: name what the body holds (`has`, `json` or `text`)",
            verdict.id()
        ));
    }
    Ok(Reply {
        status: Cow::Owned(raw.status),
        text: Cow::Owned(raw.text),
        json: raw
            .json
            .into_iter()
            .map(|(pointer, value)| (Str::Owned(pointer), scalar(value)))
            .collect(),
        has: strings(raw.has),
        verdict,
        reason: Cow::Owned(raw.reason),
        next: raw.next,
    })
}

fn scalar(raw: RawScalar) -> Scalar {
    match raw {
        RawScalar::Bool(value) => Scalar::Bool(value),
        RawScalar::Number(value) => Scalar::Number(value),
        RawScalar::Text(text) => Scalar::Text(Cow::Owned(text)),
    }
}

fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}
