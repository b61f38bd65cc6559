"""A data-parallel program."""

from ranks_base import Program


class Ranks(Program):
    pass
