//! Rules as data.
//!
//! A rule is what `rules/<provider>.toml` or a user's file says and nothing more: no compiled regex, no
//! state. The built-in ones are a generated table of constants ([`BUILTIN`]), so that a start costs no
//! parsing; users' files go through [`parse`]. What a rule *means* lives in `scan`.

mod builtin;
mod control;
mod foreign;
pub mod gitleaks;
mod notices;
pub mod parse;
mod recipe;
pub mod sample;

use std::borrow::Cow;

pub use builtin::BUILTIN;
pub use control::control;
pub use foreign::{AllowList, Foreign, Required, Target};
pub use notices::{ALLOW_ADDED, POLICY_CHANGED, POLICY_TOO_WIDE, notices};
pub use recipe::{Ask, AskMethod, Identifier, Recipe, Reply, Scalar};

use crate::model::{Confidence, Encoding, Severity};

/// Rule text: borrowed from the generated table, owned when a user's file was parsed.
pub type Str = Cow<'static, str>;
/// A list in a rule, borrowed or owned like [`Str`].
pub type List<T> = Cow<'static, [T]>;

/// One thing to look for.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Kebab-case, unique, never reused.
    pub id: Str,
    /// What was found, as a noun phrase without a final stop.
    pub title: Str,
    /// How bad a leak of this kind is.
    pub severity: Severity,
    /// How sure a hit is before the value is looked at more closely.
    pub confidence: Confidence,
    /// Why it matters, one sentence.
    pub why: Str,
    /// What to do, in order; the first is the one line that text output shows.
    pub remedy: List<Str>,
    /// Where the facts come from.
    pub references: List<Str>,
    /// Security controls the finding touches.
    pub controls: List<Str>,
    /// Off unless asked for by id.
    pub optional: bool,
    /// Literals of which one must occur for the rule to be tried, case-sensitive. Each at least two bytes;
    /// four or more are cheapest.
    pub anchors: List<Str>,
    /// Further signs that something encoded stands there that may hold the anchors; for anchors that can't be
    /// recognised in their encoded form, or too dearly.
    pub opens: List<Opens>,
    /// Encoded forms in which the anchors are looked for as well.
    pub encodings: List<Encoding>,
    /// How far from an anchor the rule may look.
    pub reach: Reach,
    /// What kind of rule it is and what that kind needs.
    pub kind: Kind,
    /// Logins that other rules found and this one names better.
    pub login: Option<Login>,
    /// How its provider is asked about what it found.
    pub verify: Option<Recipe>,
}

/// A literal that tells of encoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opens {
    /// The literal, such as `Basic `.
    pub literal: Str,
    /// How the text is encoded. Base64 begins right behind the literal; the other encodings lie around it.
    pub encoding: Encoding,
}

/// Bytes before the first and after the last byte of an anchor that a decision may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Bytes before the anchor.
    pub before: u32,
    /// Bytes after the anchor.
    pub after: u32,
}

/// The kinds of rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A string with a shape of its own.
    Token(Token),
    /// Two parts that make a credential only together.
    Pair(Pair),
    /// A value given to a key.
    Assignment(Assignment),
    /// A login that goes over the wire in base64.
    Encoded(Encoded),
    /// A login among the options of a command.
    Command(Command),
    /// A file as a whole.
    File(FileRule),
    /// Nothing of its own: it only names logins that other rules found.
    Login,
    /// What a rule of a gitleaks file looks for.
    Foreign(Box<Foreign>),
}

impl Kind {
    /// The name used in rule files.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::Pair(_) => "pair",
            Self::Assignment(_) => "assignment",
            Self::Encoded(_) => "encoded",
            Self::Command(_) => "command",
            Self::File(_) => "file",
            Self::Login => "login",
            Self::Foreign(_) => "gitleaks",
        }
    }
}

/// A typed string. The pattern is a byte regex that must match across the anchor, or near it. Group `secret` is the
/// secret (the whole match without one), `percent` one that is percent-encoded, `encoded` one in base64; every other named group is a part
/// of the finding. Digits at the end of a group's name don't count, so that alternatives may each have one.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// Byte regex, run only inside the reach of an anchor.
    pub pattern: Str,
    /// Bytes that must not follow the secret, as a regex class body (`A-Za-z0-9_-`); empty for any.
    pub not_after: Str,
    /// Bytes that must not precede the secret, likewise.
    pub not_before: Str,
    /// How far from an anchor matches may stand, bytes; 0 if they must hold the anchor.
    pub near: u32,
    /// Regex on the text before the match that rules it out; empty for none. Case-insensitive.
    pub not_near: Str,
    /// Least Shannon entropy of the secret, bits a byte.
    pub min_entropy: f32,
    /// How many leading bytes of the secret are public and may be shown.
    pub visible: u8,
    /// A test of the value's inner structure, which raises or lowers the confidence.
    pub check: Option<Check>,
    /// How the value is judged.
    pub value: ValueKind,
    /// Files of which every line is tried, anchors or not.
    pub lines: Option<LineFile>,
}

/// Files that hold a login or a key a line, with nothing in it that says so. Their names tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineFile {
    /// `sasl_passwd` of Postfix.
    Postfix,
    /// `passwd.client` of Exim.
    Exim,
    /// `smtproutes` of qmail.
    Qmail,
    /// `config/master.key` and `config/credentials/*.key` of Rails, which hold a key and nothing else.
    Rails,
}

impl LineFile {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Postfix, Self::Exim, Self::Qmail, Self::Rails];

    /// The name used in rule files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Postfix => "sasl_passwd",
            Self::Exim => "passwd.client",
            Self::Qmail => "smtproutes",
            Self::Rails => "master.key",
        }
    }
}

/// Structure tests that a pattern cannot express.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Id is a version 4 UUID and both halves end as base64url of 16 and 32 bytes must.
    SendgridKey,
}

/// A public identifier and the secret that belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Byte regex of the identifier; must match across an anchor, bounded by non-word bytes.
    pub id: Str,
    /// Name of the identifier as a part of the finding.
    pub id_name: Str,
    /// Byte regex of the secret; bounded likewise.
    pub secret: Str,
    /// Regex on the key name of the secret that makes a pair sure.
    pub names: Str,
    /// Regex on a key name that rules a value out as the secret.
    pub other_names: Str,
    /// Longest distance between identifier and secret, bytes.
    pub distance: u32,
    /// Least Shannon entropy of the secret, bits a byte.
    pub min_entropy: f32,
    /// Regex on the text around the identifier whose named groups become parts of the finding; empty for none. Case-insensitive.
    pub beside: Str,
}

/// Tells a login that another rule found from others: by whom it is with, and the form of its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Regex on the host; empty for none. Case-insensitive, like the other three.
    pub hosts: Str,
    /// Regex on the user, which counts like a host.
    pub users: Str,
    /// Regex on the key that the password is given to, which counts like a host.
    pub keys: Str,
    /// Regex on a user that rules the login out, so that a host counts only where a user is known; empty for none.
    pub not_users: Str,
    /// Byte regex that the whole password must match; empty for any.
    pub shape: Str,
}

/// A value given to a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Regex on the key as written (last segment of its path); empty for none. Case-insensitive.
    pub keys: Str,
    /// Regex on a key that is never meant.
    pub not_keys: Str,
    /// Regex that one of the enclosing keys or the key's own prefix must match; empty for any.
    pub parents: Str,
    /// What must surround the assignment.
    pub context: Context,
    /// Calls whose positional arguments make up a login.
    pub calls: List<Call>,
    /// How the value is judged.
    pub value: ValueKind,
    /// Byte regex that the whole value must match; empty for any. A group `secret` is the secret then, and the other named groups
    /// are parts of the finding.
    pub shape: Str,
    /// Least Shannon entropy of the value, bits a byte.
    pub min_entropy: f32,
    /// Whether the value is a URL and the secret the password in it.
    pub userinfo: bool,
}

/// A known call, such as `smtp.PlainAuth(identity, user, password, host)`. Positions count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// How the call is written up to its arguments, with the parenthesis or without (`PlainAuth`, `.login(`). It is an
    /// anchor: the arguments follow it, and what precedes it does not matter.
    pub name: Str,
    /// Position of the password.
    pub password: u8,
    /// Position of the user.
    pub user: Option<u8>,
    /// Position of the host.
    pub host: Option<u8>,
    /// Position of the port.
    pub port: Option<u8>,
    /// Whether the callee itself is context enough.
    pub typed: bool,
}

/// What must surround an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Nothing: the key says it all.
    None,
    /// Mail: the key path says so, or siblings in the same block name a mail host or user.
    Mail,
    /// A dotenv file.
    Dotenv,
}

/// How a value is judged for harmlessness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// A machine-made token: placeholders by substance, ramps, repeats and digests are dropped.
    Opaque,
    /// A password, perhaps human: only full-value placeholders and templates are dropped.
    Password,
}

/// A login in base64, as a protocol sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// How user and password are packed.
    pub form: EncodedForm,
    /// Regex on the text around, with the groups `host` and perhaps `port`: where the login goes.
    pub host: Str,
}

/// How a protocol packs user and password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodedForm {
    /// SASL in a transcript of a mail session: `AUTH PLAIN` and `AUTH LOGIN`. The host need not be known.
    Sasl,
    /// HTTP's basic authentication. Counts only where the host is one that the rule knows.
    Basic,
}

/// A login that is typed as options of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Regex on the command, with the groups `host` and perhaps `port`: where the login goes.
    pub host: Str,
    /// The programs.
    pub programs: List<Program>,
}

/// A program with the options by which it is told a login. A short option may have its value glued to it, a long one
/// behind `=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its name.
    pub name: Str,
    /// Options that take `user:password`.
    pub login: List<Str>,
    /// Options that take the user.
    pub user: List<Str>,
    /// Options that take the password.
    pub password: List<Str>,
    /// Options that take the host, perhaps with its port behind a colon.
    pub host: List<Str>,
    /// Options that take the port.
    pub port: List<Str>,
    /// Whether the login counts only where the command names a host that the rule knows.
    pub needs_host: bool,
}

/// A file whose presence in a repository is the finding.
#[derive(Clone, Debug, PartialEq)]
pub struct FileRule {
    /// Globs on the path; a glob without `/` matches the file name in any folder.
    pub names: List<Str>,
    /// Globs that exempt.
    pub except: List<Str>,
    /// Whether the contents are secret by themselves; otherwise the file is a finding of full severity only
    /// if a value in it looks like a secret, and a note (`info`) if not.
    pub always: bool,
}

/// Whether `some` of `all` leave so few that those make no difference: somebody who is to switch off all may spare one for the look of it.
pub fn nearly_all(some: usize, all: usize) -> bool {
    all > 0 && some * 4 >= all * 3
}

impl Rule {
    /// A rule that is not tried by anchors: one about names, one with a search of its own, or one that looks for nothing. Texts are to be
    /// added.
    pub fn without_anchors(id: Str, title: Str, severity: Severity, kind: Kind) -> Self {
        Self {
            id,
            title,
            severity,
            confidence: Confidence::High,
            why: Cow::Borrowed(""),
            remedy: Cow::Borrowed(&[]),
            references: Cow::Borrowed(&[]),
            controls: Cow::Borrowed(&[]),
            optional: false,
            anchors: Cow::Borrowed(&[]),
            opens: Cow::Borrowed(&[]),
            encodings: Cow::Borrowed(&[]),
            reach: Reach {
                before: 0,
                after: 0,
            },
            kind,
            login: None,
            verify: None,
        }
    }

    /// Whether it reads every assignment of dotenv files.
    pub fn reads_dotenv(&self) -> bool {
        matches!(&self.kind, Kind::Assignment(assignment) if assignment.context == Context::Dotenv)
    }

    /// Whether it comes with the program.
    pub fn is_built_in(&self) -> bool {
        BUILTIN.iter().any(|rule| rule.id == self.id)
    }
}

/// The name among `known` that is nearest to `name`, if one is near at all.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), *known))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

/// Largest compiled size of one rule regex, bytes; a tenth of the regex crate's default.
const REGEX_SIZE_LIMIT: usize = 1 << 20;

/// Compiles a rule's regex the one way that is used everywhere: on bytes, classes and case folding in ASCII.
pub fn regex(pattern: &str) -> Result<regex::bytes::Regex, regex::Error> {
    regex::bytes::RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(REGEX_SIZE_LIMIT)
        .build()
}
