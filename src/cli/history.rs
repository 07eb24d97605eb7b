//! The options of a history scan: what they take, and what they mean together. No I/O.

use std::path::PathBuf;

use clap::Args;
use jiff::{Span, Timestamp, civil, tz::TimeZone};

use crate::config::{self, HistoryEngine, HistoryOptions};
use crate::error::Error;

/// The repository whose history is scanned when none is named.
const HERE: &str = ".";

#[derive(Debug, Args)]
#[command(next_help_heading = "History")]
pub(super) struct HistoryArgs {
    /// Scan every version of every file, and every commit and tag message, that the repository holds, reachable or not
    /// [default REPO: the current folder].
    #[arg(
        long,
        value_name = "REPO",
        num_args = 0..=1,
        default_missing_value = HERE,
        conflicts_with_all = ["paths", "stdin_path", "no_ignore", "submodules"]
    )]
    history: Option<PathBuf>,
    /// Scan the history in this git directory; it need not belong to a work tree.
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["paths", "stdin_path", "no_ignore", "submodules"]
    )]
    git_dir: Option<PathBuf>,
    /// Only what the commits reachable from B and not from A brought in; A or B left out is HEAD.
    #[arg(long, value_name = "A..B", conflicts_with = "branches")]
    range: Option<String>,
    /// Only what is reachable from this branch; may be repeated.
    #[arg(long = "branch", value_name = "NAME")]
    branches: Vec<String>,
    /// Only commits from then on: 2024-01-31, 2024-01-31T08:00:00Z or "90 days ago"; a date begins at midnight UTC.
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only what a ref reaches: leave out what was deleted or rewritten and still lies in the store.
    #[arg(long)]
    reachable: bool,
    /// Accept that objects are not here which a partial clone left to its remote.
    #[arg(long)]
    allow_missing: bool,
    /// How versions are read: by what changed in each, or each in full, which is slower and finds the same [default: delta].
    #[arg(long, value_name = "ENGINE", value_enum)]
    history_engine: Option<HistoryEngine>,
}

impl HistoryArgs {
    /// What a history scan needs, if one is asked for. `now` is what `--since` counts back from.
    pub(super) fn into_options(self, now: Timestamp) -> Result<Option<HistoryOptions>, Error> {
        let repo = match (self.history, &self.git_dir) {
            (None, None) => {
                let given = [
                    ("--range", self.range.is_some()),
                    ("--branch", !self.branches.is_empty()),
                    ("--since", self.since.is_some()),
                    ("--reachable", self.reachable),
                    ("--allow-missing", self.allow_missing),
                    ("--history-engine", self.history_engine.is_some()),
                ];
                return match given.into_iter().find(|(_, given)| *given) {
                    None => Ok(None),
                    Some((name, _)) => Err(Error::Usage(format!(
                        "{name} is about a history: it needs --history or --git-dir"
                    ))),
                };
            }
            (Some(repo), Some(_)) if repo.as_os_str() != HERE => {
                let problem =
                    "--git-dir says where the repository is; give --history no REPO beside it";
                return Err(Error::Usage(problem.to_owned()));
            }
            (repo, _) => repo.unwrap_or_else(|| HERE.into()),
        };
        Ok(Some(HistoryOptions {
            repo,
            git_dir: self.git_dir,
            range: self.range.map(range).transpose()?,
            branches: self.branches,
            since: self.since.map(|text| since(&text, now)).transpose()?,
            reachable: self.reachable,
            engine: self.history_engine.unwrap_or(HistoryEngine::Delta),
            allow_missing: self.allow_missing,
        }))
    }
}

/// `A..B`, either of which may be empty; git's `A...B` means something else.
pub(super) fn range(text: String) -> Result<String, Error> {
    let is_range = text
        .split_once("..")
        .is_some_and(|(_, to)| text.len() > 2 && !to.starts_with('.'));
    if is_range {
        return Ok(text);
    }
    Err(Error::Usage(format!(
        "--range {text}: a range is A..B, such as origin/main..HEAD"
    )))
}

/// A date, a point in time (UTC unless it says otherwise) or a time span that ends with `ago`, as seconds since 1970 UTC.
pub(super) fn since(text: &str, now: Timestamp) -> Result<i64, Error> {
    let refused = || {
        Error::Usage(format!(
            "--since {text}: no date that can be read; write 2024-01-31, 2024-01-31T08:00:00Z or \"90 days ago\""
        ))
    };
    let then = if let Ok(time) = text.parse::<Timestamp>() {
        Some(time)
    } else if text.contains('[') {
        // the name of a time zone, which would be passed over below
        None
    } else if let Ok(time) = text.parse::<civil::DateTime>() {
        // without a time, the day's midnight
        let time = time.to_zoned(TimeZone::UTC).ok();
        time.map(|time| time.timestamp())
    } else if text.trim_end().ends_with("ago") {
        // the span of such a text is negative
        let span = text.trim().parse::<Span>().ok();
        let now = now.to_zoned(TimeZone::UTC);
        span.and_then(|span| now.checked_add(span).ok())
            .map(|then| then.timestamp())
    } else {
        None
    };
    then.map(Timestamp::as_second).ok_or_else(refused)
}

/// What `--max-blob-size` says.
pub(super) fn size(text: &str) -> Result<u64, Error> {
    config::size(text).ok_or_else(|| {
        Error::Usage(format!(
            "--max-blob-size {text}: no size; write bytes, or 500k, 10M or 2G"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_spans_become_seconds() {
        let now: Timestamp = "2024-03-31T12:00:00Z".parse().unwrap();
        for (text, then) in [
            ("1970-01-01", "1970-01-01T00:00:00Z"),
            ("2024-01-31", "2024-01-31T00:00:00Z"),
            ("2024-01-31T08:30:00Z", "2024-01-31T08:30:00Z"),
            ("2024-01-31T08:30:00+02:00", "2024-01-31T06:30:00Z"),
            ("2024-01-31T08:30:00", "2024-01-31T08:30:00Z"),
            ("2024-01-31 08:30", "2024-01-31T08:30:00Z"),
            ("90 days ago", "2024-01-01T12:00:00Z"),
            ("1 day ago", "2024-03-30T12:00:00Z"),
            ("2 weeks ago", "2024-03-17T12:00:00Z"),
            // a month that has no 31st ends on its last day
            ("1 month ago", "2024-02-29T12:00:00Z"),
            ("2 years ago", "2022-03-31T12:00:00Z"),
            ("36 hours ago", "2024-03-30T00:00:00Z"),
        ] {
            let then: Timestamp = then.parse().unwrap();
            assert_eq!(since(text, now).unwrap(), then.as_second(), "{text}");
        }
        for text in [
            "",
            "ago",
            "yesterday",
            "90 days",
            "-90 days ago",
            "2024-02-30",
            "31.01.2024",
            "2024-01-31T08:30:00[Europe/Berlin]",
            "2024-01-31T25:00:00",
            "99999999999 years ago",
        ] {
            assert!(since(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_have_units_of_1024() {
        for (text, bytes) in [
            ("0", 0),
            ("1500", 1500),
            ("500k", 500 << 10),
            ("10M", 10 << 20),
            ("2g", 2 << 30),
        ] {
            assert_eq!(size(text).unwrap(), bytes, "{text}");
        }
        for text in [
            "",
            "k",
            "-1",
            "+1",
            "1.5M",
            "10MB",
            "10 M",
            "99999999999G",
            "1é",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_has_two_dots() {
        for text in ["a..b", "origin/main..", "..topic"] {
            assert!(range(text.to_owned()).is_ok(), "{text}");
        }
        for text in ["main", "a...b", "..", ""] {
            assert!(range(text.to_owned()).is_err(), "{text}");
        }
    }
}
