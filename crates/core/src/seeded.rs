//! Randomness that is the same in every run.

use core::convert::Infallible;

use rand::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

/// SHA-256 over the seed and the number of the block. For tests only: who has the seed has the keys.
pub struct Seeded {
    seed: [u8; 32],
    block: u64,
}

impl Seeded {
    /// The same seed gives the same bytes.
    #[must_use]
    pub fn new(seed: &str) -> Self {
        Self { seed: Sha256::digest(seed).into(), block: 0 }
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::new_with_prefix(self.seed).chain_update(self.block.to_be_bytes()).finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
            self.block += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}
