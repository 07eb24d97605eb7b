//! A proxy that the operator names: where it is, who logs in there, and which hosts are asked past it. Texts in, no connection.
//!
//! Its password is in no message and no debug text.

use core::net::IpAddr;
use std::ffi::OsString;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::settings::{is_host, split_port};

/// Port of a proxy whose address names none.
const PORT: u16 = 8080;

/// Variables that name a proxy, the first that is set counts: what curl and its kin use for HTTPS, then what they use for everything.
const VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// Variables that name the hosts that are asked past it.
const EXCEPTIONS: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The way out for all connections but those to some hosts: `CONNECT`, and TLS through it.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Value of `Proxy-Authorization`.
    pub(super) login: Option<Zeroizing<String>>,
    /// Hosts that are asked past it.
    past: Vec<Past>,
}

/// A host, or several, asked past the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Past {
    /// All of them.
    All,
    /// One address, or all that begin with so many of its bits.
    Network(IpAddr, u8),
    /// A name with all that end in it, perhaps at one port only.
    Domain(String, Option<u16>),
}

impl Proxy {
    /// Reads `http://[USER:PASSWORD@]HOST[:PORT]`. What is wrong is told without the text, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "the proxy can't be used: expected http://[USER:PASSWORD@]HOST:PORT";
        let (scheme, rest) = text.split_once("://").ok_or(form)?;
        match scheme.to_ascii_lowercase().as_str() {
            "http" => {}
            "https" => {
                return Err(
                    "a proxy that is itself spoken to over TLS can't be used: expected http://[USER:PASSWORD@]HOST:PORT"
                        .to_owned(),
                );
            }
            socks if socks.starts_with("socks") => {
                return Err(
                    "a SOCKS proxy can't be used: expected http://[USER:PASSWORD@]HOST:PORT"
                        .to_owned(),
                );
            }
            _ => return Err(form.to_owned()),
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(authorization(login).ok_or(form)?), place),
            None => (None, rest),
        };
        let (host, port) = split_port(place, PORT).map_err(|_| form)?;
        if !is_host(&host) {
            return Err(form.to_owned());
        }
        Ok(Self {
            host,
            port,
            login,
            past: Vec::new(),
        })
    }

    /// What the environment says, of which `get` gives the variables; none if it names no proxy.
    pub fn of_environment(get: &dyn Fn(&str) -> Option<OsString>) -> Result<Option<Self>, String> {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| {
                let text = Zeroizing::new(get(name)?.into_string().unwrap_or_default());
                let text = Zeroizing::new(text.trim().to_owned());
                (!text.is_empty()).then_some((*name, text))
            })
        };
        let Some((name, text)) = first(&VARIABLES) else {
            return Ok(None);
        };
        // a bare host is usual there
        let text = if text.contains("://") {
            text
        } else {
            Zeroizing::new(format!("http://{}", *text))
        };
        let proxy = Self::parse(&text).map_err(|problem| format!("{name}: {problem}"))?;
        let past = first(&EXCEPTIONS);
        Ok(Some(Self {
            past: past.map_or_else(Vec::new, |(_, text)| exceptions(&text)),
            ..proxy
        }))
    }

    /// Whether `host` at `port` is asked through it.
    pub fn serves(&self, host: &str, port: u16) -> bool {
        !self.past.iter().any(|past| past.covers(host, port))
    }

    /// Whether some hosts are asked past it.
    pub fn has_exceptions(&self) -> bool {
        !self.past.is_empty()
    }
}

impl fmt::Display for Proxy {
    /// Where it is, without the login.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = self.login.is_some();
        write!(f, "Proxy({self}, login: {login}, past: {:?})", self.past)
    }
}

impl Past {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let bare = address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(address);
        if let Ok(address) = bare.parse::<IpAddr>() {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.unwrap_or(most);
            return (bits <= most).then_some(Self::Network(address, bits));
        }
        let text = text.strip_prefix('*').unwrap_or(text);
        let text = text.strip_prefix('.').unwrap_or(text);
        let (name, port) = split_port(text, 0).ok()?;
        is_host(&name).then_some(Self::Domain(name, Some(port).filter(|port| *port != 0)))
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        match self {
            Self::All => true,
            Self::Network(network, bits) => host
                .parse()
                .is_ok_and(|address| shares(*network, address, *bits)),
            Self::Domain(name, at) => {
                let is_it = host
                    .strip_suffix(name.as_str())
                    .is_some_and(|before| before.is_empty() || before.ends_with('.'));
                is_it && at.is_none_or(|at| at == port)
            }
        }
    }
}

/// Whether two addresses begin with the same bits, so many.
fn shares(a: IpAddr, b: IpAddr, bits: u8) -> bool {
    let bits = u32::from(bits);
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            let differ = u32::from(a) ^ u32::from(b);
            differ.leading_zeros() >= bits
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            let differ = u128::from(a) ^ u128::from(b);
            differ.leading_zeros() >= bits
        }
        _ => false,
    }
}

/// The hosts that a variable names, by commas or blanks. What is none of its forms is passed over, as everybody does.
fn exceptions(text: &str) -> Vec<Past> {
    text.split(|c: char| c == ',' || c.is_whitespace())
        .filter_map(|part| Past::parse(&part.to_ascii_lowercase()))
        .collect()
}

/// The header for `user:password`, of which each may be percent-encoded.
fn authorization(login: &str) -> Option<Zeroizing<String>> {
    let (user, password) = login.split_once(':')?;
    let mut plain = decoded(user)?;
    // it ends the user
    if plain.contains(&b':') {
        return None;
    }
    plain.push(b':');
    plain.extend_from_slice(&decoded(password)?);
    let mut header = Zeroizing::new("Basic ".to_owned());
    STANDARD.encode_string(&*plain, &mut header);
    Some(header)
}

/// `text` with its percent escapes read; none if something is no escape, or is a control character then.
fn decoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            u8::try_from(digit()? * 16 + digit()?).ok()?
        } else {
            byte
        };
        if byte.is_ascii_control() {
            return None;
        }
        out.push(byte);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Option<Proxy>, String> {
        Proxy::of_environment(&|name| {
            let (_, value) = variables.iter().find(|(one, _)| *one == name)?;
            Some(value.into())
        })
    }

    #[test]
    fn an_address_is_read_and_a_password_is_not_shown() {
        let proxy = Proxy::parse("http://ops:har%62or%3A@Proxy.Example:3128/").unwrap();
        assert_eq!(proxy.to_string(), "proxy.example:3128");
        let login = STANDARD.encode("ops:harbor:");
        assert_eq!(**proxy.login.as_ref().unwrap(), format!("Basic {login}"));
        let told = format!("{proxy:?} {proxy}");
        assert!(!told.contains("harbor") && !told.contains(&login), "{told}");
        assert_eq!(
            Proxy::parse("http://[::1]:3128").unwrap().to_string(),
            "[::1]:3128"
        );
        assert_eq!(Proxy::parse("http://p.example").unwrap().port, 8080);
        for text in [
            "",
            "p.example:1",
            "https://p.example:1",
            "socks5h://p.example:1",
            "ftp://p.example:1",
            "http://",
            "http://p.example:0",
            "http://p.example/path",
            "http://marker@p.example:1",
            "http://marker:%zz@p.example:1",
            "http://marker:%0a@p.example:1",
            "http://mark%3aer:x@p.example:1",
        ] {
            let problem = Proxy::parse(text).unwrap_err();
            assert!(problem.contains("expected http://"), "{text}: {problem}");
            assert!(!problem.contains("marker"), "{problem}");
        }
    }

    #[test]
    fn the_environment_is_read_as_others_read_it() {
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[("https_proxy", "")]), Ok(None));
        // what is for pages without TLS is none of ours
        assert_eq!(of(&[("http_proxy", "http://p.example:1")]), Ok(None));
        let place = |variables: &[(&str, &str)]| of(variables).unwrap().unwrap().to_string();
        assert_eq!(
            place(&[
                ("ALL_PROXY", "http://all.example:1"),
                ("HTTPS_PROXY", "p.example:2")
            ]),
            "p.example:2"
        );
        assert_eq!(
            place(&[
                ("HTTPS_PROXY", "http://upper.example:1"),
                ("https_proxy", "http://lower.example:2")
            ]),
            "lower.example:2"
        );
        assert_eq!(
            place(&[("all_proxy", "http://all.example:1")]),
            "all.example:1"
        );
        let problem = of(&[("ALL_PROXY", "socks5://ops:marker@p.example:1")]).unwrap_err();
        assert!(problem.starts_with("ALL_PROXY: a SOCKS proxy"), "{problem}");
        assert!(!problem.contains("marker"), "{problem}");
    }

    #[test]
    fn hosts_that_the_environment_excepts_are_asked_past_it() {
        let serves = |list: &str, host: &str, port| {
            let proxy = of(&[("https_proxy", "p.example:1"), ("no_proxy", list)]);
            proxy.unwrap().unwrap().serves(host, port)
        };
        for (list, host, port) in [
            ("*", "api.sendgrid.com", 443),
            ("sendgrid.com", "api.sendgrid.com", 443),
            (".SendGrid.com", "api.sendgrid.com", 443),
            ("*.sendgrid.com", "api.sendgrid.com", 443),
            ("a.example, sendgrid.com", "sendgrid.com", 443),
            ("a.example sendgrid.com:443", "api.sendgrid.com", 443),
            ("10.0.0.0/8", "10.9.8.7", 587),
            ("10.9.8.7", "10.9.8.7", 587),
            ("::1", "::1", 443),
            ("[fd00::]/8", "fd12::1", 443),
            ("0.0.0.0/0", "8.8.8.8", 443),
        ] {
            assert!(!serves(list, host, port), "{list}: {host}:{port}");
        }
        for (list, host, port) in [
            ("", "api.sendgrid.com", 443),
            ("sendgrid.com", "evilsendgrid.com", 443),
            ("sendgrid.com", "sendgrid.com.evil.example", 443),
            ("sendgrid.com:8443", "api.sendgrid.com", 443),
            ("10.0.0.0/8", "11.0.0.1", 587),
            ("10.0.0.0/8", "api.sendgrid.com", 443),
            ("10.0.0.0/99", "10.0.0.1", 443),
            ("10.0.0.0/x", "10.0.0.1", 443),
            ("::/0", "10.0.0.1", 443),
            (",,", "api.sendgrid.com", 443),
        ] {
            assert!(serves(list, host, port), "{list}: {host}:{port}");
        }
    }
}
