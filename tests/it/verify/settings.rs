//! Every setting of `[verify]`, and the flags beside it, by what it does.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::*;
use crate::support::peer::{Peer, head};

const KEY: &str = "key = '<<sendgrid-key#live>>'\n";

/// Several keys, each in its file, none of which anybody knows.
fn keys(count: usize) -> Vec<(String, String)> {
    let file = |at: usize| {
        (
            format!("{at}.py"),
            format!("key = '<<sendgrid-key#k{at}>>'\n"),
        )
    };
    (0..count).map(file).collect()
}

fn bench(count: usize, answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Bench {
    let keys = keys(count);
    let keys: Vec<(&str, &str)> = keys.iter().map(|(a, b)| (&**a, &**b)).collect();
    Bench::with(&keys, answer)
}

fn live(_: &Asked) -> Answer {
    json(200, "{\"scopes\":[\"mail.send\"]}")
}

impl Bench {
    /// Runs with `settings` in a file that is named, and nothing else said but where the server is.
    fn configured(&self, settings: &str, args: &[&str]) -> Run {
        let file = self.folder.path().join("own.toml");
        std::fs::write(&file, format!("[verify]\n{settings}\n")).unwrap();
        let file = file.to_str().unwrap();
        self.run(&[args, &["--config", file]].concat())
    }
}

const SCAN: [&str; 3] = ["scan", "--verify", "--no-verify-cache"];

#[test]
fn enabled_asks_without_a_flag_and_a_variable_outranks_it() {
    let bench = Bench::with(&PLANTED[..1], provider);
    let asked = |settings: &str, command: &[&str], variable: Option<&str>| {
        let before = bench.providers.asked().len();
        let file = bench.folder.path().join("own.toml");
        std::fs::write(&file, format!("[verify]\n{settings}\n")).unwrap();
        let args = [
            command,
            &["--no-verify-cache", "--config", file.to_str().unwrap()],
        ]
        .concat();
        let run = bench.run_as(&args, |command| {
            command.envs(variable.map(|value| ("WAXSEAL_VERIFY_ENABLED", value)));
        });
        (run, bench.providers.asked().len() - before)
    };
    let scan = ["scan"];
    for (settings, variable, count) in [
        ("enabled = true", None, 1),
        ("enabled = true", Some("false"), 0),
        ("enabled = false", Some("1"), 1),
        ("", None, 0),
        ("in_hooks = true", None, 0),
    ] {
        let (run, number) = asked(settings, &scan, variable);
        assert_eq!(number, count, "{settings} {variable:?}: {run:?}");
        // flags about asking are idle words without it
        let is_refused = run.err.contains("which only --verify does");
        assert_eq!(
            (run.code, is_refused),
            if count == 1 { (1, false) } else { (2, true) }
        );
    }
    let (run, _) = asked("enabled = true", &["scan", "--fail-on", "live"], None);
    assert_eq!(run.code, 1, "{run:?}");
    // hooks have a word of their own
    bench.dir.git(&["add", "-A"]);
    let hook = ["hook", "run", "pre-commit"];
    let (run, count) = asked("enabled = true", &hook, None);
    assert_eq!(count, 0, "{run:?}");
    let (run, count) = asked("in_hooks = true", &hook, None);
    assert_eq!(count, 1, "{run:?}");
    let plain = crate::support::program::run(bench.dir.root(), hook);
    assert!(!plain.err.contains("asked about"), "{}", plain.err);
}

#[test]
fn enabled_counts_in_ci_and_never_from_the_repository() {
    let bench = Bench::with(&[("readme", "hello\n")], provider);
    bench.commit("one");
    bench.dir.write("a.py", text(KEY));
    bench.commit("two");
    let ci = |args: &[&str], variable: Option<&str>| {
        let args = [
            &["ci", "--range", "HEAD~1..HEAD", "--no-verify-cache"],
            args,
        ]
        .concat();
        let run = bench.run_as(&args, |command| {
            command.envs(variable.map(|value| ("WAXSEAL_VERIFY_ENABLED", value)));
        });
        (run, bench.providers.asked().len())
    };
    assert_eq!(ci(&[], None).1, 0);
    let (run, count) = ci(&[], Some("true"));
    assert_eq!((run.code, count), (1, 1), "{}", run.err);
    assert!(run.out.contains("live: "), "{}", run.out);
    assert_eq!(ci(&["--verify"], None).1, 2);
    assert_eq!(
        ci(&["--verify"], Some("false")).1,
        3,
        "a flag has the last word"
    );
    // the base decides what is found, and it can't decide this
    bench.dir.git(&["reset", "-q", "--hard", "HEAD~1"]);
    bench
        .dir
        .write(".waxseal.toml", "[verify]\nenabled = true\n");
    bench.commit("a policy");
    bench.dir.write("a.py", text(KEY));
    bench.commit("three");
    let (refused, count) = ci(&[], None);
    assert_eq!((refused.code, count), (2, 3), "{refused:?}");
    assert!(
        refused.err.contains("[verify] does not count here"),
        "{}",
        refused.err
    );
}

#[test]
fn hosts_are_asked_at_ports_of_mail() {
    let login = |port: &str| {
        format!(
            "EMAIL_HOST = 'mail.harbor.io'\nEMAIL_PORT = {port}\nEMAIL_HOST_USER = 'news'\nEMAIL_HOST_PASSWORD = '<<password>>'\n"
        )
    };
    let planned = |settings: &str, port: &str| {
        let text = login(port);
        let bench = Bench::with(&[("settings.py", &text)], provider);
        let run = bench.configured(settings, &["scan", "--verify", "--dry-run"]);
        format!("{}{}", run.out, run.err)
    };
    let told = planned("hosts = []", "587");
    assert!(
        told.contains("mail.harbor.io is not a known mail provider"),
        "{told}"
    );
    let told = planned("hosts = ['Mail.harbor.io.']", "587");
    assert!(
        told.contains("operator  mail.harbor.io:587: AUTH"),
        "{told}"
    );
    let told = planned("hosts = ['mail.harbor.io']", "6379");
    assert!(
        told.contains("port 6379, at which mail is not handed in (25, 465, 587, 2525)"),
        "{told}"
    );
    assert!(!told.contains("AUTH"), "{told}");
    let told = planned("hosts = ['mail.harbor.io:6379']", "587");
    assert!(
        told.contains("operator  mail.harbor.io:6379: AUTH"),
        "{told}"
    );
}

#[test]
fn what_is_no_mail_server_is_refused_wherever_it_stands() {
    let bench = Bench::with(&[], provider);
    for (host, why) in [
        ("smtp://mail.example.com", "a URL"),
        ("mail.example.com:99999", "no number"),
        ("*.example.com", "patterns"),
        ("", "empty"),
        ("2130706433", "no name of a host"),
        ("bücher.example", "xn--"),
    ] {
        let run = bench.run(&["scan", "--verify", "--smtp-host", host]);
        assert_eq!(run.code, 2, "{run:?}");
        let lines: Vec<&str> = run.err.lines().collect();
        assert_eq!(lines.len(), 1, "{}", run.err);
        assert!(
            lines[0].starts_with("waxseal: --smtp-host: ") && lines[0].contains(why),
            "{}",
            run.err
        );
        let run = bench.configured(&format!("hosts = ['{host}']"), &SCAN);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(
            run.err.contains(why) && run.err.contains("own.toml: line 2"),
            "{}",
            run.err
        );
    }
}

/// A proxy that passes everything on to `port`.
fn tunnel(port: u16) -> Peer {
    Peer::raw(move |mut client, heads| {
        heads(head(&mut client).unwrap());
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let _ = std::io::copy(&mut server, &mut client);
    })
}

#[test]
fn a_proxy_is_gone_through_and_its_password_is_nowhere() {
    let bench = Bench::with(&PLANTED[..1], provider);
    let proxy = tunnel(bench.providers.port());
    let url = format!("http://ops:pass%2Dmarker@127.0.0.1:{}", proxy.port);
    let run = bench.configured(&format!("proxy = '{url}'"), &[&SCAN[..], &["-vv"]].concat());
    assert!(run.out.contains("live: "), "{run:?}");
    let place = format!("all goes through the proxy 127.0.0.1:{}", proxy.port);
    assert!(run.err.contains(&place), "{}", run.err);
    let head = &proxy.heads()[0];
    assert!(
        head.contains("Proxy-Authorization: Basic b3BzOnBhc3MtbWFya2Vy\r\n"),
        "{head}"
    );
    for dry in [&["--dry-run"][..], &["--dry-run", "--format", "json"]] {
        let run = bench.configured(&format!("proxy = '{url}'"), &[&SCAN[..], dry].concat());
        let told = format!("{}{}", run.out, run.err);
        assert!(told.contains("through the proxy 127.0.0.1:"), "{told}");
        assert!(!told.contains("marker") && !told.contains("b3Bz"), "{told}");
    }
    assert_eq!(proxy.connections(), 1, "a dry run asks nobody");
    let told = format!("{}{}", run.out, run.err);
    assert!(!told.contains("marker") && !told.contains("b3Bz"), "{told}");
    // one that can't be used is not quoted either
    for args in [
        &["--proxy", "https://ops:marker@127.0.0.1:1"][..],
        &["--proxy", "ops:marker"],
    ] {
        let run = bench.run(&[&SCAN[..], args].concat());
        assert_eq!(run.code, 2);
        assert!(
            run.err.contains("--proxy") && run.err.contains("expected http://"),
            "{}",
            run.err
        );
    }
    let run = bench.configured("proxy = 'http://ops:marker@a b'", &SCAN);
    assert!(run.code == 2 && !run.err.contains("live"), "{run:?}");
}

#[test]
fn the_proxy_of_the_environment_is_used_when_that_is_asked_for() {
    let bench = Bench::with(&PLANTED[..1], provider);
    let proxy = tunnel(bench.providers.port());
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let ask = |args: &[&str], more: &[(&str, &str)]| {
        let run = bench.run_as(&[&SCAN[..], args].concat(), |command| {
            command.env("HTTPS_PROXY", &url).envs(more.iter().copied());
        });
        assert!(run.out.contains("live: "), "{run:?}");
        (proxy.connections(), run.err)
    };
    assert_eq!(ask(&[], &[]).0, 0, "nobody asked for it");
    let (count, told) = ask(&["--proxy", "env"], &[]);
    assert_eq!(count, 1);
    assert!(
        told.contains("all goes through the proxy 127.0.0.1:"),
        "{told}"
    );
    let (count, _) = ask(&[], &[("WAXSEAL_VERIFY_PROXY", "env")]);
    assert_eq!(count, 2);
    let (count, told) = ask(
        &["--proxy", "env"],
        &[("NO_PROXY", "localhost,127.0.0.0/8")],
    );
    assert_eq!(count, 2);
    assert!(told.contains(", but to the hosts of NO_PROXY"), "{told}");
    let (count, _) = ask(&["--proxy", "none"], &[("WAXSEAL_VERIFY_PROXY", "env")]);
    assert_eq!(count, 2, "a flag has the last word");
}

#[test]
fn max_requests_bounds_a_run() {
    let bench = bench(4, live);
    let run = bench.configured("max_requests = 2", &SCAN);
    assert_eq!(bench.providers.asked().len(), 2, "{}", run.err);
    assert_eq!(run.code, 2);
    assert!(
        run.out
            .contains("the run had used up its time or its requests"),
        "{}",
        run.out
    );
    // the default is a word like any other
    let all = [
        &SCAN[..],
        &["--max-requests", "2000", "--verify-rate", "100"],
    ]
    .concat();
    let run = bench.configured("max_requests = 2", &all);
    assert_eq!(
        (run.code, bench.providers.asked().len()),
        (1, 6),
        "{}",
        run.err
    );
}

#[test]
fn timeouts_bound_a_question_and_a_run() {
    let bench = bench(1, silent);
    let began = Instant::now();
    let run = bench.configured("timeout = 2", &SCAN);
    assert!(began.elapsed() < Duration::from_secs(15), "{run:?}");
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(bench.providers.asked().len() <= 1);
    // several tries in a time in which the default would have come to one
    let before = bench.providers.asked().len();
    let run = bench.configured("timeout = 14\nrequest_timeout = 1", &SCAN);
    let tries = bench.providers.asked().len() - before;
    assert!(run.code == 2 && tries > 1, "{tries}: {}", run.err);
    assert!(run.out.contains("no answer in time"), "{}", run.out);
    let flags = [
        &SCAN[..],
        &["--verify-timeout", "14", "--request-timeout", "1"],
    ]
    .concat();
    let before = bench.providers.asked().len();
    bench.configured("timeout = 1\nrequest_timeout = 9", &flags);
    let tries = bench.providers.asked().len() - before;
    assert!(tries > 1, "{tries}");
}

#[test]
fn concurrency_and_rate_hold_questions_back() {
    static ACTIVE: AtomicUsize = AtomicUsize::new(0);
    static MOST: Mutex<usize> = Mutex::new(0);
    let bench = bench(6, |asked| {
        let now = ACTIVE.fetch_add(1, Ordering::SeqCst) + 1;
        let mut most = MOST.lock().unwrap();
        *most = now.max(*most);
        drop(most);
        std::thread::sleep(Duration::from_millis(400));
        ACTIVE.fetch_sub(1, Ordering::SeqCst);
        live(asked)
    });
    let most = |settings: &str, args: &[&str]| {
        *MOST.lock().unwrap() = 0;
        let began = Instant::now();
        let run = bench.configured(settings, &[&SCAN[..], args].concat());
        assert_eq!(run.code, 1, "{run:?}");
        (*MOST.lock().unwrap(), began.elapsed())
    };
    assert_eq!(most("rate = 1000\nconcurrency = 1", &[]).0, 1);
    assert!(
        most(
            "rate = 1000\nconcurrency = 1",
            &["--verify-concurrency", "6"]
        )
        .0 > 1
    );
    let (_, took) = most("rate = 3\nconcurrency = 6", &[]);
    assert!(took > Duration::from_millis(1600), "{took:?}");
}

#[test]
fn cache_hours_decide_whether_an_answer_is_asked_for_again() {
    let bench = bench(1, live);
    let scan = ["scan", "--verify"];
    for (settings, count) in [
        ("cache_hours = 2", 1),
        ("cache_hours = 2", 1),
        ("cache_hours = 0", 2),
        ("", 2),
    ] {
        let run = bench.configured(settings, &scan);
        assert_eq!(
            bench.providers.asked().len(),
            count,
            "{settings}: {}",
            run.err
        );
    }
}

#[test]
fn an_answer_of_other_circumstances_is_asked_for_again() {
    let bench = bench(1, live);
    let again = |args: &[&str], count: usize| {
        bench.run(&[&["scan", "--verify"], args].concat());
        assert_eq!(bench.providers.asked().len(), count, "{args:?}");
    };
    let proxy = tunnel(bench.providers.port());
    let proxy = format!("http://127.0.0.1:{}", proxy.port);
    again(&[], 1);
    again(&[], 1);
    again(&["--proxy", &proxy], 2);
    again(&["--proxy", &proxy], 2);
    again(&["--verify-rate", "9"], 2);
    let place = format!(
        "api.sendgrid.com=https://127.0.0.1:{},127.0.0.1",
        bench.providers.port()
    );
    again(&["--endpoint", &place], 3);
    // another authority under the same name
    let ca = bench.folder.path().join("ca.pem");
    let both = format!("{}\n# renewed\n", std::fs::read_to_string(&ca).unwrap());
    std::fs::write(&ca, both).unwrap();
    again(&[], 4);
}

#[test]
fn where_answers_can_not_be_kept_they_are_asked_for_and_that_is_said() {
    let bench = bench(1, live);
    let home = bench.folder.path().join("home");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join(".cache"), "no folder").unwrap();
    let run = bench.run_as(&["scan", "--verify"], |command| {
        command.env("XDG_CACHE_HOME", home.join(".cache"));
    });
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("live: "), "{run:?}");
    assert!(
        run.err.contains("answers are not kept for the next run: "),
        "{}",
        run.err
    );
}
