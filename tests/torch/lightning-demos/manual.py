"""Lightning's own ManualOptimBoringModel, which makes its loaders itself, as the package has it."""

import gonogo
import gonogo.lightning
from lightning.pytorch.demos.boring_classes import ManualOptimBoringModel

experiment = gonogo.lightning.adapt(ManualOptimBoringModel, task=gonogo.custom())
