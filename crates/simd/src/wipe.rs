//! Short-lived secrets, wiped at the price of a few stores.

use core::ops::{Deref, DerefMut};

/// An array that is zero again when it is dropped. [`zeroize::Zeroizing`] writes byte after byte, which takes longer here
/// than the hash.
pub(crate) struct Wiped<T: Copy + Default, const N: usize>(pub [T; N]);

impl<T: Copy + Default, const N: usize> Drop for Wiped<T, N> {
    fn drop(&mut self) {
        self.0 = [T::default(); N];
        zeroize::optimization_barrier(&self.0);
    }
}

impl<T: Copy + Default, const N: usize> Deref for Wiped<T, N> {
    type Target = [T; N];

    fn deref(&self) -> &[T; N] {
        &self.0
    }
}

impl<T: Copy + Default, const N: usize> DerefMut for Wiped<T, N> {
    fn deref_mut(&mut self) -> &mut [T; N] {
        &mut self.0
    }
}
