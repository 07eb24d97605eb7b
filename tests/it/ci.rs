//! `waxseal ci` in clones as each service makes them, with the environment that it sets.

use std::ffi::OsStr;
use std::path::Path;

use serde_json::Value;

use crate::support::program::{Run, finished, text, waxseal};
use crate::support::repo::Scratch;

const NULL: &str = "0000000000000000000000000000000000000000";

/// A line with a key in it.
fn leak(label: &str) -> String {
    text(&format!("key = '<<sendgrid-key#{label}>>'\n"))
}

/// A repository, as the service has it, and clones of it, as jobs have them.
struct Remote {
    dir: Scratch,
}

impl Remote {
    /// One with a commit on `main`.
    fn new() -> Self {
        let dir = Scratch::new();
        dir.git(&["init", "-q", "-b", "main", "up"]);
        dir.git_in("up", &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let remote = Self { dir };
        remote.commit("readme", "hello\n");
        remote
    }

    fn git(&self, args: &[&str]) -> String {
        let out = self.dir.git_fed("up", args, b"");
        String::from_utf8(out).unwrap().trim().to_owned()
    }

    /// Commits `text` as `path`; the commit's id.
    fn commit(&self, path: &str, text: &str) -> String {
        self.dir.write(format!("up/{path}"), text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", &format!("change {path}")]);
        self.id("HEAD")
    }

    fn id(&self, name: &str) -> String {
        self.git(&["rev-parse", name])
    }

    /// A branch `topic` with one commit, off `main`.
    fn topic(&self, path: &str, text: &str) -> String {
        self.git(&["checkout", "-q", "-b", "topic"]);
        let id = self.commit(path, text);
        self.git(&["checkout", "-q", "main"]);
        id
    }

    /// Merges `topic` into `main` without moving it, as services do it for a pull request; the merge's id.
    fn merge(&self) -> String {
        self.git(&["checkout", "-q", "--detach", "main"]);
        self.git(&["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
        let id = self.id("HEAD");
        self.git(&["update-ref", "refs/pull/7/merge", &id]);
        self.git(&["checkout", "-q", "main"]);
        id
    }

    /// A clone with `id` checked out; `depth` commits deep, or whole.
    fn clone_at(&self, id: &str, depth: Option<u32>) -> Job<'_> {
        let name = format!("clone-{id}-{}", depth.unwrap_or(0));
        let url = format!("file://{}", self.dir.path("up").display());
        self.dir.git(&["init", "-q", &name]);
        self.dir.git_in(&name, &["remote", "add", "origin", &url]);
        let depth = depth.map(|depth| format!("--depth={depth}"));
        let mut fetch = vec!["fetch", "-q"];
        match &depth {
            Some(depth) => fetch.extend([depth.as_str(), "origin", id]),
            None => fetch.extend([
                "--tags",
                "origin",
                "+refs/heads/*:refs/remotes/origin/*",
                "+refs/pull/*:refs/remotes/pull/*",
            ]),
        }
        self.dir.git_in(&name, &fetch);
        if depth.is_none() {
            self.dir
                .git_in(&name, &["remote", "set-head", "origin", "main"]);
        }
        self.dir.git_in(&name, &["checkout", "-q", "--detach", id]);
        Job {
            remote: self,
            clone: name,
            environment: Vec::new(),
        }
    }
}

/// A clone, and the environment of a job in it.
struct Job<'r> {
    remote: &'r Remote,
    clone: String,
    environment: Vec<(String, String)>,
}

impl Job<'_> {
    fn with(mut self, variables: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.environment.extend(variables.iter().map(own));
        self
    }

    /// A job of GitHub, of the event `name` that is described by `event`.
    fn github(self, name: &str, reference: &str, event: &str) -> Self {
        let path = self.remote.dir.path(format!("{}.json", self.clone));
        std::fs::write(&path, event).unwrap();
        self.with(&[
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
            ("GITHUB_REF", reference),
        ])
    }

    fn path(&self) -> std::path::PathBuf {
        self.remote.dir.path(&self.clone)
    }

    fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        let mut command = waxseal(&self.path(), ["ci"]);
        command
            .args(args)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        finished(command.output().unwrap())
    }

    /// What the run in JSON gives: the rules that found something, sorted, and the run.
    fn rules(&self) -> (Vec<String>, Run) {
        let run = self.run(["--format", "json"]);
        let report: Value =
            serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
        let found = report["findings"].as_array().unwrap().iter();
        let mut rules: Vec<String> = found
            .map(|finding| finding["rule"].as_str().unwrap().to_owned())
            .collect();
        rules.sort();
        (rules, run)
    }
}

fn pull_request(base: &str, head: &str) -> String {
    format!(
        "{{\"pull_request\": {{\"base\": {{\"sha\": \"{base}\", \"ref\": \"main\"}}, \"head\": {{\"sha\": \"{head}\", \"ref\": \"topic\"}}}}}}"
    )
}

fn push(before: &str, after: &str) -> String {
    format!(
        "{{\"before\": \"{before}\", \"after\": \"{after}\", \"repository\": {{\"default_branch\": \"main\"}}}}"
    )
}

#[track_caller]
fn assert_told(run: &Run, code: i32, parts: &[&str]) {
    assert_eq!(run.code, code, "{}{}", run.out, run.err);
    for part in parts {
        assert!(run.err.contains(part), "{part} is not in\n{}", run.err);
    }
}

/// The first twelve digits, as they are shown.
fn short(id: &str) -> &str {
    &id[..12]
}

// ---- GitHub

#[test]
fn a_pull_request_with_a_secret_is_blocked_and_annotated() {
    let remote = Remote::new();
    let old = remote.commit("old.py", &leak("old"));
    let head = remote.topic("new.py", &leak("new"));
    let merge = remote.merge();
    let job = remote.clone_at(&merge, None);
    let job = job.github(
        "pull_request",
        "refs/pull/7/merge",
        &pull_request(&old, &head),
    );
    let run = job.run([""; 0]);
    let line = format!(
        "waxseal: GitHub pull request: {}..{}, 2 commits; policy of {}\n",
        short(&old),
        short(&merge),
        short(&old)
    );
    assert_told(&run, 1, &[&line]);
    // what was there before is not its fault
    assert_eq!(run.out.lines().count(), 1, "{}", run.out);
    let start = "::error file=new.py,line=1,endLine=1,col=8,endColumn=77,title=critical%3A SendGrid API key";
    assert!(run.out.starts_with(start), "{}", run.out);
    let text = job.run(["--format", "text"]);
    assert!(text.out.contains("new.py:1:8  critical"), "{}", text.out);
}

#[test]
fn a_pull_request_without_a_secret_passes() {
    let remote = Remote::new();
    let base = remote.commit("old.py", &leak("old"));
    let head = remote.topic("new.py", "key = ENV['KEY']\n");
    let job = remote.clone_at(&remote.merge(), None);
    let job = job.github(
        "pull_request",
        "refs/pull/7/merge",
        &pull_request(&base, &head),
    );
    let run = job.run([""; 0]);
    assert_told(&run, 0, &["2 commits", "no findings"]);
    assert_eq!(run.out, "");
}

/// A file that only moved is as old as it was; so is a secret in a line that nobody touched.
#[test]
fn what_moved_is_not_new_and_what_changed_beside_it_neither() {
    let remote = Remote::new();
    let base = remote.commit("old.py", &(leak("old") + "a = 1\n"));
    remote.git(&["checkout", "-q", "-b", "topic"]);
    let head = remote.commit("old.py", &(leak("old") + "a = 2\n"));
    remote.git(&["checkout", "-q", "main"]);
    let job = remote.clone_at(&remote.merge(), None);
    let job = job.github(
        "pull_request",
        "refs/pull/7/merge",
        &pull_request(&base, &head),
    );
    assert_told(&job.run([""; 0]), 0, &["no findings"]);
    // under another name it is: nothing tells a moved file from a copied one
    remote.git(&["checkout", "-q", "topic"]);
    remote.git(&["mv", "old.py", "moved.py"]);
    let head = remote.commit("x", "x\n");
    remote.git(&["checkout", "-q", "main"]);
    let job = remote.clone_at(&remote.merge(), None);
    let job = job.github(
        "pull_request",
        "refs/pull/7/merge",
        &pull_request(&base, &head),
    );
    let (rules, _) = job.rules();
    assert_eq!(rules, ["sendgrid-api-key"]);
}

/// The head is scanned even where a workflow checks out something else.
#[test]
fn a_checkout_of_the_base_does_not_hide_the_head() {
    let remote = Remote::new();
    let base = remote.id("main");
    let head = remote.topic("new.py", &leak("new"));
    remote.merge();
    for name in ["pull_request", "pull_request_target"] {
        let job = remote.clone_at(&base, None);
        let job = job.github(name, "refs/heads/main", &pull_request(&base, &head));
        assert_told(&job.run([""; 0]), 1, &["1 commit;"]);
        std::fs::remove_dir_all(job.path()).unwrap();
    }
    let job = remote.clone_at(&base, Some(1));
    let job = job.github(
        "pull_request_target",
        "refs/heads/main",
        &pull_request(&base, &head),
    );
    assert_told(
        &job.run([""; 0]),
        2,
        &["checks out the base and not the pull request; use `pull_request`"],
    );
}

#[test]
fn a_shallow_clone_is_refused_in_the_words_of_each_service() {
    let remote = Remote::new();
    let base = remote.id("main");
    remote.topic("a", "a\n");
    remote.git(&["checkout", "-q", "topic"]);
    let head = remote.commit("b", "b\n");
    remote.git(&["checkout", "-q", "main"]);
    let merge = remote.merge();
    let event = pull_request(&base, &head);
    let github = |depth| {
        let job = remote.clone_at(&merge, Some(depth));
        job.github("pull_request", "refs/pull/7/merge", &event)
            .run([""; 0])
    };
    // the head is not there, then a part of the way to the base
    for depth in [1, 2] {
        assert_told(&github(depth), 2, &["fetch-depth: 0"]);
    }
    // deep enough is deep enough
    assert_told(&github(3), 0, &["3 commits"]);
    for (variables, hint) in [
        (
            vec![
                ("GITLAB_CI", "true"),
                ("CI_MERGE_REQUEST_IID", "7"),
                ("CI_COMMIT_SHA", &*head),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &*base),
            ],
            "GIT_DEPTH: 0",
        ),
        (
            vec![
                ("BITBUCKET_BUILD_NUMBER", "7"),
                ("BITBUCKET_PR_ID", "7"),
                ("BITBUCKET_PR_DESTINATION_COMMIT", short(&base)),
            ],
            "clone: {depth: full}",
        ),
        (
            vec![
                ("TF_BUILD", "True"),
                ("BUILD_REASON", "PullRequest"),
                ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
            ],
            "fetchDepth: 0",
        ),
        (
            vec![("JENKINS_URL", "x"), ("CHANGE_TARGET", "main")],
            "shallow clone of the job off",
        ),
        (
            vec![("CIRCLECI", "true"), ("CIRCLE_BASE_REVISION", &*base)],
            "method: full",
        ),
    ] {
        let job = remote.clone_at(&head, Some(1)).with(&variables);
        assert_told(&job.run([""; 0]), 2, &[hint]);
        std::fs::remove_dir_all(job.path()).unwrap();
    }
}

#[test]
fn a_push_is_what_came_since_the_last_one() {
    let remote = Remote::new();
    let before = remote.commit("old.py", &leak("old"));
    let after = remote.commit("new.py", &leak("new"));
    let job = remote.clone_at(&after, None);
    let job = job.github("push", "refs/heads/main", &push(&before, &after));
    let (rules, run) = job.rules();
    assert_eq!(rules, ["sendgrid-api-key"]);
    assert_told(&run, 1, &["GitHub push to main: ", "1 commit;"]);
}

#[test]
fn a_new_branch_is_what_the_default_branch_does_not_have() {
    let remote = Remote::new();
    remote.commit("old.py", &leak("old"));
    let head = remote.topic("new.txt", "x\n");
    let job = remote.clone_at(&head, None);
    let job = job.github("push", "refs/heads/topic", &push(NULL, &head));
    assert_told(
        &job.run([""; 0]),
        0,
        &["GitHub push to topic: ", "1 commit;"],
    );
}

#[test]
fn a_first_push_is_everything() {
    let remote = Remote::new();
    remote.commit("old.py", &leak("old"));
    let head = remote.commit("old.py", "gone\n");
    let job = remote.clone_at(&head, None);
    let job = job.github("push", "refs/heads/main", &push(NULL, &head));
    let (rules, run) = job.rules();
    assert_eq!(rules, ["sendgrid-api-key"]);
    assert_told(&run, 1, &["no base, so everything that "]);
}

#[test]
fn a_forced_push_over_what_is_not_there_falls_back() {
    let remote = Remote::new();
    remote.commit("old.py", &leak("old"));
    let head = remote.topic("new.py", &leak("new"));
    let gone = "12".repeat(20);
    let job = remote.clone_at(&head, None);
    let job = job.github("push", "refs/heads/topic", &push(&gone, &head));
    let (rules, run) = job.rules();
    assert_eq!(rules, ["sendgrid-api-key"]);
    assert_told(
        &run,
        1,
        &["1 commit;", "commit 121212121212 is not in this clone"],
    );
    // on the default branch nothing else is known
    let job = remote.clone_at(&remote.id("main"), None);
    let job = job.github("push", "refs/heads/main", &push(&gone, &remote.id("main")));
    assert_told(&job.run([""; 0]), 1, &["no base, so everything that "]);
    // in a shallow clone it may be there and was not fetched
    let job = remote.clone_at(&head, Some(1));
    let job = job.github("push", "refs/heads/topic", &push(&gone, &head));
    assert_told(
        &job.run([""; 0]),
        2,
        &["its base, is not in this clone", "fetch-depth: 0"],
    );
}

#[test]
fn a_tag_is_scanned_with_its_message() {
    let remote = Remote::new();
    remote.commit("old.py", &leak("old"));
    remote.git(&["tag", "-a", "v1", "-m", &leak("message")]);
    let tag = remote.id("v1");
    let job = remote.clone_at(&remote.id("main"), None);
    let job = job.github("push", "refs/tags/v1", &push(NULL, &tag));
    let (rules, run) = job.rules();
    assert_eq!(rules, ["sendgrid-api-key"]);
    assert_told(&run, 1, &["GitHub push of tag v1: ", "0 commits"]);
}

#[test]
fn a_branch_that_is_deleted_is_nothing_to_scan() {
    let remote = Remote::new();
    let head = remote.id("main");
    let event = format!("{{\"before\": \"{head}\", \"after\": \"{NULL}\", \"deleted\": true}}");
    let job = remote.clone_at(&head, None);
    let run = job.github("push", "refs/heads/topic", &event).run([""; 0]);
    assert_told(&run, 0, &["which deletes it: nothing to scan"]);
}

#[test]
fn a_merge_queue_is_scanned_from_its_base() {
    let remote = Remote::new();
    let base = remote.commit("old.py", &leak("old"));
    remote.topic("new.py", &leak("new"));
    let merge = remote.merge();
    let event = format!(
        "{{\"merge_group\": {{\"base_sha\": \"{base}\", \"head_sha\": \"{merge}\", \"base_ref\": \"refs/heads/main\"}}}}"
    );
    let job = remote.clone_at(&merge, None);
    let (rules, run) = job
        .github(
            "merge_group",
            "refs/heads/gh-readonly-queue/main/pr-7",
            &event,
        )
        .rules();
    assert_eq!(rules, ["sendgrid-api-key"]);
    assert_told(&run, 1, &["GitHub merge queue: ", "2 commits"]);
}

#[test]
fn a_schedule_is_everything_that_is_reachable() {
    let remote = Remote::new();
    remote.commit("old.py", &leak("old"));
    let head = remote.commit("old.py", "gone\n");
    remote.topic("elsewhere.py", &leak("elsewhere"));
    let job = remote.clone_at(&head, None);
    let (rules, run) = job.github("schedule", "refs/heads/main", "{}").rules();
    assert_eq!(rules, ["sendgrid-api-key"], "not what another branch holds");
    let told = format!(
        "GitHub schedule: no base, so everything that {} reaches",
        short(&head)
    );
    assert_told(&run, 1, &[&told, &format!("policy of {}", short(&head))]);
    let job = remote.clone_at(&head, Some(1));
    let run = job.github("schedule", "refs/heads/main", "{}").run([""; 0]);
    assert_told(&run, 2, &["this clone is shallow", "fetch-depth: 0"]);
}

// ---- The others

#[test]
fn gitlab_merge_requests_and_pushes() {
    let remote = Remote::new();
    let base = remote.commit("old.py", &leak("old"));
    let head = remote.topic("new.py", &leak("new"));
    let clean = remote.commit("x", "x\n");
    let at = |id: &str, variables: &[(&str, &str)]| {
        let job = remote.clone_at(id, None).with(variables);
        let done = job.with(&[
            ("GITLAB_CI", "true"),
            ("CI_COMMIT_SHA", id),
            ("CI_DEFAULT_BRANCH", "main"),
        ]);
        let run = done.run([""; 0]);
        std::fs::remove_dir_all(done.path()).unwrap();
        run
    };
    let request = [
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &*base),
        ("CI_COMMIT_BEFORE_SHA", NULL),
    ];
    let run = at(&head, &request);
    assert_told(&run, 1, &["GitLab merge request: ", "1 commit;"]);
    assert!(run.out.contains("new.py:1:8  critical"), "{}", run.out);
    let branch = |name, before| {
        [
            ("CI_PIPELINE_SOURCE", "push"),
            ("CI_COMMIT_BRANCH", name),
            ("CI_COMMIT_BEFORE_SHA", before),
        ]
    };
    assert_told(
        &at(&clean, &branch("main", &base)),
        0,
        &["GitLab push to main: ", "1 commit;"],
    );
    assert_told(
        &at(&head, &branch("topic", NULL)),
        1,
        &["GitLab push to topic: ", "1 commit;"],
    );
    assert_told(
        &at(&clean, &[("CI_PIPELINE_SOURCE", "schedule")]),
        1,
        &["GitLab schedule: no base"],
    );
}

#[test]
fn bitbucket_pull_requests_and_pushes() {
    let remote = Remote::new();
    let base = remote.commit("old.py", &leak("old"));
    let head = remote.topic("new.py", &leak("new"));
    let merge = remote.merge();
    let mark = ("BITBUCKET_BUILD_NUMBER", "7");
    let job = remote.clone_at(&merge, None).with(&[
        mark,
        ("BITBUCKET_COMMIT", &head),
        ("BITBUCKET_PR_ID", "7"),
        ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
        ("BITBUCKET_PR_DESTINATION_COMMIT", short(&base)),
    ]);
    let told = format!(
        "Bitbucket pull request: {}..{}, 2 commits",
        short(&base),
        short(&merge)
    );
    assert_told(&job.run([""; 0]), 1, &[&told]);
    let job = remote.clone_at(&head, None).with(&[
        mark,
        ("BITBUCKET_COMMIT", &head),
        ("BITBUCKET_BRANCH", "topic"),
    ]);
    assert_told(
        &job.run([""; 0]),
        1,
        &["Bitbucket push to topic: ", "1 commit;"],
    );
    // nobody says what was pushed to the default branch: everything is looked at, not nothing
    let job = remote.clone_at(&base, None).with(&[
        mark,
        ("BITBUCKET_COMMIT", &base),
        ("BITBUCKET_BRANCH", "main"),
    ]);
    assert_told(
        &job.run([""; 0]),
        1,
        &["Bitbucket push to main: no base, so everything"],
    );
}

#[test]
fn azure_pull_requests_and_pushes() {
    let remote = Remote::new();
    remote.commit("old.py", &leak("old"));
    let head = remote.topic("new.py", &leak("new"));
    let merge = remote.merge();
    let job = remote.clone_at(&merge, None).with(&[
        ("TF_BUILD", "True"),
        ("BUILD_REASON", "PullRequest"),
        ("BUILD_SOURCEVERSION", &merge),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
        ("SYSTEM_PULLREQUEST_SOURCECOMMITID", &head),
    ]);
    assert_told(&job.run([""; 0]), 1, &["Azure pull request: ", "2 commits"]);
    let job = remote.clone_at(&head, None).with(&[
        ("TF_BUILD", "True"),
        ("BUILD_REASON", "IndividualCI"),
        ("BUILD_SOURCEVERSION", &head),
        ("BUILD_SOURCEBRANCH", "refs/heads/topic"),
    ]);
    assert_told(
        &job.run([""; 0]),
        1,
        &["Azure push to topic: ", "1 commit;"],
    );
}

#[test]
fn jenkins_pull_requests_and_builds() {
    let remote = Remote::new();
    let base = remote.commit("old.py", &leak("old"));
    let head = remote.topic("new.py", &leak("new"));
    let mark = ("JENKINS_URL", "https://ci.example.org/");
    let job =
        remote
            .clone_at(&head, None)
            .with(&[mark, ("CHANGE_ID", "7"), ("CHANGE_TARGET", "main")]);
    assert_told(
        &job.run([""; 0]),
        1,
        &["Jenkins pull request: ", "1 commit;"],
    );
    let next = remote.commit("x", "x\n");
    let job = remote.clone_at(&next, None).with(&[
        mark,
        ("GIT_COMMIT", &next),
        ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", &base),
    ]);
    assert_told(&job.run([""; 0]), 0, &["Jenkins build: ", "1 commit;"]);
}

#[test]
fn circleci_with_and_without_a_base() {
    let remote = Remote::new();
    let base = remote.commit("old.py", &leak("old"));
    let head = remote.topic("new.txt", "x\n");
    let job = remote.clone_at(&head, None).with(&[
        ("CIRCLECI", "true"),
        ("CIRCLE_SHA1", &head),
        ("CIRCLE_BRANCH", "topic"),
    ]);
    assert_told(
        &job.run([""; 0]),
        0,
        &["CircleCI push to topic: ", "1 commit;"],
    );
    let job = job.with(&[("CIRCLE_BASE_REVISION", &base)]);
    assert_told(&job.run([""; 0]), 0, &[short(&base), "1 commit;"]);
}

// ---- By hand, or not at all

#[test]
fn a_range_by_hand_needs_no_service() {
    let remote = Remote::new();
    let base = remote.commit("old.py", &leak("old"));
    let head = remote.topic("new.py", &leak("new"));
    let job = remote.clone_at(&head, None);
    for range in [
        "origin/main..",
        "HEAD~1..HEAD",
        &format!("{}..{head}", short(&base)),
    ] {
        let run = job.run(["--range", range]);
        assert_told(
            &run,
            1,
            &[&format!("waxseal: --range {range}: "), "1 commit;"],
        );
        assert!(run.out.contains("new.py:1:8  critical"), "{}", run.out);
    }
    assert_told(
        &job.run(["--range", "nowhere..HEAD"]),
        2,
        &["nowhere, its base, is not in this clone"],
    );
    assert_told(&job.run(["--range", "main"]), 2, &["a range is A..B"]);
    assert_told(&job.run(["--range", "HEAD~9.."]), 2, &["HEAD~9, its base"]);
}

#[test]
fn elsewhere_it_says_what_to_set() {
    let remote = Remote::new();
    let job = remote.clone_at(&remote.id("main"), None);
    assert_told(
        &job.run([""; 0]),
        2,
        &["GITHUB_ACTIONS", "--range origin/main..HEAD"],
    );
    let nowhere = Scratch::new();
    let run = finished(
        waxseal(nowhere.root(), ["ci", "--range", "a..b"])
            .output()
            .unwrap(),
    );
    assert_told(&run, 2, &["is not in a git repository"]);
}

/// A fork may call its branch as the target is called: what is to be checked must not be taken for what is known.
#[test]
fn a_local_branch_is_not_the_target() {
    let remote = Remote::new();
    let head = remote.topic("new.py", &leak("new"));
    let job = remote.clone_at(&head, None);
    let clone = job.clone.clone();
    remote
        .dir
        .git_in(&clone, &["checkout", "-q", "-B", "main", &head]);
    let job = job.with(&[("JENKINS_URL", "x"), ("CHANGE_TARGET", "main")]);
    assert_told(&job.run([""; 0]), 1, &["1 commit;"]);
    let only_local = &["update-ref", "-d", "refs/remotes/origin/main"];
    remote.dir.git_in(&clone, only_local);
    assert_told(
        &job.run([""; 0]),
        2,
        &["refs/remotes/origin/main, its base, is not in this clone"],
    );
}

#[test]
fn ids_of_sha_256_are_ids() {
    let dir = Scratch::new();
    dir.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    let commit = |path: &str, text: &str| {
        dir.write(path, text);
        dir.git(&["add", "-A"]).git(&["commit", "-q", "-m", path]);
        let id = dir.git_fed("", &["rev-parse", "HEAD"], b"");
        String::from_utf8(id).unwrap().trim().to_owned()
    };
    let before = commit("readme", "hello\n");
    let after = commit("new.py", &leak("new"));
    let mut command = waxseal(dir.root(), ["ci"]);
    command
        .env("GITLAB_CI", "true")
        .env("CI_COMMIT_BRANCH", "main")
        .env("CI_COMMIT_SHA", after)
        .env("CI_COMMIT_BEFORE_SHA", before);
    assert_told(&finished(command.output().unwrap()), 1, &["1 commit;"]);
}

// ---- Policy

/// A pull request that would switch its own check off.
fn policy_change(base: Option<&str>, changed: Option<&str>) -> (Vec<String>, Run) {
    let remote = Remote::new();
    if let Some(policy) = base {
        remote.commit(".waxseal.toml", policy);
    }
    let base = remote.id("main");
    remote.git(&["checkout", "-q", "-b", "topic"]);
    match changed {
        Some(policy) => remote.commit(".waxseal.toml", policy),
        None => remote.git(&["rm", "-q", ".waxseal.toml"]),
    };
    let head = remote.commit("new.py", &leak("new"));
    remote.git(&["checkout", "-q", "main"]);
    let job = remote.clone_at(&remote.merge(), None);
    job.github(
        "pull_request",
        "refs/pull/7/merge",
        &pull_request(&base, &head),
    )
    .rules()
}

#[test]
fn a_pull_request_does_not_switch_its_own_check_off() {
    let off = "skip_rules = [\"sendgrid-api-key\"]\n";
    let both = ["policy-changed", "sendgrid-api-key"];
    for (base, changed, happened) in [
        (None, Some(off), "added"),
        (Some("skip_rules = []\n"), Some(off), "changed"),
        (Some("fail_on = \"high\"\n"), None, "removed"),
        // what can't be read has no effect either
        (None, Some("not toml ["), "added"),
    ] {
        let (rules, run) = policy_change(base, changed);
        assert_eq!(rules, both, "{happened}");
        assert_eq!(run.code, 1, "{}", run.err);
        let report: Value = serde_json::from_str(&run.out).unwrap();
        let notice = &report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["rule"] == "policy-changed")
            .unwrap()
            .clone();
        assert_eq!(notice["severity"], "info");
        assert_eq!(notice["path"], ".waxseal.toml");
        let note = notice["notes"][0].as_str().unwrap();
        assert!(note.starts_with(happened), "{note}");
    }
    // the policy of the base counts, whatever it says
    let (rules, run) = policy_change(Some(off), Some("skip_rules = []\n"));
    assert_eq!(rules, ["policy-changed"]);
    assert_told(
        &run,
        0,
        &[
            "configuration .waxseal.toml of commit",
            "leaves out sendgrid-api-key",
        ],
    );
}

/// A branch on which an earlier push has switched the check off, and a later one leaks.
fn two_pushes(remote: &Remote) -> (String, String) {
    remote.git(&["checkout", "-q", "-b", "topic"]);
    let first = remote.commit(".waxseal.toml", "skip_rules = [\"sendgrid-api-key\"]\n");
    let second = remote.commit("new.py", &leak("new"));
    remote.git(&["checkout", "-q", "main"]);
    (first, second)
}

#[test]
fn a_branch_goes_by_the_policy_of_the_default_branch_where_they_parted() {
    let remote = Remote::new();
    let parted = remote.commit("readme", "again\n");
    let (first, second) = two_pushes(&remote);
    // what the default branch says since then is not known to the branch yet
    remote.commit("later.txt", "x\n");
    let told = |run: &Run| {
        let told = format!("1 commit; policy of {}\n", short(&parted));
        assert_told(run, 1, &[&told]);
    };
    let job = remote.clone_at(&second, None);
    let github = job.github("push", "refs/heads/topic", &push(&first, &second));
    let (rules, run) = github.rules();
    assert_eq!(rules, ["policy-changed", "sendgrid-api-key"]);
    told(&run);
    std::fs::remove_dir_all(github.path()).unwrap();
    // where the service does not name the default branch, the remote did when it was cloned
    let jenkins = remote.clone_at(&second, None).with(&[
        ("JENKINS_URL", "x"),
        ("GIT_COMMIT", &second),
        ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", &first),
    ]);
    told(&jenkins.rules().1);
    // and where nobody says it, what was there before counts, and that is told
    let clone = &jenkins.clone;
    for name in ["HEAD", "main"] {
        let name = format!("refs/remotes/origin/{name}");
        remote
            .dir
            .git_in(clone, &["update-ref", "--no-deref", "-d", &name]);
    }
    let (rules, run) = jenkins.rules();
    assert_eq!(rules, [""; 0]);
    let told = format!(
        "policy of {}, which an earlier push may have brought: the default branch is not in this clone",
        short(&first)
    );
    assert_told(&run, 0, &[&told]);
    // the workflow may name it then
    let run = jenkins.run(["--policy-from", &parted]);
    assert_told(&run, 1, &[&format!("policy of {}\n", short(&parted))]);
}

#[test]
fn a_job_without_a_base_goes_by_the_default_branch() {
    let remote = Remote::new();
    let parted = remote.id("main");
    let (_, tip) = two_pushes(&remote);
    for event in ["{}", "{\"repository\": {\"default_branch\": \"main\"}}"] {
        let job = remote.clone_at(&tip, None);
        let job = job.github("schedule", "refs/heads/topic", event);
        let (rules, run) = job.rules();
        assert_eq!(rules, ["policy-changed", "sendgrid-api-key"]);
        assert_told(
            &run,
            1,
            &["no base", &format!("policy of {}\n", short(&parted))],
        );
        std::fs::remove_dir_all(job.path()).unwrap();
    }
    // a forced push
    let gone = "12".repeat(20);
    let job = remote.clone_at(&tip, None);
    let job = job.github("push", "refs/heads/topic", &push(&gone, &tip));
    let told = format!("policy of {}; commit 121212121212", short(&parted));
    assert_told(&job.run([""; 0]), 1, &[&told]);
    std::fs::remove_dir_all(job.path()).unwrap();
    // one to the default branch itself leaves nothing to go by
    let job = remote.clone_at(&parted, None);
    let job = job.github("push", "refs/heads/main", &push(&gone, &parted));
    assert_told(&job.run([""; 0]), 0, &["which is what was pushed"]);
    // and without one, it is its own
    let job = remote.clone_at(&tip, None).with(&[
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "schedule"),
        ("CI_DEFAULT_BRANCH", "trunk"),
    ]);
    assert_told(
        &job.run([""; 0]),
        0,
        &["its own: the default branch is not in this clone"],
    );
}

#[test]
fn a_change_that_lets_too_much_pass_fails() {
    let wide = "[[exclude]]\npaths = ['**']\nreason = 'x'\n";
    let (rules, run) = policy_change(None, Some(wide));
    assert_eq!(
        rules,
        ["policy-changed", "policy-too-wide", "sendgrid-api-key"]
    );
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let finding = findings
        .iter()
        .find(|it| it["rule"] == "policy-too-wide")
        .unwrap();
    assert_eq!(
        (&finding["severity"], &finding["path"]),
        (&"high".into(), &".waxseal.toml".into())
    );
    assert!(
        finding["notes"][0]
            .as_str()
            .unwrap()
            .contains("lets every file pass"),
        "{finding}"
    );
    // one that is there already is told as well, once
    let (rules, run) = policy_change(
        Some(wide),
        Some("[[exclude]]\npaths = ['**']\nreason = 'y'\n"),
    );
    assert_eq!(rules, ["policy-changed", "policy-too-wide"]);
    assert_eq!(run.code, 1);
    // what can't be used says so
    let (_, run) = policy_change(None, Some("skip_rules = ['smtp-lgin']\n"));
    assert!(run.out.contains("it can't be used as it is"), "{}", run.out);
}

#[test]
fn a_file_that_a_variable_names_counts_unless_it_is_part_of_the_checkout() {
    let remote = Remote::new();
    let base = remote.id("main");
    let head = remote.topic("new.py", &leak("new"));
    let job = remote.clone_at(&remote.merge(), None);
    let mut job = job.github(
        "pull_request",
        "refs/pull/7/merge",
        &pull_request(&base, &head),
    );
    let off = "skip_rules = [\"sendgrid-api-key\"]\n";
    remote.dir.write("policy.toml", off);
    remote.dir.write(format!("{}/policy.toml", job.clone), off);
    let outside = remote.dir.path("policy.toml").display().to_string();
    let policy = |job: &mut Job<'_>, path: &str| {
        job.environment.retain(|(name, _)| name != "WAXSEAL_CONFIG");
        job.environment
            .push(("WAXSEAL_CONFIG".to_owned(), path.to_owned()));
        job.run([""; 0])
    };
    let run = policy(&mut job, &outside);
    assert_told(&run, 0, &[&format!("policy of {outside}\n")]);
    let run = policy(&mut job, "policy.toml");
    assert_told(
        &run,
        2,
        &["WAXSEAL_CONFIG=policy.toml: this file is part of the checkout"],
    );
}

#[test]
fn a_change_of_the_policy_alone_is_told_in_every_format_and_passes() {
    let remote = Remote::new();
    let base = remote.id("main");
    let head = remote.topic(".waxseal.toml", "skip_rules = [\"smtp-login\"]\n");
    let job = remote.clone_at(&remote.merge(), None);
    let job = job.github(
        "pull_request",
        "refs/pull/7/merge",
        &pull_request(&base, &head),
    );
    for format in waxseal::report::Format::ALL {
        let run = job.run(["--format", format.id()]);
        assert_eq!(run.code, 0, "{format}: {}", run.err);
        assert!(run.out.contains("policy-changed"), "{format}: {}", run.out);
        assert!(run.out.contains(".waxseal.toml"), "{format}: {}", run.out);
    }
    let strict = job.run(["--fail-on", "info"]);
    assert_eq!(strict.code, 1, "{}", strict.err);
}

#[test]
fn a_broken_policy_of_the_base_fails() {
    let (base, head) = ("not toml [", "skip_rules = []\n");
    let remote = Remote::new();
    let base = remote.commit(".waxseal.toml", base);
    let head = remote.topic(".waxseal.toml", head);
    let job = remote.clone_at(&remote.merge(), None);
    let job = job.github(
        "pull_request",
        "refs/pull/7/merge",
        &pull_request(&base, &head),
    );
    assert_told(&job.run([""; 0]), 2, &[".waxseal.toml of commit"]);
}

#[cfg(unix)]
#[test]
fn a_policy_that_is_a_link_is_refused() {
    let remote = Remote::new();
    remote.commit("off.toml", "skip_rules = [\"sendgrid-api-key\"]\n");
    std::os::unix::fs::symlink("off.toml", remote.dir.path("up/.waxseal.toml")).unwrap();
    let base = remote.commit("x", "x\n");
    let head = remote.topic("new.py", &leak("new"));
    let job = remote.clone_at(&remote.merge(), None);
    let job = job.github(
        "pull_request",
        "refs/pull/7/merge",
        &pull_request(&base, &head),
    );
    assert_told(&job.run([""; 0]), 2, &["this is no regular file"]);
}

#[test]
fn a_comment_that_the_range_adds_works_and_is_told() {
    let remote = Remote::new();
    let base = remote.id("main");
    let key = leak("new");
    let line = format!(
        "{}  # waxseal:allow sendgrid-api-key only a sample\n",
        key.trim()
    );
    let head = remote.topic("new.py", &line);
    let job = remote.clone_at(&remote.merge(), None);
    let job = job.github(
        "pull_request",
        "refs/pull/7/merge",
        &pull_request(&base, &head),
    );
    let run = job.run([""; 0]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.out.starts_with("::notice file=new.py,line=1,"),
        "{}",
        run.out
    );
    assert!(run.out.contains("allow-added"), "{}", run.out);
    let note = "lets sendgrid-api-key pass, by `waxseal:allow` on line 1: only a sample";
    assert!(run.out.contains(note), "{}", run.out);
    let strict = job.run(["--no-allow"]);
    assert_eq!(strict.code, 1, "{}", strict.err);
}

/// Nothing is written into the clone, and what is checked out plays no part.
#[test]
fn only_objects_are_read() {
    let remote = Remote::new();
    let base = remote.id("main");
    let head = remote.topic("new.txt", "x\n");
    let job = remote.clone_at(&remote.merge(), None);
    let planted = Path::new(&job.clone).join("untracked.py");
    remote.dir.write(planted, leak("untracked"));
    let job = job.github(
        "pull_request",
        "refs/pull/7/merge",
        &pull_request(&base, &head),
    );
    assert_told(&job.run([""; 0]), 0, &["no findings"]);
}
