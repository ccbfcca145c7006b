//! The wipe guard: decides whether deletes may happen or wait for the operator.

/// Below this many, deletes are an evening's normal tidying up.
pub const ALWAYS_ALLOWED: u64 = 20;
/// How long deletes are counted together.
pub const WINDOW_MS: i64 = 60 * 60 * 1000;

/// The deletes of one target that the guard weighs. A file that lies elsewhere in the folder under
/// another name does not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deletes {
    /// New with this plan.
    pub new: u64,
    /// Planned before, neither done nor confirmed.
    pub waiting: u64,
    /// Done within [`WINDOW_MS`].
    pub done: u64,
    /// Objects that the target holds, those to be deleted among them.
    pub held: u64,
}

/// Why the new deletes must wait for the operator; `None`: they may happen. `suspicion` is what makes
/// the folder itself doubtful, such as being empty all of a sudden.
pub fn objection(deletes: Deletes, max_delete_percent: u8, suspicion: Option<&str>) -> Option<String> {
    if deletes.new == 0 {
        return None;
    }
    if let Some(suspicion) = suspicion {
        return Some(format!("{suspicion}, and {} would be deleted", objects(deletes.new)));
    }
    let all = deletes.new + deletes.waiting + deletes.done;
    let of = deletes.held + deletes.done;
    let too_many = all > ALWAYS_ALLOWED && all * 100 > of * u64::from(max_delete_percent);
    too_many.then(|| {
        format!("{all} of {} would be deleted within an hour, more than {max_delete_percent} %", objects(of))
    })
}

fn objects(count: u64) -> String {
    if count == 1 { "1 object".into() } else { format!("{count} objects") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deletes(new: u64, waiting: u64, done: u64, held: u64) -> Deletes {
        Deletes { new, waiting, done, held }
    }

    #[test]
    fn a_few_deletes_need_no_confirmation_however_few_objects_there_are() {
        assert_eq!(objection(deletes(20, 0, 0, 20), 30, None), None);
        assert_eq!(objection(deletes(1, 0, 0, 1), 0, None), None);
    }

    #[test]
    fn more_than_the_percentage_is_held_back() {
        assert_eq!(objection(deletes(30, 0, 0, 100), 30, None), None);
        let text = objection(deletes(31, 0, 0, 100), 30, None).unwrap();
        assert_eq!(text, "31 of 100 objects would be deleted within an hour, more than 30 %");
    }

    #[test]
    fn deletes_that_trickle_in_are_counted_together() {
        assert!(objection(deletes(1, 10, 20, 70), 30, None).is_some());
        assert!(objection(deletes(1, 10, 10, 70), 30, None).is_none());
    }

    #[test]
    fn a_doubtful_folder_holds_back_even_one_delete() {
        let text = objection(deletes(1, 0, 0, 500), 100, Some("the media folder is empty")).unwrap();
        assert_eq!(text, "the media folder is empty, and 1 object would be deleted");
        assert_eq!(objection(deletes(0, 5, 5, 5), 0, Some("the media folder is empty")), None);
    }
}
