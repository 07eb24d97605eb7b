//! The waxseal program.
fn main() {}
