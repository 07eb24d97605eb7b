//! `scan --verify`, `verify` and `revoke` against a server on loopback: what is asked, what is told of it, and what never is.

mod command;
mod places;
mod report;
mod revoke;
mod secrecy;
mod settings;
#[cfg(unix)]
mod stop;
mod trust;

use std::time::Duration;

use serde_json::Value;

use crate::support::program::{Run, text, waxseal};
use crate::support::providers::{Answer, Asked, Providers, json};
use crate::support::repo::Scratch;

/// What is planted: a file for each verdict, and one that nobody can be asked about.
const PLANTED: [(&str, &str); 7] = [
    ("a-live.py", "key = '<<sendgrid-key#live>>'\n"),
    ("b-restricted.py", "key = '<<sendgrid-key#restricted>>'\n"),
    (
        "c-test.py",
        "sid = 'AC<<hex:32#test-sid>>'\nauth_token = '<<hex:32#test-token>>'\n",
    ),
    ("d-dead.py", "key = '<<sendgrid-key#dead>>'\n"),
    (
        "e-rejected.py",
        // tried with the account of the one above
        "TWILIO_AUTH_TOKEN = '<<hex:32#other-token>>'\n",
    ),
    ("f-unknown.py", "key = '<<sendgrid-key#unknown>>'\n"),
    (
        "g-nobody.py",
        "EMAIL_HOST = 'mail.harbor.io'\nEMAIL_HOST_USER = 'news'\nEMAIL_HOST_PASSWORD = '<<password>>'\n",
    ),
];

/// The verdicts on them, in their order.
const VERDICTS: [&str; 7] = [
    "live",
    "live-restricted",
    "test",
    "dead",
    "rejected",
    "unknown",
    "unknown",
];

/// What stands in every answer and must be seen nowhere.
const MARKER: &str = "reply-marker-that-must-not-show";

/// The whole of a message as SendGrid writes it.
fn sendgrid(status: u16, message: &str) -> Answer {
    json(
        status,
        &format!(
            "{{\"errors\":[{{\"field\":null,\"message\":\"{message}\",\"help\":\"{MARKER}\"}}]}}"
        ),
    )
}

fn twilio(status: u16, code: u32, message: &str) -> Answer {
    json(
        status,
        &format!(
            "{{\"code\":{code},\"message\":\"{message}\",\"more_info\":\"{MARKER}\",\"status\":{status}}}"
        ),
    )
}

/// What the provider of a planted credential says.
fn provider(asked: &Asked) -> Answer {
    let is = |template: &str| asked.credential.contains(&text(template));
    if is("<<sendgrid-key#live>>") {
        json(
            200,
            &format!(
                "{{\"scopes\":[\"mail.send\",\"api_keys.create\",\"api_keys.delete\",\"2fa_required\"],\"note\":\"{MARKER}\"}}"
            ),
        )
    } else if is("<<sendgrid-key#restricted>>") {
        sendgrid(403, "The requestor's IP Address is not whitelisted")
    } else if is("<<sendgrid-key#unknown>>") {
        json(503, &format!("{{\"{MARKER}\":1}}"))
    } else if is("<<hex:32#test-token>>") {
        twilio(
            403,
            20008,
            "Resource not accessible with Test Account Credentials",
        )
    } else if asked.path.starts_with("/v3/") {
        sendgrid(
            401,
            "The provided authorization grant is invalid, expired, or revoked",
        )
    } else {
        twilio(401, 20003, "Authenticate")
    }
}

/// A repository with what is planted, and the server that answers about it.
struct Bench {
    dir: Scratch,
    folder: tempfile::TempDir,
    providers: Providers,
}

impl Bench {
    fn new() -> Self {
        Self::with(&PLANTED, provider)
    }

    fn with(
        planted: &[(&str, &str)],
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let dir = Scratch::repo();
        for (path, template) in planted {
            dir.write(path, text(template));
        }
        // beside the repository: what is written there is not scanned
        let folder = tempfile::tempdir().unwrap();
        let providers = Providers::start(folder.path(), answer);
        Self {
            dir,
            folder,
            providers,
        }
    }

    /// Runs the program in the repository, led to the server, as fast as it can.
    fn run(&self, args: &[&str]) -> Run {
        self.run_as(args, |_| {})
    }

    fn run_as(&self, args: &[&str], change: impl FnOnce(&mut std::process::Command)) -> Run {
        let led = self.providers.led();
        let args = args.iter().map(|&arg| arg.to_owned()).chain(led);
        let mut command = waxseal(self.dir.root(), args);
        command.env("HOME", self.folder.path().join("home"));
        change(&mut command);
        crate::support::program::finished(command.output().unwrap())
    }

    /// Commits all there is.
    fn commit(&self, message: &str) {
        self.dir
            .git(&["add", "-A"])
            .git(&["commit", "-qm", message]);
    }

    /// `scan --verify` with `args`.
    fn scan(&self, args: &[&str]) -> Run {
        let fast = [
            "scan",
            "--verify",
            "--verify-rate",
            "500",
            "--verify-concurrency",
            "8",
        ];
        self.run(&[&fast, args].concat())
    }

    fn json(&self, args: &[&str]) -> (Run, Value) {
        let run = self.scan(&[args, &["--format", "json"]].concat());
        let report = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"));
        (run, report)
    }
}

/// The verdict on each finding, in order.
fn verdicts(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|it| {
            it["verification"]["verdict"]
                .as_str()
                .unwrap_or("-")
                .to_owned()
        })
        .collect()
}

/// A server that says nothing for longer than anybody waits.
fn silent(_: &Asked) -> Answer {
    Answer::Silence(Duration::from_secs(20))
}
