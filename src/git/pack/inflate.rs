//! One-shot inflating of zlib streams whose size is known beforehand.
//!
//! The size comes from a header that may lie, so it is held against what the compressed bytes could yield at most before
//! anything is allocated. Knows nothing of what the bytes mean.

use libdeflater::Decompressor;

use super::Damage;

/// Most bytes that deflate makes of one: a match of 258 bytes takes two bits.
const MAX_RATIO: u64 = 1032;

/// A decompressor with its tables.
pub struct Inflater(Decompressor);

impl Default for Inflater {
    fn default() -> Self {
        Self(Decompressor::new())
    }
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
        match self.0.zlib_decompress(stream, &mut out[..size]) {
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
