//! Reads one loose object: a zlib stream of `type size`, a NUL and the object.
//!
//! The header is inflated first, so that the size it claims can be held against the file's before anything is allocated; the whole is
//! then inflated in one go. Bytes after the stream are let pass: what stands before them is the object all the same. Where objects
//! lie is not known here, and that an object has the id of its file is not checked.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use gix_zlib::{Decompress, FlushDecompress};

use super::pack::{Damage, Inflater, Kind, LARGEST};
use crate::regular::{self, Links, Opened};

/// Longest header: the longest kind, a space, twenty digits and the NUL.
const HEADER: usize = 32;

/// So many bytes of a file are read to inflate the header.
const START: u64 = 1 << 10;

/// Reads the object in `path` into the front of `out`, which grows as needed and never shrinks. Gives its kind and length in bytes.
pub fn read(
    path: &Path,
    inflater: &mut Inflater,
    out: &mut Vec<u8>,
) -> Result<(Kind, usize), Damage> {
    let (mut file, file_len) = open(path)?;
    // deflate makes an object longer by little, and zlib's own frame is short
    let most = LARGEST + LARGEST / 1000 + START;
    if file_len > most {
        return Err(Damage::TooLarge);
    }
    let mut stream = Vec::new();
    read_up_to(&mut file, most, &mut stream)?;
    let header = Header::of(&stream)?;
    if header.size > LARGEST {
        return Err(Damage::TooLarge);
    }
    let size = usize::try_from(header.size).map_err(|_| Damage::TooLarge)?;
    inflater.inflate(&stream, header.len + size, out)?;
    out.copy_within(header.len..header.len + size, 0);
    Ok((header.kind, size))
}

/// The kind and size in bytes that the object in `path` claims. Only its start is read.
pub fn header(path: &Path) -> Result<(Kind, u64), Damage> {
    let (mut file, _) = open(path)?;
    let mut start = Vec::new();
    read_up_to(&mut file, START, &mut start)?;
    Header::of(&start).map(|header| (header.kind, header.size))
}

fn open(path: &Path) -> Result<(File, u64), Damage> {
    match regular::open(path, Links::Follow) {
        Ok(Opened::File(file, len)) => Ok((file, len)),
        Ok(_) => Err(Damage::File(io::ErrorKind::InvalidInput)),
        Err(error) => Err(Damage::File(error.kind())),
    }
}

fn read_up_to(file: &mut File, most: u64, out: &mut Vec<u8>) -> Result<(), Damage> {
    file.take(most)
        .read_to_end(out)
        .map(drop)
        .map_err(|error| Damage::File(error.kind()))
}

struct Header {
    kind: Kind,
    /// Bytes of the object.
    size: u64,
    /// Bytes of the header with its NUL.
    len: usize,
}

impl Header {
    /// Inflates the header at the start of `stream`.
    fn of(stream: &[u8]) -> Result<Self, Damage> {
        let mut text = [0; HEADER];
        let mut state = Decompress::new();
        state
            .decompress(stream, &mut text, FlushDecompress::None)
            .map_err(|_| Damage::Stream)?;
        let written = usize::try_from(state.total_out()).unwrap_or(0).min(HEADER);
        let text = &text[..written];
        let end = text
            .iter()
            .position(|byte| *byte == 0)
            .ok_or(if written < HEADER {
                Damage::Stream
            } else {
                Damage::Header
            })?;
        let (kind, size) = parse(&text[..end]).ok_or(Damage::Header)?;
        Ok(Self {
            kind,
            size,
            len: end + 1,
        })
    }
}

fn parse(header: &[u8]) -> Option<(Kind, u64)> {
    let (kind, size) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    let kind = match kind {
        "blob" => Kind::Blob,
        "tree" => Kind::Tree,
        "commit" => Kind::Commit,
        "tag" => Kind::Tag,
        _ => return None,
    };
    // `parse` alone would take a sign
    let is_number = size.bytes().all(|byte| byte.is_ascii_digit());
    Some((kind, size.parse().ok().filter(|_| is_number)?))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use libdeflater::{CompressionLvl, Compressor};

    use super::*;

    fn deflate(data: &[u8], level: i32) -> Vec<u8> {
        let mut compressor = Compressor::new(CompressionLvl::new(level).unwrap());
        let mut out = vec![0; compressor.zlib_compress_bound(data.len())];
        let len = compressor.zlib_compress(data, &mut out).unwrap();
        out.truncate(len);
        out
    }

    fn file(dir: &tempfile::TempDir, content: &[u8]) -> PathBuf {
        let path = dir.path().join("object");
        std::fs::write(&path, content).unwrap();
        path
    }

    fn noise(len: usize, shift: u32) -> Vec<u8> {
        (0..len)
            .map(|at| ((at * at) >> shift).to_le_bytes()[0])
            .collect()
    }

    type Found<T> = Result<(Kind, T), Damage>;

    fn both(path: &Path) -> (Found<Vec<u8>>, Found<u64>) {
        let mut out = vec![b'?'; 3];
        let object = read(path, &mut Inflater::default(), &mut out)
            .map(|(kind, len)| (kind, out[..len].to_owned()));
        (object, header(path))
    }

    #[test]
    fn every_kind_and_size_is_read() {
        let dir = tempfile::tempdir().unwrap();
        for (word, kind) in [
            ("blob", Kind::Blob),
            ("tree", Kind::Tree),
            ("commit", Kind::Commit),
            ("tag", Kind::Tag),
        ] {
            for len in [0, 1, 24, 25, 26, 1000, 100_000] {
                for level in [0, 1, 9] {
                    let body: Vec<u8> = noise(len, 4);
                    let mut text = format!("{word} {len}\0").into_bytes();
                    text.extend(&body);
                    let mut stream = deflate(&text, level);
                    let path = file(&dir, &stream);
                    assert_eq!(
                        both(&path),
                        (Ok((kind, body.clone())), Ok((kind, len as u64)))
                    );
                    stream.extend(b"garbage");
                    let path = file(&dir, &stream);
                    assert_eq!(both(&path).0, Ok((kind, body)));
                }
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_and_lies_allocate_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let good = deflate(b"blob 5000\0", 6);
        for (content, object) in [
            (b"".to_vec(), Damage::Stream),
            (b"no zlib at all".to_vec(), Damage::Stream),
            (good[..4].to_vec(), Damage::Stream),
            (good, Damage::Size),
            (deflate(b"blob 3\0abcd", 6), Damage::Size),
            (deflate(b"blob 5\0abcd", 6), Damage::Size),
            (deflate(b"blob 99999999999\0abcd", 6), Damage::TooLarge),
            (
                deflate(b"blob 99999999999999999999999\0", 6),
                Damage::Header,
            ),
            (deflate(&[b'x'; 500], 6), Damage::Header),
            (deflate(b"blub 3\0abc", 6), Damage::Header),
            (deflate(b"blob +3\0abc", 6), Damage::Header),
            (deflate(b"blob \0", 6), Damage::Header),
            (deflate(b"blob", 6), Damage::Stream),
        ] {
            let path = file(&dir, &content);
            let mut out = Vec::new();
            let result = read(&path, &mut Inflater::default(), &mut out);
            assert_eq!(result, Err(object), "{content:?}");
            assert!(out.capacity() < 10_000);
        }
        let missing = dir.path().join("missing");
        assert_eq!(header(&missing), Err(Damage::File(io::ErrorKind::NotFound)));
    }

    #[test]
    fn a_cut_or_flipped_stream_is_never_an_object() {
        let dir = tempfile::tempdir().unwrap();
        let mut text = b"blob 600\0".to_vec();
        text.extend(noise(600, 3));
        let stream = deflate(&text, 6);
        for at in 0..stream.len() {
            assert!(both(&file(&dir, &stream[..at])).0.is_err(), "cut at {at}");
            let mut flipped = stream.clone();
            flipped[at] ^= 1;
            assert!(both(&file(&dir, &flipped)).0.is_err(), "flipped at {at}");
        }
    }
}
