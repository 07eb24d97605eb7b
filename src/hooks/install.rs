//! One hook of one folder: put there, and taken away again.
//!
//! A hook that is there already gets a second name and is run first. Whatever happens in between, there is always one of the
//! two under the name that git calls.

use std::path::{Path, PathBuf};

use super::file::{self, Lies};
use super::shim::{Runs, Shim, Written};
use super::{Hook, HookError, Manager};

/// A hook that is in place now.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The file.
    pub path: PathBuf,
    /// How it came there.
    pub how: How,
    /// The hook that it runs first.
    pub earlier: Option<Earlier>,
    /// Who else manages this hook.
    pub manager: Option<Manager>,
}

/// How a hook came to be in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It was written.
    New,
    /// One of another version, or with another path of the program, was replaced.
    Updated,
    /// It was there.
    Unchanged,
}

/// The hook that was there before.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// Where it lies now.
    pub path: PathBuf,
    /// Whether it is run. A file that may not be executed never was.
    pub is_run: bool,
}

/// What became of a hook.
#[derive(Clone, Debug)]
pub enum Uninstalled {
    /// It is gone; there was none before.
    Removed(PathBuf),
    /// The one that was there before is back.
    Restored(PathBuf),
    /// It is gone; the one that was there before (second) is gone as well.
    EarlierGone(PathBuf, PathBuf),
    /// Somebody else's hook is there now; the ones that were there before lie beside it.
    NotOurs(PathBuf, Vec<PathBuf>),
    /// There is none.
    Nothing,
}

/// Names under which other programs lay our hook aside when they are installed over it. Both of them run it, or say that
/// they do not.
const LAID_ASIDE: [&str; 2] = ["legacy", "old"];

/// Puts waxseal into `hook` in `dir`. `program` is where it is to be found; `told` is how the configuration calls `dir`.
pub fn install(
    dir: &Path,
    told: Option<&str>,
    hook: Hook,
    program: Option<&Path>,
) -> Result<Installed, HookError> {
    file::folder(dir, told)?;
    let path = dir.join(hook.id());
    let lies = file::look(&path)?;
    let manager = manager(dir, &path, &lies);
    if manager == Some(Manager::PreCommit) {
        // the framework was installed over ours, and runs it
        let aside = dir.join(format!("{}.legacy", hook.id()));
        if let Lies::File(Written::ByUs(shim)) = file::look(&aside)? {
            return Ok(Installed {
                earlier: shim.earlier.map(|name| earlier(dir, &name)),
                path: aside,
                how: How::Unchanged,
                manager,
            });
        }
    }
    let name_of = |path: &PathBuf| super::name_of(path).to_str().map(str::to_owned);
    let (kept, before) = match &lies {
        Lies::File(Written::ByUsAndEdited) => return Err(HookError::Edited(path)),
        Lies::File(Written::ByUs(shim)) => (shim.earlier.clone(), Some(shim.clone())),
        Lies::File(Written::ByOthers) => (Some(file::keep(&path, hook.id())?), None),
        // ours was deleted by hand, and what it ran still lies there
        Lies::Nothing => (file::kept(dir, hook.id()).last().and_then(name_of), None),
    };
    let shim = Shim {
        name: hook.id().to_owned(),
        program: program.map(Path::to_owned),
        earlier: kept,
        runs: Runs::Check,
    };
    let earlier = shim.earlier.as_ref().map(|name| earlier(dir, name));
    let how = put(&path, &shim, before.is_some()).inspect_err(|_| {
        // where it could only be moved, there would be no hook at all
        if let (Lies::File(Written::ByOthers), Some(earlier)) = (&lies, &earlier) {
            let _ = if path.symlink_metadata().is_ok() {
                file::remove(&earlier.path)
            } else {
                file::put_back(&earlier.path, &path)
            };
        }
    })?;
    Ok(Installed {
        path,
        how,
        earlier,
        manager,
    })
}

/// Who else manages the hook at `path`: whoever wrote it, or what it runs first.
fn manager(dir: &Path, path: &Path, lies: &Lies) -> Option<Manager> {
    match lies {
        Lies::File(Written::ByUs(shim)) => {
            let earlier = shim.earlier.as_ref()?;
            Manager::of(dir, &dir.join(earlier))
        }
        Lies::Nothing | Lies::File(_) => Manager::of(dir, path),
    }
}

/// Writes `shim` to `path`, unless it is there already.
pub(super) fn put(path: &Path, shim: &Shim, is_ours: bool) -> Result<How, HookError> {
    let script = shim.script();
    let same =
        is_ours && file::is_run(path) && std::fs::read(path).is_ok_and(|lying| lying == script);
    if same {
        return Ok(How::Unchanged);
    }
    file::write(path, &script)?;
    Ok(if is_ours { How::Updated } else { How::New })
}

fn earlier(dir: &Path, name: &str) -> Earlier {
    let path = dir.join(name);
    Earlier {
        is_run: file::is_run(&path),
        path,
    }
}

/// Takes waxseal out of `hook` in `dir`, and puts back what was there.
pub fn uninstall(dir: &Path, hook: Hook) -> Result<Uninstalled, HookError> {
    let path = dir.join(hook.id());
    let lies = file::look(&path)?;
    match lies {
        Lies::File(Written::ByUsAndEdited) => Err(HookError::Edited(path)),
        Lies::File(Written::ByUs(shim)) => taken_out(dir, path, &shim),
        Lies::File(Written::ByOthers) => {
            for ending in LAID_ASIDE {
                let aside = dir.join(format!("{}.{ending}", hook.id()));
                if let Lies::File(Written::ByUs(shim)) = file::look(&aside)? {
                    return taken_out(dir, aside, &shim);
                }
            }
            let kept = file::kept(dir, hook.id());
            Ok(if kept.is_empty() {
                Uninstalled::Nothing
            } else {
                Uninstalled::NotOurs(path, kept)
            })
        }
        Lies::Nothing => match file::kept(dir, hook.id()).pop() {
            // ours was deleted by hand
            Some(kept) => {
                file::put_back(&kept, &path)?;
                Ok(Uninstalled::Restored(path))
            }
            None => Ok(Uninstalled::Nothing),
        },
    }
}

fn taken_out(dir: &Path, path: PathBuf, shim: &Shim) -> Result<Uninstalled, HookError> {
    let Some(earlier) = shim.earlier.as_ref().map(|name| dir.join(name)) else {
        file::remove(&path)?;
        return Ok(Uninstalled::Removed(path));
    };
    if earlier.symlink_metadata().is_err() {
        file::remove(&path)?;
        return Ok(Uninstalled::EarlierGone(path, earlier));
    }
    file::put_back(&earlier, &path)?;
    Ok(Uninstalled::Restored(path))
}
