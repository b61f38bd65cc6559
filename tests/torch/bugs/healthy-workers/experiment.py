"""No bug: two workers that augment, and the checkpoint has progress.state_dict()."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from workers import WithWorkers


class Healthy(WithWorkers):
    pass
