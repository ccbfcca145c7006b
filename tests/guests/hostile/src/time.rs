//! Never comes to an end.

use std::time::Duration;

use crate::boothsync::plugin::types::Failure;
use crate::boothsync::plugin::{job, settings};
use crate::{mood, Answer, Order};

pub fn spin() -> ! {
    loop {
        std::hint::black_box(0);
    }
}

pub fn spins_for_ever(_: &Order) -> Answer {
    spin()
}

/// Only where the settings are known so early does it come to this.
pub fn spins_while_it_starts(_: &Order) -> Answer {
    Ok("started".into())
}

pub fn spins_while_it_is_handed_something(_: &Order) -> Answer {
    mood::spin();
    Ok(settings::json())
}

pub fn spins_through_the_host(_: &Order) -> Answer {
    loop {
        job::progress(1, 2)?;
    }
}

pub fn sleeps_for_an_hour(_: &Order) -> Answer {
    std::thread::sleep(Duration::from_secs(3600));
    Ok("slept".into())
}

pub fn reads_nothing_a_million_times(order: &Order) -> Answer {
    read_on(order, 0, 1_000_000)
}

pub fn reads_the_same_byte_for_ever(order: &Order) -> Answer {
    read_on(order, 1, u64::MAX)
}

fn read_on(order: &Order, length: u32, times: u64) -> Answer {
    let blob = order.blob.ok_or(Failure::Unsupported("needs an object".into()))?;
    let mut sum = 0;
    for _ in 0..times {
        sum += blob.read(0, length)?.len();
    }
    Ok(format!("{sum} bytes"))
}
