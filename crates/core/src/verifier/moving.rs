//! The moving factor of a generator's passwords: its algorithm, and its counter or time step at present.

use core::num::NonZeroU32;

use camtoken_oath::{Digits, Hash};
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::card::CardSuite;

/// The moving factor of a generator's passwords: its algorithm, and its counter or time step at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Moving {
    /// The time: RFC 6238.
    #[n(0)]
    Time {
        /// The hash under the HMAC.
        #[n(0)]
        #[cbor(with = "hash")]
        hash: Hash,
        /// The length of a password.
        #[n(1)]
        #[cbor(with = "digits")]
        digits: Digits,
        /// The length of a time step, in seconds.
        #[n(2)]
        step_secs: NonZeroU32,
        /// How many steps its clock is ahead of the verifier's, at most [`Moving::MAX_DRIFT`] either way; more counts as that.
        #[n(3)]
        #[cbor(with = "drift")]
        drift: i64,
        /// The last time step whose password was accepted.
        #[n(4)]
        last_step: Option<u64>,
    },
    /// A counter: RFC 4226, with SHA-1.
    #[n(1)]
    Event {
        /// The length of a password.
        #[n(0)]
        #[cbor(with = "digits")]
        digits: Digits,
        /// The next value that is accepted.
        #[n(1)]
        next: u64,
        /// The store was restored since, so passwords from `next` on may have been used: only consecutive ones are accepted, which
        /// find the counter again. A maker's generator is none of these.
        #[n(2)]
        #[cbor(with = "flag", has_nil)]
        restored: bool,
    },
    /// A question, and a counter where the suite has one: RFC 6287. A card.
    #[n(2)]
    Card {
        /// Its suite.
        #[n(0)]
        suite: CardSuite,
        /// The next value of the counter that is accepted; 0 where the suite has no counter.
        #[n(1)]
        next: u64,
        /// As for [`Moving::Event`]; never of a suite without a counter.
        #[n(2)]
        #[cbor(with = "flag", has_nil)]
        restored: bool,
    },
}

impl Moving {
    /// How many time steps a generator's clock may be off: half an hour, with steps of 30 s.
    pub const MAX_DRIFT: i64 = 60;

    /// A counter that begins at `next`.
    #[must_use]
    pub const fn event(digits: Digits, next: u64) -> Self {
        Self::Event { digits, next, restored: false }
    }

    /// A card whose counter, if its suite has one, begins at `next`.
    #[must_use]
    pub fn card(suite: CardSuite, next: u64) -> Self {
        let next = if suite.suite().counter() { next } else { 0 };
        Self::Card { suite, next, restored: false }
    }

    /// Combines it with the counter or time step at another verifier, which has handed it on: passwords that were used there count as
    /// used here. `None` when that one has another algorithm. An older file changes nothing.
    #[must_use]
    pub fn merged(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Event { digits, next, restored }, Self::Event { digits: same, next: later, .. })
                if digits == same =>
            {
                Some(Self::Event { digits, next: next.max(later), restored })
            }
            (
                Self::Time { hash, digits, step_secs, drift, last_step },
                Self::Time { hash: h, digits: d, step_secs: s, drift: later_drift, last_step: later },
            ) if (hash, digits, step_secs) == (h, d, s) => {
                let drift = if later > last_step { later_drift } else { drift };
                Some(Self::Time { hash, digits, step_secs, drift, last_step: last_step.max(later) })
            }
            (Self::Card { suite, next, restored }, Self::Card { suite: same, next: later, .. }) if suite == same => {
                Some(Self::Card { suite, next: next.max(later), restored })
            }
            _ => None,
        }
    }

    /// Whether a single password proves nothing, because it may have been used before the store was restored.
    #[must_use]
    pub const fn needs_resynchronisation(&self) -> bool {
        matches!(self, Self::Event { restored: true, .. } | Self::Card { restored: true, .. })
    }
}

type Written<W> = Result<(), minicbor::encode::Error<<W as minicbor::encode::Write>::Error>>;
type Read<T> = Result<T, minicbor::decode::Error>;

/// Within its bounds; before there were any, records could have more.
mod drift {
    use super::{Decoder, Encoder, Moving, Read, Written};

    pub fn encode<C, W: minicbor::encode::Write>(drift: &i64, to: &mut Encoder<W>, _: &mut C) -> Written<W> {
        to.i64((*drift).clamp(-Moving::MAX_DRIFT, Moving::MAX_DRIFT)).map(|_| ())
    }

    pub fn decode<C>(from: &mut Decoder<'_>, _: &mut C) -> Read<i64> {
        Ok(from.i64()?.clamp(-Moving::MAX_DRIFT, Moving::MAX_DRIFT))
    }
}

/// Written where it is set only.
mod flag {
    use super::{Decoder, Encoder, Read, Written};

    pub fn encode<C, W: minicbor::encode::Write>(flag: &bool, to: &mut Encoder<W>, _: &mut C) -> Written<W> {
        to.bool(*flag).map(|_| ())
    }

    pub fn decode<C>(from: &mut Decoder<'_>, _: &mut C) -> Read<bool> {
        from.bool()
    }

    pub fn is_nil(flag: &bool) -> bool {
        !flag
    }

    pub fn nil() -> Option<bool> {
        Some(false)
    }
}

/// As the length of its value, in bytes.
mod hash {
    use super::{Decoder, Encoder, Hash, Read, Written};

    pub fn encode<C, W: minicbor::encode::Write>(hash: &Hash, to: &mut Encoder<W>, _: &mut C) -> Written<W> {
        to.u8(u8::try_from(hash.output_len()).expect("at most 64 bytes")).map(|_| ())
    }

    pub fn decode<C>(from: &mut Decoder<'_>, _: &mut C) -> Read<Hash> {
        let len = from.u8()?;
        let known = Hash::ALL.into_iter().find(|hash| hash.output_len() == usize::from(len));
        known.ok_or_else(|| minicbor::decode::Error::message("hash"))
    }
}

mod digits {
    use super::{Decoder, Digits, Encoder, Read, Written};

    pub fn encode<C, W: minicbor::encode::Write>(digits: &Digits, to: &mut Encoder<W>, _: &mut C) -> Written<W> {
        to.u8(digits.get()).map(|_| ())
    }

    pub fn decode<C>(from: &mut Decoder<'_>, _: &mut C) -> Read<Digits> {
        Digits::try_from(from.u8()?).map_err(|_| minicbor::decode::Error::message("digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hash of 21 bytes was once registered, and then each password found a damaged record. The bytes are by cbor2.
    #[test]
    fn what_no_generator_computes_is_no_record() {
        let read = |hex: &str| {
            let bytes = base16ct::lower::decode_vec(hex).expect("digits");
            minicbor::decode::<Moving>(&bytes).ok()
        };
        let step_secs = NonZeroU32::new(60).expect("not 0");
        let time = Moving::Time { hash: Hash::Sha1, digits: Digits::SIX, step_secs, drift: -3, last_step: Some(7) };
        assert_eq!(read("8200851406183c2207"), Some(time));
        let far = Moving::Time { hash: Hash::Sha1, digits: Digits::SIX, step_secs, drift: 60, last_step: None };
        assert_eq!(read("8200851406183c1afffffffff6"), Some(far), "of a record without bounds");
        assert_eq!(read("8201820609"), Some(Moving::event(Digits::SIX, 9)));
        assert_eq!(read("8201830609f5"), Some(Moving::Event { digits: Digits::SIX, next: 9, restored: true }));
        assert_eq!(
            minicbor::to_vec(Moving::event(Digits::SIX, 9)).ok(),
            base16ct::lower::decode_vec("8201820609").ok()
        );
        for none in ["8200851506183c2207", "820085140b183c2207", "82008514060022f6", "8201820309"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
