"""Lightning with the callback: what is logged, and that training does not notice."""

import os
import subprocess
import sys
from pathlib import Path

import lightning.pytorch
import pytest
import pytorch_lightning
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_tiles import Tiles, Words, predicted, tiny_model
from torch import nn
from torch.utils.data import DataLoader

from tests.logged_runs import logged_runs
from vl_tb_plugin import HeadScalars, InvalidExample
from vl_tb_plugin.capture.families import UnknownModel
from vl_tb_plugin.integrations.lightning_callback import VLLightningCallback

SHOWN = 5
IDS = [f"val/{number:03d}" for number in range(SHOWN)]
HELD_OUT = Tiles(12, seed=1)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


def values(output, batch):
    return {
        "predictions": predicted(output),
        "targets": [("red", "green", "blue")[label] for label in batch["labels"]],
    }


def watching(**settings):
    return VLLightningCallback(SHOWN, **({"values": values, "processor": Words()} | settings))


def answering(library=lightning.pytorch, *, model=None, step=None):
    class Answering(library.LightningModule):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.model = model or tiny_model()
            for module in self.model.modules():
                if isinstance(module, nn.Dropout):
                    module.p = 0.3

        def training_step(self, batch, number):
            return self.model(**batch).loss

        def validation_step(self, batch, number):
            if step is not None:
                return step(self, batch)
            return self.model(**batch).loss

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    return Answering()


def fit(folder, callbacks, module=None, library=lightning.pytorch, collate=None, **settings):
    trainer = library.Trainer(
        default_root_dir=folder,
        accelerator="cpu",
        max_steps=4,
        val_check_interval=2,
        logger=library.loggers.TensorBoardLogger(folder, name=None, version="run"),
        callbacks=callbacks,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **settings,
    )
    module = module or answering(library)
    torch.manual_seed(0)
    training = DataLoader(Tiles(32, seed=0), batch_size=8, shuffle=True)
    trainer.fit(module, training, DataLoader(HELD_OUT, batch_size=3, collate_fn=collate))
    return trainer, module


@pytest.mark.parametrize("library", [lightning.pytorch, pytorch_lightning])
def test_the_first_samples_of_every_validation_are_logged(tmp_path, library):
    fit(tmp_path, [watching()], library=library)
    runs = logged_runs(tmp_path)
    assert list(runs) == ["run"]
    assert list(runs["run"]) == IDS
    for number, tag in enumerate(IDS):
        # the sanity check would have been step 0
        assert list(runs["run"][tag]) == [2, 4]
        assert runs["run"][tag][4].target == HELD_OUT.answers[number]


def test_maps_of_relevancy_are_logged(tmp_path):
    fit(tmp_path, [watching(relevancy=["relevancy"])])
    (run,) = logged_runs(tmp_path).values()
    manifests = [manifest for by_step in run.values() for manifest in by_step.values()]
    assert all(
        [one.method for one in manifest.relevancy] == ["relevancy"] for manifest in manifests
    )


def test_training_goes_on_as_if_nothing_had_been(tmp_path):
    _, plain = fit(tmp_path / "plain", [])
    _, watched = fit(tmp_path / "watched", [watching(relevancy=["relevancy"])])
    for name, tensor in plain.state_dict().items():
        assert torch.equal(tensor, watched.state_dict()[name]), name


def test_of_two_processes_the_first_logs_its_share_under_numbers_of_the_whole(tmp_path):
    script = Path(__file__).with_name("lightning_on_two_processes.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    command += ["--standalone", str(script), str(tmp_path)]
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{root / 'examples'}"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (run,) = logged_runs(tmp_path).values()
    assert list(run) == [f"val/{number:03d}" for number in range(0, 2 * SHOWN, 2)]
    for tag, steps in run.items():
        assert steps[4].target == HELD_OUT.answers[int(tag[-3:])]


def test_a_validation_by_itself_is_logged(tmp_path):
    trainer, module = fit(tmp_path, [watching(log_dir=tmp_path / "own")])
    trainer.validate(module, DataLoader(HELD_OUT, batch_size=3), verbose=False)
    assert list(logged_runs(tmp_path / "own")["."][IDS[0]]) == [2, 4]


def test_names_may_come_from_the_batch(tmp_path):
    def ids(batch):
        return [f"label {label} of {number}" for number, label in enumerate(batch["labels"])]

    callback = VLLightningCallback(3, ids=ids, tag="seen")
    fit(tmp_path, [callback])
    assert len(logged_runs(tmp_path)["run"]) == 3
    assert all(tag.startswith("seen/label") for tag in logged_runs(tmp_path)["run"])


class Pair(nn.Module):
    """Two models, of which the second one is of interest."""

    def __init__(self):
        super().__init__()
        self.other, self.model = tiny_model(), tiny_model()

    def forward(self, **batch):
        self.other(**batch)
        return self.model(**batch)


def test_the_part_and_its_inputs_may_be_named(tmp_path):
    def collate(samples):
        return [torch.stack([sample[name] for sample in samples]) for name in samples[0]]

    def inputs(batch):
        names = ("input_ids", "visual_feats", "visual_pos", "labels")
        return dict(zip(names, batch, strict=True))

    def step(module, batch):
        return module.model(**inputs(batch)).loss

    module = answering(model=Pair(), step=step)
    callback = watching(inputs=inputs, model=lambda module: module.model.model)
    fit(tmp_path, [callback], module, collate=collate)
    assert list(logged_runs(tmp_path)["run"]) == IDS


def test_a_batch_without_names_is_explained(tmp_path):
    def collate(samples):
        return [torch.stack([sample[name] for sample in samples]) for name in samples[0]]

    def step(module, batch):
        names = ("input_ids", "visual_feats", "visual_pos", "labels")
        return module.model(**dict(zip(names, batch, strict=True))).loss

    with pytest.raises(InvalidExample, match=r"inputs of the model by name.*inputs=.*got list"):
        fit(tmp_path, [watching()], answering(step=step), collate=collate)


def test_a_validation_that_fails_leaves_the_model_as_it_was(tmp_path):
    def step(module, batch):
        module.model(**batch)
        if not module.trainer.sanity_checking:
            raise KeyError("no such answer")

    module = answering(step=step)
    before = [dict(part.__dict__) for part in module.model.modules()]
    with pytest.raises(KeyError, match="no such answer"):
        fit(tmp_path, [watching()], module)
    for part, attributes in zip(module.model.modules(), before, strict=True):
        assert part.__dict__.keys() == attributes.keys()
        assert not part._forward_hooks and not part._forward_pre_hooks


def test_a_model_that_cannot_be_traced_is_refused_before_training(tmp_path):
    with pytest.raises(UnknownModel):
        fit(tmp_path, [watching()], answering(model=nn.Linear(1, 1)))


def test_statistics_of_heads_are_logged_as_scalars_on_request(tmp_path):
    fit(tmp_path, [watching(head_scalars=HeadScalars("entropy", per="block"))])
    events = EventAccumulator(str(tmp_path / "run")).Reload()
    assert "val/heads/entropy/text_to_image" in events.Tags()["scalars"]
