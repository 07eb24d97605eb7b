//! Reading what is new in each version finds what reading each version whole finds.
//!
//! Random texts are edited at random; each version is judged both ways, and whole repositories of them are reported both ways.
//! `WAXSEAL_EDITS=1000000` asks for that many edits; the same number makes the same edits.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use waxseal::git::Store;
use waxseal::history::{self, Progress};
use waxseal::model::{Report, Severity};
use waxseal::report::{Format, Meta, Verbosity, render};
use waxseal::rules::BUILTIN;
use waxseal::scan::{Copied, Known, Named, Options, PathClass, Scanner, Surveyor};

use crate::support::craft::{
    self, BLOB, COMMIT, Id, PackWriter, Step, TREE, deflate, delta, hex, object_id, tree_entry,
};
use crate::support::edits::{Material, Piece, apply, difference};
use crate::support::random::Random;

/// Edits of a run that asks for no other number.
const EDITS: usize = 3000;

/// Versions of one text and its branches.
const FAMILY: usize = 60;

fn edits() -> usize {
    std::env::var("WAXSEAL_EDITS").map_or(EDITS, |number| number.parse().unwrap())
}

fn scanner(no_binary: bool) -> Scanner {
    let options = Options {
        no_binary,
        ..Options::default()
    };
    Scanner::new(BUILTIN.iter().cloned(), options)
}

/// Calls `check` with each number below `count`, on all cores.
fn on_all_cores(count: usize, check: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let run = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            check(number);
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(run)).collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// One version.
struct Version {
    text: Vec<u8>,
    /// The version it was made from, and how.
    made: Option<(usize, Vec<Piece>)>,
    names: Vec<Vec<u8>>,
}

/// Some versions of one text. Of those in which something is found, few are edited again: what a version without a secret says of the
/// next one is what is to be shown.
fn family(
    random: &mut Random,
    material: &Material,
    count: usize,
    mut judge: impl FnMut(&[Version]) -> bool,
) -> Vec<Version> {
    let names = |random: &mut Random| -> Vec<Vec<u8>> {
        let count = [1, 1, 1, 2, 3][random.below(5)];
        (0..count).map(|_| material.name(random).to_vec()).collect()
    };
    let mut versions = vec![Version {
        text: material.text(random),
        made: None,
        names: names(random),
    }];
    let mut clean: Vec<usize> = (!judge(&versions)).then_some(0).into_iter().collect();
    let is_bushy = random.below(3) == 0;
    let mut undone: Option<Vec<u8>> = None;
    for number in 1..count {
        if let Some(text) = undone.take() {
            // what was lost by a change is there again: found by what is new, or not at all
            let base = &versions[number - 1];
            let version = Version {
                made: Some((number - 1, difference(&base.text, &text))),
                names: base.names.clone(),
                text,
            };
            versions.push(version);
            judge(&versions);
            continue;
        }
        let suspect = || (0..number).rev().find(|number| !clean.contains(number));
        let parent = match clean.as_slice() {
            _ if random.below(2) == 0 && suspect().is_some() => suspect().unwrap_or_default(),
            [.., last] if !is_bushy && random.below(8) > 0 => *last,
            [] => number - 1,
            clean if random.below(8) > 0 => clean[random.below(clean.len())],
            _ => random.below(number),
        };
        let base = &versions[parent];
        let pieces = material.edit(random, &base.text);
        let is_renamed = random.below(10) == 0;
        let version = Version {
            text: apply(&base.text, &pieces),
            names: if is_renamed {
                names(random)
            } else {
                base.names.clone()
            },
            made: Some((parent, pieces)),
        };
        versions.push(version);
        if !judge(&versions) {
            if !clean.contains(&parent) {
                undone = Some(versions[parent].text.clone());
            }
            clean.push(number);
        }
    }
    versions
}

fn classes(names: &[Vec<u8>]) -> Vec<Named> {
    let mut classes: Vec<Named> = Vec::new();
    for name in names {
        let class = PathClass::of(name);
        if classes.iter().all(|named| named.class != class) {
            classes.push(Named {
                class,
                name: name.as_slice().into(),
            });
        }
    }
    classes
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap()
}

fn copied(pieces: &[Piece]) -> Vec<Copied> {
    let (mut copied, mut at) = (Vec::new(), 0);
    for piece in pieces {
        match piece {
            Piece::Copy { from, len } => {
                copied.push(Copied {
                    from: small(*from),
                    at: small(at),
                    len: small(*len),
                });
                at += len;
            }
            Piece::Insert(bytes) => at += bytes.len(),
        }
    }
    copied
}

#[test]
fn a_version_is_judged_as_if_it_were_read_whole() {
    let material = Material::new();
    let (edits, secrets) = (edits(), AtomicUsize::new(0));
    let inherited = AtomicUsize::new(0);
    let complaints = Mutex::new(Vec::new());
    let scanners = [scanner(false), scanner(true)];
    on_all_cores(edits.div_ceil(FAMILY), |number| {
        let mut random = Random::new(number as u64);
        let scanner = &scanners[usize::from(random.below(10) == 0)];
        let (mut delta, mut naive) = (Surveyor::new(scanner), Surveyor::new(scanner));
        let mut known: Vec<Known> = Vec::new();
        family(&mut random, &material, FAMILY, |versions| {
            let Version { text, made, names } = versions.last().unwrap();
            let classes = classes(names);
            let expected = naive.in_full(text, &classes);
            let found = match made {
                None => delta.whole(text, &classes),
                Some((parent, pieces)) => {
                    let of_base = self::classes(&versions[*parent].names);
                    let is_in =
                        |named: &Named| of_base.iter().any(|base| base.class == named.class);
                    let inherits = classes.iter().all(is_in);
                    inherited.fetch_add(
                        usize::from(inherits && !known[*parent].is_suspect()),
                        Ordering::Relaxed,
                    );
                    delta.version(
                        &known[*parent],
                        versions[*parent].text.len(),
                        &copied(pieces),
                        inherits,
                        text,
                        &classes,
                    )
                }
            };
            if found.is_suspect() != expected.is_suspect()
                || found.is_binary() != expected.is_binary()
            {
                let names: Vec<_> = names
                    .iter()
                    .map(|name| String::from_utf8_lossy(name))
                    .collect();
                complaints.lock().unwrap().push(format!(
                    "family {number}, version {}: {} instead of {}, {} bytes named {names:?}",
                    versions.len() - 1,
                    found.is_suspect(),
                    expected.is_suspect(),
                    text.len(),
                ));
            }
            secrets.fetch_add(usize::from(expected.is_suspect()), Ordering::Relaxed);
            let is_suspect = found.is_suspect();
            known.push(found);
            is_suspect
        });
    });
    let complaints = complaints.into_inner().unwrap();
    let _ = writeln!(
        io::stderr(),
        "{} edits, {} of them of texts without a secret; {} versions with secrets; {} differences",
        edits.div_ceil(FAMILY) * FAMILY,
        inherited.into_inner(),
        secrets.into_inner(),
        complaints.len(),
    );
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// Bytes of a delta that says `pieces`.
fn delta_of(base: &[u8], text: &[u8], pieces: &[Piece]) -> Vec<u8> {
    let mut steps = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Copy { from, len } => steps.push(Step::Copy(small(*from), small(*len))),
            Piece::Insert(bytes) => steps.extend(bytes.chunks(127).map(Step::Insert)),
        }
    }
    delta(base.len() as u64, text.len() as u64, &steps)
}

/// A pack in the making, with the places of what is in it.
struct Shelf {
    pack: PackWriter,
    places: HashMap<Id, u64>,
}

impl Shelf {
    fn whole(&mut self, kind: u8, content: &[u8]) -> Id {
        let id = object_id(kind, content);
        if !self.places.contains_key(&id) {
            let entry = self.pack.whole(kind, content);
            self.places.insert(id, entry.offset);
        }
        id
    }

    /// A version as a delta of its base where that is here, in one of the two ways.
    fn version(&mut self, random: &mut Random, versions: &[Version], number: usize) -> Id {
        let Version { text, made, .. } = &versions[number];
        let id = object_id(BLOB, text);
        let base = made.as_ref().and_then(|(base, pieces)| {
            let base = versions[*base].text.as_slice();
            let id = object_id(BLOB, base);
            self.places.get(&id).map(|place| (base, id, *place, pieces))
        });
        match base {
            Some((base, base_id, place, pieces))
                if !self.places.contains_key(&id) && random.below(12) > 0 =>
            {
                let delta = delta_of(base, text, pieces);
                let entry = if random.below(4) == 0 {
                    self.pack.by_id(&base_id, &delta, text)
                } else {
                    self.pack.ofs(place, &delta, text)
                };
                self.places.insert(id, entry.offset);
                id
            }
            _ => self.whole(BLOB, text),
        }
    }

    fn write(mut self, dir: &Path, name: &str) {
        let count = small(self.pack.entries.len());
        self.pack.recount(count);
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join(format!("pack-{name}.pack")), self.pack.bytes()).unwrap();
        fs::write(dir.join(format!("pack-{name}.idx")), self.pack.index()).unwrap();
    }
}

fn loose(objects: &Path, kind: &str, content: &[u8], id: &Id) {
    let name = hex(id);
    let dir = objects.join(&name[..2]);
    fs::create_dir_all(&dir).unwrap();
    let stored = [format!("{kind} {}\0", content.len()).as_bytes(), content].concat();
    fs::write(dir.join(&name[2..]), deflate(&stored)).unwrap();
}

/// A repository in `dir` of all versions of some texts, in up to three packs, loose, and in an alternate.
fn repository(random: &mut Random, dir: &Path, families: &[Vec<Version>]) {
    let shelf = || Shelf {
        pack: PackWriter::new(2, 0),
        places: HashMap::new(),
    };
    let mut shelves = [shelf(), shelf(), shelf()];
    let objects = dir.join("objects");
    let elsewhere = dir.join("elsewhere");
    let (mut parent, mut date) = (String::new(), 1_000_000_000);
    let mut head = None;
    for versions in families {
        let spread = random.below(3) == 0;
        for number in 0..versions.len() {
            let version = &versions[number];
            let mut id = object_id(BLOB, &version.text);
            match random.below(if spread { 8 } else { 30 }) {
                0 => loose(&objects, "blob", &version.text, &id),
                1 => {
                    id = shelves[1].version(random, versions, number);
                }
                2 => {
                    id = shelves[2].version(random, versions, number);
                }
                3 => {
                    // here and there
                    shelves[0].version(random, versions, number);
                    shelves[1].version(random, versions, number);
                    loose(&elsewhere, "blob", &version.text, &id);
                }
                4 => loose(&elsewhere, "blob", &version.text, &id),
                _ => {
                    id = shelves[0].version(random, versions, number);
                }
            }
            if random.below(12) == 0 {
                // what no tree names
                continue;
            }
            let mut names = version.names.clone();
            names.sort();
            names.dedup();
            let entries: Vec<Vec<u8>> = names
                .iter()
                .map(|name| tree_entry("100644", name, &id))
                .collect();
            let mut tree = shelves[0].whole(TREE, &entries.concat());
            if random.below(6) == 0 {
                let folder: &[u8] = [&b"locales"[..], b"src"][random.below(2)];
                tree = shelves[0].whole(TREE, &tree_entry("40000", folder, &tree));
            }
            date += 60;
            let commit = format!(
                "tree {}\n{parent}author A <a@example.com> {date} +0000\n\
                 committer C <c@example.com> {date} +0000\n\n{date}\n",
                hex(&tree)
            );
            let commit = shelves[0].whole(COMMIT, commit.as_bytes());
            if random.below(10) > 0 {
                parent = format!("parent {}\n", hex(&commit));
                head = Some(commit);
            }
        }
    }
    let packs = craft::repository(dir, head.as_ref());
    let [first, second, third] = shelves;
    first.write(&packs, "a");
    second.write(&packs, "b");
    third.write(&elsewhere.join("pack"), "c");
    fs::create_dir_all(objects.join("info")).unwrap();
    fs::write(objects.join("info/alternates"), "../elsewhere\n").unwrap();
}

/// The report of one engine, with the number of suspects.
fn report(dir: &Path, in_full: bool, threads: usize, no_binary: bool) -> (String, u64, usize) {
    let scanner = scanner(no_binary);
    let store = Store::open(dir, None).unwrap();
    let options = history::Options {
        threads,
        in_full,
        no_binary,
        ..history::Options::default()
    };
    let progress = Progress::default();
    let outcome = history::scan(&store, &scanner, &options, &progress).unwrap();
    let mut report = Report {
        findings: outcome.findings,
        coverage: outcome.coverage,
        ..Report::default()
    };
    report.sort();
    assert!(report.coverage.is_complete(), "{:?}", report.coverage);
    let rules: Vec<_> = scanner.rules().collect();
    let meta = Meta {
        version: "0.0.0",
        rules: &rules,
        fail_on: Severity::Low.into(),
        settings: None,
        verbosity: Verbosity::Normal,
        color: false,
        now: 0,
    };
    let mut out = Vec::new();
    render(Format::Json, &report, &meta, &mut out).unwrap();
    let suspects = progress.suspects.load(Ordering::Relaxed);
    (
        String::from_utf8(out).unwrap(),
        suspects,
        report.findings.len(),
    )
}

#[test]
fn both_engines_report_the_same_of_whole_repositories() {
    let material = Material::new();
    let repositories = edits().div_ceil(300);
    let (blobs, secrets) = (AtomicUsize::new(0), AtomicUsize::new(0));
    on_all_cores(repositories, |number| {
        let mut random = Random::new(1 << 32 | number as u64);
        let scanner = scanner(false);
        let mut naive = Surveyor::new(&scanner);
        let families: Vec<Vec<Version>> = (0..=random.below(3))
            .map(|_| {
                let count = 1 + random.below(FAMILY);
                family(&mut random, &material, count, |versions| {
                    let Version { text, names, .. } = versions.last().unwrap();
                    naive.in_full(text, &classes(names)).is_suspect()
                })
            })
            .collect();
        blobs.fetch_add(families.iter().map(Vec::len).sum(), Ordering::Relaxed);
        let scratch = tempfile::tempdir().unwrap();
        repository(&mut random, scratch.path(), &families);
        let (threads, no_binary) = (1 + random.below(3), random.below(8) == 0);
        let (naive, naive_suspects, found) = report(scratch.path(), true, threads, no_binary);
        let (delta, delta_suspects, _) = report(scratch.path(), false, threads, no_binary);
        assert!(naive == delta, "repository {number}: the reports differ");
        assert_eq!(naive_suspects, delta_suspects, "repository {number}");
        secrets.fetch_add(found, Ordering::Relaxed);
    });
    let _ = writeln!(
        io::stderr(),
        "{repositories} repositories, {} versions, {} secrets: the same reports",
        blobs.into_inner(),
        secrets.into_inner(),
    );
}
