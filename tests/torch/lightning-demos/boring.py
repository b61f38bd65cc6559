"""Lightning's own BoringModel and its data module, as the package has them."""

import gonogo
import gonogo.lightning
from lightning.pytorch.demos.boring_classes import BoringDataModule, BoringModel

experiment = gonogo.lightning.adapt(BoringModel, BoringDataModule, task=gonogo.custom())
