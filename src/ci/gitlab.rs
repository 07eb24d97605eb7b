//! GitLab CI/CD: `docs.gitlab.com/ci/variables/predefined_variables`.

use super::{CiError, Environment, Job, Point, beside_default};

/// Sources of pipelines that no change set off.
const NO_CHANGE: [&str; 9] = [
    "api",
    "chat",
    "ondemand_dast_scan",
    "parent_pipeline",
    "pipeline",
    "schedule",
    "security_orchestration_policy",
    "trigger",
    "web",
];

/// What the job is about.
pub(super) fn job(environment: Environment<'_>) -> Result<Job, CiError> {
    let head = environment
        .id("CI_COMMIT_SHA")?
        .map_or(Point::Head, Point::Commit);
    if environment.get("CI_MERGE_REQUEST_IID").is_some() {
        return merge_request(environment, head);
    }
    let source = environment.get("CI_PIPELINE_SOURCE").unwrap_or_default();
    if NO_CHANGE.contains(&source.as_str()) {
        return Ok(Job::whole(source).beside(environment.get("CI_DEFAULT_BRANCH")));
    }
    let default = environment.get("CI_DEFAULT_BRANCH");
    let tag = environment.get("CI_COMMIT_TAG");
    let branch = environment.get("CI_COMMIT_BRANCH");
    let event = match (&tag, &branch) {
        (Some(tag), _) => format!("push of tag {tag}"),
        (None, Some(branch)) => format!("push to {branch}"),
        (None, None) => "push".to_owned(),
    };
    let before = environment.id("CI_COMMIT_BEFORE_SHA")?;
    Ok(Job {
        event,
        tips: [head].into_iter().chain(tag.map(Point::Tag)).collect(),
        bases: before.map(Point::Commit).into_iter().collect(),
        guesses: beside_default(branch.as_deref(), default.as_deref()),
        default: None,
        needs_base: false,
    })
}

/// A pipeline of merged results is told the tip of the target branch, another one where the branches parted. No branch is asked
/// for by its name: in a pipeline of a fork, the clone's branches are the fork's.
fn merge_request(environment: Environment<'_>, head: Point) -> Result<Job, CiError> {
    let ends = [
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA",
    ];
    let mut bases = Vec::new();
    for name in ends {
        bases.extend(environment.id(name)?.map(Point::Commit));
    }
    if bases.is_empty() {
        return Err(CiError::Missing {
            event: "GitLab merge request".to_owned(),
            name: ends[1],
        });
    }
    Ok(Job {
        event: "merge request".to_owned(),
        tips: vec![head],
        bases,
        guesses: Vec::new(),
        default: None,
        needs_base: true,
    })
}
