//! A loopback server that plays the providers: HTTPS with a certificate of a throwaway authority, answers chosen by what is asked.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::tls::Authority;

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// What stands behind `Bearer`, or what `Basic` encodes.
    pub(crate) credential: String,
    /// Everything that was said, in one line.
    pub(crate) said: String,
}

/// What comes back.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Status, media type and body.
    Reply(u16, &'static str, String),
    /// The connection ends without a word.
    Cut,
    /// Nothing, for so long.
    Silence(Duration),
    /// Something that is no HTTP.
    Garbage(String),
}

/// JSON with a status.
pub(crate) fn json(status: u16, body: &str) -> Answer {
    Answer::Reply(status, "application/json", body.to_owned())
}

/// The server. Its threads end with the test.
pub(crate) struct Providers {
    port: u16,
    ca: PathBuf,
    authority: Authority,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Providers {
    /// Starts it; the authority's certificate is put into `folder`.
    pub(crate) fn start(
        folder: &Path,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let authority = Authority::new();
        let ca = folder.join("ca.pem");
        let lines = STANDARD.encode(authority.certificate());
        let lines: Vec<&str> = lines
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        let kind = "CERTIFICATE";
        let pem = format!(
            "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
            lines.join("\n")
        );
        std::fs::write(&ca, pem).unwrap();
        let config = authority.server(&["127.0.0.1"]);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, seen, answer) =
                    (Arc::clone(&config), Arc::clone(&seen), Arc::clone(&answer));
                std::thread::spawn(move || {
                    // a client that goes away is no failure of the server
                    let _ = serve(stream?, config, &seen, &*answer);
                    std::io::Result::Ok(())
                });
            }
        });
        Self {
            port,
            ca,
            authority,
            asked,
        }
    }

    /// Who vouches for it, and for other servers of a test.
    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Options that lead all questions to SendGrid and Twilio here.
    pub(crate) fn led(&self) -> Vec<String> {
        self.led_from(&["sendgrid", "twilio"])
    }

    /// Options that lead all questions to `providers` here.
    pub(crate) fn led_from(&self, providers: &[&str]) -> Vec<String> {
        let mut args = vec![
            "--ca".to_owned(),
            self.ca.to_string_lossy().into_owned(),
            "--allow-loopback".to_owned(),
        ];
        for provider in providers {
            args.push("--endpoint".to_owned());
            args.push(format!("{provider}=https://127.0.0.1:{}", self.port));
        }
        args
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// All that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    seen: &Mutex<Vec<Asked>>,
    answer: &dyn Fn(&Asked) -> Answer,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut asked = read(&head);
    let mut body = vec![0; length(&head)];
    stream.read_exact(&mut body)?;
    asked.said += &String::from_utf8_lossy(&body);
    seen.lock().unwrap().push(asked.clone());
    match answer(&asked) {
        Answer::Reply(status, media, body) => {
            let extra = if status == 429 {
                "retry-after: 86400\r\n"
            } else {
                ""
            };
            let location = if (300..400).contains(&status) {
                "location: https://127.0.0.1:1/elsewhere\r\n"
            } else {
                ""
            };
            write!(
                stream,
                "HTTP/1.1 {status} So\r\ncontent-type: {media}\r\n{extra}{location}content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )?;
            stream.flush()?;
            stream.conn.send_close_notify();
            stream.flush()
        }
        Answer::Cut => Ok(()),
        Answer::Silence(time) => {
            std::thread::sleep(time);
            Ok(())
        }
        Answer::Garbage(text) => {
            stream.write_all(text.as_bytes())?;
            stream.flush()
        }
    }
}

/// How long the body is.
fn length(head: &str) -> usize {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    length.map_or(0, |(_, value)| value.trim().parse().unwrap())
}

fn read(head: &str) -> Asked {
    let mut first = head.split(' ');
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    };
    let method = first.next().unwrap_or_default().to_owned();
    let path = first.next().unwrap_or_default().to_owned();
    let authorization = header("authorization");
    let credential = match authorization.split_once(' ') {
        Some(("Basic", text)) => {
            String::from_utf8_lossy(&STANDARD.decode(text).unwrap_or_default()).into_owned()
        }
        Some((_, text)) => text.to_owned(),
        None => authorization,
    };
    Asked {
        method,
        path,
        credential,
        said: head.replace("\r\n", " "),
    }
}
