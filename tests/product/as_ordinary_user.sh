#!/usr/bin/env bash
# Runs the turn tests as a user without any rights, from copies that this user may read.
# Exit 77 (skipped) where the caller is not root: then the other tests ran as an ordinary user.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "not root: the other tests are this one"; exit 77; }
here=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d /var/tmp/hardshell-user.XXXXXX)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/bin" "$copy/tests"
cp "$1"/hardshell* "$copy/bin/"
cp -r "$here/product" "$copy/tests/"
mkdir "$copy/tests/peers"
cp "$here"/peers/*.mjs "$copy/tests/peers/"
chmod -R a+rX "$copy"
cd /
exec_as=(setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/local/bin:/usr/bin:/bin
    HARDSHELL_PROGRAMS="$copy/bin" PYTHONDONTWRITEBYTECODE=1)
"${exec_as[@]}" /usr/bin/python3 "$copy/tests/product/turn_test.py"
"${exec_as[@]}" /usr/bin/python3 "$copy/tests/product/key_test.py"
