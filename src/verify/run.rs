//! Asks about every distinct credential of a report once, and tells every finding with it.
//!
//! Threads, order and combination of answers; what is asked is for verifiers, how fast for the pace, and what was answered
//! before is in the cache.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::identity::{self, Circumstances, Identity};
use super::pace::{Pace, Paced};
use super::weigh::weightiest;
use super::{Credential, Kept, Line, Settings, Stop, Verifier, Wire};
use crate::model::{Finding, Quotes, Secret, Verdict, Verified};

/// Most account ids of other findings that are offered for a secret.
const OTHERS: usize = 4;

/// Most account ids of which the likeliest are picked.
const RANKED: usize = 64;

/// Most passwords of one account that are tried: many accounts are locked after five wrong ones.
const PASSWORDS: usize = 3;

/// Most threads that ask.
const THREADS: usize = 64;

/// How a run asks.
pub struct Job<'r> {
    /// What the operator decided.
    pub settings: &'r Settings,
    /// Who knows what to ask.
    pub verifiers: &'r [Box<dyn Verifier>],
    /// What carries the questions.
    pub line: &'r dyn Line,
    /// Earlier answers.
    pub kept: Option<&'r dyn Kept>,
    /// Set when the run is to end: what was not asked by then is unknown.
    pub stop: &'r Stop,
    /// Told how many credentials of how many are done.
    pub progress: &'r (dyn Fn(usize, usize) + Sync),
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Hosts that were contacted, with the number of requests to each.
    pub hosts: BTreeMap<String, u64>,
    /// Distinct credentials that somebody could be asked about.
    pub credentials: usize,
    /// How many of them got which verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// How many of the answers are earlier ones.
    pub cached: usize,
    /// Findings for which there is nobody to ask.
    pub not_askable: usize,
    /// Whether it ended before all was asked.
    pub stopped: bool,
}

/// A distinct credential.
struct Question {
    /// The first finding that has it.
    finding: usize,
    identity: Identity,
    handlers: Vec<usize>,
    /// Those of the handlers that are not asked, so that an account is not locked.
    spared: Vec<usize>,
    others: Vec<Secret>,
}

/// Asks about the credentials of `findings`, and sets [`Finding::verified`] of all that somebody could be asked about.
pub fn run(findings: &mut [Finding], job: &Job<'_>) -> Summary {
    let mut summary = Summary::default();
    let (mut questions, of) = questions(findings, job);
    spare(&mut questions, findings, job);
    summary.not_askable = of
        .iter()
        .zip(findings.iter())
        .filter(|(of, finding)| of.is_none() && !finding.secret.is_empty())
        .count();
    summary.credentials = questions.len();
    let answers = ask(&questions, findings, job, &mut summary);
    for answer in &answers {
        *summary.verdicts.entry(answer.verdict).or_default() += 1;
        summary.cached += usize::from(answer.cached);
    }
    summary.stopped = job.stop.is_set();
    for (finding, of) in findings.iter_mut().zip(of) {
        if let Some(question) = of {
            finding.verified = Some(Box::new(answers[question].clone()));
        }
    }
    summary
}

/// The distinct credentials, and which of them each finding has.
fn questions(findings: &[Finding], job: &Job<'_>) -> (Vec<Question>, Vec<Option<usize>>) {
    let accounts = accounts(findings, job);
    let mut known: HashMap<Identity, usize> = HashMap::new();
    let mut questions = Vec::new();
    let key = job.kept.map_or(&[][..], Kept::key);
    let circumstances = Circumstances::of(job.settings);
    let of = findings
        .iter()
        .enumerate()
        .map(|(at, finding)| {
            let credential = Credential::of(finding, &[]);
            let handlers: Vec<usize> = (0..job.verifiers.len())
                .filter(|&verifier| job.verifiers[verifier].handles(&credential))
                .collect();
            if finding.secret.is_empty() || handlers.is_empty() {
                return None;
            }
            let others = others(finding, &handlers, &accounts);
            let verifiers: Vec<&dyn Verifier> = handlers
                .iter()
                .map(|&verifier| &*job.verifiers[verifier])
                .collect();
            let identity = identity::of(key, &credential, &others, &verifiers, &circumstances);
            Some(*known.entry(identity).or_insert_with(|| {
                questions.push(Question {
                    finding: at,
                    identity,
                    handlers,
                    spared: Vec::new(),
                    others,
                });
                questions.len() - 1
            }))
        })
        .collect();
    (questions, of)
}

/// Sees to it that no account gets more than a few wrong passwords: of those that stand in several findings the first ones are
/// asked about, and those whose answer is known from an earlier run do not count.
fn spare(questions: &mut [Question], findings: &[Finding], job: &Job<'_>) {
    let state = RandomState::new();
    let mut tried: HashMap<u64, Vec<&Secret>> = HashMap::new();
    for question in questions {
        let credential = Credential::of(&findings[question.finding], &[]);
        let mut is_known = None;
        for &verifier in &question.handlers {
            let Some(account) = job.verifiers[verifier].locks(&credential) else {
                continue;
            };
            let kept = || job.kept.and_then(|kept| kept.get(&question.identity));
            if *is_known.get_or_insert_with(|| kept().is_some()) {
                continue;
            }
            let account = state.hash_one((verifier, super::credential::bytes(&account)));
            let tried = tried.entry(account).or_default();
            if tried.iter().any(|one| one.same_value(credential.secret)) {
                continue;
            }
            if tried.len() < PASSWORDS {
                tried.push(credential.secret);
            } else {
                question.spared.push(verifier);
            }
        }
    }
}

/// What is known of a password that was not tried.
fn spared() -> Verified {
    Verified::no_answer(format!(
        "not asked, to avoid locking the account: of one account {PASSWORDS} passwords are tried"
    ))
}

/// An account id that some finding holds.
struct Account<'f> {
    verifier: usize,
    id: &'f Secret,
    path: &'f [u8],
}

fn accounts<'f>(findings: &'f [Finding], job: &Job<'_>) -> Vec<Account<'f>> {
    let mut accounts: Vec<Account<'f>> = Vec::new();
    for (verifier, asks) in job.verifiers.iter().enumerate() {
        for finding in findings {
            let Some(id) = asks.account(finding) else {
                continue;
            };
            accounts.push(Account {
                verifier,
                id,
                path: &finding.origin.path,
            });
        }
    }
    accounts
}

/// The account ids most likely to belong to `finding`: those whose files lie nearest, then those that stand most often.
fn others(finding: &Finding, handlers: &[usize], accounts: &[Account<'_>]) -> Vec<Secret> {
    let mut ranked: Vec<(&Secret, usize, usize)> = Vec::new();
    for account in accounts {
        let own = finding
            .parts
            .iter()
            .any(|part| part.value.same_value(account.id));
        if own || !handlers.contains(&account.verifier) {
            continue;
        }
        let near = shared_folders(&finding.origin.path, account.path);
        let known = ranked.iter().position(|(id, ..)| id.same_value(account.id));
        match known {
            Some(known) => {
                let (_, nearest, count) = &mut ranked[known];
                *nearest = (*nearest).max(near);
                *count += 1;
            }
            // a repository full of ids would make this quadratic
            None if ranked.len() < RANKED => ranked.push((account.id, near, 1)),
            None => {}
        }
    }
    ranked.sort_by_key(|(_, near, count)| std::cmp::Reverse((*near, *count)));
    ranked
        .into_iter()
        .take(OTHERS)
        .map(|(id, ..)| id.clone())
        .collect()
}

/// How many folders two paths have in common, the file itself counting as one more.
fn shared_folders(a: &[u8], b: &[u8]) -> usize {
    let parts = |path| <[u8]>::split(path, |&byte| byte == b'/');
    parts(a).zip(parts(b)).take_while(|(a, b)| a == b).count()
}

fn ask(
    questions: &[Question],
    findings: &[Finding],
    job: &Job<'_>,
    summary: &mut Summary,
) -> Vec<Verified> {
    let order = order(questions);
    let answers: Vec<Mutex<Option<Verified>>> =
        questions.iter().map(|_| Mutex::new(None)).collect();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let pace = Pace::new(job.settings, job.stop);
    let work = || {
        let mut wire = Paced::new(job.line.wire(), &pace);
        let mut bare = job.line.wire();
        while let Some(&at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let question = &questions[at];
            let credential = Credential::of(&findings[question.finding], &question.others);
            let answer = if job.line.asks() {
                settle(question, &credential, job, &mut wire)
            } else {
                first(question, &credential, job, &mut *bare)
            };
            *answers[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            (job.progress)(done, questions.len());
        }
    };
    let threads = questions
        .len()
        .min(job.settings.limits.per_host.saturating_mul(4))
        .clamp(1, THREADS);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    summary.hosts = pace.contacted();
    answers
        .into_iter()
        .map(|answer| {
            let answer = answer.into_inner().unwrap_or_else(PoisonError::into_inner);
            answer.expect("every question of the order is answered before its thread ends")
        })
        .collect()
}

/// Questions in turns of the verifiers, so that one that is slow does not hold up the others.
fn order(questions: &[Question]) -> Vec<usize> {
    let mut counts: HashMap<&[usize], usize> = HashMap::new();
    let mut order: Vec<(usize, usize)> = questions
        .iter()
        .enumerate()
        .map(|(at, question)| {
            let count = counts.entry(&question.handlers).or_default();
            *count += 1;
            (*count, at)
        })
        .collect();
    order.sort_unstable();
    order.into_iter().map(|(_, at)| at).collect()
}

/// Asks one verifier after the other until one finds the credential to work. It is dead only if every one of them says so.
fn settle(
    question: &Question,
    credential: &Credential<'_>,
    job: &Job<'_>,
    wire: &mut Paced<'_>,
) -> Verified {
    let told = |mut answer: Verified| {
        if answer.verdict.is_live() {
            for &verifier in &question.handlers {
                answer
                    .details
                    .extend(job.verifiers[verifier].tells(credential));
            }
        }
        answer
    };
    if let Some(answer) = job.kept.and_then(|kept| kept.get(&question.identity)) {
        return told(answer);
    }
    let mut answers: Vec<Verified> = Vec::new();
    for &verifier in &question.handlers {
        if question.spared.contains(&verifier) {
            answers.push(spared());
            continue;
        }
        let mut answer = job.verifiers[verifier].verify(credential, wire);
        answer.asked = wire.take_asked();
        unquoted(&mut answer, credential.secret);
        let troubled = wire.take_trouble();
        // a verifier that forgets to say so must not make silence look like an answer
        answer.unanswered = answer.verdict == Verdict::Unknown && (answer.unanswered || troubled);
        let works = answer.verdict.is_live() || answer.verdict == Verdict::Test;
        answers.push(answer);
        if works {
            break;
        }
    }
    let answer = weightiest(answers).expect("a question has a verifier that handles it");
    let answer = doubted(answer, credential);
    if let Some(kept) = job.kept
        && answer.verdict != Verdict::Unknown
    {
        kept.put(&question.identity, &answer);
    }
    told(answer)
}

/// What a refusal says of a credential that stands in its file with escapes: what was sent may not be what is meant, so it is not
/// proved dead.
fn doubted(answer: Verified, credential: &Credential<'_>) -> Verified {
    if answer.verdict != Verdict::Dead || !credential.is_spelled() {
        return answer;
    }
    Verified {
        verdict: Verdict::Rejected,
        reason:
            "refused as it is spelled in the file, with escapes; what they stand for was not tried"
                .into(),
        ..answer
    }
}

/// Takes out of `answer` what quotes `secret`: a peer may well send back what it was sent, in the place of a name.
fn unquoted(answer: &mut Verified, secret: &Secret) {
    let mut quotes = Quotes::default();
    quotes.add(secret);
    for detail in &mut answer.details {
        detail
            .values
            .retain(|value| !quotes.are_in(value.as_bytes()));
    }
    answer.details.retain(|detail| !detail.values.is_empty());
}

/// What the first verifier would ask.
fn first(
    question: &Question,
    credential: &Credential<'_>,
    job: &Job<'_>,
    wire: &mut dyn Wire,
) -> Verified {
    let ask = |&verifier: &usize| {
        if question.spared.contains(&verifier) {
            // nobody was to answer
            Verified {
                unanswered: false,
                ..spared()
            }
        } else {
            job.verifiers[verifier].verify(credential, wire)
        }
    };
    let mut answers = question.handlers.iter().map(ask);
    let answer = answers.next();
    // the others would be asked as well, so they are to be shown as well
    answers.for_each(drop);
    answer.expect("a question has a verifier that handles it")
}
