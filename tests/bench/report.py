# SPDX-License-Identifier: ISC
"""What was measured: as a table, as JSON, and as a picture by gnuplot."""
import json
import math
import os
import platform
import subprocess
import sys
import tempfile

PICTURED = ("ontap", "knot", "nsd")


class Report:
    def __init__(self, command, is_judging=True):
        self.command = command
        self.is_judging = is_judging
        self.rows = []
        self.left_out = []

    def add(self, part, what, size, value, unit, ratio=None, target=None):
        """One figure; `size` is the number of names or links, `target` the most it should be."""
        self.rows.append({"part": part, "what": what, "size": size, "value": value, "unit": unit,
                          "ratio_to_echo": ratio, "target": target if self.is_judging else None})
        print(f"  {part}: {what}, {size}: {number(value)} {unit}"
              + (f" ({ratio:.2f} x echo)" if ratio is not None else ""), file=sys.stderr, flush=True)

    def missing(self, part, why):
        self.left_out.append(f"{part}: {why}")
        print(f"  {part}: left out: {why}", file=sys.stderr, flush=True)

    def table(self):
        head = ("part", "what", "names", "value", "unit", "x echo", "target", "")
        lines = [head]
        for row in self.rows:
            met = "" if row["target"] is None else "met" if row["value"] <= row["target"] else "MISSED"
            lines.append((row["part"], row["what"], str(row["size"]), number(row["value"]), row["unit"],
                          "" if row["ratio_to_echo"] is None else f"{row['ratio_to_echo']:.2f}",
                          "" if row["target"] is None else number(row["target"]), met))
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

    def write_svg(self, path, gnuplot):
        """CPU an answer as a multiple of the echo's, by number of names."""
        ratios = {}
        for row in self.rows:
            name, _, what = row["what"].partition(": ")
            if row["part"] == "unicast" and what == "CPU an answer" and row["ratio_to_echo"]:
                ratios.setdefault(row["size"], {})[name] = row["ratio_to_echo"]
        if not ratios:
            return
        columns = [name for name in PICTURED if any(name in sizes for sizes in ratios.values())]
        data = "\n".join(f'"{size} names" ' + " ".join(
            f"{ratios[size][name]:.3f}" if name in ratios[size] else "?" for name in columns)
            for size in sorted(ratios))
        plots = ", ".join(f'$data using {i + 2}:xtic(1) title "{name}"' for i, name in enumerate(columns))
        script = f"""$data << END
{data}
END
set terminal svg size 720,400 font "sans,12" background "white"
set output "{path}"
set title "CPU an answer, as a multiple of a bare UDP echo"
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.8 border -1
set boxwidth 0.9
set yrange [0:*]
set grid ytics
set key outside right top
set datafile missing "?"
plot {plots}, 1 with lines dashtype 2 linecolor "black" title "echo"
"""
        with tempfile.NamedTemporaryFile("w", suffix=".gp", encoding="utf-8") as file:
            file.write(script)
            file.flush()
            subprocess.run([gnuplot, file.name], check=True)


def number(value):
    """Three significant digits, but no fewer than the integer has."""
    if isinstance(value, float) and math.isnan(value):
        return "-"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}"


def machine():
    return {"kernel": platform.release().split("-")[0], "cpus": len(os.sched_getaffinity(0)),
            "machine": platform.machine()}
