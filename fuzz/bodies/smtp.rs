//! Logs in at a mail server that says arbitrary bytes: no panic, an end to everything, no credential outside TLS nor more than once,
//! and no verdict but from a reply inside TLS.
//!
//! First byte: how the session becomes safe, and how many bytes a read gives at most. The rest up to the first NUL is said before
//! TLS, what follows inside it.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use waxseal::model::Secret;
use waxseal::verify::net::smtp::{Transport, log_in};
use waxseal::verify::{Security, SmtpLogin, Trouble};

// waxseal:allow smtp-login made up; no server knows it
const PASSWORD: &str = "Marker-47-tzk";
/// How it is sent; behind a user of four letters it looks the same.
const SENT: &str = "TWFya2VyLTQ3LXR6aw==\r\n";

/// A peer that says what it is told to.
struct Peer<'d> {
    says: &'d [u8],
    safe: Option<&'d [u8]>,
    step: usize,
    heard: Rc<RefCell<[Vec<u8>; 2]>>,
}

impl Read for Peer<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.says.len().min(self.step).min(into.len());
        let (now, later) = self.says.split_at(count);
        into[..count].copy_from_slice(now);
        self.says = later;
        Ok(count)
    }
}

impl Write for Peer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.heard.borrow_mut()[usize::from(self.safe.is_none())].extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'d> Transport for Peer<'d> {
    type Safe = Peer<'d>;

    fn secure(mut self) -> Result<Self, Trouble> {
        self.says = self.safe.take().expect("made safe once");
        Ok(self)
    }

    fn hurry(_: &mut Self) {}
}

/// One input.
pub fn run(data: &[u8]) {
    let Some((&flags, rest)) = data.split_first() else {
        return;
    };
    let end = rest
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(rest.len());
    let (plain, safe) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
    let heard = Rc::default();
    let peer = Peer {
        says: plain,
        safe: Some(safe),
        step: usize::from(flags >> 1) + 1,
        heard: Rc::clone(&heard),
    };
    let outcome = log_in(
        peer,
        &SmtpLogin {
            provider: "fuzz",
            host: "mail.harbor.io",
            port: 587,
            security: if flags & 1 == 0 {
                Security::StartTls
            } else {
                Security::Implicit
            },
            user: &Secret::new(b"user", 0),
            password: &Secret::new(PASSWORD.as_bytes(), 0),
        },
    );
    let [before, inside] = &*heard.borrow();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("commands are ASCII");
    let (before, inside) = (text(before), text(inside));
    assert!(
        before
            .lines()
            .all(|line| line.starts_with("EHLO ") || line == "STARTTLS")
    );
    assert!(before.lines().count() <= 2);
    let sent = inside.matches(SENT).count();
    // a server may ask for the same again, to which the answer is the same; and it may want another mechanism
    assert!(sent <= 3, "{inside}");
    assert!(
        !inside.contains("MAIL") && inside.lines().count() <= 8,
        "{inside}"
    );
    match outcome {
        Ok(reply) => {
            assert!(matches!(reply.code, 235 | 400..=599));
            let said = safe
                .windows(3)
                .any(|three| three == reply.code.to_string().as_bytes());
            assert!(said, "{} was not said inside TLS", reply.code);
            assert!(sent > 0 || !matches!(reply.code, 235 | 535) || inside.contains("dXNlcg=="));
        }
        Err(trouble) => assert!(!format!("{trouble}{trouble:?}").contains(PASSWORD)),
    }
}
