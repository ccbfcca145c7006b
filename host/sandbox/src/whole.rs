//! Whether a component is sound, and every interface that it exports is all there. Nothing of it is run.

use wasmparser::Validator;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;

use crate::error::PackageError;
use crate::surface::{base, unreadable};

/// The functions of each interface that a plugin can export.
const FUNCTIONS: [(&str, &[&str]); 4] = [
    ("boothsync:plugin/target", &["probe", "put", "delete"]),
    ("boothsync:plugin/inventory", &["stat", "scan"]),
    ("boothsync:plugin/links", &["public-link"]),
    ("boothsync:plugin/pages", &["render"]),
];

/// Checks every instruction and every type, and these exports.
pub(crate) fn check(bytes: &[u8], exports: &[String]) -> Result<(), PackageError> {
    let types = Validator::new().validate_all(bytes).map_err(|error| unreadable(&error, bytes.len()))?;
    for export in exports {
        let Some((_, functions)) = FUNCTIONS.iter().find(|(interface, _)| *interface == base(export)) else {
            continue;
        };
        let missing = missing(types.as_ref(), export, functions);
        if !missing.is_empty() {
            let missing: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
            let (interface, missing) = (export.clone(), missing.join(", "));
            return Err(PackageError::HalfExport { interface, missing });
        }
    }
    Ok(())
}

fn missing<'a>(types: TypesRef<'_>, export: &str, functions: &[&'a str]) -> Vec<&'a str> {
    let has = |function: &str| {
        let Some(ComponentEntityType::Instance(id)) =
            types.component_item_for_export(export).map(|item| item.ty)
        else {
            return false;
        };
        let found = types[id].exports.get(function);
        found.is_some_and(|item| matches!(item.ty, ComponentEntityType::Func(_)))
    };
    functions.iter().copied().filter(|function| !has(function)).collect()
}
