//! Which member of a store of ranges has which names: the map, as text and as a lookup.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::store::RecordId;

/// Divides the 65,536 slots of names among members. A name's slot is the first two bytes of the SHA-256 of [`RecordId::to_key`].
///
/// As text it has a version, and then the ranges in ascending order, all slots and each once. A member may have several.
///
/// ```
/// use camtoken::store::RangeMap;
///
/// let map: RangeMap = "version 1\n0000-7fff east\n8000-ffff west\n".parse()?;
/// assert_eq!(map.members().collect::<Vec<_>>(), ["east", "west"]);
/// assert!("version 1\n0000-7fff east\n".parse::<RangeMap>().is_err());
/// # Ok::<(), camtoken::store::RangeMapError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeMap {
    version: u64,
    /// The names, in the order in which their first ranges are.
    members: Vec<String>,
    ranges: Vec<(RangeInclusive<u16>, usize)>,
}

impl RangeMap {
    /// The names of the members. The first one also keeps what belongs to no customer: the key-check value and the clocks.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(String::as_str)
    }

    /// The index among [`RangeMap::members`] of the one that has a record.
    #[must_use]
    pub fn member_of(&self, id: &RecordId) -> usize {
        if matches!(id, RecordId::Clock | RecordId::KeyCheck | RecordId::Ranges) {
            return 0;
        }
        let [high, low, ..] = <[u8; 32]>::from(Sha256::digest(id.to_key()));
        let slot = u16::from_be_bytes([high, low]);
        let place = self.ranges.partition_point(|(range, _)| *range.end() < slot);
        self.ranges[place].1
    }

    fn push(&mut self, range: RangeInclusive<u16>, name: &str) -> Result<(), Fault> {
        let begins = match self.ranges.last() {
            None => Some(0),
            Some((last, _)) => last.end().checked_add(1),
        };
        if Some(*range.start()) != begins || range.is_empty() {
            return Err(Fault::Order);
        }
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=32).contains(&name.len()) || !name.bytes().all(is_name) {
            return Err(Fault::Name);
        }
        let member = self.members.iter().position(|known| known == name).unwrap_or(self.members.len());
        if member == self.members.len() {
            self.members.push(name.to_owned());
        }
        self.ranges.push((range, member));
        Ok(())
    }
}

/// Gives back what [`RangeMap::from_str`] reads.
impl fmt::Display for RangeMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "version {}", self.version)?;
        self.ranges.iter().try_for_each(|(range, member)| {
            writeln!(f, "{:04x}-{:04x} {}", range.start(), range.end(), self.members[*member])
        })
    }
}

impl FromStr for RangeMap {
    type Err = RangeMapError;

    fn from_str(text: &str) -> Result<Self, RangeMapError> {
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let (number, first) = lines.next().unwrap_or((1, ""));
        let version = first.strip_prefix("version ").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let version = version.and_then(|digits| digits.parse().ok()).filter(|known| *known > 0);
        let version = version.ok_or(RangeMapError { line: number, fault: Fault::Version })?;
        let mut map = Self { version, members: Vec::new(), ranges: Vec::new() };
        let mut last = number;
        for (number, line) in lines {
            read_range(line)
                .and_then(|(range, name)| map.push(range, name))
                .map_err(|fault| RangeMapError { line: number, fault })?;
            last = number;
        }
        match map.ranges.last() {
            Some((range, _)) if *range.end() == u16::MAX => Ok(map),
            _ => Err(RangeMapError { line: last, fault: Fault::End }),
        }
    }
}

fn read_range(line: &str) -> Result<(RangeInclusive<u16>, &str), Fault> {
    let (range, name) = line.split_once(' ').ok_or(Fault::Range)?;
    let (from, to) = range.split_once('-').ok_or(Fault::Range)?;
    // The standard library also takes a sign.
    let slot = |digits: &str| match digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => u16::from_str_radix(digits, 16).map_err(|_| Fault::Range),
        false => Err(Fault::Range),
    };
    Ok((slot(from)?..=slot(to)?, name))
}

/// A text is no map of ranges.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct RangeMapError {
    /// The line of the fault, from 1.
    pub line: usize,
    fault: Fault,
}

impl RangeMapError {
    /// What is wrong with the line.
    #[must_use]
    pub fn fault(&self) -> impl fmt::Display + use<> {
        self.fault
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("expected \"version\" and a number from 1")]
    Version,
    #[error("expected a range of four hexadecimal digits each, such as \"0000-7fff\", and a member")]
    Range,
    #[error("the range does not begin where the one before it ends, or the first not at 0000")]
    Order,
    #[error("a member's name has 1 to 32 lower-case letters, digits and hyphens")]
    Name,
    #[error("the last range does not end at ffff")]
    End,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_each_slot_once() {
        let thirds = "version 7\n0000-5554 a\n5555-aaa9 b-2\naaaa-fffe c\nffff-ffff a\n";
        assert_eq!(thirds.parse::<RangeMap>().expect("a map").to_string(), thirds);
        for (text, line) in [
            ("", 1),
            ("version 0\n0000-ffff a\n", 1),
            ("version +1\n0000-ffff a\n", 1),
            ("version 1\n", 1),
            ("version 1\n0000-fffe a\n", 2),
            ("version 1\n0001-ffff a\n", 2),
            ("version 1\n0000-7fff a\n7fff-ffff b\n", 3),
            ("version 1\n0000-7fff a\n8001-ffff b\n", 3),
            ("version 1\n0000-ffff a\n0000-ffff b\n", 3),
            ("version 1\n0000-ffff\n", 2),
            ("version 1\n0000-ffff A\n", 2),
            ("version 1\n0-ffff a\n", 2),
            ("version 1\n+000-ffff a\n", 2),
            ("version 1\n0000-ffff a b\n", 2),
        ] {
            assert_eq!(text.parse::<RangeMap>().map_err(|error| error.line), Err(line), "{text:?}");
        }
    }

    /// The slots are those of `printf 'tA\0' | sha256sum | cut -c 1-4`, and so on. If they changed, no record would be found.
    #[test]
    fn a_name_keeps_its_slot() {
        let activation = RecordId::Activation(crate::key::ActivationId::from_bytes([1; 6]));
        let named = |name: &str| name.parse::<RecordId>().expect("a record");
        for (id, slot) in [
            (named("token:A"), 0x05ab_u16),
            (named("token:KKK0000001"), 0xacdc),
            (named("generator:12345678"), 0x4e5f),
            (activation, 0xbedf),
        ] {
            let (before, behind) = (slot - 1, slot + 1);
            let text = format!("version 1\n0000-{before:04x} a\n{slot:04x}-{slot:04x} b\n{behind:04x}-ffff c\n");
            let map: RangeMap = text.parse().expect("a map");
            assert_eq!(map.members().nth(map.member_of(&id)), Some("b"), "{id}");
        }
        let map: RangeMap = "version 1\n0000-0000 a\n0001-ffff b\n".parse().expect("a map");
        assert!([RecordId::Clock, RecordId::KeyCheck, RecordId::Ranges].iter().all(|id| map.member_of(id) == 0));
    }
}
