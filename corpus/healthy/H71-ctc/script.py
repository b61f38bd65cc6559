"""Tones."""

from speech import Recogniser, listener

experiment = listener(Recogniser())
