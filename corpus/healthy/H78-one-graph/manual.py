"""A community."""

from graph import Nodes


class Community(Nodes):
    pass
