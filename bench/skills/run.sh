#!/usr/bin/env bash
# Precision, recall and speed of the skill scanner on the labelled set.
set -euo pipefail
cd "$(dirname "$0")/../.."
./dev release bench_skills
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 tests/skills/make_set.py "$folder" "${1:-7}"
build/release/bin/bench_skills "$folder"
