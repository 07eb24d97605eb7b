//! A comment beside a secret lets it pass, and nothing but such a comment does.

use std::collections::BTreeSet;
use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::Value;
use waxseal::model::{AllowFault, Allows, Blob, Finding, Marker, Origin, Sink, Sinks, Skip, Store};
use waxseal::rules::BUILTIN;
use waxseal::scan::{Allowing, OVERLAP, Options, Scanner, Worker};
use waxseal::source::{Windows, scan_stdin};

use crate::support::history::{asked, commit, key};
use crate::support::program::{Run, bytes, run, run_with, text};
use crate::support::repo::Scratch;

/// What one scan gave.
#[derive(Default)]
struct Seen {
    findings: Vec<Finding>,
    allows: Allows,
}

impl Seen {
    /// For each finding, in the order of places, its line and the marker that lets it pass.
    fn markers(&self) -> Vec<(u64, Option<Marker>)> {
        let marker = |it: &Finding| it.allowed.as_ref().map(|allowed| allowed.marker);
        let of = |it: &Finding| (it.place.line, marker(it));
        self.findings.iter().map(of).collect()
    }

    /// The reason of the only finding.
    #[track_caller]
    fn reason(&self) -> Option<&str> {
        let [finding] = self.findings.as_slice() else {
            panic!("{} findings", self.findings.len());
        };
        finding.allowed.as_ref()?.reason.as_deref()
    }

    fn faults(&self) -> Vec<(u64, AllowFault)> {
        let warnings = self.allows.warnings.iter();
        warnings.map(|it| (it.line, it.fault.clone())).collect()
    }
}

fn scanner(foreign: bool, require_reason: bool) -> Scanner {
    Scanner::new(
        BUILTIN.iter().filter(|rule| !rule.optional).cloned(),
        Options {
            allowing: Some(Allowing {
                foreign,
                require_reason,
                seek: false,
                known: BUILTIN.iter().map(|rule| rule.id.clone()).collect(),
                idle: Vec::new(),
            }),
            ..Options::default()
        },
    )
}

struct Gathered<'s>(&'s Scanner, Mutex<Seen>);

struct Pane<'s>(Worker<'s>, &'s Gathered<'s>);

impl<'s> Sinks for &'s Gathered<'s> {
    type Sink = Pane<'s>;

    fn sink(&self) -> Pane<'s> {
        Pane(self.0.worker(), self)
    }
}

impl Sink for Pane<'_> {
    fn blob(&mut self, blob: &Blob<'_>) {
        let mut seen = self.1.1.lock().unwrap();
        self.0.scan(blob, &mut seen.findings);
        seen.allows.merge(self.0.take_allows());
    }

    fn skip(&mut self, skip: Skip) {
        panic!("skipped: {}", skip.detail);
    }
}

/// Scans `text` in windows that judge `own` bytes each.
fn scan_in(scanner: &Scanner, name: &str, text: &[u8], own: usize) -> Seen {
    let windows = Windows {
        own,
        reach: OVERLAP,
    };
    let gathered = Gathered(scanner, Mutex::default());
    scan_stdin(name.as_bytes(), text, windows, &&gathered);
    let mut seen = gathered.1.into_inner().unwrap();
    seen.findings.sort_by(Finding::report_order);
    seen
}

/// Scans a template as a file called `name`.
fn scan(name: &str, template: &str) -> Seen {
    scan_in(&scanner(true, false), name, &bytes(template), 1 << 30)
}

const KEY: &str = "key = \"<<sendgrid-key>>\"";
const OWN: &str = "waxseal:allow sendgrid-api-key a key of the tests";

/// Comments in many languages, before and behind what they say.
const COMMENTS: [(&str, &str); 18] = [
    ("# ", ""),
    ("#", ""),
    ("// ", ""),
    ("//", ""),
    ("/* ", " */"),
    ("-- ", ""),
    ("--", ""),
    ("; ", ""),
    ("% ", ""),
    ("<!-- ", " -->"),
    ("' ", ""),
    ("{# ", " #}"),
    ("{{!-- ", " --}}"),
    ("<%# ", " %>"),
    ("<%-- ", " --%>"),
    ("(* ", " *)"),
    ("{- ", " -}"),
    ("<# ", " #>"),
];

#[test]
fn every_marker_works_in_every_comment_on_its_lines() {
    let here = [
        OWN,
        "gitleaks:allow",
        "betterleaks:allow",
        "trufflehog:ignore",
        "kingfisher:ignore",
        "ggignore",
        "pragma: allowlist secret",
        "pragma: whitelist secret",
        "secretlint-disable-line",
    ];
    let above = [
        OWN,
        "kingfisher:ignore",
        "pragma: allowlist nextline secret",
        "pragma: whitelist nextline secret",
        "secretlint-disable-next-line -- a key of the tests",
    ];
    for (open, close) in COMMENTS {
        for words in here.iter().chain(&above) {
            let comment = format!("{open}{words}{close}");
            let on_line = scan("a.txt", &format!("a = 1\n{KEY} {comment}\nb = 2\n"));
            assert_eq!(on_line.markers().len(), 1, "{comment}");
            let passes = on_line.markers()[0].1.is_some();
            assert_eq!(passes, here.contains(words), "{comment} on the line");
            for line in [comment.clone(), format!("\t {comment} noqa {close}\r")] {
                let on_above = scan("a.txt", &format!("a = 1\n{line}\n{KEY}\n"));
                let passes = on_above.markers()[0].1.is_some();
                let alone = close.is_empty() || !line.contains("noqa");
                assert_eq!(passes, above.contains(words) && alone, "{line} above");
            }
            let elsewhere = scan("a.txt", &format!("{comment}\n\n{KEY}\n{comment}\n"));
            assert_eq!(elsewhere.markers(), [(3, None)], "{comment} elsewhere");
        }
    }
}

#[test]
fn comments_that_take_the_whole_line_work_above() {
    for open in [
        "* ", ":: ", "REM ", "dnl ", "\" ", "! ", ".. ", "{/* ", "/// ", "## ",
    ] {
        let seen = scan("a.txt", &format!("{open}{OWN}\n{KEY}\n"));
        assert_eq!(seen.markers(), [(2, Some(Marker::Waxseal))], "{open}");
    }
}

#[test]
fn what_is_no_comment_of_its_own_silences_nothing() {
    for template in [
        // in the value, in its literal, in another one
        "key = \"<<sendgrid-key>> # waxseal:allow sendgrid-api-key no\"\n",
        "key = '# gitleaks:allow <<sendgrid-key>>'\n",
        "# key = '<<sendgrid-key>> # gitleaks:allow'\n",
        "k = f(\"<<sendgrid-key>>\", \"# gitleaks:allow\")\n",
        "{\"key\": \"<<sendgrid-key>>\", \"note\": \"// gitleaks:allow\"}\n",
        // no comment at all
        "key = '<<sendgrid-key>>' gitleaks:allow\n",
        "gitleaks:allow\n",
        // above, with code
        "a = 1 # waxseal:allow sendgrid-api-key no\nkey = '<<sendgrid-key>>'\n",
        "/* waxseal:allow sendgrid-api-key no */ a = 1\nkey = '<<sendgrid-key>>'\n",
        "key2 = '' # kingfisher:ignore\nkey = '<<sendgrid-key>>'\n",
        // below, and two lines above
        "key = '<<sendgrid-key>>'\n# waxseal:allow sendgrid-api-key no\n",
        "# waxseal:allow sendgrid-api-key no\n\nkey = '<<sendgrid-key>>'\n",
        // another rule, no rule, all rules, part of a name
        "key = '<<sendgrid-key>>' # waxseal:allow smtp-login no\n",
        "key = '<<sendgrid-key>>' # waxseal:allow\n",
        "key = '<<sendgrid-key>>' # waxseal:allow *\n",
        "key = '<<sendgrid-key>>' # waxseal:allow all of it\n",
        "key = '<<sendgrid-key>>' # waxseal:allow sendgrid no\n",
        "key = '<<sendgrid-key>>' # waxseal:allow SENDGRID-API-KEY no\n",
        // other words
        "key = '<<sendgrid-key>>' # waxseal:allowed sendgrid-api-key no\n",
        "key = '<<sendgrid-key>>' # notgitleaks:allow gitleaks:allow-not\n",
        "key = '<<sendgrid-key>>' # pragma: no cover\n",
        "key = '<<sendgrid-key>>' # secretlint-disable\n",
        "key = '<<sendgrid-key>>' # secretlint-disable-line @secretlint/secretlint-rule-slack\n",
    ] {
        let template = format!("{template}\nother = '<<sendgrid-key#2>>'\n");
        let seen = scan("a.py", &template);
        let markers = seen.markers();
        assert!(!markers.is_empty(), "{template}");
        assert!(
            markers.iter().all(|(_, marker)| marker.is_none()),
            "{template}: {markers:?}"
        );
    }
}

#[test]
fn a_value_of_an_env_file_may_hold_a_marker() {
    let seen = scan(".env", "DB_PASSWORD=<<password>>#gitleaks:allow\n");
    assert_eq!(seen.markers(), [(1, None)]);
    let seen = scan(".env", "DB_PASSWORD=<<password>> # gitleaks:allow\n");
    assert_eq!(seen.markers(), [(1, Some(Marker::Gitleaks))]);
    let seen = scan(
        ".env",
        "# waxseal:allow dotenv-password local\nDB_PASSWORD=<<password>>\n",
    );
    assert_eq!(seen.markers(), [(2, Some(Marker::Waxseal))]);
}

#[test]
fn a_comment_speaks_of_the_rules_that_it_names() {
    let two = "a, b = '<<sendgrid-key>>', smtp.login('news@harbor.io', '<<password>>')";
    let plain = scan("a.py", &format!("{two}\n"));
    let rules: Vec<&str> = plain.findings.iter().map(|it| &*it.rule).collect();
    assert_eq!(rules, ["sendgrid-api-key", "smtp-login"]);
    for (comment, first, second) in [
        ("# waxseal:allow sendgrid-api-key why", true, false),
        ("# waxseal:allow smtp-login why", false, true),
        (
            "# waxseal:allow sendgrid-api-key,smtp-login why",
            true,
            true,
        ),
        (
            "# waxseal:allow sendgrid-api-key, smtp-login: why",
            true,
            true,
        ),
        ("# waxseal:allow smtp-url why", false, false),
        (
            "# waxseal:allow sendgrid-api-key one waxseal:allow smtp-login two",
            true,
            true,
        ),
        ("# gitleaks:allow", true, true),
    ] {
        let seen = scan("a.py", &format!("{two}  {comment}\n"));
        let allowed: Vec<bool> = seen.markers().iter().map(|it| it.1.is_some()).collect();
        assert_eq!(allowed, [first, second], "{comment}");
        assert_eq!(seen.faults(), [], "{comment}");
        let unused = u64::from(!first && !second);
        assert_eq!(seen.allows.unused.len() as u64, unused, "{comment}");
    }
}

#[test]
fn reasons_are_kept_without_what_closes_the_comment() {
    for (line, reason) in [
        (format!("{KEY} # {OWN}"), "a key of the tests"),
        (format!("{KEY} /* {OWN} */"), "a key of the tests"),
        (format!("{KEY} <!-- {OWN} -->"), "a key of the tests"),
        (format!("{KEY} # {OWN} -->  */"), "a key of the tests"),
        (
            format!("{KEY} # {OWN}; see gitleaks:allow"),
            "a key of the tests; see",
        ),
        (
            format!("{KEY} # waxseal:allow sendgrid-api-key \u{2014} it's na\u{ef}ve"),
            "it's na\u{ef}ve",
        ),
        (
            format!("{KEY} # waxseal:allow sendgrid-api-key: (x)"),
            "(x)",
        ),
    ] {
        assert_eq!(scan("a.conf", &line).reason(), Some(reason), "{line}");
    }
    let long = format!("{KEY} # {OWN} {}", "so ".repeat(400));
    assert_eq!(scan("a.py", &long).reason().unwrap().chars().count(), 200);
    let control = format!("{KEY} # {OWN} \u{1b}[31m\u{7}");
    let seen = scan("a.py", &control);
    assert!(!seen.reason().unwrap().contains(|c: char| c.is_control()));
}

#[test]
fn a_reason_that_quotes_a_secret_is_not_kept() {
    for quoted in [
        "<<sendgrid-key>>",
        "<<sendgrid-key|drop:10|take:8>>",
        "<<sendgrid-key#2>>",
        "<<password>>",
    ] {
        let seen = scan(
            "a.py",
            &format!(
                "smtp.login('news@harbor.io', '<<password>>')\n{KEY}  # {OWN} is {quoted}, no?\n"
            ),
        );
        let mut reasons = seen.findings.iter().filter_map(|it| it.allowed.as_ref());
        let reason = reasons.next().unwrap().reason.clone().unwrap();
        let secret = text(quoted);
        assert!(reason.contains("********"), "{reason}");
        assert!(!reason.contains(&secret[3..]), "{reason}");
    }
}

#[test]
fn what_is_wrong_with_a_comment_is_told_once() {
    let unknown = |nearest: &str| AllowFault::UnknownRule {
        nearest: nearest.to_owned(),
    };
    let lax = AllowFault::NoReason { required: false };
    for (comment, fault, passes) in [
        ("waxseal:allow", AllowFault::NoRule, false),
        ("waxseal:allow: ?!", AllowFault::NoRule, false),
        ("waxseal:allow because", AllowFault::NoRule, false),
        ("waxseal:allow * everything", AllowFault::AllRules, false),
        ("waxseal:allow all", AllowFault::AllRules, false),
        (
            "waxseal:allow sengrid-api-key x",
            unknown("sendgrid-api-key"),
            false,
        ),
        (
            "waxseal:allow smtp-logn,sendgrid-api-key x",
            unknown("smtp-login"),
            true,
        ),
        ("waxseal:allow sendgrid-api-key", lax.clone(), true),
        ("waxseal:allow sendgrid-api-key ...", lax, true),
    ] {
        let template = format!("a = ['<<sendgrid-key>>', '<<sendgrid-key#2>>'] # {comment}\n");
        let seen = scan("a.py", &template);
        assert_eq!(seen.faults(), [(1, fault)], "{comment}");
        let allowed: Vec<bool> = seen.markers().iter().map(|it| it.1.is_some()).collect();
        assert_eq!(allowed, [passes, passes], "{comment}");
        assert_eq!(seen.allows.unused.len(), 0, "{comment}");
    }
    // a rule that is off is known all the same
    let seen = scan(
        "a.py",
        &format!("{KEY} # waxseal:allow twilio-account-sid no\n"),
    );
    assert_eq!((seen.faults(), seen.allows.unused.len()), (Vec::new(), 1));
    // nobody is told of comments where nothing is found
    let seen = scan("a.py", "# waxseal:allow\nkey = os.environ['KEY']\n");
    assert_eq!((seen.faults(), seen.allows.unused.len()), (Vec::new(), 0));
}

#[test]
fn a_reason_may_be_required() {
    let strict = scanner(true, true);
    let of = |line: &str| scan_in(&strict, "a.py", &bytes(line), 1 << 30);
    let seen = of(&format!("{KEY} # waxseal:allow sendgrid-api-key\n"));
    assert_eq!(seen.markers(), [(1, None)]);
    let required = AllowFault::NoReason { required: true };
    assert_eq!(seen.faults(), [(1, required)]);
    assert_eq!(of(&format!("{KEY} # {OWN}\n")).faults(), []);
    // others never give one, and are asked for in their own way
    let seen = of(&format!("{KEY} # gitleaks:allow\n"));
    assert_eq!(seen.markers(), [(1, Some(Marker::Gitleaks))]);
}

#[test]
fn comments_for_other_programs_can_be_left_alone() {
    let own = scanner(false, false);
    let template = format!("{KEY} # gitleaks:allow\nk2 = '<<sendgrid-key#2>>' # {OWN}\n");
    let seen = scan_in(&own, "a.py", &bytes(&template), 1 << 30);
    assert_eq!(seen.markers(), [(1, None), (2, Some(Marker::Waxseal))]);
}

#[test]
fn lines_end_as_they_like() {
    for template in [
        format!("{KEY} # {OWN}"),
        format!("{KEY} # {OWN}\r\n"),
        format!("# {OWN}\r\n{KEY}\r\n"),
        format!("# {OWN}\n{KEY}"),
        format!("\u{feff}# {OWN}\n{KEY}"),
    ] {
        let seen = scan("a.py", &template);
        assert_eq!(seen.reason(), Some("a key of the tests"), "{template:?}");
        let allowed = seen.findings[0].allowed.as_ref().unwrap();
        assert_eq!(allowed.line, 1);
    }
}

#[test]
fn encoded_files_and_secrets_are_looked_at_as_they_are_stored() {
    for template in [
        format!("\u{feff}na\u{ef}ve\n{KEY}  # {OWN}"),
        format!("\u{feff}# {OWN}\r\n{KEY}\r\n"),
        format!("# {OWN}\n{KEY}\n"),
    ] {
        let template = text(&template);
        let units = || template.encode_utf16();
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        for stored in [little, big] {
            for own in [1 << 30, 40, 64] {
                let seen = scan_in(&scanner(true, false), "a.txt", &stored, own);
                assert_eq!(seen.reason(), Some("a key of the tests"), "{template}");
            }
        }
    }
    for value in [
        "<<sendgrid-key|base64>>",
        "<<'x: '+sendgrid-key+' y: z'|base64>>",
        "<<sendgrid-key|base64|base64>>",
        "<<sendgrid-key|hex>>",
        "<<sendgrid-key|percent>>",
        "<<sendgrid-key|chars>>",
        "<<sendgrid-key|entities>>",
    ] {
        for quote in ["", "\""] {
            let line = format!("key: {quote}{value}{quote}");
            for template in [
                format!("{line}  # {OWN}\n"),
                format!("# {OWN}\n{line}\n"),
                format!("# {OWN}\n{line}"),
            ] {
                let seen = scan("a.yaml", &template);
                assert_eq!(seen.reason(), Some("a key of the tests"), "{template}");
            }
            // a marker inside of what is encoded is no comment of the file
            let other = scan("a.yaml", &format!("{line}\n"));
            assert_eq!(other.reason(), None);
        }
    }
    let inside = scan("a.yaml", "k: <<sendgrid-key+' # gitleaks:allow'|base64>>\n");
    assert_eq!(inside.markers(), [(1, None)]);
    let joined = "String k = \"SG.\" + \"<<sendgrid-key|drop:3|take:30>>\"\n    + \"<<sendgrid-key|drop:33>>\";";
    for template in [
        format!("// {OWN}\n{joined}\n"),
        format!("{joined} // {OWN}\n"),
    ] {
        let seen = scan("A.java", &template);
        assert_eq!(seen.reason(), Some("a key of the tests"), "{template}");
    }
}

#[test]
fn a_long_line_is_looked_at_near_the_secret() {
    for (gap, passes) in [(4000, true), (5000, false)] {
        let filler = "x ".repeat(gap / 2);
        let template = format!("{}{KEY}; {filler} // {OWN}\n", "y ".repeat(400_000));
        let whole = scan("a.js", &template);
        assert_eq!(whole.reason().is_some(), passes, "{gap}");
        // wherever a border lies
        for own in [100_000, 262_144, 799_990, 800_010, 800_060, 804_100] {
            let cut = scan_in(&scanner(true, false), "a.js", &bytes(&template), own);
            assert_eq!(cut.reason().is_some(), passes, "{gap} in windows of {own}");
        }
    }
    // a line above a long line speaks of its beginning
    let template = format!(
        "// {OWN}\n{KEY}; {} k2 = '<<sendgrid-key#2>>'\n",
        "y ".repeat(4000)
    );
    assert_eq!(
        scan("a.js", &template).markers(),
        [(2, Some(Marker::Waxseal)), (2, None)]
    );
}

#[test]
fn borders_of_windows_change_nothing() {
    let line = |n: usize| match n % 4 {
        0 => format!("k{n} = '<<sendgrid-key#{n}>>'  # {OWN} {n}\n"),
        1 => format!("# {OWN} {n}\nk{n} = '<<sendgrid-key#{n}>>'\n"),
        2 => format!("k{n} = '<<sendgrid-key#{n}>>'  # waxseal:allow smtp-login x\n"),
        _ => format!(
            "k{n} = '<<sendgrid-key#{n}>>'  # waxseal:allow\n{}",
            "z\n".repeat(500)
        ),
    };
    let template: String = (0..400).map(line).collect();
    let text = bytes(&template);
    let whole = scan_in(&scanner(true, false), "a.py", &text, 1 << 30);
    assert_eq!(
        (whole.allows.unused.len(), whole.faults().len()),
        (100, 100)
    );
    for own in [10_000, 33_333] {
        let cut = scan_in(&scanner(true, false), "a.py", &text, own);
        assert_eq!(cut.markers(), whole.markers());
        assert_eq!(cut.allows.unused, whole.allows.unused);
        assert_eq!(cut.faults(), whole.faults());
        let reasons = |seen: &Seen| -> Vec<_> {
            let all = seen.findings.iter();
            all.map(|it| it.allowed.clone()).collect()
        };
        assert_eq!(reasons(&cut), reasons(&whole));
    }
}

#[test]
fn dense_markers_and_secrets_do_not_take_long() {
    let each = |n: usize| format!("'<<sendgrid-key#{n}>>' ggignore \" waxseal:allow ' ");
    let template: Vec<String> = (0..4000).map(each).collect();
    let template = template.concat();
    let started = std::time::Instant::now();
    let seen = scan("a.js", &template);
    assert_eq!(seen.findings.len(), 4000);
    // a debug build takes about a second
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_marker_line_changes_nothing_but_what_it_names(at in 0_usize..12, seed in 0_u8..8) {
        let lines: Vec<String> = (0..12)
            .map(|n| match (n + usize::from(seed)) % 4 {
                0 => format!("k{n} = '<<sendgrid-key#{n}>>'"),
                1 => format!("smtp.login('news@harbor.io', '<<password#{n}>>')"),
                2 => format!("dsn: smtp://u:<<password#{n}>>@smtp.harbor.io"),
                _ => format!("x{n} = {n}"),
            })
            .collect();
        let before = scan("a.py", &(lines.join("\n") + "\n"));
        let mut with = lines;
        with.insert(at, format!("# {OWN}"));
        let after = scan("a.py", &(with.join("\n") + "\n"));
        let shown = |seen: &Seen, shift: bool| -> Vec<String> {
            let of = |it: &Finding| {
                let moved = u64::from(shift && it.place.line > at as u64);
                let line = it.place.line + moved;
                format!("{} {line} {} {} {}", it.rule, it.place.column, it.fingerprint, it.excerpt.0)
            };
            seen.findings.iter().map(of).collect()
        };
        prop_assert_eq!(shown(&before, true), shown(&after, false));
        for finding in &after.findings {
            let is_named = finding.rule == "sendgrid-api-key" && finding.place.line == at as u64 + 2;
            prop_assert_eq!(finding.allowed.is_some(), is_named);
        }
    }
}

/// Pieces of lines, well-formed and not.
const PIECES: [&str; 32] = [
    "\n",
    "\n",
    "\n",
    "\r\n",
    " ",
    "'",
    "\"",
    "`",
    "\\",
    "# ",
    "//",
    "/*",
    "*/",
    "<!--",
    "-->",
    "--",
    "{",
    "}",
    "; ",
    "waxseal:allow",
    " sendgrid-api-key",
    ",",
    " *",
    " smtp-login",
    " why",
    "gitleaks:allow",
    "kingfisher:ignore",
    "pragma: allowlist nextline secret",
    "secretlint-disable-next-line",
    "\u{e9}",
    "f'",
    "x",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_line_is_too_odd(pieces in prop::collection::vec(0_usize..40, 1..60), utf16: bool) {
        let mut template = String::new();
        for piece in pieces {
            template += PIECES.get(piece).copied().unwrap_or("k = '<<sendgrid-key>>' ");
        }
        let template = text(&template);
        let stored: Vec<u8> = if utf16 {
            ("\u{feff}".to_owned() + &template).encode_utf16().flat_map(u16::to_le_bytes).collect()
        } else {
            template.into_bytes()
        };
        let whole = scan_in(&scanner(true, false), "a.py", &stored, 1 << 30);
        for own in [1, 64] {
            let cut = scan_in(&scanner(true, false), "a.py", &stored, own);
            prop_assert_eq!(cut.markers(), whole.markers());
            prop_assert_eq!(cut.faults(), whole.faults());
            prop_assert_eq!(&cut.allows.unused, &whole.allows.unused);
        }
        let plain = Scanner::new(BUILTIN.iter().filter(|rule| !rule.optional).cloned(), Options::default());
        let plain = scan_in(&plain, "a.py", &stored, 1 << 30);
        prop_assert_eq!(plain.findings.len(), whole.findings.len());
    }
}

// ---- As a user sees it.

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}", run.err))
}

fn tree() -> Scratch {
    let dir = Scratch::new();
    dir.write("a.py", text(&format!("{KEY}  # {OWN}\n")))
        .write("b.py", text(&format!("{KEY}  # gitleaks:allow\n")))
        .write(
            "c.py",
            text(&format!("{KEY}  # waxseal:allow sendgrid-api-key\n")),
        );
    dir
}

#[test]
fn what_is_allowed_is_counted_and_fails_nothing() {
    let dir = tree();
    let allowed = run(dir.root(), ["scan", "."]);
    assert_eq!(
        (allowed.code, allowed.out.as_str()),
        (0, ""),
        "{}",
        allowed.err
    );
    for line in [
        "waxseal: 3 findings allowed in the files (2 waxseal:allow, 1 gitleaks:allow); --no-allow reports what is allowed\n",
        "waxseal: c.py:1: waxseal:allow gives no reason; say behind the rule id why this may stay\n",
        "waxseal: no findings; scanned 3 files",
    ] {
        assert!(allowed.err.contains(line), "{}", allowed.err);
    }
    assert_eq!(run(dir.root(), ["scan", "-q", "."]).err, "");
    let verbose = run(dir.root(), ["scan", "-v", "."]).err;
    assert!(
        verbose.contains("a.py:1:8  sendgrid-api-key  waxseal:allow: a key of the tests\n"),
        "{verbose}"
    );
    let all = run(dir.root(), ["scan", "--no-allow", "."]);
    assert_eq!(all.code, 1);
    assert!(all.err.contains("3 findings (3 critical)"), "{}", all.err);
    assert!(!all.err.contains("allow"), "{}", all.err);
    let own = run(dir.root(), ["scan", "--no-foreign-markers", "."]);
    assert!(
        own.code == 1 && own.out.starts_with("b.py:1:8 "),
        "{}",
        own.out
    );
}

#[test]
fn machine_formats_hold_what_is_allowed() {
    let dir = tree();
    let report = json(&run(dir.root(), ["scan", ".", "--format", "json"]));
    assert_eq!(report["outcome"], "clean");
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    assert_eq!(report["counts"]["critical"], 0);
    assert_eq!(report["allows"]["findings"], 3);
    assert_eq!(report["allows"]["warnings"][0]["fault"], "no-reason");
    assert_eq!(report["allows"]["warnings"][0]["path"], "c.py");
    let of = |at: usize, key: &str| report["allowed"][at]["allowed"][key].clone();
    assert_eq!(of(0, "marker"), "waxseal:allow");
    assert_eq!(of(0, "reason"), "a key of the tests");
    assert_eq!(
        (of(1, "marker"), of(1, "reason")),
        ("gitleaks:allow".into(), Value::Null)
    );
    assert_eq!(report["allowed"][2]["rule"], "sendgrid-api-key");

    let lines = run(dir.root(), ["scan", ".", "--format", "jsonl"]).out;
    let kinds: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].clone())
        .collect();
    assert_eq!(kinds, ["allowed", "allowed", "allowed", "summary"]);

    dir.write("d.py", text(KEY));
    let sarif = json(&run(dir.root(), ["scan", ".", "--format", "sarif"]));
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let kinds: Vec<_> = results
        .iter()
        .map(|it| it["suppressions"].clone())
        .collect();
    assert_eq!(
        kinds[0],
        Value::Array(Vec::new()),
        "the finding is not suppressed"
    );
    assert_eq!(kinds[1][0]["kind"], "inSource");
    assert_eq!(kinds[1][0]["justification"], "a key of the tests");
    assert!(kinds[2][0].get("justification").is_none());
}

#[test]
fn the_configuration_has_a_say() {
    let dir = tree();
    dir.write(
        ".waxseal.toml",
        "require_reason = true\nforeign_markers = false\n",
    );
    let strict = run(dir.root(), ["scan", "."]);
    assert_eq!(strict.code, 1);
    assert!(
        strict.err.contains("2 findings (2 critical)"),
        "{}",
        strict.err
    );
    assert!(
        strict
            .err
            .contains("c.py:1: waxseal:allow gives no reason, so it allows nothing"),
        "{}",
        strict.err
    );
    dir.write(".waxseal.toml", "require_reasons = true\n");
    let wrong = run(dir.root(), ["scan", "."]);
    assert!(
        wrong.code == 2 && wrong.err.contains("require_reasons"),
        "{}",
        wrong.err
    );
}

#[test]
fn many_warnings_are_counted() {
    let dir = Scratch::new();
    let line = format!("{KEY} # waxseal:allow\n");
    dir.write("a.py", text(&line.repeat(23)));
    let told = |args: &[&str]| {
        let run = run(dir.root(), [&["scan", "."], args].concat());
        let told = run.err.lines().filter(|line| line.contains(": a.py:"));
        (told.count(), run.err)
    };
    let (count, err) = told(&[]);
    assert_eq!(count, 20);
    let rest = "waxseal: and 3 waxseal:allow comments more; -v tells what is wrong with them\n";
    assert!(err.contains(rest), "{err}");
    assert_eq!(told(&["-v"]).0, 23);
}

#[test]
fn standard_input_is_no_exception() {
    let input = bytes(&format!("{KEY}  # {OWN}\n"));
    let dir = Scratch::new();
    let allowed = run_with(dir.root(), ["scan", "-"], &input);
    assert_eq!(allowed.code, 0, "{}", allowed.err);
    assert_eq!(
        run_with(dir.root(), ["scan", "--no-allow", "-"], &input).code,
        1
    );
}

#[test]
fn a_whole_file_is_allowed_on_its_first_line() {
    let secret = "CRM_SECRET=<<alnum:40>>\n";
    let both = "# waxseal:allow dotenv-file,dotenv-secret sample of the tests\n";
    for (template, findings, allowed) in [
        (secret.to_owned(), vec!["dotenv-file", "dotenv-secret"], 0),
        (format!("{both}{secret}"), vec![], 2),
        (
            format!("# waxseal:allow dotenv-file sample\n{secret}"),
            vec!["dotenv-secret"],
            1,
        ),
        (
            format!("A=1\n# waxseal:allow dotenv-file sample\nB=2\n{secret}"),
            vec!["dotenv-file", "dotenv-secret"],
            0,
        ),
        (
            format!("# gitleaks:allow\nA=1\n{secret}"),
            vec!["dotenv-file", "dotenv-secret"],
            0,
        ),
        // read in many windows
        (
            format!("{both}{secret}{}", "#\n".repeat(9 << 20)),
            vec![],
            2,
        ),
    ] {
        let repo = Scratch::repo();
        repo.write(".env", bytes(&template))
            .git(&["add", "-f", "."]);
        let report = json(&run(repo.root(), ["scan", ".", "--format", "json"]));
        let rules: Vec<_> = report["findings"].as_array().unwrap().iter().collect();
        let rules: Vec<_> = rules
            .iter()
            .map(|it| it["rule"].as_str().unwrap())
            .collect();
        let start = &template[..template.len().min(80)];
        assert_eq!(rules, findings, "{start}");
        assert_eq!(
            report["allowed"].as_array().unwrap().len(),
            allowed,
            "{start}"
        );
    }
    // where comments allow all its secrets, the file is worth a note only
    let repo = Scratch::repo();
    repo.write(".env", bytes("CRM_SECRET=<<alnum:40>> # ggignore\n"));
    let report = json(&run(repo.root(), ["scan", ".", "--format", "json"]));
    assert_eq!(report["outcome"], "clean");
    assert_eq!(report["findings"][0]["severity"], "info");
    assert_eq!(
        report["findings"][0]["notes"][1],
        "comments in it allow all its secrets"
    );
}

// ---- Histories.

/// The report of both engines, which must agree.
fn history(repo: &Scratch, args: &[&str]) -> Value {
    let [delta, naive] = ["delta", "naive"].map(|engine| {
        let options = [
            "scan",
            "--format",
            "json",
            "--history-engine",
            engine,
            "--history",
        ];
        run(repo.root(), [&options, args].concat())
    });
    assert_eq!(delta.out, naive.out, "the engines disagree: {}", naive.err);
    json(&delta)
}

fn counts(report: &Value) -> (usize, usize) {
    let count = |key: &str| report[key].as_array().unwrap().len();
    (count("findings"), count("allowed"))
}

/// A file long enough to be stored as a delta, with `line` in it.
fn long(line: &str) -> String {
    let filler: Vec<String> = (0..400).map(|n| format!("line {n} of a file")).collect();
    let filler = filler.join("\n");
    format!("{filler}\n{line}\n{filler}\n")
}

fn with(comment: &str) -> String {
    long(&(key("a").trim_end().to_owned() + comment))
}

#[test]
fn a_history_is_judged_version_by_version() {
    let own = format!("  # {OWN}");
    for (versions, found) in [
        // the comment goes: the secret is there without it
        (vec![with(&own), with("")], (1, 0)),
        (
            vec![long("x"), with(&own), with(&own) + "y\n", with("")],
            (1, 0),
        ),
        // the comment comes: the first version stays what it was
        (vec![with(""), with(&own)], (1, 0)),
        // always allowed
        (
            vec![with(&own), with(&own) + "more\n", with(" # ggignore")],
            (0, 1),
        ),
        (vec![with(&own), long("gone")], (0, 1)),
        // the comment of another rule
        (vec![with(" # waxseal:allow smtp-login x")], (1, 0)),
    ] {
        for repack in [false, true] {
            let repo = Scratch::repo();
            for version in &versions {
                commit(&repo, "a.py", version);
            }
            if repack {
                repo.git(&["repack", "-adfq", "--depth=50", "--window=50"]);
            }
            let report = history(&repo, &[]);
            assert_eq!(counts(&report), found, "{} versions", versions.len());
            let outcome = if found.0 > 0 { "found" } else { "clean" };
            assert_eq!(report["outcome"], outcome);
            assert_eq!(counts(&history(&repo, &["--no-allow"])), (1, 0));
            let either = if found.0 > 0 { "findings" } else { "allowed" };
            assert_eq!(report[either].as_array().unwrap().len(), 1);
            assert!(report[either][0]["history"]["first_commit"]["id"].is_string());
        }
    }
}

#[test]
fn a_history_counts_places_without_a_comment() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", with(""));
    commit(&repo, "a.py", with("  # gitleaks:allow"));
    commit(&repo, "b.py", with("  # gitleaks:allow"));
    let report = history(&repo, &[]);
    let finding = &report["findings"][0];
    assert_eq!(finding["history"]["location_count"], 1);
    assert_eq!(finding["history"]["in_head"], false);
    assert_eq!(
        finding["notes"],
        serde_json::json!([
            "comments allow it at other places; those are not counted here, not even one in HEAD"
        ])
    );
}

#[test]
fn a_range_sees_a_comment_go() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", long("x"));
    commit(&repo, "a.py", with(&format!("  # {OWN}")));
    commit(&repo, "a.py", with(""));
    commit(&repo, "a.py", with("  # gitleaks:allow") + "more\n");
    for (range, found) in [
        ("HEAD~2..HEAD~1", (1, 0)),
        ("HEAD~3..HEAD~1", (1, 0)),
        ("HEAD~3..HEAD~2", (0, 1)),
        ("HEAD~3..HEAD", (1, 0)),
        ("HEAD~1..HEAD", (0, 1)),
    ] {
        let run = run(repo.root(), ["ci", "--range", range, "--format", "json"]);
        let report = json(&run);
        let keys = report["findings"].as_array().unwrap().iter();
        let keys = keys.filter(|it| it["rule"] == "sendgrid-api-key").count();
        let allowed = report["allowed"].as_array().unwrap().len();
        assert_eq!((keys, allowed), found, "{range}: {}", run.out);
        assert_eq!(run.code == 1, found.0 > 0, "{range}: {}", run.err);
    }
}

#[test]
fn commits_and_tags_can_allow_too() {
    let repo = Scratch::repo();
    let line = key("a");
    let message = format!("say\n\n{}  # {OWN}\n", line.trim_end());
    repo.write("a", "x")
        .git(&["add", "."])
        .git(&["commit", "-qm", &message]);
    assert_eq!(counts(&history(&repo, &[])), (0, 1));
    let told = run(repo.root(), ["scan", "-v", "--history"]);
    assert_eq!(told.code, 0, "{}", told.err);
    let head = asked(&repo, "", &["rev-parse", "--short=12", "HEAD"]);
    for line in [
        "waxseal: 1 finding allowed in the history (1 waxseal:allow); --no-allow reports",
        &format!("waxseal:   commit {head}:"),
    ] {
        assert!(told.err.contains(line), "{}", told.err);
    }
    repo.git(&["tag", "-am", &line, "v1"]);
    assert_eq!(counts(&history(&repo, &[])), (1, 0));
}

#[test]
fn a_scan_knows_every_marker_by_a_name_of_its_own() {
    let ids: BTreeSet<&str> = Marker::ALL.into_iter().map(Marker::id).collect();
    assert_eq!(ids.len(), Marker::ALL.len());
    let origin = Origin::new(b"a.py", Store::Stdin);
    let plain = Scanner::new(BUILTIN.iter().cloned(), Options::default());
    let found = plain.scan_text(origin, &bytes(&format!("{KEY} # gitleaks:allow\n")));
    assert!(
        found[0].allowed.is_none(),
        "nothing is allowed unless asked for"
    );
}
