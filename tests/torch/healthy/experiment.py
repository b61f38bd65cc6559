"""The healthy classifier: every check says GO."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "corpus/shared/torch"))

from classifier import Classifier


class Healthy(Classifier):
    pass
