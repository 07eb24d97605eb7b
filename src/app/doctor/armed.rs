//! Whether git runs waxseal: the folder of hooks, the hooks in it, and the program that they call.

use std::io;
use std::path::{Path, PathBuf};

use super::{Notes, name};
use crate::git::HookSite;
use crate::hooks::{Armed, Global, Hook, Shim, armed, this_program};
use crate::model::display_path;

/// Which folder git takes hooks from, and who says so.
pub(super) fn folder(
    site: &HookSite,
    global: Option<&Global>,
    notes: &mut Notes<'_>,
) -> io::Result<()> {
    let dir = name(&site.dir);
    let Some(set) = &site.hooks_path else {
        return notes.ok("hooks folder", &dir);
    };
    let whose = set.set_in.describe();
    if site.dir.symlink_metadata().is_ok() && !site.dir.is_dir() {
        let text = format!(
            "core.hooksPath is {dir} in {whose}, which is no folder, so git runs no hooks at all; git config --unset core.hooksPath"
        );
        return notes.fail("hooks folder", &text);
    }
    let ours = global.is_some_and(|global| global.is(&site.dir));
    let rest = if ours {
        "that of waxseal for all your repositories"
    } else if set.set_in.is_shared() {
        "which counts for every repository that does not set its own"
    } else {
        "by core.hooksPath"
    };
    notes.ok("hooks folder", &format!("{dir}, {rest}, set in {whose}"))
}

/// Every hook that may be there.
pub(super) fn hooks(site: &HookSite, notes: &mut Notes<'_>) -> io::Result<()> {
    let (needed, others) = match site.root {
        Some(_) => (Hook::PreCommit, &[Hook::CommitMsg, Hook::PrePush][..]),
        None => (Hook::PreReceive, &[][..]),
    };
    let mut shims = Vec::new();
    let mut by_name = false;
    let mut absent = Vec::new();
    for &hook in [needed].iter().chain(others) {
        let id = hook.id();
        match armed(site, hook) {
            Armed::Ours(path, shim) => {
                notes.ok(id, &format!("runs waxseal, from {}", name(&path)))?;
                shims.push(shim);
            }
            Armed::NotRun(path) => {
                let path = name(&path);
                let text = format!(
                    "{path} is waxseal's and not executable, so git leaves it out; chmod +x {path}"
                );
                notes.fail(id, &text)?;
            }
            Armed::Edited(path) => {
                by_name = true;
                let text = format!(
                    "{} was waxseal's and has been changed; to have it as it was, delete it and run waxseal hook install --type {id}",
                    name(&path)
                );
                notes.warn(id, &text)?;
            }
            Armed::By(manager, file) => {
                by_name = true;
                notes.ok(
                    id,
                    &format!("{} runs waxseal, by {}", manager.name(), name(&file)),
                )?;
            }
            Armed::Called(path) => {
                by_name = true;
                notes.ok(id, &format!("{} calls waxseal", name(&path)))?;
            }
            Armed::Managed(manager) if hook == needed => {
                let text = format!(
                    "{} manages this hook and does not run waxseal; {}",
                    manager.name(),
                    manager.better(hook)
                );
                notes.fail(id, &text)?;
            }
            Armed::Foreign(path) if hook == needed => {
                let text = format!(
                    "{} does not call waxseal; waxseal hook install adds it and keeps what is there",
                    name(&path)
                );
                notes.fail(id, &text)?;
            }
            Armed::Elsewhere(path) => {
                let text = format!(
                    "waxseal's hook is {}, where git does not look because of core.hooksPath; waxseal hook install --type {id} puts one where it does",
                    name(&path)
                );
                notes.fail(id, &text)?;
            }
            Armed::No if hook == needed => {
                notes.fail(
                    id,
                    &format!("there is none; waxseal hook install --type {id}"),
                )?;
            }
            Armed::Managed(_) | Armed::Foreign(_) | Armed::No => absent.push(id),
        }
    }
    if !absent.is_empty() {
        let text = format!(
            "not checked by waxseal; waxseal hook install --type {} would",
            absent.join(" --type ")
        );
        notes.ok(&absent.join(", "), &text)?;
    }
    program(&shims, by_name, notes)
}

/// Whether the hooks find the program.
fn program(shims: &[Shim], by_name: bool, notes: &mut Notes<'_>) -> io::Result<()> {
    let mut recorded: Vec<&Path> = shims
        .iter()
        .filter_map(|shim| shim.program.as_deref())
        .collect();
    recorded.sort_unstable();
    recorded.dedup();
    let on_path = on_path();
    for path in &recorded {
        let shown = display_path(path.as_os_str().as_encoded_bytes());
        if same(path, this_program().as_deref()) {
            notes.ok(
                "program",
                &format!("{shown}, which is this one, {}", env!("CARGO_PKG_VERSION")),
            )?;
        } else if crate::hooks::is_run(path) {
            let text = format!(
                "the hooks call {shown}, which is not this one; waxseal hook install again makes it so"
            );
            notes.warn("program", &text)?;
        } else if let Some(found) = &on_path {
            let text = format!(
                "{shown} is gone, and the hooks fall back to {} on PATH; waxseal hook install again records it",
                display_path(found.as_os_str().as_encoded_bytes())
            );
            notes.warn("program", &text)?;
        } else {
            let text = format!(
                "{shown} is gone and there is no waxseal on PATH, so every commit fails; waxseal hook install again"
            );
            notes.fail("program", &text)?;
        }
    }
    let needs_path = by_name || shims.iter().any(|shim| shim.program.is_none());
    if needs_path {
        match on_path {
            Some(found) => {
                let found = display_path(found.as_os_str().as_encoded_bytes());
                notes.ok("program", &format!("{found}, by PATH"))?;
            }
            None => notes.warn(
                "program",
                "there is no waxseal on PATH, where the hooks look for it; whatever runs them may bring its own",
            )?,
        }
    }
    Ok(())
}

fn same(path: &Path, other: Option<&Path>) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(path).is_some_and(|path| Some(path) == other.and_then(real))
}

/// The waxseal that a shell would find.
fn on_path() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .flat_map(|dir| [dir.join("waxseal"), dir.join("waxseal.exe")])
        .find(|path| crate::hooks::is_run(path))
}
