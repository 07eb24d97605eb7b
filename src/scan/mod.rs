//! (to come)
pub mod view;
