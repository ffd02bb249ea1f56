#!/usr/bin/env bash
# ./dev bench channels: messages over Slack's protocol, from the platform's frame to the answer's request.
set -euo pipefail
cd "$(dirname "$0")/../.."
programs=${HARDSHELL_PROGRAMS:-build/release/bin}
[ -n "${HARDSHELL_PROGRAMS:-}" ] || ./dev release hardshell-all
HARDSHELL_PROGRAMS=$programs exec python3 bench/channels/bench.py "$@"
