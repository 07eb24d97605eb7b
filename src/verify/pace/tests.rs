//! The pace over a scripted wire: what is repeated, what is waited for, and what ends a run.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::verify::Body;

/// Answers by a script; the last answer is for all further questions.
struct Scripted<'s> {
    answers: Vec<Result<u16, Trouble>>,
    wait: Option<Duration>,
    asked: &'s AtomicUsize,
    active: &'s AtomicUsize,
    most: &'s AtomicUsize,
    takes: Duration,
}

impl Wire for Scripted<'_> {
    fn http(&mut self, _: &HttpRequest<'_>) -> Result<HttpReply, Trouble> {
        let now = self.active.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(self.takes);
        self.active.fetch_sub(1, Ordering::SeqCst);
        let at = self.asked.fetch_add(1, Ordering::SeqCst);
        let status = self.answers[at.min(self.answers.len() - 1)].clone()?;
        Ok(HttpReply {
            status,
            media_type: String::new(),
            wait: self.wait.filter(|_| status == 429),
            body: Body::default(),
        })
    }

    fn smtp(&mut self, _: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Err(Trouble::Connection)
    }
}

fn settings(change: impl FnOnce(&mut Limits)) -> Settings {
    let mut limits = Limits {
        per_host: 2,
        rate: 10_000.0,
        request: Duration::from_secs(1),
        total: Duration::from_secs(20),
        requests: 1_000,
        retries: 2,
        back_off: Duration::from_millis(5),
    };
    change(&mut limits);
    Settings {
        limits,
        ..Settings::default()
    }
}

fn request(method: Method) -> HttpRequest<'static> {
    HttpRequest {
        provider: "acme",
        host: "api.acme.example",
        method,
        path: "/".to_owned(),
        headers: Vec::new(),
        body: None,
    }
}

/// The outcome of one question, and how often it was put.
fn ask(
    settings: &Settings,
    method: Method,
    answers: Vec<Result<u16, Trouble>>,
    wait: Option<Duration>,
) -> (Result<u16, Trouble>, usize) {
    let (asked, active, most) = Default::default();
    let stop = Stop::default();
    let pace = Pace::new(settings, &stop);
    let wire = Scripted {
        answers,
        wait,
        asked: &asked,
        active: &active,
        most: &most,
        takes: Duration::ZERO,
    };
    let mut paced = Paced::new(Box::new(wire), &pace);
    let result = paced.http(&request(method)).map(|reply| reply.status);
    (result, asked.load(Ordering::SeqCst))
}

#[test]
fn only_what_tells_nothing_is_asked_again() {
    let settings = settings(|_| {});
    let get = |answers| ask(&settings, Method::Get, answers, None);
    assert_eq!(get(vec![Ok(503), Ok(200)]), (Ok(200), 2));
    assert_eq!(get(vec![Err(Trouble::Timeout), Ok(401)]), (Ok(401), 2));
    assert_eq!(get(vec![Ok(429)]), (Ok(429), 3), "as often as is allowed");
    assert_eq!(
        get(vec![Err(Trouble::Connection)]),
        (Err(Trouble::Connection), 3)
    );
    for told in [200, 400, 401, 403, 404, 451] {
        assert_eq!(get(vec![Ok(told), Ok(200)]), (Ok(told), 1));
    }
    for trouble in [
        Trouble::Tls,
        Trouble::NoSuchHost,
        Trouble::Protocol,
        Trouble::NotAsked,
    ] {
        assert_eq!(get(vec![Err(trouble.clone())]), (Err(trouble), 1));
    }
    let (result, asked) = ask(&settings, Method::Delete, vec![Ok(503), Ok(204)], None);
    assert_eq!(
        (result, asked),
        (Ok(503), 1),
        "a deletion is never repeated"
    );
}

#[test]
fn a_login_is_tried_once() {
    let settings = settings(|_| {});
    let (asked, active, most) = Default::default();
    let stop = Stop::default();
    let pace = Pace::new(&settings, &stop);
    let wire = Scripted {
        answers: vec![],
        wait: None,
        asked: &asked,
        active: &active,
        most: &most,
        takes: Duration::ZERO,
    };
    let secret = crate::model::Secret::new(b"x", 0);
    let login = SmtpLogin {
        provider: "acme",
        host: "smtp.acme.example",
        port: 465,
        security: crate::verify::Security::Implicit,
        user: &secret,
        password: &secret,
    };
    assert!(Paced::new(Box::new(wire), &pace).smtp(&login).is_err());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_provider_that_asks_to_wait_is_waited_for_within_the_time_there_is() {
    let settings = settings(|limits| limits.total = Duration::from_millis(900));
    let wait = Duration::from_millis(120);
    let start = Instant::now();
    let (result, asked) = ask(&settings, Method::Get, vec![Ok(429), Ok(200)], Some(wait));
    assert_eq!((result, asked), (Ok(200), 2));
    assert!(start.elapsed() >= wait, "asked again too early");
    let (result, asked) = ask(
        &settings,
        Method::Get,
        vec![Ok(429), Ok(200)],
        Some(Duration::from_secs(3600)),
    );
    assert_eq!((result, asked), (Ok(429), 1), "no time for that wait");
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_host_that_wants_to_be_left_alone_for_long_is_not_asked_by_others() {
    let settings = settings(|_| {});
    let (asked, active, most) = Default::default();
    let stop = Stop::default();
    let pace = Pace::new(&settings, &stop);
    let wire = Scripted {
        answers: vec![Ok(429)],
        wait: Some(Duration::from_secs(3600)),
        asked: &asked,
        active: &active,
        most: &most,
        takes: Duration::ZERO,
    };
    let mut paced = Paced::new(Box::new(wire), &pace);
    assert_eq!(paced.http(&request(Method::Get)).unwrap().status, 429);
    assert_eq!(
        paced.http(&request(Method::Get)).unwrap_err(),
        Trouble::Throttled
    );
    assert_eq!(paced.take_asked(), ["api.acme.example"]);
    drop(paced);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(
        pace.contacted(),
        [("api.acme.example".to_owned(), 1)].into()
    );
}

/// Puts `questions` from eight threads; yields the time, the answers and the most at once.
fn many(settings: &Settings, stop: &Stop, questions: usize) -> (Duration, usize, usize) {
    let (asked, active, most) = Default::default();
    let pace = Pace::new(settings, stop);
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let wire = Scripted {
                answers: vec![Ok(200)],
                wait: None,
                asked: &asked,
                active: &active,
                most: &most,
                takes: Duration::from_millis(3),
            };
            let (pace, next) = (&pace, &next);
            scope.spawn(move || {
                let mut paced = Paced::new(Box::new(wire), pace);
                while next.fetch_add(1, Ordering::SeqCst) < questions {
                    let _ = paced.http(&request(Method::Get));
                }
            });
        }
    });
    let of = |count: &AtomicUsize| count.load(Ordering::SeqCst);
    (start.elapsed(), of(&asked), of(&most))
}

#[test]
fn a_host_is_asked_by_few_at_a_time() {
    let stop = Stop::default();
    let settings = settings(|limits| limits.per_host = 3);
    let (_, asked, most) = many(&settings, &stop, 60);
    assert_eq!(asked, 60);
    assert!(most <= 3, "{most} at a time");
}

#[test]
fn questions_keep_their_distance() {
    let stop = Stop::default();
    let settings = settings(|limits| {
        limits.rate = 50.0;
        limits.per_host = 8;
    });
    let (took, asked, _) = many(&settings, &stop, 11);
    assert_eq!(asked, 11);
    assert!(
        took >= Duration::from_millis(200),
        "{took:?} for ten gaps of 20 ms"
    );
}

#[test]
fn a_run_ends_with_its_requests_its_time_or_when_it_is_told() {
    let stop = Stop::default();
    let few = settings(|limits| limits.requests = 7);
    assert_eq!(many(&few, &stop, 40).1, 7);
    let short = settings(|limits| {
        limits.total = Duration::from_millis(200);
        limits.rate = 20.0;
    });
    let (took, asked, _) = many(&short, &stop, 4_000);
    assert!(asked <= 5, "{asked} in a fifth of a second");
    assert!(took < Duration::from_secs(20), "{took:?}");
    stop.set();
    assert_eq!(many(&settings(|_| {}), &stop, 40).1, 0);
}
