#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Installs ws and websocket-driver by the lock file into FOLDER and becomes node with one of the scripts here.
#   npm.sh FOLDER SCRIPT [arguments]
# npm asks the registry that it is configured for. One that cannot be reached is a failure: a peer who did not come
# has not agreed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
script=$2
shift 2

mkdir -p "$folder"
exec 9>"$folder/lock"
flock -w 150 9 # tests run side by side
# Reinstalled only when the lock file is another one than last time.
if ! cmp -s "$here/package-lock.json" "$folder/installed-lock.json"; then
  rm -f "$folder/installed-lock.json"
  cp "$here/.npmrc" "$here/package.json" "$here/package-lock.json" "$folder"
  if ! (cd "$folder" && timeout 120 npm ci --ignore-scripts --no-audit --no-fund --prefer-offline \
    --fetch-retries 2 --fetch-timeout 20000 --loglevel error >&2); then
    printf 'npm ci did not install ws and websocket-driver. Is the npm registry reachable?\n' >&2
    exit 1
  fi
  cp "$here/package-lock.json" "$folder/installed-lock.json"
fi
for file in "$here"/*.js; do # beside node_modules, where node looks for packages
  cmp -s "$file" "$folder/${file##*/}" || cp "$file" "$folder"
done
exec 9>&-
cd "$folder"
exec node "$script" "$@"
