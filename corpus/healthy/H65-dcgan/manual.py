"""Stripes."""

from gan import Gan


class Stripes(Gan):
    pass
