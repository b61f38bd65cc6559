"""A pole."""

from actor import Actor


class Balance(Actor):
    pass
