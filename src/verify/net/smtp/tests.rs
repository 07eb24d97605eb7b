//! Sessions with peers in memory that say their lines whatever they hear.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::rc::Rc;

use super::*;
use crate::model::Secret;

/// A peer whose every read gives one of its pieces; after the last it is gone.
struct Peer {
    says: Vec<&'static str>,
    /// What it says once it is safe; nothing if it can't become so.
    safe: Option<Vec<&'static str>>,
    heard: Rc<RefCell<Vec<u8>>>,
}

impl Read for Peer {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.says.is_empty() {
            return Ok(0);
        }
        let piece = self.says.remove(0);
        match piece {
            "(late)" => return Err(ErrorKind::WouldBlock.into()),
            "(again)" => return Err(ErrorKind::Interrupted.into()),
            "(reset)" => return Err(ErrorKind::ConnectionReset.into()),
            "(garbled)" => return Err(ErrorKind::InvalidData.into()),
            _ => {}
        }
        let (now, later) = piece.split_at(piece.len().min(into.len()));
        into[..now.len()].copy_from_slice(now.as_bytes());
        if !later.is_empty() {
            self.says.insert(0, later);
        }
        Ok(now.len())
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.heard.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Peer {
    type Safe = Peer;

    fn secure(mut self) -> Result<Self, Trouble> {
        self.says = self.safe.take().ok_or(Trouble::Tls)?;
        self.heard.borrow_mut().extend_from_slice(b"(TLS)\r\n");
        Ok(self)
    }

    fn hurry(_: &mut Self) {}
}

/// The code of the reply, and what was heard, a line each.
type Course = (Result<u16, Trouble>, Vec<String>);

fn course(
    security: Security,
    (user, password): (&[u8], &[u8]),
    says: &[&'static str],
    safe: Option<&[&'static str]>,
) -> Course {
    let heard = Rc::default();
    let peer = Peer {
        says: says.to_vec(),
        safe: safe.map(<[_]>::to_vec),
        heard: Rc::clone(&heard),
    };
    let outcome = log_in(
        peer,
        &SmtpLogin {
            provider: "test",
            host: "mail.harbor.io",
            port: 587,
            security,
            user: &Secret::new(user, 0),
            password: &Secret::new(password, 0),
        },
    );
    let heard = String::from_utf8(heard.take()).unwrap();
    let lines = heard.split_terminator("\r\n").map(str::to_owned).collect();
    (outcome.map(|reply| reply.code), lines)
}

fn starttls(says: &[&'static str], safe: &[&'static str]) -> Course {
    course(Security::StartTls, (b"user", b"pass"), says, Some(safe))
}

fn implicit(safe: &[&'static str]) -> Course {
    course(Security::Implicit, (b"user", b"pass"), &[], Some(safe))
}

const GREETING: &str = "220 mail.harbor.io ESMTP\r\n";
const OFFER: &str = "250-mail.harbor.io\r\n250-SIZE 1000\r\n250 STARTTLS\r\n";
const GO: &str = "220 go ahead\r\n";
const BOTH: &str = "250-mail.harbor.io\r\n250-AUTH LOGIN PLAIN\r\n250 8BITMIME\r\n";
const LOGIN: &str = "250-mail.harbor.io\r\n250 AUTH LOGIN\r\n";
const YES: &str = "235 2.7.0 ok\r\n";
const NO: &str = "535 5.7.8 no\r\n";
const BYE: &str = "221 bye\r\n";

const HELLO: &str = "EHLO [127.0.0.1]";
/// NUL, user, NUL, pass.
const PLAIN: &str = "AHVzZXIAcGFzcw==";
const USER: &str = "dXNlcg==";
// waxseal:allow smtp-login the word "pass" in base64
const PASS: &str = "cGFzcw==";

#[test]
fn a_login_with_starttls() {
    let (code, heard) = starttls(&[GREETING, OFFER, GO], &[BOTH, YES, BYE]);
    assert_eq!(code, Ok(235));
    let auth = format!("AUTH PLAIN {PLAIN}");
    assert_eq!(heard, [HELLO, "STARTTLS", "(TLS)", HELLO, &auth, "QUIT"]);
}

#[test]
fn a_login_with_implicit_tls() {
    let (code, heard) = implicit(&[GREETING, BOTH, NO, BYE]);
    assert_eq!(code, Ok(535));
    assert_eq!(
        heard,
        ["(TLS)", HELLO, &format!("AUTH PLAIN {PLAIN}"), "QUIT"]
    );
}

#[test]
fn login_is_used_where_plain_is_not_offered() {
    let (code, heard) = implicit(&[
        GREETING,
        LOGIN,
        "334 VXNlcm5hbWU6\r\n",
        "334 UGFzc3dvcmQ6\r\n",
        YES,
    ]);
    assert_eq!(code, Ok(235));
    assert_eq!(heard, ["(TLS)", HELLO, "AUTH LOGIN", USER, PASS, "QUIT"]);
    // or where it is offered and not known after all
    let (code, heard) = implicit(&[
        GREETING,
        BOTH,
        "504 5.5.4 no\r\n",
        "334 \r\n",
        "334 \r\n",
        NO,
    ]);
    assert_eq!(code, Ok(535));
    assert_eq!(
        heard[2..5],
        [&format!("AUTH PLAIN {PLAIN}"), "AUTH LOGIN", USER]
    );
    // refused is refused: there is one try
    let (code, heard) = implicit(&[GREETING, BOTH, NO, "334 \r\n", "334 \r\n", YES]);
    assert_eq!((code, heard.len()), (Ok(535), 4));
    // refused by the name of the user alone
    let (code, heard) = implicit(&[GREETING, LOGIN, "334 \r\n", NO]);
    assert_eq!((code, heard.len()), (Ok(535), 5));
    // nothing holds a NUL in the other mechanism
    let odd = course(
        Security::Implicit,
        (b"a\0b", b"pass"),
        &[],
        Some(&[GREETING, BOTH, "334 \r\n", "334 \r\n", YES]),
    );
    assert_eq!(odd.1[2], "AUTH LOGIN");
    let none = course(
        Security::Implicit,
        (b"a", b"p\0"),
        &[],
        Some(&[GREETING, "250-x\r\n250 AUTH PLAIN\r\n", YES]),
    );
    assert_eq!((none.0, none.1.len()), (Err(Trouble::NoSafeLogin), 2));
}

#[test]
fn a_long_response_is_sent_in_a_line_of_its_own() {
    let password = [b'x'; 400];
    let (code, heard) = course(
        Security::Implicit,
        (b"user", &password),
        &[],
        Some(&[GREETING, BOTH, "334 \r\n", YES]),
    );
    assert_eq!(code, Ok(235));
    assert_eq!(heard[2], "AUTH PLAIN");
    assert_eq!(heard[3].len(), (1 + 4 + 1 + 400_usize).div_ceil(3) * 4);
    // a server that does not look at the first line's
    let (code, heard) = implicit(&[GREETING, BOTH, "334 \r\n", YES]);
    assert_eq!((code, &*heard[3]), (Ok(235), PLAIN));
    // and one that never has enough
    let (code, _) = implicit(&[GREETING, BOTH, "334 \r\n", "334 \r\n", YES]);
    assert_eq!(code, Err(Trouble::Protocol));
}

#[test]
fn a_refusal_of_the_mechanism_is_none_of_the_password() {
    // before any of the credential was sent
    for (said, trouble) in [
        (
            "535 5.7.8 Invalid authentication mechanism\r\n",
            Trouble::TurnedAway { code: 535 },
        ),
        (
            "530 5.7.0 STARTTLS first\r\n",
            Trouble::TurnedAway { code: 530 },
        ),
        ("235 welcome\r\n", Trouble::Protocol),
    ] {
        let (code, heard) = implicit(&[GREETING, LOGIN, said]);
        assert_eq!((code, heard.len()), (Err(trouble), 3), "{said}");
    }
    // accepted before the password was sent
    let (code, _) = implicit(&[GREETING, LOGIN, "334 \r\n", YES]);
    assert_eq!(code, Err(Trouble::Protocol));
    // neither yes nor no
    for said in ["250 ok\r\n", "220 hello\r\n", "354 go on\r\n"] {
        assert_eq!(
            implicit(&[GREETING, BOTH, said]).0,
            Err(Trouble::Protocol),
            "{said}"
        );
    }
}

#[test]
fn nothing_is_said_without_tls() {
    for (says, trouble) in [
        // stripped, or never there
        (vec![GREETING, BOTH], Trouble::NoSafeLogin),
        (
            vec![GREETING, "250 AUTH PLAIN LOGIN\r\n"],
            Trouble::NoSafeLogin,
        ),
        (vec![GREETING, "250 STARTTLS\r\n"], Trouble::NoSafeLogin),
        (
            vec![GREETING, "250-x\r\n250 XSTARTTLS\r\n"],
            Trouble::NoSafeLogin,
        ),
        (
            vec![GREETING, OFFER, "454 4.7.0 not now\r\n"],
            Trouble::NoSafeLogin,
        ),
        (vec![GREETING, OFFER, "250 ok\r\n"], Trouble::NoSafeLogin),
        (
            vec![GREETING, "502 what\r\n"],
            Trouble::TurnedAway { code: 502 },
        ),
        (vec!["554 no\r\n"], Trouble::TurnedAway { code: 554 }),
        (vec!["421 too busy\r\n"], Trouble::TurnedAway { code: 421 }),
        (vec!["235 welcome\r\n"], Trouble::Protocol),
        (vec!["HTTP/1.1 200 OK\r\n"], Trouble::Protocol),
        (vec!["220-a\r\n250 b\r\n"], Trouble::Protocol),
        (vec![], Trouble::Connection),
        (vec!["220 no end"], Trouble::Connection),
        (vec!["(reset)"], Trouble::Connection),
        (vec!["(late)"], Trouble::Timeout),
        (vec![GREETING, "(late)"], Trouble::Timeout),
        (vec!["(garbled)"], Trouble::Connection),
    ] {
        let (code, heard) = starttls(&says, &[BOTH, YES]);
        assert_eq!(code, Err(trouble), "{says:?}");
        assert!(
            heard
                .iter()
                .all(|line| [HELLO, "STARTTLS"].contains(&line.as_str())),
            "{heard:?}"
        );
    }
    let (code, heard) = course(
        Security::StartTls,
        (b"u", b"p"),
        &[GREETING, OFFER, GO],
        None,
    );
    assert_eq!(
        (code, &*heard),
        (
            Err(Trouble::Tls),
            &[HELLO.to_owned(), "STARTTLS".to_owned()][..]
        )
    );
}

#[test]
fn what_is_said_ahead_is_refused() {
    // response injection: replies in the clear that would be read as if they were said inside TLS
    let (code, heard) = starttls(
        &[
            GREETING,
            OFFER,
            "220 go\r\n250-x\r\n250 AUTH PLAIN\r\n235 ok\r\n",
        ],
        &[BOTH, NO],
    );
    assert_eq!((code, heard.len()), (Err(Trouble::Protocol), 2));
    let (code, _) = starttls(&[GREETING, OFFER, "220 go\r\n2"], &[BOTH, NO]);
    assert_eq!(code, Err(Trouble::Protocol));
    // ahead of a command, before TLS and inside it
    let (code, heard) = starttls(&["220 x\r\n250-x\r\n250 STARTTLS\r\n", GO], &[BOTH, YES]);
    assert_eq!((code, heard.len()), (Err(Trouble::Protocol), 0));
    let (code, heard) = implicit(&[GREETING, "250-x\r\n250 AUTH PLAIN\r\n235 ok\r\n"]);
    assert_eq!((code, heard.len()), (Err(Trouble::Protocol), 2));
    let (code, heard) = implicit(&[GREETING, LOGIN, "334 \r\n334 \r\n", YES]);
    assert_eq!((code, heard.len()), (Err(Trouble::Protocol), 3));
}

#[test]
fn mechanisms_are_those_offered_inside_tls() {
    let before = "250-x\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n";
    for inside in [
        "250 x\r\n",
        "250-x\r\n250 AUTH XOAUTH2 CRAM-MD5\r\n",
        "250-x\r\n250 AUTH\r\n",
    ] {
        let (code, heard) = starttls(&[GREETING, before, GO], &[inside, YES]);
        assert_eq!(
            (code, heard.len()),
            (Err(Trouble::NoSafeLogin), 4),
            "{inside}"
        );
    }
    let (code, heard) = starttls(
        &[GREETING, OFFER, GO],
        &["250-x\r\n250 AUTH=LOGIN\r\n", "334 \r\n", "334 \r\n", YES],
    );
    assert_eq!((code, &*heard[4]), (Ok(235), "AUTH LOGIN"));
}

#[test]
fn lines_and_replies_have_a_longest() {
    let text = |count: usize| "x".repeat(count).leak();
    let line = |count: usize| -> &'static str { format!("220 {}\r\n", text(count)).leak() };
    assert_eq!(implicit(&[line(2_000), BOTH, YES]).0, Ok(235));
    assert_eq!(
        implicit(&[line(2_100), BOTH, YES]).0,
        Err(Trouble::Protocol)
    );
    // without an end, and much of it
    assert_eq!(implicit(&["220 ", text(1 << 20)]).0, Err(Trouble::Protocol));
    let lines = |count: usize| -> &'static str {
        format!("{}250 AUTH PLAIN\r\n", "250-x\r\n".repeat(count)).leak()
    };
    assert_eq!(implicit(&[GREETING, lines(1_000), YES]).0, Ok(235));
    assert_eq!(
        implicit(&[GREETING, lines(40_000), YES]).0,
        Err(Trouble::Protocol)
    );
}

#[test]
fn pieces_do_not_matter() {
    let mut pieces = vec!["(again)"];
    for text in [GREETING, BOTH, YES] {
        pieces.extend((0..text.len()).map(|at| &text[at..=at]));
        pieces.push("(again)");
    }
    assert_eq!(implicit(&pieces).0, Ok(235));
    // a server that ends lines its own way
    assert_eq!(
        implicit(&["220\n", "250-x\n250 AUTH PLAIN\n", "535\n"]).0,
        Ok(535)
    );
}

#[test]
fn the_farewell_decides_nothing() {
    for end in ["500 what\r\n", "(late)", "(reset)", "garbage", "221-x\r\n"] {
        assert_eq!(implicit(&[GREETING, BOTH, YES, end]).0, Ok(235), "{end}");
    }
    // what is said ahead of it, too
    let (code, heard) = implicit(&[GREETING, BOTH, "535 no\r\n235 yes\r\n"]);
    assert_eq!((code, heard.len()), (Ok(535), 3));
}

#[test]
fn a_reply_shows_none_of_its_text() {
    let (peer, login) = (
        Peer {
            says: Vec::new(),
            safe: Some(vec![GREETING, BOTH, "535 5.7.8 you said marker-47\r\n"]),
            heard: Rc::default(),
        },
        (Secret::new(b"user", 0), Secret::new(b"marker-47", 0)),
    );
    let login = SmtpLogin {
        provider: "test",
        host: "mail.harbor.io",
        port: 465,
        security: Security::Implicit,
        user: &login.0,
        password: &login.1,
    };
    assert!(!format!("{login:?}").contains("marker"));
    let reply = log_in(peer, &login).unwrap();
    assert!(!format!("{reply:?}").contains("marker"));
    assert_eq!(reply.text.as_str(), "5.7.8 you said marker-47\n");
}
