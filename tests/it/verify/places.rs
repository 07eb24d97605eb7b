//! A dry run and the list of endpoints: both tell what the run would do with the very options that are given.

use super::*;

fn run_in(bench: &Bench, args: &[&str]) -> Run {
    crate::support::program::run(bench.dir.root(), args)
}

#[test]
fn a_dry_run_tells_where_the_real_one_goes() {
    let bench = Bench::with(&PLANTED[..3], provider);
    let dry = bench.scan(&["--dry-run"]);
    let real = bench.scan(&["--no-verify-cache"]);
    let place = format!("127.0.0.1:{}", bench.providers.port());
    for name in ["api.sendgrid.com", "api.twilio.com"] {
        let told = format!("{place} in place of {name}");
        assert!(dry.err.contains(&format!("{told}: GET /")), "{}", dry.err);
        assert!(real.err.contains(&told), "{}", real.err);
    }
    assert!(
        dry.err.contains("not the usual way to the providers"),
        "{}",
        dry.err
    );
    // one of the hosts, and not the others
    let endpoint = format!("api.eu.sendgrid.com=https://{place}");
    let args = [
        "scan",
        "--verify",
        "--dry-run",
        "--endpoint",
        &endpoint,
        "--allow-loopback",
    ];
    let dry = run_in(&bench, &args);
    assert!(
        dry.err
            .contains("sendgrid  api.sendgrid.com: GET /v3/scopes"),
        "{}",
        dry.err
    );
}

#[test]
fn a_dry_run_does_not_promise_what_the_real_one_refuses() {
    let bench = Bench::with(&PLANTED[..1], provider);
    let endpoint = format!("sendgrid=https://127.0.0.1:{}", bench.providers.port());
    for args in [&["--dry-run"][..], &["--no-verify-cache"]] {
        let args = [&["scan", "--verify", "--endpoint", &endpoint], args].concat();
        let run = run_in(&bench, &args);
        let told = format!("{}{}", run.out, run.err);
        assert!(!told.contains("GET /v3/scopes"), "{told}");
        assert!(
            run.out
                .contains("127.0.0.1 resolves to an address that is not public: not contacted"),
            "{told}"
        );
    }
    assert_eq!(bench.providers.asked().len(), 0);
}

#[test]
fn the_list_of_endpoints_goes_by_the_options() {
    let bench = Bench::with(&[], provider);
    let list = |args: &[&str]| {
        let run = run_in(&bench, &[&["verify", "--list-endpoints"], args].concat());
        assert_eq!(run.code, 0, "{run:?}");
        run
    };
    let has = |run: &Run, words: &[&str]| {
        let mut lines = run.out.lines();
        let line = lines.any(|line| words.iter().all(|word| line.contains(word)));
        assert!(line, "{words:?}: {}", run.out);
    };
    let plain = list(&[]);
    has(
        &plain,
        &[
            "sendgrid  ",
            " api.eu.sendgrid.com:443 ",
            "revoke --yes",
            "deletes an API key",
        ],
    );
    has(
        &plain,
        &["twilio  ", " api.twilio.com:443 ", "revoke --yes"],
    );
    assert!(
        plain.err.contains("redirects are not followed"),
        "{}",
        plain.err
    );
    assert!(
        !plain.out.contains("operator") && !plain.out.contains("smtp.gmail.com"),
        "{}",
        plain.out
    );
    let more = list(&[
        "--smtp-host",
        "mail.harbor.io",
        "--smtp-host",
        "smtp.gmail.com",
    ]);
    for port in ["25", "465", "587", "2525"] {
        has(&more, &["operator ", &format!(" mail.harbor.io:{port} ")]);
    }
    has(&more, &["google ", " smtp.gmail.com:587 "]);
    let one = list(&["--smtp-host", "mail.harbor.io:2587"]);
    has(&one, &["operator ", " mail.harbor.io:2587 "]);
    assert!(!one.out.contains("mail.harbor.io:587"), "{}", one.out);
    let led = list(&[
        "--endpoint",
        "sendgrid=https://gate.example:8443",
        "--endpoint",
        "sendgrid=smtps://mail.example",
        "--proxy",
        "http://ops:marker@p.example:3128",
    ]);
    let through = "through the proxy p.example:3128";
    has(
        &led,
        &[
            "sendgrid ",
            " gate.example:8443 in place of api.sendgrid.com:443",
            through,
            "scopes",
        ],
    );
    has(
        &led,
        &[
            "sendgrid ",
            " gate.example:8443 in place of api.sendgrid.com:443",
            "revoke --yes",
        ],
    );
    has(
        &led,
        &[
            "sendgrid ",
            " mail.example:465 in place of smtp.sendgrid.net:587",
            through,
        ],
    );
    has(&led, &["twilio ", " api.twilio.com:443 ", through]);
    assert!(
        led.err
            .contains("sendgrid is asked at https://gate.example:8443"),
        "{}",
        led.err
    );
    let told = format!("{}{}", led.out, led.err);
    assert!(!told.contains("marker"), "{told}");
    let settings = bench.folder.path().join("own.toml");
    std::fs::write(&settings, "verify.hosts = ['relay.harbor.io']\n").unwrap();
    let own = list(&["--config", settings.to_str().unwrap()]);
    has(&own, &["operator ", " relay.harbor.io:587 "]);
    assert!(
        own.err.contains("mail logins are tried at relay.harbor.io"),
        "{}",
        own.err
    );
}

#[test]
fn where_a_rule_file_is_asked_about_is_listed_too() {
    let bench = Bench::with(&[], provider);
    let file = bench.folder.path().join("acme.toml");
    std::fs::write(&file, super::trust::RECIPE).unwrap();
    let run = run_in(
        &bench,
        &[
            "verify",
            "--list-endpoints",
            "--rules",
            file.to_str().unwrap(),
        ],
    );
    assert!(run.out.contains("api.acme.example:443"), "{}", run.out);
}
