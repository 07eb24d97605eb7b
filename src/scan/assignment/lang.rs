//! Which language a file is written in, as far as the reading of assignments depends on it.
//!
//! The name of the file decides, never its content. A language is a set of answers: what a value
//! without quotes is, which bytes join the words of a key, where comments start, what an escape is.

/// A language or a family of languages that give values to keys in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    /// No name, or one that says nothing.
    Unknown,
    /// dotenv files.
    Env,
    /// `key = value` files: ini, properties, conf, HOCON.
    Properties,
    /// YAML.
    Yaml,
    /// JSON, notebooks included.
    Json,
    /// TOML.
    Toml,
    /// XML, HTML, .NET configuration.
    Xml,
    /// PHP.
    Php,
    /// JavaScript and TypeScript.
    JavaScript,
    /// Python.
    Python,
    /// Ruby.
    Ruby,
    /// Perl, Puppet, Lua, R: scripts with nothing of their own here.
    Script,
    /// SQL: the rows of a dump.
    Sql,
    /// Go.
    Go,
    /// Java, Kotlin, Scala, Groovy, Swift, Dart.
    Java,
    /// C# and Visual Basic.
    CSharp,
    /// POSIX shells and their kin.
    Shell,
    /// Windows command files.
    Batch,
    /// PowerShell.
    PowerShell,
    /// C, C++, Objective-C.
    C,
    /// Rust.
    Rust,
    /// Elixir and Erlang.
    Elixir,
    /// Terraform and other HCL, and Nix, where the same signs mean the same.
    Hcl,
    /// Clojure and other Lisps.
    Lisp,
    /// Dockerfiles.
    Docker,
    /// Prose: Markdown, plain text, logs, CSV.
    Text,
    /// netrc, authinfo, msmtprc, esmtprc: words, each followed by its value.
    Netrc,
    /// Postfix and Exim password maps: `host user:password`, no keys.
    SaslPasswd,
}

/// Suffixes that say that a file is a sample, a template or a copy; what stands before them decides.
const WRAPPERS: [&[u8]; 25] = [
    b"erb",
    b"j2",
    b"jinja",
    b"jinja2",
    b"tpl",
    b"tmpl",
    b"template",
    b"dist",
    b"example",
    b"sample",
    b"default",
    b"defaults",
    b"bak",
    b"backup",
    b"old",
    b"orig",
    b"save",
    b"in",
    b"mustache",
    b"hbs",
    b"ejs",
    b"gotmpl",
    b"copy",
    b"local",
    b"tt",
];

impl Lang {
    /// The language of a file named `path` (`/`-separated, only the last part counts).
    pub fn of_path(path: &[u8]) -> Self {
        let name = memchr::memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..]);
        // No name that matters is longer; the rest of a longer one is still looked at for its suffix.
        let mut lower = [0_u8; 128];
        let name = &name[name.len().saturating_sub(lower.len())..];
        for (low, b) in lower.iter_mut().zip(name) {
            *low = b.to_ascii_lowercase();
        }
        let mut name = lower[..name.len()].trim_ascii_end();
        name = name.strip_suffix(b"~").unwrap_or(name);
        loop {
            if let Some(lang) = Self::of_name(name) {
                return lang;
            }
            let Some(dot) = memchr::memrchr(b'.', name) else {
                return Self::Unknown;
            };
            if let Some(lang) = Self::of_suffix(&name[dot + 1..]) {
                return lang;
            }
            if !WRAPPERS.contains(&&name[dot + 1..]) {
                return Self::Unknown;
            }
            name = &name[..dot];
        }
    }

    /// What the whole name (in lower case) says.
    fn of_name(name: &[u8]) -> Option<Self> {
        Some(match name {
            b".flaskenv" | b".dev.vars" | b".secrets" | b"env.txt" | b"environment" | b"env"
            | b".env-example" => Self::Env,
            b".netrc" | b"_netrc" | b"netrc" | b".authinfo" | b"authinfo" | b".msmtprc"
            | b"msmtprc" | b".esmtprc" | b"esmtprc" => Self::Netrc,
            b"sasl_passwd" | b"passwd.client" | b"sasl_password" => Self::SaslPasswd,
            b".muttrc" | b"muttrc" | b".npmrc" | b".pypirc" | b".gitconfig" | b"gitconfig"
            | b"config" | b".my.cnf" | b".pgpass" | b"secure.config" | b"gerrit.config" => {
                Self::Properties
            }
            b"dockerfile" | b"containerfile" => Self::Docker,
            b"gemfile" | b"rakefile" | b"vagrantfile" | b"fastfile" | b"appfile" | b"podfile" => {
                Self::Ruby
            }
            b"jenkinsfile" => Self::Java,
            b".envrc" | b"env.sh" | b"makefile" | b"gnumakefile" | b"procfile" | b".bashrc"
            | b".bash_profile" | b".profile" | b".zshrc" | b".zshenv" | b".bash_history"
            | b".zsh_history" | b"justfile" => Self::Shell,
            b"readme" | b"license" | b"changelog" | b"notes" | b"todo" => Self::Text,
            _ if name.starts_with(b"dockerfile.") || name.ends_with(b".dockerfile") => Self::Docker,
            _ if (name.starts_with(b".env.") || name == b".env" || name.ends_with(b".env"))
                && !name.ends_with(b".php")
                && !name.ends_with(b".js")
                && !name.ends_with(b".ts")
                && !name.ends_with(b".json")
                && !name.ends_with(b".py")
                && !name.ends_with(b".rb")
                && !name.ends_with(b".yml")
                && !name.ends_with(b".yaml") =>
            {
                Self::Env
            }
            _ => return None,
        })
    }

    /// What the suffix (in lower case, without its dot) says.
    fn of_suffix(suffix: &[u8]) -> Option<Self> {
        Some(match suffix {
            b"env" => Self::Env,
            b"properties" | b"ini" | b"conf" | b"cfg" | b"cnf" | b"config-ini" | b"hocon"
            | b"service" | b"desktop" | b"inf" | b"reg" | b"cf" | b"muttrc" | b"rc" | b"mailrc"
            | b"htaccess" | b"container" | b"timer" | b"socket" | b"prefs" => Self::Properties,
            b"yml" | b"yaml" | b"sls" | b"raml" | b"neon" => Self::Yaml,
            b"json" | b"json5" | b"jsonc" | b"ipynb" | b"tfstate" | b"jsonl" | b"ndjson"
            | b"har" | b"webmanifest" => Self::Json,
            b"toml" => Self::Toml,
            b"xml" | b"html" | b"htm" | b"xhtml" | b"config" | b"xsd" | b"plist" | b"svg"
            | b"csproj" | b"props" | b"targets" | b"jsp" | b"cfm" | b"cfml" | b"xaml" | b"resx"
            | b"cshtml" | b"aspx" | b"pom" => Self::Xml,
            b"php" | b"phtml" | b"inc" | b"php3" | b"php5" | b"php7" | b"module" | b"install" => {
                Self::Php
            }
            b"js" | b"jsx" | b"ts" | b"tsx" | b"mjs" | b"cjs" | b"mts" | b"cts" | b"vue"
            | b"svelte" | b"coffee" | b"astro" | b"cfc" => Self::JavaScript,
            b"py" | b"pyw" | b"pyi" | b"bzl" | b"star" => Self::Python,
            b"rb" | b"rake" | b"gemspec" | b"ru" | b"jbuilder" | b"haml" | b"slim" | b"cr" => {
                Self::Ruby
            }
            b"pl" | b"pm" | b"t" | b"pp" | b"lua" | b"r" | b"jl" | b"nim" | b"pas" | b"tcl"
            | b"dpr" | b"ahk" | b"au3" | b"hs" | b"ml" | b"sas" => Self::Script,
            b"sql" | b"pls" | b"plsql" | b"pks" | b"pkb" | b"psql" | b"ddl" => Self::Sql,
            b"go" => Self::Go,
            b"java" | b"kt" | b"kts" | b"scala" | b"groovy" | b"gradle" | b"swift" | b"dart"
            | b"sbt" => Self::Java,
            b"cs" | b"vb" | b"fs" | b"vbs" | b"bas" | b"csx" | b"frm" | b"cls" | b"asp" => {
                Self::CSharp
            }
            b"sh" | b"bash" | b"zsh" | b"ksh" | b"fish" | b"csh" | b"mk" | b"envrc" => Self::Shell,
            b"bat" | b"cmd" => Self::Batch,
            b"ps1" | b"psm1" | b"psd1" => Self::PowerShell,
            b"c" | b"h" | b"cc" | b"cpp" | b"cxx" | b"hpp" | b"hh" | b"ino" | b"m" | b"mm" => {
                Self::C
            }
            b"rs" => Self::Rust,
            b"ex" | b"exs" | b"erl" | b"heex" | b"eex" => Self::Elixir,
            b"tf" | b"tfvars" | b"hcl" | b"nomad" | b"nix" => Self::Hcl,
            b"clj" | b"cljs" | b"edn" | b"el" | b"lisp" | b"scm" => Self::Lisp,
            b"dockerfile" => Self::Docker,
            b"md" | b"markdown" | b"mdx" | b"txt" | b"rst" | b"adoc" | b"log" | b"csv" | b"tsv"
            | b"tex" | b"org" | b"eml" | b"asciidoc" | b"textile" | b"wiki" => Self::Text,
            b"netrc" | b"msmtprc" | b"authinfo" => Self::Netrc,
            _ => return None,
        })
    }

    /// Whether a right-hand side without quotes is text rather than a name to be looked up.
    pub fn bare_is_literal(self) -> bool {
        matches!(
            self,
            Self::Env
                | Self::Properties
                | Self::Yaml
                | Self::Shell
                | Self::Batch
                | Self::Docker
                | Self::Netrc
                | Self::SaslPasswd
        )
    }

    /// Whether a right-hand side without quotes is an expression: neither text nor prose.
    pub fn is_code(self) -> bool {
        !self.bare_is_literal() && !matches!(self, Self::Unknown | Self::Text | Self::Json)
    }

    /// Whether `b` joins two words to one key.
    pub(super) fn joins(self, b: u8) -> bool {
        match b {
            b'.' => matches!(
                self,
                Self::Unknown
                    | Self::Env
                    | Self::Properties
                    | Self::Yaml
                    | Self::Toml
                    | Self::Text
                    | Self::Xml
            ),
            b'-' => matches!(
                self,
                Self::Unknown
                    | Self::Env
                    | Self::Properties
                    | Self::Yaml
                    | Self::Toml
                    | Self::Text
                    | Self::Xml
                    | Self::Hcl
                    | Self::Lisp
                    | Self::Netrc
            ),
            _ => false,
        }
    }

    /// Whether `word => …` gives a value to `word`, rather than being a function or a pattern.
    pub(super) fn arrow_assigns(self) -> bool {
        !matches!(
            self,
            Self::JavaScript | Self::CSharp | Self::Java | Self::Rust
        )
    }

    /// Whether a backslash escapes in a string delimited by `quote`.
    pub(super) fn escapes(self, quote: u8) -> bool {
        match self {
            Self::Xml | Self::Properties | Self::PowerShell | Self::Batch | Self::Netrc => false,
            Self::Yaml | Self::Toml | Self::Shell | Self::Env | Self::Docker => quote != b'\'',
            Self::Go => quote != b'`',
            _ => true,
        }
    }

    /// Whether two quotes in a string delimited by `quote` stand for one.
    pub(super) fn doubles(self, quote: u8) -> bool {
        match self {
            Self::Yaml | Self::Sql => quote == b'\'',
            Self::PowerShell => true,
            _ => false,
        }
    }

    /// Whether a string delimited by `quote` may go on over a line end.
    pub(super) fn spans_lines(self, quote: u8) -> bool {
        match self {
            Self::Php
            | Self::Ruby
            | Self::Shell
            | Self::Env
            | Self::Yaml
            | Self::Elixir
            | Self::Rust
            | Self::Xml
            | Self::Lisp => true,
            Self::JavaScript | Self::Go => quote == b'`',
            _ => false,
        }
    }

    /// Whether names in a string delimited by `quote` are replaced by their values.
    pub(super) fn interpolates(self, quote: u8) -> bool {
        match self {
            Self::Php | Self::Shell | Self::Script | Self::PowerShell => quote == b'"',
            _ => false,
        }
    }

    /// Whether a word may be followed by its value with nothing but blanks between.
    pub(super) fn has_word_pairs(self) -> bool {
        matches!(self, Self::Properties | Self::Netrc)
    }
}
