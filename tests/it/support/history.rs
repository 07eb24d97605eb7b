//! What a scan of a history is expected to say of a scratch repository.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::Value;

use super::program::{Run, run, text};
use super::repo::Scratch;

/// A line with a secret; the same label gives the same secret.
pub(crate) fn key(label: &str) -> String {
    text(&format!("key = '<<sendgrid-key#{label}>>'\n"))
}

/// Commits one file.
pub(crate) fn commit<'a>(repo: &'a Scratch, path: &str, content: impl AsRef<[u8]>) -> &'a Scratch {
    repo.write(path, content)
        .git(&["add", "-Af", "."])
        .git(&["commit", "-qm", path])
}

/// What git prints, without the end of the line.
pub(crate) fn asked(repo: &Scratch, dir: &str, args: &[&str]) -> String {
    let printed = String::from_utf8(repo.git_fed(dir, args, b"")).unwrap();
    printed.trim_end().to_owned()
}

/// Writes a blob into the store and gives its id.
pub(crate) fn blob(repo: &Scratch, content: impl AsRef<[u8]>) -> String {
    let id = repo.git_fed("", &["hash-object", "-w", "--stdin"], content.as_ref());
    String::from_utf8(id).unwrap().trim().to_owned()
}

/// Where the loose object `id` is stored.
pub(crate) fn loose(id: &str) -> String {
    format!(".git/objects/{}/{}", &id[..2], &id[2..])
}

/// Removes what only the reflogs reach from the reflogs; the objects stay.
pub(crate) fn forget_reflogs(repo: &Scratch) {
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
}

/// Most places, and most refs, that a finding lists.
const MOST: u64 = 20;

/// The first commit that is expected of a finding.
#[derive(Clone, Copy, Debug)]
enum First<'a> {
    Any,
    None,
    Commit(&'a str),
}

/// What is expected of one finding.
pub(crate) struct Found<'a> {
    path: Option<&'a str>,
    kind: &'a str,
    first: First<'a>,
    in_head: Option<bool>,
    refs: Option<&'a [&'a str]>,
    places: Option<u64>,
}

/// A secret in a version of the file at `path`.
pub(crate) fn found(path: &str) -> Found<'_> {
    Found {
        path: Some(path),
        ..found_in("blob")
    }
}

/// A secret in an object of this kind, wherever that is.
pub(crate) fn found_in(kind: &str) -> Found<'_> {
    Found {
        path: None,
        kind,
        first: First::Any,
        in_head: None,
        refs: None,
        places: None,
    }
}

impl<'a> Found<'a> {
    /// The commit that brought it in, named as git takes it.
    pub(crate) fn first(mut self, commit: &'a str) -> Self {
        self.first = First::Commit(commit);
        self
    }

    /// No commit brought it in.
    pub(crate) fn no_first(mut self) -> Self {
        self.first = First::None;
        self
    }

    pub(crate) fn in_head(mut self, is: bool) -> Self {
        self.in_head = Some(is);
        self
    }

    /// Refs that reach it, besides which there may be others; none at all if there are none here.
    pub(crate) fn refs(mut self, refs: &'a [&'a str]) -> Self {
        self.refs = Some(refs);
        self
    }

    /// At how many places it stands.
    pub(crate) fn places(mut self, count: u64) -> Self {
        self.places = Some(count);
        self
    }

    /// What of `finding` is not as expected. `name` gives the id of a commit.
    fn complaint(&self, finding: &Value, name: impl Fn(&str) -> String) -> Option<String> {
        let history = &finding["history"];
        let is_at = |place: &Value| {
            place["object_kind"] == self.kind && self.path.is_none_or(|path| place["path"] == path)
        };
        if history["object_kind"] != self.kind && self.path.is_none() {
            return Some(format!("it is in no {}", self.kind));
        }
        let locations = history["locations"].as_array().unwrap();
        let count = history["location_count"].as_u64().unwrap();
        if locations.len() as u64 != count.min(MOST) {
            return Some(format!("{} of {count} places are listed", locations.len()));
        }
        if !locations.iter().any(is_at) {
            return Some(format!("it is not in a {} at {:?}", self.kind, self.path));
        }
        let given = history["first_commit"]["id"].as_str();
        let fits = match self.first {
            First::Any => true,
            First::None => history["first_commit"].is_null(),
            First::Commit(commit) => given == Some(name(commit).as_str()),
        };
        if !fits {
            return Some(format!(
                "{given:?} is its first commit, not {:?}",
                self.first
            ));
        }
        if self.in_head.is_some_and(|is| history["in_head"] != is) {
            return Some("it is not so in HEAD".to_owned());
        }
        if self
            .places
            .is_some_and(|count| history["location_count"] != count)
        {
            return Some(format!("it stands at {:?} places", self.places));
        }
        let refs = self.refs?;
        let given = history["refs"].as_array().unwrap();
        let count = history["ref_count"].as_u64().unwrap();
        if history["reachable"] != !refs.is_empty() || (count == 0) != refs.is_empty() {
            return Some(format!("it is reachable from {refs:?}"));
        }
        let missing = refs
            .iter()
            .find(|name| !given.iter().any(|given| given == **name));
        missing.map(|name| format!("{name} reaches it"))
    }
}

/// What is expected of a scan.
pub(crate) struct Expected<'a> {
    code: i32,
    found: Vec<Found<'a>>,
    skipped: Vec<(&'a str, u64)>,
    every_object: bool,
}

/// A scan that ends with this status and finds nothing, unless more is said.
pub(crate) fn expect<'a>(code: i32) -> Expected<'a> {
    Expected {
        code,
        found: Vec::new(),
        skipped: Vec::new(),
        every_object: false,
    }
}

impl<'a> Expected<'a> {
    /// One more finding.
    pub(crate) fn find(mut self, found: Found<'a>) -> Self {
        self.found.push(found);
        self
    }

    /// So many skips for a reason; for others there is none that makes a scan fail.
    pub(crate) fn skip(mut self, reason: &'a str, count: u64) -> Self {
        self.skipped.push((reason, count));
        self
    }

    /// The coverage counts every object that git lists, each once.
    pub(crate) fn every_object(mut self) -> Self {
        self.every_object = true;
        self
    }

    /// Scans the history of the repository at the top.
    pub(crate) fn check(&self, repo: &Scratch, args: &[&str]) {
        self.check_in(repo, "", args);
    }

    /// Scans from a directory below, by both engines, which must agree.
    pub(crate) fn check_in(&self, repo: &Scratch, dir: &str, args: &[&str]) {
        let [delta, naive] = ["delta", "naive"].map(|engine| {
            let options = [
                "scan",
                "--format",
                "json",
                "--history-engine",
                engine,
                "--history",
            ];
            run(&repo.path(dir), [&options, args].concat())
        });
        if asked(repo, dir, &["rev-parse", "--show-object-format"]) == "sha256" {
            assert!(
                naive.code == 2 && naive.err.contains("SHA-1"),
                "{}",
                naive.err
            );
        } else {
            assert_eq!(delta.out, naive.out, "the engines disagree: {}", naive.err);
        }
        raw_secret_is_nowhere(&delta);
        self.compare(repo, dir, &delta);
    }

    /// Holds what a run left behind against what is expected.
    fn compare(&self, repo: &Scratch, dir: &str, run: &Run) {
        let shown = format!("{}\n{}", run.err, run.out);
        assert_eq!(run.code, self.code, "{shown}");
        let report: Value = serde_json::from_str(&run.out).expect(&shown);
        self.compare_findings(repo, dir, report["findings"].as_array().unwrap(), &shown);
        self.compare_coverage(repo, dir, &report["coverage"], &shown);
    }

    fn compare_findings(&self, repo: &Scratch, dir: &str, findings: &[Value], shown: &str) {
        assert_eq!(findings.len(), self.found.len(), "{shown}");
        let name = |commit: &str| asked(repo, dir, &["rev-parse", commit]);
        for found in &self.found {
            let complaints: Vec<Option<String>> = findings
                .iter()
                .map(|finding| found.complaint(finding, name))
                .collect();
            assert!(complaints.contains(&None), "{complaints:?}\n{shown}");
        }
    }

    fn compare_coverage(&self, repo: &Scratch, dir: &str, coverage: &Value, shown: &str) {
        for (reason, count) in &self.skipped {
            assert_eq!(coverage["skipped"][reason], *count, "{reason}: {shown}");
        }
        for skip in coverage["named"].as_array().unwrap() {
            let expected = |(reason, _): &(&str, u64)| skip["reason"] == *reason;
            let failed = skip["failure"].as_bool().unwrap();
            assert!(!failed || self.skipped.iter().any(expected), "{shown}");
        }
        if self.every_object {
            for (kind, count) in objects(repo, dir) {
                assert_eq!(
                    coverage["objects"][&kind]["count"], count,
                    "{kind}: {shown}"
                );
            }
        }
    }
}

/// How many objects of each kind git lists, named as the coverage names them.
pub(crate) fn objects(repo: &Scratch, dir: &str) -> BTreeMap<String, u64> {
    let args = [
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objecttype)",
    ];
    let mut counts = BTreeMap::new();
    for kind in asked(repo, dir, &args).lines() {
        *counts.entry(format!("{kind}s")).or_default() += 1;
    }
    counts
}

fn raw_secret_is_nowhere(run: &Run) {
    for label in ["", "a", "b", "c"] {
        let line = key(label);
        let secret = line.split('\'').nth(1).unwrap();
        assert!(!run.out.contains(secret) && !run.err.contains(secret));
    }
}

/// Whether git does what `args` ask for; a test of what it can't do has nothing to look at.
pub(crate) fn git_can(dir: &Path, args: &[&str]) -> bool {
    let mut git = std::process::Command::new("git");
    let output = git
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    if !output.status.success() {
        let _ = writeln!(io::stderr(), "not tested: this git can't {args:?}");
    }
    output.status.success()
}

#[test]
fn what_is_not_as_expected_is_seen() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", "clean\n");
    let head = asked(&repo, "", &["rev-parse", "HEAD"]);
    let good = serde_json::json!({
        "findings": [{ "history": {
            "object_kind": "blob",
            "first_commit": { "id": head },
            "in_head": true,
            "reachable": true,
            "refs": ["HEAD", "refs/heads/main"],
            "ref_count": 2,
            "locations": [{ "path": "a.py", "object_kind": "blob" }],
            "location_count": 1,
        } }],
        "coverage": {
            "skipped": { "missing-object": 1, "too-large": 0 },
            "named": [{ "reason": "missing-object", "failure": true }],
            "objects": {
                "blobs": { "count": 1 }, "trees": { "count": 1 }, "commits": { "count": 1 },
            },
        },
    });
    let fits = |change: &dyn Fn(&mut Value)| {
        let mut report = good.clone();
        change(&mut report);
        let run = Run {
            code: 2,
            out: report.to_string(),
            err: String::new(),
        };
        let file = found("a.py").first("main").in_head(true).places(1);
        let expected = expect(2)
            .find(file.refs(&["refs/heads/main"]))
            .skip("missing-object", 1)
            .every_object();
        let compare = || expected.compare(&repo, "", &run);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(compare)).is_ok()
    };
    assert!(fits(&|_| ()));
    let history = "/findings/0/history";
    for (place, value) in [
        ("/findings", serde_json::json!([])),
        (&format!("{history}/locations/0/object_kind"), "tag".into()),
        (&format!("{history}/first_commit"), Value::Null),
        (&format!("{history}/in_head"), false.into()),
        (&format!("{history}/reachable"), false.into()),
        (&format!("{history}/refs/1"), "refs/heads/other".into()),
        (&format!("{history}/locations/0/path"), "b.py".into()),
        (&format!("{history}/location_count"), 2.into()),
        ("/coverage/skipped/missing-object", 2.into()),
        ("/coverage/named/0/reason", "damaged-object".into()),
        ("/coverage/objects/trees/count", 2.into()),
    ] {
        let change = |report: &mut Value| *report.pointer_mut(place).unwrap() = value.clone();
        assert!(!fits(&change), "{place}");
    }
}
