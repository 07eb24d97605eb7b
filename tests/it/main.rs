//! The integration tests: one binary, a file for each behaviour.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod allow;
mod architecture;
mod baseline;
mod ci;
mod cli;
mod config;
mod config_schema;
mod determinism;
mod docs;
mod dotenv_fix;
mod dotenv_scan;
mod equivalence;
mod finder;
mod fingerprint_property;
mod foreign;
mod formats;
mod generated;
mod history_attribution;
mod history_damage;
mod history_objects;
mod history_options;
mod history_scope;
mod history_topology;
mod hook_commit_msg;
#[cfg(unix)]
mod hook_doctor;
#[cfg(unix)]
mod hook_install;
mod hook_push;
mod hook_receive;
mod import;
mod index;
mod packs;
mod packs_damage;
mod policy_wide;
mod positions;
mod quality;
mod quiet;
mod range;
mod replay;
mod repositories;
mod samples;
mod scale;
mod secrecy;
mod staged;
mod staged_hook;
mod staged_places;
mod staged_property;
mod support;
#[cfg(feature = "verify")]
mod verify;
mod verify_mail;
#[cfg(feature = "verify")]
mod verify_mail_session;
#[cfg(feature = "verify")]
mod verify_net;
mod verify_recipes;
mod verify_rows;
#[cfg(feature = "verify")]
mod verify_run;
mod verify_sendgrid;
#[cfg(feature = "verify")]
mod verify_servers;
mod verify_twilio;
mod walk;
mod windows;
mod within;
