# SPDX-License-Identifier: BSL-1.0
"""Draws what run.sh measured: time on the left, instructions on the right, one row of panels per kind of work.

Times are of one run on one machine. Instructions do not depend on the machine, so those that were published for
libraries that no package carries stand beside the counted ones. Axes begin at zero and are linear.
"""
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  after the choice of how to draw

COMPILER = "g++"
# Who checks texts is dark, who does not is light.
COLOURS = {("hubwire", True): "#0b5394", ("hubwire", False): "#6fa8dc",
           ("other", True): "#595959", ("other", False): "#b7b7b7", ("by hand", False): "#ffffff"}
# Title, then (operation, texts checked in it, what hubwire's bar is called). Bars of others take the operation's place.
PANELS = [
    ("write CONNECT with will, 378 bytes", [("connect_will", False, "hubwire (texts checked before)")]),
    ("write PUBLISH QoS 1, 128 bytes", [("publish_q1_128", False, "hubwire (topic checked before)"),
                                         ("publish_q1_128_checked", True, "hubwire (topic checked in it)")]),
    ("read PUBLISH QoS 1, 128 bytes", [("decode_publish_128_unchecked", False, "hubwire (texts left to the caller)"),
                                        ("decode_publish_128", True, "hubwire")]),
    ("read a stream of 64 packets, per packet", [("stream_hot_unchecked", False, "hubwire (texts left to the caller)"),
                                                  ("stream_hot", True, "hubwire")]),
    ("is it a topic? 70 bytes of ASCII", [("utf8_ascii70", True, "hubwire")]),
    ("topic and 4 properties for IoT Hub", [("telemetry_topic_4", True, "hubwire")]),
]
# Of the published figures, the ones with link-time optimisation where there are some.
PUBLISHED = ["coreMQTT", "Paho MQTTPacket (embedded C)", "lwmqtt", "MQTT-C", "mongoose", "wolfMQTT", "async_mqtt",
             "az_mqtt (Azure IoT SDK for C)", "azure-sdk-for-c (no preconditions)"]
CHECKING = ("wolfMQTT", "async_mqtt", "az_mqtt (Azure IoT SDK for C)")
# The remark that a reader of the chart needs.
DOES_LESS = "its input already encoded"
# Names that would reach into the panel beside theirs.
SHORT = {"Paho MQTTPacket (embedded C)": "Paho embedded", "azure-sdk-for-c (no preconditions)": "azure-sdk-for-c",
         "az_mqtt (Azure IoT SDK for C)": "az_mqtt"}


def measured_bars(document, figure, operations):
    bars = []
    for operation, checked, title in operations:
        for library, compilers in document["libraries"].items():
            row = compilers.get(COMPILER, {}).get(operation, {})
            if figure not in row:
                continue
            is_ours = library.startswith("hubwire")
            name = title if is_ours else library + (" (checks less)" if row.get("less") else "")
            who = "hubwire" if is_ours else "by hand" if library.startswith("by hand") else "other"
            bars.append((row[figure], name, (who, checked and not row.get("less")), False))
    return bars


def published_bars(figures, operations):
    bars = []
    for operation, _, _ in operations:
        for alternative in PUBLISHED:
            rows = [row for row in figures if row["operation"] == operation and row["alternative"] == alternative
                    and row["compiler"] == COMPILER and row["instructions"]]
            if not rows:
                continue
            row = max(rows, key=lambda row: row["lto"] == "yes")
            checks = alternative in CHECKING
            name = f"{SHORT.get(alternative, alternative)} {row['version']}" + (", LTO" if row["lto"] == "yes" else "")
            if row["remark"] == DOES_LESS:
                name += f"\n{row['remark']}"
            bars.append((float(row["instructions"]), name, ("other", checks), True))
    return bars


def text_of(value):
    return f"{value:.2g}" if value < 1 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def draw_panel(axes, bars, places, unit):
    bars = sorted(bars, key=lambda bar: bar[0])
    most = max((value for value, *_ in bars), default=1)
    for place, (value, _, colour, is_published) in enumerate(bars):
        axes.barh(place, value, height=0.72, color=COLOURS[colour], hatch="////" if is_published else None,
                  edgecolor="white" if is_published else "#595959", linewidth=0.7 if colour[0] == "by hand" else 0)
        axes.text(value + most * 0.012, place, text_of(value), va="center", fontsize=8)
    axes.set_yticks(range(len(bars)), [name for _, name, _, _ in bars], fontsize=8)
    for label, (_, _, colour, _) in zip(axes.get_yticklabels(), bars):
        if colour[0] == "hubwire":
            label.set_fontweight("bold")
    axes.set_xlim(0, most * 1.16)
    axes.set_ylim(places - 0.4, -0.6)
    axes.tick_params(axis="x", labelsize=7)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(unit, fontsize=7, labelpad=1)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_position(("data", len(bars) - 0.4))  # right below the bars, also where there are few


def legend(figure):
    patches = [
        matplotlib.patches.Patch(color=COLOURS["hubwire", True], label="hubwire, texts checked in the call"),
        matplotlib.patches.Patch(color=COLOURS["hubwire", False], label="hubwire, texts checked by their type or left to the caller"),
        matplotlib.patches.Patch(color=COLOURS["other", True], label="alternative that checks texts"),
        matplotlib.patches.Patch(color=COLOURS["other", False], label="alternative that does not, or checks less"),
        matplotlib.patches.Patch(facecolor="white", edgecolor="#595959",
                                 label="written by hand for this, without checks: a floor, no library"),
        matplotlib.patches.Patch(facecolor=COLOURS["other", False], hatch="////", edgecolor="white",
                                 label="published count, not of this run (bench/versus/published.csv)"),
    ]
    figure.legend(handles=patches, loc="upper left", bbox_to_anchor=(0.012, 1 - 0.62 / figure.get_figheight()), ncol=2,
                  frameon=False, fontsize=8)


def draw(document, figures, path):
    plt.rcParams.update({"font.family": "DejaVu Sans", "svg.hashsalt": "hubwire", "svg.fonttype": "path",
                         "hatch.linewidth": 0.8})
    panels = []
    for title, operations in PANELS:
        times = measured_bars(document, "ns", operations)
        counts = measured_bars(document, "instructions", operations) + published_bars(figures, operations)
        if times and counts:
            panels.append((title, times, counts))
    heights = [max(len(times), len(counts)) + 2.6 for _, times, counts in panels]
    figure = plt.figure(figsize=(12, 0.185 * sum(heights) + 1.9))
    top = 1 - 1.75 / figure.get_figheight()
    grid = figure.add_gridspec(len(panels), 2, height_ratios=heights, hspace=0.42, wspace=0.62,
                               left=0.185, right=0.985, top=top, bottom=0.035)
    for row, (title, times, counts) in enumerate(panels):
        left, right = figure.add_subplot(grid[row, 0]), figure.add_subplot(grid[row, 1])
        places = max(len(times), len(counts))
        draw_panel(left, times, places, "nanoseconds")
        draw_panel(right, counts, places, "instructions")
        left.set_title(title, fontsize=10, fontweight="bold", loc="left", x=-0.4)
    height = figure.get_figheight()
    figure.text(0.012, 1 - 0.3 / height, "hubwire and its alternatives: less is better", fontsize=15, fontweight="bold")
    compiler = document["compilers"].get(COMPILER, "")
    figure.text(0.012, 1 - 0.52 / height, f"{document['date']}, {document['machine']}; {compiler}, -O2. "
                "Time: one run, one core, least of all rounds.", fontsize=8.5)
    legend(figure)
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None, "Creator": "bench/chart.py"})
    figure.savefig(path.with_suffix(".png"), dpi=110, metadata={"Software": "bench/chart.py"})
    plt.close(figure)
