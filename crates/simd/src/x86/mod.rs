//! Kernels for x86-64.

pub mod avx512;
pub mod sha_ni;
