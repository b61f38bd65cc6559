"""Lightning's own LightningTransformer as the package has it; its text is written here, for its own is downloaded, and it has no validation."""

import gonogo
import gonogo.lightning
import torch
from lightning.pytorch.demos.transformer import LightningTransformer
from torch.utils.data import DataLoader, Dataset

WORDS = 60


class Text(Dataset):
    """Words that follow one another by a rule, now and then broken: [words] → the next ones."""

    def __init__(self, count, seed):
        generator = torch.Generator().manual_seed(seed)
        steps = torch.where(torch.rand(count * 12, generator=generator) < 0.9, 7, 1)
        self.words = steps.cumsum(0) % WORDS

    def __len__(self):
        return len(self.words) // 12 - 1

    def __getitem__(self, index):
        return self.words[index * 12 : index * 12 + 12], self.words[index * 12 + 1 : index * 12 + 13]


class Transformer(LightningTransformer):
    def validation_step(self, batch, batch_idx):
        inputs, target = batch
        self.log("val_loss", torch.nn.functional.nll_loss(self(inputs, target), target.view(-1)))

    def prepare_data(self):
        pass

    def train_dataloader(self):
        return DataLoader(Text(160, seed=1), batch_size=8)

    def val_dataloader(self):
        return DataLoader(Text(41, seed=2), batch_size=8)


experiment = gonogo.lightning.adapt(Transformer, task=gonogo.custom(), fixed={"vocab_size": WORDS})
