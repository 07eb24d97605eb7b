//! `dotenv fix`: what keeps `.env` files out of a repository. Says what is missing; with `--write` writes what may be written.
//!
//! What is found lives in `site`, what a sample keeps in `sample`, how files are written in `write`.

mod sample;
mod site;
mod write;

use super::install::shown;
use super::{Failure, Streams};
use crate::cli::FixArgs;
use crate::error::{EXIT_CLEAN, EXIT_FOUND, Error};
use crate::report;

use sample::Sample;
use site::Site;
use write::Written;

/// Most keys that a line names.
const FEW: usize = 8;

/// Says, or does, what is missing. The status says whether something is left to do.
pub(super) fn fix(args: &FixArgs, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let site = Site::of(&args.path)?;
    for left_out in &site.left_out {
        writeln!(streams.err, "waxseal: {left_out}")?;
    }
    let ignored = ignore(&site, args.write, streams)?;
    let sampled = sampled(&site, args.write, streams)?;
    let tracked = untrack(&site, streams)?;
    if ignored && sampled && tracked {
        writeln!(
            streams.out,
            "nothing to do: .env files are ignored here, and none is tracked"
        )?;
    }
    // what was written is done; what git has to be told is not
    let done = |was_well: bool| was_well || args.write;
    let is_done = done(ignored) && done(sampled) && tracked && site.is_covered(args.write);
    Ok(if is_done { EXIT_CLEAN } else { EXIT_FOUND })
}

/// The ignore lines. Whether there was nothing to do.
fn ignore(site: &Site, write: bool, streams: &mut Streams<'_>) -> Result<bool, Failure> {
    let lines = site.missing_lines();
    if lines.is_empty() {
        return Ok(true);
    }
    let file = site.root().join(".gitignore");
    let name = shown(&file);
    let out = &mut *streams.out;
    if write {
        write::append(&file, &lines).map_err(|source| Error::Io {
            path: name.clone(),
            source,
        })?;
        let shown: Vec<String> = lines.iter().map(|line| text(line)).collect();
        writeln!(out, "{name}: added {}", shown.join(" "))?;
        for path in site.uncovered() {
            let path = crate::model::display_path(&path);
            writeln!(
                out,
                "{name}: {path} is still not ignored, because of a rule in another ignore file"
            )?;
        }
    } else {
        writeln!(out, "# missing in {name}:")?;
        for line in &lines {
            writeln!(out, "{}", text(line))?;
        }
        writeln!(out)?;
    }
    Ok(false)
}

fn text(line: &[u8]) -> String {
    crate::model::display_path(line)
}

/// The sample. Whether there was nothing to do.
fn sampled(site: &Site, write: bool, streams: &mut Streams<'_>) -> Result<bool, Failure> {
    let Some(live) = site.to_sample() else {
        return Ok(true);
    };
    let (from, name) = (shown(&live.path), shown(&live.sample()));
    let io = |path: &str| {
        let path = path.to_owned();
        move |source| Error::Io { path, source }
    };
    let values = write::read(&live.path).map_err(io(&from))?;
    let sample = Sample::of(&values);
    let out = &mut *streams.out;
    if sample.keys.is_empty() {
        writeln!(
            out,
            "# {from} gives no value to any key: no sample is made of it\n"
        )?;
        return Ok(true);
    }
    if live.sample().symlink_metadata().is_ok() {
        let there = write::read(&live.sample()).map_err(io(&name))?;
        let lacking = sample.lacking_in(&there);
        if lacking.is_empty() {
            return Ok(true);
        }
        let more = lacking.len().saturating_sub(FEW);
        let few = lacking[..lacking.len() - more].join(" ");
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        writeln!(
            out,
            "# {name} is there and stays as it is; keys of {from} that it lacks: {few}{more}\n"
        )?;
        return Ok(true);
    }
    if !write {
        writeln!(out, "# {name}, made from {from} without its values:")?;
        writeln!(out, "{}", sample.text)?;
        return Ok(false);
    }
    match write::create(&live.sample(), sample.text.as_bytes()).map_err(io(&name))? {
        Written::Done => writeln!(
            out,
            "{name}: written, {} of {from} without their values",
            count(sample.keys.len())
        )?,
        Written::Taken => writeln!(out, "{name}: is there already and stays as it is")?,
    }
    Ok(false)
}

fn count(keys: usize) -> String {
    match keys {
        1 => "1 key".to_owned(),
        keys => format!("{keys} keys"),
    }
}

/// What git has to be told. Whether that is nothing.
fn untrack(site: &Site, streams: &mut Streams<'_>) -> Result<bool, Failure> {
    if site.tracked.is_empty() {
        return Ok(true);
    }
    let out = &mut *streams.out;
    writeln!(
        out,
        "# tracked by git; this takes it out of the index and leaves the file where it is:"
    )?;
    let place = std::env::current_dir().and_then(|dir| dir.canonicalize());
    let below = place.as_ref().is_ok_and(|dir| dir != site.root());
    let inside = place.is_ok_and(|dir| dir.starts_with(site.root()));
    let git = if inside {
        "git".to_owned()
    } else {
        format!(
            "git -C {}",
            report::word(site.root().as_os_str().as_encoded_bytes())
        )
    };
    for path in &site.tracked {
        writeln!(
            out,
            "{git} rm --cached -- {}",
            report::pathspec(path, below && inside)
        )?;
    }
    writeln!(
        out,
        "# what it held stays in the history: replace each secret at its provider; `waxseal scan --history` names them"
    )?;
    Ok(false)
}
