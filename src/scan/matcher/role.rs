//! What the neighbours of a password are in a login: its host, port and user.
//!
//! Names and shapes alone; which of several is meant, `mail` decides by where they stand.

use std::ops::Range;

/// What a key stands for in a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The server.
    Host,
    /// Its port.
    Port,
    /// The account.
    User,
}

impl Role {
    /// The name of the part.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Port => "port",
            Self::User => "user",
        }
    }

    /// Whether a value can be that.
    pub fn fits(self, value: &[u8]) -> bool {
        match self {
            Self::Host => {
                value.len() <= 253
                    && !value.iter().any(u8::is_ascii_whitespace)
                    && !value.contains(&b'@')
            }
            Self::Port => (1..=5).contains(&value.len()) && value.iter().all(u8::is_ascii_digit),
            Self::User => value.len() <= 254,
        }
    }
}

/// Endings of keys that name the host.
const HOSTS: [&[u8]; 17] = [
    b"server_name",
    b"servername",
    b"host",
    b"server",
    b"address",
    b"smarthost",
    b"relay",
    b"hostname",
    b"host_name",
    b"hosts",
    b"addr",
    b"mailhub",
    b"machine",
    b"servidor",
    b"serveur",
    "サーバー".as_bytes(),
    "服务器".as_bytes(),
];

/// Endings of keys that name the account.
const USERS: [&[u8]; 19] = [
    b"user",
    b"username",
    b"user_name",
    b"login",
    b"userid",
    b"user_id",
    b"smtpname",
    b"smtp_name",
    b"uname",
    b"benutzer",
    b"benutzername",
    b"nutzername",
    b"usuario",
    b"utilisateur",
    b"identifiant",
    b"utente",
    "ユーザー名".as_bytes(),
    "用户名".as_bytes(),
    "логин".as_bytes(),
];

/// Endings of keys that name the sender, who often is the account.
const SENDERS: [&[u8]; 2] = [b"email", b"from"];

/// Words that make the address of a person out of an `address`.
const PEOPLE: [&[u8]; 7] = [
    b"from", b"reply", b"sender", b"email_a", b"emaila", b"mail_a", b"admin",
];

/// What `key` stands for, and how well it says so; more is better.
pub fn of(key: &[u8]) -> Option<(Role, u8)> {
    let key = key.strip_suffix(b".secured").unwrap_or(key);
    let ends = |list: &[&[u8]]| {
        list.iter().any(|end| {
            key.len() >= end.len() && key[key.len() - end.len()..].eq_ignore_ascii_case(end)
        })
    };
    let has = |word: &&[u8]| {
        key.windows(word.len())
            .any(|window| window.eq_ignore_ascii_case(word))
    };
    if ends(&HOSTS) && !PEOPLE.iter().any(has) {
        // the machine's own name stands beside that of the relay
        let own = key.eq_ignore_ascii_case(b"hostname");
        Some((Role::Host, u8::from(!own)))
    } else if ends(&[b"smtp_url", b"smtpurl"]) {
        Some((Role::Host, 1))
    } else if ends(&[b"port"]) {
        Some((Role::Port, 1))
    } else if ends(&USERS) {
        Some((Role::User, 1))
    } else if ends(&SENDERS) {
        Some((Role::User, 0))
    } else {
        None
    }
}

/// Where host, port and user stand in the value of a host: `h:587`, `[h]:587`, `submission://u@h:465/`.
pub struct Address {
    /// The host, without brackets.
    pub host: Range<usize>,
    /// The port, if it is there.
    pub port: Option<Range<usize>>,
    /// The user, if it is there.
    pub user: Option<Range<usize>>,
}

impl Address {
    /// Takes `value` apart. What is no address is a host as a whole.
    pub fn of(value: &[u8]) -> Self {
        let scheme = scheme_end(value);
        let start = scheme.unwrap_or(0);
        let end = scheme
            .and_then(|start| {
                value[start..]
                    .iter()
                    .position(|b| b"/?".contains(b))
                    .map(|gap| start + gap)
            })
            .unwrap_or(value.len());
        let at = scheme.and_then(|start| memchr::memrchr(b'@', &value[start..end]));
        let user = at.map(|gap| start..start + gap);
        let start = at.map_or(start, |gap| start + gap + 1);
        let rest = &value[start..end];
        let bracket = rest
            .first()
            .filter(|b| **b == b'[')
            .and_then(|_| memchr::memchr(b']', rest));
        let (host, tail) = if let Some(close) = bracket {
            (start + 1..start + close, close + 1)
        } else {
            // more than one colon is an address of IPv6
            let colon = memchr::memchr(b':', rest)
                .filter(|colon| memchr::memrchr(b':', rest) == Some(*colon));
            let len = colon.unwrap_or(rest.len());
            (start..start + len, len)
        };
        let digits = rest.get(tail + 1..).unwrap_or_default();
        let port = (rest.get(tail) == Some(&b':') && !digits.is_empty() && Role::Port.fits(digits))
            .then(|| start + tail + 1..end);
        if host.is_empty() || (port.is_none() && tail < rest.len()) {
            return Self {
                host: 0..value.len(),
                port: None,
                user: None,
            };
        }
        Self { host, port, user }
    }
}

/// The offset behind `scheme://`.
fn scheme_end(value: &[u8]) -> Option<usize> {
    let gap = memchr::memmem::find(value, b"://")?;
    value[..gap]
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(b))
        .then_some(gap + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let parts = |value: &str| {
            let found = Address::of(value.as_bytes());
            let text = |range: Range<usize>| value[range].to_owned();
            (text(found.host), found.port.map(text), found.user.map(text))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parts("mx.harbor.io"), ("mx.harbor.io".into(), None, None));
        assert_eq!(
            parts("mx.harbor.io:587"),
            ("mx.harbor.io".into(), some("587"), None)
        );
        assert_eq!(
            parts("[mx.harbor.io]:25"),
            ("mx.harbor.io".into(), some("25"), None)
        );
        assert_eq!(parts("::1"), ("::1".into(), None, None));
        assert_eq!(
            parts("smtp://u@harbor.io@mx.harbor.io:587/?x=1"),
            ("mx.harbor.io".into(), some("587"), some("u@harbor.io"))
        );
        assert_eq!(parts("mx:smtp"), ("mx:smtp".into(), None, None));
        assert_eq!(parts(""), (String::new(), None, None));
    }

    #[test]
    fn keys_say_what_they_hold() {
        for (key, expected) in [
            ("EMAIL_HOST", Some((Role::Host, 1))),
            ("hostname", Some((Role::Host, 0))),
            ("mail_from_address", None),
            ("email.smtp_host.secured", Some((Role::Host, 1))),
            ("smtp_username", Some((Role::User, 1))),
            ("email_from", Some((Role::User, 0))),
            ("serverPort", Some((Role::Port, 1))),
            ("domain", None),
        ] {
            assert_eq!(of(key.as_bytes()), expected, "{key}");
        }
    }
}
