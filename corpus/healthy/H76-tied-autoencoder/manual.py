"""Waves."""

from tied import Denoiser


class Waves(Denoiser):
    pass
