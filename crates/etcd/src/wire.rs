//! Protocol Buffers, as far as etcd's messages need them: numbers, and bytes that may be messages.

use camtoken_remote::Failed;

/// Writes the fields of a message.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// A number. Zero is what a field is that was not written.
    #[must_use]
    pub fn number(mut self, field: u32, value: u64) -> Self {
        if value != 0 {
            self.varint(u64::from(field) << 3);
            self.varint(value);
        }
        self
    }

    /// The number zero, where it matters that the field is there.
    #[must_use]
    pub fn zero(mut self, field: u32) -> Self {
        self.varint(u64::from(field) << 3);
        self.varint(0);
        self
    }

    /// Bytes, text, or another message; also empty ones, which say that the field is there.
    #[must_use]
    pub fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub fn message(self, field: u32, message: Self) -> Self {
        self.bytes(field, &message.0)
    }

    /// The same field for each of these.
    pub fn messages(self, field: u32, messages: impl IntoIterator<Item = Self>) -> Self {
        messages.into_iter().fold(self, |all, message| all.message(field, message))
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field<'m> {
    Number(u64),
    Bytes(&'m [u8]),
}

/// The bytes are no message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl From<Malformed> for Failed {
    fn from(_: Malformed) -> Self {
        Self::Lost("the answer is no message of etcd".into())
    }
}

/// Reads the fields of a message in their order, with their numbers.
pub(super) struct Reader<'m>(&'m [u8]);

impl<'m> Reader<'m> {
    pub fn new(message: &'m [u8]) -> Self {
        Self(message)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(Malformed)?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    fn take(&mut self, len: u64) -> Result<&'m [u8], Malformed> {
        let len = usize::try_from(len).map_err(|_| Malformed)?;
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn field(&mut self) -> Result<(u32, Field<'m>), Malformed> {
        let tag = self.varint()?;
        let field = u32::try_from(tag >> 3).map_err(|_| Malformed)?;
        let value = match tag & 7 {
            0 => Field::Number(self.varint()?),
            1 => Field::Bytes(self.take(8)?),
            2 => {
                let len = self.varint()?;
                Field::Bytes(self.take(len)?)
            }
            5 => Field::Bytes(self.take(4)?),
            _ => return Err(Malformed),
        };
        Ok((field, value))
    }
}

impl<'m> Iterator for Reader<'m> {
    type Item = Result<(u32, Field<'m>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of <https://protobuf.dev/programming-guides/encoding/>.
    #[test]
    fn numbers_and_bytes_are_written_as_the_specification_has_them() {
        assert_eq!(Writer::default().number(1, 150).into_bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Writer::default().bytes(2, b"testing").into_bytes(), b"\x12\x07testing");
        let message = Writer::default().message(3, Writer::default().number(1, 150));
        assert_eq!(message.into_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = Writer::default().number(1, u64::MAX).bytes(64, b"").number(3, 0).number(4, 127).into_bytes();
        let read: Result<Vec<_>, _> = Reader::new(&bytes).collect();
        assert_eq!(read, Ok(vec![(1, Field::Number(u64::MAX)), (64, Field::Bytes(b"")), (4, Field::Number(127))]));
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_no_message() {
        let whole = Writer::default().number(1, 300).bytes(2, b"testing").into_bytes();
        for len in [1, 2, 4, 5, whole.len() - 1] {
            assert!(Reader::new(&whole[..len]).any(|field| field.is_err()), "{len} bytes");
        }
        assert!(
            Reader::new(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]).any(|f| f.is_err())
        );
        assert!(Reader::new(&[0x0b]).any(|field| field.is_err()), "groups are not used");
    }
}
