//! The nouns of waxseal: what a source hands over, what a scan yields, what a report holds.
//!
//! No I/O, no regex, no command line here, and nothing outside `std` but hashing and wiping. Every
//! other module speaks in these types; they import nothing from the rest of the crate.

mod allow;
mod baseline;
mod blob;
mod coverage;
mod finding;
mod history;
mod meant;
mod origin;
mod report;
mod secret;
mod span;
mod verdict;

pub use allow::{AllowFault, AllowWarning, Allowed, Allows, Marker};
pub use baseline::{Accepted, Baselined, Day, FingerprintKey, KeyId};
pub use blob::{Blob, Part, Sink, Sinks};
pub use coverage::{Coverage, Objects, Skip, SkipReason, Tally};
pub use finding::{
    Confidence, Encoding, Excerpt, Finding, FindingPart, Fingerprint, Place, Severity,
};
pub use history::{FirstCommit, History, Location, ObjectId, ObjectKind};
pub use origin::{GitState, Origin, Store, display_path};
pub use report::{FailOn, Outcome, Report};
pub use secret::{Quotes, Secret};
pub use span::Span;
pub use verdict::{Contacted, Planned, Verdict, Verification, Verified, VerifiedDetail};
