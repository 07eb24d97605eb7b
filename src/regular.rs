//! Opens regular files, and nothing else.
//!
//! What lies in a tree that is scanned may be a pipe, whose opening waits for a writer, or a device that never
//! ends, under whatever name. Every file whose name comes from such a tree is opened here. Knows nothing of
//! what is in it.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// What was found under a name.
#[derive(Debug)]
pub(crate) enum Opened {
    /// A regular file and its size in bytes.
    File(File, u64),
    /// A symbolic link that was not to be followed.
    Symlink,
    /// A device, pipe or socket.
    Special,
}

/// What to do with a symbolic link in the last place of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Links {
    /// Opens what it leads to.
    Follow,
    /// Leaves it alone.
    Refuse,
}

/// Opens `path` if it is a regular file. A directory is `NotFound`: the file that was listed is no more.
pub(crate) fn open(path: &Path, links: Links) -> io::Result<Opened> {
    // Opening some devices does something, so that what is known to be one is not opened at all. That
    // costs a look only where links may lead out of the tree.
    if links == Links::Follow && !fs::metadata(path)?.is_file() {
        return Ok(Opened::Special);
    }
    open_unchecked(path, links)
}

/// Reads the regular file at `path` to its end. What is not one, or has more than `longest` bytes, is
/// `InvalidData`.
pub(crate) fn read(path: &Path, links: Links, longest: u64) -> io::Result<Vec<u8>> {
    let refused = |why| Err(io::Error::new(ErrorKind::InvalidData, why));
    let Opened::File(file, size) = open(path, links)? else {
        return refused("it is not a regular file");
    };
    let mut data = Vec::with_capacity(usize::try_from(size.min(longest)).unwrap_or(0));
    // The size may be out of date, or none at all.
    file.take(longest.saturating_add(1))
        .read_to_end(&mut data)?;
    if data.len() as u64 > longest {
        return refused("it is too long");
    }
    Ok(data)
}

#[cfg(unix)]
fn open_unchecked(path: &Path, links: Links) -> io::Result<Opened> {
    use std::os::unix::fs::OpenOptionsExt;
    // Between listing and opening, the file may have become a link, which must not be followed, or a pipe,
    // whose opening would wait for a writer. No flag changes how a regular file is read.
    let refuse = match links {
        Links::Follow => 0,
        Links::Refuse => libc::O_NOFOLLOW,
    };
    let opened = File::options()
        .read(true)
        .custom_flags(refuse | libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path);
    match opened {
        Ok(file) => checked(file),
        Err(err) if err.raw_os_error() == Some(libc::ELOOP) && path.is_symlink() => {
            Ok(Opened::Symlink)
        }
        // Sockets, and devices without a driver.
        Err(err) if err.raw_os_error() == Some(libc::ENXIO) => Ok(Opened::Special),
        Err(err) => Err(err),
    }
}

#[cfg(not(unix))]
fn open_unchecked(path: &Path, links: Links) -> io::Result<Opened> {
    if links == Links::Refuse && path.is_symlink() {
        return Ok(Opened::Symlink);
    }
    checked(File::open(path)?)
}

fn checked(file: File) -> io::Result<Opened> {
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(ErrorKind::NotFound.into());
    }
    Ok(if meta.is_file() {
        Opened::File(file, meta.len())
    } else {
        Opened::Special
    })
}
