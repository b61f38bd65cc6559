"""gonogo accumulates."""

from managed_base import Managed


class Accumulated(Managed):
    pass
