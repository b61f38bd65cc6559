"""What the head returns."""

from speech import Recogniser, listener
from torch import nn


class Heard(Recogniser):
    def forward(self, frames, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.front(frames).relu(), lengths.cpu(), batch_first=True, enforce_sorted=False)
        h, _ = nn.utils.rnn.pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=frames.shape[1])
        # buggy: return self.head(h).transpose(0, 1)
        return self.head(h).transpose(0, 1).log_softmax(2)  # fixed


experiment = listener(Heard())
