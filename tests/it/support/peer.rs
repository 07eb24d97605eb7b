//! A server on loopback that does to each connection what a test says, under a certificate of a throwaway authority, and
//! remembers what it was sent.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::tls::Authority;

/// A connection under TLS, as the server has it.
pub(crate) type Accepted = StreamOwned<ServerConnection, TcpStream>;

/// The server. Its threads end with the test.
pub(crate) struct Peer {
    pub(crate) port: u16,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    connections: usize,
    /// Heads of requests, with their bodies if they were read.
    heads: Vec<String>,
}

impl Peer {
    /// Answers every request with `answer`, as it stands, and keeps the connection.
    pub(crate) fn answering(config: Arc<ServerConfig>, answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::doing(config, move |stream, heads| {
            while let Some(head) = head(stream) {
                heads(head);
                if stream.write_all(&answer).is_err() || stream.flush().is_err() {
                    return;
                }
            }
        })
    }

    /// Does as `script` says with every connection; it hands over the heads that it reads.
    pub(crate) fn doing(
        config: Arc<ServerConfig>,
        script: impl Fn(&mut Accepted, &dyn Fn(String)) + Send + Sync + 'static,
    ) -> Self {
        Self::raw(move |stream, heads| {
            let Ok(session) = ServerConnection::new(config.clone()) else {
                return;
            };
            script(&mut StreamOwned::new(session, stream), heads);
        })
    }

    /// The same without TLS.
    pub(crate) fn raw(script: impl Fn(TcpStream, &dyn Fn(String)) + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", script)
    }

    /// The same at an address of one's choice.
    pub(crate) fn at(
        address: &str,
        script: impl Fn(TcpStream, &dyn Fn(String)) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Log::default()));
        let (seen, script) = (log.clone(), Arc::new(script));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                seen.lock().unwrap().connections += 1;
                let (seen, script) = (seen.clone(), script.clone());
                std::thread::spawn(move || {
                    script(stream, &|head| seen.lock().unwrap().heads.push(head));
                });
            }
        });
        Self { port, log }
    }

    pub(crate) fn connections(&self) -> usize {
        self.log.lock().unwrap().connections
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.log.lock().unwrap().heads.clone()
    }
}

/// The next request up to its empty line; `None` if the client has left.
pub(crate) fn head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// An answer with its length.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

/// Writes the certificate of `authority` to `file`.
pub(crate) fn write_ca(authority: &Authority, file: &Path) {
    let text = STANDARD.encode(authority.certificate());
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let mark = |end: &str| format!("-----{end} CERTIFICATE-----\n");
    let pem = format!("{}{}\n{}", mark("BEGIN"), lines.join("\n"), mark("END"));
    std::fs::write(file, pem).unwrap();
}
