"""Points."""

from experts import Mixture


class Routed(Mixture):
    pass
