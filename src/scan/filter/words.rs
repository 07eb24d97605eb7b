//! Words that stand where a secret will: placeholders in several languages, echoes of the key, documentation hosts.
//!
//! A value is a placeholder only when *all* of it is made of such words. `Company2023!` and `Admin@123` are real
//! passwords in public code, so a weak word inside a value clears nothing.

use crate::rules::ValueKind;

/// Words out of which placeholders are made. Sorted, lower case.
#[rustfmt::skip] // one word a line would be longer than the rest of the module
const WORDS: &[&str] = &[
    "a", "access", "aqui", "account", "actual", "add", "address", "admin", "administrator", "an", "and", "another", "any", "api", "apikey", "app", "application", "auth", "authentication", "authtoken", "aws", "bad",
    "bar", "baz", "be", "bla", "blah", "bob", "bogus", "boolean", "brevo", "change", "changed", "changeit", "changeme", "changethis", "char", "character", "characters", "client", "code", "com",
    "company", "config", "console", "contrase\u{f1}a", "contrasena", "credential", "credentials", "cookie", "csrf", "custom", "data", "database", "de", "db", "default", "demo", "dev", "development", "digit", "do", "does", "doesnotexist", "dummy", "e", "email", "emailpassword",
    "empty", "encryption", "enter", "env", "environment", "etc", "example", "fake", "false", "field", "file", "fill", "fixme", "foo", "foobar", "foopass", "for", "from", "generate", "generated", "get", "gmail", "go",
    "goes", "google", "guest", "hash", "heslo", "hier", "has\u{142}o", "haslo", "hello", "here", "hidden", "host", "hostname", "ici", "ihr", "ihre", "dein", "deine", "hunter", "id", "if", "in", "incorrect", "insert", "invalid", "int", "integer", "is", "it", "jelszo", "jwt", "kennwort", "key", "l\u{f6}senord", "letmein", "local", "localhost", "login", "long",
    "mail", "mailbox", "mailer", "mailgun", "mailpass", "mailpassword", "mailtrap", "masked", "me", "mock", "mongo", "mot", "must", "my", "mypass", "clave", "palavra", "mypassword", "mysecret", "mysql", "n", "na", "name", "needed", "never", "new", "nil", "no", "none", "not", "null", "nullable", "of", "off", "omitted", "on",
    "only", "optional", "or", "our", "outlook", "own", "parola", "pass", "passe", "passord", "adgangskode", "kodeord", "losenord", "parolan\u{131}z", "parole", "sifreniz", "\u{15f}ifreniz", "passphrase", "passw", "passwd", "passwort", "password", "paste", "phrase", "placeholder", "platzhalter", "please", "postgres", "postgresql", "postmark", "prod", "production", "provide", "provided", "provider", "put", "pw", "pwd",
    "qux", "random", "rabbitmq", "real", "redacted", "redis", "relay", "remove", "removed", "replace", "replaceme", "required", "root", "salasana", "salt", "same", "sifre", "\u{15f}ifre", "sample", "secret", "secretkey", "secretpassword", "secure", "see", "send", "sender", "sendgrid", "senha", "server", "service", "ses", "session", "set", "setme", "setting", "settings",
    "should", "sid", "signing", "smtp", "smtppass", "smtppassword", "some", "something", "staging", "store", "string", "strong", "super", "supersecret", "support", "t", "tbd", "temp", "template", "test", "tester", "testing", "testpass", "testpassword", "text", "the", "there", "this", "to", "todo", "token", "tokenhere", "topsecret", "true", "twilio", "type",
    "unconfigured", "undefined", "unknown", "unset", "update", "use", "user", "username", "uuid", "seu", "sua", "tu", "tua", "val", "value", "var", "variable", "vault", "very", "votre", "wachtwoord", "webhook", "what", "whatever", "with", "wrong", "wrongpassword", "wrongpass", "x", "xx", "xxx", "xxxx", "y", "yes", "you", "your", "yours", "yourpass", "yourpassword", "zzz",
    "anda", "ask", "at", "by", "ci", "comes", "defined", "geheim", "geheimes", "manager", "minha", "motdepasse", "segura", "bitwarden", "blank", "cua", "ditt", "elsewhere", "env", "inject", "injected", "jouw", "kept", "keychain", "keyvault", "losenord", "mat", "nopass", "nopassword", "notsecret", "onepassword", "stored", "uw", "via",
    "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}", "\u{5bc6}\u{7801}", "\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}", "\u{5bc6}\u{78bc}", "\u{6388}\u{6743}\u{7801}", "\u{90ae}\u{7bb1}\u{5bc6}\u{7801}", "\u{d30}\u{c554}\u{d638}", "\u{be44}\u{bc00}\u{bc88}\u{d638}",
];

/// Words out of the list that stand for a secret or tell the reader to put one there.
const SPEAKING: &[&str] = &[
    "your",
    "yours",
    "my",
    "password",
    "passwd",
    "passw",
    "pass",
    "passe",
    "passord",
    "passphrase",
    "pwd",
    "pw",
    "secret",
    "key",
    "apikey",
    "token",
    "example",
    "sample",
    "test",
    "testing",
    "dummy",
    "fake",
    "mock",
    "demo",
    "change",
    "changeme",
    "replace",
    "insert",
    "enter",
    "put",
    "here",
    "placeholder",
    "todo",
    "fixme",
    "redacted",
    "removed",
    "value",
    "string",
    "foo",
    "bar",
    "baz",
    "username",
    "user",
    "credentials",
    "credential",
    "none",
    "null",
    "passwort",
    "kennwort",
    "passe",
    "passord",
    "heslo",
    "haslo",
    "has\u{142}o",
    "jelszo",
    "salasana",
    "sifre",
    "\u{15f}ifre",
    "sifreniz",
    "\u{15f}ifreniz",
    "losenord",
    "l\u{f6}senord",
    "kodeord",
    "adgangskode",
    "parole",
    "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}",
    "clave",
    "parola",
    "contrasena",
    "contrase\u{f1}a",
    "senha",
    "wachtwoord",
    "xxx",
    "xxxx",
];

/// What a password is called, in the languages met most. Beside other plain words it is a prompt: `hier-das-passwort-eintragen`.
const NAMES_OF_IT: [&str; 27] = [
    "password",
    "passwort",
    "passwd",
    "contrase",
    "senha",
    "motdepasse",
    "wachtwoord",
    "kennwort",
    "passe",
    "passord",
    "losenord",
    "l\u{f6}senord",
    "adgangskode",
    "haslo",
    "has\u{142}o",
    "heslo",
    "jelsz",
    "salasana",
    "sifre",
    "\u{15f}ifre",
    "parol",
    "khau",
    "sandi",
    "\u{be44}\u{bc00}\u{bc88}\u{d638}",
    "\u{43f}\u{430}\u{440}\u{43e}\u{43b}",
    "\u{5bc6}\u{7801}",
    "\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}",
];

/// Letters and joints only, two words or more.
fn only_words(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '_' | '.' | '<' | '>' | '[' | ']'))
}

/// Beginnings that tell the reader to put something else there.
const OPENERS: [&str; 10] = [
    "your", "my", "insert", "enter", "replace", "change", "put", "example", "dummy", "fake",
];

/// Words that hold sentences together. Nobody makes a password out of these and other words of the list.
const JOINTS: [&str; 24] = [
    "not", "to", "be", "by", "in", "from", "me", "is", "it", "the", "for", "of", "here", "with",
    "set", "see", "via", "on", "at", "stored", "kept", "use", "ask", "comes",
];

/// Whether a letter is none of the Latin alphabet.
fn is_of_another_script(letter: char) -> bool {
    const GREEK: char = '\u{370}';
    letter >= GREEK && letter.is_alphabetic()
}

/// Words that only make the next one louder: `verysecret`, `somepassword`.
const LOUDER: [&str; 4] = ["very", "super", "some", "top"];

/// Whole values that are samples although they are not made of such words: shipped defaults, `hunter2`, what everyone types.
const WHOLE: &[&str] = &[
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "1q2w3e*",
    "abc123",
    "abcd1234",
    "android",
    "correct horse battery staple",
    "fake_mail_password",
    "hunter2",
    "minioadmin",
    "nope",
    "notsecure",
    "insecure",
    "!changeme!",
    "must-not-return",
    "p@$$w0rd",
    "p@ssw0rd",
    "p@ssword",
    "pa$$w0rd",
    "pa$$word",
    "pa55w0rd",
    "pa55word",
    "passw0rd",
    "password!",
    "qwerty",
    "qwerty123",
    "removed-from-github",
    "s3cr3t",
    "s3cret",
    "superset",
    "secr3t",
    "seu_usuario",
    "foo123",
    "bar123",
    "16 digit password",
    "votre_mot_de_passe",
    "tu-contrase\u{f1}a",
    "\u{4f60}\u{7684}\u{90ae}\u{7bb1}",
];

/// Whether `value` is nothing but placeholder words.
pub(super) fn is_placeholder(value: &[u8], kind: ValueKind) -> bool {
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    // a sign that ends a setting, as in nginx, belongs to no word
    let text = text.strip_suffix(';').unwrap_or(text);
    let lower = text.to_lowercase();
    if WHOLE.contains(&lower.as_str()) || WHOLE.contains(&unleet(&lower).as_str()) {
        return true;
    }
    let words = split(text);
    if words.is_empty() {
        // nothing but signs: `***`, `...`, `-`
        return value.len() < 12;
    }
    let known = |word: &String| is_word(word) || is_word(&unleet(word));
    if is_word(&unleet(&lower)) {
        return true;
    }
    // mail servers take passwords in ASCII, so other scripts speak to the reader
    if text.chars().any(is_of_another_script) {
        return true;
    }
    match kind {
        ValueKind::Password => {
            let signed =
                text.contains(['@', '!', '#', '$', '%', '^', '&', '+', '=', '~', '?', ';']);
            let instructs = OPENERS.iter().any(|opener| {
                lower
                    .trim_start_matches(['<', '[', '{', '('])
                    .starts_with(opener)
            });
            // one listed word stands alone; of several, one must be a word that stands for a secret: `mail-server` is a password
            let speaks = words.len() == 1
                || words
                    .iter()
                    .any(|word| SPEAKING.contains(&word.as_str()) || is_run_together(word));
            let prompts = words.len() > 1
                && words
                    .iter()
                    .any(|word| NAMES_OF_IT.iter().any(|name| word.contains(name)))
                && only_words(text);
            // `not-set`, `set-in-production`: a sentence to the reader
            let points = words.len() > 1
                && words.iter().any(|word| JOINTS.contains(&word.as_str()))
                && only_words(text)
                && words.iter().all(known);
            // `your-` before words is nobody's password, whatever the words are
            let addressed = words.len() > 1 && lower.starts_with("your") && only_words(text);
            prompts
                || points
                || addressed
                || ((!signed || instructs) && speaks && words.iter().all(known))
        }
        // a machine-made value is a placeholder when words make up most of it: `sk-your-key-here-1234`
        ValueKind::Opaque => {
            if reads_as_name(value) || says_example(value) {
                return true;
            }
            let covered: usize = words
                .iter()
                .filter(|word| word.len() > 1 && known(word))
                .map(String::len)
                .sum();
            let total: usize = words.iter().map(String::len).sum();
            words.iter().all(known) || (covered * 2 > total && covered >= 8)
        }
    }
}

/// Whether one of the words of `value` stands for a secret or tells the reader to put one there.
pub(super) fn speaks(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| {
        split(text)
            .iter()
            .any(|word| SPEAKING.contains(&word.as_str()))
    })
}

/// Longest word taken for one of a name, in letters: `authentication` has 14.
const LONGEST_WORD: usize = 15;

/// Names in a machine-made value's place: `ACS_RESOURCE_NAME`, `api.provider.com`. Letters of one case and joints between them, no
/// digit.
fn reads_as_name(value: &[u8]) -> bool {
    let joint = |b: &u8| b"_-.".contains(b);
    let one_case = value.iter().all(|b| b.is_ascii_uppercase() || joint(b))
        || value.iter().all(|b| b.is_ascii_lowercase() || joint(b));
    // words of a name are short; a longer run of letters is a token's
    one_case && value.iter().any(joint) && value.split(joint).all(|word| word.len() <= LONGEST_WORD)
}

/// `wJalr…EXAMPLEKEY`: what the documentation of AWS and others puts into values that look real. Too long a word to come by chance.
fn says_example(value: &[u8]) -> bool {
    memchr::memmem::find(value, b"EXAMPLE").is_some()
        || memchr::memmem::find(value, b"example").is_some()
}

/// The word that digits and signs stand for: `p4$$w0rd`.
fn unleet(word: &str) -> String {
    let plain = |c| match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    word.chars().map(plain).collect()
}

/// A listed word, or one with a counting tail as in `password1` or `test123`.
fn is_word(word: &str) -> bool {
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let counts = matches!(
        &word[stem.len()..],
        "0" | "1" | "2" | "3" | "01" | "12" | "16" | "123" | "1234" | "12345"
    );
    WORDS.contains(&word)
        || (counts && (stem.is_empty() || SPEAKING.contains(&stem) || is_run_together(stem)))
        || is_filler(word)
        || is_run_together(word)
}

fn is_filler(word: &str) -> bool {
    let mut chars = word.chars();
    let first = chars.next();
    word.len() > 1 && chars.all(|c| Some(c) == first)
}

/// `yoursmtppassword`, `mysecretkey`, `emailhere`, `passwordenv`: listed words without a joint. Only when it begins or ends as a placeholder
/// does, so that a real pass phrase of plain words is not lost.
fn is_run_together(word: &str) -> bool {
    const CLOSERS: [&str; 7] = [
        "here",
        "password",
        "placeholder",
        "example",
        "secret",
        "secretkey",
        "token",
    ];
    fn consists(rest: &str, depth: usize) -> bool {
        // `your16digitpassword`; a number at the end may be a person's
        let word = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let rest = if word.is_empty() { rest } else { word };
        rest.is_empty()
            || (depth > 0
                && WORDS.iter().any(|word| {
                    word.len() > 2
                        && rest
                            .strip_prefix(word)
                            .is_some_and(|rest| consists(rest, depth - 1))
                }))
    }
    word.len() <= 40
        && OPENERS
            .iter()
            .find_map(|opener| word.strip_prefix(opener))
            .is_some_and(|rest| consists(rest, 4))
        || LOUDER
            .iter()
            .find_map(|louder| word.strip_prefix(louder))
            .is_some_and(|rest| SPEAKING.contains(&rest))
        || SPEAKING.iter().any(|first| {
            word.strip_prefix(first)
                .is_some_and(|rest| rest.len() > 2 && SPEAKING.contains(&rest))
        })
        || (word.len() <= 40
            && word
                .strip_prefix("password")
                .is_some_and(|rest| !rest.is_empty() && consists(rest, 2)))
        || (word.len() <= 40
            && CLOSERS
                .iter()
                .find_map(|closer| word.strip_suffix(closer))
                .is_some_and(|rest| consists(rest, 3)))
}

/// Lower-case words: cut at signs, and where lower case turns to upper.
fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = ' ';
    for c in text.chars() {
        let camel = previous.is_lowercase() && c.is_uppercase();
        if !c.is_alphanumeric() || camel {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words
                .last_mut()
                .expect("starts with one word")
                .extend(c.to_lowercase());
        }
        previous = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether `value` says no more than `key` does: equal when case and signs are ignored, or equal to the key's end.
pub(super) fn echoes(value: &[u8], key: &[u8]) -> bool {
    let plain = |text: &[u8]| -> Vec<u8> {
        text.iter()
            .filter(|b| b.is_ascii_alphanumeric())
            .map(u8::to_ascii_lowercase)
            .collect()
    };
    let (value, key) = (plain(value), plain(key));
    value.len() > 3
        && (key == value || (key.len() > value.len() && key.ends_with(&value) && value.len() > 5))
}

/// Hosts that swallow mail in development, besides the loopback names.
const CATCHERS: [&str; 12] = [
    "mailhog",
    "mailpit",
    "maildev",
    "mailcatcher",
    "inbucket",
    "greenmail",
    "fakesmtp",
    "supabase-mail",
    "smtp4dev",
    "papercut",
    "mailslurper",
    "ethereal.email",
];

pub(super) fn is_local_host(host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else {
        return false;
    };
    let host = host
        .trim_matches(['[', ']', '"', '\'', ' '])
        .to_ascii_lowercase();
    host == "localhost"
        || host == "::1"
        || host == "0.0.0.0"
        || host.starts_with("127.")
        || host.ends_with(".localhost")
        || host == "host.docker.internal"
        || CATCHERS.iter().any(|catcher| {
            host == *catcher || host.starts_with(&format!("{catcher}.")) || host.ends_with(catcher)
        })
}

/// Names that documentation uses where a host belongs (RFC 2606, RFC 5737 and what people write).
const EXAMPLE_HOSTS: [&str; 22] = [
    "example.com",
    "example.org",
    "example.net",
    "example.edu",
    "yourdomain.com",
    "your-domain.com",
    "your.domain",
    "mydomain.com",
    "my-domain.com",
    "domain.tld",
    "domain.com",
    "company.com",
    "yourcompany.com",
    "foo.bar",
    "acme.com",
    "acme.org",
    "host.com",
    "yourhost.com",
    "myhost.com",
    "yoursite.com",
    "mysite.com",
    "test.com",
];

pub(super) fn is_example_host(host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else {
        return false;
    };
    let host = host
        .trim_matches(['[', ']', '"', '\'', ' '])
        .to_ascii_lowercase();
    let host = host
        .rsplit_once('@')
        .map_or(host.as_str(), |(_, domain)| domain);
    let labels = [".example", ".test", ".invalid", ".tld"];
    EXAMPLE_HOSTS
        .iter()
        .any(|example| host == *example || host.ends_with(&format!(".{example}")))
        || labels.iter().any(|label| host.ends_with(label))
        || ["192.0.2.", "198.51.100.", "203.0.113."]
            .iter()
            .any(|net| host.starts_with(net))
        || matches!(
            host,
            "host"
                | "hostname"
                | "server"
                | "smtp"
                | "mail"
                | "smtp_host"
                | "smtp_server"
                | "foo"
                | "bar"
        )
        || host.contains("your")
}
