#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Installs mqtt-packet by its lock file into FOLDER and runs the differential test there.
#   run.sh CODEC_PEER FOLDER [SEED]
# npm asks the registry that it is configured for. One that cannot be reached is a failure: a judge who did not
# come has not agreed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
peer=$1
folder=$2
shift 2

for tool in node npm; do
  command -v "$tool" >/dev/null || { printf 'differential test: FAILED: there is no %s\n' "$tool" >&2; exit 1; }
done

mkdir -p "$folder"
# Reinstalled only when the lock file is another one than last time.
if ! cmp -s "$here/package-lock.json" "$folder/installed-lock.json"; then
  rm -f "$folder/installed-lock.json"
  cp "$here/.npmrc" "$here/package.json" "$here/package-lock.json" "$folder"
  if ! (cd "$folder" && timeout 120 npm ci --ignore-scripts --no-audit --no-fund --prefer-offline \
    --fetch-retries 2 --fetch-timeout 20000 --loglevel error); then
    printf 'differential test: FAILED: npm ci did not install mqtt-packet. Is the npm registry reachable?\n' >&2
    exit 1
  fi
  cp "$here/package-lock.json" "$folder/installed-lock.json"
fi

cp "$here"/*.js "$folder" # beside node_modules, where node looks for mqtt-packet
cd "$folder"
exec node differential.js "$peer" "$@"
