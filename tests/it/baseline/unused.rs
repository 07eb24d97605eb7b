//! Comments of no use, wherever they stand.

use super::*;

const FAIL: &str = "--fail-on-unused-allow";

/// A comment of no use is found wherever it stands, by a run that asks for it and by no other.
#[test]
fn a_comment_beside_nothing_is_found() {
    let repo = Scratch::repo();
    let lines = [
        "x = 1  # waxseal:allow smtp-login it was one",
        "# waxseal:allow sendgrid-api-key: gone",
        "y = 2",
        "s = '# waxseal:allow smtp-login in a literal'",
        "# whoever writes waxseal:allow says why",
        "# waxseal:allow smtp-logn misspelt",
        "z = '''",
        "// waxseal:allow smtp-login no comment in this language",
        "'''",
    ];
    repo.write("a.py", lines.join("\n"));
    // what shows how it is done is of no use and was not meant to be
    repo.write(
        "README.md",
        "# waxseal:allow smtp-login so\n<!-- waxseal:allow smtp-login here -->\n",
    );
    let used = leak("b").replace('\n', "  # waxseal:allow sendgrid-api-key why\n");
    repo.write("b.py", used);
    let mut wide = vec![0xff, 0xfe];
    let text = "line\r\n# waxseal:allow smtp-login gone\r\n";
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    repo.write("c.ps1", wide);
    let plain = run(repo.root(), ["scan", "-v"]);
    assert_says(&plain, 0, &["1 finding allowed"]);
    assert!(!plain.err.contains("pass\n"), "{}", plain.err);
    let failed = run(repo.root(), ["scan", FAIL]);
    let places = "5 waxseal:allow comments let nothing pass\n\
                  waxseal:   README.md:2\nwaxseal:   a.py:1\nwaxseal:   a.py:2\nwaxseal:   a.py:6\nwaxseal:   c.ps1:2\n";
    assert_says(&failed, 1, &[places]);
    // what is said of a rule that is not looked for is not known to be of no use
    let args = ["scan", FAIL, "--rule", "sendgrid-api-key", "a.py"];
    let says = ["2 waxseal:allow comments", "a.py:2\n", "a.py:6\n"];
    assert_says(&run(repo.root(), args), 1, &says);
    repo.git(&["add", "-A"]);
    let staged = run(repo.root(), ["scan", "--staged", FAIL]);
    assert_says(&staged, 1, &[places]);
    // where no comment counts, none is of use or of no use
    let none = run(repo.root(), ["scan", "--no-allow", FAIL]);
    assert_says(&none, 1, &["b.py:1:8"]);
    assert!(!none.err.contains("nothing pass"), "{}", none.err);
}

/// In a file that is read in windows each comment is met once.
#[test]
fn a_comment_far_down_a_large_file_is_found() {
    let repo = Scratch::repo();
    let mut text = "# filler\n".repeat(1_200_000);
    text.push_str("# waxseal:allow smtp-login gone\n");
    repo.write("a.py", text);
    let failed = run(repo.root(), ["scan", FAIL]);
    let says = "1 waxseal:allow comment lets nothing pass\nwaxseal:   a.py:1200001\n";
    assert_says(&failed, 1, &[says]);
}
