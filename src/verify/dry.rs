//! A line on which nothing goes out: it notes what would be asked, which holds no secret.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::{HttpReply, HttpRequest, Line, Method, SmtpLogin, SmtpReply, Trouble, Wire};

/// Notes questions and answers none. What hangs on an earlier answer, such as a second region, does not show.
#[derive(Debug, Default)]
pub struct DryRun {
    noted: Mutex<BTreeMap<Question, u64>>,
}

/// A question that would be put.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Whose host it is.
    pub provider: String,
    /// The host, with the port if it is not that of HTTPS.
    pub host: String,
    /// What would be said: method and path, or that of a login.
    pub what: String,
}

impl DryRun {
    /// What would be asked first about each credential, with how many of them there are.
    pub fn questions(self) -> Vec<(Question, u64)> {
        let noted = self.noted.into_inner();
        let noted = noted.unwrap_or_else(PoisonError::into_inner);
        noted.into_iter().collect()
    }

    fn note(&self, provider: &str, host: String, what: String) {
        let question = Question {
            provider: provider.to_owned(),
            host,
            what,
        };
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        *noted.entry(question).or_default() += 1;
    }
}

impl Line for DryRun {
    fn wire(&self) -> Box<dyn Wire + '_> {
        Box::new(Noting(self))
    }

    fn asks(&self) -> bool {
        false
    }
}

struct Noting<'d>(&'d DryRun);

impl Wire for Noting<'_> {
    fn http(&mut self, request: &HttpRequest<'_>) -> Result<HttpReply, Trouble> {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        let what = format!("{method} {}", request.path);
        self.0.note(request.provider, request.host.to_owned(), what);
        Err(Trouble::NotAsked)
    }

    fn smtp(&mut self, login: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble> {
        let host = format!("{}:{}", login.host, login.port);
        let what = "AUTH, and no mail".to_owned();
        self.0.note(login.provider, host, what);
        Err(Trouble::NotAsked)
    }
}
