#!/usr/bin/env python3
"""Run two binaries over a folder of code bases, and tell which findings differ, how long each took and how much memory.

usage: diff.py OLD NEW FOLDER [--memory MIB] [--seconds N] [--messages]

Each folder in FOLDER is one code base and is checked from there, with its own configuration and without its baseline. A
finding is known by rule, path, line and level; `--messages` also tells those of which only the message or the help changed.
Prints a row for each code base (findings, seconds, MiB of OLD and NEW), `-` and `+` rows below it, and the sums, also by rule.
A run that ends by a signal, a limit or an exit code other than 0 and 1 is told as such and counts as a difference.
Exits 0 when nothing differs, 1 when something does, 2 when it could not run.
"""
import argparse
import collections
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time

Run = collections.namedtuple("Run", "findings seconds mebibytes failure")


def check(binary, folder, memory, seconds):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (memory << 20, memory << 20))

    with tempfile.TemporaryFile() as report, tempfile.TemporaryFile() as said:
        start = time.monotonic()
        command = [binary, "check", ".", "--format", "json", "--fail-on", "never", "--no-baseline"]
        child = subprocess.Popen(command, cwd=folder, stdout=report, stderr=said, preexec_fn=limit)
        timer = threading.Timer(seconds, child.kill)
        timer.start()
        # Waited for here, since only this call tells the peak memory of this one child.
        _, status, used = os.wait4(child.pid, 0)
        timer.cancel()
        took = time.monotonic() - start
        child.returncode = code = os.waitstatus_to_exitcode(status)
        report.seek(0)
        said.seek(0)
        findings, failure = [], None
        try:
            findings = json.load(report)["findings"]
        except (ValueError, KeyError):
            failure = "no report"
        if code not in (0, 1):
            last = said.read().decode(errors="replace").strip().splitlines()[:1]
            failure = f"exit code {code} after {took:.0f} s: {''.join(last)}"
        return Run(findings, took, used.ru_maxrss / 1024, failure)


def rows(findings):
    found = collections.defaultdict(list)
    for finding in findings:
        found[finding["path"], finding["line"], finding["rule"], finding["level"]].append(finding)
    return found


def differences(old, new, messages):
    """Sign, key, and text of each finding that differs, in the order of the places."""
    old, new = rows(old.findings), rows(new.findings)
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key, []), new.get(key, [])
        yield from (("-", key, finding["message"]) for finding in was[len(now):])
        yield from (("+", key, finding["message"]) for finding in now[len(was):])
        for before, after in zip(was, now) if messages else ():
            for part in ("message", "help"):
                if before.get(part) != after.get(part):
                    yield "~", key, f"{part}: {before.get(part)}\n    -> {after.get(part)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", metavar="OLD")
    parser.add_argument("new", metavar="NEW")
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--memory", type=int, default=8192, metavar="MIB")
    parser.add_argument("--seconds", type=int, default=300, metavar="N")
    parser.add_argument("--messages", action="store_true")
    options = parser.parse_args()
    binaries = [os.path.abspath(options.old), os.path.abspath(options.new)]
    bases = sorted(entry.path for entry in os.scandir(options.folder) if entry.is_dir() and entry.name[0] != ".")
    if not bases:
        parser.error("FOLDER holds no folders")
    signs, by_rule, sums, failures = collections.Counter(), collections.Counter(), [Run(0, 0, 0, None)] * 2, 0
    for base in bases:
        runs = [check(binary, base, options.memory, options.seconds) for binary in binaries]
        old, new = runs
        print(
            f"{os.path.basename(base)}: {len(old.findings)} -> {len(new.findings)} findings, "
            f"{old.seconds:.2f} -> {new.seconds:.2f} s, {old.mebibytes:.0f} -> {new.mebibytes:.0f} MiB"
        )
        for name, run in zip(("OLD", "NEW"), runs):
            if run.failure:
                failures += 1
                print(f"  {name} failed: {run.failure}")
        for sign, (path, line, rule, level), text in differences(old, new, options.messages):
            signs[sign] += 1
            by_rule[sign, rule, level] += 1
            print(f"  {sign} {level} {rule} {path}:{line} {text}")
        sums = [
            Run(sum.findings + len(run.findings), sum.seconds + run.seconds, max(sum.mebibytes, run.mebibytes), None)
            for sum, run in zip(sums, runs)
        ]
        sys.stdout.flush()
    print(f"{len(bases)} code bases: {signs['-']} gone, {signs['+']} new, {signs['~']} reworded, {failures} failed")
    for (sign, rule, level), count in sorted(by_rule.items(), key=lambda row: (row[0][1:], row[0][0])):
        print(f"  {sign}{count} {level} {rule}")
    old, new = sums
    print(f"findings {old.findings} -> {new.findings}, {old.seconds:.1f} -> {new.seconds:.1f} s in all, ", end="")
    print(f"at most {old.mebibytes:.0f} -> {new.mebibytes:.0f} MiB")
    return 1 if signs or failures else 0


if __name__ == "__main__":
    sys.exit(main())
