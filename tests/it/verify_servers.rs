//! Logins at real mail servers, by our dialogue and by another client: both must be told the same.
//!
//! The servers and what Python's smtplib was told by them come from `tests/verify-servers.sh`, which runs these tests.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use waxseal::model::Secret;
use waxseal::verify::net::smtp::{Connection, log_in};
use waxseal::verify::net::{Dialer, SystemNames};
use waxseal::verify::{Redirected, Security, Settings, SmtpLogin};

/// What the other client tried.
#[derive(Deserialize)]
struct Reference {
    /// Certificate of the authority.
    ca: PathBuf,
    logins: Vec<Login>,
}

#[derive(Deserialize)]
struct Login {
    name: String,
    port: u16,
    implicit: bool,
    user: String,
    password: String,
    code: u16,
}

#[test]
#[ignore = "needs the servers of tests/verify-servers.sh"]
fn both_clients_are_told_the_same() {
    let folder = PathBuf::from(std::env::var_os("WAXSEAL_RIG").unwrap());
    let text = std::fs::read_to_string(folder.join("reference.json")).unwrap();
    let reference: Reference = serde_json::from_str(&text).unwrap();
    assert!(
        reference.logins.len() > 20,
        "only {} logins",
        reference.logins.len()
    );
    let settings = Settings {
        endpoints: vec![Redirected::parse("operator=smtp://localhost,127.0.0.1").unwrap()],
        ca: Some(reference.ca),
        allow_loopback: true,
        ..Settings::default()
    };
    let dialer = Dialer::new(&settings, Arc::new(SystemNames)).unwrap();
    for login in &reference.logins {
        let deadline = Instant::now() + Duration::from_secs(20);
        let socket = dialer.connect("localhost", login.port, deadline).unwrap();
        let connection = Connection::new(socket, "localhost", dialer.tls_config(), deadline);
        let security = if login.implicit {
            Security::Implicit
        } else {
            Security::StartTls
        };
        let reply = log_in(
            connection,
            &SmtpLogin {
                provider: "operator",
                host: "localhost",
                port: login.port,
                security,
                user: &Secret::new(login.user.as_bytes(), 0),
                password: &Secret::new(login.password.as_bytes(), 0),
            },
        );
        let code = reply.map(|reply| reply.code);
        assert_eq!(code, Ok(login.code), "{}", login.name);
    }
}
