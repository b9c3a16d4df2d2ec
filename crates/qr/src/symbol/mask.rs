//! The eight masks, which break up large areas of one colour in the data (ISO/IEC 18004, 7.8.2).

/// A mask by its number, 0 to 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask(u8);

impl Mask {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..8).map(Self)
    }

    /// The mask of the lowest three bits.
    pub(super) const fn of_bits(bits: u8) -> Self {
        Self(bits & 7)
    }

    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    /// Whether it turns the module in column `x` and row `y` (table 10).
    pub fn flips(self, x: usize, y: usize) -> bool {
        let remainder = match self.0 {
            0 => (x + y) % 2,
            1 => y % 2,
            2 => x % 3,
            3 => (x + y) % 3,
            4 => (y / 2 + x / 3) % 2,
            5 => x * y % 2 + x * y % 3,
            6 => (x * y % 2 + x * y % 3) % 2,
            _ => ((x + y) % 2 + x * y % 3) % 2,
        };
        remainder == 0
    }
}
