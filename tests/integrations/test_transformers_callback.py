"""transformers.Trainer with the callback: what is logged, and that training does not notice."""

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_tiles import Tiles, Words, predicted, tiny_model
from torch import nn
from transformers import Trainer, TrainingArguments, default_data_collator

from tests.logged_runs import logged_runs
from vl_tb_plugin import HeadScalars
from vl_tb_plugin.capture.families import UnknownModel
from vl_tb_plugin.integrations.probe_set import ProbeSet
from vl_tb_plugin.integrations.transformers_callback import VLTrainerCallback
from vl_tb_plugin.storage.run_folder import asset_folder

SHOWN = 5
IDS = [f"val/{number:03d}" for number in range(SHOWN)]
HELD_OUT = Tiles(12, seed=1)


@pytest.fixture(autouse=True)
def no_folder_from_outside(monkeypatch):
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)


def watching(**settings):
    probe = ProbeSet.from_dataset(
        HELD_OUT,
        default_data_collator,
        samples=SHOWN,
        batch_size=3,
        text=HELD_OUT.questions[:SHOWN],
        targets=HELD_OUT.answers[:SHOWN],
        fields={"asked": HELD_OUT.questions[:SHOWN]},
    )

    def values(output, batch):
        sure = output.question_answering_score.softmax(-1).amax(-1)
        return {"predictions": predicted(output), "fields": {"sure": sure}}

    return VLTrainerCallback(probe, values=values, processor=Words(), **settings)


def trainer(folder, callbacks, *, model=None, evaluated=HELD_OUT, **settings):
    torch.manual_seed(0)
    arguments = {
        "output_dir": str(folder),
        "max_steps": 4,
        "eval_strategy": "steps",
        "eval_steps": 2,
        "eval_on_start": True,
        "prediction_loss_only": True,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "use_cpu": True,
    }
    return Trainer(
        model or tiny_model(),
        TrainingArguments(**(arguments | settings)),
        train_dataset=Tiles(64, seed=0),
        eval_dataset=evaluated,
        callbacks=callbacks,
    )


def test_statistics_of_heads_are_logged_as_scalars_on_request(tmp_path):
    wanted = HeadScalars("entropy", per="block")
    trainer(tmp_path, [watching(log_dir=tmp_path / "logs", head_scalars=wanted)]).train()
    events = EventAccumulator(str(tmp_path / "logs")).Reload()
    assert "val/heads/entropy/text_to_image" in events.Tags()["scalars"]


def test_maps_of_relevancy_are_logged_and_training_does_not_notice(tmp_path):
    plain = trainer(tmp_path, [])
    plain.train()
    watched = trainer(
        tmp_path, [watching(log_dir=tmp_path / "logs", relevancy=("relevancy", "raw_attention"))]
    )
    watched.train()
    for name, tensor in plain.model.state_dict().items():
        assert torch.equal(tensor, watched.model.state_dict()[name]), name
    (run,) = logged_runs(tmp_path / "logs").values()
    for by_step in run.values():
        for manifest in by_step.values():
            assert [one.method for one in manifest.relevancy] == ["relevancy", "raw_attention"]


def test_every_evaluation_is_logged_under_the_same_names(tmp_path):
    trainer(tmp_path, [watching(log_dir=tmp_path / "logs")]).train()
    (run,) = logged_runs(tmp_path / "logs").values()
    assert list(run) == IDS
    for number, tag in enumerate(IDS):
        assert list(run[tag]) == [0, 2, 4]
        for manifest in run[tag].values():
            assert manifest.text == HELD_OUT.questions[number]
            assert manifest.target == HELD_OUT.answers[number]
            assert manifest.prediction in ("red", "green", "blue")
            assert set(manifest.fields) == {"asked", "sure"}
            assert manifest.sequences[0].tokens[1] == "which"


def test_training_goes_on_as_if_nothing_had_been(tmp_path):
    def trained(callbacks):
        torch.manual_seed(0)
        model = tiny_model()
        model.lxmert.encoder.layer.eval()  # a part that is kept frozen
        for module in model.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.3
        one = trainer(tmp_path, callbacks, model=model)
        one.train()
        return one.model.state_dict(), [module.training for module in model.modules()]

    plain, watched = trained([]), trained([watching(log_dir=tmp_path / "logs")])
    assert plain[1] == watched[1]
    for name, tensor in plain[0].items():
        assert torch.equal(tensor, watched[0][name]), name


def test_the_callback_of_transformers_may_write_into_the_same_folder(tmp_path, monkeypatch):
    logs = tmp_path / "logs"
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(logs))
    trainer(tmp_path, [watching()], report_to="tensorboard", logging_steps=2).train()
    assert list(logged_runs(logs)) == ["."]
    events = EventAccumulator(str(logs)).Reload()
    assert [event.step for event in events.Scalars("eval/loss")] == [0, 2, 4]


def test_without_a_folder_it_logs_in_the_output_folder(tmp_path):
    trainer(tmp_path, [watching()]).train()
    assert list(logged_runs(tmp_path)) == ["runs/vision_language"]


def test_several_evaluation_sets_are_one_look_per_step(tmp_path):
    sets = {"one": HELD_OUT, "two": Tiles(4, seed=2)}
    trainer(tmp_path, [watching(log_dir=tmp_path / "logs")], evaluated=sets).train()
    assert len(list(asset_folder(tmp_path / "logs").glob("step_*"))) == 3


def test_evaluations_without_training_and_after_it_are_logged(tmp_path):
    one = trainer(tmp_path, [watching(log_dir=tmp_path / "logs")], eval_on_start=False)
    one.evaluate()
    (run,) = logged_runs(tmp_path / "logs").values()
    assert list(run[IDS[0]]) == [0]
    one.train()
    one.evaluate()
    (run,) = logged_runs(tmp_path / "logs").values()
    assert list(run[IDS[0]]) == [0, 2, 4]


def test_mixed_precision(tmp_path):
    trainer(tmp_path, [watching(log_dir=tmp_path / "logs")], bf16=True).train()
    (run,) = logged_runs(tmp_path / "logs").values()
    assert list(run) == IDS


def test_a_model_that_cannot_be_traced_is_refused_before_training(tmp_path):
    class Unknown(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(()))

        def forward(self, labels, **inputs):
            raise AssertionError("training has begun")

    with pytest.raises(UnknownModel):
        trainer(tmp_path, [watching()], model=Unknown()).train()
