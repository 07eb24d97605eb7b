//! How a provider is asked about what a rule found, as data: the table `[rule.verify]` of a rule file.
//!
//! Nothing here asks; what a recipe means lives in `verify`. Its texts may hold placeholders: `{secret}`, the name of a part
//! of the finding, or that of an identifier. Paths and hosts take identifiers only, which are checked for their shape.

use super::{List, Str};
use crate::model::Verdict;

/// Questions that change nothing, and what their answers mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Whose it is; the name by which an operator points it elsewhere.
    pub provider: Str,
    /// Values that paths and hosts may hold.
    pub identifiers: List<Identifier>,
    /// What is asked, in order, as long as answers say to go on.
    pub asks: List<Ask>,
    /// What answers mean; the first that fits counts.
    pub replies: List<Reply>,
}

/// A value that is read from the credential and is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// Its name in placeholders.
    pub name: Str,
    /// Where it is read: `secret`, or the name of a part.
    pub from: Str,
    /// Byte regex; its first group is the value, or else all that it matches. No value, no question.
    pub shape: Str,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Hosts that are asked one after the other, such as those of regions.
    pub hosts: List<Str>,
    /// How.
    pub method: AskMethod,
    /// Path and query.
    pub path: Str,
    /// Headers: name and template.
    pub headers: List<(Str, Str)>,
    /// User and password of basic authentication, as templates.
    pub basic: Option<(Str, Str)>,
    /// Template of a JSON body; empty for none.
    pub body: Str,
    /// What is asked, as a noun phrase.
    pub purpose: Str,
}

/// The methods that a recipe may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskMethod {
    /// Reads.
    Get,
    /// Reads as well, where the provider takes no GET.
    Post,
}

impl AskMethod {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Get, Self::Post];

    /// The name used in rule files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// What an answer means if it looks like this. A page of HTML never fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status codes.
    pub status: List<u16>,
    /// Text that the body must hold; empty for any.
    pub text: Str,
    /// JSON pointers into the body with the value that must stand there.
    pub json: List<(Str, Scalar)>,
    /// JSON pointers to what must be there, whatever it is.
    pub has: List<Str>,
    /// What it says of the credential.
    pub verdict: Verdict,
    /// Why, as a clause.
    pub reason: Str,
    /// Whether another host or question may know better. The verdict counts if none does.
    pub next: bool,
}

impl Reply {
    /// Whether it is told by what the body holds, and not by its status alone.
    pub fn names_a_body(&self) -> bool {
        !(self.text.is_empty() && self.json.is_empty() && self.has.is_empty())
    }
}

/// A value in JSON that an answer is told by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(Str),
}
