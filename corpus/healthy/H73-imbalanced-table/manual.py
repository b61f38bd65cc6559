"""Customers that leave."""

from churn import Churn


class Leaves(Churn):
    pass
