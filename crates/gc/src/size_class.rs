//! Size classes: which cell an allocation gets.
//!
//! The sizes are those of Go (listed in its `internal/runtime/gc`), because `cap` after `append` shows
//! them. Objects above the largest class are *large* and get whole blocks.
//!
//! A *lane* is a size class together with whether its cells hold pointers: `class * 2 + scan`. Each
//! lane has blocks of its own.

/// Bytes of a block: the unit in which address space is handed out.
pub(crate) const BLOCK: u64 = 1 << BLOCK_SHIFT;
/// log2 of `BLOCK`.
pub(crate) const BLOCK_SHIFT: u32 = 16;

/// The largest object that lives in a block with others.
pub(crate) const MAX_SMALL: u64 = 32768;

/// Large objects are accounted for in units of this size, as Go's pages.
pub(crate) const PAGE: u64 = 8192;

/// Pointerful objects above this size have a header in Go, which shows in `cap`.
const HEADER_FROM: usize = 512;
const HEADER: usize = 8;

/// Cell sizes by class; class 0 stands for large objects.
#[rustfmt::skip]
pub(crate) const CLASS_SIZES: [u32; 67] = [
    0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352,
    384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304,
    2688, 3072, 3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880,
    12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672,
];

/// The last class: 32768 bytes.
const LAST: u8 = 67;

/// How many classes there are, the one for large objects included.
pub(crate) const CLASSES: usize = LAST as usize + 1;

/// How many lanes are addressable by the `u8` that names one.
pub(crate) const LANES: usize = 256;

/// The lane of what has no cursor: objects that are large or of size zero.
pub(crate) const NO_LANE: u8 = 255;

/// The cell size of a class.
pub(crate) const fn class_size(class: u8) -> u32 {
    if class == LAST { MAX_SMALL as u32 } else { CLASS_SIZES[class as usize] }
}

/// Classes of sizes up to 1024, by size / 8 rounded up.
const FINE: [u8; 129] = {
    let mut table = [0; 129];
    let mut ix = 1;
    let mut class = 1;
    while ix < 129 {
        while class_size(class) < ix as u32 * 8 {
            class += 1;
        }
        table[ix] = class;
        ix += 1;
    }
    table
};

/// Classes of sizes from 1024 on, by (size - 1024) / 128 rounded up.
const COARSE: [u8; 249] = {
    let mut table = [0; 249];
    let mut ix = 0;
    let mut class = 1;
    while ix < 249 {
        while class_size(class) < 1024 + ix as u32 * 128 {
            class += 1;
        }
        table[ix] = class;
        ix += 1;
    }
    table
};

/// The class of a size from 1 to `MAX_SMALL`.
#[inline]
pub(crate) fn class_of(bytes: u64) -> u8 {
    debug_assert!(bytes > 0 && bytes <= MAX_SMALL);
    if bytes <= 1024 {
        FINE[(bytes as usize).div_ceil(8)]
    } else {
        COARSE[(bytes as usize - 1024).div_ceil(128)]
    }
}

/// The lane of a size, `NO_LANE` if it has none.
#[inline]
pub(crate) fn lane_of(bytes: u64, noscan: bool) -> u8 {
    if bytes == 0 || bytes > MAX_SMALL { NO_LANE } else { class_of(bytes) * 2 + u8::from(!noscan) }
}

/// The bytes that Go's allocator gives for a request: what `append` may use of the new memory.
///
/// `noscan` says that the elements hold no pointers. Sizes that cannot be rounded are returned as they
/// are, and so is 0.
#[must_use]
pub fn size_class_bytes(bytes: usize, noscan: bool) -> usize {
    if bytes == 0 {
        return 0;
    }
    if bytes <= MAX_SMALL as usize - HEADER {
        let header = if !noscan && bytes > HEADER_FROM { HEADER } else { 0 };
        return class_size(class_of((bytes + header) as u64)) as usize - header;
    }
    bytes.checked_next_multiple_of(PAGE as usize).unwrap_or(bytes)
}

/// Divides offsets in a block by a cell size with a multiplication: `offset * magic >> 32`.
pub(crate) const fn magic_of(cell_bytes: u32) -> u32 {
    u32::MAX / cell_bytes + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_divides_exactly() {
        for class in 1..=LAST {
            let size = class_size(class);
            let magic = u64::from(magic_of(size));
            for offset in 0..BLOCK {
                assert_eq!((offset * magic) >> 32, offset / u64::from(size), "{size} {offset}");
            }
        }
    }

    #[test]
    fn class_is_the_smallest_that_fits() {
        for bytes in 1..=MAX_SMALL {
            let class = class_of(bytes);
            assert!(u64::from(class_size(class)) >= bytes);
            assert!(class == 1 || u64::from(class_size(class - 1)) < bytes);
        }
    }

    #[test]
    fn rounding_is_that_of_go() {
        for (bytes, noscan, rounded) in [
            (0, true, 0),
            (1, true, 8),
            (33, true, 48),
            (512, false, 512),
            (513, false, 568),
            (513, true, 576),
            (1024, false, 1144),
            (5000, true, 5376),
            (32760, true, 32768),
            (32760, false, 32760),
            (32761, true, 32768),
            (32769, true, 40960),
            (100_000, false, 106_496),
        ] {
            assert_eq!(size_class_bytes(bytes, noscan), rounded, "{bytes} {noscan}");
        }
        assert_eq!(size_class_bytes(usize::MAX, true), usize::MAX);
    }
}
