//! A line on which nothing goes out: it notes what would be asked, which holds no secret.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::{HttpReply, HttpRequest, Line, Method, SmtpLogin, SmtpReply, Trouble, Way, Ways, Wire};

/// Notes questions and answers none. What hangs on an earlier answer, such as a second region, does not show.
pub struct DryRun<'w> {
    /// Those of the line that would ask: what it refuses would not be asked.
    ways: &'w dyn Ways,
    noted: Mutex<BTreeMap<Question, u64>>,
}

/// A question that would be put.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Whose host it is.
    pub provider: String,
    /// The host, with the port if it is not that of HTTPS, the one that it stands in for, and the proxy on the way.
    pub host: String,
    /// What would be said: method and path, or that of a login.
    pub what: String,
}

impl<'w> DryRun<'w> {
    /// One that goes by `ways`.
    pub fn new(ways: &'w dyn Ways) -> Self {
        Self {
            ways,
            noted: Mutex::default(),
        }
    }

    /// What would be asked first about each credential, with how many of them there are.
    pub fn questions(self) -> Vec<(Question, u64)> {
        let noted = self.noted.into_inner();
        let noted = noted.unwrap_or_else(PoisonError::into_inner);
        noted.into_iter().collect()
    }

    fn note(&self, provider: &str, way: &Way<'_>, what: String) {
        let question = Question {
            provider: provider.to_owned(),
            host: way.in_full(),
            what,
        };
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        *noted.entry(question).or_default() += 1;
    }
}

impl Line for DryRun<'_> {
    fn wire(&self) -> Box<dyn Wire + '_> {
        Box::new(Noting(self))
    }

    fn asks(&self) -> bool {
        false
    }
}

struct Noting<'d>(&'d DryRun<'d>);

impl Wire for Noting<'_> {
    fn http(&mut self, request: &HttpRequest<'_>) -> Result<HttpReply, Trouble> {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        let way = self.0.ways.http(request)?;
        let what = format!("{method} {}", request.path);
        self.0.note(request.provider, &way, what);
        Err(Trouble::NotAsked)
    }

    fn smtp(&mut self, login: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble> {
        let way = self.0.ways.smtp(login)?;
        let what = "AUTH, and no mail".to_owned();
        self.0.note(login.provider, &way, what);
        Err(Trouble::NotAsked)
    }
}
