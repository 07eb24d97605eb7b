//! Offsets to lines and columns, for hits only.
//!
//! A table of line starts is built once for a text that has findings; a text without costs nothing. Large files
//! arrive in windows, so a [`Base`] carries the line and column at which a window begins. Lines end with `\n`.

/// Where a window begins in its file. Lines and columns counted before it, so both from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// Lines that ended before the window.
    pub lines: u64,
    /// Code points before the window on the line that it begins in, with one that it begins inside of.
    pub columns: u64,
    /// Bytes at the start of the window that belong to that last code point, and are not counted again.
    pub counted: usize,
}

impl Base {
    /// The base of a window that begins at offset `cut` of `text`, which begins at `self`. A code point that the cut
    /// divides is counted here, where all of it can be seen.
    #[must_use]
    pub fn after(self, text: &[u8], cut: usize) -> Base {
        let end = end_of_code_point(text, cut).max(self.counted.min(text.len()));
        let (before, counted) = (&text[..end], end - cut);
        match memchr::memrchr(b'\n', before) {
            Some(last) => Base {
                lines: self.lines + count_lines(before),
                columns: code_points(&before[last + 1..]),
                counted,
            },
            None => Base {
                lines: self.lines,
                columns: self.columns + code_points(&before[self.counted.min(end)..]),
                counted,
            },
        }
    }
}

/// Line starts of one text, and the last column that was asked for.
pub struct Lines<'t> {
    text: &'t [u8],
    base: Base,
    newlines: Vec<u32>,
    /// Line start, offset and column of the last answer: findings come in order, and a line of 50 MB must not be
    /// counted from its start for each of them.
    last: (usize, usize, u64),
}

impl<'t> Lines<'t> {
    /// Indexes `text`.
    ///
    /// # Panics
    /// When `text` is larger than 4 GiB; texts are windows.
    pub fn new(text: &'t [u8], base: Base) -> Self {
        let newlines = memchr::memchr_iter(b'\n', text)
            .map(|at| u32::try_from(at).expect("texts are windows below 4 GiB"))
            .collect();
        Self {
            text,
            base,
            newlines,
            last: (usize::MAX, 0, 0),
        }
    }

    /// Line and column of `offset`, from 1; columns in code points, a byte that is not UTF-8 counting as one.
    pub fn locate(&mut self, offset: usize) -> (u64, u64) {
        let line = self.newlines.partition_point(|&at| (at as usize) < offset);
        let start = line
            .checked_sub(1)
            .map_or(0, |before| self.newlines[before] as usize + 1);
        let (from, mut column) = match self.last {
            (last_start, last_offset, column) if last_start == start && last_offset <= offset => {
                (last_offset, column)
            }
            _ if line == 0 => (self.base.counted.min(offset), self.base.columns),
            _ => (start, 0),
        };
        column += code_points(&self.text[from..offset]);
        self.last = (start, offset, column);
        (self.base.lines + line as u64 + 1, column + 1)
    }

    /// The line of `offset`, from 1.
    pub fn number(&self, offset: usize) -> u64 {
        let line = self.newlines.partition_point(|&at| (at as usize) < offset);
        self.base.lines + line as u64 + 1
    }

    /// The bytes of the line that holds `offset`, as a range without its end (`\n` or `\r\n`).
    pub fn line(&self, offset: usize) -> std::ops::Range<usize> {
        let line = self.newlines.partition_point(|&at| (at as usize) < offset);
        let start = line
            .checked_sub(1)
            .map_or(0, |before| self.newlines[before] as usize + 1);
        let mut end = self
            .newlines
            .get(line)
            .map_or(self.text.len(), |&at| at as usize);
        if end > start && self.text[end - 1] == b'\r' {
            end -= 1;
        }
        start..end
    }
}

fn count_lines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

/// The end of the code point that offset `cut` divides; `cut` itself if it divides none.
fn end_of_code_point(text: &[u8], cut: usize) -> usize {
    let longest = text.len().min(cut + 3);
    let starts = (cut.saturating_sub(3)..cut).rev();
    let divided = starts.filter_map(|start| {
        let width = match text[start] {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return None,
        };
        let end = start + width;
        let is_whole =
            end > cut && end <= longest && std::str::from_utf8(&text[start..end]).is_ok();
        is_whole.then_some(end)
    });
    divided.max().unwrap_or(cut)
}

/// Code points in `text`; a byte that is not part of valid UTF-8 counts as one.
fn code_points(text: &[u8]) -> u64 {
    if text.is_ascii() {
        return text.len() as u64;
    }
    text.utf8_chunks()
        .map(|chunk| chunk.valid().chars().count() + chunk.invalid().len())
        .sum::<usize>() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_code_points_and_stray_bytes() {
        let text = "a\u{e9}\u{1f600}x\n"
            .bytes()
            .chain(*b"\xff\xfey")
            .collect::<Vec<_>>();
        let mut lines = Lines::new(&text, Base::default());
        assert_eq!(lines.locate(0), (1, 1));
        assert_eq!(lines.locate(7), (1, 4));
        assert_eq!(lines.locate(11), (2, 3));
        // backwards on the same line
        assert_eq!(lines.locate(9), (2, 1));
    }

    #[test]
    fn a_window_continues_the_line_it_begins_in() {
        let text = "first\ns\u{e9}cond h\u{20ac}lf \u{1f600}\u{1f600}\nthird\u{e9}".as_bytes();
        let file = [text, b"\xf0\x9f\x98 \xe9\xc3 x"].concat();
        for first in 0..file.len() {
            for second in first..file.len() {
                let base = Base::default()
                    .after(&file, first)
                    .after(&file[first..], second - first);
                let mut whole = Lines::new(&file, Base::default());
                let mut window = Lines::new(&file[second..], base);
                let is_inside = |at: &usize| (0x80..0xc0).contains(&file[*at]);
                for at in (second..file.len()).filter(|at| !is_inside(at)) {
                    assert_eq!(
                        window.locate(at - second),
                        whole.locate(at),
                        "cuts {first} {second} at {at}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_newline_belongs_to_the_line_it_ends() {
        let mut lines = Lines::new(b"ab\r\ncd", Base::default());
        assert_eq!(lines.locate(3), (1, 4));
        assert_eq!(lines.line(1), 0..2);
        assert_eq!(lines.line(4), 4..6);
    }
}
