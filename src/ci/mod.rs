//! Which commits a CI job is about: from the variables of its environment, and for GitHub from the file that describes the event.
//!
//! A pure function: nothing is read here but what it is given, and nothing is looked up in a repository. What is named may not be
//! there; `app` resolves it. Each service has a module of its own, which says where its variables are documented.

mod azure;
mod bitbucket;
mod circleci;
mod github;
mod gitlab;
mod jenkins;

use crate::model::ObjectId;

/// A CI service that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// GitHub Actions, and what speaks its language (Gitea, Forgejo).
    Github,
    /// GitLab CI/CD.
    Gitlab,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Azure Pipelines.
    Azure,
    /// Jenkins.
    Jenkins,
    /// CircleCI.
    Circleci,
}

impl Service {
    /// Every service, in the order in which they are looked for.
    pub const ALL: [Service; 6] = [
        Self::Github,
        Self::Gitlab,
        Self::Bitbucket,
        Self::Azure,
        Self::Jenkins,
        Self::Circleci,
    ];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Github => "GitHub",
            Self::Gitlab => "GitLab",
            Self::Bitbucket => "Bitbucket",
            Self::Azure => "Azure",
            Self::Jenkins => "Jenkins",
            Self::Circleci => "CircleCI",
        }
    }

    /// How the job is told to clone the whole history, as a request.
    pub fn depth(self) -> &'static str {
        match self {
            Self::Github => "give `actions/checkout` the input `fetch-depth: 0`",
            Self::Gitlab => "set the job's variable `GIT_DEPTH: 0`",
            Self::Bitbucket => "set `clone: {depth: full}` for the step",
            Self::Azure => "set `fetchDepth: 0` in the step `checkout: self`",
            Self::Jenkins => {
                "switch the shallow clone of the job off, and let its refspec fetch all branches"
            }
            Self::Circleci => "set `method: full` in the step `checkout`",
        }
    }

    /// The variable that says that a job runs there, as people would write it.
    fn mark(self) -> &'static str {
        match self {
            Self::Github => "GITHUB_ACTIONS",
            Self::Gitlab => "GITLAB_CI",
            Self::Bitbucket => "BITBUCKET_BUILD_NUMBER",
            Self::Azure => "TF_BUILD",
            Self::Jenkins => "JENKINS_URL",
            Self::Circleci => "CIRCLECI",
        }
    }
}

/// The environment of a job.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    variables: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Environment<'a> {
    /// The environment in which `variables` gives the value of each.
    pub fn new(variables: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { variables }
    }

    /// The service whose job this is, if it is one's.
    pub fn service(&self) -> Option<Service> {
        Service::ALL
            .into_iter()
            .find(|service| self.get(service.mark()).is_some_and(|it| it != "false"))
    }

    /// A variable that is set to something.
    fn get(&self, name: &str) -> Option<String> {
        (self.variables)(name).filter(|value| !value.is_empty())
    }

    /// The id in a variable; none if it is not set, or set to git's way of writing that there is no object.
    fn id(&self, name: &str) -> Result<Option<ObjectId>, CiError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        id(name, &text)
    }
}

/// What `text`, which `name` holds, stands for; none where it says that there is no object.
fn id(name: &str, text: &str) -> Result<Option<ObjectId>, CiError> {
    let id = ObjectId::from_hex(text.as_bytes()).ok_or_else(|| CiError::Id {
        name: name.to_owned(),
        value: text.chars().take(80).collect(),
    })?;
    Ok(Some(id).filter(|id| !id.is_null()))
}

/// A commit by what a service calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// What is checked out.
    Head,
    /// This one.
    Commit(ObjectId),
    /// The one whose id begins so.
    Short(String),
    /// The tip of a branch, here or at the remote that the clone is of.
    Branch(String),
    /// The tip of the remote's default branch.
    DefaultBranch,
    /// What a tag names. It need not be there: what it names is checked out as well.
    Tag(String),
}

/// What a job is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What happened, for people: `pull request`, `push to main`.
    pub event: String,
    /// What is to be scanned with all that it reaches; the first one is what would become of the repository. None where there
    /// is nothing to scan.
    pub tips: Vec<Point>,
    /// What is known already, with all that it reaches, as the service says. The policy is that of the first one that is there.
    pub bases: Vec<Point>,
    /// Where none of `bases` is there: what is probably known. If that leaves nothing to scan, it was no good guess.
    pub guesses: Vec<Point>,
    /// Where nothing is compared with anything: the branch whose policy counts all the same.
    pub default: Option<Point>,
    /// Whether one of `bases` has to be there. Where it need not and none is, everything that `tips` reach is scanned.
    pub needs_base: bool,
}

impl Job {
    /// Everything that is checked out, because the event `event` has no base.
    fn whole(event: impl Into<String>) -> Self {
        Self {
            event: event.into(),
            tips: vec![Point::Head],
            bases: Vec::new(),
            guesses: Vec::new(),
            default: Some(Point::DefaultBranch),
            needs_base: false,
        }
    }

    /// The same where the service names the default branch.
    fn beside(self, default: Option<String>) -> Self {
        Self {
            default: default.map(Point::Branch).or(self.default),
            ..self
        }
    }
}

/// Why it can't be told what a job is about.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CiError {
    /// A variable is missing.
    #[error("{event}: {name} is not set; {}", SAY)]
    Missing {
        /// What happened.
        event: String,
        /// The variable.
        name: &'static str,
    },
    /// What should be an id is none.
    #[error("{name} is no id of a commit: {value:?}; {}", SAY)]
    Id {
        /// The variable, or the key in the event.
        name: String,
        /// What it is.
        value: String,
    },
    /// The event is not described as GitHub describes it.
    #[error(
        "GITHUB_EVENT_PATH does not describe a {event} event: {problem}; {}",
        SAY
    )]
    Event {
        /// What happened.
        event: String,
        /// What is missing.
        problem: String,
    },
}

/// What to do if a service does not say enough.
const SAY: &str = "--range A..B says what to scan";

/// What the job in `environment` is about, if it is one of `service`. `event` is what GitHub's event file holds.
pub fn job(
    service: Service,
    environment: Environment<'_>,
    event: Option<&[u8]>,
) -> Result<Job, CiError> {
    match service {
        Service::Github => github::job(environment, event),
        Service::Gitlab => gitlab::job(environment),
        Service::Bitbucket => bitbucket::job(environment),
        Service::Azure => azure::job(environment),
        Service::Jenkins => jenkins::job(environment),
        Service::Circleci => circleci::job(environment),
    }
}

/// The name of the branch that `text` names, in full or not.
fn branch(text: &str) -> String {
    let name = text.strip_prefix("refs/heads/").unwrap_or(text);
    name.to_owned()
}

/// The guesses for a branch or tag of which nothing is known: what the default branch does not have, unless this is it.
fn beside_default(name: Option<&str>, default: Option<&str>) -> Vec<Point> {
    match default {
        Some(default) if name == Some(default) => Vec::new(),
        Some(default) => vec![Point::Branch(default.to_owned())],
        None => vec![Point::DefaultBranch],
    }
}

#[cfg(test)]
mod tests;
