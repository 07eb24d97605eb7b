//! How a file of some kind says two things: a comment, and a value taken from the environment.
//!
//! Told by the file's name, for advice only: nothing is decided by it.

/// How a comment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    open: &'static str,
    close: &'static str,
}

impl Comment {
    const HASH: Self = Self::line("# ");
    const SLASHES: Self = Self::line("// ");

    const fn line(open: &'static str) -> Self {
        Self { open, close: "" }
    }

    /// The comment that holds `text`.
    pub(super) fn of(self, text: &str) -> String {
        format!("{}{text}{}", self.open, self.close)
    }
}

/// The kind of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    /// How it writes comments; none if it has none, or if that is not known.
    pub(super) comment: Option<Comment>,
    /// How it takes `NAME` from the environment; none if it can't, or if that is not known.
    env: Option<&'static str>,
}

impl Dialect {
    /// The kind of the file at `path`, of which only the last part counts.
    pub(super) fn of(path: &[u8]) -> Self {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let ending = name.rsplit('.').next().unwrap_or_default();
        let hash = Some(Comment::HASH);
        let slashes = Some(Comment::SLASHES);
        let (comment, env) = match ending {
            _ if name.contains(".env") || ending == "env" => (hash, None),
            _ if name.starts_with("dockerfile") => (hash, Some("$NAME")),
            "py" | "pyi" => (hash, Some(r#"os.environ["NAME"]"#)),
            "rb" | "rake" | "erb" => (hash, Some(r#"ENV.fetch("NAME")"#)),
            "pl" | "pm" => (hash, Some("$ENV{NAME}")),
            "r" => (hash, Some(r#"Sys.getenv("NAME")"#)),
            "ex" | "exs" => (hash, Some(r#"System.fetch_env!("NAME")"#)),
            "sh" | "bash" | "zsh" | "yml" | "yaml" | "conf" | "properties" => {
                (hash, Some("${NAME}"))
            }
            "ps1" | "psm1" => (hash, Some("$env:NAME")),
            "toml" | "cfg" | "tf" | "tfvars" | "mk" => (hash, None),
            "ini" => (Some(Comment::line("; ")), None),
            "js" | "cjs" | "mjs" | "jsx" | "ts" | "tsx" | "mts" => {
                (slashes, Some("process.env.NAME"))
            }
            "go" => (slashes, Some(r#"os.Getenv("NAME")"#)),
            "java" | "kt" | "kts" | "scala" | "groovy" | "gradle" => {
                (slashes, Some(r#"System.getenv("NAME")"#))
            }
            "cs" => (
                slashes,
                Some(r#"Environment.GetEnvironmentVariable("NAME")"#),
            ),
            "rs" => (slashes, Some(r#"std::env::var("NAME")"#)),
            "php" => (slashes, Some("getenv('NAME')")),
            "swift" | "dart" => (slashes, None),
            "c" | "h" | "cc" | "cpp" | "hpp" | "m" => (slashes, Some(r#"getenv("NAME")"#)),
            "sql" | "hs" | "elm" => (Some(Comment::line("-- ")), None),
            "lua" => (Some(Comment::line("-- ")), Some(r#"os.getenv("NAME")"#)),
            "html" | "htm" | "xml" | "md" | "vue" | "svelte" | "config" | "csproj" | "plist" => (
                Some(Comment {
                    open: "<!-- ",
                    close: " -->",
                }),
                None,
            ),
            "css" | "scss" | "less" => (
                Some(Comment {
                    open: "/* ",
                    close: " */",
                }),
                None,
            ),
            _ => (None, None),
        };
        Self { comment, env }
    }

    /// How the value of `variable` is taken from the environment.
    pub(super) fn env(self, variable: &str) -> Option<String> {
        self.env.map(|form| form.replace("NAME", variable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_last_name() {
        for (path, comment, env) in [
            ("a.json/b.PY", Some("# x"), Some(r#"os.environ["KEY"]"#)),
            ("web/.env.local", Some("# x"), None),
            ("deploy/prod.env", Some("# x"), None),
            ("a.ts", Some("// x"), Some("process.env.KEY")),
            ("web.config", Some("<!-- x -->"), None),
            ("a.json", None, None),
            ("README", None, None),
            ("", None, None),
        ] {
            let dialect = Dialect::of(path.as_bytes());
            assert_eq!(
                dialect.comment.map(|comment| comment.of("x")).as_deref(),
                comment,
                "{path}"
            );
            assert_eq!(dialect.env("KEY").as_deref(), env, "{path}");
        }
    }
}
