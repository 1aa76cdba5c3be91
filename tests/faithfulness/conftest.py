"""Token sequences of tiny models, as capture makes them."""

import pytest
import torch

from tests.capture.tiny_models import TinyTokenizer
from vl_tb_plugin import CapturePolicy, trace


@pytest.fixture
def sequences_of():
    """The token sequences of every sample of a batch."""

    def sequences(model, batch, tokenizer=TinyTokenizer(), **more):  # noqa: B008
        policy = CapturePolicy(hidden_states=False)
        with torch.no_grad(), trace(model, tokenizer, policy=policy, **more) as t:
            model(**batch)
        return [example.sequences for example in t.examples(batch)]

    return sequences
