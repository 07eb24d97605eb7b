//! Mail servers that the operator names: what is one, and at which ports it is asked.
//!
//! The host is the operator's word, the port may come out of a scanned file: so it is one that mail is handed in at, and no other
//! service of that machine.

use core::net::IpAddr;
use std::fmt;

use super::servers;

/// Ports that mail is handed in at. A file that is scanned can choose among these, and not make us knock at others.
pub const PORTS: [u16; 4] = [25, 465, 587, 2525];

/// Where a mail server is asked if nobody names a port.
const USUAL: u16 = 587;

/// A mail server that may be asked beside those of known providers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailHost {
    /// Its name or address, lower case.
    pub host: String,
    /// The port at which it is asked, whatever a file says; none for that of the file, if it is one of [`PORTS`].
    pub port: Option<u16>,
}

impl MailHost {
    /// Reads `HOST` or `HOST:PORT`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = || {
            let plain = text.chars().map(|c| if c.is_control() { '?' } else { c });
            plain.take(100).collect::<String>()
        };
        let wrong = |why: &str| {
            Err(format!(
                "`{}` is no mail server: {why}; expected the name of a host, such as smtp.example.com, or HOST:PORT",
                shown()
            ))
        };
        if text.trim().is_empty() {
            return wrong("it is empty");
        }
        if text.contains("://") {
            return wrong("it is a URL");
        }
        if text.contains(['*', '?']) {
            return wrong(
                "patterns name hosts that nobody has looked at, so each is named by itself",
            );
        }
        if text.contains('@') {
            return wrong("it is an address or holds a login");
        }
        if !text.is_ascii() {
            return wrong("a name in other letters is written in its ASCII form, xn--...");
        }
        let (host, port) = match split(text) {
            Ok(split) => split,
            Err(why) => return wrong(why),
        };
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        if !is_server(host) {
            return wrong("that is no name of a host");
        }
        if let (Some(server), Some(port)) = (servers::named(host), port)
            && !server.all_ports().any(|known| known == port)
        {
            let ports: Vec<String> = server.all_ports().map(|port| port.to_string()).collect();
            return Err(format!(
                "{host} is {}'s and asked at {}, not at {port}; leave the port out",
                server.provider,
                ports.join(" or ")
            ));
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }

    /// The ports at which it may be asked.
    pub fn ports(&self) -> Vec<u16> {
        self.port.map_or(PORTS.into(), |port| vec![port])
    }
}

impl fmt::Display for MailHost {
    /// As it is given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// Host and port of `text`.
fn split(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, "")) => (host, None),
            Some((host, rest)) => match rest.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None => return Err("something stands behind the bracket"),
            },
            None => return Err("its bracket is not closed"),
        },
        None => match text.split_once(':') {
            // an address of IPv6, which needs no brackets where it stands alone
            Some((_, rest)) if rest.contains(':') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = match port {
        None => None,
        Some(digits) => {
            let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
            let number = digits.parse().ok().filter(|port| *port != 0 && is_number);
            Some(number.ok_or("its port is no number from 1 to 65535")?)
        }
    };
    Ok((host, port))
}

/// Whether `host` is a name with letters where names have them, or an address in its usual form.
fn is_server(host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return address.to_string() == host;
    }
    let label = |label: &str| {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (1..=63).contains(&label.len())
            && label.bytes().all(is_plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // `2130706433` and `0x7f.1` are addresses to a resolver
    let last = host.rsplit('.').next().unwrap_or(host);
    let is_named = last.starts_with(|first: char| first.is_ascii_alphabetic());
    host.len() <= 253 && is_named && host.split('.').all(label)
}

/// The port at which `host` is asked for a login that a file uses with `port`; none if the operator did not name it.
pub(super) fn port(named: &[MailHost], host: &str, port: Option<u16>) -> Option<Result<u16, u16>> {
    let entries: Vec<&MailHost> = named.iter().filter(|it| it.host == host).collect();
    let first = entries.first()?;
    let explicit = entries.iter().find_map(|it| it.port);
    let is_allowed = |port: &u16| entries.iter().any(|it| it.ports().contains(port));
    Some(match (port.filter(is_allowed), explicit, port) {
        (Some(port), ..) | (None, Some(port), _) => Ok(port),
        (None, None, None) => Ok(first.port.unwrap_or(USUAL)),
        (None, None, Some(port)) => Err(port),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read() {
        for (text, host, port) in [
            ("smtp.example.com", "smtp.example.com", None),
            ("SMTP.Example.COM.", "smtp.example.com", None),
            ("smtp.example.com:2587", "smtp.example.com", Some(2587)),
            ("xn--bcher-kva.example", "xn--bcher-kva.example", None),
            ("mail", "mail", None),
            ("10.0.0.5", "10.0.0.5", None),
            ("10.0.0.5:25", "10.0.0.5", Some(25)),
            ("[fd00::5]:2587", "fd00::5", Some(2587)),
            ("[fd00::5]", "fd00::5", None),
            ("fd00::5", "fd00::5", None),
            ("smtp.gmail.com:465", "smtp.gmail.com", Some(465)),
        ] {
            let read = MailHost::parse(text);
            let host = host.to_owned();
            assert_eq!(read, Ok(MailHost { host, port }), "{text}");
        }
        let shown = |text| MailHost::parse(text).unwrap().to_string();
        assert_eq!(shown("[fd00::5]:2587"), "[fd00::5]:2587");
        assert_eq!(shown("A.example"), "a.example");
    }

    #[test]
    fn what_is_no_server_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "empty"),
            ("  ", "empty"),
            ("smtp://mail.example.com", "a URL"),
            ("https://mail.example.com/", "a URL"),
            ("*.example.com", "patterns"),
            ("mail?.example.com", "patterns"),
            ("ops@example.com", "holds a login"),
            ("bücher.example", "xn--"),
            ("mail.example.com:0", "no number from 1"),
            ("mail.example.com:99999", "no number from 1"),
            ("mail.example.com:+25", "no number from 1"),
            ("mail.example.com:", "no number from 1"),
            ("mail.example.com:smtp", "no number from 1"),
            ("mail.example.com/x", "no name of a host"),
            ("mail example.com", "no name of a host"),
            ("mail..example.com", "no name of a host"),
            (".example.com", "no name of a host"),
            ("-mail.example.com", "no name of a host"),
            ("mail,example.com", "no name of a host"),
            ("2130706433", "no name of a host"),
            ("0x7f.1", "no name of a host"),
            ("127.1", "no name of a host"),
            ("010.0.0.5", "no name of a host"),
            ("[fd00::5", "not closed"),
            ("[fd00::5]x", "behind the bracket"),
            ("smtp.gmail.com:2525", "asked at 587 or 465, not at 2525"),
            ("mail\n.example.com", "no name of a host"),
        ] {
            let problem = MailHost::parse(text).expect_err(text);
            assert!(problem.contains(why), "{text}: {problem}");
            assert!(!problem.contains('\n'), "{problem:?}");
        }
    }

    #[test]
    fn a_file_chooses_among_ports_of_mail_only() {
        let named = |texts: &[&str]| -> Vec<MailHost> {
            texts
                .iter()
                .map(|text| MailHost::parse(text).unwrap())
                .collect()
        };
        let plain = named(&["a.example"]);
        for number in PORTS {
            assert_eq!(port(&plain, "a.example", Some(number)), Some(Ok(number)));
        }
        for number in [22, 80, 443, 3306, 5432, 6379, 11211, 2587] {
            assert_eq!(port(&plain, "a.example", Some(number)), Some(Err(number)));
        }
        assert_eq!(port(&plain, "a.example", None), Some(Ok(587)));
        assert_eq!(port(&plain, "b.example", Some(587)), None);
        let fixed = named(&["a.example:2587"]);
        for number in [None, Some(587), Some(22), Some(2587)] {
            assert_eq!(port(&fixed, "a.example", number), Some(Ok(2587)));
        }
        let both = named(&["a.example:2587", "a.example"]);
        assert_eq!(port(&both, "a.example", Some(465)), Some(Ok(465)));
        assert_eq!(port(&both, "a.example", Some(22)), Some(Ok(2587)));
    }
}
