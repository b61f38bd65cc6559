"""A healthy managed experiment."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from managed import Managed


class Healthy(Managed):
    pass
