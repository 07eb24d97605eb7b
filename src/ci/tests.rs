//! Every service and event, by the variables that the service sets.

use std::collections::HashMap;

use super::*;

fn hex(digit: char) -> String {
    digit.to_string().repeat(40)
}

fn commit(digit: char) -> Point {
    Point::Commit(ObjectId::from_hex(hex(digit).as_bytes()).unwrap())
}

fn found(variables: &[(&str, &str)], event: Option<&str>) -> Result<Job, CiError> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    let get = |name: &str| variables.get(name).map(|&value| value.to_owned());
    let environment = Environment::new(&get);
    let service = environment
        .service()
        .expect("the variables are a service's");
    job(service, environment, event.map(str::as_bytes))
}

#[track_caller]
fn assert_job(
    job: Result<Job, CiError>,
    event: &str,
    [tips, bases, guesses]: [&[Point]; 3],
    needs_base: bool,
) {
    let job = job.unwrap();
    assert_eq!(job.event, event);
    assert_eq!(job.tips, tips, "tips");
    assert_eq!(job.bases, bases, "bases");
    assert_eq!(job.guesses, guesses, "guesses");
    assert_eq!(job.needs_base, needs_base);
}

fn main_branch() -> Point {
    Point::Branch("main".to_owned())
}

fn github(name: &str, reference: &str, event: &str) -> Result<Job, CiError> {
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", name),
        ("GITHUB_REF", reference),
    ];
    found(&variables, Some(event))
}

#[test]
fn services_are_told_apart() {
    for (name, value, service) in [
        ("GITHUB_ACTIONS", "true", Service::Github),
        ("GITLAB_CI", "true", Service::Gitlab),
        ("BITBUCKET_BUILD_NUMBER", "7", Service::Bitbucket),
        ("TF_BUILD", "True", Service::Azure),
        ("JENKINS_URL", "https://ci.example.org/", Service::Jenkins),
        ("CIRCLECI", "true", Service::Circleci),
    ] {
        let get = |asked: &str| (asked == name).then(|| value.to_owned());
        assert_eq!(Environment::new(&get).service(), Some(service));
        let off = |asked: &str| (asked == name).then(|| "false".to_owned());
        assert_eq!(Environment::new(&off).service(), None);
        let unset = |asked: &str| (asked == name).then(String::new);
        assert_eq!(Environment::new(&unset).service(), None);
    }
    assert_eq!(Environment::new(&|_| None).service(), None);
}

#[test]
fn github_pull_request() {
    let event = format!(
        "{{\"pull_request\": {{\"base\": {{\"sha\": \"{}\", \"ref\": \"main\"}}, \"head\": {{\"sha\": \"{}\", \"ref\": \"x\"}}}}}}",
        hex('b'),
        hex('c')
    );
    for (name, told) in [
        ("pull_request", "pull request"),
        ("pull_request_review", "pull request"),
        ("pull_request_target", "pull request (pull_request_target)"),
    ] {
        assert_job(
            github(name, "refs/pull/7/merge", &event),
            told,
            [
                &[Point::Head, commit('c')],
                &[commit('b'), main_branch()],
                &[],
            ],
            true,
        );
    }
}

#[test]
fn github_push() {
    let event = |before: char, after: char| {
        format!(
            "{{\"before\": \"{}\", \"after\": \"{}\", \"repository\": {{\"default_branch\": \"main\"}}, \"deleted\": {}}}",
            hex(before),
            hex(after),
            after == '0'
        )
    };
    assert_job(
        github("push", "refs/heads/topic", &event('b', 'c')),
        "push to topic",
        [&[commit('c')], &[commit('b')], &[main_branch()]],
        false,
    );
    // a new branch
    assert_job(
        github("push", "refs/heads/topic", &event('0', 'c')),
        "push to topic",
        [&[commit('c')], &[], &[main_branch()]],
        false,
    );
    // the first push of all
    assert_job(
        github("push", "refs/heads/main", &event('0', 'c')),
        "push to main",
        [&[commit('c')], &[], &[]],
        false,
    );
    assert_job(
        github("push", "refs/tags/v1", &event('0', 'c')),
        "push of tag v1",
        [
            &[Point::Head, Point::Tag("v1".to_owned())],
            &[],
            &[main_branch()],
        ],
        false,
    );
    let deleted = github("push", "refs/heads/topic", &event('b', '0')).unwrap();
    assert_eq!(deleted.tips, []);
}

#[test]
fn github_merge_queue() {
    let event = format!(
        "{{\"merge_group\": {{\"base_sha\": \"{}\", \"head_sha\": \"{}\", \"base_ref\": \"refs/heads/main\"}}}}",
        hex('b'),
        hex('c')
    );
    assert_job(
        github(
            "merge_group",
            "refs/heads/gh-readonly-queue/main/pr-7",
            &event,
        ),
        "merge queue",
        [&[commit('c')], &[commit('b'), main_branch()], &[]],
        true,
    );
}

#[test]
fn github_without_a_range() {
    for name in ["schedule", "workflow_dispatch", "release"] {
        assert_job(
            github(name, "refs/heads/main", "{}"),
            name,
            [&[Point::Head], &[], &[]],
            false,
        );
    }
}

#[test]
fn github_events_that_are_none_are_refused() {
    for (name, event) in [
        ("pull_request", Some("{}")),
        ("pull_request", Some("not json")),
        ("pull_request", None),
        ("merge_group", Some("{}")),
        ("push", None),
        (
            "pull_request",
            Some("{\"pull_request\": {\"base\": {\"sha\": \"main\"}, \"head\": {\"sha\": \"x\"}}}"),
        ),
        ("push", Some("{\"before\": \"--upload-pack=x\"}")),
    ] {
        let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", name)];
        let error = found(&variables, event).unwrap_err().to_string();
        assert!(error.ends_with("--range A..B says what to scan"), "{error}");
    }
    assert!(found(&[("GITHUB_ACTIONS", "true")], None).is_err());
}

fn gitlab(variables: &[(&str, &str)]) -> Result<Job, CiError> {
    let sha = hex('c');
    let mut all = vec![
        ("GITLAB_CI", "true"),
        ("CI_COMMIT_SHA", sha.as_str()),
        ("CI_DEFAULT_BRANCH", "main"),
    ];
    all.extend(variables);
    found(&all, None)
}

#[test]
fn gitlab_merge_request() {
    let (base, target, zero) = (hex('b'), hex('d'), hex('0'));
    let request = [
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_COMMIT_BEFORE_SHA", zero.as_str()),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.as_str()),
    ];
    assert_job(
        gitlab(&request),
        "merge request",
        [&[commit('c')], &[commit('b')], &[]],
        true,
    );
    let merged = [("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", target.as_str())];
    assert_job(
        gitlab(&[&request[..], &merged].concat()),
        "merge request",
        [&[commit('c')], &[commit('d'), commit('b')], &[]],
        true,
    );
    let error = gitlab(&request[..3]).unwrap_err().to_string();
    assert!(error.contains("CI_MERGE_REQUEST_DIFF_BASE_SHA"), "{error}");
}

#[test]
fn gitlab_push() {
    let (before, zero) = (hex('b'), hex('0'));
    let push = |before, branch| {
        gitlab(&[
            ("CI_PIPELINE_SOURCE", "push"),
            ("CI_COMMIT_BRANCH", branch),
            ("CI_COMMIT_BEFORE_SHA", before),
        ])
    };
    assert_job(
        push(&before, "main"),
        "push to main",
        [&[commit('c')], &[commit('b')], &[]],
        false,
    );
    assert_job(
        push(&zero, "topic"),
        "push to topic",
        [&[commit('c')], &[], &[main_branch()]],
        false,
    );
    assert_job(
        push(&zero, "main"),
        "push to main",
        [&[commit('c')], &[], &[]],
        false,
    );
    assert_job(
        gitlab(&[
            ("CI_PIPELINE_SOURCE", "push"),
            ("CI_COMMIT_TAG", "v1"),
            ("CI_COMMIT_BEFORE_SHA", &zero),
        ]),
        "push of tag v1",
        [
            &[commit('c'), Point::Tag("v1".to_owned())],
            &[],
            &[main_branch()],
        ],
        false,
    );
}

#[test]
fn gitlab_without_a_change() {
    for source in ["schedule", "web", "trigger", "api"] {
        let job = gitlab(&[("CI_PIPELINE_SOURCE", source), ("CI_COMMIT_BRANCH", "main")]);
        assert_job(job, source, [&[Point::Head], &[], &[]], false);
    }
}

#[test]
fn bitbucket() {
    let sha = hex('c');
    let with = |variables: &[(&str, &str)]| {
        let mut all = vec![
            ("BITBUCKET_BUILD_NUMBER", "7"),
            ("BITBUCKET_COMMIT", sha.as_str()),
        ];
        all.extend(variables);
        found(&all, None)
    };
    let short = "bbbbbbbbbbbb";
    assert_job(
        with(&[
            ("BITBUCKET_PR_ID", "3"),
            ("BITBUCKET_BRANCH", "topic"),
            ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
            ("BITBUCKET_PR_DESTINATION_COMMIT", short),
        ]),
        "pull request",
        [
            &[Point::Head, commit('c')],
            &[Point::Short(short.to_owned()), main_branch()],
            &[],
        ],
        true,
    );
    assert!(with(&[("BITBUCKET_PR_ID", "3")]).is_err());
    assert_job(
        with(&[("BITBUCKET_BRANCH", "topic")]),
        "push to topic",
        [&[commit('c')], &[], &[Point::DefaultBranch]],
        false,
    );
    assert_job(
        with(&[("BITBUCKET_TAG", "v1")]),
        "push of tag v1",
        [
            &[commit('c'), Point::Tag("v1".to_owned())],
            &[],
            &[Point::DefaultBranch],
        ],
        false,
    );
    assert_eq!(with(&[]).unwrap().event, "manual");
}

#[test]
fn azure() {
    let (sha, source) = (hex('c'), hex('d'));
    let with = |variables: &[(&str, &str)]| {
        let mut all = vec![("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", sha.as_str())];
        all.extend(variables);
        found(&all, None)
    };
    for target in ["refs/heads/main", "main"] {
        assert_job(
            with(&[
                ("BUILD_REASON", "PullRequest"),
                ("BUILD_SOURCEBRANCH", "refs/pull/7/merge"),
                ("SYSTEM_PULLREQUEST_TARGETBRANCH", target),
                ("SYSTEM_PULLREQUEST_SOURCECOMMITID", &source),
            ]),
            "pull request",
            [&[commit('c'), commit('d')], &[main_branch()], &[]],
            true,
        );
    }
    assert!(with(&[("BUILD_REASON", "PullRequest")]).is_err());
    assert_job(
        with(&[
            ("BUILD_REASON", "IndividualCI"),
            ("BUILD_SOURCEBRANCH", "refs/heads/topic"),
        ]),
        "push to topic",
        [&[commit('c')], &[], &[Point::DefaultBranch]],
        false,
    );
    assert_job(
        with(&[
            ("BUILD_REASON", "BatchedCI"),
            ("BUILD_SOURCEBRANCH", "refs/tags/v1"),
        ]),
        "push of tag v1",
        [
            &[commit('c'), Point::Tag("v1".to_owned())],
            &[],
            &[Point::DefaultBranch],
        ],
        false,
    );
    for reason in ["Schedule", "Manual"] {
        assert_eq!(
            with(&[("BUILD_REASON", reason)]).unwrap(),
            Job::whole(reason)
        );
    }
}

#[test]
fn jenkins() {
    let (sha, before) = (hex('c'), hex('b'));
    let with = |variables: &[(&str, &str)]| {
        let mut all = vec![("JENKINS_URL", "https://ci.example.org/")];
        all.extend(variables);
        found(&all, None)
    };
    assert_job(
        with(&[("CHANGE_ID", "7"), ("CHANGE_TARGET", "main")]),
        "pull request",
        [&[Point::Head], &[main_branch()], &[]],
        true,
    );
    assert_job(
        with(&[
            ("GIT_COMMIT", &sha),
            ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", &before),
            ("BRANCH_NAME", "topic"),
        ]),
        "build of topic",
        [&[commit('c')], &[commit('b')], &[Point::DefaultBranch]],
        false,
    );
    assert_job(
        with(&[]),
        "build",
        [&[Point::Head], &[], &[Point::DefaultBranch]],
        false,
    );
}

#[test]
fn circleci() {
    let (sha, base) = (hex('c'), hex('b'));
    let all = [
        ("CIRCLECI", "true"),
        ("CIRCLE_SHA1", sha.as_str()),
        ("CIRCLE_BRANCH", "topic"),
        ("CIRCLE_BASE_REVISION", base.as_str()),
    ];
    assert_job(
        found(&all, None),
        "push to topic",
        [&[commit('c')], &[commit('b')], &[Point::DefaultBranch]],
        false,
    );
    assert_job(
        found(&all[..3], None),
        "push to topic",
        [&[commit('c')], &[], &[Point::DefaultBranch]],
        false,
    );
    let broken = [all[0], ("CIRCLE_BASE_REVISION", "<< pipeline.git.base >>")];
    let error = found(&broken, None).unwrap_err().to_string();
    assert!(
        error.starts_with("CIRCLE_BASE_REVISION is no id of a commit"),
        "{error}"
    );
}
