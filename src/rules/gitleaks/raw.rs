//! What stands in a gitleaks file, read as gitleaks reads it: keys in any case, one string for a list of one, numbers in quotes.
//!
//! Everything that is not understood is noted. What the entries mean together is for the module above.

use toml::{Table, Value};

use crate::rules::foreign::Target;

/// A file as it stands.
#[derive(Debug, Default)]
pub struct RawFile {
    /// Its rules.
    pub rules: Vec<RawRule>,
    /// What lets matches of all rules pass, or of some.
    pub allow: Vec<RawAllow>,
    /// What it builds on.
    pub extend: Extend,
    /// Rules that can't be read, each with what is wrong.
    pub faults: Vec<(String, String)>,
    /// What gitleaks 8 does not read either.
    pub notes: Vec<String>,
}

/// What a file builds on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extend {
    /// On gitleaks' own file.
    pub use_default: bool,
    /// On the file there.
    pub path: Option<String>,
    /// On what would be fetched from there; gitleaks never did.
    pub url: Option<String>,
    /// Rules of that file that are left out.
    pub disabled: Vec<String>,
}

/// A rule as it stands.
#[derive(Clone, Debug, Default)]
pub struct RawRule {
    /// Its id; empty where it has none.
    pub id: String,
    /// What it says of itself.
    pub description: String,
    /// `regex`.
    pub pattern: Option<String>,
    /// `path`.
    pub path: Option<String>,
    /// `secretGroup`.
    pub group: Option<usize>,
    /// `entropy`.
    pub entropy: Option<f64>,
    /// `keywords`.
    pub keywords: Vec<String>,
    /// `required`.
    pub required: Vec<RawRequired>,
    /// `skipReport`.
    pub silent: bool,
    /// What lets its matches pass.
    pub allow: Vec<RawAllow>,
}

/// A rule that another one requires.
#[derive(Clone, Debug, Default)]
pub struct RawRequired {
    /// Its id.
    pub id: String,
    /// `withinLines`.
    pub lines: Option<u64>,
    /// `withinColumns`.
    pub columns: Option<u64>,
}

/// An allow list as it stands.
#[derive(Clone, Debug, Default)]
pub struct RawAllow {
    /// What it says of itself.
    pub description: String,
    /// Whether its condition is AND.
    pub all: bool,
    /// `commits`.
    pub commits: Vec<String>,
    /// `paths`.
    pub paths: Vec<String>,
    /// `regexes`.
    pub patterns: Vec<String>,
    /// `regexTarget`.
    pub target: Target,
    /// `stopwords`.
    pub words: Vec<String>,
    /// Rules it is for; all if none are named.
    pub rules: Vec<String>,
}

/// Reads `table`. An error says where and what.
pub fn read(table: Table) -> Result<RawFile, String> {
    let mut file = RawFile::default();
    let mut top = Entries::new(table, "");
    top.pass(&["title", "description", "minversion"]);
    if let Some(extend) = top.table("extend")? {
        let mut extend = Entries::new(extend, "[extend] ");
        file.extend = Extend {
            use_default: extend.flag("usedefault")?,
            path: extend.text("path")?.filter(|path| !path.is_empty()),
            url: extend.text("url")?.filter(|url| !url.is_empty()),
            disabled: extend.list("disabledrules")?,
        };
        extend.finish(&mut file.notes);
    }
    for (number, rule) in (1..).zip(top.tables("rules")?) {
        let id = id_in(&rule).unwrap_or_else(|| format!("rule {number}"));
        match rule_of(rule, number, &mut file.notes) {
            Ok(rule) => file.rules.push(rule),
            Err(problem) => {
                let place = format!("rule `{id}`: ");
                let problem = problem.strip_prefix(&place).unwrap_or(&problem).to_owned();
                file.faults.push((id, problem));
            }
        }
    }
    file.allow = allow_lists(&mut top, "", &mut file.notes)?;
    top.finish(&mut file.notes);
    Ok(file)
}

/// The id that stands in the table of a rule.
fn id_in(rule: &Table) -> Option<String> {
    let mut keys = rule.iter();
    let (_, id) = keys.find(|(key, _)| key.eq_ignore_ascii_case("id"))?;
    let id = plain(id)?.trim().to_owned();
    (!id.is_empty()).then_some(id)
}

fn rule_of(table: Table, number: usize, notes: &mut Vec<String>) -> Result<RawRule, String> {
    let mut entries = Entries::new(table, &format!("rule {number}: "));
    let id = entries.text("id")?.unwrap_or_default().trim().to_owned();
    if !id.is_empty() {
        entries.place = format!("rule `{id}`: ");
    }
    let place = entries.place.clone();
    let mut required = Vec::new();
    for table in entries.tables("required")? {
        let mut entries = Entries::new(table, &format!("{place}[[rules.required]] "));
        required.push(RawRequired {
            id: entries.text("id")?.unwrap_or_default(),
            lines: entries.count("withinlines")?,
            columns: entries.count("withincolumns")?,
        });
        entries.finish(notes);
    }
    entries.pass(&["tags"]);
    let rule = RawRule {
        id,
        description: entries.text("description")?.unwrap_or_default(),
        pattern: entries.text("regex")?.filter(|regex| !regex.is_empty()),
        path: entries.text("path")?.filter(|path| !path.is_empty()),
        group: entries
            .count("secretgroup")?
            .map(|group| usize::try_from(group).unwrap_or(usize::MAX)),
        entropy: entries.number("entropy")?,
        keywords: entries.list("keywords")?,
        silent: entries.flag("skipreport")?,
        allow: allow_lists(&mut entries, &place, notes)?,
        required,
    };
    entries.finish(notes);
    Ok(rule)
}

/// The allow lists of a file or a rule, in the old form and the new one.
fn allow_lists(
    entries: &mut Entries,
    place: &str,
    notes: &mut Vec<String>,
) -> Result<Vec<RawAllow>, String> {
    let old = entries.tables("allowlist")?;
    let new = entries.tables("allowlists")?;
    if !old.is_empty() && !new.is_empty() {
        return Err(format!(
            "{place}`allowlist` and `allowlists` can't stand beside each other, in gitleaks neither"
        ));
    }
    let mut lists = Vec::new();
    for (number, table) in (1..).zip(old.into_iter().chain(new)) {
        let entries = Entries::new(table, &format!("{place}allow list {number}: "));
        match allow_list(entries, notes) {
            Ok(list) => lists.extend(list),
            Err(problem) => notes.push(format!("{problem}; this list lets nothing pass")),
        }
    }
    Ok(lists)
}

/// One allow list; none where it says nothing.
fn allow_list(mut entries: Entries, notes: &mut Vec<String>) -> Result<Option<RawAllow>, String> {
    let place = entries.place.clone();
    let condition = entries.text("condition")?.unwrap_or_default();
    let all = match condition.to_ascii_uppercase().as_str() {
        "" | "OR" | "||" => false,
        "AND" | "&&" => true,
        other => return Err(format!("{place}condition is `{other}`; known: AND, OR")),
    };
    let target = match entries.text("regextarget")?.unwrap_or_default().as_str() {
        "" | "secret" => Target::Secret,
        "match" => Target::Match,
        "line" => Target::Line,
        other => {
            return Err(format!(
                "{place}regexTarget is `{other}`; known: secret, match, line"
            ));
        }
    };
    let list = RawAllow {
        description: entries.text("description")?.unwrap_or_default(),
        all,
        commits: entries.list("commits")?,
        paths: entries.list("paths")?,
        patterns: entries.list("regexes")?,
        target,
        words: entries.list("stopwords")?,
        rules: entries.list("targetrules")?,
    };
    entries.finish(notes);
    let says_nothing = list.commits.is_empty()
        && list.paths.is_empty()
        && list.patterns.is_empty()
        && list.words.is_empty();
    if says_nothing {
        // a table of comments only; gitleaks refuses it in some versions and takes it in others
        notes.push(format!(
            "{place}it lets nothing pass: neither commits, paths, regexes nor stopwords stand in it"
        ));
    }
    Ok((!says_nothing).then_some(list))
}

/// The entries of a table that are still to be read.
struct Entries {
    table: Table,
    place: String,
}

impl Entries {
    fn new(table: Table, place: &str) -> Self {
        // where two keys differ in case only, the last one counts
        let lower = table
            .into_iter()
            .map(|(key, value)| (key.to_lowercase(), value));
        Self {
            table: lower.collect(),
            place: place.to_owned(),
        }
    }

    fn wrong(&self, key: &str, wanted: &str, value: &Value) -> String {
        format!(
            "{}`{key}` is to be {wanted}, and is {}",
            self.place,
            type_of(value)
        )
    }

    /// Leaves out what says nothing about findings.
    fn pass(&mut self, keys: &[&str]) {
        for key in keys {
            self.table.remove(*key);
        }
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, String> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(value) => plain(&value)
                .map(Some)
                .ok_or_else(|| self.wrong(key, "a string", &value)),
        }
    }

    fn flag(&mut self, key: &str) -> Result<bool, String> {
        match self.table.remove(key) {
            None => Ok(false),
            Some(Value::Boolean(flag)) => Ok(flag),
            Some(Value::String(text)) if ["true", "false", ""].contains(&text.as_str()) => {
                Ok(text == "true")
            }
            Some(value) => Err(self.wrong(key, "true or false", &value)),
        }
    }

    fn number(&mut self, key: &str) -> Result<Option<f64>, String> {
        let Some(value) = self.table.remove(key) else {
            return Ok(None);
        };
        let number = plain(&value).and_then(|text| text.trim().parse::<f64>().ok());
        let number = number.filter(|number| number.is_finite());
        number
            .map(Some)
            .ok_or_else(|| self.wrong(key, "a number", &value))
    }

    fn count(&mut self, key: &str) -> Result<Option<u64>, String> {
        let Some(value) = self.table.remove(key) else {
            return Ok(None);
        };
        let count = plain(&value).and_then(|text| text.trim().parse().ok());
        count
            .map(Some)
            .ok_or_else(|| self.wrong(key, "a count", &value))
    }

    fn list(&mut self, key: &str) -> Result<Vec<String>, String> {
        let wanted = "a list of strings";
        match self.table.remove(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| plain(item).ok_or_else(|| self.wrong(key, wanted, item)))
                .collect(),
            // gitleaks divides a string at its commas
            Some(Value::String(text)) if text.is_empty() => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(text.split(',').map(str::to_owned).collect()),
            Some(value) => plain(&value)
                .map(|one| vec![one])
                .ok_or_else(|| self.wrong(key, wanted, &value)),
        }
    }

    fn table(&mut self, key: &str) -> Result<Option<Table>, String> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(table)),
            Some(value) => Err(self.wrong(key, "a table", &value)),
        }
    }

    fn tables(&mut self, key: &str) -> Result<Vec<Table>, String> {
        let value = match self.table.remove(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(one) => vec![one],
        };
        let tables = value.into_iter().map(|item| match item {
            Value::Table(table) => Ok(table),
            other => Err(self.wrong(key, "a list of tables", &other)),
        });
        tables.collect()
    }

    /// Notes what was not read.
    fn finish(self, notes: &mut Vec<String>) {
        for key in self.table.keys() {
            notes.push(format!(
                "{}`{key}` is no key of gitleaks 8, which passes it over as well",
                self.place
            ));
        }
    }
}

/// A value that can be taken for a string.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a string",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
