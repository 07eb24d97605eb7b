//! The options of `import`: from which scanner, which files, and whether to write. No I/O.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::SourceArgs;
use crate::import::Peer;

/// Take over what another scanner lets pass.
///
/// Reads its configuration, ignore files, baselines and reports, looks for the same findings here, and says what becomes an entry of
/// the baseline, what goes into .waxseal.toml, and what can't be carried over and why. Nothing is written without --write, and nothing
/// that is there is changed.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The scanner.
    #[arg(value_name = "SCANNER", value_parser = PossibleValuesParser::new(Peer::ALL.map(Peer::id)).map(|id| peer(&id)))]
    pub(crate) peer: Peer,
    /// Its files; what each is, is told by its name and by what stands in it.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) given: Vec<PathBuf>,
    /// Add to .waxseal.toml and to the baseline; otherwise what would be added is shown.
    #[arg(long)]
    pub(crate) write: bool,
    /// Name everything, however long the list.
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) scan: SourceArgs,
}

/// The scanner called `id`, which is one of those that are offered.
fn peer(id: &str) -> Peer {
    let known = Peer::ALL.into_iter().find(|peer| peer.id() == id);
    known.expect("the parser takes no other name")
}
