//! What was scanned has no say in whether anything is asked, where, or how.

use super::*;

/// A rule of the scanned repository that would send what it finds to its own host.
pub(super) const RECIPE: &str = r#"
[[rule]]
id = "acme-key"
title = "Acme key"
severity = "high"
confidence = "high"
why = "It opens Acme."
remedy = ["revoke it"]
anchors = ["acme_live_"]
[rule.token]
pattern = 'acme_live_[0-9a-z]{24}'
visible = 10
[rule.verify]
provider = "sendgrid"
[[rule.verify.ask]]
hosts = ["api.acme.example"]
path = "/"
headers = { Authorization = "Bearer {secret}" }
purpose = "the key"
[[rule.verify.reply]]
status = [200]
has = ["/ok"]
verdict = "live"
reason = "so"
[[rule.hit]]
text = "k = 'acme_live_<<hex:24>>'"
[[rule.miss]]
text = "acme_live_x"
"#;

#[test]
fn a_configuration_file_in_the_repository_can_not_switch_asking_on() {
    for setting in [
        "verify = true",
        "[verify]\nenabled = true",
        "smtp_hosts = ['h']",
        "endpoints = []",
    ] {
        let bench = Bench::with(&PLANTED[..1], provider);
        bench.dir.write(".waxseal.toml", setting);
        let run = crate::support::program::run(bench.dir.root(), ["scan"]);
        assert!(!run.out.contains("live"), "{}", run.out);
        assert_eq!(bench.providers.asked().len(), 0);
    }
}

#[test]
fn a_recipe_in_the_repository_is_not_followed_and_one_of_the_operator_is() {
    let bench = Bench::with(&[("a.py", "k = 'acme_live_<<hex:24>>'\n")], |_| {
        json(200, "{\"ok\":1}")
    });
    bench.dir.write(".waxseal.toml", RECIPE);
    let run = bench.scan(&["--no-verify-cache"]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(
        run.err
            .contains("does not count in a repository's own configuration"),
        "{}",
        run.err
    );
    assert_eq!(bench.providers.asked().len(), 0, "{}", run.err);
    std::fs::remove_file(bench.dir.root().join(".waxseal.toml")).unwrap();
    let rules = bench.folder.path().join("acme.toml");
    std::fs::write(&rules, RECIPE).unwrap();
    let (run, report) = bench.json(&["--no-verify-cache", "--rules", rules.to_str().unwrap()]);
    assert_eq!(verdicts(&report), ["live"], "{}", run.err);
    assert_eq!(bench.providers.asked().len(), 1);
}

#[test]
fn a_mail_server_out_of_a_file_is_not_contacted_unless_the_operator_names_it() {
    let login = |host: &str| {
        format!(
            "EMAIL_HOST = '{host}'\nEMAIL_HOST_USER = 'news'\nEMAIL_HOST_PASSWORD = '<<password>>'\n"
        )
    };
    let hosts = [
        "smtp.sendgrid.net.evil.example",
        "evil-sendgrid.net",
        "127.0.0.1",
        "169.254.169.254",
    ];
    let planted: Vec<(String, String)> = hosts
        .iter()
        .map(|host| (format!("{host}.py"), login(host)))
        .collect();
    let planted: Vec<(&str, &str)> = planted
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let bench = Bench::with(&planted, provider);
    let (run, report) = bench.json(&["--no-verify-cache"]);
    assert_eq!(report["verification"]["requests"], 0, "{}", run.err);
    assert!(!verdicts(&report).is_empty());
    // not even tried: a host that is down or has no address would be as unknown
    for finding in report["findings"].as_array().unwrap() {
        let reason = finding["verification"]["reason"].as_str().unwrap();
        assert!(reason.ends_with(": not contacted"), "{reason}");
    }
    assert!(
        verdicts(&report)
            .iter()
            .all(|it| it == "unknown" || it == "-"),
        "{report}"
    );
}

#[test]
fn every_host_that_could_be_contacted_is_listed() {
    let dir = Scratch::new();
    let run = crate::support::program::run(dir.root(), ["verify", "--list-endpoints"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let path =
        std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/golden/endpoints.txt");
    if std::env::var_os("WAXSEAL_BLESS").is_some() {
        std::fs::write(&path, &run.out).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        run.out,
        expected,
        "WAXSEAL_BLESS=1 rewrites {}",
        path.display()
    );
    let page = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/verify.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(&expected), "docs/verify.md lists other hosts");
    for host in [
        "api.sendgrid.com:443",
        "api.eu.sendgrid.com:443",
        "api.twilio.com:443",
        "smtp.sendgrid.net",
    ] {
        assert!(expected.contains(host), "{host}");
    }
}

/// The recipe that docs/rules.md shows.
fn documented() -> String {
    let page = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let page = std::fs::read_to_string(page).unwrap();
    let blocks = page.split("```toml\n").skip(1);
    let mut blocks = blocks.filter_map(|block| block.split("```").next());
    let recipe = blocks.find(|block| block.contains("[rule.verify]"));
    recipe.unwrap().to_owned()
}

#[test]
fn the_recipe_that_is_documented_asks_as_it_says() {
    let planted = [
        ("a.yml", "acme: acmt_<<lower:24#live>>_eu\n"),
        ("b.yml", "acme: acmt_<<lower:24#dead>>_us\n"),
        ("c.yml", "acme: acmt_<<lower:24#page>>_us\n"),
    ];
    let bench = Bench::with(&planted, |asked| {
        let is = |template: &str| asked.credential.contains(&text(template));
        if is("<<lower:24#live>>") {
            json(200, &format!("{{\"scopes\":[],\"note\":\"{MARKER}\"}}"))
        } else if is("<<lower:24#dead>>") {
            json(401, "{\"error\":\"unknown_token\"}")
        } else {
            Answer::Reply(401, "text/html", "<html>unknown_token</html>".to_owned())
        }
    });
    let rules = bench.folder.path().join("acme.toml");
    std::fs::write(&rules, documented()).unwrap();
    let rules = rules.to_str().unwrap();
    let led = bench.providers.led_from(&["acme-mail"]);
    let mut args = vec!["--no-verify-cache", "--rules", rules];
    // an authority and leave for this machine are given already
    args.extend(led.iter().skip(3).map(String::as_str));
    let (run, report) = bench.json(&args);
    assert_eq!(
        verdicts(&report),
        ["live", "dead", "unknown"],
        "{}",
        run.err
    );
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(
        findings[0]["verification"]["reason"],
        "Acme Mail tells its scopes"
    );
    let asked = bench.providers.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    for (planted, template) in ["acmt_<<lower:24#live>>_eu", "acmt_<<lower:24#dead>>_us"]
        .into_iter()
        .enumerate()
    {
        let secret = text(template);
        let one = asked.iter().find(|it| it.credential == secret).unwrap();
        assert_eq!(
            (&*one.method, &*one.path),
            ("GET", "/v1/token"),
            "{planted}"
        );
        assert!(!run.out.contains(&secret[5..]), "{planted}");
    }
    let listed = crate::support::program::run(
        bench.dir.root(),
        ["verify", "--list-endpoints", "--rules", rules],
    );
    let line = listed
        .out
        .lines()
        .find(|line| line.starts_with("acme-mail "));
    let line = line.unwrap_or_else(|| panic!("{listed:?}"));
    assert!(line.contains("*.api.acme-mail.io:443"), "{line}");
    assert!(line.ends_with("what a token may do"), "{line}");
}
