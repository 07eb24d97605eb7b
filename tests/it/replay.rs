//! Replays the inputs that fuzzing found worth keeping, and every one that once failed; deltas and packs at random besides.
//!
//! `testdata/fuzz/TARGET.bin` holds inputs, each behind its length (four bytes, little endian), every byte
//! exclusive-or 0x5a: inputs are full of text in the shape of keys, which must not stand in a repository as such.
//! `fuzz/pack.py` writes the files.

use std::path::Path;

#[path = "../../fuzz/bodies/assignment.rs"]
mod assignment;
#[path = "../../fuzz/bodies/baseline.rs"]
mod baseline;
#[path = "../../fuzz/bodies/delta.rs"]
mod delta;
#[path = "../../fuzz/bodies/dotenv.rs"]
mod dotenv;
#[path = "../../fuzz/bodies/gitleaks.rs"]
mod gitleaks;
#[path = "../../fuzz/bodies/import.rs"]
mod import;
#[path = "../../fuzz/bodies/pack.rs"]
mod pack;
#[path = "../../fuzz/bodies/rules.rs"]
mod rules;
#[path = "../../fuzz/bodies/scan.rs"]
mod scan;
#[cfg(feature = "verify")]
#[path = "../../fuzz/bodies/smtp.rs"]
mod smtp;
#[path = "../../fuzz/bodies/views.rs"]
mod views;

use crate::support::craft;
use crate::support::random::Random;

fn replay(target: &str, run: fn(&[u8])) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/fuzz")
        .join(format!("{target}.bin"));
    let stored: Vec<u8> = std::fs::read(&path)
        .unwrap()
        .into_iter()
        .map(|byte| byte ^ 0x5a)
        .collect();
    let mut rest = stored.as_slice();
    let mut count = 0;
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let (input, tail) = tail.split_at(usize::try_from(u32::from_le_bytes(*length)).unwrap());
        run(input);
        (rest, count) = (tail, count + 1);
    }
    assert!(
        rest.is_empty() && count >= 50,
        "{}: {count} inputs",
        path.display()
    );
}

#[test]
fn assignments() {
    replay("assignment", assignment::run);
}

#[test]
fn baselines() {
    let pieces: Vec<&[u8]> = "{ } \" : , \"fingerprint\": \"rule\": \"reason\": \"owner\": \"expires\": {\"waxseal_baseline\":1, \"salt\": \"key_id\":\"0123abcd\"} \"2026-02-29\" \"2024-02-29\" \"a\" \"\\u00e4\" <<<<<<< ======= 1 null"
        .split(' ')
        .map(str::as_bytes)
        .chain([b"\n".as_slice(), b"\n", b"\r\n", b" ", b"\xef\xbb\xbf", b"\xff"])
        .chain([
            b"{\"waxseal_baseline\":1,\"key_id\":\"0123abcd\"}\n".as_slice(),
            b"\"0123456789abcdef0123456789abcdef\"",
            b"{\"fingerprint\":\"0123456789abcdef0123456789abcdef\",\"rule\":\"a\"",
            b",\"reason\":\"why\"",
            b",\"expires\":\"2026-03-31\"",
            b"}\n",
            b"}\n{\"fingerprint\":\"fedcba9876543210fedcba9876543210\",\"rule\":\"b\"",
        ])
        .collect();
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let length = random.below(20);
        let start: &[u8] = if seed % 4 == 0 {
            b""
        } else {
            pieces[pieces.len() - 7]
        };
        let rest: Vec<&[u8]> = (0..length)
            .map(|_| pieces[random.below(pieces.len())])
            .collect();
        baseline::run(&[start, &rest.concat()].concat());
    }
}

#[test]
fn dotenv_files() {
    replay("dotenv", dotenv::run);
    let pieces: Vec<&[u8]> = "A KEY x.y pass = = == : # ## ; // \" ' ` \"\"\" \\ \\\" ${B} $C $(d) , ( ) 1 / @ export set"
        .split(' ')
        .map(str::as_bytes)
        .chain([b" ".as_slice(), b" ", b"\n", b"\n", b"\r\n", b"\t", b"export ", b"\xef\xbb\xbf", b"\xff"])
        .collect();
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let length = random.below(60);
        let input: Vec<&[u8]> = (0..length)
            .map(|_| pieces[random.below(pieces.len())])
            .collect();
        dotenv::run(&input.concat());
    }
}

#[test]
fn decoded_views() {
    replay("views", views::run);
}

#[test]
fn whole_scans() {
    replay("scan", scan::run);
}

#[test]
fn rule_files() {
    replay("rules", rules::run);
}

#[cfg(feature = "verify")]
#[test]
fn mail_sessions() {
    replay("smtp", smtp::run);
    let pieces: Vec<&[u8]> = "220 x|250-x|250-STARTTLS|250 STARTTLS|250-AUTH PLAIN LOGIN|250 AUTH PLAIN|250 AUTH LOGIN|250 x|334 |334 VXNlcm5hbWU6|235 ok|535 5.7.8 no|535-5.7.8 no|504 no|454 later|421 bye|25|é"
        .split('|')
        .map(str::as_bytes)
        .collect();
    // most begin as sessions do, so that some come to the login
    let begins: [&[u8]; 3] = [
        b"220 x\r\n250-x\r\n250 STARTTLS\r\n220 go\r\n\x00250-x\r\n250 AUTH PLAIN LOGIN\r\n",
        b"\x00220 x\r\n250-x\r\n250 AUTH LOGIN\r\n",
        b"",
    ];
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let mut input = vec![random.byte()];
        input.extend_from_slice(begins[random.below(begins.len())]);
        for _ in 0..random.below(9) {
            if random.below(12) == 0 {
                input.push(0);
                continue;
            }
            input.extend_from_slice(pieces[random.below(pieces.len())]);
            input.extend_from_slice(match random.below(12) {
                0 => b"\n".as_slice(),
                1 => b"",
                _ => b"\r\n",
            });
        }
        smtp::run(&input);
    }
}

#[test]
fn files_of_other_scanners() {
    let pieces: Vec<&[u8]> = "[[rules]]\n id= regex= path= keywords= [extend]\n useDefault= true '(?i)key=([a-z]+)' '[a-z]{2,}' ['key'] [allowlist]\n paths= \"a\" { } [ ] , : results version rules findings path line - '\\Qx' a.py:b:3 ! * / 1 \"File\":\"a\" \"StartLine\":1"
        .split(' ')
        .map(str::as_bytes)
        .chain([b"\n".as_slice(), b"\n", b"  ", b"\xef\xbb\xbf", b"\xff", b"\\n"])
        .collect();
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let length = random.below(24);
        let input: Vec<&[u8]> = (0..length)
            .map(|_| pieces[random.below(pieces.len())])
            .collect();
        let input = input.concat();
        gitleaks::run(&input);
        let choice = u8::try_from(random.below(36)).unwrap();
        import::run(&[&[choice], input.as_slice()].concat());
    }
}

#[test]
fn deltas() {
    replay("delta", delta::run);
    at_random(20_000, delta::run);
}

#[test]
fn packs() {
    replay("pack", pack::run);
    at_random(300, pack::run);
}

/// Runs inputs that are mostly zeros, small numbers and the marks of copies, as recipes and deltas are.
fn at_random(count: u64, run: fn(&[u8])) {
    for seed in 0..count {
        let mut random = Random::new(seed);
        let length = random.below(200);
        let mut input: Vec<u8> = (0..length)
            .map(|_| match random.below(4) {
                0 => random.byte(),
                1 => 0x90 | random.byte() & 0x11,
                _ => random.byte() & 7,
            })
            .collect();
        // recipes of packs begin so
        input.insert(0, random.byte() & 0x1f | 1);
        run(&input);
    }
}
