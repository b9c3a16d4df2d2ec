//! The words of a content stream (ISO 32000-1, 7.8.2): operands, and after them their operator.

use super::dictionary::find;

/// A word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Word<'a> {
    Number(f32),
    /// Without its slash.
    Name(&'a [u8]),
    Operator(&'a [u8]),
    /// An image in the content: its dictionary and its data.
    Image(&'a [u8], &'a [u8]),
}

/// The words of a content; texts and the marks of lists are left out.
pub(super) struct Words<'a> {
    rest: &'a [u8],
}

impl<'a> Words<'a> {
    pub const fn of(content: &'a [u8]) -> Self {
        Self { rest: content }
    }

    /// Takes the bytes up to the first for which this is true.
    fn take(&mut self, is_end: impl Fn(&u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(is_end).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// Takes a text in round brackets, which may have others in it.
    fn skip_text(&mut self) {
        let (mut depth, mut is_escaped) = (0u32, false);
        let end = self.rest.iter().position(|&byte| {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        self.rest = end.map_or(&[], |end| &self.rest[end + 1..]);
    }

    /// The image after `BI` (8.9.7): its data go up to an `EI` that stands alone.
    fn image(&mut self) -> Option<Word<'a>> {
        let begin = find(self.rest, b"ID")?;
        let (dictionary, data) = (&self.rest[..begin], self.rest.get(begin + 3..)?);
        let mut at = 0;
        loop {
            at += find(&data[at..], b"EI")?;
            let is_space = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
            if at > 0 && is_space(data.get(at - 1)) && is_space(data.get(at + 2)) {
                self.rest = &data[at + 2..];
                return Some(Word::Image(dictionary, &data[..at - 1]));
            }
            at += 2;
        }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let (&first, tail) = self.rest.split_first()?;
            match first {
                b'(' => self.skip_text(),
                b'%' => {
                    self.take(|byte| matches!(byte, b'\r' | b'\n'));
                }
                b'/' => {
                    self.rest = tail;
                    return Some(Word::Name(self.take(is_end)));
                }
                b'<' if !tail.starts_with(b"<") => {
                    self.take(|byte| *byte == b'>');
                }
                b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b')' | 0 => {
                    self.rest = tail.strip_prefix(b"<").filter(|_| first == b'<').unwrap_or(tail);
                }
                _ => {
                    let word = self.take(is_end);
                    let number = str::from_utf8(word).ok().filter(|_| !first.is_ascii_alphabetic());
                    match number.and_then(|number| number.parse().ok()) {
                        Some(number) => return Some(Word::Number(number)),
                        None if word == b"BI" => return self.image(),
                        None => return Some(Word::Operator(word)),
                    }
                }
            }
        }
    }
}

/// What ends a word (7.2.2).
fn is_end(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || b"()<>[]{}/%\0".contains(byte)
}
