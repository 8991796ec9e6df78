#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# BearSSL for a Cortex-M3, which no distribution has as a package: fetches the source package of Debian or Ubuntu and
# compiles it. Leaves FOLDER/source and FOLDER/libbearssl.a. Nothing under /etc/apt changes, and root is not needed.
#   examples/firmware/bearssl.sh FOLDER
# With HUBWIRE_BEARSSL_SOURCE=<folder with BearSSL's inc and src> nothing is fetched. Exit code 77: it cannot be had.
set -eu
folder=$1
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# A copy of the machine's own list, which asks for sources instead of packages. apt-get checks signature and hashes.
fetch() {
  local parts=$folder/apt/parts file apt
  rm -rf "$folder/apt" "$folder/source"
  mkdir -p "$parts" "$folder/apt/lists/partial" "$folder/apt/archives/partial"
  for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -e "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$parts/${file##*/}"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -e "$file" ] || sed -n 's/^deb[[:blank:]]/deb-src /p' "$file" >"$parts/copy-of-${file##*/}"
  done
  [ -e "$parts/copy-of-sources.list" ] && mv "$parts/copy-of-sources.list" "$parts/copy-of-sources.list.list"
  apt=(timeout 300 apt-get -qq -o "Dir::Etc::SourceParts=$parts" -o Dir::Etc::SourceList=/dev/null
    -o "Dir::State::Lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt" -o APT::Sandbox::User=root
    -o Acquire::Retries=3)
  "${apt[@]}" update || true  # another list of this machine may have no sources
  (cd "$folder/apt" && "${apt[@]}" source --download-only --only-source bearssl) &&
    dpkg-source --no-check -x "$folder"/apt/bearssl_*.dsc "$folder/source" &&
    rm -rf "$folder/apt" "$folder"/bearssl_*.tar.*
}

# Date and random bytes are the program's business. config.h finds out the rest by itself.
flags=(-mcpu=cortex-m3 -mthumb -Os -ffunction-sections -fdata-sections -DBR_USE_UNIX_TIME=0 -DBR_USE_URANDOM=0)
made_by="$(arm-none-eabi-gcc --version | head -n 1) ${flags[*]} ${HUBWIRE_BEARSSL_SOURCE:-}"
if [ -e "$folder/libbearssl.a" ] && [ "$(cat "$folder/made_by" 2>/dev/null)" = "$made_by" ]; then exit 0; fi

if [ -n "${HUBWIRE_BEARSSL_SOURCE:-}" ]; then
  ln -sfn "$(cd "$HUBWIRE_BEARSSL_SOURCE" && pwd)" "$folder/source"
elif [ ! -e "$folder/source/inc/bearssl.h" ]; then
  fetch >"$folder/fetch.log" 2>&1 || {
    cat "$folder/fetch.log"
    echo "The source package of BearSSL cannot be fetched; HUBWIRE_BEARSSL_SOURCE=<folder> takes one that is here."
    exit 77
  }
fi

rm -rf "$folder/objects" "$folder/libbearssl.a"
mkdir "$folder/objects"
(cd "$folder/objects" && find "$folder/source/src/" -name '*.c' -print0 | xargs -0 -n 16 -P "$(nproc)" \
  arm-none-eabi-gcc "${flags[@]}" -I"$folder/source/src" -I"$folder/source/inc" -c)
arm-none-eabi-ar rcsD "$folder/libbearssl.a" "$folder"/objects/*.o
printf '%s\n' "$made_by" >"$folder/made_by"
