//! From blobs to findings: prefilter, matcher, filter.

pub mod assignment;
