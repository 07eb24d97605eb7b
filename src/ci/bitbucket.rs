//! Bitbucket Pipelines: `support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets`.
//!
//! It names the tip of a push and never what was there before.

use super::{CiError, Environment, Job, Point};
use crate::model::ObjectId;

/// What the job is about.
pub(super) fn job(environment: Environment<'_>) -> Result<Job, CiError> {
    let commit = environment.get("BITBUCKET_COMMIT").map(|text| point(&text));
    if environment.get("BITBUCKET_PR_ID").is_some() {
        let mut bases = Vec::new();
        bases.extend(
            environment
                .get("BITBUCKET_PR_DESTINATION_COMMIT")
                .map(|text| point(&text)),
        );
        bases.extend(
            environment
                .get("BITBUCKET_PR_DESTINATION_BRANCH")
                .map(Point::Branch),
        );
        if bases.is_empty() {
            return Err(CiError::Missing {
                event: "Bitbucket pull request".to_owned(),
                name: "BITBUCKET_PR_DESTINATION_COMMIT",
            });
        }
        return Ok(Job {
            event: "pull request".to_owned(),
            // what is checked out is the source merged with the destination
            tips: [Point::Head].into_iter().chain(commit).collect(),
            bases,
            guesses: Vec::new(),
            default: None,
            needs_base: true,
        });
    }
    let tag = environment.get("BITBUCKET_TAG");
    let branch = environment.get("BITBUCKET_BRANCH");
    let event = match (&tag, &branch) {
        (Some(tag), _) => format!("push of tag {tag}"),
        (None, Some(branch)) => format!("push to {branch}"),
        // started by hand, on a commit
        (None, None) => return Ok(Job::whole("manual")),
    };
    Ok(Job {
        event,
        tips: [commit.unwrap_or(Point::Head)]
            .into_iter()
            .chain(tag.map(Point::Tag))
            .collect(),
        bases: Vec::new(),
        guesses: vec![Point::DefaultBranch],
        default: None,
        needs_base: false,
    })
}

/// Ids of destinations are cut to twelve digits.
fn point(text: &str) -> Point {
    match ObjectId::from_hex(text.as_bytes()) {
        Some(id) => Point::Commit(id),
        None => Point::Short(text.to_owned()),
    }
}
