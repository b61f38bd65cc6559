"""Blobs."""

import gonogo
import gonogo.lightning
from vae_lit import Blobs, LitVae

experiment = gonogo.lightning.adapt(LitVae, Blobs, task=gonogo.custom())
