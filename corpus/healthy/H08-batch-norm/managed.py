"""The network of the corpus, which has batch norm."""

from managed_base import Managed


class Norm(Managed):
    pass
