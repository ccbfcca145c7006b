#!/bin/sh
# Makes dist/webdav.wasm of webdav.py and the contract.
set -eu
mkdir -p dist
"${COMPONENTIZE_PY:-componentize-py}" --quiet --wit-path "${WIT:-../../../wit}" --world sync-target \
    componentize --stub-wasi webdav --output dist/webdav.wasm
