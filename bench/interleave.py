#!/usr/bin/env python3
"""Times several commands against each other and prints a table of medians, peak memory and ratios.

Commands come as files `NN-NAME.cmd` in one folder, arguments separated by NUL, run in the order of NN. One round runs
every command once and each round starts with another one, so a slow spell of the machine falls on all of them alike.
What the commands mean, and which ones exist, is the business of compare.sh and startup.sh.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

# What a tool says about its own coverage, in the first form that fits. Blank when it says nothing.
COVERAGE = (
    re.compile(r"([\d,_ ]+ files?\b[^\n]{0,60})"),
    re.compile(r"scanned (~?\d+ bytes)"),
    re.compile(r"(Blobs Scanned\.*: *[\d,]+)"),
)
GNU_TIME = "/usr/bin/time"
LONG_RUN = 10.0  # seconds; above it a tool gets fewer rounds
BUDGET = 60.0  # seconds a long tool may take over all of its rounds, though it always gets one


class Tool:
    """One command with everything measured about it. Times in seconds, memory in KiB."""

    def __init__(self, path):
        self.name = os.path.basename(path)[3:].removesuffix(".cmd")
        with open(path, "rb") as handle:
            self.argv = [os.fsdecode(part) for part in handle.read().split(b"\0")[:-1]]
        self.walls, self.peaks = [], []
        self.exit, self.coverage = None, ""
        self.over_limit = False
        self.rounds = 0

    @property
    def median(self):
        return statistics.median(self.walls) if self.walls else None


def run_bare(tool):
    """Runs once with the least work around it, for commands of a few milliseconds. Memory is not read."""
    sink = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    start = time.perf_counter()
    child = os.posix_spawn(tool.argv[0], tool.argv, os.environ, file_actions=sink)
    _, status = os.waitpid(child, 0)
    wall = time.perf_counter() - start
    tool.exit = os.waitstatus_to_exitcode(status)
    return wall, None


def run(tool, limit, scratch):
    """Runs once; returns (wall, peak) or None past the limit. Output goes to a file that is deleted at once.

    Without a limit the command is expected to be short and is run bare.
    """
    if limit is None:
        return run_bare(tool)
    memory = os.path.join(scratch, "peak")
    argv = tool.argv
    if os.access(GNU_TIME, os.X_OK):
        # The kernel counts this interpreter's own pages against a direct child; a small parent in between avoids it.
        argv = [GNU_TIME, "--quiet", "-f", "%M", "-o", memory, *argv]
    with tempfile.TemporaryFile(dir=scratch) as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        # A blocking wait and a timer: waiting with a timeout polls, and would round every time up to 50 ms.
        timer = threading.Timer(limit, os.killpg, (child.pid, signal.SIGKILL))
        timer.start()
        tool.exit = child.wait()
        wall = time.perf_counter() - start
        timer.cancel()
        if wall >= limit:
            tool.over_limit = True
            return None
        tool.coverage = read_coverage(output) or tool.coverage
    try:
        with open(memory, encoding="ascii") as handle:
            peak = int(handle.read().split()[-1])
    except (OSError, ValueError, IndexError):
        peak = None
    return wall, peak


def read_coverage(output):
    """Looks for a coverage line in the last 16 KiB of what the tool printed."""
    output.seek(max(0, output.seek(0, os.SEEK_END) - 16384))
    text = output.read().decode("utf-8", "replace")
    for pattern in COVERAGE:
        found = pattern.findall(text)
        if found:
            return " ".join(re.sub(r"\.{2,}", " ", found[-1]).split())[:40]
    return ""


def warm_up(tools, runs, limit, scratch):
    """One run of each that fills the file cache. A long tool keeps it as a measurement and gets fewer rounds."""
    for tool in tools:
        result = run(tool, limit, scratch)
        if result is None:
            continue
        if result[0] < LONG_RUN:
            tool.rounds = runs
        else:
            tool.walls.append(result[0])
            tool.peaks.append(result[1])
            tool.rounds = min(runs, int(BUDGET / result[0])) - 1
        if limit is not None:
            print(f"  warm-up {tool.name}: {result[0]:.2f} s", file=sys.stderr)


def measure(tools, limit, scratch):
    """Rounds over all tools that still want one, each round begun one place further on."""
    number = 0
    while any(tool.rounds > 0 for tool in tools):
        turn = number % len(tools)
        for tool in tools[turn:] + tools[:turn]:
            if tool.rounds > 0:
                tool.rounds -= 1
                result = run(tool, limit, scratch)
                if result is not None:
                    tool.walls.append(result[0])
                    tool.peaks.append(result[1])
        number += 1


def scaled(seconds):
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def row(tool, base, limit):
    if not tool.walls:
        why = f"> {limit:g} s" if tool.over_limit else "failed"
        least = f"> {limit / base.median:.1f}" if tool.over_limit and base and base.median else ""
        return [tool.name, why, "", least, "", "0", "" if tool.over_limit else str(tool.exit), ""]
    peaks = [peak for peak in tool.peaks if peak]
    return [
        tool.name,
        scaled(tool.median),
        f"{scaled(min(tool.walls))} .. {scaled(max(tool.walls))}",
        f"{tool.median / base.median:.2f}" if base and base.median else "",
        f"{statistics.median(peaks) / 1024:.0f} MiB" if peaks else "",
        str(len(tool.walls)),
        str(tool.exit),
        tool.coverage,
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="folder of NN-NAME.cmd files")
    parser.add_argument("--runs", type=int, default=5, help="measured rounds")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds after which a run is stopped")
    parser.add_argument("--bare", action="store_true", help="for commands of milliseconds: no limit, no memory")
    parser.add_argument("--base", required=True, help="name of the command that the others are divided by")
    parser.add_argument("--over", action="append", default=[], metavar="NAME", help="also print base / NAME")
    args = parser.parse_args()
    limit = None if args.bare else args.limit

    names = sorted(name for name in os.listdir(args.folder) if name.endswith(".cmd"))
    tools = [Tool(os.path.join(args.folder, name)) for name in names]
    base = next((tool for tool in tools if tool.name == args.base), None)
    with tempfile.TemporaryDirectory() as scratch:
        warm_up(tools, args.runs, limit, scratch)
        measure(tools, limit, scratch)

    print(f"| tool | median | spread | / {args.base} | peak memory | runs | exit | says it covered |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | --- |")
    for tool in tools:
        print("| " + " | ".join(row(tool, base, limit)) + " |")
    for name in args.over:
        other = next((tool for tool in tools if tool.name == name), None)
        if base and base.median and other and other.median:
            print(f"\n{args.base} / {name}: {base.median / other.median:.2f}")


if __name__ == "__main__":
    main()
