//! A target that hangs for ever holds up itself alone.

use std::path::PathBuf;

use booth_tests::PASSWORD;
use booth_tests::{Fault, Kind, PATIENCE, Server, Target, Tree, picture, wait_until};

use super::far::{Far, SLOTS};

/// Far more than any number of slots.
const PICTURES: usize = 60;

/// The folder target's settings, and where it is.
fn usb(far: &mut Far) -> PathBuf {
    let folder = far.booth.path_of("usb");
    std::fs::create_dir(&folder).unwrap();
    far.booth.target(Target {
        name: "usb".into(),
        plugin: "folder".into(),
        settings: format!("path = {:?}", folder.to_str().unwrap()),
        lines: "mode = \"copy\"".into(),
    });
    folder
}

#[test]
fn while_one_server_hangs_with_all_its_slots_the_others_get_every_picture() {
    let mut far = Far::new(Kind::RcloneFtp);
    let near = Server::start(Kind::RcloneFtp);
    far.booth.remote("near", &near.section(PASSWORD));
    far.booth.rclone_target("near", "near:", "photos");
    let usb = usb(&mut far);
    far.give_up_after(20);
    far.start_well();
    let before = far.whole();
    far.line.set(Fault::Silence { after_bytes: 0 });
    far.shoot("early", 40, 2_000);
    far.watch(PATIENCE, "every slot of the silent server hangs", |target| target["running"] == SLOTS);

    for number in 0..PICTURES {
        picture(&far.booth.media().join(format!("late {number:02}.jpg")), number as u64, 20_000);
    }
    let wanted = Tree::of(&far.booth.media());
    wait_until(PATIENCE, "the other server and the folder have everything", || {
        near.tree("photos/media") == wanted && Tree::of(&usb.join("media")) == wanted
    });
    assert_eq!(far.whole(), before, "the silent server still hangs");
    for name in ["near", "usb"] {
        far.booth.wait_for_state(name, "up");
    }
    far.recovers();
}
