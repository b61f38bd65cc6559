"""Demand of the next hour."""

from demand import Demand


class NextHour(Demand):
    pass
