//! Hooks for all repositories of a user: a folder of ours, and `core.hooksPath` in the user's git configuration.
//!
//! Git takes hooks from one folder only. So ours holds every hook: those that check, and for all others one that does nothing
//! but run the repository's own.

use std::fs;
use std::path::{Path, PathBuf};

use super::file::{self, Lies};
use super::install::{How, put};
use super::shim::{Runs, Shim, Written};
use super::{Hook, HookError};
use crate::git::GlobalConfig;

/// The hooks that git knows and waxseal does not check. Left out are those whose mere presence changes what git does
/// (`push-to-checkout`, `proc-receive`, `fsmonitor-watchman`) and the one that runs several times in every command
/// (`reference-transaction`).
const OTHERS: [&str; 18] = [
    "applypatch-msg",
    "commit-msg",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "update",
];

/// The key in the user's git configuration.
const KEY: &str = "core.hooksPath";
/// The file beside our folder that holds what the key held before.
const BEFORE: &str = "hooks-path.before";

/// Where the hooks for all repositories are.
#[derive(Clone, Debug)]
pub struct Global {
    dir: PathBuf,
    config: GlobalConfig,
}

/// Hooks that are in place for all repositories now.
#[derive(Clone, Debug)]
pub struct Globally {
    /// How each came there.
    pub hooks: Vec<(Hook, How)>,
    /// Whether the user's git configuration was changed.
    pub configured: bool,
    /// The folder that it named before, whose hooks do not run any more.
    pub replaced: Option<String>,
}

/// What became of the hooks for all repositories.
#[derive(Clone, Debug)]
pub enum Disarmed {
    /// They are gone, and the configuration is without its key, or as it was before with this value.
    Gone(Option<String>),
    /// They are gone; the configuration names another folder and was left alone.
    ConfiguredElsewhere(String),
    /// There were none.
    Nothing,
}

impl Global {
    /// Finds the places; nothing need be there.
    pub fn find() -> Result<Self, HookError> {
        let config = GlobalConfig::find().ok_or(HookError::NoHome)?;
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        let base = std::env::var_os("XDG_CONFIG_HOME")
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from)
            .or_else(|| home.map(|home| home.join(".config")))
            .ok_or(HookError::NoHome)?;
        Ok(Self {
            dir: base.join("waxseal").join("hooks"),
            config,
        })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file of the user's git configuration.
    pub fn config_file(&self) -> &Path {
        &self.config.file
    }

    /// Whether `dir` is the folder.
    pub fn is(&self, dir: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        real(dir) == real(&self.dir)
    }

    /// Whether `hook` checks in every repository that does not set a folder of its own.
    pub fn checks(&self, hook: Hook) -> bool {
        let path = self.dir.join(hook.id());
        let checks = |shim: &Shim| shim.runs == Runs::CheckAndRepository;
        matches!(file::look(&path), Ok(Lies::File(Written::ByUs(shim))) if checks(&shim))
            && file::is_run(&path)
    }

    /// Puts waxseal into `hooks` of every repository. Those that it was put into before stay.
    pub fn install(
        &self,
        hooks: &[Hook],
        program: Option<&Path>,
        force: bool,
    ) -> Result<Globally, HookError> {
        let named = self.config.hooks_path.as_deref();
        let configured = named.is_some_and(|value| self.is(&expanded(value)));
        if let Some(other) = named.filter(|_| !configured && !force) {
            return Err(HookError::Taken(other.to_owned()));
        }
        file::folder(&self.dir, None)?;
        let mut done = Vec::new();
        for name in OTHERS {
            let path = self.dir.join(name);
            let lies = file::look(&path)?;
            let hook = hooks.iter().find(|hook| hook.id() == name);
            let (runs, is_ours) = match (lies, hook) {
                (Lies::File(Written::ByUsAndEdited), _) => return Err(HookError::Edited(path)),
                // somebody put a hook for all repositories here, and it is run
                (Lies::File(Written::ByOthers), None) => continue,
                (Lies::File(Written::ByOthers), Some(_)) => return Err(HookError::Foreign(path)),
                (Lies::File(Written::ByUs(shim)), None) => (shim.runs, true),
                (Lies::File(Written::ByUs(_)), Some(_)) => (Runs::CheckAndRepository, true),
                (Lies::Nothing, Some(_)) => (Runs::CheckAndRepository, false),
                (Lies::Nothing, None) => (Runs::Repository, false),
            };
            let shim = Shim {
                name: name.to_owned(),
                program: program.map(Path::to_owned),
                earlier: None,
                runs,
            };
            let how = put(&path, &shim, is_ours)?;
            if let Some(&hook) = hook {
                done.push((hook, how));
            }
        }
        if !configured {
            if let Some(other) = named {
                let text = format!("{other}\n");
                file::write(&self.before(), text.as_bytes())?;
            }
            self.configure(Some(&self.value()))?;
        }
        Ok(Globally {
            hooks: done,
            configured: !configured,
            replaced: named.filter(|_| !configured).map(str::to_owned),
        })
    }

    /// Takes waxseal out of all hooks, and the folder out of the configuration.
    pub fn uninstall(&self) -> Result<Disarmed, HookError> {
        let mut found = false;
        for name in OTHERS {
            if let Lies::File(Written::ByUsAndEdited) = file::look(&self.dir.join(name))? {
                return Err(HookError::Edited(self.dir.join(name)));
            }
        }
        let before = fs::read_to_string(self.before()).ok();
        let before = before
            .map(|text| text.trim_end_matches('\n').to_owned())
            .filter(|value| !value.is_empty());
        let named = self.config.hooks_path.as_deref();
        let ours = named.is_some_and(|value| self.is(&expanded(value)));
        // the configuration first: a folder that is gone and still named would switch off all hooks
        if ours {
            self.configure(before.as_deref())?;
        }
        for name in OTHERS {
            let path = self.dir.join(name);
            if let Lies::File(Written::ByUs(_)) = file::look(&path)? {
                file::remove(&path)?;
                found = true;
            }
        }
        file::remove(&self.before())?;
        // what others put there keeps it
        let _ = fs::remove_dir(&self.dir);
        let _ = self.dir.parent().map(fs::remove_dir);
        Ok(match named {
            _ if ours => Disarmed::Gone(before),
            Some(other) if found => Disarmed::ConfiguredElsewhere(other.to_owned()),
            None if found => Disarmed::Gone(None),
            _ => Disarmed::Nothing,
        })
    }

    fn before(&self) -> PathBuf {
        self.dir.with_file_name(BEFORE)
    }

    /// The folder as git's configuration holds it.
    fn value(&self) -> String {
        let path = self.dir.to_string_lossy();
        if cfg!(windows) {
            path.replace('\\', "/")
        } else {
            path.into_owned()
        }
    }

    /// Sets the key, or takes it out.
    fn configure(&self, value: Option<&str>) -> Result<(), HookError> {
        let written = git2::Config::open(&self.config.file).and_then(|mut config| match value {
            Some(value) => config.set_str(KEY, value),
            None => config.remove(KEY),
        });
        written.map_err(|error| HookError::Config {
            file: self.config.file.clone(),
            reason: error.message().to_owned(),
        })
    }
}

/// A path of a configuration, with `~/` spelled out.
fn expanded(value: &str) -> PathBuf {
    match (value.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(value),
    }
}
