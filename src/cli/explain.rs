//! The options of `explain`. No I/O.

use clap::Args;

use super::baseline::PlaceArgs;
use crate::config::Color;

/// Say what a rule or a finding is, why it matters, and what to do.
///
/// A FINGERPRINT is searched in the work tree, with --history in all that was ever committed as well, and every place is shown.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Id of a rule, or fingerprint of a finding; 8 digits of it will do if no other begins so.
    #[arg(value_name = "RULE|FINGERPRINT")]
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// When to use colours.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}
