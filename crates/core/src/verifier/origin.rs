//! The data of a token or generator in the file of its maker, beside its key, and when the key may be used.

use alloc::string::String;

use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::time::Timestamp;

/// The data of a maker's file about a token or generator, beside its key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Origin {
    /// The maker.
    #[n(0)]
    pub manufacturer: Option<String>,
    /// The maker's name of the model.
    #[n(1)]
    pub model: Option<String>,
    /// Distinguishes devices of one serial number.
    #[n(2)]
    pub issue_no: Option<String>,
    /// The ID of the key.
    #[n(3)]
    pub key_id: Option<String>,
    /// The issuer of the key.
    #[n(4)]
    pub issuer: Option<String>,
    /// When the device may be used.
    #[n(5)]
    pub device: Validity,
    /// When the key may be used.
    #[n(6)]
    pub key: Validity,
    /// The PIN that the device asks for.
    #[n(7)]
    pub pin: Option<DevicePin>,
}

impl Origin {
    /// When the key may be used in the device: neither before both of their dates nor after one of them.
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.device.and(self.key)
    }
}

/// A PIN that the device checks by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct DevicePin {
    /// The ID of the key whose secret is the PIN.
    #[n(0)]
    pub key_id: Option<String>,
    /// Wrong entries before the device locks.
    #[n(1)]
    pub max_failed_attempts: Option<u32>,
    /// The fewest characters.
    #[n(2)]
    pub min_length: Option<u32>,
    /// The most characters.
    #[n(3)]
    pub max_length: Option<u32>,
    /// Its characters, in the words of RFC 6030.
    #[n(4)]
    pub encoding: Option<String>,
}

/// From when until when a key may be used, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Validity {
    /// Not before.
    pub start: Option<Timestamp>,
    /// Not after.
    pub end: Option<Timestamp>,
}

impl Validity {
    /// Whether the key may be used at `now`.
    ///
    /// # Errors
    ///
    /// [`OutOfValidity`]
    pub fn check(self, now: Timestamp) -> Result<(), OutOfValidity> {
        match (self.start, self.end) {
            (Some(start), _) if now < start => Err(OutOfValidity::NotYet { start }),
            (_, Some(end)) if now > end => Err(OutOfValidity::Ended { end }),
            _ => Ok(()),
        }
    }

    /// The moment of its use that is nearest to `now`. Where it is never used, its end.
    #[must_use]
    pub fn nearest(self, now: Timestamp) -> Timestamp {
        let not_before = self.start.map_or(now, |start| start.max(now));
        self.end.map_or(not_before, |end| end.min(not_before))
    }

    /// The time in which both allow the use.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let end = match (self.end, other.end) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self { start: self.start.max(other.start), end }
    }
}

impl<C> Encode<C> for Validity {
    fn encode<W: minicbor::encode::Write>(
        &self,
        to: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        (self.start.map(Timestamp::as_unix), self.end.map(Timestamp::as_unix)).encode(to, context)
    }

    fn is_nil(&self) -> bool {
        *self == Self::default()
    }
}

impl<'b, C> Decode<'b, C> for Validity {
    fn decode(from: &mut Decoder<'b>, context: &mut C) -> Result<Self, minicbor::decode::Error> {
        let (start, end): (Option<u64>, Option<u64>) = Decode::decode(from, context)?;
        Ok(Self { start: start.map(Timestamp::from_unix), end: end.map(Timestamp::from_unix) })
    }

    fn nil() -> Option<Self> {
        Some(Self::default())
    }
}

/// Why a key may not be used at a moment.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq, Hash)]
pub enum OutOfValidity {
    /// It is too early.
    #[error("not valid before {start}")]
    NotYet {
        /// The first moment of its use.
        start: Timestamp,
    },
    /// It is too late.
    #[error("was valid until {end}")]
    Ended {
        /// The last moment of its use.
        end: Timestamp,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Option<Timestamp> {
        Some(Timestamp::from_unix(seconds))
    }

    #[test]
    fn a_key_is_used_from_its_first_second_to_its_last_of_both_dates() {
        let key = Validity { start: at(100), end: None };
        let device = Validity { start: at(50), end: at(200) };
        let both = Validity { start: at(100), end: at(200) };
        assert_eq!((key.and(device), device.and(key)), (both, both));
        let check = |seconds| both.check(Timestamp::from_unix(seconds));
        assert_eq!(check(99), Err(OutOfValidity::NotYet { start: Timestamp::from_unix(100) }));
        assert_eq!((check(100), check(200)), (Ok(()), Ok(())));
        assert_eq!(check(201), Err(OutOfValidity::Ended { end: Timestamp::from_unix(200) }));
        assert_eq!(Validity::default().check(Timestamp::default()), Ok(()));
    }
}
