//! `hook install` and `hook uninstall`: which repository is meant, and what is said about it.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Failure, Streams};
use crate::cli::{InstallArgs, UninstallArgs};
use crate::error::{EXIT_CLEAN, EXIT_FAILED, Error};
use crate::git::HookSite;
use crate::hooks::{
    self, Disarmed, Global, Hook, HookError, How, Installed, Manager, Uninstalled, this_program,
};
use crate::model::display_path;

/// Puts hooks in place. The status is that of a failed run if one of them could not be.
pub(super) fn install(args: &InstallArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let hooks = if args.hooks.is_empty() {
        &[Hook::PreCommit][..]
    } else {
        &args.hooks
    };
    if args.global {
        return install_globally(hooks, args.force, streams);
    }
    let (site, global) = site(&args.repo)?;
    if let Some(global) = global.filter(|global| global.is(&site.dir)) {
        return installed_globally(&global, hooks, streams);
    }
    if let Some(hook) = hooks.iter().find(|hook| !is_called(**hook, &site)) {
        let problem = format!(
            "git runs no {} in a bare repository: nobody commits or pushes from here; --type pre-receive checks what is pushed to it",
            hook.id()
        );
        return Err(Error::Usage(problem).into());
    }
    // a path of this machine is of no use in a file that is committed
    let shared = is_committed(&site);
    let program = this_program().filter(|_| !shared);
    let told = site.hooks_path.as_ref().map(|set| set.value.as_str());
    let mut failed = None;
    let mut managers = Vec::new();
    for &hook in hooks {
        match hooks::install(&site.dir, told, hook, program.as_deref()) {
            Ok(done) => {
                told_installed(hook, &done, streams.out)?;
                managers.extend(done.manager.map(|manager| (manager, hook)));
            }
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    if let Some(error) = failed {
        return Err(Error::from(error).into());
    }
    about_site(&site, shared, streams.out)?;
    for (manager, hook) in managers {
        about_manager(manager, hook, streams.out)?;
    }
    Ok(EXIT_CLEAN)
}

/// Here git runs the hooks for all repositories, and no others.
fn installed_globally(
    global: &Global,
    hooks: &[Hook],
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    if let Some(hook) = hooks.iter().find(|hook| !global.checks(**hook)) {
        let name = hook.id();
        let problem = format!(
            "git runs the hooks for all your repositories here, and {name} is not among them; `waxseal hook install --global --type {name}` adds it"
        );
        return Err(Error::Usage(problem).into());
    }
    for hook in hooks {
        let (name, dir) = (hook.id(), shown(global.dir()));
        writeln!(
            streams.out,
            "{name}: already installed for all your repositories, in {dir}; nothing changed"
        )?;
    }
    Ok(EXIT_CLEAN)
}

fn told_installed(hook: Hook, done: &Installed, out: &mut dyn Write) -> Result<(), Failure> {
    let (name, path) = (hook.id(), shown(&done.path));
    match done.how {
        How::New => writeln!(out, "{name}: installed as {path}")?,
        How::Updated => writeln!(out, "{name}: brought up to date in {path}")?,
        How::Unchanged => writeln!(out, "{name}: already installed as {path}; nothing changed")?,
    }
    match &done.earlier {
        Some(earlier) if earlier.is_run => {
            writeln!(
                out,
                "{name}: the hook that was there runs first, as {}",
                shown(&earlier.path)
            )?;
        }
        Some(earlier) => writeln!(
            out,
            "{name}: the file that was there is not executable and did not run; it is kept as {}",
            shown(&earlier.path)
        )?,
        None => {}
    }
    Ok(())
}

/// What follows from where the folder lies.
fn about_site(site: &HookSite, shared: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let Some(set) = &site.hooks_path else {
        return Ok(());
    };
    let (value, whose) = (display_path(set.value.as_bytes()), set.set_in.describe());
    if set.set_in.is_shared() {
        writeln!(
            out,
            "note: core.hooksPath is {value} in {whose}, so this hook runs in every repository that does not set its own"
        )?;
    } else {
        writeln!(out, "note: core.hooksPath is {value} in {whose}")?;
    }
    if shared {
        writeln!(
            out,
            "note: that folder is part of the work tree; commit the hook and it is everybody's who sets core.hooksPath and has waxseal on PATH"
        )?;
    }
    Ok(())
}

fn about_manager(manager: Manager, hook: Hook, out: &mut dyn Write) -> Result<(), Failure> {
    let name = manager.name();
    writeln!(
        out,
        "note: {name} manages this hook and may write it anew, without waxseal; better {}, then `waxseal hook uninstall`",
        manager.better(hook)
    )?;
    Ok(())
}

fn install_globally(hooks: &[Hook], force: bool, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let global = Global::find().map_err(Error::from)?;
    let done = global
        .install(hooks, this_program().as_deref(), force)
        .map_err(Error::from)?;
    let dir = shown(global.dir());
    let out = &mut *streams.out;
    for (hook, how) in &done.hooks {
        let name = hook.id();
        match how {
            How::New => writeln!(out, "{name}: installed for all your repositories, in {dir}")?,
            How::Updated => writeln!(
                out,
                "{name}: brought up to date for all your repositories, in {dir}"
            )?,
            How::Unchanged => writeln!(
                out,
                "{name}: already installed for all your repositories, in {dir}; nothing changed"
            )?,
        }
    }
    if done.configured {
        writeln!(
            out,
            "core.hooksPath is set to it in {}",
            shown(global.config_file())
        )?;
        writeln!(
            out,
            "note: hooks in a repository's own folder run first; a repository with a core.hooksPath of its own (husky) is not covered"
        )?;
    }
    if let Some(other) = &done.replaced {
        let other = display_path(other.as_bytes());
        writeln!(
            out,
            "note: core.hooksPath was {other}; hooks in there do not run any more, until `waxseal hook uninstall --global`"
        )?;
    }
    Ok(EXIT_CLEAN)
}

/// Takes hooks away. The status is that of a failed run if one of them had to be left.
pub(super) fn uninstall(args: &UninstallArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    if args.global {
        return uninstall_globally(streams);
    }
    let (site, global) = site(&args.repo)?;
    // the folder of all repositories is not taken away from here, and what lies in this one's own is run by it
    let is_global = global.is_some_and(|global| global.is(&site.dir));
    let dir = if is_global { &site.own } else { &site.dir };
    let hooks = if args.hooks.is_empty() {
        &Hook::ALL[..]
    } else {
        &args.hooks
    };
    let (mut found, mut failed) = (false, None);
    let mut left = false;
    for &hook in hooks {
        let name = hook.id();
        match hooks::uninstall(dir, hook) {
            Ok(done) => {
                let out = &mut *streams.out;
                found |= !matches!(done, Uninstalled::Nothing);
                match done {
                    Uninstalled::Removed(path) => {
                        writeln!(out, "{name}: removed {}", shown(&path))?;
                    }
                    Uninstalled::Restored(path) => {
                        writeln!(out, "{name}: put back {} as it was before", shown(&path))?;
                    }
                    Uninstalled::EarlierGone(path, earlier) => writeln!(
                        out,
                        "{name}: removed {}; the hook that was there before, {}, is gone and can't be put back",
                        shown(&path),
                        shown(&earlier)
                    )?,
                    Uninstalled::NotOurs(path, kept) => {
                        left = true;
                        let kept: Vec<String> = kept.iter().map(|path| shown(path)).collect();
                        writeln!(
                            out,
                            "{name}: {} is not waxseal's and is left alone; what was there before waxseal is still in {}",
                            shown(&path),
                            kept.join(", ")
                        )?;
                    }
                    Uninstalled::Nothing => {}
                }
            }
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    if let Some(error) = failed {
        return Err(Error::from(error).into());
    }
    if !found {
        writeln!(
            streams.out,
            "nothing to do: no hook of waxseal's in {}",
            shown(dir)
        )?;
    }
    if is_global {
        writeln!(
            streams.out,
            "note: waxseal still runs here from your hooks for all repositories; `waxseal hook uninstall --global` takes them away"
        )?;
    }
    Ok(if left { EXIT_FAILED } else { EXIT_CLEAN })
}

fn uninstall_globally(streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let global = Global::find().map_err(Error::from)?;
    let (dir, file) = (shown(global.dir()), shown(global.config_file()));
    let out = &mut *streams.out;
    match global.uninstall().map_err(Error::from)? {
        Disarmed::Gone(None) => writeln!(out, "removed {dir} and core.hooksPath from {file}")?,
        Disarmed::Gone(Some(before)) => writeln!(
            out,
            "removed {dir}; core.hooksPath in {file} is {} again",
            display_path(before.as_bytes())
        )?,
        Disarmed::ConfiguredElsewhere(other) => writeln!(
            out,
            "removed {dir}; core.hooksPath in {file} is {} and was left alone",
            display_path(other.as_bytes())
        )?,
        Disarmed::Nothing => writeln!(out, "nothing to do: no hooks of waxseal's in {dir}")?,
    }
    Ok(EXIT_CLEAN)
}

/// The hooks of the repository that `repo` is in, and where those for all repositories are.
pub(super) fn site(repo: &Path) -> Result<(HookSite, Option<Global>), Error> {
    let name = || display_path(repo.as_os_str().as_encoded_bytes());
    let real = repo.canonicalize().map_err(|source| Error::Io {
        path: name(),
        source,
    })?;
    let site = HookSite::of(&real).map_err(HookError::from)?;
    let site = site.ok_or_else(|| {
        let problem = format!(
            "no git repository at {} or above; `git init` makes one, --repo DIR names one",
            name()
        );
        Error::Usage(problem)
    })?;
    Ok((site, Global::find().ok()))
}

/// Whether git ever calls this hook there.
fn is_called(hook: Hook, site: &HookSite) -> bool {
    site.root.is_some() || hook == Hook::PreReceive
}

/// Whether the folder of hooks is part of the work tree, and so may be committed. That of husky is ignored.
fn is_committed(site: &HookSite) -> bool {
    let Some(root) = &site.root else {
        return false;
    };
    let dir = site.dir.canonicalize().unwrap_or_else(|_| site.dir.clone());
    let own = site.own.parent().unwrap_or(&site.own);
    dir.starts_with(root) && !dir.starts_with(own) && !dir.ends_with(".husky/_")
}

/// A path for people: from the current folder if it lies below.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|dir| dir.canonicalize());
    let short: PathBuf = here
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned))
        .filter(|path| !path.as_os_str().is_empty())
        .unwrap_or_else(|| path.to_owned());
    display_path(short.as_os_str().as_encoded_bytes())
}
