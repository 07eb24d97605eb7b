//! What leaves this machine, and what comes back: the guarded line over real connections on loopback. Every protection has a
//! test that fails without it.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use waxseal::model::Secret;
use waxseal::verify::net::{Dialer, Guarded, Names, NetError};
use waxseal::verify::{
    Body, Endpoint, Header, HttpReply, HttpRequest, Line, MailHost, MailLogins, Method, Proxy,
    Redirected, Security, Settings, SmtpLogin, Stop, Trouble, Verifier as _,
};

use crate::support::peer::{self, Peer, answer};
use crate::support::tls::Authority;

const HOST: &str = "api.acme.example";
const MARKER: &str = "Harbor-47-tzk-marker";

/// Answers by a script, and counts the questions.
struct Scripted {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Scripted {
    /// The answers in turn; the last one stays.
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Self {
            answers: Mutex::new(answers.iter().map(parse).collect()),
            asked: AtomicUsize::new(0),
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Names for Scripted {
    fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        Ok(if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers[0].clone()
        })
    }
}

/// A client that trusts one authority and has one host lie on loopback.
struct Client {
    folder: TempDir,
    authority: Authority,
    settings: Settings,
    names: Arc<Scripted>,
}

impl Client {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        let ca = folder.path().join("ca.pem");
        peer::write_ca(&authority, &ca);
        let mut settings = Settings {
            ca: Some(ca),
            allow_loopback: true,
            ..Settings::default()
        };
        settings.limits.request = Duration::from_secs(20);
        Self {
            folder,
            authority,
            settings,
            names: Scripted::new(&[&["127.0.0.1"]]),
        }
    }

    fn server(&self) -> Arc<rustls::ServerConfig> {
        self.authority.server(&[HOST])
    }

    /// Has the host lie at `port`.
    fn at(mut self, port: u16) -> Self {
        let entry = Redirected::parse(&format!("acme=https://{HOST}:{port}")).unwrap();
        self.settings.endpoints = vec![entry];
        self
    }

    fn line(&self) -> Guarded {
        let endpoint = Endpoint {
            provider: "acme".to_owned(),
            host: HOST.to_owned(),
            port: 443,
            purpose: "who it is".to_owned(),
        };
        Guarded::new(&self.settings, vec![endpoint], self.names.clone()).unwrap()
    }

    fn ask(&self) -> Result<HttpReply, Trouble> {
        self.ask_host(HOST)
    }

    fn ask_host(&self, host: &str) -> Result<HttpReply, Trouble> {
        self.line().wire().http(&request(host))
    }

    /// What comes of an answer of `bytes`.
    fn answered(self, bytes: impl Into<Vec<u8>>) -> Result<HttpReply, Trouble> {
        let peer = Peer::answering(self.server(), bytes);
        self.at(peer.port).ask()
    }
}

fn request(host: &str) -> HttpRequest<'_> {
    HttpRequest {
        provider: "acme",
        host,
        method: Method::Get,
        path: "/v1/me?full=1".to_owned(),
        headers: vec![(
            "Authorization",
            Header::Secret(Secret::new(format!("Bearer {MARKER}").as_bytes(), 0)),
        )],
        body: None,
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

#[test]
fn a_question_goes_out_as_it_is_and_the_answer_comes_back() {
    let client = Client::new();
    let headers = "Content-Type: Application/JSON; charset=utf-8\r\nRetry-After: 7\r\n";
    let peer = Peer::answering(
        client.server(),
        answer("429 Slow Down", headers, "{\"a\":1}"),
    );
    let client = client.at(peer.port);
    let reply = client.ask().unwrap();
    assert_eq!(reply.status, 429);
    assert_eq!(reply.media_type, "application/json");
    assert_eq!(reply.wait, Some(Duration::from_secs(7)));
    assert_eq!(reply.body.as_str(), "{\"a\":1}");
    let head = &peer.heads()[0];
    assert!(head.starts_with("GET /v1/me?full=1 HTTP/1.1\r\n"), "{head}");
    let lower = head.to_ascii_lowercase();
    let agent = concat!("user-agent: waxseal/", env!("CARGO_PKG_VERSION"), "\r\n");
    for line in [
        agent,
        "accept: application/json\r\n",
        "accept-encoding: identity\r\n",
    ] {
        assert!(lower.contains(line), "{head}");
    }
    assert!(head.contains(&format!("Bearer {MARKER}\r\n")), "{head}");
    for other in ["prefer:", "cookie:", "referer:"] {
        assert!(!lower.contains(other), "{head}");
    }
}

#[test]
fn a_body_is_sent_as_json_and_a_deletion_as_one() {
    let client = Client::new();
    let seen = Arc::new(Mutex::new(String::new()));
    let body = seen.clone();
    let peer = Peer::doing(client.server(), move |stream, heads| {
        let head = peer::head(stream).unwrap();
        if head.starts_with("POST") {
            let mut text = [0; 7];
            stream.read_exact(&mut text).unwrap();
            *body.lock().unwrap() = String::from_utf8(text.to_vec()).unwrap();
        }
        heads(head);
        stream.write_all(&answer("204 No Content", "", "")).unwrap();
        stream.flush().unwrap();
    });
    let client = client.at(peer.port);
    let line = client.line();
    let post = HttpRequest {
        method: Method::Post,
        body: Some(Secret::new(b"{\"a\":1}", 0)),
        ..request(HOST)
    };
    assert_eq!(line.wire().http(&post).unwrap().status, 204);
    assert_eq!(*seen.lock().unwrap(), "{\"a\":1}");
    let delete = HttpRequest {
        method: Method::Delete,
        ..request(HOST)
    };
    assert_eq!(client.line().wire().http(&delete).unwrap().status, 204);
    let heads = peer.heads();
    assert!(
        heads[0]
            .to_ascii_lowercase()
            .contains("content-type: application/json")
    );
    assert!(heads[1].starts_with("DELETE /v1/me"), "{heads:?}");
}

#[test]
fn a_connection_is_used_again_while_it_is_open() {
    let client = Client::new();
    let peer = Peer::answering(client.server(), answer("200 OK", "", "{}"));
    let client = client.at(peer.port);
    let line = client.line();
    for _ in 0..5 {
        assert_eq!(line.wire().http(&request(HOST)).unwrap().status, 200);
    }
    assert_eq!(peer.connections(), 1);
    let client = Client::new();
    let once = Peer::doing(client.server(), |stream, heads| {
        heads(peer::head(stream).unwrap());
        stream.write_all(&answer("200 OK", "", "{}")).unwrap();
        stream.flush().unwrap();
    });
    let client = client.at(once.port);
    let line = client.line();
    for _ in 0..3 {
        assert_eq!(line.wire().http(&request(HOST)).unwrap().status, 200);
        // the other end closes a moment later
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(once.connections(), 3);
}

// ---- Where to.

#[test]
fn only_listed_hosts_are_asked_and_no_others_looked_up() {
    let client = Client::new();
    let peer = Peer::answering(client.server(), answer("200 OK", "", "{}"));
    let client = client.at(peer.port);
    for host in [
        "api.acme.example.evil.example",
        "evil-api.acme.example",
        "xapi.acme.example",
        "acme.example",
        "api.acme.exampl",
        "api.acme.example.",
        "API.ACME.EXAMPLE",
        "127.0.0.1",
        "localhost",
        "",
        "api.acme.example@evil.example",
        "api.acme.example:8443",
    ] {
        let trouble = client.ask_host(host).unwrap_err();
        assert!(
            matches!(trouble, Trouble::HostNotAllowed { .. }),
            "{host}: {trouble}"
        );
    }
    let other = HttpRequest {
        provider: "sendgrid",
        ..request(HOST)
    };
    let trouble = client.line().wire().http(&other).unwrap_err();
    assert!(
        matches!(trouble, Trouble::HostNotAllowed { .. }),
        "another provider's host"
    );
    assert_eq!((peer.connections(), client.names.asked()), (0, 0));
}

#[test]
fn a_star_stands_for_one_label_and_no_more() {
    let endpoint = Endpoint {
        provider: "mailchimp".to_owned(),
        host: "*.api.mailchimp.com".to_owned(),
        port: 443,
        purpose: "a ping".to_owned(),
    };
    assert!(endpoint.covers("us12.api.mailchimp.com", 443));
    for (host, port) in [
        (".api.mailchimp.com", 443),
        ("api.mailchimp.com", 443),
        ("a.b.api.mailchimp.com", 443),
        ("evil.example#.api.mailchimp.com", 443),
        ("us12.api.mailchimp.com.evil.example", 443),
        ("us12.api.mailchimp.com", 8443),
    ] {
        assert!(!endpoint.covers(host, port), "{host}:{port}");
    }
}

#[test]
fn an_answer_of_dns_that_is_not_public_is_not_dialled() {
    let peer = Peer::raw(|_, _| {});
    let client = Client::new();
    let settings = &client.settings;
    for answers in [
        &["127.0.0.1"][..],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["10.1.2.3"],
        &["192.168.1.1"],
        &["172.20.0.1"],
        &["169.254.169.254"],
        &["fe80::1"],
        &["fd00::1"],
        &["100.64.1.1"],
        &["64:ff9b::7f00:1"],
        &["0.0.0.0"],
        &["8.8.8.8", "127.0.0.1"],
        &["127.0.0.1", "8.8.8.8"],
    ] {
        let names = Scripted::new(&[answers]);
        let dialer = Dialer::new(settings, names.clone()).unwrap();
        let trouble = dialer
            .connect("api.sendgrid.com", peer.port, soon())
            .unwrap_err();
        let refused = Trouble::AddressNotAllowed {
            host: "api.sendgrid.com".to_owned(),
        };
        assert_eq!(trouble, refused, "{answers:?}");
        assert_eq!(names.asked(), 1);
    }
    let names = Scripted::new(&[&[]]);
    let dialer = Dialer::new(settings, names).unwrap();
    let trouble = dialer.connect("api.sendgrid.com", peer.port, soon());
    assert_eq!(trouble.unwrap_err(), Trouble::NoSuchHost);
    let trouble = dialer.connect("127.0.0.1", peer.port, soon()).unwrap_err();
    assert!(
        matches!(trouble, Trouble::AddressNotAllowed { .. }),
        "a literal: {trouble}"
    );
    assert_eq!(peer.connections(), 0);
}

#[test]
fn this_machine_is_reached_only_where_the_operator_says_both() {
    let mut client = Client::new();
    let peer = Peer::answering(client.server(), answer("200 OK", "", "{}"));
    client = client.at(peer.port);
    client.settings.allow_loopback = false;
    let trouble = client.ask().unwrap_err();
    assert!(
        matches!(trouble, Trouble::AddressNotAllowed { .. }),
        "{trouble}"
    );
    assert_eq!(peer.connections(), 0);
    client.settings.allow_loopback = true;
    assert_eq!(client.ask().unwrap().status, 200);
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_checked_is_what_is_dialled_however_often_the_name_changes() {
    let client = Client::new();
    let good = Peer::answering(
        client.server(),
        answer("200 OK", "Connection: close\r\n", "{}"),
    );
    let bad = Peer::at(&format!("127.0.0.2:{}", good.port), |_, _| {});
    let mut client = client.at(good.port);
    // rebinding: the second answer would lead to somebody else
    client.names = Scripted::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let line = client.line();
    for _ in 0..3 {
        assert_eq!(line.wire().http(&request(HOST)).unwrap().status, 200);
    }
    assert_eq!(client.names.asked(), 1, "looked up once");
    assert_eq!((good.connections(), bad.connections()), (3, 0));
}

#[test]
fn an_address_that_does_not_answer_makes_room_for_the_next() {
    let mut client = Client::new();
    let peer = Peer::answering(client.server(), answer("200 OK", "", "{}"));
    client = client.at(peer.port);
    // nothing listens on the first one
    client.names = Scripted::new(&[&["127.9.9.9", "127.0.0.1"]]);
    assert_eq!(client.ask().unwrap().status, 200);
}

#[test]
fn a_redirect_is_an_answer_and_goes_nowhere() {
    let elsewhere = Peer::raw(|_, _| {});
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        for scheme in ["https", "http"] {
            let location = format!("Location: {scheme}://{HOST}:{}/steal\r\n", elsewhere.port);
            let reply = Client::new()
                .answered(answer(status, &location, ""))
                .unwrap();
            assert_eq!(reply.status.to_string(), status[..3]);
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn the_proxies_of_the_environment_are_not_asked() {
    let proxy = Peer::raw(|_, _| {});
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args([
        "--exact",
        "verify_net::a_redirect_is_an_answer_and_goes_nowhere",
    ]);
    for name in [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        again.env(name, &url);
    }
    let output = again
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    assert_eq!(proxy.connections(), 0);
}

/// A proxy that answers `CONNECT` with `answer` and then passes everything on to `port`.
fn proxy(answer: &'static str, port: u16) -> Peer {
    Peer::raw(move |mut client, heads| {
        heads(peer::head(&mut client).unwrap());
        client.write_all(answer.as_bytes()).unwrap();
        let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let _ = std::io::copy(&mut server, &mut client);
    })
}

#[test]
fn a_proxy_that_the_operator_names_sees_the_host_and_no_secret() {
    let mut client = Client::new();
    let peer = Peer::answering(client.server(), answer("200 OK", "", "{}"));
    let tunnel = proxy(
        "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n",
        peer.port,
    );
    client = client.at(443);
    client.settings.proxy =
        Some(Proxy::parse(&format!("http://ops:gate@127.0.0.1:{}", tunnel.port)).unwrap());
    assert_eq!(client.ask().unwrap().status, 200);
    assert_eq!(client.names.asked(), 0, "the proxy looks it up");
    let head = &tunnel.heads()[0];
    assert!(
        head.starts_with(&format!("CONNECT {HOST}:443 HTTP/1.1\r\n")),
        "{head}"
    );
    assert!(
        head.contains("Proxy-Authorization: Basic b3BzOmdhdGU=\r\n"),
        "{head}"
    );
    assert!(!head.contains(MARKER), "{head}");
    // what is not listed is not asked for through a proxy either
    let trouble = client
        .ask_host("api.acme.example.evil.example")
        .unwrap_err();
    assert!(
        matches!(trouble, Trouble::HostNotAllowed { .. }),
        "{trouble}"
    );
    assert_eq!(tunnel.heads().len(), 1);
}

#[test]
fn a_proxy_that_refuses_or_talks_nonsense_is_no_way() {
    for (says, trouble) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            Trouble::ProxyRefused { status: 407 },
        ),
        (
            "HTTP/1.1 503 No\r\n\r\n",
            Trouble::ProxyRefused { status: 503 },
        ),
        ("SSH-2.0-x\r\n\r\n", Trouble::Protocol),
        ("HTTP/1.1 2x0 No\r\n\r\n", Trouble::Protocol),
    ] {
        let mut client = Client::new();
        let peer = Peer::answering(client.server(), answer("200 OK", "", "{}"));
        let tunnel = proxy(says, peer.port);
        client = client.at(443);
        client.settings.proxy =
            Some(Proxy::parse(&format!("http://127.0.0.1:{}", tunnel.port)).unwrap());
        assert_eq!(client.ask().unwrap_err(), trouble, "{says}");
    }
    let endless = Peer::raw(|mut stream, _| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    let mut client = Client::new().at(443);
    client.settings.proxy =
        Some(Proxy::parse(&format!("http://127.0.0.1:{}", endless.port)).unwrap());
    assert_eq!(client.ask().unwrap_err(), Trouble::Protocol);
    client.settings.proxy = Some(Proxy::parse("http://127.0.0.1:1").unwrap());
    assert_eq!(client.ask().unwrap_err(), Trouble::NoProxy);
}

#[test]
fn a_host_that_is_excepted_is_asked_past_the_proxy() {
    let client = Client::new();
    let peer = Peer::answering(client.server(), answer("200 OK", "", "{}"));
    let tunnel = proxy("HTTP/1.1 503 No\r\n\r\n", peer.port);
    let mut client = client.at(peer.port);
    let with = |list: &str| {
        let variable = |name: &str| match name {
            "HTTPS_PROXY" => Some(format!("127.0.0.1:{}", tunnel.port).into()),
            "NO_PROXY" => Some(list.into()),
            _ => None,
        };
        Proxy::of_environment(&variable).unwrap()
    };
    client.settings.proxy = with("other.example");
    let refused = Trouble::ProxyRefused { status: 503 };
    assert_eq!(client.ask().unwrap_err(), refused);
    client.settings.proxy = with(".acme.example");
    assert_eq!(client.ask().unwrap().status, 200);
    assert_eq!(tunnel.connections(), 1);
}

#[test]
fn a_run_that_is_stopped_waits_for_nobody() {
    struct Lost;
    impl Names for Lost {
        fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            std::thread::sleep(Duration::from_secs(30));
            Ok(Vec::new())
        }
    }
    let quiet = || Peer::raw(|_, _| std::thread::sleep(Duration::from_secs(30)));
    let (silent, gate) = (quiet(), quiet());
    let deaf = {
        let client = Client::new();
        let peer = Peer::doing(client.server(), |stream, _| {
            peer::head(stream).unwrap();
            std::thread::sleep(Duration::from_secs(30));
        });
        (client, peer)
    };
    let endpoint = || Endpoint {
        provider: "acme".to_owned(),
        host: HOST.to_owned(),
        port: 443,
        purpose: "who it is".to_owned(),
    };
    let through = format!("http://127.0.0.1:{}", gate.port);
    for (what, names, port, proxy) in [
        ("a name", Arc::new(Lost) as Arc<dyn Names>, 1, None),
        ("a handshake", deaf.0.names.clone(), silent.port, None),
        ("an answer", deaf.0.names.clone(), deaf.1.port, None),
        ("a proxy", deaf.0.names.clone(), 1, Some(&through)),
    ] {
        let entry = Redirected::parse(&format!("acme=https://{HOST}:{port}")).unwrap();
        let settings = Settings {
            endpoints: vec![entry],
            proxy: proxy.map(|url| Proxy::parse(url).unwrap()),
            ..deaf.0.settings.clone()
        };
        let stop = Stop::default();
        let line = Guarded::stoppable(&settings, vec![endpoint()], names, stop.clone()).unwrap();
        let soon = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            stop.set();
        });
        let began = Instant::now();
        let trouble = line.wire().http(&request(HOST)).unwrap_err();
        assert_eq!(trouble, Trouble::Stopped, "{what}");
        assert!(began.elapsed() < Duration::from_secs(5), "{what}");
        soon.join().unwrap();
    }
}

// ---- Whom to trust.

#[test]
fn a_certificate_has_to_be_trusted_valid_and_for_the_host() {
    let client = Client::new();
    let other = Authority::new();
    for (config, what) in [
        (
            client.authority.server(&["other.acme.example"]),
            "another name",
        ),
        (
            client.authority.server(&["127.0.0.1"]),
            "the address in place of the name",
        ),
        (client.authority.expired_server(&[HOST]), "expired"),
        (other.server(&[HOST]), "an unknown authority"),
    ] {
        let peer = Peer::answering(config, answer("200 OK", "", "{}"));
        let entry = Redirected::parse(&format!("acme=https://{HOST}:{}", peer.port)).unwrap();
        let mut settings = client.settings.clone();
        settings.endpoints = vec![entry];
        let asking = Client {
            folder: tempfile::tempdir().unwrap(),
            authority: Authority::new(),
            settings,
            names: client.names.clone(),
        };
        assert_eq!(asking.ask().unwrap_err(), Trouble::Tls, "{what}");
        assert!(peer.heads().is_empty(), "{what}: the question went out");
    }
    assert!(client.folder.path().join("ca.pem").exists());
}

#[test]
fn without_a_file_it_is_the_machine_that_trusts_and_not_this_test() {
    let mut client = Client::new();
    let peer = Peer::answering(client.server(), answer("200 OK", "", "{}"));
    client = client.at(peer.port);
    client.settings.ca = None;
    let endpoint = Endpoint {
        provider: "acme".to_owned(),
        host: HOST.to_owned(),
        port: 443,
        purpose: "who it is".to_owned(),
    };
    match Guarded::new(&client.settings, vec![endpoint], client.names.clone()) {
        Ok(line) => {
            let trouble = line.wire().http(&request(HOST)).unwrap_err();
            assert_eq!(trouble, Trouble::Tls);
        }
        // a machine without certificates
        Err(NetError::Roots(_)) => {}
        Err(other) => panic!("{other}"),
    }
    assert!(peer.heads().is_empty());
}

#[test]
fn a_peer_without_tls_hears_no_credential() {
    let peer = Peer::raw(|mut stream, heads| {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).unwrap_or(0);
        heads(String::from_utf8_lossy(&bytes[..read]).into_owned());
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    });
    let client = Client::new().at(peer.port);
    assert_eq!(client.ask().unwrap_err(), Trouble::Tls);
    assert!(!peer.heads().concat().contains(MARKER));
}

#[test]
fn a_file_with_certificates_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let names = Scripted::new(&[&["127.0.0.1"]]);
    for text in [
        None,
        Some(""),
        Some("nonsense"),
        Some("-----BEGIN CERTIFICATE-----\nx\n"),
    ] {
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let settings = Settings {
            ca: Some(file.clone()),
            ..Settings::default()
        };
        let error = Dialer::new(&settings, names.clone()).map(drop).unwrap_err();
        assert!(error.to_string().contains("ca.pem"), "{error}");
    }
}

// ---- What comes back.

#[test]
fn an_answer_that_is_too_long_is_none() {
    let body = "x".repeat(Body::MAX);
    let reply = Client::new().answered(answer("200 OK", "", &body)).unwrap();
    assert_eq!(
        reply.body.as_str().len(),
        Body::MAX,
        "the longest that is read"
    );
    let body = "x".repeat(Body::MAX + 1);
    let trouble = Client::new()
        .answered(answer("200 OK", "", &body))
        .unwrap_err();
    assert_eq!(trouble, Trouble::Protocol);
}

#[test]
fn an_answer_that_never_ends_is_none() {
    let client = Client::new();
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    let peer = Peer::doing(client.server(), move |stream, heads| {
        heads(peer::head(stream).unwrap());
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            .unwrap();
        let mut chunk = b"1000\r\n".to_vec();
        chunk.extend([b'x'; 0x1000]);
        chunk.extend(b"\r\n");
        while stream.write_all(&chunk).is_ok() {
            count.fetch_add(chunk.len(), Ordering::SeqCst);
        }
    });
    assert_eq!(client.at(peer.port).ask().unwrap_err(), Trouble::Protocol);
    std::thread::sleep(Duration::from_millis(200));
    let taken = written.load(Ordering::SeqCst);
    assert!(taken < 32 << 20, "{taken} bytes were taken");
}

#[test]
fn headers_without_end_are_no_answer() {
    let client = Client::new();
    let peer = Peer::doing(client.server(), |stream, _| {
        peer::head(stream).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n").unwrap();
        while stream
            .write_all(b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")
            .is_ok()
        {}
    });
    assert_eq!(client.at(peer.port).ask().unwrap_err(), Trouble::Protocol);
}

/// Writes a byte now and then, for as long as somebody takes it.
fn drip(stream: &mut impl std::io::Write, start: &[u8]) {
    let mut alive = stream.write_all(start).is_ok();
    while alive {
        std::thread::sleep(Duration::from_millis(50));
        alive = stream.write_all(b"a").and_then(|()| stream.flush()).is_ok();
    }
}

#[test]
fn a_peer_that_drips_gets_no_more_time_than_one_that_is_silent() {
    for start in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
    ] {
        let mut client = Client::new();
        client.settings.limits.request = Duration::from_millis(700);
        let peer = Peer::doing(client.server(), move |stream, _| {
            peer::head(stream).unwrap();
            if start.is_empty() {
                std::thread::sleep(Duration::from_secs(60));
            }
            drip(stream, start);
        });
        let began = Instant::now();
        assert_eq!(client.at(peer.port).ask().unwrap_err(), Trouble::Timeout);
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{:?}",
            began.elapsed()
        );
    }
    // before TLS as well
    let mut client = Client::new();
    client.settings.limits.request = Duration::from_millis(700);
    let peer = Peer::raw(|mut stream, _| drip(&mut stream, b"\x16\x03\x03\x40\x00"));
    let began = Instant::now();
    assert_eq!(client.at(peer.port).ask().unwrap_err(), Trouble::Timeout);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_name_that_is_looked_up_forever_is_given_up() {
    struct Asleep;
    impl Names for Asleep {
        fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            std::thread::sleep(Duration::from_secs(60));
            Ok(Vec::new())
        }
    }
    let dialer = Dialer::new(&Client::new().settings, Arc::new(Asleep)).unwrap();
    let began = Instant::now();
    let trouble = dialer.connect(HOST, 443, began + Duration::from_millis(300));
    assert_eq!(trouble.unwrap_err(), Trouble::Timeout);
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn what_is_packed_is_not_unpacked() {
    // a bomb is a few bytes on the wire; nothing here inflates them
    for coding in ["gzip", "br", "deflate", "zstd", "identity, gzip"] {
        let header = format!("Content-Encoding: {coding}\r\n");
        let trouble = Client::new().answered(answer("200 OK", &header, "\u{1f}bomb"));
        assert_eq!(trouble.unwrap_err(), Trouble::Protocol, "{coding}");
    }
}

#[test]
fn a_body_that_is_no_text_is_empty() {
    let mut bytes = answer("200 OK", "Content-Type: application/json\r\n", "12345678");
    let at = bytes.len() - 4;
    bytes[at] = 0xff;
    let reply = Client::new().answered(bytes).unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
}

#[test]
fn what_is_no_http_is_no_answer() {
    for bytes in [
        &b"220 mail.example ESMTP\r\n\r\n"[..],
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let client = Client::new();
        let peer = Peer::doing(client.server(), move |stream, _| {
            peer::head(stream).unwrap();
            stream.write_all(bytes).unwrap();
            stream.conn.send_close_notify();
            let _ = stream.flush();
        });
        let trouble = client.at(peer.port).ask().unwrap_err();
        assert!(
            matches!(trouble, Trouble::Protocol | Trouble::Connection),
            "{trouble}"
        );
    }
}

#[test]
fn a_connection_that_breaks_off_is_no_answer() {
    for begun in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
    ] {
        let client = Client::new();
        let peer = Peer::doing(client.server(), move |stream, _| {
            peer::head(stream).unwrap();
            let _ = stream.write_all(begun).and_then(|()| stream.flush());
        });
        let trouble = client.at(peer.port).ask().unwrap_err();
        assert!(
            matches!(trouble, Trouble::Connection | Trouble::Protocol),
            "{begun:?}: {trouble}"
        );
    }
    let nobody = Client::new().at(1);
    assert_eq!(nobody.ask().unwrap_err(), Trouble::Connection);
}

// ---- Mail, as far as the line decides.

#[test]
fn a_mail_server_is_asked_only_if_it_is_listed_or_named() {
    let peer = Peer::raw(|_, _| {});
    let mut client = Client::new();
    let (user, password) = (Secret::new(b"ops", 0), Secret::new(MARKER.as_bytes(), 0));
    let login = |host| SmtpLogin {
        provider: "operator",
        host,
        port: peer.port,
        security: Security::Implicit,
        user: &user,
        password: &password,
    };
    for host in [
        "127.0.0.1",
        "smtp.sendgrid.net.evil.example",
        "evil-sendgrid.net",
        HOST,
    ] {
        let trouble = client.line().wire().smtp(&login(host)).unwrap_err();
        assert!(
            matches!(trouble, Trouble::HostNotAllowed { .. }),
            "{host}: {trouble}"
        );
    }
    assert_eq!(peer.connections(), 0);
    let named = |text: &str| vec![MailHost::parse(text).unwrap()];
    client.settings.smtp_hosts = named("127.0.0.1");
    let line = |client: &Client| {
        let endpoints = MailLogins::new(&client.settings.smtp_hosts, false).endpoints();
        Guarded::new(&client.settings, endpoints, client.names.clone()).unwrap()
    };
    // no port of mail, and nobody named it
    let trouble = line(&client).wire().smtp(&login("127.0.0.1")).unwrap_err();
    assert!(
        matches!(trouble, Trouble::HostNotAllowed { .. }),
        "{trouble}"
    );
    assert_eq!(peer.connections(), 0);
    client.settings.smtp_hosts = named(&format!("127.0.0.1:{}", peer.port));
    let trouble = line(&client).wire().smtp(&login("127.0.0.1")).unwrap_err();
    assert!(
        !matches!(trouble, Trouble::HostNotAllowed { .. }),
        "{trouble}"
    );
    assert_eq!(peer.connections(), 1);
}

// ---- Nothing is told.

#[test]
fn no_trouble_and_no_debug_text_holds_a_credential_or_an_answer() {
    let asked = format!("{:?}", request(HOST));
    assert!(!asked.contains(MARKER), "{asked}");
    let told = "what-the-provider-said";
    let cut = format!("HTTP/1.1 200 OK\r\nContent-Length: 999\r\nX-Key: {MARKER}\r\n\r\n{told}");
    let bad = format!("HTTP/1.1 2x0 {told}\r\nX-Key: {MARKER}\r\n\r\n{told}");
    for bytes in [cut, bad] {
        let client = Client::new();
        let peer = Peer::doing(client.server(), move |stream, _| {
            peer::head(stream).unwrap();
            let _ = stream
                .write_all(bytes.as_bytes())
                .and_then(|()| stream.flush());
        });
        let trouble = client.at(peer.port).ask().unwrap_err();
        let text = format!("{trouble} {trouble:?}");
        assert!(!text.contains(MARKER) && !text.contains(told), "{text}");
    }
    let reply = Client::new().answered(answer("200 OK", "", told)).unwrap();
    assert!(!format!("{reply:?}").contains(told));
}
