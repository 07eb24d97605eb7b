//! Jenkins: variables of its Git and Branch API plugins (`CHANGE_…` in jobs of pull requests, `GIT_…` in all).

use super::{CiError, Environment, Job, Point, branch};

/// What the job is about.
pub(super) fn job(environment: Environment<'_>) -> Result<Job, CiError> {
    let commit = environment
        .id("GIT_COMMIT")?
        .map_or(Point::Head, Point::Commit);
    if let Some(target) = environment.get("CHANGE_TARGET") {
        return Ok(Job {
            event: "pull request".to_owned(),
            tips: vec![commit],
            bases: vec![Point::Branch(branch(&target))],
            guesses: Vec::new(),
            default: None,
            needs_base: true,
        });
    }
    let name = environment
        .get("BRANCH_NAME")
        .or_else(|| environment.get("GIT_BRANCH"));
    let previous = environment.id("GIT_PREVIOUS_SUCCESSFUL_COMMIT")?;
    Ok(Job {
        event: match name {
            Some(name) => format!("build of {name}"),
            None => "build".to_owned(),
        },
        tips: vec![commit],
        bases: previous.map(Point::Commit).into_iter().collect(),
        guesses: vec![Point::DefaultBranch],
        default: None,
        needs_base: false,
    })
}
