//! The few settings of a repository that say how its objects and refs are stored.
//!
//! A reader of git's configuration format for one file. libgit2's would follow `include.path` to wherever a crafted repository
//! points, and give up the whole file for one bad line; git itself reads these settings from this one file too, without includes.
//! What the settings mean is decided elsewhere.

/// One `name = value` of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// `section.key` or `section.subsection.key`; section and key in lower case.
    pub name: String,
    /// Its value; none where a key stands alone, which means true.
    pub value: Option<String>,
}

impl Setting {
    /// Whether it says yes, in any of git's ways.
    pub fn is_true(&self) -> bool {
        match &self.value {
            None => true,
            Some(value) => {
                let words = ["true", "yes", "on"];
                words.iter().any(|word| word.eq_ignore_ascii_case(value))
                    || value.parse::<i64>().is_ok_and(|number| number != 0)
            }
        }
    }
}

/// The settings in `text`, in their order, and the numbers of lines that make no sense, counted from 1.
pub(super) fn parse(text: &[u8]) -> (Vec<Setting>, Vec<usize>) {
    let text = String::from_utf8_lossy(text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (mut settings, mut bad) = (Vec::new(), Vec::new());
    let mut section: Option<String> = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let mut line = line.trim();
        if line.starts_with('[') {
            let Some((name, rest)) = header(line) else {
                bad.push(number + 1);
                // its keys must not count for the section before
                section = None;
                continue;
            };
            section = Some(name);
            line = rest.trim_start();
        }
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let (key, rest) = line.split_at(
            line.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                .unwrap_or(line.len()),
        );
        let rest = rest.trim_start();
        let value = match rest.strip_prefix('=') {
            Some(start) => value(start, || lines.next().map(|(_, line)| line)).map(Some),
            None if rest.is_empty() || rest.starts_with(['#', ';']) => Some(None),
            None => None,
        };
        match (&section, value) {
            (Some(section), Some(value)) if !key.is_empty() => settings.push(Setting {
                name: format!("{section}.{}", key.to_ascii_lowercase()),
                value,
            }),
            _ => bad.push(number + 1),
        }
    }
    (settings, bad)
}

/// The name in `[section]`, `[section.sub]` or `[section "sub"]`, and what follows the bracket.
fn header(line: &str) -> Option<(String, &str)> {
    let inner = line.strip_prefix('[')?;
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.')?;
    let mut name = inner[..end].to_ascii_lowercase();
    let rest = inner[end..].trim_start();
    if let Some(rest) = rest.strip_prefix(']') {
        return Some((name, rest));
    }
    name.push('.');
    let mut chars = rest.strip_prefix('"')?.chars();
    loop {
        match chars.next()? {
            '"' => break,
            '\\' => name.push(chars.next()?),
            other => name.push(other),
        }
    }
    Some((name, chars.as_str().strip_prefix(']')?))
}

/// The value that begins with `line` and goes on with `next` after a backslash at the end. None if a quote stays open or an
/// escape is unknown.
fn value<'a>(line: &'a str, mut next: impl FnMut() -> Option<&'a str>) -> Option<String> {
    let mut value = String::new();
    // up to where the value must stay when spaces at its end are dropped
    let mut kept = 0;
    let mut quoted = false;
    let mut chars = line.trim_start().chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted = !quoted;
                kept = value.len();
            }
            '#' | ';' if !quoted => break,
            '\\' => match chars.next() {
                None => chars = next().unwrap_or("").chars(),
                Some(escaped) => {
                    value.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        'b' => '\u{8}',
                        '"' | '\\' => escaped,
                        _ => return None,
                    });
                    kept = value.len();
                }
            },
            space if space.is_whitespace() && !quoted => value.push(space),
            other => {
                value.push(other);
                kept = value.len();
            }
        }
    }
    value.truncate(kept);
    (!quoted).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let (settings, bad) = parse(text.as_bytes());
        assert_eq!(bad, Vec::<usize>::new(), "{text}");
        settings
            .into_iter()
            .map(|setting| (setting.name, setting.value.unwrap_or("(none)".to_owned())))
            .collect()
    }

    #[test]
    fn what_git_writes_is_read() {
        let text = "[core]\n\trepositoryformatversion = 1 # old\n\tbare\n[extensions]\n\tobjectFormat = sha256\r\n\
            [remote \"a \\\"b\\\".C\"] promisor = \"t\\\"x # y\"  ; z\n[remote.Old]\nurl = a \\\nb  c \n";
        assert_eq!(
            read(text),
            [
                ("core.repositoryformatversion", "1"),
                ("core.bare", "(none)"),
                ("extensions.objectformat", "sha256"),
                ("remote.a \"b\".C.promisor", "t\"x # y"),
                ("remote.old.url", "a b  c"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn a_bad_line_costs_that_line_only() {
        let (settings, bad) =
            parse(b"a = 1\n[x\ny = 2\n[ok]\n= 3\nkey = \"open\nkey = \\q\nlast = 4\n\xff = 5\n");
        assert_eq!(bad, [1, 2, 3, 5, 6, 7, 9]);
        assert_eq!(settings.len(), 1);
        assert_eq!(settings[0].name, "ok.last");
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in r#"([\[\]"\\=.#;\n\r \t]|[a-c]|\PC){0,60}"#) {
            let (settings, bad) = parse(text.as_bytes());
            proptest::prop_assert!(settings.len() + bad.len() <= text.lines().count());
        }
    }

    #[test]
    fn yes_has_several_forms() {
        for (text, yes) in [
            ("on", true),
            ("Yes", true),
            ("2", true),
            ("0", false),
            ("", false),
        ] {
            let setting = Setting {
                name: String::new(),
                value: Some(text.to_owned()),
            };
            assert_eq!(setting.is_true(), yes, "{text}");
        }
        let alone = Setting {
            name: String::new(),
            value: None,
        };
        assert!(alone.is_true());
    }
}
