"""Decoders with images in their prompt: paddings, parts of models, tiles, what can't be told."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import (
    Idefics3ImageProcessorPil,
    LlavaNextImageProcessorPil,
    LlavaOnevisionImageProcessorPil,
)

from tests.capture.families import (
    any_resolution_decoders,
    resampled_image_decoders,
    row_end_decoders,
    tiled_vision_decoders,
    vision_prefix_decoders,
)
from tests.capture.family_case import spans
from tests.capture.tiny_models import TinyTokenizer
from vl_tb_plugin import InvalidExample, trace
from vl_tb_plugin.capture.families import ForwardInputs, find_family

MODULES = (
    vision_prefix_decoders,
    any_resolution_decoders,
    tiled_vision_decoders,
    row_end_decoders,
    resampled_image_decoders,
)
CASES = {case.name: case for module in MODULES for case in module.CASES}

each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@torch.no_grad()
def examples_of(model, batch, processor=None, **values):
    with trace(model, processor or TinyTokenizer()) as t:
        output = model(**batch)
    return t.examples(batch, output=output, **values)


def images(*sizes):
    """Noise of these (height, width)."""
    random = np.random.default_rng(0)
    return [random.random((*size, 3), np.float32) for size in sizes]


def moved(batch):
    """The batch with its padding on the other side."""
    given = dict(batch)
    for name in ("input_ids", "attention_mask", "token_type_ids"):
        if name not in batch:
            continue
        rows = []
        for row, mask in zip(batch[name], batch["attention_mask"], strict=True):
            real = row[mask.bool()]
            filling = row.new_zeros(len(row) - len(real))
            rows.append(torch.cat([real, filling] if mask[0] == 0 else [filling, real]))
        given[name] = torch.stack(rows)
    # a sample without padding tells no side
    shorter = int(batch["attention_mask"].sum(1).argmin())
    for name in given.keys() & {"input_ids", "attention_mask", "token_type_ids"}:
        for number in range(len(batch[name])):
            if number != shorter:
                given[name][number] = batch[name][number]
    return given


@each
def test_tokens_are_the_same_with_padding_on_the_other_side(case):
    model, batch = case.model(), case.batch()
    before, after = examples_of(model, batch), examples_of(model, moved(batch))
    for one, other in zip(before, after, strict=True):
        for sequence in one.sequences:
            again = other.sequence(sequence.name)
            real = sequence.positions("text", "image", "special")
            real_again = again.positions("text", "image", "special")
            assert np.array_equal(sequence.boxes[real], again.boxes[real_again], equal_nan=True)
            assert np.array_equal(sequence.image_index[real], again.image_index[real_again])
            names = [np.array(s.tokens)[r] for s, r in ((sequence, real), (again, real_again))]
            assert names[0].tolist() == names[1].tolist()
    assert before[1].sequence("joint").modality != after[1].sequence("joint").modality


@each
def test_text_alone_has_the_language_block_only(case):
    batch = {"input_ids": torch.tensor([[1, 5, 6], [1, 7, 8]])}
    batch["attention_mask"] = torch.ones_like(batch["input_ids"])
    for example in examples_of(case.model(), batch):
        assert [block.name for block in example.attention] == ["language"]
        assert spans(example.sequence("joint").modality) == "special 1, text 2"
        assert example.left_out == ()


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"Llama 4"}))  # it has no such model
def test_the_model_without_its_head_has_the_same_blocks(name):
    model, batch = CASES[name].model(), CASES[name].batch()
    whole, bare = examples_of(model, batch), examples_of(model.model, batch)
    for one, other in zip(whole, bare, strict=True):
        for block in one.attention:
            assert np.array_equal(block.probabilities, other.block(block.name).probabilities)


@each
def test_embeddings_instead_of_ids_are_a_remark(case):
    model, batch = case.model(), case.batch()
    states = model.get_input_embeddings()(batch["input_ids"].clamp(max=89))
    batch = {"inputs_embeds": states, "attention_mask": batch["attention_mask"]}
    example = examples_of(model, batch)[0]
    assert example.left_out == ("Image tokens are not marked: inputs_embeds does not tell where.",)
    assert len(example.sequence("joint")) == states.shape[1]


@each
def test_image_tokens_without_pixels_are_a_remark(case):
    model, batch = case.model(), case.batch()
    ids = {name: batch[name] for name in ("input_ids", "attention_mask")}
    example = examples_of(model, ids)[0]
    assert example.left_out == ("Image tokens have no places: the batch has no pixel_values.",)
    joint = example.sequence("joint")
    count = int((ids["input_ids"][0] == vision_prefix_decoders.IMAGE).sum())
    assert joint.modality.count("image") == count
    assert np.isnan(joint.boxes).all()


@pytest.mark.parametrize("name", ["Gemma 3", "LLaVA-NeXT", "Idefics2", "Idefics3", "Mistral 3"])
def test_with_fewer_images_than_the_prompt_has_none_has_a_place(name):
    case = CASES[name]
    first, second = examples_of(case.model(), case.batch(), images=[images((8, 8))] * 2)
    for sequence in first.sequences:
        assert np.isnan(sequence.boxes).all()
    assert "image" in first.sequence("joint").modality
    assert 0 in second.sequence("vision").image_index
    assert first.left_out == (
        "Sample 0 has 2 images in its prompt, 1 were given: its image tokens have no places.",
    )


@pytest.mark.parametrize("name", ["LLaVA-NeXT", "LLaVA-OneVision"])
def test_at_any_size_the_tokens_are_those_that_the_model_packs(name):
    model = CASES[name].model().model
    family = find_family(model)[2]
    packing = {"vision_feature_select_strategy": "default"}
    if name == "LLaVA-OneVision":
        packing = {"vision_aspect_ratio": model.config.vision_aspect_ratio}
    for height in range(8, 70, 7):
        for width in range(8, 200, 13):
            canvas = max(
                model.config.image_grid_pinpoints, key=lambda grid: _fit(height, width, *grid)
            )
            features = _places(height, width, *canvas)
            sizes, newline = torch.tensor([[height, width]]), torch.full((2,), torch.nan)
            (packed,), _ = model.pack_image_features(
                [features], sizes, image_newline=newline, **packing
            )
            batch = {"image_sizes": sizes, "pixel_values": torch.zeros(1, 1, 3, 16, 16)}
            (image,) = family.images(ForwardInputs(model, batch), 0, [], [0])
            ends = [token.name == "row end" for token in image.prompt]
            assert ends == packed.isnan().any(dim=-1).tolist()
            for token, (x, y) in zip(image.prompt, packed.tolist(), strict=True):
                x0, y0, x1, y1 = token.box
                if token.modality == "image":
                    rounding = 1 / min(height, width)
                    assert x0 - rounding <= x <= x1 + rounding
                    assert y0 - rounding <= y <= y1 + rounding
                elif token.name != "row end":
                    assert not (0.1 < x < 0.9 and 0.1 < y < 0.9)


def _fit(height, width, below, right):
    """How much of an image a canvas shows, and then how little it wastes."""
    scale = min(right / width, below / height)
    shows = min(int(width * scale) * int(height * scale), width * height)
    return shows, shows - below * right


def _places(height, width, below, right):
    """The middle (x, y) of 4 x 4 patches of the overview and of each 16 x 16 tile of a canvas, as
    fractions of the image in the middle of the canvas: (tiles, patches, 2)."""
    scale = min(right / width, below / height)
    y, x = torch.meshgrid(torch.arange(2, below, 4), torch.arange(2, right, 4), indexing="ij")
    x = (x - (right - width * scale) / 2) / (width * scale)
    y = (y - (below - height * scale) / 2) / (height * scale)
    tiles = torch.stack([x, y], dim=-1).unfold(0, 4, 4).unfold(1, 4, 4)
    overview = (torch.arange(4) + 0.5) / 4
    first = torch.stack(torch.meshgrid(overview, overview, indexing="xy"), dim=-1)
    return torch.cat([first.reshape(1, 16, 2), tiles.flatten(0, 1).flatten(2).transpose(1, 2)])


def gradient(height, width):
    """Red grows to the right, green downwards, both from 0 to 1."""
    y, x = np.mgrid[:height, :width] + 0.5
    return np.stack([x / width, y / height, np.ones((height, width))], -1).astype(np.float32)


PLAIN = {"do_rescale": False, "do_normalize": False, "do_convert_rgb": False}
PROCESSORS = {
    "LLaVA-NeXT": lambda: LlavaNextImageProcessorPil(
        image_grid_pinpoints=[[16, 32], [32, 16], [32, 32]],
        size={"shortest_edge": 16},
        crop_size={"height": 16, "width": 16},
        **PLAIN,
    ),
    "LLaVA-OneVision": lambda: LlavaOnevisionImageProcessorPil(
        image_grid_pinpoints=[[16, 16], [16, 32], [32, 32]],
        size={"height": 16, "width": 16},
        **PLAIN,
    ),
    "Idefics3": lambda: Idefics3ImageProcessorPil(
        size={"longest_edge": 96}, max_image_size={"longest_edge": 32}, **PLAIN
    ),
}


@pytest.mark.parametrize("name", PROCESSORS)
@pytest.mark.parametrize("size", [(20, 60), (64, 40), (30, 32)])
def test_tower_tokens_lie_where_the_processor_took_their_pixels(name, size):
    model = CASES[name].model()
    asked = {"return_row_col_info": True} if name == "Idefics3" else {}
    values = PROCESSORS[name]()([[gradient(*size)]], return_tensors="pt", **asked)
    family, inputs = find_family(model)[2], ForwardInputs(model, dict(values))
    count, places = len(family.lengths(inputs)), []
    if name == "Idefics3":  # what its processor writes into the prompt
        around, image = 94, [vision_prefix_decoders.IMAGE] * 4
        (((rows,),), ((columns,),)) = values["rows"], values["cols"]
        row = [around, 81, *image] * columns
        prompt = [*([*row, 96] * rows), around, 95, *image, around]
        places = [at for at, one in enumerate(prompt) if one == image[0]]
        inputs.batch["input_ids"] = torch.tensor([prompt])
    (image,) = family.images(inputs, 0, places, range(count))
    pixels = inputs.batch["pixel_values"].flatten(0, 1)
    patch = model.config.vision_config.patch_size
    means = torch.nn.functional.avg_pool2d(pixels[:, :2], patch).flatten(2).transpose(1, 2)
    tokens = [token for token in image.tower if token.name.rpartition(" ")[2] != "[CLS]"]
    assert len(tokens) == means[..., 0].numel()
    for token, (x, y) in zip(tokens, means.flatten(0, 1).tolist(), strict=True):
        x0, y0, x1, y1 = token.box
        whole = 0 < x0 < x1 < 1 and 0 < y0 < y1 < 1  # others may lie partly on a margin
        if token.modality == "image" and whole:
            assert x == pytest.approx((x0 + x1) / 2, abs=0.03)
            assert y == pytest.approx((y0 + y1) / 2, abs=0.03)


def test_tiles_one_below_the_other_are_told_from_tiles_side_by_side():
    case = CASES["InternVL"]
    batch = case.batch()
    pixels = batch["pixel_values"]
    picture = torch.cat([pixels[0], pixels[1]], dim=1)
    pixels[2] = torch.nn.functional.interpolate(picture[None], (32, 32), mode="area")[0]
    joint = examples_of(case.model(), batch)[0].sequence("joint")
    tile = joint.tokens.index("tile 1,0 patch 0,1")
    assert joint.boxes[tile].tolist() == [0.5, 0.5, 1, 0.75]


def test_what_fills_tiles_shows_nothing_of_the_image():
    case = CASES["Llama 4"]
    batch = case.batch()
    batch["pixel_values"][1, :, :, 16:] = -1  # the image takes three quarters of both tiles
    vision = examples_of(case.model(), batch)[0].sequence("vision")
    rows = [["image", "image", "special", "special"]] * 4
    assert spans(vision.modality[17:34]) == spans([*np.concatenate(rows), "special"])
    patch = vision.tokens.index("tile 0,0 patch 0,0")
    assert vision.boxes[patch].tolist() == pytest.approx([0, 0, 1 / 6, 1 / 4])


def test_quarters_of_an_image_lie_in_it():
    case = CASES["Idefics2"]
    around, image = 94, [vision_prefix_decoders.IMAGE] * 3
    prompt = [1, *[around, *image] * 5, around, 7]
    batch = {
        "input_ids": torch.tensor([prompt]),
        "attention_mask": torch.ones(1, len(prompt), dtype=torch.long),
        "pixel_values": torch.randn(1, 5, 3, 32, 32),
    }
    splitting = SimpleNamespace(do_image_splitting=True)
    processor = SimpleNamespace(tokenizer=TinyTokenizer(), image_processor=splitting)
    (example,) = examples_of(case.model(), batch, processor, images=[images((8, 8))])
    vision = example.sequence("vision")
    first_of_last_quarter = vision.tokens.index("tile 1,1 patch 0,0")
    assert vision.boxes[first_of_last_quarter].tolist() == [0.5, 0.5, 0.625, 0.625]
    assert vision.boxes[-1].tolist() == [0.75, 0.75, 1, 1]
    assert set(vision.image_index) == {0}
    assert example.left_out == ()


def test_tiles_whose_places_the_prompt_does_not_tell_count_as_images():
    case = CASES["Idefics3"]
    batch = case.batch()
    ids = batch["input_ids"]
    ids[0, ids[0] == 94] = 8  # nothing marks where an image ends
    ids[0, -1] = 7
    ids[0, (ids[0] == vision_prefix_decoders.IMAGE).nonzero()[-1] + 1] = 2
    example = examples_of(case.model(), batch)[0]
    assert set(example.sequence("vision").image_index) == {0, 1, 2, 3}


def test_frames_of_a_video_are_image_tokens_without_a_place():
    case = CASES["LLaVA-OneVision"]
    frame_tokens = 2 * math.ceil(4 / 2) ** 2 + 1
    ids = torch.tensor([[1, *[98] * frame_tokens, 5]])
    batch = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "pixel_values_videos": torch.randn(1, 2, 3, 16, 16),
    }
    (example,) = examples_of(case.model(), batch)
    assert spans(example.sequence("joint").modality) == "special 1, image 9, text 1"
    assert example.left_out == (
        "Frames of videos: their tokens have no box, the tower is not shown.",
    )


def test_too_few_image_tokens_are_an_error():
    case = CASES["LLaVA"]
    model, batch = case.model(), case.batch()
    ids = batch["input_ids"].clone()
    examples_of(model, batch)
    ids[0, 1] = 5
    family = find_family(model)[2]
    with pytest.raises(InvalidExample, match="16 image tokens in sample 0, as 1 images need"):
        family.sequences(ForwardInputs(model, batch | {"input_ids": ids}, TinyTokenizer()))
