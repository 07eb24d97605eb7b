//! Connections to providers. The only folder that opens one.

pub mod smtp;
