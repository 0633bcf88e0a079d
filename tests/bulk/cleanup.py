#!/usr/bin/env python3
"""Measures `pushguard cleanup` on many documents: `tests/bulk/cleanup.py PUSHGUARD MONGOD [DOCUMENTS]`.

Every document has 12 messages; in every second one, 4 of them are there already. Needs pymongo. Prints, for the dry run, the
removal and the restore, the seconds, the documents a second and the peak of resident memory; fails where a count is wrong.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time

import pymongo

DUPLICATES = 4


def messages(n):
    kept = [{"type": "mergeFace", "isMerged": True, "mergeId": f"{n}-{m}", "imageUrl": f"https://img.example/{n}/{m}.png"} for m in range(8)]
    more = [dict(kept[m], createdAt=m) if n % 2 else {"role": "user", "content": f"message {m} of chat {n}"} for m in range(DUPLICATES)]
    return kept + more


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def measured(name, documents, arguments, uri, expected, code):
    start = time.monotonic()
    process = subprocess.Popen(arguments, env={**os.environ, "MONGODB_URI": uri}, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    print(f"{name:8} {seconds:8.1f} s {documents / seconds:10.0f} documents/s {usage.ru_maxrss / 1024:8.1f} MiB", flush=True)
    if os.waitstatus_to_exitcode(status) != code or expected not in output:
        sys.exit(f"{name}: {os.waitstatus_to_exitcode(status)}, expected {expected!r}\n{output}")


def main():
    pushguard, mongod = map(os.path.abspath, sys.argv[1:3])
    documents = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    gone = documents // 2 * DUPLICATES
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        os.mkdir(f"{folder}/data")
        server = subprocess.Popen(
            [mongod, "--bind_ip", "127.0.0.1", "--port", str(port), "--dbpath", f"{folder}/data", "--nounixsocket", "--wiredTigerCacheSizeGB", "1"],
            stdout=subprocess.DEVNULL,
        )
        try:
            uri = f"mongodb://127.0.0.1:{port}"
            chats = pymongo.MongoClient(uri).app.userChat
            for first in range(0, documents, 5000):
                chats.insert_many([{"_id": n, "messages": messages(n)} for n in range(first, min(first + 5000, documents))], ordered=False)
            clean = [pushguard, "cleanup", "--db", "app"]
            backup = f"{folder}/backup.jsonl"
            measured("dry run", documents, clean, uri, f"{gone} of the", 1)
            measured("apply", documents, [*clean, "--collection", "userChat", "--apply", "--backup", backup], uri, f"removed {gone} elements", 0)
            print(f"backup   {os.path.getsize(backup) / 1e6:8.1f} MB", flush=True)
            measured("again", documents, clean, uri, "nothing is there twice", 0)
            measured("restore", documents, [*clean, "--restore", backup], uri, f"put {gone} elements back", 0)
            wrong = sum(chat["messages"] != messages(chat["_id"]) for chat in chats.find())
            if wrong:
                sys.exit(f"{wrong} documents are not what they were")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
