//! What a mail server's answer to a login means.
//!
//! Codes are those of RFC 4954 and RFC 5248; texts are those that providers are known to say, compared in lower case. Only a listed
//! answer makes live or dead. No text of a server gets out of here: reasons are ours.

use zeroize::Zeroizing;

use super::servers::Dialect;
use crate::model::{Verdict, Verified};
use crate::verify::SmtpReply;

/// What was asked, as far as it changes what an answer means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    /// How the server's replies are read.
    pub dialect: Dialect,
    /// Whether the password has the form of those that the provider makes for programs.
    pub made_for_programs: bool,
}

/// Judges `reply`.
pub(super) fn judge(question: Question, reply: &SmtpReply) -> Verified {
    let text = Text::of(reply);
    let by_provider = match question.dialect {
        Dialect::SendGrid => sendgrid(question, reply.code, &text),
        Dialect::Google => google(question, reply.code, &text),
        Dialect::Microsoft => microsoft(reply.code, &text),
        Dialect::AmazonSes => amazon_ses(reply.code),
        Dialect::AppPasswords => app_passwords(question, reply.code, &text),
        Dialect::Sandbox => sandbox(reply.code),
        Dialect::Standard => None,
    };
    by_provider.unwrap_or_else(|| standard(reply.code, &text))
}

/// By the standards. A server that can't tell now, or that did not take the question, has not answered it.
fn standard(code: u16, text: &Text) -> Verified {
    let no_answer = |why: &'static str| Verified::no_answer(why);
    match code {
        235 => Verified::new(Verdict::Live, "the mail server accepts the login"),
        421 => no_answer("the mail server ended the session (421)"),
        432 => no_answer(
            "the mail server wants the password to be changed over to another mechanism first (432)",
        ),
        451 => no_answer("the mail server could not process the login (451)"),
        454 => no_answer(
            "the mail server has a temporary failure, or there were too many logins (454)",
        ),
        400..=499 => no_answer("the mail server can't tell at this time"),
        500 | 501 | 503 | 504 => {
            no_answer("the mail server did not take the question: it may want another mechanism")
        }
        530 | 538 => no_answer("the mail server wants another kind of session or login first"),
        534 => {
            no_answer("the mail server wants a stronger mechanism or another kind of login (534)")
        }
        535 if text.leaves_it_open() => no_answer(
            "the mail server refuses the mechanism, or all logins at this time, whatever the password (535)",
        ),
        535 if text.is_about_the_way_in() => Verified::new(
            Verdict::Unknown,
            "the mail server refuses this way to log in, not this password (535)",
        ),
        535 => Verified::new(
            Verdict::Dead,
            "the mail server refuses user and password (535)",
        ),
        550 => no_answer("the mail server refuses the session before it looks at the login (550)"),
        _ => no_answer("the mail server gave an answer that is not known"),
    }
}

fn sendgrid(question: Question, code: u16, text: &Text) -> Option<Verified> {
    use Verdict::{Dead, LiveRestricted, Rejected, Unknown};
    let says = |words| text.says(words);
    Some(match code {
        // its way to end the session, whatever the code
        400..=599 if says("maximum credits exceeded") => Verified::new(
            LiveRestricted,
            "SendGrid knows it, and the credits of its plan are used up",
        ),
        400..=599 if says("not whitelisted") => Verified::new(
            LiveRestricted,
            "SendGrid knows it, and its IP access management keeps this address out",
        ),
        451 => Verified::no_answer(
            "SendGrid says 451 to a key that its IP access management keeps from this address, and to others: it may be live",
        ),
        535 if says("basic authentication") => Verified::new(
            Unknown,
            "SendGrid takes no password where two-factor authentication is on: whether it is right shows nowhere",
        ),
        535 if says("authorization grant is invalid") => {
            Verified::new(Dead, "SendGrid does not know the key, or no longer (535)")
        }
        535 if !question.made_for_programs && !text.is_about_the_way_in() => Verified::new(
            Rejected,
            "refused where SendGrid takes API keys; on the web a user's password may work (535)",
        ),
        535 if says("bad username / password") => {
            Verified::new(Dead, "SendGrid refuses the key (535)")
        }
        550 if says("unauthenticated senders") => {
            Verified::no_answer("SendGrid took the session for one without a login (550)")
        }
        _ => return None,
    })
}

fn google(question: Question, code: u16, text: &Text) -> Option<Verified> {
    let known = |why: &'static str| Some(Verified::new(Verdict::LiveRestricted, why));
    let by_web =
        text.says("log in with your web browser") || text.says("log in via your web browser");
    match code {
        534 if text.says("application-specific password required") => known(
            "user and password are right, and two-step verification is on: it takes app passwords only (534)",
        ),
        534 if by_web => known(
            "Google wants the user to sign in with a browser first, which it asks where the password is right (534)",
        ),
        _ => app_passwords(question, code, text),
    }
}

fn microsoft(code: u16, text: &Text) -> Option<Verified> {
    use Verdict::{Dead, Unknown};
    Some(match code {
        535 if text.says("user credentials were incorrect") => {
            Verified::new(Dead, "Microsoft refuses user and password (535)")
        }
        535 => Verified::new(
            Unknown,
            "Microsoft says the same where logins by password are switched off and where the password is wrong (535)",
        ),
        _ => return None,
    })
}

fn amazon_ses(code: u16) -> Option<Verified> {
    let why = "Amazon SES refuses it in this region; in the region that it was made for it may work (535)";
    (code == 535).then(|| Verified::new(Verdict::Rejected, why))
}

fn app_passwords(question: Question, code: u16, text: &Text) -> Option<Verified> {
    let refused = code == 535 && !question.made_for_programs && !text.is_about_the_way_in();
    let why = "refused here, where an account's own password is refused even if it is right; on the web it may work (535)";
    refused.then(|| Verified::new(Verdict::Rejected, why))
}

fn sandbox(code: u16) -> Option<Verified> {
    let why = "the login works, at a server that catches mail and delivers none";
    (code == 235).then(|| Verified::new(Verdict::Test, why))
}

/// Words of a refusal that comes before the password is looked at.
const OPEN: [&str; 4] = ["mechanism", "too many", "temporar", "try again later"];

/// Words of a refusal that is one of the way in.
const WAY_IN: [&str; 8] = [
    "disabled",
    "not enabled",
    "not activated",
    "suspended",
    "blocked",
    "locked",
    "access rights",
    "application password",
];

/// A reply's text, to be searched.
struct Text {
    /// In lower case, on one line, without the enhanced codes that its lines begin with: it may be broken anywhere.
    words: Zeroizing<String>,
    /// The first of those codes (RFC 3463).
    enhanced: Option<[u16; 3]>,
}

impl Text {
    fn of(reply: &SmtpReply) -> Self {
        let raw = reply.text.as_str();
        let mut words = Zeroizing::new(String::with_capacity(raw.len() + 1));
        let mut enhanced = None;
        for line in raw.lines() {
            let mut rest = line;
            let (first, tail) = line.split_once(' ').unwrap_or((line, ""));
            if let Some(code) = enhanced_code(first) {
                enhanced.get_or_insert(code);
                rest = tail;
            }
            for word in rest.split_whitespace() {
                words.push_str(word);
                words.push(' ');
            }
        }
        words.make_ascii_lowercase();
        Self { words, enhanced }
    }

    fn says(&self, words: &str) -> bool {
        self.words.contains(words)
    }

    /// Whether a refusal leaves it open what the password is worth: it is one of the mechanism, of a server that is not well, or
    /// comes after too many tries. Some servers have no other code for that than the one for a wrong password.
    fn leaves_it_open(&self) -> bool {
        let by_code = matches!(
            self.enhanced,
            Some([4, ..] | [5, 3 | 5, _] | [5, 7, 9 | 11 | 12])
        );
        by_code || OPEN.iter().any(|word| self.says(word))
    }

    /// Whether a refusal is one of the account's settings, or leaves it open. It says so with an enhanced code or in words.
    fn is_about_the_way_in(&self) -> bool {
        let by_code = matches!(self.enhanced, Some([5, 7, 13 | 14]));
        by_code || self.leaves_it_open() || WAY_IN.iter().any(|word| self.says(word))
    }
}

/// The numbers of a code such as `5.7.8`.
fn enhanced_code(word: &str) -> Option<[u16; 3]> {
    let mut numbers = word.split('.').map(|number| {
        let is_short = number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit());
        is_short.then(|| number.parse().ok()).flatten()
    });
    let code = [numbers.next()??, numbers.next()??, numbers.next()??];
    (numbers.next().is_none() && matches!(code[0], 2 | 4 | 5)).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Body;

    #[test]
    fn a_text_is_read_over_its_lines_and_codes() {
        let reply = SmtpReply {
            code: 535,
            text: Body::new(
                "5.7.8 Username and\t Password\n5.7.9  not accepted. For\n5.7 more\n".into(),
            ),
        };
        let text = Text::of(&reply);
        assert!(text.says("username and password not accepted. for 5.7 more"));
        assert_eq!(text.enhanced, Some([5, 7, 8]));
        for (word, code) in [
            ("5.7.8", Some([5, 7, 8])),
            ("5.7.139", Some([5, 7, 139])),
            ("5.7", None),
            ("5.7.8.1", None),
            ("3.7.8", None),
            ("5.7.1390", None),
            ("5.7.x", None),
            ("5..8", None),
            ("+5.7.8", None),
            ("", None),
        ] {
            assert_eq!(enhanced_code(word), code, "{word}");
        }
    }
}
