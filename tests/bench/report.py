# SPDX-License-Identifier: ISC
"""The results: as a table, as JSON, as Markdown, and as a picture by gnuplot."""
import json
import math
import os
import platform
import subprocess
import sys
import tempfile

SERVERS = ("echo", "ontap", "knot", "nsd", "gdnsd", "bind", "tinydns", "avahi")
# The servers in the picture; in all panels the same colours.
COLOURS = {"echo": "#999999", "ontap": "#c03020", "ontap, address": "#ff9080", "ontap, reload": "#c03020",
           "knot": "#1f5f99", "nsd": "#5599cc", "gdnsd": "#99ccbb", "bind": "#bbaa77"}
# Part, what, title of each panel; whether its scale is logarithmic.
PANELS = (("unicast", "CPU an answer", "UDP: CPU an answer, µs", False),
          ("tcp", "pipelined, CPU an answer", "TCP, pipelined: CPU an answer, µs", False),
          ("tcp", "one question a connection, CPU an answer", "TCP, a connection each: CPU, µs", False),
          ("instructions", "whole server, a question", "instructions a question, user space", True),
          ("record", "change to the first right answer, median", "one change to the right answer, ms", True),
          ("record", "CPU for the change", "one change: CPU, ms", True),
          ("start", "start to the first right answer", "start to the right answer, ms", True),
          ("start", "PSS, alone", "PSS, MiB", True),
          ("transfer", "AXFR, CPU", "AXFR: CPU, ms", True))


class Report:
    def __init__(self, command, is_judging=True):
        self.command = command
        self.is_judging = is_judging
        self.rows = []
        self.left_out = []

    def add(self, part, what, size, value, unit, ratio=None, target=None, ratio_target=None, least=None):
        """One figure; `size` is the number of names or links, `target` its maximum, `ratio_target` the
        maximum of its ratio, `least` its minimum."""
        self.rows.append({"part": part, "what": what, "size": size, "value": value, "unit": unit,
                          "ratio_to_echo": ratio} | dict.fromkeys(("target", "ratio_target", "least")))
        if self.is_judging:
            self.rows[-1] |= {"target": target, "ratio_target": ratio_target, "least": least}
        print(f"  {part}: {what}, {size}: {number(value)} {unit}"
              + (f" ({ratio:.2f} x echo)" if ratio is not None else ""), file=sys.stderr, flush=True)

    def missing(self, part, why):
        if f"{part}: {why}" in self.left_out:
            return
        self.left_out.append(f"{part}: {why}")
        print(f"  {part}: left out: {why}", file=sys.stderr, flush=True)

    def table(self):
        head = ("part", "what", "names", "value", "unit", "x echo", "target", "")
        lines = [head]
        for row in self.rows:
            lines.append((row["part"], row["what"], str(row["size"]), number(row["value"]), row["unit"],
                          "" if row["ratio_to_echo"] is None else f"{row['ratio_to_echo']:.2f}",
                          *judgement(row)))
        widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
        text = "\n".join("  ".join(cell.rjust(width) if i in (2, 3, 5, 6) else cell.ljust(width)
                                   for i, (cell, width) in enumerate(zip(line, widths))).rstrip()
                         for line in lines)
        return text + "".join(f"\nleft out: {why}" for why in self.left_out)

    def write_json(self, path):
        rows = [{key: None if isinstance(value, float) and math.isnan(value) else value
                 for key, value in row.items()} for row in self.rows]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"command": self.command, "machine": machine(), "results": rows,
                       "left_out": self.left_out}, file, indent=1, ensure_ascii=False)
            file.write("\n")

    def side_by_side(self):
        """The measurements that several servers have: {part: {(what, size, unit): {server: row}}}. A server
        with several ways ("ontap, reload") counts as several."""
        parts = {}
        for row in self.rows:
            name, colon, what = row["what"].partition(": ")
            if colon and name.split(",")[0] in SERVERS:
                lines = parts.setdefault(row["part"], {})
                lines.setdefault((what, row["size"], row["unit"]), {})[name] = row
        return {part: {key: line for key, line in lines.items() if len(line) > 1}
                for part, lines in parts.items()}

    def write_markdown(self, path):
        """A table for each part with a column for each server, for doc/performance.md."""
        with open(path, "w", encoding="utf-8") as file:
            for part, lines in self.side_by_side().items():
                names = sorted({name for line in lines.values() for name in line}, key=in_order)
                if lines:
                    file.write(f"### {part}\n\n" + markdown_row(["", "names", *names, "target"])
                               + markdown_row(["---"] * (len(names) + 3)))
                for (what, size, unit), line in lines.items():
                    targets = [judgement(row)[0] for row in line.values() if judgement(row)[0]]
                    file.write(markdown_row([f"{what}, {unit}" if unit else what, str(size),
                                             *(markdown_cell(line.get(name)) for name in names),
                                             *(targets[:1] or [""])]))
                file.write("\n" if lines else "")

    def write_svg(self, path, gnuplot):
        """A panel for each figure, by number of names."""
        parts = self.side_by_side()
        panels = []
        for part, what, title, is_log in PANELS:
            sizes = {size: line for (text, size, _), line in parts.get(part, {}).items() if text == what}
            if sizes:
                panels.append(panel(title, is_log, sizes))
        if not panels:
            return
        rows = math.ceil(len(panels) / 3)
        script = f"""set terminal svg size 1080,{rows * 280} font "sans,10" background "white"
set output "{path}"
set multiplot layout {rows},{min(3, len(panels))}
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.8 noborder
set boxwidth 0.9
set grid ytics
set key above font "sans,8"
set xlabel "names" offset 0,0.5
set datafile missing "?"
""" + "".join(panels)
        with tempfile.NamedTemporaryFile("w", suffix=".gp", encoding="utf-8") as file:
            file.write(script)
            file.flush()
            subprocess.run([gnuplot, file.name], check=True)


def in_order(name):
    """Sorts servers in the order of the list, and the ways of one server by name."""
    return SERVERS.index(name.split(",")[0]), name


def colour(name):
    return COLOURS.get(name) or COLOURS.get(name.split(",")[0])


def panel(title, is_log, sizes):
    """gnuplot's commands for bars by number of names."""
    names = sorted({name for line in sizes.values() for name in line if colour(name)}, key=in_order)
    block = "$" + "".join(filter(str.isalnum, title))
    data = "\n".join(f'"{size}" ' + " ".join(
        f"{line[name]['value']:.6g}" if name in line and line[name]["value"] > 0 else "?" for name in names)
        for size, line in sorted(sizes.items()))
    plots = ", ".join(f'{block} using {i + 2}:xtic(1) title "{name}" linecolor rgb "{colour(name)}"'
                      for i, name in enumerate(names))
    least = min(row["value"] for line in sizes.values() for row in line.values() if row["value"] > 0)
    scale = f"set logscale y\nset yrange [{least / 2:.6g}:*]" if is_log else "unset logscale y\nset yrange [0:*]"
    return f'{block} << END\n{data}\nEND\nset title "{title}"\n{scale}\nplot {plots}\n'


def markdown_row(cells):
    return "| " + " | ".join(cells) + " |\n"


def markdown_cell(row):
    """The figure, and in brackets its multiple of the echo's."""
    if row is None:
        return ""
    ratio = row["ratio_to_echo"]
    text = number(row["value"])
    if ratio is not None and row["what"].partition(": ")[0] != "echo":
        text += f" ({ratio:.2f})"
    return f"**{text}**" if judgement(row)[1] == "MISSED" else text


def judgement(row):
    """A row's target as text, and whether it is met."""
    if row["target"] is not None:
        return number(row["target"]), "met" if row["value"] <= row["target"] else "MISSED"
    if row["ratio_target"] is not None:
        is_met = row["ratio_to_echo"] <= row["ratio_target"] + 0.005  # as it is printed
        return f"{row['ratio_target']:.2f} x", "met" if is_met else "MISSED"
    if row["least"] is not None:
        return f">= {number(row['least'])}", "met" if row["value"] >= row["least"] else "MISSED"
    return "", ""


def number(value):
    """Three significant digits, but not fewer than the integer part has."""
    if isinstance(value, float) and math.isnan(value):
        return "-"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}"


def machine():
    return {"kernel": platform.release().split("-")[0], "cpus": len(os.sched_getaffinity(0)),
            "machine": platform.machine()}
