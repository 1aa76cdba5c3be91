"""The planner says what a policy costs, and the log costs that."""

import pytest
import torch

from tests.capture.tiny_models import TinyTokenizer, llava, llava_batch
from vl_tb_plugin import CapturePolicy, SummaryWriter, plan, trace


def test_the_plan_is_what_the_log_takes(tmp_path):
    model, batch = llava(), llava_batch()
    plan_of_two = plan(model, batch, TinyTokenizer(), examples=2, steps=3)
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            with torch.no_grad(), trace(model, TinyTokenizer()) as t:
                model(**batch)
            writer.add_vl_batch("val", t, batch=batch, ids=[0, 1], global_step=step)
    # the arrays, and the manifests in the event file
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    logged = sum(path.stat().st_size for path in files)
    assert plan_of_two.run_bytes == pytest.approx(logged, rel=0.1)
    assert plan_of_two.run_bytes == 3 * plan_of_two.step_bytes == 6 * plan_of_two.example_bytes


def test_it_names_every_part_and_what_is_left_out():
    policy = CapturePolicy(rows="text", hidden_states=[0, 3])
    said = str(plan(llava(), llava_batch(), TinyTokenizer(), policy=policy, examples=64, steps=20))
    assert "language" in said and "3 layers x 4 heads x 5 rows x 21 keys, uint8" in said
    assert "hidden states of joint" in said and "2 layers x 21 tokens" in said
    assert "a step of 64" in said and "a run of 20" in said
    assert "Block language: 5 of 21 query rows kept (rows='text')" in said


def test_the_policy_s_samples_are_the_examples_of_a_step():
    assert plan(llava(), llava_batch(), policy=CapturePolicy(samples=1)).examples == 1


def test_planning_leaves_the_model_as_it_was():
    model = llava().train()
    plan(model, llava_batch())
    assert model.training
