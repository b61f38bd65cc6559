"""Lightning's own resume, as its documentation says: ModelCheckpoint(save_last, every_n_train_steps) and ckpt_path="last"."""

import sys

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from task import EPOCHS, EVERY, end, loader, network, note


class Module(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = network()

    def training_step(self, batch, index):
        image, label = batch
        loss = torch.nn.functional.cross_entropy(self.net(image), label)
        note(self.global_step, loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-2)


L.seed_everything(5, workers=True)
module = Module()
saving = ModelCheckpoint(dirpath=sys.argv[1], save_last=True, every_n_train_steps=EVERY)
trainer = L.Trainer(
    max_epochs=EPOCHS, accelerator="cpu", devices=1, callbacks=[saving], logger=False, enable_progress_bar=False, enable_model_summary=False
)
trainer.fit(module, loader(), ckpt_path="last")
end(module.net)
