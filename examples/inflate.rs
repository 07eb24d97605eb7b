//! The floor under a history scan: inflates every blob entry of a repository's packs once, and does nothing else.
//!
//! `cargo run --release --example inflate -- REPO [THREADS]`; bench/compare-history.sh runs it beside the scan.

use std::error::Error;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use waxseal::git::Store;
use waxseal::git::pack::{Inflater, Kind, NodeIx, Pack};

/// Entries that a thread takes at a time.
const HANDFUL: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let repo = PathBuf::from(args.next().ok_or("usage: inflate REPO [THREADS]")?);
    let threads = match args.next() {
        Some(number) => number.to_string_lossy().parse()?,
        None => std::thread::available_parallelism()?.get(),
    };
    let store = Store::open(&repo, None)?;
    let (mut entries, mut bytes, mut damaged) = (0, 0, 0);
    for path in store.packs(&mut Vec::new()) {
        let pack = Pack::open(&path, store.hash)?;
        let blobs: Vec<NodeIx> = (0..pack.forest.len())
            .filter(|node| pack.forest.kind(*node) == Ok(Kind::Blob))
            .collect();
        let (inflated, lost) = inflate(&pack, &blobs, threads);
        entries += blobs.len();
        bytes += inflated;
        damaged += lost;
    }
    #[expect(clippy::print_stdout, reason = "what it was started for")]
    {
        println!("{entries} blob entries, {bytes} bytes inflated, {damaged} damaged");
    }
    Ok(())
}

/// Inflates `nodes`; gives how many bytes they had, and how many of them could not be read.
fn inflate(pack: &Pack, nodes: &[NodeIx], threads: usize) -> (u64, u64) {
    let (next, bytes, damaged) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let (mut inflater, mut out) = (Inflater::default(), Vec::new());
                loop {
                    let first = next.fetch_add(HANDFUL, Ordering::Relaxed);
                    let Some(handful) = nodes.get(first..nodes.len().min(first + HANDFUL)) else {
                        return;
                    };
                    if handful.is_empty() {
                        return;
                    }
                    for node in handful {
                        match pack.inflate(*node, &mut inflater, &mut out) {
                            Ok(()) => bytes.fetch_add(
                                u64::from(pack.forest.node(*node).size),
                                Ordering::Relaxed,
                            ),
                            Err(_) => damaged.fetch_add(1, Ordering::Relaxed),
                        };
                    }
                }
            });
        }
    });
    (bytes.into_inner(), damaged.into_inner())
}
