#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Flash, RAM and stack on microcontrollers: installs the cross compiler when it is missing, then footprint.py.
#   tests/footprint/run.sh                    the table
#   tests/footprint/run.sh --check            compared with sizes.csv and budget.csv, and docs/size.md with these
#   tests/footprint/run.sh --run              under QEMU, with instructions per operation, compared with instructions.csv
#   tests/footprint/run.sh --update           writes these tables, docs/size.md and its chart anew
#   tests/footprint/run.sh --sites [IMAGE]    programs with several call sites, and built with -O2 and -Og: sites.py;
#                                             with --check or --update as above
#   tests/footprint/run.sh --functions IMAGE  function by function
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tools/install.sh
. "$root/tools/install.sh"
install_missing g++ clang python3 qemu-system-arm gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib || exit 1
case " $* " in *" --update "*) install_missing python3-matplotlib || exit 1 ;; esac
# Debian's, which has Debian's matplotlib; another may come first in PATH.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
exec "$python" "$root/tests/footprint/footprint.py" "$@"
