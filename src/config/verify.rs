//! How providers are asked whether a credential still works, as whoever runs the scan wants it.
//!
//! Put into what the verifier is told, where no flag says otherwise. Nothing here can come from the repository that is scanned: see
//! [`super::table::Trust`].

use std::time::Duration;

use super::asking::VerifyOptions;
use super::merge::Merged;
use super::options::{Asks, ScanOptions};
use super::table::Name;
use crate::verify::{Limits, Settings};

/// The settings of `[verify]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifySettings {
    /// Whether scans ask without being told to each time.
    pub enabled: bool,
    /// Whether hooks do so too.
    pub in_hooks: bool,
    /// Mail servers that may be asked besides those of the known providers.
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

    /// Lets `options` ask, if a setting says so, and in the way that the settings say. A flag has the last word.
    pub fn put_into(&self, options: &mut ScanOptions) {
        let asks = match options.policy.asks {
            Asks::Never => false,
            Asks::InScans => self.enabled,
            Asks::InHooks => self.in_hooks,
        };
        if options.verify.is_none() && asks {
            let how = VerifyOptions::of(Settings::default());
            options.verify = Some(Box::new(how));
        }
        let Some(how) = &mut options.verify else {
            return;
        };
        let settings = &mut how.settings;
        let hosts = self.hosts.iter().map(|host| host.to_ascii_lowercase());
        settings.smtp_hosts.extend(hosts);
        settings.proxy = settings.proxy.take().or_else(|| self.proxy.clone());
        let (limits, default) = (&mut settings.limits, Limits::default());
        if limits.requests == default.requests {
            limits.requests = self.max_requests;
        }
        if limits.request == default.request {
            limits.request = self.timeout;
        }
        how.cache = how.cache.and(self.cache);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options::Input;

    fn settings() -> VerifySettings {
        VerifySettings {
            enabled: true,
            in_hooks: false,
            hosts: vec!["Mail.Example.com".to_owned()],
            proxy: Some("http://a.example:1".to_owned()),
            max_requests: 7,
            timeout: Duration::from_secs(3),
            cache: None,
        }
    }

    fn options(asks: Asks) -> ScanOptions {
        let mut options = ScanOptions::of(Input::Paths(Vec::new()));
        options.policy.asks = asks;
        options
    }

    #[test]
    fn settings_ask_where_they_are_meant_to() {
        for (asks, wanted) in [
            (Asks::Never, false),
            (Asks::InScans, true),
            (Asks::InHooks, false),
        ] {
            let mut options = options(asks);
            settings().put_into(&mut options);
            assert_eq!(options.verify.is_some(), wanted, "{asks:?}");
        }
    }

    #[test]
    fn a_flag_has_the_last_word() {
        let mut options = options(Asks::Never);
        let mut given = Settings::default();
        given.limits.requests = 5;
        given.smtp_hosts = vec!["b.example".to_owned()];
        given.proxy = Some("http://b.example:1".to_owned());
        options.verify = Some(Box::new(VerifyOptions::of(given)));
        settings().put_into(&mut options);
        let how = options.verify.expect("it was asked for");
        assert_eq!(how.settings.limits.requests, 5);
        assert_eq!(how.settings.limits.request, Duration::from_secs(3));
        assert_eq!(how.settings.smtp_hosts, ["b.example", "mail.example.com"]);
        assert_eq!(how.settings.proxy.as_deref(), Some("http://b.example:1"));
        assert_eq!(how.cache, None);
    }
}
