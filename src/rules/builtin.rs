//! @generated
use super::Rule;
/// The built-in rules.
pub static BUILTIN: &[Rule] = &[];
