//! Which instructions compute.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

/// A way of computing that this processor is known to have: a value of this type is the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Engine(pub(crate) Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    ShaNi,
    #[cfg(target_arch = "x86_64")]
    ShaNiPair,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The environment variable that names the engine to use, should the best one be doubted.
const VARIABLE: &str = "CAMTOKEN_ENGINE";

impl Engine {
    /// The one that every processor has.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// Every engine that this processor has, the fastest last.
    pub fn available() -> impl DoubleEndedIterator<Item = Self> {
        Kind::ALL.iter().copied().filter(|kind| kind.is_available()).map(Self)
    }

    /// The fastest, or the one that the environment variable `CAMTOKEN_ENGINE` names if this processor has it. Decided
    /// once in a process.
    #[must_use]
    pub fn best() -> Self {
        static BEST: OnceLock<Engine> = OnceLock::new();
        *BEST.get_or_init(|| {
            let named = std::env::var(VARIABLE).ok().and_then(|name| name.parse().ok());
            named.or_else(|| Self::available().next_back()).unwrap_or(Self::PORTABLE)
        })
    }

    /// The name, as `CAMTOKEN_ENGINE` takes it.
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

/// Why a name gives no engine.
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

impl std::error::Error for EngineError {}

#[cfg(target_arch = "x86_64")]
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
        let sha = || is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1");
        let avx512 = || is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        match self {
            Self::Portable => true,
            Self::ShaNi | Self::ShaNiPair => sha(),
            Self::Avx512 => sha() && avx512(),
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
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
    use super::*;

    #[test]
    fn names_are_read_as_written() {
        assert_eq!(Engine::available().next(), Some(Engine::PORTABLE));
        for engine in Engine::available() {
            assert_eq!(engine.to_string().parse(), Ok(engine));
        }
        assert_eq!("abacus".parse::<Engine>(), Err(EngineError::Unknown));
    }
}
