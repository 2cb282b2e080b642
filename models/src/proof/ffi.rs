//! The C functions of librandomx, as its `randomx.h` declares them (version 1.2.3; version 2.0
//! changes none of these).

use std::ffi::{c_int, c_ulong, c_void};
use std::marker::{PhantomData, PhantomPinned};

// Builds and links the static library; none of its Rust is used.
use randomx_rs as _;

/// A type that C owns: never built, moved or read from Rust.
macro_rules! foreign {
    ($name:ident) => {
        #[repr(C)]
        pub(super) struct $name {
            _bytes: [u8; 0],
            _foreign: PhantomData<(*mut u8, PhantomPinned)>,
        }
    };
}

foreign!(RawCache);
foreign!(RawDataset);
foreign!(RawVm);

/// C's `unsigned long`, by which the library counts dataset items.
pub(super) type Items = usize;
const _: () = assert!(size_of::<Items>() == size_of::<c_ulong>(), "not a Unix");

pub(super) const FLAG_LARGE_PAGES: c_int = 1;
pub(super) const FLAG_HARD_AES: c_int = 2;
pub(super) const FLAG_FULL_MEM: c_int = 4;
pub(super) const FLAG_JIT: c_int = 8;
pub(super) const FLAG_SECURE: c_int = 16;
/// Version 2 of the algorithm; a library of version 1 ignores it.
pub(super) const FLAG_V2: c_int = 128;

pub(super) const HASH_SIZE: usize = 32;
pub(super) const DATASET_ITEM_SIZE: usize = 64;
/// `RANDOMX_ARGON_MEMORY` KiB.
pub(super) const CACHE_SIZE: usize = 256 << 20;

#[expect(
    unsafe_code,
    reason = "declares librandomx; see the SAFETY comment at each call"
)]
unsafe extern "C" {
    pub(super) safe fn randomx_get_flags() -> c_int;
    pub(super) safe fn randomx_dataset_item_count() -> Items;

    pub(super) safe fn randomx_alloc_cache(flags: c_int) -> *mut RawCache;
    pub(super) fn randomx_init_cache(cache: *mut RawCache, key: *const c_void, key_size: usize);
    pub(super) fn randomx_release_cache(cache: *mut RawCache);

    pub(super) safe fn randomx_alloc_dataset(flags: c_int) -> *mut RawDataset;
    pub(super) fn randomx_init_dataset(
        dataset: *mut RawDataset,
        cache: *mut RawCache,
        start_item: Items,
        item_count: Items,
    );
    pub(super) fn randomx_get_dataset_memory(dataset: *mut RawDataset) -> *mut c_void;
    pub(super) fn randomx_release_dataset(dataset: *mut RawDataset);

    pub(super) fn randomx_create_vm(
        flags: c_int,
        cache: *mut RawCache,
        dataset: *mut RawDataset,
    ) -> *mut RawVm;
    pub(super) fn randomx_vm_set_cache(machine: *mut RawVm, cache: *mut RawCache);
    pub(super) fn randomx_destroy_vm(machine: *mut RawVm);
    pub(super) fn randomx_calculate_hash(
        machine: *mut RawVm,
        input: *const c_void,
        input_size: usize,
        output: *mut c_void,
    );
}
