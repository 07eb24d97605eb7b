//! Asks by the recipes of rules: what a rule file says is asked, and what it lists is believed, and nothing else.

mod replies;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::bytes::Regex;
use zeroize::Zeroizing;

use super::weigh::weightiest;
use super::{Credential, Endpoint, Header, HttpRequest, Method, Verifier, Wire};
use crate::model::{Secret, Verdict, Verified};
use crate::rules::{self, Ask, AskMethod, Recipe, Rule};
use replies::judged;

/// Port of every question.
const HTTPS: u16 = 443;

/// Rules that find logins by what they are sent to. Their host says whose recipe it is.
const BY_HOST: [&str; 2] = ["mail-api-basic-auth", "mail-command-login"];

/// A key in a DSN, whose scheme says whose recipe it is.
const DSN_KEY: &str = "mailer-dsn-key";

/// Every rule's recipe.
pub struct Recipes {
    by_rule: BTreeMap<String, Ready>,
}

/// A recipe with its expressions compiled.
struct Ready {
    recipe: Recipe,
    /// In the order of the recipe's identifiers.
    shapes: Vec<Regex>,
}

impl Recipes {
    /// Those of `rules`. A rule of a repository's own configuration must not have one: it would choose where a secret goes.
    pub fn of<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> Self {
        let ready = |rule: &Rule| {
            let recipe = rule.verify.clone()?;
            let shapes: Result<Vec<Regex>, _> = recipe
                .identifiers
                .iter()
                .map(|identifier| rules::regex(&identifier.shape))
                .collect();
            // one that does not compile is refused when the file is read
            let shapes = shapes.ok()?;
            Some((rule.id.to_string(), Ready { recipe, shapes }))
        };
        Self {
            by_rule: rules.into_iter().filter_map(ready).collect(),
        }
    }

    fn ready(&self, credential: &Credential<'_>) -> Option<&Ready> {
        if credential.rule == DSN_KEY {
            return self.of_mailer(credential);
        }
        if !BY_HOST.contains(&credential.rule) {
            return self.by_rule.get(credential.rule);
        }
        let host = credential.text("host")?.to_ascii_lowercase();
        let mut recipes = self.by_rule.values();
        recipes.find(|ready| {
            ready.takes_logins() && ready.endpoints().any(|it| it.covers(&host, HTTPS))
        })
    }
}

impl Recipes {
    /// The recipe for a key in a DSN. One that names a host of somebody else's may be no key of that provider's.
    fn of_mailer(&self, credential: &Credential<'_>) -> Option<&Ready> {
        let mailer = credential.text("mailer")?.to_ascii_lowercase();
        let provider = match mailer.as_str() {
            "sendinblue" => "brevo",
            name => name,
        };
        let mut recipes = self.by_rule.values();
        let ready = recipes.find(|ready| ready.recipe.provider == provider)?;
        // Symfony's word for the provider's own
        let named = credential.text("host").filter(|host| *host != "default");
        let host = named.map(str::to_ascii_lowercase);
        let is_its_own = |host: String| ready.endpoints().any(|it| it.covers(&host, HTTPS));
        host.is_none_or(is_its_own).then_some(ready)
    }
}

impl Verifier for Recipes {
    fn handles(&self, credential: &Credential<'_>) -> bool {
        self.ready(credential).is_some_and(|ready| {
            let values = ready.values(credential);
            let first = ready.recipe.asks.first();
            values.is_some_and(|values| first.is_some_and(|ask| values.question(ask).is_some()))
        })
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        self.by_rule.values().flat_map(Ready::endpoints).collect()
    }

    fn verify(&self, credential: &Credential<'_>, wire: &mut dyn Wire) -> Verified {
        let incomplete =
            || Verified::new(Verdict::Unknown, "not asked: it is not all of a credential");
        let Some(ready) = self.ready(credential) else {
            return incomplete();
        };
        let Some(values) = ready.values(credential) else {
            return incomplete();
        };
        let mut answers = Vec::new();
        for ask in ready.recipe.asks.iter() {
            let Some(question) = values.question(ask) else {
                continue;
            };
            for host in values.hosts(ask) {
                let reply = match wire.http(&question.to(&ready.recipe, ask, &host)) {
                    Ok(reply) => reply,
                    Err(trouble) => return Verified::from(&trouble),
                };
                let (answer, next) = judged(&ready.recipe.replies, &reply);
                if !next {
                    return answer;
                }
                answers.push(answer);
            }
        }
        weightiest(answers).unwrap_or_else(incomplete)
    }

    fn asks(&self, credential: &Credential<'_>) -> String {
        let ready = self.ready(credential);
        ready.map_or_else(String::new, |ready| format!("{:?}", ready.recipe))
    }

    fn matters(&self, rule: &str, part: &str) -> bool {
        if BY_HOST.contains(&rule) {
            return matches!(part, "host" | "user");
        }
        if rule == DSN_KEY {
            return matches!(part, "host" | "mailer" | "user");
        }
        self.by_rule.get(rule).is_some_and(|ready| {
            let asks = ready.recipe.asks.iter();
            let in_asks = asks.flat_map(|ask| {
                let basic = ask.basic.iter().flat_map(|(user, password)| [user, password]);
                ask.headers
                    .iter()
                    .map(|(_, value)| value)
                    .chain(basic)
                    .chain([&ask.body])
            });
            let named = |template: &str| {
                pieces(template).any(|piece| {
                    matches!(piece, Piece::Value(names) if names.split('|').any(|name| name == part))
                })
            };
            in_asks.into_iter().any(|template| named(template))
                || ready.recipe.identifiers.iter().any(|it| it.from == part)
        })
    }
}

impl Ready {
    /// Every host that it asks.
    fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        self.recipe.asks.iter().flat_map(|ask| {
            ask.hosts.iter().map(|host| Endpoint {
                provider: self.recipe.provider.to_string(),
                host: host
                    .split_once('}')
                    .map_or(host.to_string(), |(_, rest)| format!("*{rest}")),
                port: HTTPS,
                purpose: ask.purpose.to_string(),
            })
        })
    }

    /// Whether what it asks with is a user with a password.
    fn takes_logins(&self) -> bool {
        self.recipe.asks.iter().all(|ask| ask.basic.is_some())
    }

    /// What placeholders stand for; `None` if an identifier is missing or has not its shape.
    fn values<'c>(&self, credential: &Credential<'c>) -> Option<Values<'c>> {
        let mut identifiers = HashMap::new();
        for (identifier, shape) in self.recipe.identifiers.iter().zip(&self.shapes) {
            let text = match &*identifier.from {
                "secret" => credential.secret_text()?,
                part => credential.text(part)?,
            };
            let found = shape.captures(text.as_bytes())?;
            let value = found.get(1).or_else(|| found.get(0))?;
            let value = text.get(value.range())?;
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            if value.is_empty() || value.len() > 128 || !value.bytes().all(plain) {
                return None;
            }
            identifiers.insert(identifier.name.to_string(), value.to_owned());
        }
        Some(Values {
            credential: *credential,
            identifiers,
        })
    }
}

struct Values<'c> {
    credential: Credential<'c>,
    identifiers: HashMap<String, String>,
}

/// A question with its placeholders filled in, but for the host.
struct Filled {
    path: String,
    /// In the order of the recipe, with that of basic authentication behind.
    headers: Vec<Zeroizing<String>>,
    body: Option<Zeroizing<String>>,
}

impl Values<'_> {
    fn question(&self, ask: &Ask) -> Option<Filled> {
        let mut headers = Vec::new();
        for (_, template) in ask.headers.iter() {
            headers.push(self.fill(template, as_it_is)?);
        }
        if let Some((user, password)) = &ask.basic {
            let user = self.fill(user, as_it_is)?;
            if user.contains(':') {
                return None;
            }
            let password = self.fill(password, as_it_is)?;
            let login = Zeroizing::new(format!("{}:{}", *user, *password));
            let login = Zeroizing::new(STANDARD.encode(login.as_bytes()));
            headers.push(Zeroizing::new(format!("Basic {}", *login)));
        }
        let body = match &*ask.body {
            "" => None,
            template => Some(self.fill(template, in_json)?),
        };
        Some(Filled {
            path: self.identified(&ask.path)?,
            headers,
            body,
        })
    }

    /// `template` with its placeholders replaced, each value passed through `put`. `None` if one has no value.
    fn fill(&self, template: &str, put: fn(&str) -> Cow<'_, str>) -> Option<Zeroizing<String>> {
        let mut out = Zeroizing::new(String::new());
        for piece in pieces(template) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(names) => {
                    let value = names.split('|').find_map(|name| self.value(name))?;
                    out.push_str(&put(value));
                }
            }
        }
        Some(out)
    }

    fn value(&self, name: &str) -> Option<&str> {
        match self.identifiers.get(name) {
            Some(value) => Some(value),
            None if name == "secret" => self.credential.secret_text(),
            None => self.credential.text(name),
        }
    }

    /// The hosts of `ask`. An identifier may hold a dot, and one in a host must not: it would lead elsewhere.
    fn hosts(&self, ask: &Ask) -> Vec<String> {
        let dots = |text: &str| text.bytes().filter(|b| *b == b'.').count();
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        ask.hosts
            .iter()
            .filter_map(|template| {
                let host = self.identified(template)?;
                (dots(&host) == dots(template) && host.bytes().all(plain)).then_some(host)
            })
            .collect()
    }

    /// A path or host, which holds identifiers only.
    fn identified(&self, template: &str) -> Option<String> {
        let mut out = String::new();
        for piece in pieces(template) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(name) => out.push_str(self.identifiers.get(name)?),
            }
        }
        Some(out)
    }
}

impl Filled {
    fn to<'q>(&self, recipe: &'q Recipe, ask: &'q Ask, host: &'q str) -> HttpRequest<'q> {
        let names = ask.headers.iter().map(|(name, _)| &**name);
        let names = names.chain(ask.basic.iter().map(|_| "Authorization"));
        let secret = |text: &Zeroizing<String>| Secret::new(text.as_bytes(), 0);
        HttpRequest {
            provider: &recipe.provider,
            host,
            method: match ask.method {
                AskMethod::Get => Method::Get,
                AskMethod::Post => Method::Post,
            },
            path: self.path.clone(),
            headers: names
                .zip(&self.headers)
                .map(|(name, value)| (name, Header::Secret(secret(value))))
                .collect(),
            body: self.body.as_ref().map(secret),
        }
    }
}

/// A part of a template.
enum Piece<'t> {
    Text(&'t str),
    /// Names of values, of which the first that there is counts.
    Value(&'t str),
}

/// The parts of `template`. A brace that does not enclose names is text, as in JSON.
fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let name = |text: &'_ str| {
            let end = text.strip_prefix('{')?.find('}')? + 1;
            let names = &text[1..end];
            let is_name =
                |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-|".contains(&b);
            (!names.is_empty() && names.bytes().all(is_name)).then_some(end)
        };
        if let Some(end) = name(rest) {
            let names = &rest[1..end];
            rest = &rest[end + 1..];
            return Some(Piece::Value(names));
        }
        let mut brace = rest
            .char_indices()
            .skip(1)
            .filter(|(_, c)| *c == '{')
            .map(|(at, _)| at);
        let end = brace.next().unwrap_or(rest.len());
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Text(text))
    })
}

fn as_it_is(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// `text` as it stands between the quotes of a JSON string.
fn in_json(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b == b'"' || b == b'\\') {
        Cow::Owned(text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        Cow::Borrowed(text)
    }
}
