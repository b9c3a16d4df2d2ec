//! Large pages for large tables.

use core::mem::MaybeUninit;

/// Asks the system to back a table that is about to be filled by large pages, if it is large enough for several.
///
/// A hint: in a table of millions of keys that are used in no order, finding the page costs more than finding the line.
pub fn prefer_large_pages<T>(table: &mut [MaybeUninit<T>]) {
    #[cfg(all(feature = "kernels", target_os = "linux"))]
    {
        const LARGE: usize = 2 << 20;

        let (start, len) = (table.as_mut_ptr().cast::<u8>(), size_of_val(table));
        // Only pages that lie within the table as a whole.
        let skipped = start.align_offset(LARGE);
        let within = len.saturating_sub(skipped) / LARGE * LARGE;
        if within > LARGE {
            // SAFETY: the range is a part of the table, which is borrowed for writing and holds no values; the advice changes
            // how it is mapped and not what it holds. A system that does not take it says so, and nothing is lost.
            unsafe { libc::madvise(start.add(skipped).cast(), within, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(all(feature = "kernels", target_os = "linux")))]
    let _ = table;
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn a_table_is_filled_as_ever() {
        for len in [0, 1, 1 << 16, 1 << 20, (1 << 20) + 77] {
            let mut table: Vec<u64> = Vec::with_capacity(len);
            prefer_large_pages(table.spare_capacity_mut());
            table.extend(0..len as u64);
            assert!(table.iter().copied().eq(0..len as u64), "{len}");
        }
    }
}
