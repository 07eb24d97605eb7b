//! GitHub Actions: `docs.github.com/actions/reference/workflows-and-actions/variables`, and the events in
//! `…/events-that-trigger-workflows`. The file of the event says more than the variables do.

use serde::Deserialize;

use super::{CiError, Environment, Job, Point, beside_default, branch, id};
use crate::model::ObjectId;

/// The parts of an event that name commits.
#[derive(Default, Deserialize)]
struct Event {
    pull_request: Option<PullRequest>,
    merge_group: Option<MergeGroup>,
    repository: Option<Repository>,
    before: Option<String>,
    after: Option<String>,
    #[serde(default)]
    deleted: bool,
}

#[derive(Deserialize)]
struct PullRequest {
    base: End,
    head: End,
}

#[derive(Deserialize)]
struct End {
    sha: String,
    #[serde(rename = "ref")]
    name: Option<String>,
}

#[derive(Deserialize)]
struct MergeGroup {
    base_sha: String,
    head_sha: String,
    base_ref: Option<String>,
}

#[derive(Deserialize)]
struct Repository {
    default_branch: Option<String>,
}

/// What the job is about.
pub(super) fn job(environment: Environment<'_>, event: Option<&[u8]>) -> Result<Job, CiError> {
    let name = environment
        .get("GITHUB_EVENT_NAME")
        .ok_or_else(|| CiError::Missing {
            event: "GitHub".to_owned(),
            name: "GITHUB_EVENT_NAME",
        })?;
    let is_pull_request = name.starts_with("pull_request");
    if !is_pull_request && name != "push" && name != "merge_group" {
        // the description may be of any form then, or none
        let event: Event = event
            .and_then(|event| serde_json::from_slice(event).ok())
            .unwrap_or_default();
        let default = event.repository.and_then(|it| it.default_branch);
        return Ok(Job::whole(name).beside(default));
    }
    let broken = |problem: &str| CiError::Event {
        event: name.clone(),
        problem: problem.to_owned(),
    };
    let event = event.ok_or_else(|| broken("there is no such file"))?;
    // the parser's own words could quote the file
    let event: Event = serde_json::from_slice(event).map_err(|_| broken("it is not its JSON"))?;
    if is_pull_request {
        let pull = event
            .pull_request
            .ok_or_else(|| broken("`pull_request` is not there"))?;
        return pull_request(&name, &pull);
    }
    if name == "merge_group" {
        let group = event
            .merge_group
            .ok_or_else(|| broken("`merge_group` is not there"))?;
        return Ok(Job {
            event: "merge queue".to_owned(),
            tips: vec![Point::Commit(known(
                "merge_group.head_sha",
                &group.head_sha,
            )?)],
            bases: [Point::Commit(known(
                "merge_group.base_sha",
                &group.base_sha,
            )?)]
            .into_iter()
            .chain(group.base_ref.map(|name| Point::Branch(branch(&name))))
            .collect(),
            guesses: Vec::new(),
            default: None,
            needs_base: true,
        });
    }
    push(environment, &event)
}

/// The head is scanned beside what is checked out: mostly that is the merge of both, but a workflow may check out anything.
fn pull_request(name: &str, pull: &PullRequest) -> Result<Job, CiError> {
    let base = Point::Commit(known("pull_request.base.sha", &pull.base.sha)?);
    let head = Point::Commit(known("pull_request.head.sha", &pull.head.sha)?);
    let target = pull.base.name.as_deref().map(branch).map(Point::Branch);
    Ok(Job {
        event: if name == "pull_request_target" {
            "pull request (pull_request_target)".to_owned()
        } else {
            "pull request".to_owned()
        },
        tips: vec![Point::Head, head],
        bases: [base].into_iter().chain(target).collect(),
        guesses: Vec::new(),
        default: None,
        needs_base: true,
    })
}

fn push(environment: Environment<'_>, event: &Event) -> Result<Job, CiError> {
    let (kind, name) = pushed(environment);
    let end = |name: &'static str, value: Option<&String>| match value {
        Some(text) => id(name, text),
        None => Ok(None),
    };
    let after = end("after", event.after.as_ref())?;
    let before = end("before", event.before.as_ref())?;
    let happened = match (kind, &name) {
        ("tag", Some(name)) => format!("push of tag {name}"),
        (_, Some(name)) => format!("push to {name}"),
        (_, None) => "push".to_owned(),
    };
    if event.deleted {
        return Ok(Job {
            tips: Vec::new(),
            ..Job::whole(happened + ", which deletes it")
        });
    }
    let tips = match (kind, after, &name) {
        ("tag", _, Some(name)) => vec![Point::Head, Point::Tag(name.clone())],
        (_, Some(after), _) => vec![Point::Commit(after)],
        (_, None, _) => vec![Point::Head],
    };
    let default = event.repository.as_ref();
    let default = default.and_then(|repository| repository.default_branch.as_deref());
    let branch = name.as_deref().filter(|_| kind != "tag");
    Ok(Job {
        event: happened,
        tips,
        bases: before.map(Point::Commit).into_iter().collect(),
        guesses: beside_default(branch, default),
        default: None,
        needs_base: false,
    })
}

/// Whether a branch or a tag was pushed, and its name.
fn pushed(environment: Environment<'_>) -> (&'static str, Option<String>) {
    let full = environment.get("GITHUB_REF").unwrap_or_default();
    if let Some(name) = full.strip_prefix("refs/tags/") {
        return ("tag", Some(name.to_owned()));
    }
    let name = full.strip_prefix("refs/heads/").map(str::to_owned);
    ("branch", name)
}

fn known(name: &str, text: &str) -> Result<ObjectId, CiError> {
    id(name, text)?.ok_or_else(|| CiError::Id {
        name: name.to_owned(),
        value: text.to_owned(),
    })
}
