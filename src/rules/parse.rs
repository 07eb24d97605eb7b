//! Reads rule files.
