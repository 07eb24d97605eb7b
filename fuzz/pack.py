#!/usr/bin/env python3
"""Packs fuzz inputs into testdata/fuzz/TARGET.bin for `cargo test` to replay.

usage: fuzz/pack.py TARGET LIMIT_KIB INPUT_OR_DIR...

Takes every input that once failed (name begins with `crash`) and, shortest first, others up to LIMIT_KIB. Each input
is stored behind its length (four bytes, little endian), every byte exclusive-or 0x5a, because inputs are full of text
in the shape of keys. See tests/it/replay.rs.
"""

import pathlib
import struct
import sys


def main() -> None:
    target, limit = sys.argv[1], int(sys.argv[2]) * 1024
    files = []
    for name in sys.argv[3:]:
        path = pathlib.Path(name)
        files += sorted(path.iterdir()) if path.is_dir() else [path]
    files.sort(key=lambda file: (not file.name.startswith("crash"), file.stat().st_size, file.name))
    packed, count = bytearray(), 0
    for file in files:
        data = file.read_bytes()
        if file.name.startswith("crash") or len(packed) + len(data) + 4 <= limit:
            packed += struct.pack("<I", len(data)) + data
            count += 1
    out = pathlib.Path(__file__).parent.parent / "testdata" / "fuzz" / f"{target}.bin"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(bytes(byte ^ 0x5A for byte in packed))
    print(f"{out}: {count} inputs, {len(packed)} bytes")


main()
