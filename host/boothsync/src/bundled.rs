//! The plugins that are part of the program. They are approved by being part of it.

/// A plugin's package with the name under which the configuration knows it.
pub struct Bundled {
    pub name: &'static str,
    pub package: &'static [u8],
}

macro_rules! bundled {
    ($($name:literal),*) => {
        &[$(Bundled {
            name: $name,
            package: include_bytes!(concat!("../../../plugins/dist/", $name, ".wasm")),
        }),*]
    };
}

/// All of them.
pub const ALL: &[Bundled] = bundled!["rclone", "folder", "sharepage"];

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Bundled> {
    ALL.iter().find(|plugin| plugin.name == name)
}
