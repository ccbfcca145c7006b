//! Connections that end, or are never heard of again.

use std::time::Duration;

use booth_tests::Fault;
use booth_tests::Kind::{self, RcloneFtp, RcloneSftp, RcloneWebdav};

use super::far::{AFTER_OUTAGE, Far};

/// In the middle of the large pictures, after the small ones.
const MIDDLE: u64 = 300_000;

/// Small pictures may get through while large ones never do; what is cut off must not count.
fn cut_off_in_the_middle(kind: Kind, fault: Fault) {
    let mut far = Far::new(kind);
    far.start_well();
    far.line.set(fault);
    far.shoot("large", 8, 1_000_000);
    far.watch(AFTER_OUTAGE, "the target waits for the line", |target| target["state"] == "waiting");
    assert!(far.line.met() >= 5, "{}", far.line.met());
    far.shoot("meanwhile", 2, 5_000);
    far.recovers();
}

/// Whoever was on the line then hears nothing ever again, and has to notice that by itself.
fn silent(kind: Kind, after_bytes: u64) {
    let mut far = Far::new(kind);
    // Of the three, one shows that it works as it is shipped.
    let as_shipped = (kind, after_bytes) == (RcloneFtp, MIDDLE);
    if !as_shipped {
        far.give_up_after(10);
    }
    far.start_well();
    far.line.set(Fault::Silence { after_bytes });
    far.shoot("large", 8, 1_000_000);
    far.watch(AFTER_OUTAGE, "calls hang", |target| target["running"] != 0 && far.line.met() > 0);
    if as_shipped {
        // Long before anything is given up.
        far.watch(AFTER_OUTAGE, "it is said", |target| target["state"] == "up" && target["reason"] != "");
    }
    far.shoot("meanwhile", 2, 5_000);
    far.recovers();
}

macro_rules! with_every {
    ($($test:ident: $run:ident($kind:ident, $what:expr);)+) => {
        $(#[test]
        fn $test() {
            $run($kind, $what);
        })+
    };
}

with_every! {
    uploads_that_are_cut_off_arrive_once_the_line_holds: cut_off_in_the_middle(RcloneFtp, Fault::Loss { after_bytes: MIDDLE });
    uploads_that_are_cut_off_arrive_over_webdav_too: cut_off_in_the_middle(RcloneWebdav, Fault::Loss { after_bytes: MIDDLE });
    uploads_that_are_cut_off_arrive_over_sftp_too: cut_off_in_the_middle(RcloneSftp, Fault::Loss { after_bytes: MIDDLE });
    uploads_that_are_reset_arrive_once_the_line_holds: cut_off_in_the_middle(RcloneFtp, Fault::Reset { after_bytes: MIDDLE });
    uploads_that_are_reset_arrive_over_webdav_too: cut_off_in_the_middle(RcloneWebdav, Fault::Reset { after_bytes: MIDDLE });
    a_line_that_swallows_everything_is_given_up_and_used_again: silent(RcloneFtp, 0);
    a_line_that_falls_silent_in_the_middle_is_given_up_and_used_again: silent(RcloneFtp, MIDDLE);
    a_line_that_falls_silent_in_the_middle_of_webdav_is_given_up_and_used_again: silent(RcloneWebdav, MIDDLE);
}

/// Nobody can log in while the line is gone from the start.
#[test]
fn a_booth_that_starts_without_the_line_waits_for_it() {
    let mut far = Far::new(RcloneFtp);
    far.line.set(Fault::Reset { after_bytes: 1 });
    far.shoot("early", 8, 50_000);
    far.booth.start();
    far.watch(Duration::from_secs(60), "the target waits for the line", |target| {
        target["state"] == "waiting"
    });
    assert_eq!(far.whole(), 0);
    far.recovers();
}
