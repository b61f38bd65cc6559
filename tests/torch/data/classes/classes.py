"""The programs of ../experiment.py that tell classes apart, declared as a classification."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import gonogo
from experiment import Program


class Classes(Program):
    task = gonogo.classification(classes=3)
