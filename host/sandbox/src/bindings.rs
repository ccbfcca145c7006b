//! Generated from `wit/plugin.wit`; nothing else stands here.
#![allow(missing_docs, clippy::all)]

/// Targets, with every optional interface.
pub(crate) mod target {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "sync-target-full",
        imports: {
            "boothsync:plugin/state.get": async | trappable,
            "boothsync:plugin/state.swap": async | trappable,
            "boothsync:plugin/media.[method]blob.sha256": async | trappable,
            "boothsync:plugin/media.[method]blob.read": async | trappable,
            "boothsync:plugin/http.[method]response.read": async | trappable,
            "boothsync:plugin/http.send": async | trappable,
            "boothsync:plugin/catalog.[method]writer.add": async | trappable,
            default: trappable,
        },
        exports: { default: async },
        with: {
            "boothsync:plugin/media.blob": crate::host::media::BlobHandle,
            "boothsync:plugin/http.response": crate::host::http::ResponseHandle,
            "boothsync:plugin/catalog.writer": crate::host::catalog::WriterHandle,
        },
    });
}

/// Page generators.
pub(crate) mod page {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "sharepage",
        imports: { default: trappable },
        exports: { default: async },
        with: {
            "boothsync:plugin/types": crate::bindings::target::boothsync::plugin::types,
            "boothsync:plugin/log": crate::bindings::target::boothsync::plugin::log,
            "boothsync:plugin/settings": crate::bindings::target::boothsync::plugin::settings,
        },
    });
}

pub(crate) use target::boothsync::plugin as wit;
pub(crate) use target::exports::boothsync::plugin as exports;
