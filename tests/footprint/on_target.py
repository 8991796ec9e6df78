# SPDX-License-Identifier: BSL-1.0
"""Runs the images on Cortex-M boards that QEMU models, with semihosting, and compares them with the host.

The Cortex-M0+ code runs on a board with a Cortex-M0, where a word at an odd address is a fault, as on the real one.
Instructions are counted on the board with the Cortex-M3, which runs the code of a Cortex-M0+ as well: -icount makes
QEMU's clock advance by a fixed time per executed instruction, and SysTick measures that time. 100 and 1,000
instructions are measured too, and have to come out as that. What this counts is instructions; cycles would be
guesswork.
"""
import re

BOARDS = {  # -mcpu -> machine, more for the linker
    "cortex-m0plus": ("microbit", ["-Wl,--defsym=stack_end=0x20004000"]),
    "cortex-m3": ("mps2-an385", []),
    "cortex-m4": ("mps2-an386", []),
}
COUNTED = ("cortex-m0plus", "cortex-m3")  # -mcpu whose instructions are counted
COUNTING_BOARD = BOARDS["cortex-m3"][0]
EMULATOR = "qemu-system-arm"
FAULT = 99


def emulate(run, machine, elf):
    return run("timeout", "100", EMULATOR, "-M", machine, "-icount", "shift=10", "-nographic", "-monitor", "none", "-serial",
               "none", "-semihosting", "-kernel", elf, status=True)


def digests(output):
    return re.findall(r"^([0-9a-f]{8}) digest (.+)$", output, re.M)


def instructions(output):
    """operation -> instructions; None when the two that are known do not come out right."""
    ticks = {name: int(count) for count, name in re.findall(r"^(\d+) ticks (.+)$", output, re.M)}
    thousand = ticks.pop("1000 instructions")
    counts = {name: round(1000 * count / thousand) for name, count in ticks.items()}
    return counts if counts.pop("100 instructions") == 100 else None


def compare(name, board, wanted, code, output):
    """Findings: the image ended well and its digests are the host's."""
    if code != 0:
        yield f"{name} on {board}: ended with {code}{' (a fault)' if code == FAULT else ''}\n{output}"
    found = digests(output)
    if not wanted or found != wanted:
        yield f"{name} on {board}: {found}, the host has {wanted}"


def self_test():
    output = "37ff2861 digest encode\n2560 ticks 100 instructions\n25600 ticks 1000 instructions\n5120 ticks encode\n"
    assert digests(output) == [("37ff2861", "encode")]
    assert instructions(output) == {"encode": 200}
    assert instructions(output.replace("2560 ticks", "2600 ticks")) is None
    assert not list(compare("i", "b", [("37ff2861", "encode")], 0, output))
    assert list(compare("i", "b", [("37ff2862", "encode")], 0, output)) and list(compare("i", "b", [], 0, ""))
    assert list(compare("i", "b", [("37ff2861", "encode")], FAULT, output))
