//! `dotenv fix`: what is missing is said, what is written is whole and over nothing, and no secret gets into a sample.

use crate::support::program::{Run, run, text};
use crate::support::repo::Scratch;

const ENV: &str = "# Shop, version 2\nAPP_NAME=Harbor\nAPP_ENV=production\nAPP_DEBUG=false\nAPP_KEY=base64:<<alnum:32|base64>>\n\n\
    # the database; the password is <<password#comment>>\nexport DB_HOST=\"db7.harbor.dev\" # the new one\nDB_PORT=5432\nDB_PASSWORD='<<password>>'\n\
    DB_URL=postgres://app:<<password>>@db7.harbor.dev/app\n# DB_PASSWORD=<<password#old>>\n\
    PEM=\"-----BEGIN PRIVATE KEY-----\n<<alnum:64>>\n<<alnum:62>>==\n-----END PRIVATE KEY-----\"\n\
    PIN=1234\nMAIL_FROM=ann@harbor.dev\nCACHE_URL=${REDIS_URL}\nMAX_SIZE=100\nTOKEN=<<hex:32>>\r\n";

fn fix(scratch: &Scratch, args: &[&str]) -> Run {
    run(scratch.root(), [&["dotenv", "fix"], args].concat())
}

fn read(scratch: &Scratch, path: &str) -> String {
    std::fs::read_to_string(scratch.path(path)).unwrap()
}

/// Whether git ignores `path`.
fn is_ignored(scratch: &Scratch, path: &str) -> bool {
    let out = scratch.command(
        "2001-02-03T04:05:06Z",
        "",
        &["check-ignore", "-q", "--no-index", path],
    );
    let mut out = out;
    out.status().unwrap().success()
}

fn assert_quiet(seen: &str) {
    for secret in [
        "<<password>>",
        "<<password#comment>>",
        "<<password#old>>",
        "<<alnum:32|base64>>",
        "<<alnum:64>>",
        "<<hex:32>>",
    ] {
        assert!(!seen.contains(&text(secret)), "{secret} in:\n{seen}");
    }
}

#[test]
fn what_is_missing_is_said_and_nothing_is_changed() {
    let scratch = Scratch::repo();
    scratch.write(".env", text(ENV));
    scratch.git(&["add", "."]);
    let said = fix(&scratch, &[]);
    assert_eq!((said.code, said.err.as_str()), (1, ""), "{}", said.out);
    for part in [
        "# missing in .gitignore:\n.env\n.env.*\n!.env.example\n",
        "# .env.example, made from .env without its values:\n",
        "\ngit rm --cached -- .env\n",
    ] {
        assert!(said.out.contains(part), "{part} not in:\n{}", said.out);
    }
    assert_quiet(&said.out);
    assert!(!scratch.path(".env.example").exists() && !scratch.path(".gitignore").exists());
}

#[test]
fn what_is_written_keeps_git_away_and_holds_no_secret() {
    let scratch = Scratch::repo();
    scratch
        .write(".env", text(ENV))
        .write(".gitignore", "target\r\n*.log");
    let done = fix(&scratch, &["--write"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    assert_eq!(
        read(&scratch, ".gitignore"),
        "target\r\n*.log\r\n.env\r\n.env.*\r\n!.env.example\r\n"
    );
    let sample = read(&scratch, ".env.example");
    assert_eq!(
        sample,
        "# Shop, version 2\nAPP_NAME=\nAPP_ENV=production\nAPP_DEBUG=false\nAPP_KEY=\n\n\
         # the database; the password is ***\nexport DB_HOST= # the new one\nDB_PORT=5432\nDB_PASSWORD=\nDB_URL=\n# DB_PASSWORD=\n\
         PEM=\nPIN=\nMAIL_FROM=\nCACHE_URL=${REDIS_URL}\nMAX_SIZE=100\nTOKEN=\n"
    );
    assert_quiet(&done.out);
    for (path, ignored) in [
        (".env", true),
        ("web/.env.local", true),
        (".env.example", false),
        ("src/env.rs", false),
    ] {
        assert_eq!(is_ignored(&scratch, path), ignored, "{path}");
    }
    let left: Vec<_> = std::fs::read_dir(scratch.root())
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 4, "{left:?}");
    // once is enough
    let again = fix(&scratch, &["--write"]);
    assert_eq!(again.code, 0);
    assert_eq!(
        again.out,
        "nothing to do: .env files are ignored here, and none is tracked\n"
    );
}

#[test]
fn a_sample_that_is_there_stays() {
    let scratch = Scratch::repo();
    scratch
        .write(".env", "A=1\nSECRET_B=x\nC=2\n")
        .write(".env.example", "A=\n")
        .write(".gitignore", ".env\n.env.*\n!.env.example\n");
    let done = fix(&scratch, &["--write"]);
    assert_eq!(done.code, 0, "{}", done.out);
    assert!(
        done.out.contains(
            ".env.example is there and stays as it is; keys of .env that it lacks: SECRET_B C\n"
        ),
        "{}",
        done.out
    );
    assert_eq!(read(&scratch, ".env.example"), "A=\n");
}

#[test]
fn the_command_for_tracked_files_works_as_it_is_given() {
    let scratch = Scratch::repo();
    for path in [
        ".env",
        "web app/.env.local",
        "x[1]/it's.env",
        "deploy/prod.env",
    ] {
        scratch.write(path, "A_SECRET=x\n");
    }
    scratch.git(&["add", "-f", "."]);
    scratch.git(&["commit", "-q", "-m", "first"]);
    for dir in ["", "web app"] {
        scratch.git(&["reset", "-q", "--hard"]);
        let said = run(
            &scratch.path(dir),
            ["dotenv", "fix", scratch.root().to_str().unwrap()],
        );
        assert_eq!(said.code, 1, "{}", said.err);
        let commands: Vec<&str> = said
            .out
            .lines()
            .filter(|line| line.starts_with("git "))
            .collect();
        assert_eq!(commands.len(), 4, "{}", said.out);
        for command in commands {
            let done = std::process::Command::new("sh")
                .arg("-c")
                .arg(command)
                .current_dir(scratch.path(dir))
                .output()
                .unwrap();
            assert!(
                done.status.success(),
                "{command}: {}",
                String::from_utf8_lossy(&done.stderr)
            );
        }
        assert!(scratch.git_fed("", &["ls-files"], b"").is_empty());
        assert!(scratch.path("deploy/prod.env").exists());
    }
}

#[test]
fn names_that_no_usual_line_covers_get_their_own() {
    let scratch = Scratch::repo();
    for path in [".envrc", "sendgrid.env", "sample.env", ".env.dist", ".env"] {
        scratch.write(path, "export A_SECRET=x\n");
    }
    let done = fix(&scratch, &["--write"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    for (path, ignored) in [
        (".envrc", true),
        ("sendgrid.env", true),
        (".env", true),
        ("sample.env", false),
        (".env.dist", false),
    ] {
        assert_eq!(
            is_ignored(&scratch, path),
            ignored,
            "{path}: {}",
            read(&scratch, ".gitignore")
        );
    }
}

#[test]
fn a_rule_that_is_stronger_is_told_of() {
    let scratch = Scratch::repo();
    scratch
        .write("web/.env", "A_SECRET=x\n")
        .write("web/.gitignore", "!.env\n");
    let done = fix(&scratch, &["web", "--write"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(
        done.out.contains("web/.env is still not ignored"),
        "{}",
        done.out
    );
}

#[test]
fn nothing_odd_gets_into_a_sample() {
    let scratch = Scratch::repo();
    let odd = "A=1\n# \u{1b}[2J\nB\u{202e}C=2\n\u{1b}]0;x\u{7}D=3\nsource x\nE='${F}'\nG=true # \u{9b}x\nH=\"a\nb\n";
    scratch.write(".env", odd);
    assert_eq!(fix(&scratch, &["--write"]).code, 0);
    assert_eq!(read(&scratch, ".env.example"), "A=1\nE=${F}\nG=true\nH=\n");
}

#[test]
fn files_in_utf_16_become_samples_in_utf_8() {
    let scratch = Scratch::repo();
    let wide = "\u{feff}A_SECRET=x\r\nPORT=80\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect::<Vec<u8>>();
    scratch.write(".env", wide);
    assert_eq!(fix(&scratch, &["--write"]).code, 0);
    assert_eq!(read(&scratch, ".env.example"), "A_SECRET=\nPORT=80\n");
}

#[test]
fn what_can_not_be_done_is_said_in_a_line() {
    let outside = Scratch::new();
    outside.write(".env", "A=1\n");
    let bare = Scratch::new();
    bare.git(&["init", "-q", "--bare"]);
    let scratch = Scratch::repo();
    scratch
        .write(".env.example", "A=\n")
        .write("notes.txt", "A=1\n");
    for (place, args, part) in [
        (&outside, &["."][..], "no git repository at . or above"),
        (&bare, &["."], "bare repository"),
        (&scratch, &["none"], "none"),
        (&scratch, &[".env.example"], "is a sample by its name"),
        (&scratch, &["notes.txt"], "has not the name of a .env file"),
    ] {
        let said = fix(place, args);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{args:?}");
        assert!(
            said.err.contains(part) && said.err.lines().count() == 1,
            "{args:?}: {}",
            said.err
        );
    }
}

#[cfg(unix)]
#[test]
fn links_are_neither_read_nor_written_through() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::repo();
    scratch.write("real", "A_SECRET=x\n");
    symlink("real", scratch.path(".env")).unwrap();
    let said = fix(&scratch, &[".env"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err
            .contains(".env is a symbolic link; name the file that it leads to"),
        "{}",
        said.err
    );
    let said = fix(&scratch, &[]);
    assert!(
        said.err
            .contains(".env is a symbolic link and was left out"),
        "{}",
        said.err
    );
    // an ignore file that is a link is not followed by git, and not by us
    std::fs::remove_file(scratch.path(".env")).unwrap();
    scratch.write(".env", "A_SECRET=x\n").write("other", "x\n");
    symlink("other", scratch.path(".gitignore")).unwrap();
    let said = fix(&scratch, &["--write"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains(".gitignore") && said.err.contains("symbolic link"),
        "{}",
        said.err
    );
    assert_eq!(read(&scratch, "other"), "x\n");
    // a sample that is a link to nothing is there
    std::fs::remove_file(scratch.path(".gitignore")).unwrap();
    symlink("nowhere", scratch.path(".env.example")).unwrap();
    let said = fix(&scratch, &["--write"]);
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(!scratch.path("nowhere").exists());
}

#[test]
fn a_sample_that_would_be_ignored_is_let_through() {
    let scratch = Scratch::repo();
    scratch
        .write(".env", text("TOKEN=<<hex:32>>\n"))
        .write(".gitignore", ".env*\n");
    let done = fix(&scratch, &["--write"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    assert!(is_ignored(&scratch, ".env") && !is_ignored(&scratch, ".env.example"));
    assert_eq!(
        fix(&scratch, &[]).code,
        0,
        "{}",
        read(&scratch, ".gitignore")
    );
}

#[test]
fn a_rule_for_the_top_alone_is_not_enough() {
    let scratch = Scratch::repo();
    scratch
        .write(".gitignore", "/.env\n.env.*\n!.env.example\n")
        .write("shop/.env", text("TOKEN=<<hex:32>>\n"));
    let done = fix(&scratch, &["--write"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    assert!(is_ignored(&scratch, "shop/.env"));
}

#[test]
fn what_is_scanned_like_a_dotenv_file_but_is_none_is_left_alone() {
    let scratch = Scratch::repo();
    scratch
        .write(".gitignore", ".env\n.env.*\n!.env.example\n")
        .write(".env", b"\0\x01a=b\0c=\xff\n")
        .write(
            "local.settings.json",
            text("{\"Values\":{\"TOKEN\":\"<<hex:32>>\"}}"),
        )
        .write("debian/etc/default/shop", "NAME=shop\n");
    scratch.git(&["add", "-f", "local.settings.json", "debian"]);
    let said = fix(&scratch, &[]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
}
