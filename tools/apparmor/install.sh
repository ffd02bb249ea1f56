#!/usr/bin/env bash
# Installs the launcher's AppArmor profile where the kernel asks for one; does nothing elsewhere and
# never fails: without it `hardshell doctor` says what is missing.
# Usage: install.sh LAUNCHER. For tests: HS_APPARMOR_SYSCTL and HS_APPARMOR_FOLDER name other places.
set -uo pipefail
launcher=${1:?the path of hardshell-launcher}
sysctl=${HS_APPARMOR_SYSCTL:-/proc/sys/kernel/apparmor_restrict_unprivileged_userns}
folder=${HS_APPARMOR_FOLDER:-/etc/apparmor.d}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

[ "$(cat "$sysctl" 2>/dev/null || echo 0)" = 1 ] || exit 0
case $launcher in
    *[!A-Za-z0-9/._+-]*)
        echo "AppArmor: the launcher's path holds characters that a profile cannot name: $launcher" >&2
        exit 0
        ;;
esac
wanted=$(sed "s|@PROGRAM@|$launcher|" "$here/hardshell-launcher")
[ "$(cat "$folder/hardshell-launcher" 2>/dev/null)" != "$wanted" ] || exit 0
if ! command -v apparmor_parser >/dev/null 2>&1; then
    echo "AppArmor restricts user namespaces, and apparmor_parser is missing: sudo apt-get install apparmor" >&2
    exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ] && [ -z "${HS_APPARMOR_FOLDER:-}" ]; then
    as_root=(sudo)
    [ -t 2 ] || as_root=(sudo -n)
    echo "AppArmor restricts user namespaces; installing a profile for the launcher needs root." >&2
fi
file=$(mktemp)
trap 'rm -f "$file"' EXIT
printf '%s\n' "$wanted" >"$file"
if ! "${as_root[@]}" install -m 0644 "$file" "$folder/hardshell-launcher" ||
    ! "${as_root[@]}" apparmor_parser -r "$folder/hardshell-launcher"; then
    echo "The AppArmor profile could not be installed; see: hardshell doctor" >&2
fi
exit 0
