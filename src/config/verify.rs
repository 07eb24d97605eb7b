//! How providers are asked whether a credential still works, as whoever runs the scan wants it.
//!
//! Put into what the verifier is told. Flags, variables, files and defaults were weighed before ([`super::merge`]). Nothing here can come
//! from the repository that is scanned: see [`super::table::Trust`].

use std::ffi::OsString;
use std::time::Duration;

use super::asking::VerifyOptions;
use super::merge::Merged;
use super::options::{Asks, ScanOptions};
use super::table::Name;
use super::value::{PROXY_ENV, PROXY_NONE};
use crate::error::Error;
use crate::verify::{MailHost, Proxy, Settings};

/// The settings of `[verify]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifySettings {
    /// Whether scans ask without being told to each time.
    pub enabled: bool,
    /// Whether hooks do so too.
    pub in_hooks: bool,
    /// Mail servers that may be asked besides those of the known providers.
    pub hosts: Vec<MailHost>,
    /// The proxy to go through.
    pub proxy: ProxyChoice,
    /// Most questions that one run asks.
    pub max_requests: u64,
    /// How long all questions together may take.
    pub timeout: Duration,
    /// How long one question may take.
    pub request_timeout: Duration,
    /// Most questions to one host at a time.
    pub concurrency: u64,
    /// Most questions a second.
    pub rate: u64,
    /// How long an answer is taken for still true; none to ask each time.
    pub cache: Option<Duration>,
}

/// Which proxy is gone through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyChoice {
    /// None.
    None,
    /// The one that the environment names, if it does.
    Environment {
        /// Whether the environment is looked at: whoever is checked may have set it.
        heard: bool,
    },
    /// This one.
    This(Proxy),
}

impl ProxyChoice {
    /// What a setting says, which was checked when it was read.
    fn of(text: &str, heard: bool) -> Self {
        match text {
            PROXY_ENV => Self::Environment { heard },
            "" | PROXY_NONE => Self::None,
            url => Proxy::parse(url).map_or(Self::None, Self::This),
        }
    }

    /// The proxy, where `get` gives environment variables.
    fn found(&self, get: &dyn Fn(&str) -> Option<OsString>) -> Result<Option<Proxy>, Error> {
        match self {
            Self::This(proxy) => Ok(Some(proxy.clone())),
            Self::Environment { heard: true } => Proxy::of_environment(get).map_err(Error::Usage),
            Self::Environment { heard: false } | Self::None => Ok(None),
        }
    }
}

impl VerifySettings {
    /// Those that count, for `options`.
    pub fn of(merged: &Merged, options: &ScanOptions) -> Self {
        let hosts = merged.texts(Name::VerifyHosts).iter();
        let hours = merged.number(Name::VerifyCacheHours);
        let seconds = |name| Duration::from_secs(merged.number(name));
        Self {
            enabled: merged.flag(Name::VerifyEnabled),
            in_hooks: merged.flag(Name::VerifyInHooks),
            // each was checked when it was read
            hosts: hosts
                .filter_map(|(host, _)| MailHost::parse(host).ok())
                .collect(),
            proxy: ProxyChoice::of(merged.text(Name::VerifyProxy), !options.policy.deaf),
            max_requests: merged.number(Name::VerifyMaxRequests),
            timeout: seconds(Name::VerifyTimeout),
            request_timeout: seconds(Name::VerifyRequestTimeout),
            concurrency: merged.number(Name::VerifyConcurrency),
            rate: merged.number(Name::VerifyRate),
            cache: (hours > 0).then(|| Duration::from_secs(hours * 3600)),
        }
    }

    /// Lets `options` ask, if a flag or a setting says so, and in the way that the settings say. Refuses what only makes sense then.
    pub fn put_into(&self, options: &mut ScanOptions) -> Result<(), Error> {
        let asks = match options.policy.asks {
            Asks::Never => false,
            Asks::InScans => self.enabled,
            Asks::InHooks => self.in_hooks,
        };
        let flag = options.verify.as_ref().and_then(|how| how.unasked);
        let is_wanted = asks || (options.verify.is_some() && flag.is_none());
        let refused = |problem: String| Err(Error::Usage(problem));
        if !is_wanted {
            return match flag {
                Some(flag) => refused(format!(
                    "{flag} is about asking providers, which only --verify does"
                )),
                None if options.fail_on_live => refused(
                    "--fail-on live needs --verify: without asking, nobody knows what is live"
                        .to_owned(),
                ),
                None => Ok(()),
            };
        }
        let how = options.verify.get_or_insert_default();
        if how.dry_run && options.fail_on_live {
            return refused(
                "--dry-run asks nothing, so that nothing is live to --fail-on live; leave out one of them"
                    .to_owned(),
            );
        }
        if how.dry_run && !how.only.is_empty() {
            return refused(
                "--dry-run asks nothing, so that --only has no verdicts to go by; leave out one of them"
                    .to_owned(),
            );
        }
        self.put_into_asking(how)
    }

    /// Has providers asked in the way that the settings say.
    pub fn put_into_asking(&self, how: &mut VerifyOptions) -> Result<(), Error> {
        let settings: &mut Settings = &mut how.settings;
        settings.smtp_hosts.clone_from(&self.hosts);
        settings.proxy = self.proxy.found(&|name| std::env::var_os(name))?;
        let limits = &mut settings.limits;
        limits.requests = self.max_requests;
        limits.total = self.timeout;
        limits.request = self.request_timeout;
        limits.per_host = usize::try_from(self.concurrency).unwrap_or(1);
        limits.rate = f64::from(u32::try_from(self.rate).unwrap_or(1));
        how.cache = self.cache;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::asking::VerifyFlags;
    use crate::config::file::File;
    use crate::config::options::Input;
    use crate::config::source::{Origin, Text};
    use crate::config::table::SETTINGS;

    /// A setting in each of the places that can say it, the one that is outranked first, and what shows it.
    struct Row {
        key: &'static str,
        file: &'static str,
        variable: &'static str,
        flag: fn(&mut VerifyFlags),
        shown: fn(&VerifyOptions) -> String,
        /// By default, by the file, by the variable, by the flag.
        values: [&'static str; 4],
    }

    const ROWS: [Row; 7] = [
        Row {
            key: "verify.proxy",
            file: "'http://file.example:1'",
            variable: "http://variable.example:2",
            flag: |flags| flags.proxy = Some("http://flag.example:3".to_owned()),
            shown: |how| {
                let proxy = how.settings.proxy.as_ref();
                proxy.map_or_else(String::new, ToString::to_string)
            },
            values: ["", "file.example:1", "variable.example:2", "flag.example:3"],
        },
        Row {
            key: "verify.max_requests",
            file: "7",
            variable: "8",
            // what is the default as well is a word like any other
            flag: |flags| flags.max_requests = Some(2000),
            shown: |how| how.settings.limits.requests.to_string(),
            values: ["2000", "7", "8", "2000"],
        },
        Row {
            key: "verify.timeout",
            file: "7",
            variable: "8",
            flag: |flags| flags.timeout = Some(600),
            shown: |how| how.settings.limits.total.as_secs().to_string(),
            values: ["600", "7", "8", "600"],
        },
        Row {
            key: "verify.request_timeout",
            file: "7",
            variable: "8",
            flag: |flags| flags.request_timeout = Some(15),
            shown: |how| how.settings.limits.request.as_secs().to_string(),
            values: ["15", "7", "8", "15"],
        },
        Row {
            key: "verify.concurrency",
            file: "7",
            variable: "8",
            flag: |flags| flags.concurrency = Some(2),
            shown: |how| how.settings.limits.per_host.to_string(),
            values: ["2", "7", "8", "2"],
        },
        Row {
            key: "verify.rate",
            file: "7",
            variable: "8",
            flag: |flags| flags.rate = Some(5),
            shown: |how| how.settings.limits.rate.to_string(),
            values: ["5", "7", "8", "5"],
        },
        Row {
            key: "verify.cache_hours",
            file: "7",
            variable: "8",
            flag: |flags| flags.no_cache = true,
            shown: |how| {
                let hours = how.cache.map(|age| age.as_secs() / 3600);
                hours.unwrap_or(0).to_string()
            },
            values: ["1", "7", "8", "0"],
        },
    ];

    fn file(text: &str) -> File {
        let path = std::path::Path::new("x.toml");
        let text = Text::new(path, "x.toml".to_owned(), text.into(), Origin::Named).unwrap();
        File::read(&text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn resolved(
        asks: Asks,
        flags: Option<VerifyFlags>,
        text: &str,
        variables: &[(&str, &str)],
    ) -> Option<VerifyOptions> {
        let mut options = ScanOptions::of(Input::Paths(Vec::new()));
        options.policy.asks = asks;
        options.verify = flags.map(|flags| {
            Box::new(VerifyOptions {
                flags,
                ..VerifyOptions::default()
            })
        });
        let read = file(text);
        let get = |name: &str| {
            let mut variables = variables.iter();
            variables
                .find(|(one, _)| *one == name)
                .map(|(_, value)| value.into())
        };
        let merged = Merged::among(&options, &[&read], &get).unwrap();
        let settings = VerifySettings::of(&merged, &options);
        settings.put_into(&mut options).unwrap();
        options.verify.map(|how| *how)
    }

    #[test]
    fn a_flag_outranks_a_variable_and_that_the_file_and_that_the_default() {
        // lists add up, and what switches asking on has a test of its own
        let others = ["verify.enabled", "verify.in_hooks", "verify.hosts"];
        let keys = SETTINGS.iter().map(|it| it.key);
        let mut tested: Vec<&str> = ROWS.iter().map(|row| row.key).chain(others).collect();
        let mut all: Vec<&str> = keys.filter(|key| key.starts_with("verify.")).collect();
        tested.sort_unstable();
        all.sort_unstable();
        assert_eq!(tested, all, "every setting of [verify] has its row");
        for row in &ROWS {
            let Row { key, .. } = row;
            let text = format!("{key} = {}\n", row.file);
            let name = format!("WAXSEAL_{}", key.replace('.', "_").to_ascii_uppercase());
            let variable = [(name.as_str(), row.variable)];
            let mut given = VerifyFlags::default();
            (row.flag)(&mut given);
            let none = VerifyFlags::default();
            for (flags, text, variables, value) in [
                (&none, "", &[][..], row.values[0]),
                (&none, &text, &[], row.values[1]),
                (&none, &text, &variable, row.values[2]),
                (&none, "", &variable, row.values[2]),
                (&given, &text, &variable, row.values[3]),
                (&given, &text, &[], row.values[3]),
                (&given, "", &[], row.values[3]),
            ] {
                let how = resolved(Asks::Never, Some(flags.clone()), text, variables).unwrap();
                assert_eq!((row.shown)(&how), value, "{key}: {text} {variables:?}");
            }
        }
    }

    #[test]
    fn settings_ask_where_they_are_meant_to() {
        let on = [("WAXSEAL_VERIFY_ENABLED", "true")];
        let off = [("WAXSEAL_VERIFY_ENABLED", "false")];
        let (enabled, in_hooks) = ("verify.enabled = true\n", "verify.in_hooks = true\n");
        for (asks, text, variables, wanted) in [
            (Asks::Never, enabled, &on[..], false),
            (Asks::InScans, "", &[], false),
            (Asks::InScans, enabled, &[], true),
            (Asks::InScans, "", &on, true),
            (Asks::InScans, enabled, &off, false),
            (Asks::InScans, in_hooks, &[], false),
            (Asks::InHooks, enabled, &on, false),
            (Asks::InHooks, in_hooks, &[], true),
        ] {
            let how = resolved(asks, None, text, variables);
            assert_eq!(how.is_some(), wanted, "{asks:?} {text} {variables:?}");
        }
    }

    #[test]
    fn mail_servers_add_up() {
        let flags = VerifyFlags {
            hosts: vec!["b.example:2587".to_owned()],
            ..VerifyFlags::default()
        };
        let text = "verify.hosts = ['Mail.Example.com']\n";
        let how = resolved(Asks::Never, Some(flags), text, &[]).unwrap();
        let hosts = how.settings.smtp_hosts.iter();
        let hosts: Vec<String> = hosts.map(ToString::to_string).collect();
        assert_eq!(hosts, ["mail.example.com", "b.example:2587"]);
    }

    #[test]
    fn a_flag_can_say_that_there_is_no_proxy() {
        let flags = VerifyFlags {
            proxy: Some("none".to_owned()),
            ..VerifyFlags::default()
        };
        let text = "verify.proxy = 'http://a.example:1'\n";
        let how = resolved(Asks::Never, Some(flags), text, &[]).unwrap();
        assert_eq!(how.settings.proxy, None);
    }

    #[test]
    fn a_proxy_of_the_environment_counts_when_it_is_asked_for() {
        let get = |name: &str| (name == "HTTPS_PROXY").then(|| "http://a.example:1".into());
        let of = |text, heard| ProxyChoice::of(text, heard).found(&get).unwrap();
        assert_eq!(of("", true), None);
        assert_eq!(of("none", true), None);
        assert_eq!(of("env", true).unwrap().to_string(), "a.example:1");
        assert_eq!(of("env", false), None, "whoever is checked may have set it");
        let bad = |name: &str| (name == "ALL_PROXY").then(|| "ftp://a.example:1".into());
        let error = ProxyChoice::of("env", true).found(&bad).unwrap_err();
        assert!(error.to_string().starts_with("ALL_PROXY: "), "{error}");
    }
}
