//! How a repository stores its objects and refs, as its settings say.
//!
//! What is not known, and may change how objects are stored, is refused by its name. Reads no file.

use super::settings::Setting;

/// Extensions that do not change how objects are stored, or that are handled here. Lower case.
const KNOWN: [&str; 10] = [
    "noop",
    "noop-v1",
    "preciousobjects",
    "partialclone",
    "worktreeconfig",
    "objectformat",
    "compatobjectformat",
    "refstorage",
    "relativeworktrees",
    "submodulepathconfig",
];

/// How a repository keeps its refs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefStorage {
    /// A file for each, and `packed-refs`.
    Files,
    /// Tables in `reftable/`.
    Reftable,
}

/// What the settings say of how things are stored.
pub(super) struct Format {
    /// How objects are named.
    pub hash: gix_hash::Kind,
    /// How refs are kept.
    pub ref_storage: RefStorage,
    /// Whether a remote may still have objects that are missing here.
    pub is_partial: bool,
}

impl Format {
    /// What `settings` say; why objects can't be read with them, in words.
    pub fn of(settings: &[Setting]) -> Result<Self, String> {
        let word = |name| last(settings, name).and_then(|setting| setting.value.as_deref());
        let version = word("core.repositoryformatversion").unwrap_or("0").trim();
        if version != "0" && version != "1" {
            return Err(format!(
                "its core.repositoryformatversion is {version}, and only 0 and 1 are known"
            ));
        }
        let unknown = settings.iter().find_map(|setting| {
            let name = setting.name.strip_prefix("extensions.")?;
            (!KNOWN.contains(&name)).then_some(name)
        });
        // before version 1, git ignores what it does not know
        if let Some(name) = unknown.filter(|_| version == "1") {
            return Err(format!(
                "it uses the extension {name} (extensions.{name} in its config), which is not known"
            ));
        }
        let hash = match word("extensions.objectformat") {
            None => gix_hash::Kind::Sha1,
            Some(name) if name.eq_ignore_ascii_case("sha1") => gix_hash::Kind::Sha1,
            Some(name) if name.eq_ignore_ascii_case("sha256") => gix_hash::Kind::Sha256,
            Some(other) => {
                return Err(format!(
                    "its object format is {other} (extensions.objectFormat in its config), and only sha1 and sha256 are known"
                ));
            }
        };
        // it may be a URI: the way of storing, then where
        let ref_storage = match word("extensions.refstorage") {
            None => RefStorage::Files,
            Some(name) if name.eq_ignore_ascii_case("files") => RefStorage::Files,
            Some(name) if name.eq_ignore_ascii_case("reftable") => RefStorage::Reftable,
            Some(other) => {
                return Err(format!(
                    "its refs are stored as {other} (extensions.refStorage in its config), and only files and reftable are known"
                ));
            }
        };
        let is_promisor = |setting: &Setting| {
            setting.name.starts_with("remote.")
                && setting.name.ends_with(".promisor")
                && setting.is_true()
        };
        Ok(Self {
            hash,
            ref_storage,
            is_partial: last(settings, "extensions.partialclone").is_some()
                || settings.iter().any(is_promisor),
        })
    }
}

/// The setting that counts, where a name is set several times.
pub(super) fn last<'a>(settings: &'a [Setting], name: &str) -> Option<&'a Setting> {
    settings.iter().rev().find(|setting| setting.name == name)
}

#[cfg(test)]
mod tests {
    use super::super::settings;
    use super::*;

    fn format(text: &str) -> Result<Format, String> {
        Format::of(&settings::parse(text.as_bytes()).0)
    }

    #[test]
    fn known_extensions_are_fine_and_others_are_named() {
        let all = "[core]\nrepositoryformatversion = 1\n[extensions]\nnoop=1\nworktreeConfig=true\npreciousObjects=true\n\
            relativeWorktrees=true\nrefStorage=reftable\nobjectFormat=sha256\n";
        let read = format(all).ok().unwrap();
        assert_eq!(read.hash, gix_hash::Kind::Sha256);
        assert_eq!(read.ref_storage, RefStorage::Reftable);
        assert!(!read.is_partial);
        for (text, word) in [
            (
                "[core]\nrepositoryformatversion=1\n[extensions]\nmoonlight=1",
                "moonlight",
            ),
            ("[core]\nrepositoryformatversion=7", "7"),
            ("[extensions]\nobjectFormat=md5", "md5"),
            ("[extensions]\nrefStorage=cloud", "cloud"),
        ] {
            assert!(format(text).err().unwrap().contains(word), "{text}");
        }
        assert!(format("[extensions]\nmoonlight=1").is_ok());
    }

    #[test]
    fn a_promisor_remote_makes_it_partial() {
        for (text, partial) in [
            ("[remote \"o\"]\npromisor = true", true),
            ("[remote \"o\"]\npromisor", true),
            ("[remote \"o\"]\npromisor = false", false),
            ("[extensions]\npartialClone = origin", true),
            ("", false),
        ] {
            assert_eq!(format(text).ok().unwrap().is_partial, partial, "{text}");
        }
    }
}
