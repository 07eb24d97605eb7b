//! The documentation tells the truth: examples run, paths exist, the table of rules is the rules.
//!
//! Run with `WAXSEAL_BLESS=1` to write the tables in `README.md` and `docs/rules.md` anew.

use std::fmt::Write as _;
use std::path::Path;

use assert_cmd::Command;
use regex::Regex;
use waxseal::app::samples;
use waxseal::rules::{BUILTIN, parse};

use crate::generated::sources;

/// The line of a page behind which the table of rules begins, and the one before which it ends.
const TABLE: [&str; 2] = [
    "<!-- rules: generated from rules/*.toml -->\n",
    "<!-- end of rules -->",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every hand-written page, by its path.
fn pages() -> Vec<(String, String)> {
    let docs = std::fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<String> = docs
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| format!("docs/{}", path.file_name().unwrap().to_string_lossy()))
        .collect();
    paths.extend(["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(str::to_owned));
    paths.sort();
    paths
        .into_iter()
        .map(|path| (path.clone(), read(&path)))
        .collect()
}

/// The texts between ```` ```LANGUAGE ```` and ```` ``` ````.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    page.split(&open)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default())
        .collect()
}

#[test]
fn every_rule_in_the_documentation_passes_its_samples() {
    let mut checked = Vec::new();
    for (page, text) in pages() {
        for block in blocks(&text, "toml")
            .into_iter()
            .filter(|block| block.contains("[[rule]]"))
        {
            let sources = parse::parse_among(&page, block)
                .unwrap_or_else(|error| panic!("{page}: {error}\n{block}"));
            for source in &sources {
                let faults = samples::check(source, &sources, BUILTIN);
                assert!(faults.is_empty(), "{page}: {}: {faults:?}", source.rule.id);
                checked.push(format!("{page}: {}", source.rule.kind.id()));
            }
        }
    }
    for kind in [
        "token",
        "pair",
        "assignment",
        "encoded",
        "command",
        "file",
        "login",
    ] {
        assert!(
            checked.contains(&format!("docs/rules.md: {kind}")),
            "docs/rules.md shows no rule of kind {kind}"
        );
    }
    assert!(
        checked.iter().any(|rule| rule.starts_with("README.md")),
        "README.md shows no rule"
    );
}

#[test]
fn every_configuration_in_the_documentation_is_accepted() {
    let mut checked = 0;
    for (page, text) in pages() {
        for block in blocks(&text, "toml")
            .into_iter()
            .filter(|block| !block.contains("[[rule]]"))
        {
            let folder = tempfile::tempdir().unwrap();
            let config = folder.path().join("config.toml");
            std::fs::write(&config, block).unwrap();
            let mut command = Command::cargo_bin("waxseal").unwrap();
            let run = command
                .arg("scan")
                .arg("--config")
                .arg(&config)
                .arg("-")
                .write_stdin("")
                .assert();
            assert_eq!(
                run.get_output().status.code(),
                Some(0),
                "{page}:\n{block}\n{run}"
            );
            checked += 1;
        }
    }
    assert!(checked > 0, "no configuration is shown anywhere");
}

#[test]
fn every_path_that_is_named_exists() {
    let complaints: Vec<String> = pages()
        .iter()
        .flat_map(|(page, text)| {
            let folder = Path::new(page).parent().unwrap();
            missing(
                text,
                |path| root().join(folder).join(path).exists(),
                |path| root().join(path).exists(),
            )
            .into_iter()
            .map(move |path| format!("{page} names `{path}`, which does not exist"))
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn a_path_that_does_not_exist_is_seen() {
    let text =
        "See [design](docs/none.md#why), `src/none.rs`, `./none.sh` and `bench/none.sh DIR`.";
    let all = ["docs/none.md", "src/none.rs", "none.sh", "bench/none.sh"];
    assert_eq!(missing(text, |_| false, |_| false), all);
    assert_eq!(missing(text, |_| true, |_| true), Vec::<String>::new());
    let other = "`rules/*.toml`, `rules/<provider>.toml`, [site](https://example.com/x), [up](#here), `a/b.rs`, `cargo run`";
    assert_eq!(missing(other, |_| false, |_| false), Vec::<String>::new());
}

/// Targets of links (`linked` tells whether one exists, seen from the page) and paths in code (`named`, seen from the top)
/// that lead nowhere. What holds a wildcard or a blank to fill in is no path.
fn missing(text: &str, linked: impl Fn(&str) -> bool, named: impl Fn(&str) -> bool) -> Vec<String> {
    let links = Regex::new(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)").unwrap();
    let code = Regex::new(
        r"(?:^|[\s`])(?:\./)?((?:(?:src|docs|rules|bench|benches|tests|testdata|fuzz|\.ci)/[\w./*<>-]*\w|\w+\.sh))(?:[\s`,.;:)]|$)",
    )
    .unwrap();
    // what is fenced is an example
    let text = &text.split("```").step_by(2).collect::<String>();
    let mut missing: Vec<String> = links
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .filter(|path| !linked(path))
        .collect();
    for line in text.split('`').skip(1).step_by(2) {
        let paths = code.captures_iter(line).map(|found| found[1].to_owned());
        missing.extend(paths.filter(|path| !path.contains(['*', '<']) && !named(path)));
    }
    missing
}

/// `generated` is part of the name so that the command which writes the table of constants writes this one too.
#[test]
fn the_generated_table_in_the_readme_is_fresh() {
    let mut table = String::from("\n| rule | severity | what it is |\n| --- | --- | --- |\n");
    for source in sources() {
        let rule = source.rule;
        let asked = if rule.optional {
            format!(" (only with `--rule {}`)", rule.id)
        } else {
            String::new()
        };
        writeln!(
            table,
            "| `{}` | {} | {}{asked} |",
            rule.id,
            rule.severity.id(),
            rule.title
        )
        .unwrap();
    }
    table.push('\n');
    holds("README.md", &table);
}

#[test]
fn the_generated_table_of_all_rules_is_fresh() {
    let mut table = String::from(
        "\n| rule | kind | severity | confidence | what it is | why it matters |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for source in sources() {
        let rule = source.rule;
        let asked = if rule.optional {
            "; off by default"
        } else {
            ""
        };
        writeln!(
            table,
            "| `{}` | {} | {} | {} | {}{asked} | {} |",
            rule.id,
            rule.kind.id(),
            rule.severity.id(),
            rule.confidence.id(),
            rule.title,
            rule.why.replace('|', "\\|"),
        )
        .unwrap();
    }
    table.push('\n');
    holds("docs/rules.md", &table);
}

/// Whether `page` holds `table` where rules are listed. It is written there if that was asked for.
fn holds(page: &str, table: &str) {
    let [begin, end] = TABLE;
    let text = read(page);
    let (before, rest) = text
        .split_once(begin)
        .unwrap_or_else(|| panic!("{page} has no place for the table"));
    let (stored, after) = rest
        .split_once(end)
        .unwrap_or_else(|| panic!("the table in {page} has no end"));
    if std::env::var_os("WAXSEAL_BLESS").is_some() && stored != table {
        std::fs::write(
            root().join(page),
            format!("{before}{begin}{table}{end}{after}"),
        )
        .unwrap();
        return;
    }
    assert!(
        stored == table,
        "the table of rules in {page} is stale: run `WAXSEAL_BLESS=1 cargo test generated`"
    );
}

/// As a user would do it: each example of the page, put into a file, passes the command that proves rules.
#[test]
fn every_rule_in_the_documentation_passes_the_command() {
    let page = read("docs/rules.md");
    let rules = blocks(&page, "toml").into_iter();
    let mut checked = 0;
    for block in rules.filter(|block| block.contains("[[rule]]")) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("my-rules.toml");
        std::fs::write(&file, block).unwrap();
        let run = Command::cargo_bin("waxseal")
            .unwrap()
            .args(["rules", "check"])
            .arg(&file)
            .assert();
        assert_eq!(run.get_output().status.code(), Some(0), "{block}\n{run}");
        checked += 1;
    }
    assert!(checked >= 4, "a rule of each kind is shown");
}

/// The fences of `README.md` and its fellows are closed, or the checks above would read prose as examples.
#[test]
fn every_test_that_is_named_exists() {
    let named = Regex::new(r"`([a-z0-9_]+)::([a-z0-9_]+)`").unwrap();
    let page = read("docs/hooks.md");
    let mut seen = 0;
    for found in named.captures_iter(&page) {
        let (file, test) = (&found[1], &found[2]);
        let tests = read(&format!("tests/it/{file}.rs"));
        let line = format!("fn {test}() {{");
        assert!(
            tests.contains(&line),
            "docs/hooks.md: there is no {file}::{test}"
        );
        seen += 1;
    }
    assert!(seen > 50, "docs/hooks.md names {seen} tests");
}

#[test]
fn every_fence_is_closed() {
    for (page, text) in pages() {
        let fences = text
            .lines()
            .filter(|line| line.trim_start().starts_with("```"))
            .count();
        assert_eq!(fences % 2, 0, "{page} has an open fence");
    }
}

/// What a page says of the command line is what the program says: each long option exists.
#[test]
fn every_option_that_is_named_exists() {
    let help = |args: &[&str]| {
        let output = Command::cargo_bin("waxseal")
            .unwrap()
            .args(args)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let known = help(&["scan", "--help"])
        + &help(&["rules", "check", "--help"])
        + &help(&["rules", "list", "--help"])
        + &help(&["ci", "--help"]);
    let options = Regex::new(r"waxseal(?: --)? (?:scan|rules|ci)[^`\n]*").unwrap();
    let option = Regex::new(r"--[a-z][a-z-]*").unwrap();
    let mut seen = 0;
    for (page, text) in pages() {
        for command in options.find_iter(&text) {
            for name in option.find_iter(command.as_str()) {
                seen += 1;
                assert!(
                    known.contains(name.as_str()),
                    "{page}: `{}` is no option",
                    name.as_str()
                );
            }
        }
    }
    assert!(seen > 0, "no option is named anywhere");
}
