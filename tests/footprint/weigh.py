# SPDX-License-Identifier: BSL-1.0
"""Reads what the compiler and the linker wrote about an image: the link map, the call graph, the symbols."""
import re

SIZES = ("text", "rodata", "data", "bss")

# What firmware of this library must not contain: a heap, exceptions and what they need, destructors at exit,
# floating point in software (__aeabi_dadd, __aeabi_ui2f, __mulsf3, ...).
BANNED = re.compile(r"""
    _*(malloc|calloc|realloc|free|memalign|sbrk)(_r)? | _Z(nw|na|dl|da).* | operator\ (new|delete).*
  | .*__throw_.* | __cxa_.* | __gxx_.* | __gnu_unwind.* | _*Unwind_.* | __aeabi_(atexit|unwind_.*) | atexit
  | __aeabi_([cfd][a-z0-9]+|h2f.*|u?[il]2[fd]|[fd]2.*)
  | __(add|sub|mul|div|neg|eq|ne|ge|gt|le|lt|unord|cmp)[sd]f[0-9] | __(fix|fixuns)[sd]f[sd]i | __float(un)?[sd]i[sd]f
  | __(extend|trunc)[sd]f[sd]f2
""", re.VERBOSE)


def banned(symbols):
    return sorted(name for name in symbols if BANNED.fullmatch(name))


def kind_of(section):
    for prefixes, kind in (((".text",), "text"), ((".rodata", ".ARM.ex", ".init_array", ".fini_array"), "rodata"),
                           ((".data",), "data"), ((".bss", "COMMON"), "bss")):
        if section.startswith(prefixes):
            return kind
    return None


def linked(map_text):
    """(section, bytes, file) of everything that was linked."""
    text = map_text.split("Linker script and memory map", 1)[1]
    text = re.sub(r"^( \.\S+)\n +(?=0x)", r"\1 ", text, flags=re.M)  # long names stand on a line of their own
    for name, size, file in re.findall(r"^ (\.\S+|COMMON) +0x[0-9a-f]+ +0x([0-9a-f]+) (\S.*)$", text, re.M):
        if int(size, 16) != 0:
            yield name, int(size, 16), file


def sections(map_text):
    """(section, bytes, file) of everything that was linked and takes room in a microcontroller's memory."""
    for name, size, file in linked(map_text):
        if kind_of(name):
            yield name, size, file
        elif not re.match(r"\.(debug|comment|ARM\.attributes|vectors|symtab|strtab)", name):
            raise ValueError(f"what is section {name} of {file}?")


def share(map_text, units):
    """Bytes that the object files `units` bring in, of each kind."""
    sums = dict.fromkeys(SIZES, 0)
    for name, size, file in sections(map_text):
        if file in units:
            sums[kind_of(name)] += size
    if sums["text"] == 0:
        raise ValueError(f"nothing of {units} is in the image")
    return sums


def code(map_text, units):
    """Bytes of code that the object files `units` bring in, on any processor."""
    size = sum(size for name, size, file in linked(map_text) if file in units and kind_of(name) == "text")
    if size == 0:
        raise ValueError(f"nothing of {units} is in the image")
    return size


def of_libraries(map_text):
    """member of an archive (memcpy.o) -> bytes of .text and .rodata: the C library and the compiler's own."""
    members = {}
    for name, size, file in sections(map_text):
        member = re.fullmatch(r".*/lib(\w+)\.a\((.+)\.o\)", file)
        if member and kind_of(name) in ("text", "rodata"):
            members[member[2]] = members.get(member[2], 0) + size
    return members


def call_graph(ci_text):
    """function -> bytes of stack, function -> functions it calls. Names as the linker has them."""
    frames, calls = {}, {}
    bare = re.compile(r"^[^:]*\.cpp:")  # local names carry their file
    for title, label in re.findall(r'^node: \{ title: "([^"]+)" label: "([^"]*)"', ci_text, re.M):
        size = re.search(r"\\n(\d+) bytes \(([^)]+)\)", label)
        if not size:
            continue
        if size[2] != "static":
            raise ValueError(f"the stack of {title} is {size[2]}")
        frames[bare.sub("", title)] = int(size[1])
    for caller, callee in re.findall(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', ci_text, re.M):
        calls.setdefault(bare.sub("", caller), set()).add(bare.sub("", callee))
    return frames, calls


def deepest(frames, calls, roots):
    """(bytes, chain) of the deepest chain of calls from one of the roots. What has no frame counts nothing."""
    known = {}

    def below(name, path):
        if name in path:
            raise ValueError(f"recursion: {' '.join(path)} {name}")
        if name == "__indirect_call":
            raise ValueError(f"{path[-1]} calls through a pointer")
        if name not in known:
            inner = max((below(callee, path + [name]) for callee in sorted(calls.get(name, ())) if callee in frames or
                         callee == "__indirect_call"), default=(0, []))
            known[name] = (inner[0] + frames[name], [name] + inner[1])
        return known[name]

    return max(below(root, []) for root in roots)


def self_test():
    for name in ("malloc", "_free_r", "_Znwj", "_ZdlPv", "_ZSt20__throw_out_of_rangePKc", "__cxa_atexit", "__aeabi_dadd",
                 "__aeabi_f2iz", "__aeabi_ui2d", "__aeabi_cfcmple", "_Unwind_Resume", "__mulsf3", "__adddf3", "__floatsidf",
                 "__fixunsdfsi", "__gxx_personality_v0", "__aeabi_atexit", "__aeabi_unwind_cpp_pr0", "_sbrk", "__ltsf2", "__truncdfsf2"):
        assert banned([name]) == [name], name
    for name in ("memcpy", "__aeabi_uldivmod", "__aeabi_lmul", "__muldi3", "__udivsi3", "__clzsi2", "_ZN7hubwire4freeEv",
                 "__gnu_thumb1_case_uqi", "__aeabi_memcpy", "__aeabi_idiv", "reset", "__aeabi_uidivmod", "__udivmoddi4"):
        assert not banned([name]), name
    text = "Discarded input sections\n .text.gone 0x0 0x9 /o/a.o\nLinker script and memory map\n" \
           " .text._Zlong\n                0x00000010       0x20 /o/a.o\n .rodata.x  0x00000030  0x4 /o/a.o\n" \
           " .text.memcpy  0x00000040  0x8 /lib/libc_nano.a(libc_a-memcpy.o)\n .bss.b 0x20000000 0x5 /o/b.o\n" \
           " .debug_info 0x00000000 0x77 /o/a.o\n"
    assert share(text, {"/o/a.o"}) == {"text": 0x20, "rodata": 4, "data": 0, "bss": 0}
    assert code(text, {"/o/a.o"}) == 0x20
    assert of_libraries(text) == {"libc_a-memcpy": 8}
    graph = 'node: { title: "u.cpp:f" label: "f\\nu.cpp:1\\n16 bytes (static)" }\n' \
            'node: { title: "g" label: "g\\nu.cpp:2\\n8 bytes (static)" }\n' \
            'node: { title: "memcpy" label: "memcpy\\n<built-in>" shape : ellipse }\n' \
            'edge: { sourcename: "g" targetname: "u.cpp:f" }\nedge: { sourcename: "u.cpp:f" targetname: "memcpy" }\n'
    assert deepest(*call_graph(graph), ["g"]) == (24, ["g", "f"])
    for bad in (graph.replace("16 bytes (static)", "16 bytes (dynamic)"),
                graph + 'edge: { sourcename: "u.cpp:f" targetname: "g" }\n',
                graph + 'edge: { sourcename: "u.cpp:f" targetname: "__indirect_call" }\n'):
        try:
            deepest(*call_graph(bad), ["g"])
        except ValueError:
            continue
        raise AssertionError(bad)
