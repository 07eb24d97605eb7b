//! Does a password belong to a mail login, and to which host, port and user?
//!
//! The key says so, or its parents, or its siblings: rule 1 of reading SMTP configurations is that a finding needs the
//! password and something of mail in the same block. Only survivors of the cheap tests come here.

use std::borrow::Cow;
use std::ops::Range;

use crate::model::{Confidence, Secret};
use crate::rules::Call;
use crate::scan::assignment::{self, Assignment};
use crate::scan::candidate::CandidatePart;
use crate::scan::filter::{self, Drop, HostSays};

use super::Text;
use super::companions::{self, Companion};
use super::other;
use super::role::Role;
use super::scope;

/// How far from a password the word `smtp` still says that it is one of mail, where no sibling does. Bytes; nodemailer and
/// PHPMailer blocks with comments measure 300 to 500.
pub(super) const NEAR: usize = 600;

/// What is known of the login that a password belongs to.
pub struct Login {
    /// How sure.
    pub confidence: Confidence,
    /// Host, port and user, as far as they are literals.
    pub parts: Vec<CandidatePart>,
    /// Whether the host delivers to nobody, so that the login is worth little.
    pub sandbox: bool,
}

impl Login {
    /// Whether the host is one of mail by its name.
    pub fn names_host(&self, text: &Text<'_>) -> bool {
        self.parts
            .iter()
            .any(|part| part.name == "host" && looks_like_mail_host(text.slice(part.span.range())))
    }

    /// Whether host or user are such as only mail has.
    pub fn names_account(&self, text: &Text<'_>) -> bool {
        self.parts.iter().any(|part| {
            let value = text.slice(part.span.range());
            (part.name == "host" && looks_like_mail_host(value))
                || (part.name == "user" && value.contains(&b'@'))
        })
    }
}

/// The login that the assignment `a` belongs to, or why it is none.
/// `calls` are those whose arguments the rule knows.
pub fn login(text: &Text<'_>, calls: &[Call], a: &Assignment) -> Result<Login, Drop> {
    let key = text.slice(a.key.range());
    let parents = assignment::parents(text.bytes, a, text.lang);
    let typed = is_mail_name(key)
        || parents
            .names()
            .iter()
            .map(|parent| text.slice(parent.range()))
            .any(|parent| is_mail_name(parent) && !is_test_name(parent) && !is_of_accounts(parent));
    // what a SealedSecret holds only its cluster can read
    if parents
        .names()
        .iter()
        .any(|parent| text.slice(parent.range()) == b"encryptedData")
    {
        return Err(Drop::Encrypted);
    }
    let scope = (!typed).then(|| scope::of(text, a, &parents)).flatten();
    let near = match &scope {
        Some(scope) => scope.speaks,
        None => is_near(text, a.key.range()) || uses_library(text, a.key.range()),
    };
    if !typed
        && !(is_plain_password(key) && (near || text.mail_file || names_host(text, a.key.range())))
    {
        return Err(Drop::NoContext);
    }
    if !typed && other::is_of_other_service(text, a, &parents) {
        return Err(Drop::NoContext);
    }
    let mut found = companions::of(text, calls, a, typed);
    if let Some(scope) = scope.as_ref() {
        found.retain(|companion| scope.holds(companion.span));
    }
    let of = |role| {
        let companion = found.iter().find(|companion| companion.role == role)?;
        Some(text.slice(companion.span.range()))
    };
    let (host, port, user) = (of(Role::Host), of(Role::Port), of(Role::User));
    let is_sibling = found.iter().any(|c| c.role == Role::Host && c.sibling);
    let speaks = typed
        || near
        || host.is_some_and(|host| {
            looks_like_mail_host(host) || port.is_some_and(is_submission_port) || text.mail_file
        });
    if !speaks {
        return Err(Drop::NoContext);
    }
    let value = text.slice(a.value.range());
    // Postmark takes one token for both
    if user.is_some_and(|user| filter::same_word(value, user) && !filter::is_uuid(value)) {
        return Err(Drop::Echo);
    }
    // what is sent with it is an address, by custom
    if user.is_some_and(|user| user.eq_ignore_ascii_case(b"anonymous")) {
        return Err(Drop::Example);
    }
    let is_example = |user| is_example_address(user) || is_test_user(user);
    if host.is_none() && user.is_some_and(is_example) && filter::is_weak(value) {
        return Err(Drop::Example);
    }
    if !typed && host.is_some_and(keeps_mail) {
        return Err(Drop::NoContext);
    }
    let mut confidence = if typed || host.is_some() || user.is_some() {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    if let Some(host) = host {
        let fits = typed
            || !is_sibling
            || looks_like_mail_host(host)
            || port.is_some_and(is_submission_port)
            || (text.mail_file && user.is_some_and(|user| user.contains(&b'@')))
            || (scope.is_none()
                && is_near_tightly(text, a)
                && !scope::is_argument_of_other(text, a))
            || (scope.is_some() && near);
        if !fits {
            return Err(Drop::NoContext);
        }
        match filter::host_says(host, value) {
            HostSays::Nothing => {}
            HostSays::Doubtful => confidence = Confidence::Low,
            HostSays::Harmless(reason) => return Err(reason),
        }
    }
    // what listens there shows mail to developers and lets everybody in
    if port == Some(b"1025".as_slice()) {
        return Err(Drop::LocalHost);
    }
    let sandbox = host.is_some_and(filter::is_sandbox_host);
    Ok(Login {
        confidence,
        parts: parts(text, &found),
        sandbox,
    })
}

/// Whether a user is called a test, as in the tests of mail libraries: `testuser`.
fn is_test_user(user: &[u8]) -> bool {
    user.get(..4)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"test"))
}

/// Whether a host hands out mail and takes none.
fn keeps_mail(host: &[u8]) -> bool {
    [b"imap".as_slice(), b"pop.", b"pop3"].iter().any(|word| {
        host.get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
    })
}

fn is_example_address(user: &[u8]) -> bool {
    user.contains(&b'@') && filter::is_example_host(user)
}

/// The login that the call around the password `a` belongs to, or why it is none: what is called has said already that it is one.
pub fn call_login(text: &Text<'_>, calls: &[Call], a: &Assignment) -> Result<Login, Drop> {
    let found = companions::of(text, calls, a, false);
    let host = found.iter().find(|companion| companion.role == Role::Host);
    let host = host.map(|host| text.slice(host.span.range()));
    let says = host.map_or(HostSays::Nothing, |host| {
        filter::host_says(host, text.slice(a.value.range()))
    });
    let user = found.iter().find(|companion| companion.role == Role::User);
    let is_example = user.is_some_and(|user| is_example_address(text.slice(user.span.range())));
    let confidence = match says {
        HostSays::Nothing if is_example && filter::is_weak(text.slice(a.value.range())) => {
            return Err(Drop::Example);
        }
        HostSays::Nothing if is_example => Confidence::Low,
        HostSays::Nothing => Confidence::High,
        HostSays::Doubtful => Confidence::Low,
        HostSays::Harmless(reason) => return Err(reason),
    };
    Ok(Login {
        confidence,
        parts: parts(text, &found),
        sandbox: host.is_some_and(filter::is_sandbox_host),
    })
}

fn parts(text: &Text<'_>, companions: &[Companion]) -> Vec<CandidatePart> {
    let part = |companion: &Companion| CandidatePart {
        name: Cow::Borrowed(companion.role.name()),
        span: companion.span,
        value: Secret::new(text.slice(companion.span.range()), 0),
    };
    companions.iter().map(part).collect()
}

/// Whether a word for a host stands near. Cheap, and false for most passwords in code, which spares reading their siblings.
pub(super) fn names_host(text: &Text<'_>, at: Range<usize>) -> bool {
    const WORDS: [&[u8]; 8] = [
        b"ost", b"erver", b"ddress", b"elay", b"OST", b"ERVER", b"ADDR", b"machine",
    ];
    let around = text.slice(at.start.saturating_sub(NEAR)..at.end + NEAR);
    WORDS
        .iter()
        .any(|word| memchr::memmem::find(around, word).is_some())
}

/// Whether a name is that of something an application does with the accounts of its people, who sign in by mail address:
/// `signInEmail`, `forgot_password_email`.
fn is_of_accounts(name: &[u8]) -> bool {
    const DEEDS: [&[u8]; 9] = [
        b"sign", b"verif", b"reset", b"confirm", b"forgot", b"regist", b"login", b"invit",
        b"byemail",
    ];
    contains(name, b"email")
        && !contains(name, b"smtp")
        && DEEDS.iter().any(|deed| contains(name, deed))
}

/// Whether a name is that of a test, which says what is tried and not what its values are for: `testUserWithoutEmail`.
fn is_test_name(name: &[u8]) -> bool {
    let rest = name.strip_prefix(b"test").and_then(|rest| rest.first());
    rest.is_some_and(|byte| byte.is_ascii_uppercase() || *byte == b'_')
}

/// The ports of mail submission: with TLS, with STARTTLS, and the one that providers add.
pub(super) fn is_submission_port(port: &[u8]) -> bool {
    [b"465".as_slice(), b"587", b"2525", b"2465", b"2587"].contains(&port)
}

/// Whether a key says `password` and no more than whose: one that says of what (`SIGNING_PASSPHRASE`, `db_password`) means another
/// password than that of the mail settings beside it.
fn is_plain_password(key: &[u8]) -> bool {
    const WHOSE: [&[u8]; 36] = [
        b"str",
        b"cdosend",
        b"motde",
        b"curlopt",
        b"relayhost",
        b"smarthost",
        b"sasl",
        b"set",
        b"with",
        b"author",
        b"send",
        b"emailsender",
        b"",
        b"auth",
        b"user",
        b"login",
        b"account",
        b"server",
        b"host",
        b"my",
        b"from",
        b"sender",
        b"app",
        b"service",
        b"client",
        b"relay",
        b"transport",
        b"basic",
        b"basicauth",
        b"conn",
        b"connection",
        b"outgoing",
        b"notifier",
        b"notification",
        b"net",
        b"credential",
    ];
    /// `password` in the languages that keys are met in.
    const WORDS: [&str; 14] = [
        "passw",
        "pass",
        "pwd",
        "kennwort",
        "contrase",
        "clave",
        "senha",
        "wachtwoord",
        "пароль",
        "Пароль",
        "密码",
        "密碼",
        "授权码",
        "パスワード",
    ];
    // a key may be the name of a schema: `http://schemas.microsoft.com/cdo/configuration/sendpassword`
    let key = memchr::memrchr(b'/', key).map_or(key, |at| &key[at + 1..]);
    let lower = key.to_ascii_lowercase();
    // the password itself, beside a command that prints one
    if lower.ends_with(b".auth.raw") {
        return true;
    }
    let word = WORDS
        .into_iter()
        .filter_map(|word| memchr::memmem::rfind(&lower, word.as_bytes()))
        .min();
    let whose = &lower[..word.unwrap_or(lower.len())];
    let whose: Vec<u8> = whose
        .iter()
        .copied()
        .filter(u8::is_ascii_alphanumeric)
        .collect();
    // `k_password` and `strPassword` say of what kind the variable is
    whose.len() == 1 || WHOSE.contains(&whose.as_slice())
}

/// Whether `smtp` stands near enough to `at` in a text that has no better sign.
pub fn is_near(text: &Text<'_>, at: Range<usize>) -> bool {
    has_mail_word(text, at.start.saturating_sub(NEAR)..at.end + NEAR)
}

/// Whether a library that only sends mail is used near `at`.
pub fn uses_library(text: &Text<'_>, at: Range<usize>) -> bool {
    const NAMES: [&[u8]; 6] = [
        b"x.mail.",
        b"a.mail.",
        b"Net.Mail",
        b"MailKit",
        b"lettre::",
        b"new mail(",
    ];
    let around = text.slice(at.start.saturating_sub(NEAR)..at.end + NEAR);
    NAMES
        .iter()
        .any(|name| memchr::memmem::find(around, name).is_some())
}

/// Whether it stands within a few lines.
fn is_near_tightly(text: &Text<'_>, a: &Assignment) -> bool {
    let at = a.key.range();
    has_mail_word(text, at.start.saturating_sub(NEAR / 3)..at.end + NEAR / 3)
}

pub(super) fn has_mail_word(text: &Text<'_>, range: Range<usize>) -> bool {
    let first = text.mail.partition_point(|&at| (at as usize) < range.start);
    text.mail
        .get(first)
        .is_some_and(|&at| (at as usize) < range.end)
}

/// Whether a key speaks of mail: `smtp` anywhere, `mail` as a word of its own or at a joint, or a provider that does nothing else.
pub fn is_mail_name(name: &[u8]) -> bool {
    contains(name, b"smtp")
        || contains(name, b"sendgrid")
        || contains(name, b"exim_")
        || contains(name, b"smarthost")
        || contains(name, b"postfix")
        || contains(name, b"correo")
        || (contains(name, b"mail") && !contains(name, b"mailchimp"))
}

fn contains(name: &[u8], word: &[u8]) -> bool {
    name.windows(word.len())
        .any(|window| window.eq_ignore_ascii_case(word))
}

/// Names of hosts that take mail: `smtp.`, `mail.`, `mx`, and the relays of providers.
pub(super) fn looks_like_mail_host(host: &[u8]) -> bool {
    const SIGNS: [&[u8]; 14] = [
        b"smtp",
        b"mail",
        b"mx.",
        b"mx1",
        b"relay",
        b"sendgrid",
        b"postmark",
        b"mandrill",
        b"sparkpost",
        b"mailjet",
        b"brevo",
        b"office365",
        b"outlook",
        b"gmail",
    ];
    SIGNS.iter().any(|sign| contains(host, sign))
}
