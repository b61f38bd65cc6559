"""An accuracy of its own takes the argmax over the batch."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from managed import Managed


class Wrong(Managed):
    def metrics(self, batch):
        image, label = batch
        top = self.model(image).argmax(0)
        return {"accuracy": (top[label] == label).float()}
