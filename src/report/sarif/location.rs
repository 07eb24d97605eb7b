//! Where things stand, as SARIF writes it: files by their path in the repository, objects of a history that have none
//! by their kind and id.

use std::fmt::Write as _;

use serde::Serialize;

use super::Message;
use crate::model::{self, Finding, FindingPart, ObjectId, ObjectKind, Place, Skip, Store};
use crate::report::masked;

/// What the URIs of objects are relative to.
pub(super) const OBJECTS: &str = "GITOBJECTS";

/// A place as the standard writes it.
#[derive(Serialize)]
pub(super) struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    #[serde(rename = "physicalLocation")]
    physical: PhysicalLocation,
}

impl Location {
    /// Where `finding` stands, with its line.
    pub(super) fn of_finding(finding: &Finding) -> Self {
        Self {
            id: None,
            message: None,
            physical: PhysicalLocation::of_finding(finding),
        }
    }

    /// Where `part` of `finding` stands.
    pub(super) fn of_part(finding: &Finding, part: &FindingPart) -> Self {
        Self {
            id: None,
            message: Some(Message::new(part.name.to_string())),
            physical: PhysicalLocation {
                artifact_location: ArtifactLocation::of_finding(finding),
                region: Some(Region::new(part.place, Some(part.value.masked()))),
                context_region: None,
            },
        }
    }

    /// Another place in the history at which the same secret stands.
    pub(super) fn in_history(at: &model::Location) -> Self {
        let kind = at.kind.id();
        let text = format!("the same secret in {kind} {}", at.object.short());
        Self {
            id: None,
            message: Some(Message::new(text)),
            physical: PhysicalLocation {
                artifact_location: ArtifactLocation::in_object(at.kind, at.object, &at.path),
                region: Some(Region::new(at.place, None)),
                context_region: None,
            },
        }
    }

    /// The same place with a number; the standard wants one for each of several.
    pub(super) fn with_id(self, id: u64) -> Self {
        Self {
            id: Some(id),
            ..self
        }
    }

    /// What was not scanned.
    pub(super) fn of_skip(skip: &Skip, in_history: bool) -> Self {
        let object = in_history.then(|| object(&skip.path)).flatten();
        Self {
            id: None,
            message: None,
            physical: PhysicalLocation {
                artifact_location: match object {
                    Some(uri) => ArtifactLocation::in_store(uri),
                    None => ArtifactLocation::new(&skip.path),
                },
                region: None,
                context_region: None,
            },
        }
    }
}

/// `blob 1f2e…` as `blob/1f2e…`; none if `name` is not the name of an object.
fn object(name: &[u8]) -> Option<String> {
    let (kind, id) = std::str::from_utf8(name).ok()?.split_once(' ')?;
    let kinds = ["blob", "tree", "commit", "tag", "object"];
    let is_object = kinds.contains(&kind) && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_object.then(|| format!("{kind}/{id}"))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
    /// The whole lines around the region, where the masked excerpt belongs.
    #[serde(skip_serializing_if = "Option::is_none")]
    context_region: Option<ContextRegion>,
}

impl PhysicalLocation {
    fn of_finding(finding: &Finding) -> Self {
        let excerpt = &finding.excerpt.0;
        Self {
            artifact_location: ArtifactLocation::of_finding(finding),
            region: Some(Region::new(finding.place, masked(finding))),
            context_region: (!excerpt.is_empty()).then(|| ContextRegion {
                start_line: finding.place.line,
                end_line: finding.place.end_line,
                snippet: Message::new(excerpt.clone()),
            }),
        }
    }
}

/// A file, or what takes its place.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Message>,
}

impl ArtifactLocation {
    fn of_finding(finding: &Finding) -> Self {
        match finding.origin.store {
            Store::Object(kind, object) => Self::in_object(kind, object, &finding.origin.path),
            Store::File(_) | Store::Stdin | Store::Index(_) => Self::new(&finding.origin.path),
        }
    }

    /// A blob by its path in the tree of a commit; what has none by its kind and id.
    fn in_object(kind: ObjectKind, object: ObjectId, path: &[u8]) -> Self {
        match path {
            [] => Self::in_store(format!("{}/{object}", kind.id())),
            // a tree that somebody made up may hold such a name, and it is not the root of this machine
            [b'/', rest @ ..] => Self {
                uri: Some(format!("%2F{}", percent_encoded(rest))),
                uri_base_id: Some("%SRCROOT%"),
                description: None,
            },
            path => Self::new(path),
        }
    }

    /// An object by its kind and id. A service may refuse a whole log if the first location of one result has no artifact,
    /// or if a URI has a scheme other than that of the checkout: GitHub's does. So this is a relative URI, and neither one
    /// with a scheme of its own nor a logical location.
    fn in_store(uri: String) -> Self {
        Self {
            uri: Some(uri),
            uri_base_id: Some(OBJECTS),
            description: None,
        }
    }

    /// What [`OBJECTS`] stands for. There is no place that could be told: the store may be packed.
    pub(super) fn objects() -> Self {
        let text =
            "the objects of the repository, by kind and id; `git cat-file -p <id>` shows one";
        Self {
            uri: None,
            uri_base_id: None,
            description: Some(Message::new(text.to_owned())),
        }
    }

    fn new(path: &[u8]) -> Self {
        if path.starts_with(b"/") {
            return Self {
                uri: Some(format!("file://{}", percent_encoded(path))),
                uri_base_id: None,
                description: None,
            };
        }
        // Services compare URIs as text, and the repository knows no `./`.
        let path = path.strip_prefix(b"./").unwrap_or(path);
        Self {
            uri: Some(percent_encoded(path)),
            uri_base_id: Some("%SRCROOT%"),
            description: None,
        }
    }
}

/// Path bytes as a URI path: everything but `/` and the unreserved characters of RFC 3986 is escaped,
/// also `:`, which in a first segment would read as a scheme.
fn percent_encoded(path: &[u8]) -> String {
    let mut uri = String::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
    start_column: u64,
    end_line: u64,
    end_column: u64,
    byte_offset: u64,
    byte_length: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Snippet>,
}

impl Region {
    fn new(place: Place, snippet: Option<String>) -> Self {
        Self {
            start_line: place.line,
            start_column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
            byte_offset: place.start,
            byte_length: place.end.saturating_sub(place.start),
            snippet: snippet.map(Message::new),
        }
    }
}

/// The standard's `artifactContent`, which has the same key as its message.
type Snippet = Message;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContextRegion {
    start_line: u64,
    end_line: u64,
    snippet: Snippet,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        let uri = |path: &[u8]| {
            let location = ArtifactLocation::new(path);
            (location.uri.unwrap(), location.uri_base_id.is_some())
        };
        assert_eq!(uri(b"src/a.py"), ("src/a.py".to_owned(), true));
        assert_eq!(uri(b"./src/a.py"), ("src/a.py".to_owned(), true));
        assert_eq!(uri(b"c:x/50% \xff"), ("c%3Ax/50%25%20%FF".to_owned(), true));
        assert_eq!(uri(b"/etc/a b"), ("file:///etc/a%20b".to_owned(), false));
    }

    #[test]
    fn objects_become_uris() {
        let id = ObjectId::new(&[0xab; 20]);
        let uri = |kind, path: &[u8]| {
            let location = ArtifactLocation::in_object(kind, id, path);
            (location.uri.unwrap(), location.uri_base_id.unwrap())
        };
        let digits = "ab".repeat(20);
        let commit = (format!("commit/{digits}"), OBJECTS);
        assert_eq!(uri(ObjectKind::Commit, b""), commit);
        let file = ("%2Fetc/a".to_owned(), "%SRCROOT%");
        assert_eq!(uri(ObjectKind::Blob, b"/etc/a"), file);
        for (name, uri) in [
            ("blob 1f2e", Some("blob/1f2e")),
            ("blob x", None),
            ("a b", None),
        ] {
            assert_eq!(object(name.as_bytes()).as_deref(), uri);
        }
    }
}
