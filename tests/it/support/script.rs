//! A wire that leads nowhere: answers are made up by the test, and what was asked is kept.

use std::time::Duration;

use waxseal::model::{FindingPart, Place, Secret};
use waxseal::verify::{
    Body, Credential, Header, HttpReply, HttpRequest, SmtpLogin, SmtpReply, Trouble, Wire,
};

/// Answers requests.
type ToHttp<'t> = Box<dyn FnMut(&HttpRequest<'_>) -> Result<HttpReply, Trouble> + 't>;

/// Answers logins.
type ToSmtp<'t> = Box<dyn FnMut(&SmtpLogin<'_>) -> Result<SmtpReply, Trouble> + 't>;

/// A wire with answers for each kind of question.
pub(crate) struct Script<'t> {
    http: ToHttp<'t>,
    smtp: ToSmtp<'t>,
    /// Host and path of every request, or host and port of every login.
    pub(crate) asked: Vec<String>,
}

impl<'t> Script<'t> {
    /// One that is asked over HTTP.
    pub(crate) fn http(
        answer: impl FnMut(&HttpRequest<'_>) -> Result<HttpReply, Trouble> + 't,
    ) -> Self {
        Self {
            http: Box::new(answer),
            smtp: Box::new(|login| panic!("a login at {}", login.host)),
            asked: Vec::new(),
        }
    }

    /// One that is asked over SMTP.
    pub(crate) fn smtp(
        answer: impl FnMut(&SmtpLogin<'_>) -> Result<SmtpReply, Trouble> + 't,
    ) -> Self {
        Self {
            http: Box::new(|request| panic!("a request to {}", request.host)),
            smtp: Box::new(answer),
            asked: Vec::new(),
        }
    }
}

impl Wire for Script<'_> {
    fn http(&mut self, request: &HttpRequest<'_>) -> Result<HttpReply, Trouble> {
        self.asked.push(format!("{}{}", request.host, request.path));
        (self.http)(request)
    }

    fn smtp(&mut self, login: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble> {
        self.asked.push(format!("{}:{}", login.host, login.port));
        (self.smtp)(login)
    }
}

/// An answer in JSON.
pub(crate) fn json(status: u16, body: &str) -> HttpReply {
    reply(status, "application/json", body)
}

/// An answer.
pub(crate) fn reply(status: u16, media_type: &str, body: &str) -> HttpReply {
    HttpReply {
        status,
        media_type: media_type.to_owned(),
        wait: (status == 429).then_some(Duration::from_secs(2)),
        body: Body::new(body.to_owned()),
    }
}

/// The value of the header `Authorization`.
#[expect(clippy::disallowed_methods, reason = "made up by the test")]
pub(crate) fn authorization(request: &HttpRequest<'_>) -> String {
    let (_, value) = request
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .expect("every question has a credential");
    match value {
        Header::Secret(secret) => String::from_utf8(secret.expose().to_vec()).unwrap(),
        Header::Plain(_) => panic!("a credential that anybody may see"),
    }
}

/// What a secret of the test holds.
#[expect(clippy::disallowed_methods, reason = "made up by the test")]
pub(crate) fn text(secret: &Secret) -> &str {
    std::str::from_utf8(secret.expose()).unwrap()
}

/// A credential that holds what it is made of, to be lent.
pub(crate) struct Held {
    rule: &'static str,
    secret: Secret,
    parts: Vec<FindingPart>,
    others: Vec<Secret>,
}

impl Held {
    pub(crate) fn new(rule: &'static str, secret: &str, parts: &[(&'static str, &str)]) -> Self {
        let place = Place {
            start: 0,
            end: 0,
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
        };
        let parts = parts.iter().map(|&(name, value)| FindingPart {
            name: name.into(),
            value: Secret::new(value.as_bytes(), 0),
            place,
        });
        Self {
            rule,
            secret: Secret::new(secret.as_bytes(), 0),
            parts: parts.collect(),
            others: Vec::new(),
        }
    }

    /// With ids from elsewhere.
    pub(crate) fn with_others(mut self, others: &[String]) -> Self {
        let secrets = others.iter().map(|id| Secret::new(id.as_bytes(), 0));
        self.others = secrets.collect();
        self
    }

    pub(crate) fn lent(&self) -> Credential<'_> {
        Credential {
            rule: self.rule,
            secret: &self.secret,
            parts: &self.parts,
            others: &self.others,
        }
    }
}
