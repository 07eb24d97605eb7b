//! How fast questions are put, and whether at all: turns for each host, a rate for all, patience where a provider asks for it,
//! and an end. It stands between a verifier and whatever carries its questions, so it is the same for all and needs no network.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{
    HttpReply, HttpRequest, Limits, Method, Settings, SmtpLogin, SmtpReply, Stop, Trouble, Way,
    Wire,
};

/// How often somebody who waits looks whether the run was ended.
const GLANCE: Duration = Duration::from_millis(50);

/// What all threads of a run share.
pub(super) struct Pace<'r> {
    settings: &'r Settings,
    limits: Limits,
    end: Instant,
    stop: &'r Stop,
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    asked: u64,
    /// When the next question may be put.
    next: Instant,
    hosts: BTreeMap<String, Host>,
    /// Requests to each host, by how it is shown.
    contacted: BTreeMap<String, u64>,
}

#[derive(Default)]
struct Host {
    active: usize,
    /// When it may be asked again.
    held: Option<Instant>,
}

impl<'r> Pace<'r> {
    pub(super) fn new(settings: &'r Settings, stop: &'r Stop) -> Self {
        let now = Instant::now();
        let limits = settings.limits;
        Self {
            settings,
            limits,
            end: now + limits.total,
            stop,
            state: Mutex::new(State {
                asked: 0,
                next: now,
                hosts: BTreeMap::new(),
                contacted: BTreeMap::new(),
            }),
            freed: Condvar::new(),
        }
    }

    /// Hosts with the requests that each got.
    pub(super) fn contacted(self) -> BTreeMap<String, u64> {
        let state = self.state.into_inner();
        state.unwrap_or_else(PoisonError::into_inner).contacted
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails once nothing is to be asked any more.
    fn goes_on(&self) -> Result<(), Trouble> {
        if self.stop.is_set() {
            Err(Trouble::Stopped)
        } else if Instant::now() >= self.end {
            Err(Trouble::Spent)
        } else {
            Ok(())
        }
    }

    /// Waits for a turn at `host`.
    fn enter<'p>(&'p self, host: &'p str) -> Result<Turn<'p>, Trouble> {
        let mut state = self.lock();
        let at = loop {
            self.goes_on()?;
            if state.asked >= self.limits.requests {
                return Err(Trouble::Spent);
            }
            let now = Instant::now();
            let place = state.hosts.entry(host.to_owned()).or_default();
            let held = place.held.filter(|held| *held > now);
            if held.is_some_and(|held| held >= self.end) {
                return Err(Trouble::Throttled);
            }
            if held.is_none() && place.active < self.limits.per_host.max(1) {
                let at = state.next.max(now);
                if at >= self.end {
                    return Err(Trouble::Spent);
                }
                state.next = at + self.spacing();
                state.asked += 1;
                if let Some(place) = state.hosts.get_mut(host) {
                    place.active += 1;
                }
                break at;
            }
            let waited = self.freed.wait_timeout(state, GLANCE);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        drop(state);
        let turn = Turn { pace: self, host };
        self.sleep(at)?;
        Ok(turn)
    }

    fn spacing(&self) -> Duration {
        Duration::try_from_secs_f64(1.0 / self.limits.rate).unwrap_or_default()
    }

    fn sleep(&self, until: Instant) -> Result<(), Trouble> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.goes_on()?;
            std::thread::sleep(left.min(GLANCE));
        }
    }

    /// Leaves `host` alone for a while.
    fn hold(&self, host: &str, wait: Duration) {
        // whatever is longer than the run is as good as forever
        let until = Instant::now() + wait.min(self.limits.total);
        let mut state = self.lock();
        let place = state.hosts.entry(host.to_owned()).or_default();
        place.held = place.held.max(Some(until));
    }

    fn note(&self, shown: &str) {
        let mut state = self.lock();
        *state.contacted.entry(shown.to_owned()).or_default() += 1;
    }
}

/// A place among those that ask a host; given back when dropped.
struct Turn<'p> {
    pace: &'p Pace<'p>,
    host: &'p str,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.pace.lock().hosts.get_mut(self.host) {
            place.active -= 1;
        }
        self.pace.freed.notify_all();
    }
}

/// A wire that keeps the pace, and remembers whom it asked.
pub(super) struct Paced<'p> {
    wire: Box<dyn Wire + 'p>,
    pace: &'p Pace<'p>,
    asked: Vec<String>,
    /// Whether something went wrong since the last time somebody asked.
    troubled: bool,
}

impl<'p> Paced<'p> {
    pub(super) fn new(wire: Box<dyn Wire + 'p>, pace: &'p Pace<'p>) -> Self {
        Self {
            wire,
            pace,
            asked: Vec::new(),
            troubled: false,
        }
    }

    /// Whether something went wrong since the last time, so that asking again may bring an answer: no connection, no time left,
    /// a server that is not well.
    pub(super) fn take_trouble(&mut self) -> bool {
        std::mem::take(&mut self.troubled)
    }

    /// Hosts that were asked since the last time.
    pub(super) fn take_asked(&mut self) -> Vec<String> {
        std::mem::take(&mut self.asked)
    }

    fn noted<T>(&mut self, way: &Way<'_>, result: Result<T, Trouble>) -> Result<T, Trouble> {
        if result.as_ref().err().is_none_or(Trouble::reached_out) {
            let shown = way.shown();
            self.pace.note(&shown);
            if !self.asked.contains(&shown) {
                self.asked.push(shown);
            }
        }
        result
    }
}

impl Wire for Paced<'_> {
    fn http(&mut self, request: &HttpRequest<'_>) -> Result<HttpReply, Trouble> {
        let result = self.asked_again(request);
        let is_well = |reply: &HttpReply| reply.status != 429 && reply.status < 500;
        self.troubled |= !result.as_ref().is_ok_and(is_well);
        result
    }

    /// Once: mail servers lock accounts that fail too often.
    fn smtp(&mut self, login: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble> {
        let turn = self.pace.enter(login.host);
        let result = turn.and_then(|turn| {
            let result = self.wire.smtp(login);
            drop(turn);
            let way = Way::of_login(self.pace.settings, login);
            self.noted(&way, result)
        });
        // what begins with a 4 is a refusal for now
        let is_well = |reply: &SmtpReply| !(400..500).contains(&reply.code);
        self.troubled |= !result.as_ref().is_ok_and(is_well);
        result
    }
}

impl Paced<'_> {
    /// Asks, and asks again where that may help.
    fn asked_again(&mut self, request: &HttpRequest<'_>) -> Result<HttpReply, Trouble> {
        let pace = self.pace;
        let mut back_off = pace.limits.back_off;
        let mut left = match request.method {
            Method::Get | Method::Post => pace.limits.retries,
            Method::Delete => 0,
        };
        loop {
            let turn = pace.enter(request.host)?;
            let result = self.wire.http(request);
            drop(turn);
            let way = Way::of_http(pace.settings, request);
            let result = self.noted(&way, result);
            let wait = match &result {
                Ok(reply) => {
                    if let Some(wait) = reply.wait {
                        pace.hold(request.host, wait);
                    }
                    match reply.status {
                        429 | 500 | 502..=504 => reply.wait.unwrap_or(back_off),
                        _ => return result,
                    }
                }
                Err(Trouble::Connection | Trouble::Timeout) => back_off,
                Err(_) => return result,
            };
            let until = Instant::now() + wait.min(pace.limits.total);
            if left == 0 || until >= pace.end {
                return result;
            }
            left -= 1;
            back_off *= 2;
            if pace.sleep(until).is_err() {
                return result;
            }
        }
    }
}

#[cfg(test)]
mod tests;
