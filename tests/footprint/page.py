# SPDX-License-Identifier: BSL-1.0
"""Writes the tables of docs/size.md out of the CSV files beside this one. Its chart is chart.py's."""
import build
import tables

PAGE = build.ROOT / "docs/size.md"
NAMES = {
    "codec7_v3": "hubwire, texts checked", "codec7_v3_unchecked": "hubwire, texts trusted",
    "eight_checked": "hubwire, texts checked", "eight_unchecked": "hubwire, texts trusted", "client": "hubwire's client",
}
EIGHT = ("eight_checked", "eight_unchecked")
# Name of the table on the page -> title, images, (title of a column, target, flags, number of places).
TABLES = {
    "sites m0": ("Cortex-M0+, `-Os`", EIGHT,
                 [("1 place", "cortex-m0plus", "-Os", "1"), ("3", "cortex-m0plus", "-Os", "3"), ("10", "cortex-m0plus", "-Os", "10")]),
    "sites x86": ("x86-64, `-O2`", EIGHT, [("1 place", "x86-64", "-O2", "1"), ("5", "x86-64", "-O2", "5"), ("20", "x86-64", "-O2", "20")]),
    "sites clang": ("x86-64 with clang, `-O2`", EIGHT,
                    [("1 place", "x86-64-clang", "-O2", "1"), ("5", "x86-64-clang", "-O2", "5"), ("20", "x86-64-clang", "-O2", "20")]),
    "sites m4": ("Cortex-M4", EIGHT,
                 [(f"`{flags}`: 1 place" if sites == "1" else sites, "cortex-m4", flags, sites)
                  for flags in ("-O2", "-Og") for sites in ("1", "5", "20")]),
    "flags": ("Cortex-M4, seven operations, one call each", ("codec7_v3", "codec7_v3_unchecked"),
              [(f"`{flags}`", "cortex-m4", flags, "1") for flags in ("-Os", "-O2", "-Og")]),
    "client": ("Cortex-M4", ("client",),
               [(f"`{flags}`: 1 place" if sites == "1" else f"`{flags}`: 20", "cortex-m4", flags, sites)
                for flags in ("-O2", "-Og") for sites in ("1", "20")]),
}


def alternatives(published, image):
    """(alternative, version, date) -> (target, flags, places) -> bytes, in the order of the file."""
    found = {}
    for row in published:
        if row["image"] == image:
            sizes = found.setdefault((row["alternative"], row["version"], row["date"]), {})
            sizes[row["target"], row["flags"], row["sites"]] = int(row["text"])
    return found


def line(title, cells):
    return f"| {title} | " + " | ".join(cells) + " |"


def sites_table(name, sizes, published, bars):
    title, images, columns = TABLES[name]
    places = [tuple(column[1:]) for column in columns]
    yield line(f"{title}, bytes of code", [column[0] for column in columns])
    yield "|---|" + "--:|" * len(columns)
    for image in images:
        ours = {place: sizes[image, *place]["text"] for place in places}
        yield line(f"**{NAMES[image]}**", [f"**{size:,}**" for size in ours.values()])
        wanted = {place: bars.get((image, *place), {}).get("text") for place in places}
        if any(wanted.values()):
            yield line("bar for the line above", [tables.with_bar(ours[place], wanted[place]) for place in places])
        for (alternative, version, date), theirs in alternatives(published, image).items():
            if any(place in theirs for place in places):
                yield line(f"{alternative} ({version}, {date})", [tables.number(theirs.get(place)) for place in places])


def read():
    """What the page is made of: sizes.csv, sites.csv, what is published of both kinds, bars.csv."""
    return (tables.rows_of(build.HERE / "sizes.csv"), tables.rows_of(build.HERE / "sites.csv", tables.SITES),
            tables.published_of(build.HERE / "published.csv"), tables.published_of(build.HERE / "published_sites.csv"),
            tables.rows_of(build.HERE / "bars.csv", tables.SITES))


def wanted(text):
    """The page as it should be."""
    sizes, sites, published, published_sites, bars = read()
    text = tables.fill(text, "size", tables.sizes_table(sizes, published, bars))
    for name in TABLES:
        text = tables.fill(text, name, sites_table(name, sites, published_sites, bars))
    return text


def self_test():
    sizes = {(image, *column[1:]): {"text": 7000} for image in ("client",) for column in TABLES["client"][2]}
    theirs = [{"image": "client", "alternative": "a", "version": "1", "date": "d", "target": "cortex-m4", "flags": "-Og", "sites": "20",
               "text": "8700"}]
    made = list(sites_table("client", sizes, theirs, {("client", "cortex-m4", "-O2", "1"): {"text": 6200}}))
    assert made[2:] == ["| **hubwire's client** | **7,000** | **7,000** | **7,000** | **7,000** |",
                        "| bar for the line above | 6,200 (800 over) |  |  |  |", "| a (1, d) |  |  |  | 8,700 |"], made
