"""Detectors that look at several feature levels at once."""

import numpy as np
import pytest
import torch

from tests.capture import test_families as specification
from tests.capture.families.detectors import DEFORMABLE_DETR, GROUNDING_DINO


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize("case", [DEFORMABLE_DETR, GROUNDING_DINO], ids=lambda case: case.name)
def test_on_each_level_the_cell_that_is_occluded_changes_most(case):
    model, batch = case.model(), case.batch()
    before = specification.traced(case, model, batch)
    for sample, example in enumerate(before):
        sequence = example.sequence("image")
        levels = np.array([token.split()[1] for token in sequence.tokens])
        placed = np.array(sequence.modality) == "image"
        for level in sorted(set(levels)):
            own = np.flatnonzero((levels == level) & placed)
            for token in (own[0], own[len(own) // 2], own[-1]):
                box = sequence.boxes[token].tolist()
                changed = case.occluded(batch, sample, 0, box)
                after = specification.traced(case, model, changed, specification.FEW_ROWS)[sample]
                difference = specification.lowest_states(after, "image")
                difference = difference - specification.lowest_states(example, "image")
                change = np.linalg.norm(difference[own], axis=-1)
                assert own[change.argmax()] == token, sequence.tokens[token]
