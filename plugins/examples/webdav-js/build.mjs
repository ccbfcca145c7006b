// Makes dist/webdav.wasm of webdav.js and the contract.

import { mkdir, writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";

const { component } = await componentize({
  sourcePath: "webdav.js",
  witPath: "../../../wit",
  worldName: "sync-target",
  // HTTP goes through the contract's own `http`; WASI's is not there.
  disableFeatures: ["http", "fetch-event"],
});
await mkdir("dist", { recursive: true });
await writeFile("dist/webdav.wasm", component);
