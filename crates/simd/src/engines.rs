//! The hash functions, and what each instruction set adds to them.

use crate::hash::{Function, Sha1, Sha256};

/// A hash function that the engines know: [`Sha1`] or [`Sha256`].
pub trait Hash: Function + Kernels {}

impl Hash for Sha1 {}
impl Hash for Sha256 {}

/// What an instruction set adds to a [`Function`].
#[cfg(all(feature = "kernels", target_arch = "x86_64"))]
pub trait Kernels: crate::x86::sha_ni::Kernel + crate::x86::avx512::Kernel {}
#[cfg(all(feature = "kernels", target_arch = "x86_64"))]
impl<T: crate::x86::sha_ni::Kernel + crate::x86::avx512::Kernel> Kernels for T {}
/// What an instruction set adds to a [`Function`].
#[cfg(not(all(feature = "kernels", target_arch = "x86_64")))]
pub trait Kernels {}
#[cfg(not(all(feature = "kernels", target_arch = "x86_64")))]
impl<T> Kernels for T {}
