# SPDX-License-Identifier: BSL-1.0
# Sourced by the run.sh scripts: installs Debian and Ubuntu packages that are missing, and nothing else.
#   install_missing g++ cmake ...   packages by name
#   install_catch2                  Catch2 3; on Debian 12 from its backports
#   boost_package                   prints the name of the Boost headers that compile as C++20
# Needs root or sudo only when something is missing. HUBWIRE_NO_INSTALL=1 skips it all, for systems where
# the same things come from elsewhere.
# shellcheck shell=bash

hubwire_apt_updated=${hubwire_apt_updated:-}
# invoke-rc.d reads this file and no other; a test puts another in its place.
hubwire_policy=${HUBWIRE_POLICY_FILE:-/usr/sbin/policy-rc.d}
hubwire_interrupted='' hubwire_policy_token=none hubwire_parts=''  # global: an exit trap sees no local variable

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

# Without the lock of hubwire_locked: a daemon that apt-get starts would keep it.
hubwire_apt() {
  [ -z "$hubwire_interrupted" ] || return 1
  hubwire_as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
    apt-get -qq -o=Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >&2 9<&-
}

hubwire_apt_update() {
  [ -n "$hubwire_apt_updated" ] && return 0
  hubwire_apt update || return 1
  hubwire_apt_updated=yes
}

# Calls a command, and then the function that clears up behind it, whatever ends the command. bash handles a
# signal when the program that it waits for has ended, so apt-get is not cut off; then the place is cleared up,
# the caller's traps are back, and the signal is raised again for whoever it was meant for.
hubwire_finally() {  # function that clears up, command [argument]...
  local clear_up=$1 traps on_exit signal status=0
  shift
  traps=$(trap -p EXIT HUP INT TERM)
  on_exit=$(trap -p EXIT)
  for signal in HUP INT TERM; do
    # shellcheck disable=SC2064  # the name of the signal as it is now
    trap "hubwire_interrupted=$signal" "$signal"
  done
  # An exit inside: clear up, then do what the caller wanted to be done at its end.
  # shellcheck disable=SC2064
  trap "$clear_up; hubwire_run_trap $on_exit" EXIT
  "$@" || status=$?
  "$clear_up"
  trap - EXIT HUP INT TERM
  eval "$traps"
  signal=$hubwire_interrupted
  [ -n "$signal" ] || return "$status"
  hubwire_interrupted=''
  kill -s "$signal" "$BASHPID"
  return 1  # the caller's own trap has let it live
}

hubwire_run_trap() { [ $# -lt 3 ] || eval "$3"; }  # trap -- 'commands' EXIT, as trap -p writes it; or nothing

# One run installs at a time, so that none takes the policy file from under another. The lock is on the folder of
# that file, which everybody may open and nobody has to remove; it goes when its holder goes, however that happens.
hubwire_locked() {  # command [argument]...
  flock -n 9 || {
    hubwire_say "Another run is installing packages; waiting for it"
    flock -w 900 9 || return 1
  }
  "$@"
} 9<"$(dirname "$hubwire_policy")"

# The documented way to say that no service is to be started. Its second line says whose file it is. Where that is a
# run of this script, that run is dead, since we have its lock; a file without such a line is the machine's own.
hubwire_policy_mark='# Left by hubwire, tools/install.sh, while it installs packages; run'

hubwire_policy_write() {
  hubwire_policy_token="$hubwire_policy_mark $BASHPID-$RANDOM$RANDOM"
  # shellcheck disable=SC2016
  hubwire_as_root sh -c 'umask 022
    printf "#!/bin/sh\n%s\nexit 101\n" "$2" >"$1.hubwire" && chmod 755 "$1.hubwire" || exit 1
    if grep -qF "$3" "$1" 2>/dev/null; then mv -f "$1.hubwire" "$1"; exit; fi
    ln "$1.hubwire" "$1" 2>/dev/null || [ -e "$1" ]
    status=$?
    rm -f "$1.hubwire"
    exit "$status"' sh "$hubwire_policy" "$hubwire_policy_token" "$hubwire_policy_mark"
}

hubwire_policy_remove() {
  if grep -qxF -e "$hubwire_policy_token" "$hubwire_policy" 2>/dev/null; then hubwire_as_root rm -f "$hubwire_policy"; fi
}

hubwire_install_quietly() {
  hubwire_policy_write && hubwire_apt install --yes --no-install-recommends "$@"
}

# Installs without starting anything: a test needs the mosquitto program, not a broker on port 1883.
hubwire_apt_install() {
  local status=0 service
  hubwire_locked hubwire_finally hubwire_policy_remove hubwire_install_quietly "$@" || status=$?
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
  hubwire_finally hubwire_remove_parts hubwire_catch2_with_parts "$1"
}

hubwire_remove_parts() {
  [ -z "$hubwire_parts" ] || rm -rf "$hubwire_parts"
  hubwire_parts=''
}

hubwire_catch2_with_parts() {
  local release=$1 name=hubwire-backports.list source
  source=$(hubwire_source_with_suite /etc/apt "$release" "$release-backports") || return 1
  case $source in *Suites:*) name=hubwire-backports.sources ;; esac
  hubwire_parts=$(mktemp -d) || return 1
  chmod 755 "$hubwire_parts"
  cp /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list "$hubwire_parts" 2>/dev/null
  printf '%s\n' "$source" >"$hubwire_parts/$name"
  hubwire_say "Installing: catch2 (from $release-backports)"
  hubwire_apt -o Dir::Etc::SourceParts="$hubwire_parts" update &&
    hubwire_apt_install -o Dir::Etc::SourceParts="$hubwire_parts" -t "$release-backports" catch2
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
