//! How providers are asked whether a credential still works, as whoever runs the scan wants it.
//!
//! Carried to the verifier, which does the asking. Nothing here can come from the repository that is scanned: see
//! [`super::table::Trust`].

use std::time::Duration;

use super::merge::Merged;
use super::table::Name;

/// The settings of `[verify]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifySettings {
    /// Whether scans ask without being told to each time.
    pub enabled: bool,
    /// Whether hooks do so too.
    pub in_hooks: bool,
    /// Mail servers that may be asked besides those of the known providers: `HOST` or `HOST:PORT`.
    pub hosts: Vec<String>,
    /// The proxy to go through, if any.
    pub proxy: Option<String>,
    /// Most questions that one run asks.
    pub max_requests: u64,
    /// How long one question may take.
    pub timeout: Duration,
    /// How long an answer is taken for still true; none to ask each time.
    pub cache: Option<Duration>,
}

impl VerifySettings {
    /// Those that count.
    pub fn of(merged: &Merged) -> Self {
        let hosts = merged.texts(Name::VerifyHosts).iter();
        let proxy = merged.text(Name::VerifyProxy);
        let hours = merged.number(Name::VerifyCacheHours);
        Self {
            enabled: merged.flag(Name::VerifyEnabled),
            in_hooks: merged.flag(Name::VerifyInHooks),
            hosts: hosts.map(|(host, _)| host.clone()).collect(),
            proxy: (!proxy.is_empty()).then(|| proxy.to_owned()),
            max_requests: merged.number(Name::VerifyMaxRequests),
            timeout: Duration::from_secs(merged.number(Name::VerifyTimeout)),
            cache: (hours > 0).then(|| Duration::from_secs(hours * 3600)),
        }
    }
}
