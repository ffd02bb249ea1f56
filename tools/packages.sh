#!/usr/bin/env bash
# Installs the Debian packages that the build or the tests need. Usage: packages.sh build|test
# Does nothing, quickly, when all are there. Works as root or through sudo.
set -euo pipefail

build=(g++ cmake ninja-build ccache mold pkg-config python3 git ca-certificates
    libfmt-dev libboost1.81-dev libboost-json1.81-dev libssl-dev libsodium-dev libsqlite3-dev
    libc-ares-dev libtomlplusplus-dev libyaml-cpp-dev libre2-dev libseccomp-dev libsystemd-dev
    libmd4c-dev libutf8proc-dev libedit-dev libcli11-dev zlib1g-dev libxml2-dev libarchive-dev)
tests=(libgtest-dev libgmock-dev nodejs npm openssl curl util-linux procps tmux strace
    rsyslog rsyslog-openssl rsyslog-gnutls
    dbus gnome-keyring libsecret-tools
    dovecot-imapd dovecot-lmtpd dovecot-submissiond opensmtpd python3-dkim)
# What a test starts on loopback itself; the services that come with these packages are put to rest.
services=(dovecot opensmtpd)

wanted=("${build[@]}")
[ "${1:-build}" = test ] && wanted+=("${tests[@]}")

missing=()
for package in "${wanted[@]}"; do
    # A tool that is there already, from wherever, need not be a package.
    case $package in
        nodejs) command -v node >/dev/null && continue ;;
        npm) command -v npm >/dev/null && continue ;;
        # It would take the place of the mail server that is there; the tests of mail are skipped then.
        opensmtpd) [ -e /usr/sbin/sendmail ] && continue ;;
    esac
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "These packages are missing and only root can install them: ${missing[*]}" >&2
        echo "Run as root: apt-get update && apt-get install -y ${missing[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi
command -v apt-get >/dev/null || {
    echo "Hardshell is built on Debian 12; this system has no apt-get. Install by hand: ${missing[*]}" >&2
    exit 1
}
echo "Installing ${#missing[@]} packages: ${missing[*]}"
log=$(mktemp)
if ! { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -20 "$log" >&2
    echo "Installing packages failed. Is the network up, and is this Debian 12? Then try again." >&2
    exit 1
fi
rm -f "$log"
for service in "${services[@]}"; do
    [[ " ${missing[*]} " == *" $service"* ]] && [ -d /run/systemd/system ] &&
        "${as_root[@]}" systemctl disable --now "$service" >/dev/null 2>&1
done
exit 0
