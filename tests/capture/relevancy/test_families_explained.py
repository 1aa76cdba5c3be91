"""Every family is explained: by its own logits, or by a score where it has none."""

import numpy as np
import pytest
import torch

from tests.capture.families import CASES
from tests.capture.relevancy.test_gradients import explained
from tests.capture.tiny_models import TinyTokenizer
from vl_tb_plugin import InvalidExample, trace

METHODS = ("relevancy", "raw_attention", "rollout", "grad_cam", "tower_relevancy", "random")
WITHOUT_LOGITS = {
    "OWL-ViT",
    "OWLv2",
    "FLAVA",
    "FLAVA, pre-training",
    "BLIP-2 (retrieval)",
    "BLIP (question answering)",
    "BLIP (retrieval)",
    "a model of one's own",
}

IMAGE_ALONE = {"BLIP (question answering)"}
"""Without labels, its forward pass returns nothing that depends on the question."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_family_is_explained(case):
    model, batch = case.model(), case.batch()
    samples = len(next(iter(case.tokens.values())))

    def score(output):
        return (explained(output, None) / samples).expand(samples)

    with torch.inference_mode(), trace(model, TinyTokenizer()) as t:
        output = model(**batch)
        if case.name in WITHOUT_LOGITS:
            with pytest.raises(InvalidExample, match="score="):
                t.relevancy()
            maps = t.relevancy(METHODS, score=score)
        else:
            maps = t.relevancy(METHODS)
        examples = t.examples(batch, output=output, relevancy=maps)
    assert len(examples) == samples
    for example in examples:
        found = {one.method: one.scores for one in example.relevancy}
        assert {"relevancy", "random"} <= found.keys()
        if case.name not in IMAGE_ALONE:
            assert sum(np.nansum(np.abs(one)) for one in found["relevancy"].values()) > 0
        for scores in found.values():
            for name, values in scores.items():
                padding = example.sequence(name).positions("padding")
                assert np.isnan(values[padding]).all()
                assert np.isfinite(np.delete(values, padding)).sum() >= 1
