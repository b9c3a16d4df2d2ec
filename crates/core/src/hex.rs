//! Identifiers of fixed length, and their hexadecimal digits.

/// The parts that every identifier of fixed length has: its bytes, and hexadecimal digits for people.
macro_rules! hex_id {
    ($name:ident, $len:literal, $error:expr) => {
        impl $name {
            /// The length of the identifier, in bytes.
            pub const LEN: usize = $len;

            /// The identifier as it stands in a code.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
                Self(bytes)
            }

            /// The identifier as it stands in a code.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
                &self.0
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(&base16ct::lower::encode_string(&self.0))
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::key::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::hex::parse(text).map(Self).ok_or($error)
            }
        }
    };
}

pub(crate) use hex_id;

/// Reads exactly `2 * N` hexadecimal digits of either case.
pub(crate) fn parse<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (text.len() == 2 * N).then_some(())?;
    base16ct::mixed::decode(text, &mut bytes).ok()?;
    Some(bytes)
}
