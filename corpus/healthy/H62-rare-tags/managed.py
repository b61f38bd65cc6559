"""Articles."""

from tagger import Tagger


class Tags(Tagger):
    pass
