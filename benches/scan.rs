//! Library benches, in bytes a second: each stage of a scan on text that is made for it.
//!
//! Keys are expanded from templates with a fixed seed, as the rules' samples are, so that none stands here. Texts are
//! a few hundred KiB to a few MiB: larger than the caches that matter, small enough for a minute in all.

use std::cell::RefCell;
use std::path::PathBuf;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use waxseal::baseline::Baseline;
use waxseal::model::{Blob, Finding, GitState, Origin, Part, Sink, Sinks, Skip, Store};
use waxseal::rules::{BUILTIN, sample};
use waxseal::scan::assignment::{self, Lang};
use waxseal::scan::{Options, Scanner};
use waxseal::source::{FileOptions, scan_paths};

fn main() {
    divan::main();
}

/// Code as it is written everywhere, without a single anchor.
const CLEAN: &str = "\
/// Returns the number of cells in row `row`, counted from the left.
pub fn width(grid: &Grid, row: usize) -> Option<usize> {
    let line = grid.lines.get(row)?;
    if line.is_blank() { return Some(0); }
    Some(line.cells.iter().filter(|cell| !cell.hidden).map(|cell| cell.span).sum())
}
";

/// Configuration in which nearly every line is judged: logins, pairs, keys, placeholders and look-ups.
const DENSE: &str = "\
spring.mail.host=smtp.corp.internal
spring.mail.username=robot@corp.internal
spring.mail.password=<<password#a>>
TWILIO_ACCOUNT_SID=AC<<hex:32#sid>>
TWILIO_AUTH_TOKEN=<<hex:32#token>>
SENDGRID_API_KEY=<<sendgrid-key#b>>
MAILER_DSN=smtp://robot:<<password#c>>@smtp.corp.internal:587
EMAIL_HOST_PASSWORD=${SMTP_PASSWORD}
MAIL_PASSWORD=your_password_here
api_secret: process.env.TWILIO_API_SECRET
";

/// `template` with a new seed each time, over and over, until it is `len` bytes long.
fn text(template: &str, len: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(len + template.len());
    for seed in 0.. {
        text.extend(
            sample::expand(template, &format!("bench {seed}"))
                .expect("the templates above are well-formed"),
        );
        if text.len() >= len {
            break;
        }
    }
    text
}

/// Benches one worker on `text` under the name `path`, and checks that it finds something exactly where it should.
fn scan(bencher: Bencher<'_, '_>, path: &str, text: &[u8], finds: bool) {
    let scanner = Scanner::new(BUILTIN.iter().cloned(), Options::default());
    // workers keep their buffers from blob to blob, as in a real run
    let state = RefCell::new((scanner.worker(), Vec::<Finding>::new()));
    bencher
        .counter(BytesCount::new(text.len()))
        .bench_local(|| {
            let (worker, findings) = &mut *state.borrow_mut();
            findings.clear();
            let origin = Origin::new(path.as_bytes(), Store::File(GitState::Tracked));
            worker.scan(
                &Blob {
                    origin,
                    bytes: black_box(text),
                    part: Part::whole(text.len()),
                },
                findings,
            );
            assert_eq!(!findings.is_empty(), finds);
        });
}

/// The prefilter's pass and nothing after it: what almost every file costs.
#[divan::bench]
fn prefilter_on_clean_text(bencher: Bencher<'_, '_>) {
    scan(bencher, "src/grid.rs", &text(CLEAN, 8 << 20), false);
}

/// Anchors on nearly every line: matchers, filters and the placing of findings.
#[divan::bench]
fn matcher_on_dense_text(bencher: Bencher<'_, '_>) {
    scan(
        bencher,
        "application.properties",
        &text(DENSE, 256 << 10),
        true,
    );
}

/// One key in each encoded form, with four KiB of clean text between two of them.
#[divan::bench(args = ["base64", "base64|wrap:76", "percent", "chars", "entities", "hex"])]
fn decoder(bencher: Bencher<'_, '_>, filters: &str) {
    let clean = CLEAN.repeat(4096 / CLEAN.len());
    let template =
        format!("{clean}x = \"<<'KEY='+sendgrid-key+' in the mail settings'|{filters}>>\"\n");
    scan(bencher, "notes.txt", &text(&template, 1 << 20), true);
}

/// A whole file in UTF-16: every unit is decoded before the first anchor is searched for.
#[divan::bench]
fn decoder_utf16(bencher: Bencher<'_, '_>) {
    let text: Vec<u8> = text(&format!("{CLEAN}<<sendgrid-key>>\n"), 1 << 20);
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(text.into_iter().flat_map(|byte| [byte, 0]))
        .collect();
    scan(bencher, "notes.txt", &wide, true);
}

/// Every assignment of a text, in languages whose syntaxes differ.
#[divan::bench(args = ["a.env", "a.yml", "a.json", "a.py"])]
fn assignment_reader(bencher: Bencher<'_, '_>, path: &str) {
    let line = match path {
        "a.env" => "export DB_HOST=\"db.corp.internal\" # the first\nDB_PORT=5432\n",
        "a.yml" => {
            "database:\n  host: db.corp.internal\n  port: 5432\n  options: { pool: 5, name: 'app' }\n"
        }
        "a.json" => {
            "{\"database\": {\"host\": \"db.corp.internal\", \"port\": 5432, \"name\": \"app\"}},\n"
        }
        _ => {
            "connect(host='db.corp.internal', port=5432)\nsettings['name'] = \"app\"\nother.value = read(name)\n"
        }
    };
    let text = text(line, 128 << 10);
    let lang = Lang::of_path(path.as_bytes());
    bencher
        .counter(BytesCount::new(text.len()))
        .bench_local(|| assignment::read_all(black_box(&text), 0..text.len(), lang).count());
}

/// Takes every blob and looks at none.
struct Nothing;

impl Sinks for Nothing {
    type Sink = Nothing;

    fn sink(&self) -> Nothing {
        Nothing
    }
}

impl Sink for Nothing {
    fn blob(&mut self, blob: &Blob<'_>) {
        black_box(blob.bytes);
    }

    fn skip(&mut self, skip: Skip) {
        panic!("the tree holds nothing to skip, but {skip:?}");
    }
}

/// Reading a baseline of 10,000 entries: what a hook does before it has found anything.
#[divan::bench]
fn baseline(bencher: Bencher<'_, '_>) {
    let mut text = String::from("{\"waxseal_baseline\":1,\"key_id\":\"0123abcd\"}\n");
    for entry in 0..10_000 {
        let line = format!(
            "{{\"fingerprint\":\"{entry:032x}\",\"rule\":\"smtp-login\",\"reason\":\"known when we began, see the list of the team\",\
             \"owner\":\"ops\",\"expires\":\"2031-03-31\"}}\n"
        );
        text += &line;
    }
    let text = text.into_bytes();
    bencher
        .counter(BytesCount::of_slice(&text))
        .with_inputs(|| text.clone())
        .bench_values(|text| Baseline::parse(text).expect("the lines above are entries"));
}

/// Listing, opening and reading 2,000 files of 4 KiB in 40 folders, on all cores.
#[divan::bench]
fn walker(bencher: Bencher<'_, '_>) {
    let tree = tempfile::tempdir().expect("the system has room for 8 MiB");
    let file = text(CLEAN, 4096);
    for folder in 0..40 {
        let folder = tree.path().join(format!("part-{folder}/src"));
        std::fs::create_dir_all(&folder).expect("the folder is ours");
        for name in 0..50 {
            std::fs::write(folder.join(format!("file-{name}.rs")), &file)
                .expect("the folder is ours");
        }
    }
    let paths: [PathBuf; 1] = [tree.path().to_owned()];
    let options = FileOptions::default();
    bencher
        .counter(BytesCount::new(2000 * file.len()))
        .bench_local(|| scan_paths(&paths, &options, &Nothing));
}
