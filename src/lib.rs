//! waxseal keeps mail and messaging credentials out of repositories.
//!
//! Data flows one way:
//! `source → Blob → (prefilter) anchors → (matcher) candidate → (filter) Finding → Report → bytes`.
//! Modules import only from layers below their own: [`model`] and the opener of files at the bottom, then [`git`], [`rules`] and
//! [`baseline`], then [`source`], [`scan`] and [`report`], which never import each other, then [`history`], [`verify`] and
//! [`range`], then [`config`] and [`app`].

pub mod app;
pub mod baseline;
pub mod ci;
pub mod cli;
pub mod config;
pub mod error;
pub mod git;
pub mod history;
pub mod hooks;
pub mod import;
pub mod model;
pub mod range;
mod regular;
pub mod report;
pub mod rules;
pub mod scan;
pub mod source;
pub mod staged;
pub mod verify;
