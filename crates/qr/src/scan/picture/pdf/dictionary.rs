//! The dictionary of a stream (ISO 32000-1, 7.3.7), as text: it is searched for keys, whatever is around them.

/// A dictionary, or a text that has one at its end.
#[derive(Clone, Copy)]
pub(super) struct Dictionary<'a>(pub &'a [u8]);

impl<'a> Dictionary<'a> {
    /// Whether this word is anywhere in it.
    pub fn has(self, word: &[u8]) -> bool {
        find(self.0, word).is_some()
    }

    /// The whole number that one of these keys has.
    pub fn number(self, keys: [&[u8]; 2]) -> Option<u32> {
        let digits = keys.iter().find_map(|key| self.value(key))?;
        let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
        str::from_utf8(&digits[..end]).ok()?.parse().ok()
    }

    /// The name that one of these keys has, or the names in its array.
    pub fn names(self, keys: [&[u8]; 2]) -> Vec<&'a [u8]> {
        let Some(value) = keys.iter().find_map(|key| self.value(key)) else { return Vec::new() };
        let (list, is_array) = value.strip_prefix(b"[").map_or((value, false), |list| (list, true));
        let end = if is_array { list.iter().position(|&byte| byte == b']').unwrap_or(list.len()) } else { list.len() };
        let parts = list[..end].split(|&byte| byte == b'/').skip(1);
        let names =
            parts.map(|part| &part[..part.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(part.len())]);
        let is_name = is_array || list.starts_with(b"/");
        names
            .take(if !is_name {
                0
            } else if is_array {
                usize::MAX
            } else {
                1
            })
            .collect()
    }

    /// The text after a key.
    fn value(self, key: &[u8]) -> Option<&'a [u8]> {
        let mut rest = self.0;
        loop {
            rest = &rest[find(rest, key)? + key.len()..];
            // Not the beginning of a longer key.
            if rest.first().is_some_and(|byte| !byte.is_ascii_alphanumeric()) {
                return Some(rest.trim_ascii_start());
            }
        }
    }
}

/// Where a word begins in a text.
pub(super) fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|part| part == word)
}
