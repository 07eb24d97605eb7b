//! Azure Pipelines: `learn.microsoft.com/azure/devops/pipelines/build/variables`.
//!
//! It names the tip of a push and never what was there before.

use super::{CiError, Environment, Job, Point, branch};

/// What the job is about.
pub(super) fn job(environment: Environment<'_>) -> Result<Job, CiError> {
    let reason = environment.get("BUILD_REASON").unwrap_or_default();
    let commit = environment
        .id("BUILD_SOURCEVERSION")?
        .map_or(Point::Head, Point::Commit);
    if reason == "PullRequest" {
        let target = environment
            .get("SYSTEM_PULLREQUEST_TARGETBRANCH")
            .ok_or_else(|| CiError::Missing {
                event: "Azure pull request".to_owned(),
                name: "SYSTEM_PULLREQUEST_TARGETBRANCH",
            })?;
        // what is checked out is the merge of both
        let source = environment.id("SYSTEM_PULLREQUEST_SOURCECOMMITID")?;
        return Ok(Job {
            event: "pull request".to_owned(),
            tips: [commit]
                .into_iter()
                .chain(source.map(Point::Commit))
                .collect(),
            bases: vec![Point::Branch(branch(&target))],
            guesses: Vec::new(),
            default: None,
            needs_base: true,
        });
    }
    let source = environment.get("BUILD_SOURCEBRANCH").unwrap_or_default();
    let is_push = matches!(reason.as_str(), "IndividualCI" | "BatchedCI");
    let tag = source.strip_prefix("refs/tags/").filter(|_| is_push);
    let event = match (is_push, tag) {
        (false, _) if reason.is_empty() => return Ok(Job::whole("job")),
        (false, _) => return Ok(Job::whole(reason)),
        (true, Some(tag)) => format!("push of tag {tag}"),
        (true, None) => format!("push to {}", branch(&source)),
    };
    Ok(Job {
        event,
        tips: [commit]
            .into_iter()
            .chain(tag.map(|tag| Point::Tag(tag.to_owned())))
            .collect(),
        bases: Vec::new(),
        guesses: vec![Point::DefaultBranch],
        default: None,
        needs_base: false,
    })
}
