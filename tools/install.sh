# SPDX-License-Identifier: BSL-1.0
# Sourced by the run.sh scripts: installs Debian and Ubuntu packages that are missing, and nothing else.
#   install_missing g++ cmake ...   packages by name
#   install_catch2                  Catch2 3; on Debian 12 from its backports
#   boost_package                   prints the name of the Boost headers that compile as C++20
# Needs root or sudo only when something is missing. HUBWIRE_NO_INSTALL=1 skips it all, for systems where
# the same things come from elsewhere.
# shellcheck shell=bash

hubwire_apt_updated=${hubwire_apt_updated:-}

hubwire_say() { printf '%s\n' "$*" >&2; }

hubwire_as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    hubwire_say "This needs root: $*"
    hubwire_say "Run it as root, or install sudo."
    return 1
  fi
}

hubwire_has_apt() { command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1; }

hubwire_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

hubwire_apt() {
  hubwire_as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
    apt-get -qq -o=Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >&2
}

hubwire_apt_update() {
  [ -n "$hubwire_apt_updated" ] && return 0
  hubwire_apt update || return 1
  hubwire_apt_updated=yes
}

# Installs without starting anything: a test needs the mosquitto program, not a broker on port 1883. The
# policy file is the documented way to say so; a machine that has one of its own keeps it.
hubwire_apt_install() {
  local policy=/usr/sbin/policy-rc.d ours='' status=0 service
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | hubwire_as_root tee "$policy" >/dev/null || return 1
    hubwire_as_root chmod 755 "$policy" || return 1
    ours=yes
  fi
  hubwire_apt install --yes --no-install-recommends "$@" || status=$?
  [ -z "$ours" ] || hubwire_as_root rm -f "$policy"
  # Nor at the next boot.
  if [ -e /lib/systemd/system/mosquitto.service ] && command -v systemctl >/dev/null 2>&1; then
    for service in "$@"; do
      [ "$service" != mosquitto ] || hubwire_as_root systemctl disable mosquitto >/dev/null 2>&1 || true
    done
  fi
  return "$status"
}

# Debian 12's default Boost is too old for C++20; later ones are not.
boost_package() {
  if [ -r /etc/os-release ] && [ "$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")" = bookworm ]; then
    printf 'libboost1.81-dev'
  else
    printf 'libboost-dev'
  fi
}

install_missing() {
  [ -z "${HUBWIRE_NO_INSTALL:-}" ] || return 0
  if ! hubwire_has_apt; then
    hubwire_say "Packages are installed automatically on Debian and Ubuntu only. Needed here, under the names"
    hubwire_say "that Debian uses: $*"
    hubwire_say "When they are there, run this again with HUBWIRE_NO_INSTALL=1."
    return 1
  fi
  local package missing=()
  for package in "$@"; do hubwire_installed "$package" || missing+=("$package"); done
  [ "${#missing[@]}" -gt 0 ] || return 0
  hubwire_say "Installing: ${missing[*]}"
  hubwire_apt_update && hubwire_apt_install "${missing[@]}" && return 0
  hubwire_say "Could not install: ${missing[*]}"
  return 1
}

# The machine's own Debian source with another suite: deb822 files first, then the one-line format.
hubwire_source_with_suite() {  # folder of apt's configuration, suite to find, suite to write
  local file found
  for file in "$1"/sources.list.d/*.sources; do
    [ -e "$file" ] || continue
    found=$(grep -v '^#' "$file" | awk -v RS='' -v have="$2" -v want="$3" '
      /(^|\n)Enabled: *no/ || $0 !~ /(^|\n)Types:[^\n]*deb([ \n]|$)/ { next }
      {
        n = split($0, line, "\n"); use = 0; out = ""
        for (i = 1; i <= n; i++) {
          if (line[i] ~ /^Suites:/) {
            m = split(line[i], suite, /[ \t]+/)
            for (j = 2; j <= m; j++) if (suite[j] == have) use = 1
            line[i] = "Suites: " want
          }
          if (line[i] ~ /^Types:/) line[i] = "Types: deb"
          out = out line[i] "\n"
        }
        if (use) { print out; exit }
      }')
    if [ -n "$found" ]; then printf '%s\n' "$found"; return 0; fi
  done
  for file in "$1"/sources.list "$1"/sources.list.d/*.list; do
    [ -e "$file" ] || continue
    found=$(sed -n "s/^\(deb[ \t].*[ \t]\)$2\([ \t]\)/\1$3\2/p" "$file" | head -n 1)
    if [ -n "$found" ]; then printf '%s\n' "$found"; return 0; fi
  done
  return 1
}

# catch2 from <release>-backports. The extra source lives in a temporary copy of the machine's source list,
# so nothing under /etc/apt changes.
hubwire_catch2_from_backports() {
  local release=$1 parts status=0 name=hubwire-backports.list source
  source=$(hubwire_source_with_suite /etc/apt "$release" "$release-backports") || return 1
  case $source in *Suites:*) name=hubwire-backports.sources ;; esac
  parts=$(mktemp -d) || return 1
  chmod 755 "$parts"
  cp /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list "$parts" 2>/dev/null
  printf '%s\n' "$source" >"$parts/$name"
  hubwire_say "Installing: catch2 (from $release-backports)"
  { hubwire_apt -o Dir::Etc::SourceParts="$parts" update &&
    hubwire_apt -o Dir::Etc::SourceParts="$parts" install --yes --no-install-recommends \
      -t "$release-backports" catch2; } || status=$?
  rm -rf "$parts"
  return "$status"
}

hubwire_catch2_is_3() { dpkg --compare-versions "${1:-0}" ge 3; }

install_catch2() {
  [ -z "${HUBWIRE_NO_INSTALL:-}" ] || return 0
  hubwire_has_apt || { install_missing "catch2 (version 3)"; return 1; }
  local version candidate release
  version=$(dpkg-query -W -f='${Version}' catch2 2>/dev/null)
  if hubwire_installed catch2 && hubwire_catch2_is_3 "$version"; then return 0; fi
  hubwire_apt_update || return 1
  candidate=$(apt-cache policy catch2 | sed -n 's/^ *Candidate: *//p')
  if [ "$candidate" != "(none)" ] && hubwire_catch2_is_3 "$candidate"; then
    hubwire_say "Installing: catch2"
    hubwire_apt_install catch2 && return 0
  else
    release=$(. /etc/os-release && [ "$ID" = debian ] && printf '%s' "${VERSION_CODENAME:-}")
    [ -n "$release" ] && hubwire_catch2_from_backports "$release" && return 0
  fi
  hubwire_say "Could not install Catch2 3. It is in Debian 13 and Ubuntu 24.04, and in the backports of Debian 12."
  return 1
}
