use proptest::prelude::*;
use proptest::sample::Index;
use sandbox::Package;
use serde_json::json;

use crate::support::{guest, pack};

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    /// Whatever a bad cable makes of a real plugin: it is taken as it then is, or refused in a sentence.
    #[test]
    fn a_real_plugin_that_was_damaged_on_its_way_is_judged(
        flips in prop::collection::vec((any::<Index>(), 1..=255u8), 1..4),
        cut in prop::option::weighted(0.2, any::<Index>()),
    ) {
        let manifest = json!({"plugin": {"name": "minimal", "version": "1.0.0", "kind": "target"}});
        let mut package = pack(&guest("minimal"), &manifest).to_vec();
        for (at, bits) in flips {
            let at = at.index(package.len());
            package[at] ^= bits;
        }
        if let Some(cut) = cut {
            package.truncate(cut.index(package.len()));
        }
        if let Err(refused) = Package::examine(&package) {
            let text = refused.to_string();
            prop_assert!(!text.is_empty() && text.len() < 4_096, "{} bytes", text.len());
        }
    }
}
