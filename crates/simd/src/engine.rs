//! The choice of the instructions that compute.

use core::fmt;
use core::str::FromStr;
use core::sync::atomic::{AtomicU8, Ordering};

/// A way of computing that this processor is known to have: a value of this type is the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Engine(pub(crate) Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Portable,
    #[cfg(all(feature = "kernels", target_arch = "x86_64"))]
    ShaNi,
    #[cfg(all(feature = "kernels", target_arch = "x86_64"))]
    ShaNiPair,
    #[cfg(all(feature = "kernels", target_arch = "x86_64"))]
    Avx512,
}

/// The engine in use: 0 while none was chosen, else 1 more than its place in [`Kind::ALL`].
static IN_USE: AtomicU8 = AtomicU8::new(0);

impl Engine {
    /// The one that every processor has.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// Every engine that this processor has, the fastest last.
    pub fn available() -> impl DoubleEndedIterator<Item = Self> {
        Kind::ALL.iter().copied().filter(|kind| kind.is_available()).map(Self)
    }

    /// The engine in use: the fastest, unless [`Engine::set_in_use`] has chosen another.
    #[must_use]
    pub fn in_use() -> Self {
        match IN_USE.load(Ordering::Relaxed) {
            0 => {
                let fastest = Self::available().next_back().unwrap_or(Self::PORTABLE);
                fastest.set_in_use();
                fastest
            }
            place => Self(Kind::ALL[usize::from(place) - 1]),
        }
    }

    /// Computes with this engine from now on, in the whole process: for a program whose user doubts the fastest one.
    pub fn set_in_use(self) {
        let place = Kind::ALL.iter().position(|kind| *kind == self.0).expect("every kind is in the list");
        IN_USE.store(u8::try_from(place + 1).expect("a handful"), Ordering::Relaxed);
    }

    /// The name, which [`FromStr`] reads: `portable`, `sha-ni`, `sha-ni-x2`, `avx512`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0.name()
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Engine {
    type Err = EngineError;

    fn from_str(name: &str) -> Result<Self, EngineError> {
        let kind = Kind::ALL.iter().copied().find(|kind| kind.name() == name).ok_or(EngineError::Unknown)?;
        if kind.is_available() { Ok(Self(kind)) } else { Err(EngineError::Unavailable) }
    }
}

/// Why a name is no engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineError {
    /// There is none of that name.
    Unknown,
    /// This processor lacks its instructions.
    Unavailable,
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown engine",
            Self::Unavailable => "this processor does not have the engine's instructions",
        })
    }
}

impl core::error::Error for EngineError {}

#[cfg(all(feature = "kernels", target_arch = "x86_64"))]
impl Kind {
    const ALL: &[Self] = &[Self::Portable, Self::ShaNi, Self::ShaNiPair, Self::Avx512];

    const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::ShaNi => "sha-ni",
            Self::ShaNiPair => "sha-ni-x2",
            Self::Avx512 => "avx512",
        }
    }

    fn is_available(self) -> bool {
        let sha = || std::is_x86_feature_detected!("sha") && std::is_x86_feature_detected!("sse4.1");
        let avx512 = || std::is_x86_feature_detected!("avx512f") && std::is_x86_feature_detected!("avx512bw");
        match self {
            Self::Portable => true,
            Self::ShaNi | Self::ShaNiPair => sha(),
            Self::Avx512 => sha() && avx512(),
        }
    }
}

#[cfg(not(all(feature = "kernels", target_arch = "x86_64")))]
impl Kind {
    const ALL: &[Self] = &[Self::Portable];

    const fn name(self) -> &'static str {
        "portable"
    }

    const fn is_available(self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn the_engine_in_use_is_the_fastest_or_the_one_that_was_set() {
        let fastest = Engine::available().next_back().expect("there is always the portable one");
        assert_eq!(Engine::in_use(), fastest);
        for engine in Engine::available() {
            engine.set_in_use();
            assert_eq!(Engine::in_use(), engine);
        }
    }

    #[test]
    fn names_are_read_as_written() {
        assert_eq!(Engine::available().next(), Some(Engine::PORTABLE));
        for engine in Engine::available() {
            assert_eq!(engine.to_string().parse(), Ok(engine));
        }
        assert_eq!("abacus".parse::<Engine>(), Err(EngineError::Unknown));
    }
}
