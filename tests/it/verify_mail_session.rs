//! Logins at mail servers over real sockets and TLS on loopback, honest and hostile ones. Each point of safety has a test that fails
//! without it.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use waxseal::model::Secret;
use waxseal::verify::net::smtp::{Connection, log_in};
use waxseal::verify::{Security, SmtpLogin, SmtpReply, Trouble};

use crate::support::mail_server::{MailServer, Talk};
use crate::support::tls::Authority;

/// The name that certificates are made for.
const NAME: &str = "mail.harbor.io";
// waxseal:allow smtp-login made up; no server knows it
const PASSWORD: &str = "Marker-47-tzk";

/// Logs in at `server`, which has `time` for everything.
fn login_within(
    time: Duration,
    server: &MailServer,
    trusted: Arc<ClientConfig>,
    security: Security,
) -> Result<SmtpReply, Trouble> {
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).unwrap();
    let outcome = log_in(
        Connection::new(socket, NAME, trusted, Instant::now() + time),
        &SmtpLogin {
            provider: "test",
            host: NAME,
            port: server.port,
            security,
            user: &Secret::new(b"news", 0),
            password: &Secret::new(PASSWORD.as_bytes(), 0),
        },
    );
    assert!(!format!("{outcome:?}").contains(PASSWORD));
    if let Err(trouble) = &outcome {
        assert!(!trouble.to_string().contains(PASSWORD));
    }
    outcome
}

fn login(server: &MailServer, authority: &Authority, security: Security) -> Result<u16, Trouble> {
    let time = Duration::from_secs(15);
    login_within(time, server, authority.client(), security).map(|reply| reply.code)
}

/// What a refused login left at the server: no credential in any form.
fn assert_unsaid(server: &MailServer) {
    let heard = server.heard();
    assert!(!heard.contains("AUTH"), "{heard}");
    assert!(!heard.contains(PASSWORD), "{heard}");
}

#[test]
fn honest_servers_are_believed() {
    let authority = Authority::new();
    let config = authority.server(&[NAME]);
    for (implicit, security) in [(false, Security::StartTls), (true, Security::Implicit)] {
        for mechanisms in ["PLAIN LOGIN", "LOGIN", "PLAIN"] {
            for (verdict, code) in [
                ("235 2.7.0 ok\r\n", 235),
                ("535-5.7.8 no\r\n535 5.7.8 no\r\n", 535),
                ("435 4.7.8 later\r\n", 435),
            ] {
                let server = MailServer::honest(config.clone(), implicit, mechanisms, verdict);
                assert_eq!(login(&server, &authority, security), Ok(code));
                let heard = server.heard();
                assert!(heard.starts_with("EHLO [127.0.0.1]\r\n"), "{heard}");
                assert!(!heard.contains("MAIL"), "{heard}");
                assert_eq!(heard.matches("AUTH").count(), 1, "{heard}");
            }
        }
    }
}

#[test]
fn the_farewell_reaches_an_honest_server() {
    let authority = Authority::new();
    let config = authority.server(&[NAME]);
    let server = MailServer::honest(config, true, "PLAIN", "235 ok\r\n");
    assert_eq!(login(&server, &authority, Security::Implicit), Ok(235));
    assert!(server.heard().ends_with("QUIT\r\n"), "{}", server.heard());
}

#[test]
fn a_server_without_starttls_hears_no_credential() {
    let server = MailServer::that(|talk| {
        talk.say("220 x\r\n")?;
        talk.hear()?;
        talk.say("250-x\r\n250 AUTH PLAIN LOGIN\r\n")?;
        talk.hear()?;
        talk.say("235 ok\r\n")
    });
    let outcome = login(&server, &Authority::new(), Security::StartTls);
    assert_eq!(outcome, Err(Trouble::NoSafeLogin));
    assert_unsaid(&server);
}

#[test]
fn injected_replies_forge_no_verdict() {
    let authority = Authority::new();
    let config = authority.server(&[NAME]);
    // the certified server says no; somebody on the way says yes before TLS
    let server = MailServer::that(move |talk| {
        talk.say("220 x\r\n")?;
        talk.hear()?;
        talk.say("250-x\r\n250 STARTTLS\r\n")?;
        talk.hear()?;
        talk.say("220 go\r\n250-x\r\n250 AUTH PLAIN\r\n235 2.7.0 injected\r\n")?;
        let mut safe = talk.secured(config)?;
        safe.hear()?;
        safe.say("250-x\r\n250 AUTH PLAIN\r\n")?;
        safe.hear()?;
        safe.say("535 no\r\n")
    });
    let outcome = login(&server, &authority, Security::StartTls);
    assert_eq!(outcome, Err(Trouble::Protocol));
    assert_unsaid(&server);
}

/// Logs in within half a second, and tells how that ended and how long it took.
fn impatient(
    server: &MailServer,
    authority: &Authority,
    security: Security,
) -> (Trouble, Duration) {
    let begin = Instant::now();
    let time = Duration::from_millis(500);
    let trouble = login_within(time, server, authority.client(), security).unwrap_err();
    (trouble, begin.elapsed())
}

#[test]
fn silence_ends_at_the_deadline() {
    let authority = Authority::new();
    let config = authority.server(&[NAME]);
    let silent = || {
        MailServer::that(|talk| {
            while talk.hear().is_ok() {}
            Ok(())
        })
    };
    let after_go = MailServer::that(|talk| {
        talk.begins_tls()?;
        std::thread::sleep(Duration::from_secs(5));
        Ok(())
    });
    let inside = MailServer::that(move |talk| {
        talk.begins_tls()?;
        let mut safe = talk.secured(config)?;
        while safe.hear().is_ok() {}
        Ok(())
    });
    for (server, security) in [
        (silent(), Security::StartTls),
        (silent(), Security::Implicit),
        (after_go, Security::StartTls),
        (inside, Security::StartTls),
    ] {
        let (trouble, took) = impatient(&server, &authority, security);
        assert_eq!(trouble, Trouble::Timeout);
        assert!(took < Duration::from_secs(4), "{took:?}");
        assert_unsaid(&server);
    }
}

/// Says a byte now and then, and never ends the line.
fn drip<S: std::io::Read + std::io::Write>(talk: &mut Talk<S>) -> std::io::Result<()> {
    talk.say("220-")?;
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(50));
        talk.say("x")?;
    }
    Ok(())
}

#[test]
fn a_drip_gains_no_time() {
    let authority = Authority::new();
    let config = authority.server(&[NAME]);
    let plain = MailServer::that(drip);
    let inside = MailServer::that(move |talk| drip(&mut talk.secured(config)?));
    for (server, security) in [(plain, Security::StartTls), (inside, Security::Implicit)] {
        let (trouble, took) = impatient(&server, &authority, security);
        assert_eq!(trouble, Trouble::Timeout);
        assert!(took < Duration::from_secs(4), "{took:?}");
    }
}

#[test]
fn an_endless_line_and_an_endless_reply_are_not_read_to_their_end() {
    let authority = Authority::new();
    for piece in ["x".repeat(4096), "220-x\r\n".repeat(512)] {
        let server = MailServer::that(move |talk| {
            talk.say("220-")?;
            // far more than a socket holds: ends only when the client hangs up
            while talk.stream.write_all(piece.as_bytes()).is_ok() {}
            Ok(())
        });
        let begin = Instant::now();
        let outcome = login(&server, &authority, Security::StartTls);
        assert_eq!(outcome, Err(Trouble::Protocol));
        assert!(
            begin.elapsed() < Duration::from_secs(5),
            "{:?}",
            begin.elapsed()
        );
    }
}

#[test]
fn certificates_must_be_for_the_name_in_time_and_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    for config in [
        authority.server(&["smtp.evil.example"]),
        authority.server(&["harbor.io", "*.mail.harbor.io"]),
        authority.expired_server(&[NAME]),
        other.server(&[NAME]),
    ] {
        for (implicit, security) in [(false, Security::StartTls), (true, Security::Implicit)] {
            let server = MailServer::honest(config.clone(), implicit, "PLAIN", "235 ok\r\n");
            assert_eq!(login(&server, &authority, security), Err(Trouble::Tls));
            assert_unsaid(&server);
        }
    }
    let server = MailServer::honest(authority.server(&[NAME]), true, "PLAIN", "235 ok\r\n");
    assert_eq!(login(&server, &authority, Security::Implicit), Ok(235));
}

#[test]
fn plain_text_where_tls_belongs_is_refused() {
    let server = MailServer::that(|talk| {
        talk.say("220 mail.harbor.io ESMTP\r\n")?;
        talk.hear()?;
        talk.say("250-x\r\n250 AUTH PLAIN\r\n")
    });
    assert_eq!(
        login(&server, &Authority::new(), Security::Implicit),
        Err(Trouble::Tls)
    );
    assert_unsaid(&server);
    let server = MailServer::that(|talk| {
        talk.begins_tls()?;
        talk.say("250-x\r\n250 AUTH PLAIN\r\n")?;
        talk.hear().map(|_| ())
    });
    let outcome = login(&server, &Authority::new(), Security::StartTls);
    assert!(
        matches!(outcome, Err(Trouble::Tls | Trouble::Protocol)),
        "{outcome:?}"
    );
    assert_unsaid(&server);
}

#[test]
fn a_connection_that_is_cut_tells_nothing() {
    let authority = Authority::new();
    let config = authority.server(&[NAME]);
    for cut in 0..6 {
        let config = config.clone();
        let server = MailServer::that(move |talk| {
            if cut == 0 {
                return Ok(());
            }
            if cut == 1 {
                talk.say("220 x\r\n")?;
                return talk.hear().map(|_| ());
            }
            talk.begins_tls()?;
            if cut == 2 {
                return Ok(());
            }
            let mut safe = talk.secured(config)?;
            safe.hear()?;
            if cut == 3 {
                return Ok(());
            }
            safe.say("250-x\r\n250 AUTH PLAIN\r\n")?;
            safe.hear()?;
            if cut == 4 {
                return Ok(());
            }
            safe.say("235-ok\r\n235")
        });
        let outcome = login(&server, &authority, Security::StartTls);
        assert_eq!(outcome, Err(Trouble::Connection), "cut {cut}");
    }
}

#[test]
fn a_server_that_does_not_answer_the_farewell_is_left() {
    let authority = Authority::new();
    let config = authority.server(&[NAME]);
    let server = MailServer::that(move |talk| {
        let mut safe = talk.secured(config)?;
        safe.say("220 x\r\n")?;
        safe.hear()?;
        safe.say("250-x\r\n250 AUTH PLAIN\r\n")?;
        safe.hear()?;
        safe.say("235 ok\r\n")?;
        safe.hear()?;
        safe.hear().map(|_| ())
    });
    let begin = Instant::now();
    assert_eq!(login(&server, &authority, Security::Implicit), Ok(235));
    assert!(
        begin.elapsed() < Duration::from_secs(8),
        "{:?}",
        begin.elapsed()
    );
}
