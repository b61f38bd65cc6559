"""Token ids, which have no scale."""

from language_base import Language


class Ids(Language):
    pass
