//! Takes all there is.

use std::hint::black_box;

use crate::boothsync::plugin::{log, state};
use crate::{Answer, Order};

mod raw {
    wit_bindgen::generate!({ path: "wit", world: "raw", generate_all });
}

const PAGE: usize = 64 * 1024;

/// Asks politely until it is told no.
pub fn grows_to_the_cap(_: &Order) -> Answer {
    let mut kept = Vec::new();
    loop {
        let mut more = Vec::<u8>::new();
        if more.try_reserve_exact(1 << 20).is_err() {
            return Ok((kept.len() << 20).to_string());
        }
        kept.push(black_box(more));
    }
}

pub fn allocates_without_end(_: &Order) -> Answer {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![1u8; 1 << 20]));
    }
}

pub fn recurses_without_end(_: &Order) -> Answer {
    Ok(recurse(1).to_string())
}

fn recurse(n: u64) -> u64 {
    let page = black_box([n; 64]);
    if n == 0 {
        0
    } else {
        recurse(n + 1) + page[(n % 64) as usize]
    }
}

/// A text that claims to be longer than all of the guest's memory.
pub fn hands_over_three_gigabytes(_: &Order) -> Answer {
    // SAFETY: there is none; nothing here reads it, and what the host makes of it is what is to be seen.
    let text = unsafe { std::str::from_utf8_unchecked(claimed(3_000_000_000)) };
    log::write(log::Level::Info, text);
    Ok("written".into())
}

/// More than the host takes in one call, and really there.
pub fn hands_over_twenty_megabytes(_: &Order) -> Answer {
    log::write(log::Level::Info, &"x".repeat(20 << 20));
    Ok("written".into())
}

pub fn saves_a_gigabyte(_: &Order) -> Answer {
    let saved = state::swap("much", None, Some(claimed(1 << 30)))?;
    Ok(saved.to_string())
}

pub fn asks_for_a_terabyte_of_random_bytes(_: &Order) -> Answer {
    Ok(raw::wasi::random::random::get_random_bytes(1 << 40).len().to_string())
}

fn claimed(bytes: usize) -> &'static [u8] {
    let start = black_box(PAGE as *const u8);
    // SAFETY: none, see above.
    unsafe { std::slice::from_raw_parts(start, black_box(bytes)) }
}
