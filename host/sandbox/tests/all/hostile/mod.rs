//! A plugin that attacks its host, in every way that its list of verbs names.
//!
//! Each test is named like the verb that it is about, and says what becomes of the call. What holds in
//! every case is asserted by [`attack::Attack`]: the call is over in time, memory stays bounded, another
//! target goes on working meanwhile, and no secret is seen anywhere.

mod addresses;
mod answers;
mod attack;
mod handles;
mod memory;
mod parts;
mod protocol;
mod time;
mod words;
mod world;

#[macro_use]
#[path = "../../../../../tests/guests/hostile/src/verbs.rs"]
mod verbs;

macro_rules! assert_each_has_a_test {
    ($($subject:ident: [$($verb:ident),+ $(,)?];)+) => {
        $($(const _: fn() = $subject::$verb;)+)+
    };
}
verbs!(assert_each_has_a_test);
