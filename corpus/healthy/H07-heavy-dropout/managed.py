"""Much dropout."""

from classifier import Net
from managed_base import Managed


class Dropped(Managed):
    def model(self):
        return Net(16, 0.7)
