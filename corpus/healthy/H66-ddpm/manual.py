"""Moons."""

from ddpm import Ddpm


class Moons(Ddpm):
    pass
