//! The guest's allocator, which the host calls whenever it hands something over, and which then does as
//! it pleases.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use crate::boothsync::plugin::log;
use crate::time;

const MILD: u8 = 0;
const SPINNING: u8 = 1;
const CALLING: u8 = 2;

static MOOD: AtomicU8 = AtomicU8::new(MILD);

/// From now on allocating takes for ever.
pub fn spin() {
    MOOD.store(SPINNING, Relaxed);
}

/// From now on allocating calls the host.
pub fn call() {
    MOOD.store(CALLING, Relaxed);
}

struct Moody;

#[global_allocator]
static ALLOCATOR: Moody = Moody;

// SAFETY: what is handed out comes from the system's allocator, or nothing is.
unsafe impl GlobalAlloc for Moody {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match MOOD.load(Relaxed) {
            SPINNING => time::spin(),
            CALLING => log::write(log::Level::Info, "hello from within"),
            _ => {}
        }
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        System.dealloc(pointer, layout);
    }
}
