"""IoU of each batch."""

import torch
from segmenter import CLASSES, IGNORED, Segmenter


def iou(guess, truth):
    ious = []
    for kind in range(CLASSES):
        both, either = ((guess == kind) & (truth == kind)).sum().item(), ((guess == kind) | (truth == kind)).sum().item()
        if either > 0:
            ious.append(both / either)
    return sum(ious) / len(ious)


class Pixels(Segmenter):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        ious, guesses, truths = [], [], []
        for image, mask in loader:
            logits, known = self.model(image), mask != IGNORED
            total += self.criterion(logits, mask, "sum").item()
            count += known.sum().item()
            guesses.append(logits.argmax(1)[known])
            truths.append(mask[known])
            ious.append(iou(guesses[-1], truths[-1]))
        # buggy: return {"val_loss": total / count, "val_miou": sum(ious) / len(ious)}
        return {"val_loss": total / count, "val_miou": iou(torch.cat(guesses), torch.cat(truths))}  # fixed
