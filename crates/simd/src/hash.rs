//! The two hash functions, as far as every engine sees them.

use sha1::Digest;
use zeroize::Zeroize;

/// SHA-1 (FIPS 180-4, section 6.1): 20 bytes.
pub enum Sha1 {}

/// SHA-256 (FIPS 180-4, section 6.2): 32 bytes.
pub enum Sha256 {}

/// A state, or a digest: `a` to `h`; of SHA-1 the first five.
pub type State = [u32; 8];

/// What the kernels need of a hash function. Cannot be named outside of this crate.
pub trait Function: Sized + 'static {
    /// The bytes of a digest.
    const LEN: usize;
    /// The state that a hash starts from.
    const INITIAL: State;
    /// Which word of the state is at each place of a midstate: the order that the SHA extensions work in.
    const ORDER: [usize; 8];

    /// Takes one block in: the portable kernel.
    fn compress(state: &mut State, block: &[u8; 64]);

    /// What a round adds beside the state, for a block that is known beforehand.
    fn schedule(words: &[u32; 16]) -> Schedule;

    /// Hashes a key that is longer than a block (RFC 2104).
    fn digest(bytes: &[u8], into: &mut [u8]);
}

/// The message schedule of one block with the rounds' constants added: 80 words for SHA-1, 64 for SHA-256.
#[repr(align(64))]
pub struct Schedule(pub(crate) [u32; 80]);

impl Drop for Schedule {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Function for Sha1 {
    const LEN: usize = 20;
    const INITIAL: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0, 0, 0, 0];
    const ORDER: [usize; 8] = [3, 2, 1, 0, 5, 6, 7, 4];

    fn compress(state: &mut State, block: &[u8; 64]) {
        let five = state.first_chunk_mut().expect("eight words");
        sha1::block_api::compress(five, core::slice::from_ref(block));
    }

    fn schedule(words: &[u32; 16]) -> Schedule {
        let mut w = Schedule([0; 80]);
        w.0[..16].copy_from_slice(words);
        for t in 16..80 {
            w.0[t] = (w.0[t - 3] ^ w.0[t - 8] ^ w.0[t - 14] ^ w.0[t - 16]).rotate_left(1);
        }
        for (t, word) in w.0.iter_mut().enumerate() {
            *word = word.wrapping_add(SHA1_K[t / 20]);
        }
        w
    }

    fn digest(bytes: &[u8], into: &mut [u8]) {
        into[..Self::LEN].copy_from_slice(&sha1::Sha1::digest(bytes));
    }
}

impl Function for Sha256 {
    const LEN: usize = 32;
    const INITIAL: State =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
    const ORDER: [usize; 8] = [5, 4, 1, 0, 7, 6, 3, 2];

    fn compress(state: &mut State, block: &[u8; 64]) {
        sha2::block_api::compress256(state, core::slice::from_ref(block));
    }

    fn schedule(words: &[u32; 16]) -> Schedule {
        let mut w = Schedule([0; 80]);
        w.0[..16].copy_from_slice(words);
        for t in 16..64 {
            let (near, far) = (w.0[t - 15], w.0[t - 2]);
            let sigma0 = near.rotate_right(7) ^ near.rotate_right(18) ^ (near >> 3);
            let sigma1 = far.rotate_right(17) ^ far.rotate_right(19) ^ (far >> 10);
            w.0[t] = w.0[t - 16].wrapping_add(sigma0).wrapping_add(w.0[t - 7]).wrapping_add(sigma1);
        }
        for (word, constant) in w.0.iter_mut().zip(&SHA256_K.0) {
            *word = word.wrapping_add(*constant);
        }
        w
    }

    fn digest(bytes: &[u8], into: &mut [u8]) {
        into[..Self::LEN].copy_from_slice(&sha2::Sha256::digest(bytes));
    }
}

/// The constants of SHA-1's four times twenty rounds.
pub(crate) const SHA1_K: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];

#[repr(align(64))]
pub(crate) struct Constants(pub [u32; 64]);

/// The constants of SHA-256's rounds: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
pub(crate) static SHA256_K: Constants = Constants(cube_root_fractions());

const fn cube_root_fractions() -> [u32; 64] {
    let mut constants = [0; 64];
    let (mut count, mut candidate) = (0, 2u128);
    while count < 64 {
        let mut divisor = 2;
        while divisor * divisor <= candidate && candidate % divisor != 0 {
            divisor += 1;
        }
        if divisor * divisor > candidate {
            // The largest root with root^3 <= candidate * 2^96; its low 32 bits are the fraction. 311^(1/3) < 8.
            let (mut root, mut bit) = (0u128, 1u128 << 34);
            while bit > 0 {
                let next = root | bit;
                if next * next * next <= candidate << 96 {
                    root = next;
                }
                bit >>= 1;
            }
            constants[count] = root as u32;
            count += 1;
        }
        candidate += 1;
    }
    constants
}
