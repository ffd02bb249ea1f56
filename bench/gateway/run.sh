#!/usr/bin/env bash
# The gateway benchmark, ours and, where OPENCLAW_DIR is set, the peer's in the same run:
#   ./dev bench gateway [--steps=cold,idle,load,tool]
# Needs the peers' measuring scripts (HARDSHELL_BENCH, default ../shared/bench) and a release build.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
scripts=${HARDSHELL_BENCH:-$root/../shared/bench}/peer-openclaw
[ -f "$scripts/bench.mjs" ] || { echo "no measuring scripts at $scripts; set HARDSHELL_BENCH" >&2; exit 1; }
"$root/run" --build
export HARDSHELL_PROGRAMS=$root/build/release/bin
out=$(mktemp -d)
node "$scripts/bench.mjs" "$root/bench/gateway/target-hardshell.mjs" "$out/hardshell.json" "$@"
if [ -n "${OPENCLAW_DIR:-}" ]; then
    node "$scripts/bench.mjs" "$scripts/target-openclaw.mjs" "$out/peer.json" "$@"
else
    cp "$scripts/results-openclaw-2026.9.6.json" "$out/peer.json"
    echo "OPENCLAW_DIR is not set: the peer's figures are its kept run on another day" >&2
fi
node "$root/bench/gateway/compare.mjs" "$out/hardshell.json" "$out/peer.json"
