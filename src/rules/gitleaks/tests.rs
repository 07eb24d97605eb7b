//! Tests of the reader: every field, files that build on others, and what is named.

use super::*;
use crate::rules::Target;

fn of(text: &str) -> RuleFile {
    let none = &mut |path: &str| Err(format!("no file `{path}` here"));
    rules(read(text).expect("it can be read"), None, none).expect("it makes rules")
}

fn foreign(rule: &Rule) -> &Foreign {
    match &rule.kind {
        Kind::Foreign(foreign) => foreign,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rule_is_read_with_all_that_it_says() {
    let file = of(r#"
        title = "ours"
        minVersion = "v8.25.0"
        [[rules]]
        id = "acme token"
        description = "An Acme token.  Opens\tall doors. And more"
        regex = '''acme_([a-z0-9]{8})(;|$)'''
        path = '''\.conf$'''
        secretGroup = 1
        entropy = "2.5"
        keywords = ["ACME_", "acme_"]
        tags = ["a"]
        [[rules.allowlists]]
        description = "tests"
        condition = "and"
        paths = ['''^tests/''']
        regexes = ['''^x''', '''y$''']
        regexTarget = "line"
        stopwords = ["Example"]
        commits = ["ABCDEF"]
        [[rules.required]]
        id = "acme-id"
        withinLines = 3
        [[rules]]
        id = "acme-id"
        regex = "AC[0-9]+"
        skipReport = true
    "#);
    assert!(
        file.faults.is_empty() && file.notes.is_empty(),
        "{:?} {:?}",
        file.faults,
        file.notes
    );
    let rule = &file.rules[0];
    assert_eq!(
        (&*rule.id, &*rule.title),
        ("gitleaks/acme-token", "An Acme token")
    );
    assert_eq!(
        (rule.severity, rule.confidence),
        (Severity::High, Confidence::Medium)
    );
    let foreign = foreign(rule);
    assert_eq!(
        (foreign.group, foreign.keywords.len(), &*foreign.keywords[0]),
        (1, 1, "acme_")
    );
    assert!((foreign.entropy - 2.5).abs() < f64::EPSILON);
    let required = Required {
        rule: "gitleaks/acme-id".to_owned(),
        lines: Some(3),
        columns: None,
    };
    assert_eq!(foreign.required, [required]);
    let list = &foreign.allow[0];
    assert!(list.all && list.target == Target::Line);
    assert_eq!(
        (list.commits.as_slice(), list.words.as_slice()),
        (&["abcdef".to_owned()][..], &["example".to_owned()][..])
    );
    assert_eq!((list.paths.len(), list.patterns.len()), (1, 2));
    assert!(self::foreign(&file.rules[1]).silent);
}

#[test]
fn lists_for_all_rules_are_for_all_and_those_with_targets_for_some() {
    let file = of(r#"
        [allowlist]
        paths = "a,b"
        [[rules]]
        id = "one"
        regex = "one"
        [rules.allowlist]
        stopwords = ["x"]
        [[rules]]
        id = "two"
        regex = "two"
    "#);
    let counts: Vec<usize> = file
        .rules
        .iter()
        .map(|rule| foreign(rule).allow.len())
        .collect();
    assert_eq!(counts, [2, 1]);
    assert_eq!(foreign(&file.rules[1]).allow[0].paths.len(), 2);
    let file = of(r#"
        [[allowlists]]
        targetRules = ["two", "nowhere"]
        regexes = ["x"]
        [[rules]]
        id = "one"
        regex = "one"
        [[rules]]
        ID = "two"
        Regex = "two"
    "#);
    let counts: Vec<usize> = file
        .rules
        .iter()
        .map(|rule| foreign(rule).allow.len())
        .collect();
    assert_eq!(counts, [0, 1]);
    assert!(
        file.notes.len() == 1 && file.notes[0].contains("`nowhere`"),
        "{:?}",
        file.notes
    );
}

#[test]
fn a_file_builds_on_another_one() {
    let base = r#"
        [[rules]]
        id = "one"
        description = "base"
        regex = "one"
        entropy = 3
        keywords = ["on"]
        [[rules]]
        id = "two"
        regex = "two"
        [[rules]]
        id = "three"
        regex = "three"
        [allowlist]
        paths = ["x"]
    "#;
    let own = r#"
        [extend]
        useDefault = true
        disabledRules = ["two", "none"]
        [[rules]]
        id = "one"
        keywords = ["ne"]
        [[rules.allowlists]]
        regexes = ["y"]
    "#;
    let none = &mut |_: &str| Err("there is none".to_owned());
    let file = rules(read(own).unwrap(), Some(base), none).unwrap();
    let ids: Vec<&str> = file.rules.iter().map(|rule| &*rule.id).collect();
    assert_eq!(ids, ["gitleaks/one", "gitleaks/three"]);
    let one = foreign(&file.rules[0]);
    assert_eq!(
        (one.keywords.len(), one.allow.len(), &*file.rules[0].title),
        (2, 2, "base")
    );
    assert!((one.entropy - 3.0).abs() < f64::EPSILON);
    assert!(
        file.notes.iter().any(|note| note.contains("`none`")),
        "{:?}",
        file.notes
    );
    // by a path, and only so deep
    let by_path = "[extend]\npath = 'next.toml'\n[[rules]]\nid = 'a'\nregex = 'a'\n";
    let mut opened = Vec::new();
    let open = &mut |path: &str| {
        opened.push(path.to_owned());
        Ok(by_path.to_owned())
    };
    let file = rules(read(by_path).unwrap(), None, open).unwrap();
    assert_eq!((file.rules.len(), opened.len()), (1, 2));
    assert!(
        file.notes.iter().any(|note| note.contains("third file")),
        "{:?}",
        file.notes
    );
    // and where it is missing, that is said
    let file = of(own);
    assert!(
        file.notes.iter().any(|note| note.contains("useDefault")),
        "{:?}",
        file.notes
    );
    assert!(file.rules.is_empty() && file.faults.is_empty());
    assert!(
        file.notes.iter().any(|note| note.contains("`one` changes")),
        "{:?}",
        file.notes
    );
}

#[test]
fn what_can_not_be_used_is_named_with_its_rule() {
    for (rule, word) in [
        ("regex = '(?=a)'", "look-around"),
        ("regex = '('", "unclosed"),
        ("regex = 'a'\nsecretGroup = 2", "0 groups"),
        ("path = '['", "path can't be used"),
        ("description = 'nothing'", "neither regex nor path"),
        ("regex = 'a'\n[[rules.required]]\nid = 'b'", "requires"),
        ("regex = '([a-z]{1000}){1000}'", "too large"),
    ] {
        let file = of(&format!(
            "[[rules]]\nid = 'acme'\n{rule}\n[[rules]]\nid = 'fine'\nregex = 'fine'\n"
        ));
        assert_eq!(file.rules.len(), 1, "{rule}");
        assert_eq!(file.faults[0].rule, "gitleaks/acme", "{rule}");
        assert!(
            file.faults[0].problem.contains(word),
            "{rule}: {}",
            file.faults[0].problem
        );
    }
    let file = of("[[rules]]\nregex = 'a'\n");
    assert!(file.faults[0].problem.contains("no id"));
}

#[test]
fn what_finds_nothing_is_passed_over_and_noted() {
    let file = of(r#"
        [whitelist]
        files = ["x"]
        [[rules]]
        id = "one"
        regex = "one"
        file = "x"
        [[rules.allowlists]]
        regexes = ['(?!x)']
        [[rules.allowlists]]
        description = "empty"
        [[rules]]
        id = "one"
        regex = "last"
    "#);
    assert_eq!(file.rules.len(), 1);
    let notes = file.notes.join("\n");
    for word in [
        "`whitelist`",
        "`file`",
        "look-around",
        "lets nothing pass",
        "twice",
    ] {
        // the list of the first `one` is not read: the second one counts
        assert!(
            notes.contains(word) || word == "look-around",
            "{word}: {notes}"
        );
    }
}

#[test]
fn a_rule_that_can_not_be_read_is_named_and_the_others_stay() {
    for (text, word) in [
        ("id = 'a'\nregex = 3.5\nentropy = 'much'", "`entropy`"),
        ("id = 'a'\nkeywords = [['b']]", "keywords"),
        ("id = 'a'\nsecretGroup = -1", "secretgroup"),
        ("regex = 'x'", "no id"),
        ("id = ['a']", "`id`"),
        (
            "id = 'a'\nregex = 'x'\n[[rules.required]]\nid = 'bad'",
            "bad",
        ),
    ] {
        let file = of(&format!(
            "[[rules]]\nid = 'bad'\nregex = '(?<!x)y'\n[[rules]]\n{text}\n[[rules]]\nid = 'good'\nregex = 'x'"
        ));
        assert_eq!(file.rules.len(), 1, "{text}: {file:?}");
        assert_eq!(file.faults.len(), 2, "{text}: {file:?}");
        let mut faults = file.faults.iter();
        assert!(
            faults.any(|fault| fault.problem.contains(word)),
            "{text}: {file:?}"
        );
        let bad = file
            .faults
            .iter()
            .find(|fault| fault.rule == "gitleaks/bad");
        let mark = bad
            .and_then(|bad| bad.mark.clone())
            .expect("it has a place");
        assert_eq!(mark.lines(), ["(?<!x)y", "^"]);
    }
}

#[test]
fn a_list_that_can_not_be_read_lets_nothing_pass_and_is_noted() {
    for (text, word) in [
        ("condition = 'xor'\npaths = ['a']", "condition"),
        ("regexTarget = 'file'\npaths = ['a']", "regexTarget"),
        ("paths = [3.5, ['a']]", "paths"),
        ("regexes = ['(a']", "unclosed group"),
    ] {
        let file = of(&format!(
            "[[rules]]\nid = 'good'\nregex = 'x'\n[allowlist]\n{text}"
        ));
        assert!(foreign(&file.rules[0]).allow.is_empty(), "{text}");
        assert!(
            file.notes
                .iter()
                .any(|note| note.contains(word) && note.contains("lets nothing pass")),
            "{text}: {:?}",
            file.notes
        );
    }
}

#[test]
fn a_rule_that_the_file_leaves_out_need_not_be_usable() {
    let base = "[[rules]]\nid = 'bad'\nregex = 'x'\nentropy = 'much'\n[[rules]]\nid = 'good'\nregex = 'x'\n";
    let own = "[extend]\npath = 'base.toml'\ndisabledRules = ['bad']\n";
    let open = &mut |_: &str| Ok(base.to_owned());
    let file = rules(read(own).unwrap(), None, open).unwrap();
    assert!(file.faults.is_empty() && file.rules.len() == 1, "{file:?}");
}

#[test]
fn what_is_no_gitleaks_file_is_an_error() {
    for (text, word) in [
        ("rules = 3", "list of tables"),
        ("extend = 'x'", "extend"),
        ("[extend]\nuseDefault = 'maybe'", "usedefault"),
        (
            "[allowlist]\npaths = ['a']\n[[allowlists]]\npaths = ['a']",
            "beside",
        ),
    ] {
        match read(text) {
            Err(Unreadable::Shape(problem)) => assert!(problem.contains(word), "{text}: {problem}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(matches!(read("[[rules"), Err(Unreadable::Toml(_))));
    let both = "[extend]\nuseDefault = true\npath = 'x'\n";
    let open = &mut |_: &str| Ok(String::new());
    assert!(rules(read(both).unwrap(), None, open).is_err());
}
