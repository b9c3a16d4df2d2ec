//! The four levels of error correction.

/// How much of a symbol may be damaged: about 7, 15, 25 or 30 % of its codewords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EcLevel {
    /// 7 %
    L,
    /// 15 %
    M,
    /// 25 %
    Q,
    /// 30 %
    H,
}

impl EcLevel {
    /// The least protected first, as table 9 has them.
    pub(crate) const ALL: [Self; 4] = [Self::L, Self::M, Self::Q, Self::H];
}
