//! One-shot inflating of zlib streams whose size is known beforehand.
//!
//! The size comes from a header that may lie, so it is held against what the compressed bytes could yield at most before
//! anything is allocated. Knows nothing of what the bytes mean.

use libdeflater::Decompressor;

use super::Damage;

/// Most bytes that deflate makes of one: a match of 258 bytes takes two bits.
const MAX_RATIO: u64 = 1032;

/// Two decompressors with their tables. Deltas of a few bytes use the code that deflate fixes, others bring their own. A decompressor
/// keeps the tables of the fixed code until it meets another one, and to make them takes longer than to inflate such a delta.
pub struct Inflater {
    fixed: Decompressor,
    own: Decompressor,
}

impl Default for Inflater {
    fn default() -> Self {
        Self {
            fixed: Decompressor::new(),
            own: Decompressor::new(),
        }
    }
}

/// Whether the first block of a zlib stream uses the fixed code: bits 1 and 2 of the byte behind the header of two.
fn is_fixed(stream: &[u8]) -> bool {
    stream.get(2).is_some_and(|byte| byte >> 1 & 3 == 1)
}

impl Inflater {
    /// Inflates `stream`, which may be followed by other bytes, to the `size` bytes that it must yield, into the front of
    /// `out`, which grows as needed and never shrinks.
    pub fn inflate(&mut self, stream: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Damage> {
        if size as u64 > MAX_RATIO * stream.len() as u64 {
            return Err(Damage::Size);
        }
        if out.len() < size {
            out.resize(size, 0);
        }
        let decompressor = if is_fixed(stream) {
            &mut self.fixed
        } else {
            &mut self.own
        };
        match decompressor.zlib_decompress(stream, &mut out[..size]) {
            Ok(written) if written == size => Ok(()),
            Ok(_) | Err(libdeflater::DecompressionError::InsufficientSpace) => Err(Damage::Size),
            Err(libdeflater::DecompressionError::BadData) => Err(Damage::Stream),
        }
    }
}

#[cfg(test)]
mod tests {
    use libdeflater::{CompressionLvl, Compressor};

    use super::*;

    fn deflate(data: &[u8]) -> Vec<u8> {
        let mut compressor = Compressor::new(CompressionLvl::default());
        let mut out = vec![0; compressor.zlib_compress_bound(data.len())];
        let len = compressor.zlib_compress(data, &mut out).unwrap();
        out.truncate(len);
        out
    }

    #[test]
    fn the_size_must_be_right_and_nothing_is_allocated_for_a_lie() {
        let mut stream = deflate(&[b'x'; 5000]);
        stream.extend(b"what follows");
        let mut out = Vec::new();
        let mut inflater = Inflater::default();
        assert!(inflater.inflate(&stream, 5000, &mut out).is_ok());
        assert!(out[..5000].iter().all(|b| *b == b'x'));
        assert_eq!(inflater.inflate(&stream, 4999, &mut out), Err(Damage::Size));
        assert_eq!(inflater.inflate(&stream, 5001, &mut out), Err(Damage::Size));
        let mut fresh = Vec::new();
        assert_eq!(
            inflater.inflate(&stream, 1 << 40, &mut fresh),
            Err(Damage::Size)
        );
        assert_eq!(fresh.capacity(), 0);
        stream[3] ^= 0x40;
        assert!(inflater.inflate(&stream, 5000, &mut out).is_err());
    }

    #[test]
    fn an_empty_object_is_an_object() {
        let mut out = Vec::new();
        assert!(
            Inflater::default()
                .inflate(&deflate(b""), 0, &mut out)
                .is_ok()
        );
    }
}
