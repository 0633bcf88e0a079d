#!/usr/bin/env python3
"""Analyse every JavaScript and TypeScript file of many npm packages, under limits, and say what happened to each package.

usage: bulk.py BINARY FOLDER [--memory MIB] [--seconds N] [--install] [PACKAGE...]

FOLDER holds `node_modules`; `--install` fills it with the packages of packages.txt first (without running their scripts).
Each package of `node_modules`, or each PACKAGE, is copied to a temporary folder under names that no default leaves out
(`dist` becomes `x-dist`), and analysed as one project. It is good when the process ends by itself with exit code 0 or 1, says
nothing of a panic, and its report counts every file; the files that it does not look at are named. Prints a row for each bad
package and for the ten that took most time and most memory, then the sum; exits 1 when any is bad.
Each row also goes to standard error as soon as it is known.
"""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

SOURCES = {".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"}
HERE = os.path.dirname(os.path.abspath(__file__))


def option(name, default):
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else default


def words():
    skip = 0
    for at, word in enumerate(sys.argv[1:], 1):
        if skip:
            skip -= 1
        elif word in ("--memory", "--seconds"):
            skip = 1
        elif not word.startswith("--"):
            yield word


def listed():
    with open(f"{HERE}/packages.txt") as lines:
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def is_source(name):
    return os.path.splitext(name)[1] in SOURCES and not name.endswith((".d.ts", ".d.mts", ".d.cts"))


def plain(part):
    """A name that is not left out by default, whatever it is: no prefix, and no part between dots, that says what it holds."""
    return "x-" + part.replace(".", "_")


def packages(root):
    for name in sorted(os.listdir(root)):
        if name.startswith("@"):
            yield from (f"{name}/{inner}" for inner in sorted(os.listdir(f"{root}/{name}")))
        elif not name.startswith("."):
            yield name


def mirror(package, target):
    """Copies the sources of a package without nested packages; gives how many files and bytes."""
    files = size = 0
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(f for f in folders if f != "node_modules")
        for name in sorted(filter(is_source, names)):
            source = os.path.join(folder, name)
            if not os.path.isfile(source) or os.path.islink(source):
                continue
            parts = os.path.relpath(source, package).split(os.sep)
            base, extension = os.path.splitext(parts[-1])
            copy = os.path.join(target, *map(plain, parts[:-1]), plain(base) + extension)
            if os.path.exists(copy):
                copy = os.path.join(os.path.dirname(copy), f"{files}-{os.path.basename(copy)}")
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copyfile(source, copy)
            files += 1
            size += os.path.getsize(copy)
    return files, size


def run(binary, folder, memory, seconds):
    """What went wrong, if anything; the peak in KiB, the time, and the report."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (memory << 20, memory << 20))
    start = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([binary, "check", "--format", "json", "."], cwd=folder, stdout=out, stderr=err,
                                   preexec_fn=limit)
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        hangs = not timer.is_alive()
        timer.cancel()
        code = process.returncode = os.waitstatus_to_exitcode(status)
        taken = time.monotonic() - start
        out.seek(0), err.seek(0)
        said = err.read()
        if hangs:
            return "hang", usage.ru_maxrss, taken, {}
        if code not in (0, 1):
            return f"exit {code}: {said[-200:].decode(errors='replace')!r}", usage.ru_maxrss, taken, {}
        return "panic" if b"panicked" in said else "", usage.ru_maxrss, taken, json.load(out)


def unlisted(binary, folder):
    """The files of a folder that the binary does not look at."""
    listed = subprocess.run([binary, "check", "--list-files", "."], cwd=folder, stdout=subprocess.PIPE, check=True)
    listed = {os.path.normpath(line) for line in listed.stdout.decode(errors="replace").splitlines()}
    there = (os.path.relpath(os.path.join(at, name), folder)
             for at, _, names in os.walk(folder) for name in filter(is_source, names))
    return sorted(path for path in there if path not in listed)


def main():
    binary, root, *wanted = words()
    binary, root = os.path.abspath(binary), os.path.abspath(root)
    memory, seconds = option("--memory", 2048), option("--seconds", 120)
    if "--install" in sys.argv:
        os.makedirs(root, exist_ok=True)
        subprocess.run(["npm", "install", "--prefix", root, "--ignore-scripts", "--no-audit", "--no-fund",
                        "--legacy-peer-deps", *listed()], check=True)
    show = lambda row, to=sys.stdout: print("{:40} {:6} files {:9.2f} MB {:7.2f} s {:5} MiB {:4} unread {:4} findings  {}".format(
        row[0], row[1], row[2] / 1e6, *row[3:]), file=to, flush=True)
    rows, total, sizes = [], 0, 0
    for package in wanted or packages(f"{root}/node_modules"):
        with tempfile.TemporaryDirectory() as folder:
            files, size = mirror(f"{root}/node_modules/{package}", folder)
            if not files:
                continue
            open(f"{folder}/package.json", "w").write("{}")
            bad, peak, taken, report = run(binary, folder, memory, seconds)
            if not bad and report["files"] != files:
                missing = unlisted(binary, folder)
                bad = f"{report['files']} of {files} files accounted for, without {', '.join(missing[:5])}"
            rules = [f["rule"] for f in report.get("findings", [])]
            unread = sum(rule in ("syntax-error", "too-deep", "internal-error") for rule in rules)
            rows.append((package, files, size, taken, peak >> 10, unread, len(rules) - unread, bad))
            show(rows[-1], sys.stderr)
            total, sizes = total + files, sizes + size
    print("bad:")
    for row in (bad := [row for row in rows if row[-1]]):
        show(row)
    print("most time:")
    for row in sorted(rows, key=lambda row: -row[3])[:10]:
        show(row)
    print("most memory:")
    for row in sorted(rows, key=lambda row: -row[4])[:10]:
        show(row)
    print(f"{len(rows)} packages, {total} files, {sizes / 1e6:.1f} MB, {len(bad)} bad, "
          f"{sum(row[3] for row in rows):.1f} s, {sum(row[5] for row in rows)} unread, {sum(row[6] for row in rows)} findings")
    sys.exit(bool(bad))


main()
