//! Debug settings beside a credential, as notes on its finding.
//!
//! An application in debug mode shows its environment and its configuration to whoever makes it fail, and a mail library in debug mode
//! writes the login into a log. That is no finding of its own: most files that turn debugging on hold nothing secret. So it is looked
//! for only where a credential was found, in the bytes around it.

use std::borrow::Cow;

use crate::model::Span;

/// Bytes on either side of a credential in which a setting counts as beside it.
const BESIDE: usize = 2048;

/// Most notes on one finding.
const MOST: usize = 3;

/// Longest run of blanks, quotes and signs between a setting and its value, in bytes.
const LONGEST_JOINT: usize = 12;

const ON: &[&str] = &["true", "1", "on", "yes"];

/// Where it shows what it should not.
const PAGES: &str = "error pages show configuration and environment to visitors";
const LOG: &str = "logins are written to the log";

/// Name of a setting, the values that turn debugging on, and what it does then.
type Setting = (&'static str, &'static [&'static str], &'static str);

const SETTINGS: [Setting; 19] = [
    ("APP_DEBUG", ON, PAGES),
    ("FLASK_DEBUG", ON, PAGES),
    ("FLASK_ENV", &["development"], PAGES),
    ("DJANGO_DEBUG", ON, PAGES),
    ("DEBUG", &["true", "1", "on", "yes", "*"], PAGES),
    ("APP_ENV", &["dev"], PAGES),
    ("consider_all_requests_local", ON, PAGES),
    ("ASPNETCORE_ENVIRONMENT", &["development"], PAGES),
    ("compilation debug", ON, PAGES),
    ("customErrors mode", &["off"], PAGES),
    ("WP_DEBUG", ON, PAGES),
    ("WP_DEBUG_LOG", ON, LOG),
    ("web.exposure.include", &["*"], PAGES),
    ("env.show-values", &["always"], PAGES),
    (
        "SMTPDebug",
        &[
            "2",
            "3",
            "4",
            "SMTP::DEBUG_SERVER",
            "SMTP::DEBUG_CONNECTION",
            "SMTP::DEBUG_LOWLEVEL",
        ],
        LOG,
    ),
    ("set_debuglevel", ON, LOG),
    ("mail.debug", ON, LOG),
    ("mail.debug.auth", ON, LOG),
    ("CURLOPT_VERBOSE", ON, LOG),
];

/// What many libraries call it; says something only where nothing else does.
const PLAIN: Setting = (
    "debug",
    ON,
    "what is logged or shown then may hold this value",
);

/// A clause for each debug setting around `secret` in `text`.
pub fn beside(text: &[u8], secret: Span) -> Vec<Cow<'static, str>> {
    let secret = secret.range();
    let low = secret.start.saturating_sub(BESIDE).min(text.len());
    let high = text.len().min(secret.end.saturating_add(BESIDE));
    let around = &text[low..high];
    let own = secret.start.saturating_sub(low)..secret.end.saturating_sub(low);
    let is_on = |(name, values, _): &&Setting| {
        memchr::memmem::find_iter(around, name.as_bytes()).any(|at| {
            let end = at + name.len();
            !own.contains(&at)
                && is_name(around, at, end)
                && !is_remark(around, at)
                && has_value(&around[end..], values)
        })
    };
    let note = |(name, _, so): &Setting| format!("{name} is on beside it: {so}").into();
    let mut notes: Vec<Cow<'static, str>> =
        SETTINGS.iter().filter(is_on).take(MOST).map(note).collect();
    if notes.is_empty() && is_on(&&PLAIN) {
        notes.push(note(&PLAIN));
    }
    notes
}

/// Whether the word at `at..end` is a name of its own, or the end of a dotted one.
fn is_name(text: &[u8], at: usize, end: usize) -> bool {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || b"_-".contains(b);
    !text[..at].last().is_some_and(is_word)
        && !text.get(end).is_some_and(|b| is_word(b) || *b == b'.')
}

/// Whether a comment opens before `at` on its line.
fn is_remark(text: &[u8], at: usize) -> bool {
    let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    let lead = &text[line..at];
    lead.contains(&b'#')
        || lead.trim_ascii_start().starts_with(b";")
        || memchr::memmem::find(lead, b"//").is_some()
        || memchr::memmem::find(lead, b"<!--").is_some()
}

/// Whether a sign and one of `values` follow.
fn has_value(rest: &[u8], values: &[&str]) -> bool {
    let joint = rest
        .iter()
        .take(LONGEST_JOINT)
        .take_while(|b| b" \t\"'=:,(>".contains(b))
        .count();
    let has_sign = rest[..joint].iter().any(|b| b"=:,(".contains(b));
    let value = &rest[joint..];
    has_sign
        && values.iter().any(|wanted| {
            value
                .get(..wanted.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(wanted.as_bytes()))
                && !value
                    .get(wanted.len())
                    .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(text: &str) -> Vec<String> {
        let at = text.find('¤').expect("the text has a mark");
        let text = text.replacen('¤', "xxxx", 1);
        beside(text.as_bytes(), Span::new(at, at + 4))
            .into_iter()
            .map(Cow::into_owned)
            .collect()
    }

    #[test]
    fn settings_that_are_on_are_noted() {
        for text in [
            "APP_DEBUG=true\nMAIL_PASSWORD=¤\n",
            "FLASK_DEBUG=\"1\"\nP=¤",
            "P=¤\nDEBUG=*\n",
            "DEBUG = True\nEMAIL_HOST_PASSWORD = '¤'",
            "app.config['P'] = '¤'\napp.run(debug=True)",
            "APP_ENV=dev\nP=¤",
            "config.consider_all_requests_local = true\nx: '¤'",
            "<compilation debug=\"true\" /><x p=\"¤\"/>",
            "<customErrors mode=\"Off\"/> ¤",
            "define('WP_DEBUG', true);\ndefine('P', '¤');",
            "management.endpoints.web.exposure.include=*\nspring.mail.password=¤",
            "$mail->SMTPDebug = SMTP::DEBUG_SERVER;\n$mail->Password = '¤';",
            "$mail->SMTPDebug = 2;\n$mail->Password = '¤';",
            "server.set_debuglevel(1)\nserver.login(u, '¤')",
            "mail.debug=true\nmail.password=¤",
            "createTransport({ auth: { pass: '¤' }, logger: true, debug: true })",
            "curl_setopt($c, CURLOPT_VERBOSE, true); '¤'",
        ] {
            assert_eq!(notes(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn what_is_off_or_far_is_not() {
        let far = format!("APP_DEBUG=true\n{}P=¤", "x=y\n".repeat(600));
        for text in [
            "APP_DEBUG=false\nP=¤",
            "# APP_DEBUG=true\nP=¤",
            "P=¤ # debug: true",
            "MY_APP_DEBUG_BAR=1\nP=¤",
            "DEBUG=\nP=¤",
            "SMTPDebug = 0; P=¤",
            "if debug is true: ¤",
            "APP_ENV=devel\nP=¤",
            &far,
        ] {
            assert_eq!(notes(text), Vec::<String>::new(), "{text}");
        }
    }
}
