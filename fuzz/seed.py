#!/usr/bin/env python3
"""Make the seed corpora of the fuzz targets from what the repository ships.

usage: seed.py [FOLDER]

FOLDER is `fuzz/corpus` without the argument; it gets a folder of seeds for each target, and two dictionaries. What stands
there already stays. Seeds of code are the examples of the rule pages and the fixtures, those of several files as one text
with a line `//// path` before each file; a seed is at most as long as the inputs that `.ci/fuzz` allows.
"""
import collections
import hashlib
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAX_BYTES = 4096
CODE = ("js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts")
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.M | re.S)
DIRECTIVE = "// pushguard-ignore-%s check-then-push, unguarded-push -- reason\n"


def read(path):
    with open(f"{ROOT}/{path}", encoding="utf-8") as file:
        return file.read()


def below(folder):
    for at, folders, names in os.walk(f"{ROOT}/{folder}"):
        folders.sort()
        for name in sorted(names):
            yield os.path.relpath(f"{at}/{name}", ROOT)


def is_code(path):
    return path.rsplit(".", 1)[-1] in CODE


def joined(files):
    return "".join(f"//// {path}\n{text}" for path, text in files)


def pages():
    return [read(path) for path in below("rules")] + [read("README.md")]


def examples():
    """The code of the pages: each block, and all named blocks of one kind of a section together."""
    for page in pages():
        named = collections.defaultdict(list)
        for language, info, text in FENCE.findall(page):
            if language not in CODE:
                continue
            name = re.search(r"file=(\S+)", info)
            kind = (info.split() or [""])[0]
            if name:
                named[kind].append((name.group(1), text))
            yield joined([(f"example.{language}", text)])
        yield from map(joined, named.values())


def programs():
    """Each file and each small project of the fixtures."""
    together = collections.defaultdict(list)
    for path in below("fixtures"):
        parts = path.split("/")
        if is_code(path) or path.endswith(".json") and parts[1] != "schemas":
            name = "/".join(parts[4:]) or parts[-1]
            together["/".join(parts[:4])].append((name, read(path)))
            if is_code(path):
                yield joined([(parts[-1], read(path))])
    yield from map(joined, together.values())


def configurations():
    for page in pages():
        yield from (text for language, _, text in FENCE.findall(page) if language == "toml" and "[[array]]" in text or "[rules]" in text)
    yield from (read(path) for path in below("fixtures") if path.endswith("pushguard.toml"))
    rules = [os.path.basename(path)[:-3] for path in below("rules")]
    for level in ("off", "info", "warning", "error"):
        yield "[rules]\n" + "".join(f'{rule} = "{level}"\n' for rule in rules)


def directed(code):
    """The code with directives: as it is, over the file, and on or above each line of a call."""
    for text in code:
        yield text
        lines = text.splitlines(keepends=True)
        yield lines[0] + DIRECTIVE % "file" + "".join(lines[1:])
        yield "".join(DIRECTIVE % "next-line" + line if "await" in line else line for line in lines)
        yield "".join(line[:-1] + " " + DIRECTIVE % "line" if "$" in line and line.endswith("\n") else line for line in lines)


def baselines():
    """`@0` to `@9` are the fingerprints of findings of the target's project."""
    def entry(number, path="09-find-to-array.js", more=""):
        return f'{{"path":"{path}","function":"f","rule":"check-then-push",{more}"fingerprint":"{number}"}}'

    def text(entries):
        return '{\n  "version": 1,\n  "findings": [\n    ' + ",\n    ".join(entries) + "\n  ]\n}\n"

    yield '{\n  "version": 1,\n  "findings": []\n}\n'
    yield text([entry(f"@{number}") for number in range(10)])
    yield text([entry("@0"), entry("@0", "b.js"), entry("0" * 32), entry("@1", more='"collection":"a","array":"b",')])
    # A file that is gone, whose function is in another one now.
    moved = '"function":"redeem","rule":"check-then-push","collection":"Coupon","array":"redeemedBy",'
    yield text([entry("1" * 32, "gone.js").replace('"function":"f","rule":"check-then-push",', moved)])
    yield '\ufeff{"version": 2, "findings": []}'


def dictionary(texts):
    """The words that several texts have."""
    counts = collections.Counter()
    for text in texts:
        counts.update(set(re.findall(r"\$?[A-Za-z_][\w-]*\w|=>|\?\?=?|\?\.|\.\.\.|`\$\{|'[\w.$]+'", text)))
    words = sorted(word for word, count in counts.items() if count >= 3)
    return "".join('"%s"\n' % word.replace("\\", "\\\\").replace('"', '\\"') for word in words)


def write(folder, name, texts):
    os.makedirs(f"{folder}/{name}", exist_ok=True)
    count = 0
    for text in sorted(set(texts)):
        data = text.encode()
        if len(data) > MAX_BYTES:
            continue
        with open(f"{folder}/{name}/seed-{hashlib.sha256(data).hexdigest()[:16]}", "wb") as file:
            file.write(data)
        count += 1
    print(f"{name}: {count} seeds")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else f"{ROOT}/fuzz/corpus"
    code = [*examples(), *programs()]
    config = [*configurations()]
    write(folder, "findings", code)
    write(folder, "fix", code)
    write(folder, "suppressions", directed(code))
    write(folder, "config", config)
    write(folder, "baseline", baselines())
    for name, texts in (("code", code + [DIRECTIVE]), ("config", config)):
        with open(f"{folder}/{name}.dict", "w", encoding="utf-8") as file:
            file.write(dictionary(texts))


main()
