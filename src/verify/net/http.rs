//! HTTP, by ureq over connections of the dialer.
//!
//! The library parses the protocol and nothing else: it looks no names up, follows no redirect, reads no environment, keeps no
//! cookies, and unpacks nothing. It is built without decompression on purpose: an answer is a few kilobytes of JSON, and a small
//! body that unpacks to gigabytes is then just a body that is no text.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ureq::Agent;
use ureq::config::Config;
use ureq::http::{HeaderMap, HeaderValue, Request, Response, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use zeroize::Zeroizing;

use super::{Dialer, NetError, Secured, dial};
use crate::model::Secret;
use crate::verify::credential::bytes;
use crate::verify::{Body, Header, HttpReply, HttpRequest, Method, Settings, Trouble};

/// Most bytes of all headers of an answer.
const HEADERS: usize = 16 << 10;

/// Bytes read or written at a time.
const BUFFER: usize = 8 << 10;

/// Longest wait that an answer can ask for.
const LONGEST_WAIT: u64 = 365 * 24 * 3600;

/// Asks over HTTPS.
pub(super) struct Http {
    agent: Agent,
}

impl Http {
    pub(super) fn new(settings: &Settings, dialer: Arc<Dialer>) -> Result<Self, NetError> {
        let visible = |b: u8| b == b' ' || b.is_ascii_graphic();
        if settings.user_agent.is_empty() || !settings.user_agent.bytes().all(visible) {
            return Err(NetError::UserAgent);
        }
        let config = Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // the default is what the environment says
            .proxy(None)
            .user_agent(&settings.user_agent)
            .accept("application/json")
            .accept_encoding("identity")
            .max_response_header_size(HEADERS)
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER)
            .timeout_global(Some(settings.limits.request))
            .max_idle_connections_per_host(settings.limits.per_host)
            .build();
        Ok(Self {
            agent: Agent::with_parts(config, Dialled(dialer), NoNames),
        })
    }

    /// Puts `request` to `host` and `port`, which are allowed.
    pub(super) fn ask(
        &self,
        request: &HttpRequest<'_>,
        host: &str,
        port: u16,
        deadline: Instant,
    ) -> Result<HttpReply, Trouble> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Trouble::Spent);
        }
        let parts = parts(request, host, port)?;
        let response = match &request.body {
            Some(body) => self.run(
                parts.body(bytes(body)).map_err(|_| Trouble::Protocol)?,
                left,
            ),
            None => self.run(parts.body(()).map_err(|_| Trouble::Protocol)?, left),
        };
        reply(response.map_err(trouble)?)
    }

    fn run<B: ureq::AsSendBody>(
        &self,
        request: Request<B>,
        left: Duration,
    ) -> Result<Response<ureq::Body>, ureq::Error> {
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(left))
            .build();
        self.agent.run(request)
    }
}

/// Everything of a request but its body.
fn parts(
    request: &HttpRequest<'_>,
    host: &str,
    port: u16,
) -> Result<ureq::http::request::Builder, Trouble> {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
    };
    let place = match (host.contains(':'), port) {
        (true, _) => format!("[{host}]:{port}"),
        (false, 443) => host.to_owned(),
        (false, _) => format!("{host}:{port}"),
    };
    let plain = |b: u8| b.is_ascii_graphic() && b != b'#';
    if !request.path.starts_with('/') || !request.path.bytes().all(plain) {
        return Err(Trouble::Protocol);
    }
    let mut parts = Request::builder()
        .method(method)
        .uri(format!("https://{place}{}", request.path));
    for (name, value) in &request.headers {
        let value = match value {
            Header::Plain(text) => HeaderValue::from_str(text),
            Header::Secret(secret) => sensitive(secret),
        };
        parts = parts.header(*name, value.map_err(|_| Trouble::Protocol)?);
    }
    if request.body.is_some() {
        parts = parts.header("content-type", "application/json");
    }
    Ok(parts)
}

/// A value that the library leaves out of its debug texts.
fn sensitive(secret: &Secret) -> Result<HeaderValue, ureq::http::header::InvalidHeaderValue> {
    let mut value = HeaderValue::from_bytes(bytes(secret))?;
    value.set_sensitive(true);
    Ok(value)
}

fn reply(response: Response<ureq::Body>) -> Result<HttpReply, Trouble> {
    let (head, body) = response.into_parts();
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    if text("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        // nobody asked for it
        return Err(Trouble::Protocol);
    }
    let media_type = text("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default();
    Ok(HttpReply {
        status: head.status.as_u16(),
        media_type: media_type.trim().to_ascii_lowercase(),
        wait: wait(head.status.as_u16(), &head.headers, SystemTime::now()),
        body: read(body)?,
    })
}

/// The body, if it is text of a bearable length.
fn read(body: ureq::Body) -> Result<Body, Trouble> {
    let most = Body::MAX + 1;
    let mut text = Zeroizing::new(Vec::with_capacity(most));
    let mut reader = body.into_reader().take(most as u64);
    reader
        .read_to_end(&mut text)
        .map_err(|error| trouble(error.into()))?;
    if text.len() == most {
        return Err(Trouble::Protocol);
    }
    Ok(std::str::from_utf8(&text)
        .map(|text| Body::new(text.to_owned()))
        .unwrap_or_default())
}

/// How long the provider wants to be left alone: what it says when it turns somebody away, or when what it lets through is used
/// up with this answer.
fn wait(status: u16, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |name: &str| text(name)?.parse::<u64>().ok();
    let now = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let until = |at: u64| at.saturating_sub(now);
    let turned_away = matches!(status, 429 | 503);
    if !turned_away && number("x-ratelimit-remaining") != Some(0) {
        return None;
    }
    let after = text("retry-after").and_then(|text| {
        text.parse().ok().or_else(|| {
            let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            Some(until(u64::try_from(at.as_second()).ok()?))
        })
    });
    // seconds since 1970 with most providers, seconds from now with some
    let reset = || {
        number("x-ratelimit-reset").map(|reset| {
            if reset > 1_000_000_000 {
                until(reset)
            } else {
                reset
            }
        })
    };
    let seconds = after.or_else(reset)?;
    Some(Duration::from_secs(seconds.min(LONGEST_WAIT)))
}

/// What an error of the library means. Its texts quote addresses and headers, and go no further.
fn trouble(error: ureq::Error) -> Trouble {
    match error {
        ureq::Error::Other(inner) => inner
            .downcast::<Trouble>()
            .map_or(Trouble::Connection, |trouble| *trouble),
        ureq::Error::Io(error) => dial::broken(&error),
        ureq::Error::Timeout(_) => Trouble::Timeout,
        ureq::Error::HostNotFound => Trouble::NoSuchHost,
        ureq::Error::Protocol(_)
        | ureq::Error::Http(_)
        | ureq::Error::BadUri(_)
        | ureq::Error::BodyExceedsLimit(_)
        | ureq::Error::LargeResponseHeader(..)
        | ureq::Error::BodyStalled => Trouble::Protocol,
        _ => Trouble::Connection,
    }
}

/// Names are the dialer's business, which looks up and connects in one go, so that what was checked is what is connected to.
#[derive(Debug)]
struct NoNames;

impl Resolver for NoNames {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut none = self.empty();
        // the library wants one; nothing ever connects to it
        none.push(SocketAddr::from(([0, 0, 0, 0], 0)));
        Ok(none)
    }
}

/// Makes connections with the dialer.
struct Dialled(Arc<Dialer>);

impl fmt::Debug for Dialled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialled")
    }
}

impl Connector<()> for Dialled {
    type Out = Connection;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Connection>, ureq::Error> {
        let refuse = |trouble: Trouble| ureq::Error::Other(Box::new(trouble));
        let host = details.uri.host().ok_or(ureq::Error::HostNotFound)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = details.uri.port_u16().unwrap_or(443);
        let deadline = deadline(details.timeout);
        let stream = self.0.connect(host, port, deadline).map_err(refuse)?;
        let stream = self
            .0
            .secure(host, self.0.timed(stream, deadline))
            .map_err(refuse)?;
        Ok(Some(Connection {
            stream,
            buffers: LazyBuffers::new(BUFFER, BUFFER),
        }))
    }
}

/// When what the library does now has to be done; it has one time for a request as a whole.
fn deadline(timeout: NextTimeout) -> Instant {
    let left = timeout.not_zero().map_or(Duration::ZERO, |left| *left);
    Instant::now() + left
}

/// A connection to a host, under TLS.
struct Connection {
    stream: Secured,
    buffers: LazyBuffers,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.sock.until(deadline(timeout));
        let output = &self.buffers.output()[..amount];
        self.stream.write_all(output)?;
        self.stream.flush()?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.sock.until(deadline(timeout));
        let input = self.buffers.input_append_buf();
        let amount = self.stream.read(input)?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Whether it can be used for another question: the peer has said nothing since, not even goodbye.
    fn is_open(&mut self) -> bool {
        let socket = self.stream.sock.get_ref();
        let mut byte = [0];
        let silent = socket.set_nonblocking(true).is_ok()
            && socket
                .peek(&mut byte)
                .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        silent && socket.set_nonblocking(false).is_ok()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| {
                (
                    ureq::http::HeaderName::from_static(name),
                    value.parse().unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn a_wait_is_read_in_every_form() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let wait = |status, list: &[(&'static str, &str)]| {
            wait(status, &headers(list), now).map(|wait| wait.as_secs())
        };
        assert_eq!(wait(429, &[("retry-after", "7")]), Some(7));
        assert_eq!(wait(503, &[("retry-after", " 7 ")]), Some(7));
        assert_eq!(
            wait(429, &[("retry-after", "Fri, 15 Jan 2027 08:00:30 GMT")]),
            Some(30)
        );
        assert_eq!(wait(429, &[("x-ratelimit-reset", "1800000012")]), Some(12));
        assert_eq!(wait(429, &[("x-ratelimit-reset", "12")]), Some(12));
        assert_eq!(wait(429, &[("x-ratelimit-reset", "1700000000")]), Some(0));
        assert_eq!(
            wait(
                200,
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9")]
            ),
            Some(9)
        );
        assert_eq!(
            wait(
                200,
                &[("x-ratelimit-remaining", "5"), ("x-ratelimit-reset", "9")]
            ),
            None
        );
        assert_eq!(wait(200, &[("retry-after", "7")]), None);
        assert_eq!(wait(429, &[]), None);
        assert_eq!(wait(429, &[("retry-after", "soon")]), None);
        assert_eq!(
            wait(429, &[("retry-after", "18446744073709551615")]),
            Some(LONGEST_WAIT)
        );
    }
}
