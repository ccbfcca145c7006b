//! The rc methods that can be granted at all, and what each may be told.

/// What a key of a call's input may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// `@media` or `@pages` with the path of this call's own blob, or `@target`.
    SourceFs,
    /// `@target`.
    TargetFs,
    /// A clean path below its file system.
    Path,
    /// The same, or empty for the whole.
    PathOrRoot,
    /// This call's own id.
    Group,
    /// Some keys of rclone's configuration for this call.
    Config,
    /// How to list.
    ListOptions,
    /// A short text without control characters.
    Text,
    /// True or false.
    Flag,
}

/// One method.
#[derive(Debug)]
pub(super) struct Method {
    pub name: &'static str,
    pub fields: &'static [(&'static str, Field)],
    /// It can change the target, so a call that was dropped is waited for.
    pub changes: bool,
    /// It may take long, so it is asked how far it got.
    pub long: bool,
    /// Its good answers name real folders, so they are taken apart too.
    pub names_folders: bool,
}

use Field::{Config, Flag, Group, ListOptions, Path, PathOrRoot, SourceFs, TargetFs, Text};

/// Keys that every method takes.
pub(super) const COMMON: &[(&str, Field)] = &[("_group", Group), ("_config", Config)];

/// What is not in here is refused whatever a manifest asks for: commands, configuration, jobs, mounts,
/// whole-folder copies and deletes.
const METHODS: &[Method] = &[
    Method {
        name: "operations/copyfile",
        fields: &[("srcFs", SourceFs), ("srcRemote", Path), ("dstFs", TargetFs), ("dstRemote", Path)],
        changes: true,
        long: true,
        names_folders: false,
    },
    Method {
        name: "operations/movefile",
        fields: &[("srcFs", TargetFs), ("srcRemote", Path), ("dstFs", TargetFs), ("dstRemote", Path)],
        changes: true,
        long: true,
        names_folders: false,
    },
    Method { changes: true, ..on_target("operations/deletefile", &[("fs", TargetFs), ("remote", Path)]) },
    Method { changes: true, ..on_target("operations/mkdir", &[("fs", TargetFs), ("remote", PathOrRoot)]) },
    Method { changes: true, ..on_target("operations/rmdir", &[("fs", TargetFs), ("remote", Path)]) },
    on_target("operations/stat", &[("fs", TargetFs), ("remote", PathOrRoot), ("opt", ListOptions)]),
    Method {
        long: true,
        ..on_target("operations/list", &[("fs", TargetFs), ("remote", PathOrRoot), ("opt", ListOptions)])
    },
    on_target(
        "operations/publiclink",
        &[("fs", TargetFs), ("remote", Path), ("expire", Text), ("unlink", Flag)],
    ),
    Method { names_folders: true, ..on_target("operations/about", &[("fs", TargetFs)]) },
    Method { names_folders: true, ..on_target("operations/fsinfo", &[("fs", TargetFs)]) },
    on_target(
        "operations/hashsumfile",
        &[("fs", TargetFs), ("remote", Path), ("hashType", Text), ("base64", Flag), ("download", Flag)],
    ),
    on_target("core/version", &[]),
    on_target("rc/noop", &[]),
];

const fn on_target(name: &'static str, fields: &'static [(&'static str, Field)]) -> Method {
    Method { name, fields, changes: false, long: false, names_folders: false }
}

/// The method of this name, if it is one that can be granted.
pub(super) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

impl Method {
    /// What a key may hold, `None` if this method does not have it.
    pub fn field(&self, key: &str) -> Option<Field> {
        self.fields.iter().chain(COMMON).find(|(name, _)| *name == key).map(|(_, field)| *field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_reach_beyond_a_target_cannot_be_granted() {
        for name in [
            "core/command",
            "core/quit",
            "config/dump",
            "config/create",
            "job/batch",
            "mount/mount",
            "operations/purge",
            "operations/delete",
            "operations/copyurl",
            "operations/uploadfile",
            "sync/sync",
            "backend/command",
            "options/set",
            "debug/set-gc-percent",
            "rc/fatal",
            "operations/copyfile/",
            "/operations/copyfile",
            "",
        ] {
            assert!(find(name).is_none(), "{name}");
        }
    }
}
