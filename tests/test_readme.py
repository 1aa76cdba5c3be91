"""The README's Python does what it says."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.capture.tiny_models import TinyTokenizer, lxmert, lxmert_batch
from tests.logged_examples import grid_boxes, softmaxed_noise
from vl_tb_plugin import SummaryWriter, trace
from vl_tb_plugin.storage.run_folder import asset_folder

README = (Path(__file__).parents[1] / "README.md").read_text()


def snippet(containing: str) -> str:
    (code,) = [
        code for code in re.findall(r"```python\n(.*?)```", README, re.S) if containing in code
    ]
    return code


def test_a_traced_batch_is_logged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    batch = lxmert_batch()
    names = {
        "model": lxmert(),
        "processor": TinyTokenizer(),
        "batch": batch,
        "ids": ["a", "b"],
        "step": 3,
        "images": [np.zeros((8, 8, 3), np.uint8)] * 2,
        "questions": ["what ?", "where ?"],
        "answers": ["x", "y"],
        "targets": ["x", "z"],
    }
    with torch.no_grad():
        exec(snippet("import SummaryWriter, trace"), names)
    names["writer"].close()
    assert list(asset_folder("runs/my-model").glob("step_*"))


def test_a_traced_batch_is_explained(tmp_path):
    batch = lxmert_batch()
    names = {
        "trace": trace,
        "writer": SummaryWriter(tmp_path),
        "model": lxmert(),
        "processor": TinyTokenizer(),
        "batch": batch,
        "ids": ["a", "b"],
        "step": 3,
    }
    with torch.no_grad():
        exec(snippet("t.relevancy("), names)
    names["writer"].close()
    methods = [one.method for one in names["maps"][0]]
    assert methods == ["relevancy", "raw_attention", "rollout", "grad_cam"]
    names |= {
        "writer": SummaryWriter(tmp_path / "evaluation"),
        "boxes": [[[0, 0, 0.5, 0.5]], [[0.5, 0.5, 1, 1]]],
        "correct": lambda output, batch: output.question_answering_score[:, 0],
    }
    exec(snippet("perturbation_test("), names)
    names["writer"].close()
    assert {one.name for one in names["measures"]} >= {"pointing_game", "image_reliance"}


def test_heads_are_followed_as_scalars_and_by_their_importance(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {
        "SummaryWriter": SummaryWriter,
        "trace": trace,
        "model": lxmert(),
        "processor": TinyTokenizer(),
        "batch": lxmert_batch(),
        "ids": ["a", "b"],
        "step": 3,
    }
    with torch.no_grad():
        exec(snippet("import HeadScalars"), names)
    names["writer"].close()
    (events,) = Path("runs/my-model").glob("events.*")
    written = events.read_bytes()
    assert b"val/heads/entropy/" in written and b"val/heads/budget_image/" in written
    assert set(names["importance"][0]) >= {"text_to_image"}


def test_a_policy_is_planned_and_used(capsys):
    names = {"model": lxmert(), "processor": TinyTokenizer(), "batch": lxmert_batch()}
    with torch.no_grad():
        exec(snippet("print(plan("), names)
    assert "a run of 20" in capsys.readouterr().out
    assert len(names["t"].examples(names["batch"])) == 2


@pytest.fixture
def run_of_plain_arrays(tmp_path):
    rng = np.random.default_rng(0)
    names = {
        "writer": SummaryWriter(tmp_path),
        "step": 0,
        "tokens": ["a", "b", "c", "d"],
        "modality": ["image"] * 4,
        "boxes": grid_boxes(2),
        "attention": softmaxed_noise((2, 3, 4, 4), rng),
        "hidden_states": rng.standard_normal((3, 4, 8)),
        "image": np.zeros((8, 8, 3), np.uint8),
    }
    exec(snippet("writer.add_vl_example"), names)
    names["writer"].close()
    return tmp_path, names["attention"]


def test_plain_arrays_are_logged_and_open_with_zarr(run_of_plain_arrays):
    run, attention = run_of_plain_arrays
    (path,) = asset_folder(run).glob("step_*")
    names = {"path": path}
    exec(snippet("import zarr"), names)
    assert np.allclose(names["attention"], attention, atol=4e-3)


def test_a_model_of_several_streams_is_described():
    import vl_tb_plugin

    rng = np.random.default_rng(0)
    names = {
        **{name: getattr(vl_tb_plugin, name) for name in vl_tb_plugin.__all__},
        "words": ["a", "b"],
        "word_modality": ["text", "text"],
        "regions": ["0", "1", "2", "3"],
        "region_boxes": grid_boxes(2),
        "text_to_image": softmaxed_noise((1, 2, 2, 4), rng),
        "image_to_text": softmaxed_noise((1, 2, 4, 2), rng),
    }
    exec(snippet("text_to_image"), names)
    assert [block.kind for block in names["example"].attention] == ["cross", "cross"]


def test_every_public_name_is_in_the_readme():
    import vl_tb_plugin

    for name in vl_tb_plugin.__all__:
        assert name in README, name
