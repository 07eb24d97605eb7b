//! Mail servers on loopback that do as a test tells them: one connection each, in a thread, with everything heard kept.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A server, and what it heard so far.
pub(crate) struct MailServer {
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl MailServer {
    /// One that does `act` with the first connection that comes, and then hangs up.
    pub(crate) fn that(
        act: impl FnOnce(&mut Talk<TcpStream>) -> io::Result<()> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::default();
        let mut talk_heard = Some(Arc::clone(&heard));
        std::thread::spawn(move || {
            let (stream, _) = listener.accept()?;
            // a test that has failed leaves no thread behind for long
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            stream.set_nodelay(true)?;
            act(&mut Talk {
                stream,
                heard: talk_heard.take().unwrap_or_default(),
            })
        });
        Self { port, heard }
    }

    /// A well-behaved one, which begins TLS as asked, offers `mechanisms` and says `verdict` to a login.
    pub(crate) fn honest(
        config: Arc<ServerConfig>,
        implicit: bool,
        mechanisms: &'static str,
        verdict: &'static str,
    ) -> Self {
        Self::that(move |talk| {
            if implicit {
                let mut safe = talk.secured(config)?;
                safe.say("220 mail.harbor.io ESMTP\r\n")?;
                safe.hears_login(mechanisms, verdict)
            } else {
                talk.begins_tls()?;
                talk.secured(config)?.hears_login(mechanisms, verdict)
            }
        })
    }

    /// Everything that was heard, inside TLS and outside, as text.
    pub(crate) fn heard(&self) -> String {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&heard).into_owned()
    }
}

/// A connection from the server's side.
pub(crate) struct Talk<S> {
    pub(crate) stream: S,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl<S: Read + Write> Talk<S> {
    pub(crate) fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes())?;
        self.stream.flush()
    }

    /// The next line of the client, without its end.
    pub(crate) fn hear(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            self.heard
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(byte);
            line.extend(byte);
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Greets, offers TLS and begins it.
    pub(crate) fn begins_tls(&mut self) -> io::Result<()> {
        self.say("220 mail.harbor.io ESMTP\r\n")?;
        self.hear()?;
        self.say("250-mail.harbor.io\r\n250 STARTTLS\r\n")?;
        self.hear()?;
        self.say("220 go ahead\r\n")
    }

    /// Hears a login to its end, and the farewell.
    fn hears_login(&mut self, mechanisms: &str, verdict: &str) -> io::Result<()> {
        self.hear()?;
        self.say(&format!("250-mail.harbor.io\r\n250 AUTH {mechanisms}\r\n"))?;
        if self.hear()? == "AUTH LOGIN" {
            for question in ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"] {
                self.say(question)?;
                self.hear()?;
            }
        }
        self.say(verdict)?;
        self.hear()?;
        self.say("221 bye\r\n")
    }
}

impl Talk<TcpStream> {
    /// The same connection inside TLS.
    pub(crate) fn secured(
        &self,
        config: Arc<ServerConfig>,
    ) -> io::Result<Talk<StreamOwned<ServerConnection, TcpStream>>> {
        let tls = ServerConnection::new(config).map_err(io::Error::other)?;
        Ok(Talk {
            stream: StreamOwned::new(tls, self.stream.try_clone()?),
            heard: Arc::clone(&self.heard),
        })
    }
}
