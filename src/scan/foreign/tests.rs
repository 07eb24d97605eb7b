//! Tests of the search: what gitleaks would find is found, and nothing else.

use proptest::prelude::*;

use super::*;
use crate::rules::gitleaks;

fn compiled(text: &str) -> Vec<Compiled> {
    let none = &mut |_: &str| Err("there is none".to_owned());
    let file = gitleaks::rules(gitleaks::read(text).expect("it can be read"), None, none)
        .expect("it makes rules");
    assert!(file.faults.is_empty(), "{:?}", file.faults);
    let rules = file.rules.into_iter().zip(0..);
    rules.map(|(rule, ix)| Compiled::new(rule, ix)).collect()
}

/// What is found in `text` at `path`, by the places of rule and secret.
fn found(rules: &[Compiled], text: &str, path: &str) -> Vec<(usize, String)> {
    let rules = ForeignRules::new(rules).expect("there are rules");
    let mut hunt = Hunt::default();
    // memory that was used before must not matter
    hunt.run(&rules, b"key=abcd1234 secret token", Place::Anywhere);
    hunt.run(&rules, text.as_bytes(), Place::Path(path.as_bytes()));
    let mut found: Vec<_> = hunt
        .found
        .iter()
        .map(|found| {
            (
                found.secret.start,
                found.slot,
                text[found.secret.clone()].to_owned(),
            )
        })
        .collect();
    found.sort();
    found
        .into_iter()
        .map(|(_, slot, secret)| (slot, secret))
        .collect()
}

fn secrets(rule: &str, text: &str, path: &str) -> Vec<String> {
    let rules = compiled(&format!("[[rules]]\nid = 'acme'\n{rule}\n"));
    found(&rules, text, path)
        .into_iter()
        .map(|(_, secret)| secret)
        .collect()
}

#[test]
fn the_secret_is_the_group_that_gitleaks_would_take() {
    let text = "\nkey=;key=abc;\n";
    assert_eq!(secrets("regex = 'key=[a-z]+'", text, "a"), ["key=abc"]);
    assert_eq!(
        secrets("regex = 'key=([a-z]*)(;)'", text, "a"),
        [";", "abc"]
    );
    assert_eq!(
        secrets("regex = 'key=([a-z]*)(;)'\nsecretGroup = 2", text, "a"),
        [";", ";"]
    );
    assert_eq!(
        secrets("regex = '\\nkey=;key=abc;\\n'", text, "a"),
        ["key=;key=abc;"]
    );
}

#[test]
fn keywords_count_in_any_case_and_anywhere() {
    let rule = "regex = '[a-f0-9]{8}'\nkeywords = ['Acme']";
    assert_eq!(secrets(rule, "0123abcd\n\n\nACME", "a"), ["0123abcd"]);
    assert!(secrets(rule, "0123abcd\n\n\nacne", "a").is_empty());
    assert_eq!(
        secrets("regex = '[a-f0-9]{8}'", "0123abcd", "a"),
        ["0123abcd"]
    );
    let rule = "regex = '[a-f0-9]{8}'\nkeywords = ['\u{fc}berSchl\u{fc}ssel']";
    for word in [
        "\u{fc}berschl\u{fc}ssel",
        "\u{dc}berschl\u{fc}ssel",
        "\u{dc}BERSCHL\u{dc}SSEL",
    ] {
        assert_eq!(
            secrets(rule, &format!("0123abcd {word}"), "a"),
            ["0123abcd"],
            "{word}"
        );
    }
    // a lead that is no keyword does not make up for one
    let rule = "regex = 'tok_[a-f0-9]{4}'\nkeywords = ['acme']";
    assert!(secrets(rule, "tok_0123", "a").is_empty());
    assert_eq!(secrets(rule, "tok_0123 acme", "a"), ["tok_0123"]);
}

#[test]
fn entropy_must_be_exceeded() {
    assert!(secrets("regex = '[a-z]{4}'\nentropy = 2", "abcd", "a").is_empty());
    assert_eq!(
        secrets("regex = '[a-z]{4}'\nentropy = 1.9", "abcd", "a"),
        ["abcd"]
    );
}

#[test]
fn the_path_has_to_match() {
    let rule = "regex = 'tok_[0-9]+'\npath = '''^conf/.*\\.ini$'''";
    assert_eq!(secrets(rule, "tok_1", "conf/a.ini"), ["tok_1"]);
    assert!(secrets(rule, "tok_1", "conf/a.txt").is_empty());
}

#[test]
fn allow_lists_pass_what_gitleaks_passes() {
    let text = "# sample\nurl=tok_1234 old\nurl=tok_9999\n";
    let of = |list: &str| {
        secrets(
            &format!("regex = 'url=(tok_[0-9]+)'\n[[rules.allowlists]]\n{list}"),
            text,
            "src/a.py",
        )
    };
    assert_eq!(of("regexes = ['^tok_1']"), ["tok_9999"]);
    assert_eq!(of("regexes = ['^url']"), ["tok_1234", "tok_9999"]);
    assert_eq!(
        of("regexes = ['^url=tok_1']\nregexTarget = 'match'"),
        ["tok_9999"]
    );
    assert_eq!(of("regexes = ['old$']\nregexTarget = 'line'"), ["tok_9999"]);
    assert_eq!(
        of("regexes = ['^url']\nregexTarget = 'line'"),
        Vec::<String>::new()
    );
    assert_eq!(of("stopwords = ['TOK_9']"), ["tok_1234"]);
    assert_eq!(of("paths = ['^src/']"), Vec::<String>::new());
    assert_eq!(of("paths = ['^doc/']"), ["tok_1234", "tok_9999"]);
    assert_eq!(
        of("condition = 'AND'\npaths = ['^src/']\nregexes = ['^tok_1']"),
        ["tok_9999"]
    );
    assert_eq!(
        of("condition = 'AND'\npaths = ['^doc/']\nregexes = ['^tok_1']"),
        ["tok_1234", "tok_9999"]
    );
    assert_eq!(
        of("condition = 'AND'\npaths = ['^src/']"),
        Vec::<String>::new()
    );
    assert_eq!(
        of("condition = 'AND'\nstopwords = ['tok']\nregexes = ['9$']"),
        ["tok_1234"]
    );
    // where a commit has to be the right one too, nothing passes here
    assert_eq!(
        of("condition = 'AND'\npaths = ['^src/']\ncommits = ['abc']"),
        ["tok_1234", "tok_9999"]
    );
    assert_eq!(of("commits = ['abc']"), ["tok_1234", "tok_9999"]);
}

#[test]
fn commits_pass_by_lists_that_ask_for_nothing_else() {
    let rules = compiled(
        "[[rules]]\nid = 'a'\nregex = 'a'\n[[rules.allowlists]]\ncommits = ['ABC']\n\
         [[rules]]\nid = 'b'\nregex = 'b'\n[[rules.allowlists]]\ncondition = 'AND'\ncommits = ['abc']\npaths = ['x']\n",
    );
    let rules = ForeignRules::new(&rules).unwrap();
    assert!(rules.passes_commit("gitleaks/a", "abc"));
    assert!(!rules.passes_commit("gitleaks/a", "abd"));
    assert!(!rules.passes_commit("gitleaks/b", "abc"));
}

#[test]
fn a_pattern_without_an_end_is_found_behind_any_number_of_leads() {
    let text = format!("{};key=end", "key ".repeat(200));
    let rule = "regex = '[a-z]{0,5}?key[^;]*=end'";
    assert_eq!(secrets(rule, &text, "a"), ["key=end"]);
}

#[test]
fn required_rules_have_to_match_nearby() {
    let rules = compiled(
        "[[rules]]\nid = 'pair'\nregex = 'tok_[0-9]+'\n[[rules.required]]\nid = 'id'\nwithinLines = 1\n\
         [[rules]]\nid = 'id'\nregex = 'acc_[0-9]+'\nkeywords = ['nowhere']\nskipReport = true\n",
    );
    let pairs = |text| {
        found(&rules, text, "a")
            .into_iter()
            .map(|(_, secret)| secret)
            .collect::<Vec<_>>()
    };
    assert_eq!(pairs("acc_1\ntok_1\n\n\ntok_2\n"), ["tok_1"]);
    assert!(pairs("tok_1\n").is_empty());
}

#[test]
fn rules_about_paths_alone_name_files() {
    let rules = compiled(
        "[[rules]]\nid = 'p12'\npath = '''(?i)(?:^|\\/)[^\\/]+\\.p(?:12|fx)$'''\n\
         [[rules]]\nid = 'ssh'\npath = '''^home/.*id_rsa$'''\n[[rules.allowlists]]\npaths = ['^home/ci/']\n",
    );
    let rules = ForeignRules::new(&rules).unwrap();
    let named = |path: &str| rules.name(path.as_bytes()).count();
    assert_eq!(
        (
            named("a/b.P12"),
            named("a/b.p13"),
            named("home/x/id_rsa"),
            named("home/ci/id_rsa")
        ),
        (1, 0, 1, 0)
    );
    // the second one may name any file
    assert!(rules.may_name(b"x"));
    let local =
        compiled("[[rules]]\nid = 'p12'\npath = '''(?i)(?:^|\\/)[^\\/]+\\.p(?:12|fx)$'''\n");
    let local = ForeignRules::new(&local).unwrap();
    assert!(local.may_name(b"b.p12") && !local.may_name(b"b.txt"));
}

/// Pieces that patterns are made of, and texts.
const PIECES: [&str; 14] = [
    "key",
    "tok_",
    "(?i:acme)",
    "[a-c]{2,4}",
    "[0-9]{3,}",
    r"\s?",
    "=",
    "(?:ab|key|x)",
    "[a-z_.-]{0,5}?",
    r"\b",
    "([a-z0-9]+)",
    "(;|$)",
    "[^;]*",
    "(?:id)?",
];

/// `pattern` by the simplest engine there is, without searches for literals.
fn plainly(pattern: &str) -> regex_automata::meta::Regex {
    use regex_automata::{meta::Regex, util::syntax};
    let config = Regex::config()
        .utf8_empty(false)
        .auto_prefilter(false)
        .hybrid(false)
        .dfa(false)
        .onepass(false)
        .backtrack(false);
    let syntax = syntax::Config::new().unicode(false).utf8(false);
    let mut builder = Regex::builder();
    builder.configure(config).syntax(syntax);
    builder.build(pattern).unwrap()
}

#[test]
fn a_literal_that_stands_there_once_does_not_count_twice() {
    for rule in ["regex = '[a-z]+=.*='", "regex = '([a-z0-9]+)=[^;]*='"] {
        assert!(secrets(rule, "acme=", "a").is_empty(), "{rule}");
        assert_eq!(secrets(rule, "acme=1=", "a").len(), 1, "{rule}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_found_is_what_trying_each_pattern_on_the_whole_text_finds(
        patterns in prop::collection::vec((prop::collection::vec(0..PIECES.len(), 1..6), 0..4_usize), 1..5),
        text in prop::collection::vec(
            prop::sample::select(vec!["key", "Key", "tok_", "ACME", "acme", "ab", "abc", "x", "=", ";", " ", "\n", "12", "345", "id", ".", "_"]),
            0..40,
        ),
    ) {
        let text = text.concat();
        let keywords = ["", "keywords = ['key']\n", "keywords = ['ACME', 'x']\n", "keywords = ['tok']\n"];
        let mut file = String::new();
        for (number, (pieces, keyword)) in patterns.iter().enumerate() {
            let pattern: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
            let keyword = keywords[*keyword];
            let rule = format!("[[rules]]\nid = 'r{number}'\nregex = '''{pattern}'''\n{keyword}");
            file.push_str(&rule);
        }
        let rules = compiled(&file);
        let mut expected = Vec::new();
        let lower = text.to_lowercase();
        for (slot, (pieces, keyword)) in patterns.iter().enumerate() {
            let words: &[&str] = [&[][..], &["key"], &["acme", "x"], &["tok"]][*keyword];
            if !words.is_empty() && !words.iter().any(|word| lower.contains(word)) {
                continue;
            }
            let pattern: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
            for found in plainly(&pattern).captures_iter(&text) {
                let whole = found.get_match().unwrap().range();
                let groups = (1..found.group_len()).filter_map(|group| found.get_group(group));
                let group = groups.map(|group| group.range()).find(|group| !group.is_empty());
                let (start, secret) = if let Some(group) = group {
                    (group.start, &text.as_bytes()[group])
                } else {
                    let bytes = &text.as_bytes()[whole.clone()];
                    let lead = bytes.iter().take_while(|b| **b == b'\n').count();
                    let tail = bytes[lead..].iter().rev().take_while(|b| **b == b'\n').count();
                    (whole.start + lead, &bytes[lead..bytes.len() - tail])
                };
                if secret.is_empty() {
                    continue;
                }
                expected.push((start, slot, String::from_utf8(secret.to_vec()).unwrap()));
            }
        }
        expected.sort();
        let expected: Vec<_> = expected.into_iter().map(|(_, slot, secret)| (slot, secret)).collect();
        prop_assert_eq!(found(&rules, &text, "a"), expected);
    }
}
