//! Expands sample templates.
