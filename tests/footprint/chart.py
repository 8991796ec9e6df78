# SPDX-License-Identifier: BSL-1.0
"""Draws docs/size.svg and size.png: bytes of code over the number of call sites, one line a library.

The figures are those of sites.csv and published_sites.csv. The SVG says which, so that a test without matplotlib
sees whether it is up to date.
"""
import hashlib

import page

PANELS = [("Microcontroller: Cortex-M0+, built for size (-Os)", "cortex-m0plus", "-Os"),
          ("Server or PC: x86-64, built for speed (-O2)", "x86-64", "-O2")]
OURS = {"eight_checked": ("hubwire, checks texts", "#0b5394"), "eight_unchecked": ("hubwire, texts trusted", "#3d85c6")}
# Short names, and a grey of its own for each: who checks texts is the darkest.
OTHERS = {"wolfMQTT": ("wolfMQTT, checks texts", "#404040"), "coreMQTT": ("coreMQTT", "#7a7a7a"),
          "Paho MQTTPacket for embedded C": ("Paho embedded", "#8f8f8f"),
          "MQTT-C, which reads beyond its input": ("MQTT-C, no bounds checks", "#a5a5a5")}
TITLE = "What a program pays for using MQTT in several places: less is better"
SUBTITLE = ("Bytes of code: the library and all call sites together. Each site writes CONNECT, SUBSCRIBE, PUBLISH and PUBACK, and reads\n"
            "CONNACK, SUBACK, PUBACK and PUBLISH. The flatter a line, the less one more site costs.")


def lines_of(target, flags, sites, published):
    """(label, colour, whether it is hubwire, [(places, bytes)]) of each library in a panel."""
    for image, (label, colour) in OURS.items():
        points = sorted((int(key[3]), size["text"]) for key, size in sites.items() if key[:3] == (image, target, flags))
        yield label, colour, True, points
    for image in OURS:
        for (alternative, _, _), sizes in page.alternatives(published, image).items():
            label, colour = OTHERS[alternative]
            points = sorted((int(key[2]), size) for key, size in sizes.items() if key[:2] == (target, flags))
            yield label, colour, False, points


def all_panels():
    _, sites, _, published, _ = page.read()
    return [(panel, list(lines_of(*panel[1:], sites, published))) for panel in PANELS]


def stamp(panels):
    """Changes with every figure in the chart."""
    return "figures " + hashlib.sha256(repr(panels).encode()).hexdigest()[:16]


def is_current():
    picture = page.PAGE.with_suffix(".svg")
    return picture.exists() and stamp(all_panels()) in picture.read_text(encoding="utf-8")


def spread(heights, gap):
    """Heights of labels, in order, moved up where they would stand less than a gap apart."""
    placed = []
    for height in heights:
        placed.append(max(height, placed[-1] + gap) if placed else height)
    return placed


def draw_panel(axes, title, lines):
    lines = sorted(lines, key=lambda line: line[3][-1])
    top = lines[-1][3][-1][1] * 1.1
    last = lines[0][3][-1][0]
    places = spread([line[3][-1][1] for line in lines], top * 0.06)
    for (label, colour, ours, points), place in zip(lines, places):
        across, up = zip(*points)
        axes.plot(across, up, color=colour, linewidth=3.2 if ours else 1.6, marker="o", markersize=6 if ours else 4, clip_on=False,
                  zorder=3 if ours else 2)
        axes.annotate(f"{label}  {up[-1]:,}", (last, up[-1]), xytext=(last * 1.07, place), va="center", fontsize=9.5, color=colour,
                      fontweight="bold" if ours else "normal", annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 4,
                                  "relpos": (0, 0.5)})
    axes.set_title(title, fontsize=11, fontweight="bold", loc="left", pad=10)
    axes.set_xlim(0, last)
    axes.set_ylim(0, max(top, places[-1] * 1.02))
    axes.set_xticks([place for place, _ in lines[0][3]])
    axes.locator_params(axis="y", nbins=6)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("call sites", fontsize=9)
    axes.tick_params(labelsize=9, length=0)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def draw():
    import matplotlib  # only here: the tests need no matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    plt.rcParams.update({"font.family": "DejaVu Sans", "svg.hashsalt": "hubwire", "svg.fonttype": "path"})
    panels = all_panels()
    figure, all_axes = plt.subplots(1, 2, figsize=(13.5, 5.2))
    figure.subplots_adjust(left=0.05, right=0.795, top=0.74, bottom=0.095, wspace=0.9)
    for axes, ((title, _, _), lines) in zip(all_axes, panels):
        draw_panel(axes, title, lines)
    figure.text(0.012, 0.945, TITLE, fontsize=15, fontweight="bold")
    figure.text(0.012, 0.85, SUBTITLE, fontsize=9.5, linespacing=1.4)
    picture = page.PAGE.with_suffix(".svg")
    figure.savefig(picture, metadata={"Date": None, "Creator": "tests/footprint/chart.py", "Description": stamp(panels)})
    figure.savefig(picture.with_suffix(".png"), dpi=110, metadata={"Software": "tests/footprint/chart.py"})
    plt.close(figure)


def self_test():
    assert spread([1, 2, 9], 3) == [1, 4, 9]
    assert stamp([1]) != stamp([2])
