//! Where blobs come from: files on disk and standard input.
//!
//! A source reads bytes and pushes [`Blob`](crate::model::Blob)s and [`Skip`](crate::model::Skip)s into
//! the [`Sinks`](crate::model::Sinks) it is given; it knows nothing of secrets and prints nothing. Memory
//! is bounded by one window a thread, whatever the size of a file. Whatever could not be read is a skip,
//! and the rest is read all the same. The order of blobs is not determined.

mod files;
mod listed;
mod names;
mod repository;
mod rules;
mod stdin;
mod tree;
mod window;
mod worker;

pub use files::{FileOptions, scan_paths};
pub use rules::Rules as IgnoreRules;
pub use stdin::scan_stdin;
pub use window::Windows;
