#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What the firmware takes of flash and RAM, and whose it is: memory.py FOLDER, after build.sh FOLDER.

Code of the example's own object files is split by the lines that it comes from, as the debug information has it: what
the compiler inlined counts for the file where it was written. Constants are split by the function they belong to.
"""
import pathlib
import re
import subprocess
import sys

OWNERS = {"hubwire": "hubwire: client, IoT Hub, what drives BearSSL; two buffers for MQTT packets",
          "bearssl": "BearSSL: its state, two buffers for TLS records, room for two trust anchors",
          "library": "C library and libgcc",
          "application": "the example: conversation, UARTs, console, start"}
# Files whose lines are in the example's own object files.
FILES = {"bearssl": re.compile(r"/inc/bearssl\w*\.h:"), "hubwire": re.compile(r"/include/hubwire/(\w+/)*\w+\.hpp:"),
         "application": re.compile(r"/examples/firmware/\w+\.[ch]pp:")}
# Variables of the example that hold what hubwire or BearSSL needs.
VARIABLES = {"client": "hubwire", "receive_buffer": "hubwire", "send_buffer": "hubwire", "tls_memory": "bearssl",
             "tls_input": "bearssl", "tls_output": "bearssl", "roots": "bearssl"}
KINDS = ("code", "constants", "ram")
MAP_LINE = re.compile(r"^ (\.\S+|COMMON) +0x([0-9a-f]+) +0x([0-9a-f]+) (\S.*)$", re.M)
PLACES = re.compile(r"\.(text|rodata|vectors|ARM\.ex|init_array|data|bss)|COMMON")


def run(*command, text=None):
    return subprocess.run(list(map(str, command)), input=text, capture_output=True, text=True, check=True).stdout


def linked(map_text):
    """(section, address, size, file) of all that was linked and takes room in flash or RAM. The map gives a string
    that was merged with another one the place of what follows, so nothing reaches beyond its successor."""
    text = map_text.split("Linker script and memory map", 1)[1]
    text = re.sub(r"^( \.\S+)\n +(?=0x)", r"\1 ", text, flags=re.M)  # long names stand on a line of their own
    found = sorted((int(address, 16), int(size, 16), name, file) for name, address, size, file in MAP_LINE.findall(text)
                   if int(size, 16) != 0 and PLACES.match(name))
    for (address, size, name, file), (following, *_) in zip(found, [*found[1:], (1 << 32,)]):
        if address != following:
            yield name, address, min(size, following - address), file


def kind_of(section):
    return "code" if section.startswith(".text") else "ram" if section.startswith((".data", ".bss", "COMMON")) else "constants"


def owner_of_archive(file):
    return "bearssl" if "libbearssl.a(" in file else "library" if ".a(" in file else None


def owner_of_lines(frames):
    """Of one instruction: whose the innermost line is. The C++ library counts for whoever uses it."""
    for line in frames:
        for owner, file in FILES.items():
            if file.search(line):
                return owner
    return "application"


def owner_of_name(section):
    variable = re.search(r"_GLOBAL__N_1\d+([a-z_]+)E$", section)
    if variable and variable[1] in VARIABLES:
        return VARIABLES[variable[1]]
    return "hubwire" if re.match(r"\.\w+\._ZZ?N?[KVO]*7hubwire", section) else "application"


def split_code(elf, ranges):
    """owner -> bytes. Thumb's instructions begin at even addresses."""
    addresses = [address for begin, size in ranges for address in range(begin, begin + size, 2)]
    told = run("arm-none-eabi-addr2line", "-a", "-i", "-e", elf, text="".join(f"{a:#x}\n" for a in addresses))
    sums = dict.fromkeys(OWNERS, 0)
    for frames in re.split(r"^0x[0-9a-f]+\n", told, flags=re.M)[1:]:
        sums[owner_of_lines(frames.splitlines())] += 2
    return sums


def weigh(folder):
    """owner -> {kind: bytes}"""
    sums = {owner: dict.fromkeys(KINDS, 0) for owner in OWNERS}
    own_code = []
    for section, address, size, file in linked((folder / "firmware.map").read_text(encoding="utf-8")):
        kind, owner = kind_of(section), owner_of_archive(file)
        if owner is None and kind == "code":
            own_code.append((address, size))
        else:
            sums[owner or owner_of_name(section)][kind] += size
        if section.startswith(".data"):  # its first values are in flash
            sums[owner or owner_of_name(section)]["constants"] += size
    for owner, size in split_code(folder / "firmware.elf", own_code).items():
        sums[owner]["code"] += size
    return sums


def measured_by_linker(elf):
    """(flash, RAM without the stack) as the sections' sizes say."""
    sizes = dict(re.findall(r"^(\.\S+) +(\d+) ", run("arm-none-eabi-size", "-A", elf), re.M))
    data = int(sizes.get(".data", 0))
    return int(sizes[".text"]) + int(sizes.get(".ARM.exidx", 0)) + data, int(sizes[".bss"]) + data


def checked(folder):
    """As weigh() does; what is left over is space between sections, so it is little."""
    sums = weigh(folder)
    flash, ram = measured_by_linker(folder / "firmware.elf")
    for size, kinds in ((flash, ("code", "constants")), (ram, ("ram",))):
        left = size - sum(row[kind] for row in sums.values() for kind in kinds)
        if not 0 <= left <= 400:
            raise ValueError(f"of {kinds}, {left} bytes of {size} are nobody's")
    return sums


def table(sums, stack_used, stack_reserved):
    """The lines of the table in docs/size.md."""
    yield "| Cortex-M3, `-Os`, bytes of | code | constants | RAM |"
    yield "|---|--:|--:|--:|"
    for owner, title in OWNERS.items():
        cells = [f"{sums[owner][kind]:,}" for kind in KINDS]
        if owner == "hubwire":
            title, cells = f"**{title}**", [f"**{cell}**" for cell in cells]
        yield f"| {title} | " + " | ".join(cells) + " |"
    yield f"| stack, of which {stack_used:,} were used |  |  | {stack_reserved:,} |"
    whole = [sum(row[kind] for row in sums.values()) + (stack_reserved if kind == "ram" else 0) for kind in KINDS]
    yield "| all | " + " | ".join(f"{size:,}" for size in whole) + " |"


if __name__ == "__main__":
    for who, row in checked(pathlib.Path(sys.argv[1])).items():
        print(f"{who:12}", *(f"{kind} {size:6}" for kind, size in row.items()))
