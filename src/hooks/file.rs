//! Single files in a hooks folder: read, written whole or not at all, moved without overwriting.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::{HookError, Written, name_of};

/// Longest hook that is read to see whose it is, in bytes. Ours have some three thousand.
const LONGEST: u64 = 1 << 20;

/// What has the name of a hook.
#[derive(Debug)]
pub(super) enum Lies {
    /// Nothing.
    Nothing,
    /// A script or program, or a symbolic link, even to nothing.
    File(Written),
}

/// What lies at `path`.
pub(super) fn look(path: &Path) -> Result<Lies, HookError> {
    let meta = match path.symlink_metadata() {
        Ok(meta) => meta,
        Err(error) if is_absent(&error) => return Ok(Lies::Nothing),
        Err(error) => return Err(HookError::io("look at", path)(error)),
    };
    if meta.is_symlink() {
        // we write none
        return Ok(Lies::File(Written::ByOthers));
    }
    if !meta.is_file() {
        return Err(HookError::NoFile(path.to_owned()));
    }
    if meta.len() > LONGEST {
        return Ok(Lies::File(Written::ByOthers));
    }
    let script = fs::read(path).map_err(HookError::io("read", path))?;
    Ok(Lies::File(Written::of(&script)))
}

/// Whether git would run the hook at `path`: a file that may be executed. On Windows every file is.
pub fn is_run(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && may_execute(&meta))
}

#[cfg(unix)]
fn may_execute(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn may_execute(_: &fs::Metadata) -> bool {
    true
}

/// Writes `script` to `path` as something that can be run, in place of what lies there. It is there whole, or not at all.
pub(super) fn write(path: &Path, script: &[u8]) -> Result<(), HookError> {
    let mut name = std::ffi::OsString::from(".");
    name.push(name_of(path));
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let done = executable(&part)
        .and_then(|mut file| {
            file.write_all(script)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&part, path));
    done.map_err(|error| {
        // the failure that is told is the first one
        let _ = fs::remove_file(&part);
        HookError::io("write", path)(error)
    })
}

/// A new file that everybody may run who may read it.
fn executable(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o777);
    options.open(path)
}

/// Gives the file at `path` a second name beside it, under which nothing lies yet, and returns that name. The first one is
/// free to be overwritten then; at no time is there no hook.
pub(super) fn keep(path: &Path, hook: &str) -> Result<String, HookError> {
    for number in 1..=99 {
        let name = match number {
            1 => format!("{hook}.before-waxseal"),
            _ => format!("{hook}.before-waxseal.{number}"),
        };
        let aside = path.with_file_name(&name);
        if aside.symlink_metadata().is_ok() {
            continue;
        }
        match fs::hard_link(path, &aside) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            // not every file system has second names
            Err(_) => {
                fs::rename(path, &aside).map_err(HookError::io("move", path))?;
                return Ok(name);
            }
        }
    }
    Err(HookError::Crowded(path.to_owned()))
}

/// Puts what lies at `from` back to `to`, over what lies there.
pub(super) fn put_back(from: &Path, to: &Path) -> Result<(), HookError> {
    fs::rename(from, to).map_err(HookError::io("move back", from))
}

/// Removes a file that may be gone already.
pub(super) fn remove(path: &Path) -> Result<(), HookError> {
    match fs::remove_file(path) {
        Err(error) if !is_absent(&error) => Err(HookError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Makes the folder of hooks, if it is not there. `told` is how the configuration calls it.
pub(super) fn folder(dir: &Path, told: Option<&str>) -> Result<(), HookError> {
    if dir.is_dir() {
        return Ok(());
    }
    if dir.symlink_metadata().is_ok() {
        let told = told.map_or_else(|| dir.display().to_string(), str::to_owned);
        return Err(HookError::NoFolder(told));
    }
    fs::create_dir_all(dir).map_err(HookError::io("make", dir))
}

/// The earlier hooks of ours that lie in `dir` for `hook`, the oldest first.
pub(super) fn kept(dir: &Path, hook: &str) -> Vec<PathBuf> {
    let names = (1..=99).map(|number| match number {
        1 => format!("{hook}.before-waxseal"),
        _ => format!("{hook}.before-waxseal.{number}"),
    });
    names
        .map(|name| dir.join(name))
        .filter(|path| path.symlink_metadata().is_ok())
        .collect()
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
