#!/usr/bin/env python3
"""Measure how time and memory grow with the code: over many files, and over one thing that gets larger.

usage: growth.py BINARY [--memory MIB] [--seconds N] [--files N,N,...] [--shapes WORD]

The first table generates projects of 1,000, 10,000 and 50,000 files of ordinary code, half of it racy, with imports between
them, in a temporary folder. The second holds one shape for each row, small and large. Each run is under a limit of memory and
time. The last columns divide the work of the processors and the memory by what grows: one that rises is worse than linear.
Exits 1 when a run does not end by itself, or does not find what it is bound to find.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time


def option(name, default):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


MEMORY, SECONDS = int(option("--memory", "16384")), int(option("--seconds", "600"))


def measure(folder):
    """Seconds on the clock and of all processors, MiB, number of findings, functions that were cut, and what went wrong."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY << 20, MEMORY << 20))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        process = subprocess.Popen([os.path.abspath(sys.argv[1]), "check", "--format", "json", "."], cwd=folder, stdout=out,
                                   stderr=err, preexec_fn=limit)
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        taken, worked = time.monotonic() - start, usage.ru_utime + usage.ru_stime
        code = process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if code not in (0, 1):
            return taken, worked, usage.ru_maxrss / 1024, 0, 0, f"exit {code}"
        report = json.load(out)
        cut = report["summary"]["notFollowed"]["functions"]["count"]
        return taken, worked, usage.ru_maxrss / 1024, len(report["findings"]), cut, ""


def write(folder, files):
    size = 0
    for path, text in files:
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            size += file.write(text)
    return size


STORE = """import {{ getDb }} from '../shared/db.js';
import {{ describe{next} }} from '../{next_folder}/service{next}.js';

export function shape{n}(input, owner) {{
  const out = {{ owner, mergeId: input.mergeId, title: String(input.title), createdAt: new Date() }};
  if (input.text && input.text.length > 10) out.text = input.text.trim();
  for (const tag of input.tags || []) {{
    if (tag.kind === 'x{n}') out.tag = tag.name;
    else if (tag.kind) out.other = {{ ...tag, owner }};
  }}
  return out;
}}

export async function list{n}(owner, page) {{
  const db = await getDb();
  const found = await db.collection('chats{n}').find({{ owner }}).sort({{ createdAt: -1 }}).skip(page * 20).limit(20).toArray();
  return found.map((chat) => ({{ id: chat._id, title: chat.title, last: describe{next}(chat) }}));
}}

export function describe{n}(chat) {{
  return `${{chat.title}} (${{(chat.messages || []).length}})`;
}}
"""

RACY = """
export async function add{n}(id, input) {{
  const db = await getDb();
  const chat = await db.collection('chats{n}').findOne({{ _id: id }});
  const element = shape{n}(input, chat.owner);
  if (chat.messages.some((message) => message.mergeId === input.mergeId)) return false;
  await db.collection('chats{n}').updateOne({{ _id: id }}, {{ $push: {{ messages: element }} }});
  return true;
}}
"""

SAFE = """
export async function add{n}(id, input) {{
  const db = await getDb();
  const element = shape{n}(input, id);
  const result = await db.collection('chats{n}').updateOne(
    {{ _id: id, 'messages.mergeId': {{ $ne: input.mergeId }} }},
    {{ $push: {{ messages: element }} }},
  );
  return result.modifiedCount === 1;
}}
"""


def project(count):
    yield "package.json", "{}"
    yield "src/shared/db.js", ("import { MongoClient } from 'mongodb';\nconst client = new MongoClient(process.env.URL);\n"
                               "export async function getDb() { await client.connect(); return client.db(); }\n")
    folder = lambda n: f"area{n // 100}"
    for n in range(count - 1):
        follows = (n + 1) % (count - 1)
        text = STORE.format(n=n, next=follows, next_folder=folder(follows)) + (SAFE if n % 2 else RACY).format(n=n)
        yield f"src/{folder(n)}/service{n}.js", text


RACE = ("const chat = await chats.findOne({ _id: id }); if (chat.messages.some((m) => m.mergeId === e.mergeId)) return; "
        "await chats.updateOne({ _id: id }, { $push: { messages: e } });")


def branches(count):
    tests = "\n".join(f"  if (input.a{n}) query.b{n} = input.a{n};" for n in range(count))
    return f"async function run(chats, id, e, input) {{\n  const query = {{}};\n{tests}\n  {RACE}\n}}\n"


def callers(count):
    calls = "\n".join(f"async function c{n}(chats, id) {{ await add(chats, id, {{ mergeId: {n} }}); }}" for n in range(count))
    return f"async function add(chats, id, e) {{ {RACE} }}\n{calls}\n"


def mutual(count):
    each = "\n".join(f"async function f{n}(chats, id, e) {{ if (e.a{n}) await f{(n + 1) % count}(chats, id, e); "
                     f"else await f{(n * 7 + 3) % count}(chats, id, e); }}" for n in range(count))
    return f"{each}\nasync function run(chats, id, e) {{ {RACE} await f0(chats, id, e); }}\n"


def chain(count):
    each = "\n".join(f"async function f{n}(chats, id, e) {{ return f{n + 1}(chats, id, e); }}" for n in range(count))
    return f"{each}\nasync function f{count}(chats, id, e) {{ {RACE} }}\n"


def one_line(count):
    return " ".join(f"async function f{n}(chats, id, e) {{ {RACE} }}" for n in range(count))


def suppressions(count):
    lines = "// pushguard-ignore-next-line check-then-push -- one writer\nlet a = 1;\n" * count
    return f"{lines}async function run(chats, id, e) {{ {RACE} }}\n"


def elements(count):
    items = ", ".join(f"{{ id: {n}, name: 'n{n}' }}" for n in range(count))
    return f"const all = [{items}];\nasync function run(chats, id, e) {{ {RACE} }}\n"


def methods(count):
    each = "\n".join(f"m{n}(a) {{ return this.m{(n + 1) % count}(a); }}" for n in range(count))
    return f"class A {{\n{each}\n}}\nasync function run(chats, id, e) {{ {RACE} }}\n"


def locks(count):
    return "\n".join(
        f"async function f{n}(db, id, e) {{ const chats = db.collection('c{n}'), locks = db.collection('locks{n}');\n"
        f"  await locks.createIndex({{ key: 1 }}, {{ unique: true }});\n"
        f"  try {{ await locks.insertOne({{ key: id }}); }} catch (err) {{ if (err.code === 11000) return; throw err; }}\n"
        f"  try {{ {RACE} }} finally {{ await locks.deleteOne({{ key: id }}); }} }}" for n in range(count))


def fresh(count):
    return "const { ObjectId } = require('mongodb');\n" + "\n".join(
        f"async function f{n}(chats, id) {{ const k = new ObjectId(); await chats.updateOne({{ _id: id, 'messages.mergeId': {{ $ne: k }} }}, "
        f"{{ $push: {{ messages: {{ mergeId: k }} }} }}); }}" for n in range(count))


def statements(count):
    lines = "\n".join(f"  const v{n} = await load(input.a{n}); log(v{n}, input);" for n in range(count))
    return f"async function run(chats, id, e, input) {{\n{lines}\n  {RACE}\n}}\n"


def writes(count):
    each = "\n".join(f"async function f{n}(chats, id, e) {{ await chats.updateOne({{ _id: id, 'messages.mergeId': {{ $ne: e.mergeId }} }}, "
                     f"{{ $push: {{ messages: {{ mergeId: e.mergeId, n: {n} }} }} }}); }}" for n in range(count))
    return f"{each}\nasync function run(chats, id, e) {{ {RACE} }}\n"


def classes(count):
    each = "\n".join(f"class C{n} extends C{n + 1} {{ m{n}(a) {{ return this.m{n + 1}(a); }} }}" for n in reversed(range(count)))
    return f"class C{count} {{ m{count}(a) {{ return a; }} }}\n{each}\nasync function run(chats, id, e) {{ {RACE} }}\n"


# What grows, its text, and how many of it.
SHAPES = [
    ("branches of one function", branches, (50, 100, 200, 400, 800, 1600)),
    ("callers of one helper", callers, (625, 1250, 2500, 5000)),
    ("mutually recursive functions", mutual, (200, 400, 800, 1600)),
    ("calls in a chain", chain, (1250, 2500, 5000, 10000)),
    ("racy functions on one line", one_line, (500, 1000, 2000, 4000)),
    ("suppression comments", suppressions, (2500, 5000, 10000, 20000)),
    ("elements of an array literal", elements, (2500, 5000, 10000, 20000)),
    ("methods that call each other", methods, (500, 1000, 2000, 4000)),
    ("collections with locks", locks, (500, 1000, 2000, 4000)),
    ("fresh keys", fresh, (500, 1000, 2000, 4000)),
    ("statements of one function", statements, (500, 1000, 2000, 4000)),
    ("guarded writes", writes, (500, 1000, 2000, 4000)),
    ("classes in a chain", classes, (250, 500, 1000, 2000)),
]


def main():
    bad = False
    print(f"{'files':>7} {'MB':>7} {'s':>8} {'cpu s':>8} {'MiB':>7} {'ms/file':>8} {'bytes/file':>10} {'findings':>8} {'cut':>5}")
    for count in map(int, filter(None, option("--files", "1000,10000,50000").split(","))):
        with tempfile.TemporaryDirectory() as folder:
            size = write(folder, project(count))
            taken, worked, peak, findings, cut, wrong = measure(folder)
        wrong = wrong or ("" if findings >= (count - 1) // 2 else "races are missing")
        bad |= bool(wrong)
        print(f"{count:7} {size / 1e6:7.1f} {taken:8.2f} {worked:8.2f} {peak:7.0f} {worked * 1000 / count:8.3f} "
              f"{peak * (1 << 20) / count:10.0f} {findings:8} {cut:5}  {wrong}", flush=True)
    print(f"\n{'what grows':30} {'units':>6} {'KB':>7} {'s':>7} {'cpu s':>7} {'MiB':>6} {'ms/unit':>8} {'KiB/unit':>8} {'findings':>8} {'cut':>5}")
    for name, text, counts in SHAPES:
        for count in counts if option("--shapes", "") in name else ():
            with tempfile.TemporaryDirectory() as folder:
                size = write(folder, [("package.json", "{}"), ("a.js", text(count))])
                taken, worked, peak, findings, cut, wrong = measure(folder)
            wrong = wrong or ("" if findings or cut else "nothing found and nothing told")
            bad |= bool(wrong)
            print(f"{name:30} {count:6} {size / 1e3:7.0f} {taken:7.2f} {worked:7.2f} {peak:6.0f} {worked * 1000 / count:8.3f} "
                  f"{peak * 1024 / count:8.1f} {findings:8} {cut:5}  {wrong}", flush=True)
    sys.exit(bad)


main()
