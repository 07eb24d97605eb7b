//! What must hold for every text: decoding undoes encoding, positions are exact, nothing panics.

use proptest::prelude::*;

use super::*;

/// How a wrapped value is written: what stands before the first digit, between lines and behind the last.
const WRAPPINGS: [(&str, &str, &str); 12] = [
    ("", "\n", "\n"),
    ("", "\r\n", "\r\n"),
    ("data: |\n    ", "\n    ", "\nnext: 1"),
    ("k = \"", "\" +\n    \"", "\";"),
    ("k = '", "' .\r\n\t'", "';"),
    ("k = \"", "\\n\" +\n  \"", "\";"),
    ("k: \"", "\\n", "\""),
    ("k: \"", "\\r\\n", "\""),
    ("k=", "\\\n", "\n"),
    ("> ", "\n> ", "\n> bye."),
    ("# ", "\n# ", "\n"),
    (" * ", "\r\n * ", "\r\n */"),
];

fn wrap(digits: &str, width: usize, (before, between, behind): (&str, &str, &str)) -> String {
    let lines: Vec<&str> = digits
        .as_bytes()
        .chunks(width)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!("{before}{}{behind}", lines.join(between))
}

/// Index in the wrapped text of digit `index`.
fn digit_at(index: usize, width: usize, wrapping: (&str, &str, &str)) -> usize {
    wrapping.0.len() + index + index / width * wrapping.1.len()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wrapped_base64_is_found_and_placed(
        before in "[ -~\n]{0,90}",
        secret in "[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}",
        after in "[ -~\n]{0,90}",
        width in 12_usize..120,
        wrapping in prop::sample::select(&WRAPPINGS[..]),
        url: bool,
    ) {
        let key = format!("SG.{secret}");
        let payload = format!("{before}{key}{after}");
        let digits = base64(payload.as_bytes(), url);
        // Three digits below one unpadded line may as well be a word.
        if url && digits.len() < 2 * width && digits.len() % width < 4 {
            return Ok(());
        }
        let text = wrap(&digits, width, wrapping);
        let start = before.len() / 3 * 4 + before.len() % 3;
        let last = before.len() + key.len() - 1;
        let last = last / 3 * 4 + last % 3 + 1;
        let range = digit_at(start, width, wrapping)..digit_at(last, width, wrapping) + 1;
        let views = views(text.as_bytes(), "SG.", Encoding::Base64);
        let anchor = start..start + 4;
        // An anchor cut by a line break is found through another anchor, or not at all.
        if start / width == (anchor.end + 1) / width && start.saturating_sub(1) / width == start / width {
            let places: Vec<_> = views.iter().filter_map(|view| place(view, &key)).collect();
            prop_assert!(places.contains(&range), "{:?} {:?}\n{}", places, range, text);
        }
    }

    #[test]
    fn wrapped_hex_is_found_and_placed(
        before in "[ -~\n]{0,60}",
        secret in "[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}",
        width in (6_usize..60).prop_map(|pairs| pairs * 2),
        wrapping in prop::sample::select(&WRAPPINGS[..]),
    ) {
        let key = format!("SG.{secret}");
        let text = wrap(&hex(format!("{before}{key}").as_bytes()), width, wrapping);
        let (start, end) = (before.len() * 2, (before.len() + key.len()) * 2);
        if start / width == (start + 5) / width {
            let range = digit_at(start, width, wrapping)..digit_at(end - 1, width, wrapping) + 1;
            let views = views(text.as_bytes(), "SG.", Encoding::Hex);
            let places: Vec<_> = views.iter().filter_map(|view| place(view, &key)).collect();
            prop_assert!(places.contains(&range), "{:?} {:?}\n{}", places, range, text);
        }
    }

    #[test]
    fn escaped_characters_are_found_and_placed(
        secret in "[A-Za-z0-9_-]{5,40}",
        which in prop::collection::vec(0_u8..3, 43),
        encoding in prop::sample::select(&[Encoding::Percent, Encoding::Escape, Encoding::Html][..]),
        form in 0_usize..4,
    ) {
        let key = format!("SG.{secret}");
        let mut text = String::from("key=\"");
        for (index, (byte, which)) in key.bytes().zip(which).enumerate() {
            // The first two, or the dot: what the anchors stand for.
            let chosen = if form < 2 { index < 2 } else { index == 2 };
            if !chosen && (which > 0 || index < 3) {
                text.push(char::from(byte));
                continue;
            }
            let written = match (encoding, form % 2) {
                (Encoding::Percent, 0) => format!("%{byte:02X}"),
                (Encoding::Percent, _) => format!("%{byte:02x}"),
                (Encoding::Escape, 0) => format!("\\u{byte:04x}"),
                (Encoding::Escape, _) => format!("\\x{byte:02X}"),
                (_, 0) => format!("&#{byte};"),
                _ => format!("&#x{byte:x};"),
            };
            text.push_str(&written);
        }
        let range = 5..text.len();
        text += "\" # rest";
        let views = views(text.as_bytes(), "SG.", encoding);
        let places: Vec<_> = views.iter().filter_map(|view| place(view, &key)).collect();
        prop_assert!(places.contains(&range), "{:?} {:?}\n{}", places, range, text);
    }

    #[test]
    fn joined_pieces_are_found_and_placed(
        secret in "[A-Za-z0-9_-]{30}",
        cuts in prop::collection::vec(0_usize..10, 1..4),
        between in prop::sample::select(&["\" + \"", "' . '", "\" /* + */ \"", "\"\n  \"", "\" + // x\r\n \"", "`+`"][..]),
    ) {
        let quote = &between[..1];
        let mut text = format!("k = {quote}SG.");
        let mut rest = &secret[..];
        for cut in cuts {
            text += &rest[..cut];
            text += between;
            rest = &rest[cut..];
            if rest.len() < 10 { break; }
        }
        text += rest;
        let range = 5..text.len();
        text += quote;
        if rest.is_empty() || text.matches(between).count() == 0 { return Ok(()); }
        let key = format!("SG.{secret}");
        let views = views(text.as_bytes(), "SG.", Encoding::Joined);
        prop_assert_eq!(place(&views[0], &key), Some(range));
    }

    #[test]
    fn whole_utf16_texts_come_back(text in "\\PC{0,60}", big: bool, mark: bool) {
        let order = if big { ByteOrder::Big } else { ByteOrder::Little };
        let text = format!("{}{text}", if mark { "\u{feff}" } else { "" });
        let bytes: Vec<u8> = text
            .encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect();
        let mut view = View::new(Encoding::Utf16);
        utf16(&bytes, 0, order, &mut view);
        prop_assert_eq!(&view.bytes, text.as_bytes());
        for (at, c) in text.char_indices() {
            let units = text[..at].encode_utf16().count();
            let range = units * 2..(units + c.len_utf16()) * 2;
            prop_assert_eq!(view.map.span(Span::new(at, at + c.len_utf8())).range(), range);
        }
    }

    #[test]
    fn no_text_panics(
        text in prop::collection::vec(prop::sample::select(
            &b"\0\\\"'`+=.,&#x;%25u{}/*-_nr\r\n\t >|[]()joincatSG.U0cuNHLTRy4aZ09\x80\xff"[..]), 0..200),
        start in 0_usize..210,
        len in 0_usize..8,
        phase: u8,
    ) {
        for encoding in Encoding::ALL {
            let view = open(&text, start..start + len, Opening { encoding, phase });
            if let Some(view) = view {
                let whole = view.map.span(Span::new(0, view.bytes.len()));
                prop_assert!(view.source.contains(whole), "{:?} {:?}", view, whole);
            }
        }
        let (encoding, mark) = detect(&text);
        if let TextEncoding::Utf16(order) = encoding {
            utf16(&text, mark, order, &mut View::new(Encoding::Utf16));
        }
        for encoding in Encoding::ALL {
            encoded_anchors(&text[..text.len().min(9)], encoding);
        }
    }
}

/// The worst texts known for each reader, at the full width of a stretch. Quadratic work would take
/// minutes here rather than milliseconds.
#[test]
fn long_hostile_stretches_are_read_in_linear_time() {
    let pieces = [
        "\\\"", "'\"", "\\", "\"", "\"a\"+", "/**/", "*/", "# \n", "\n> ", "AAAA\n", "a\n", "A\\n",
        "\\/", "\"+\n", "%", "&#", "{", "(", ">", "//\n", "\\\r\n", "  \n", "\"\" ", "A\0", "=",
        "SG.",
    ];
    for piece in pieces {
        for anchor in ["SG.", "U0cu", "53472e"] {
            let side = piece.repeat(2 * STRETCH / piece.len());
            let text = format!("{side}{anchor}{side}");
            let at = side.len()..side.len() + anchor.len();
            for encoding in Encoding::ALL {
                open(text.as_bytes(), at.clone(), Opening { encoding, phase: 0 });
            }
        }
    }
}
