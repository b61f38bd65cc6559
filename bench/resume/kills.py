"""Kills a program (-9) once in each run, when it has done a random number of steps, starts it again, and compares the end with an unbroken
run's: `python bench/resume/kills.py lightning_program.py 10`. Prints one JSON line. Not the test of gonogo: npm run test:kills."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent


def run(program, folder, kill_after=None):
    """(losses by step, end or null, died by itself)"""
    child = subprocess.Popen(
        [sys.executable, str(HERE / program), folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=HERE
    )
    losses, found = {}, None
    for line in child.stdout:
        name, value = line.split()[:2] if len(line.split()) == 2 else ("", "")
        if name == "end":
            found = value
        elif name.isdigit():
            losses[int(name)] = value
            if kill_after is not None and int(name) >= kill_after:
                time.sleep(random.random() * 0.05)
                os.killpg(child.pid, signal.SIGKILL)
                break
    child.stdout.close()
    errors = child.stderr.read()
    return losses, found, child.wait() > 0 and errors.strip().splitlines()[-1]


def main():
    program, runs = sys.argv[1], int(sys.argv[2])
    folders = []

    def folder():
        folders.append(tempfile.mkdtemp())
        return folders[-1]

    straight, wanted, failed = run(program, folder())
    assert wanted, failed
    again, same, _ = run(program, folder())
    equal, parted, broken = 0, [], []
    for _ in range(runs):
        here, at = folder(), random.randrange(10, len(straight) - 10)
        before, _, _ = run(program, here, at)
        after, ended, failed = run(program, here)
        if failed:
            broken.append(failed)
        elif ended == wanted and after.items() <= straight.items():
            equal += 1
        else:
            first = min(after, default=None)
            differs = next((step for step in sorted(after) if after[step] != straight.get(step)), None)
            parted.append({"killed": max(before), "resumed_at": first, "parts_at": differs})
    for one in folders:
        shutil.rmtree(one, ignore_errors=True)
    print(json.dumps({"program": program, "runs": runs, "equal": equal, "repeats": same == wanted, "parted": parted, "broken": broken}))


main()
