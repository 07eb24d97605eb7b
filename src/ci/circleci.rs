//! CircleCI: `circleci.com/docs/variables`. What a push or pull request is compared with is a pipeline value and no variable;
//! the configuration has to hand it on: `CIRCLE_BASE_REVISION: << pipeline.git.base_revision >>`.

use super::{CiError, Environment, Job, Point};

/// What the job is about.
pub(super) fn job(environment: Environment<'_>) -> Result<Job, CiError> {
    let commit = environment
        .id("CIRCLE_SHA1")?
        .map_or(Point::Head, Point::Commit);
    let base = environment.id("CIRCLE_BASE_REVISION")?;
    let tag = environment.get("CIRCLE_TAG");
    let branch = environment.get("CIRCLE_BRANCH");
    let event = match (&tag, &branch) {
        (Some(tag), _) => format!("push of tag {tag}"),
        (None, Some(branch)) => format!("push to {branch}"),
        (None, None) => "job".to_owned(),
    };
    Ok(Job {
        event,
        tips: [commit].into_iter().chain(tag.map(Point::Tag)).collect(),
        bases: base.map(Point::Commit).into_iter().collect(),
        guesses: vec![Point::DefaultBranch],
        default: None,
        needs_base: false,
    })
}
