//! Reads dotenv files out of arbitrary bytes: no panic, spans in bounds and in order, each key found again by each of its bytes, and
//! nothing read differently because of what stands on lines before it.

use waxseal::scan::assignment::{Lang, read_all, read_at};

/// One input.
pub fn run(text: &[u8]) {
    let mut last = 0;
    for found in read_all(text, 0..text.len(), Lang::Env) {
        let (key, value) = (found.key.range(), found.value.range());
        assert!(last <= key.start && key.start < key.end && key.end <= value.start);
        assert!(value.start <= value.end && value.end <= found.end && found.end <= text.len());
        for at in [key.start, key.end - 1] {
            assert_eq!(read_at(text, at, Lang::Env), Some(found));
        }
        // from the line of the key on, the same is read
        let line = text[..key.start]
            .iter()
            .rposition(|b| matches!(b, b'\n' | b'\r'))
            .map_or(0, |end| end + 1);
        let again = read_all(&text[line..], 0..text.len() - line, Lang::Env)
            .find(|again| again.key.shifted(line) == found.key)
            .expect("the key stands on its line");
        assert_eq!(
            (again.value.shifted(line), again.form),
            (found.value, found.form)
        );
        last = key.end;
    }
}
