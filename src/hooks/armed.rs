//! Whether git would run waxseal in a hook, and if not, what is there instead.

use std::path::{Path, PathBuf};

use super::file::{self, Lies};
use super::shim::{Shim, Written};
use super::{Hook, Manager};
use crate::git::HookSite;

/// What a hook comes to.
#[derive(Clone, Debug)]
pub enum Armed {
    /// It is ours.
    Ours(PathBuf, Shim),
    /// It is ours, and git leaves it out because it may not be executed.
    NotRun(PathBuf),
    /// It was ours and has been changed.
    Edited(PathBuf),
    /// A manager runs waxseal, as it is told by this file.
    By(Manager, PathBuf),
    /// Somebody's script calls waxseal.
    Called(PathBuf),
    /// A manager runs other things.
    Managed(Manager),
    /// Somebody's script does other things.
    Foreign(PathBuf),
    /// There is none; ours lies where git does not look.
    Elsewhere(PathBuf),
    /// There is none.
    No,
}

/// What `hook` of the repository at `site` comes to.
pub fn armed(site: &HookSite, hook: Hook) -> Armed {
    let path = site.dir.join(hook.id());
    match file::look(&path) {
        Ok(Lies::File(Written::ByUs(_) | Written::ByUsAndEdited)) if !file::is_run(&path) => {
            Armed::NotRun(path)
        }
        Ok(Lies::File(Written::ByUs(shim))) => Armed::Ours(path, shim),
        Ok(Lies::File(Written::ByUsAndEdited)) => Armed::Edited(path),
        Ok(Lies::File(Written::ByOthers)) if file::is_run(&path) => others(site, hook, path),
        _ if overridden(site, hook) => Armed::Elsewhere(site.own.join(hook.id())),
        _ => Armed::No,
    }
}

/// Somebody else's hook is run.
fn others(site: &HookSite, hook: Hook, path: PathBuf) -> Armed {
    let root = site.root.as_deref().unwrap_or(&site.dir);
    if let Some(manager) = Manager::of(&site.dir, &path) {
        if let Some(file) = manager.armed_in(root, hook) {
            return Armed::By(manager, file);
        }
        // the framework keeps what it found and runs it as well
        let legacy = site.dir.join(format!("{}.legacy", hook.id()));
        return match (manager, file::look(&legacy)) {
            (Manager::PreCommit, Ok(Lies::File(Written::ByUs(shim)))) if file::is_run(&legacy) => {
                Armed::Ours(legacy, shim)
            }
            _ => Armed::Managed(manager),
        };
    }
    if calls_waxseal(&path) {
        Armed::Called(path)
    } else if overridden(site, hook) {
        Armed::Elsewhere(site.own.join(hook.id()))
    } else {
        Armed::Foreign(path)
    }
}

fn calls_waxseal(path: &Path) -> bool {
    super::manager::text(path).is_some_and(|text| text.contains("waxseal"))
}

/// Whether a hook of ours lies in the repository's own folder, and `core.hooksPath` names another one.
fn overridden(site: &HookSite, hook: Hook) -> bool {
    let own = site.own.join(hook.id());
    site.own != site.dir && matches!(file::look(&own), Ok(Lies::File(Written::ByUs(_))))
}
