"""Masks of detected objects from their maps of relevancy, and how precise they are.

Chefer, Gur, Wolf (ICCV 2021), section 4: a detector that was trained on boxes only knows where an
object is if the map of its query covers it. The map of each certain detection becomes a mask by
Otsu's threshold; the masks are judged like segmentations, by the average precision of COCO (Lin et
al., ECCV 2014), but from a low overlap on, since no map follows outlines.
"""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from vl_tb_plugin.analysis.grounding import above_otsu
from vl_tb_plugin.example import Measure

BoolArray = npt.NDArray[np.bool_]

IOU_THRESHOLDS: tuple[float, ...] = tuple(n / 100 for n in range(20, 100, 5))
"""0.2, 0.25 ... 0.95: overlaps from which on a mask counts as right; COCO begins at 0.5."""


@dataclass(frozen=True)
class Detection:
    """A query that found something.

    Attributes:
        query: its number.
        label: number of the class.
        score: probability of the class.
    """

    query: int
    label: int
    score: float


@dataclass(frozen=True, eq=False)
class ObjectMask:
    """Where an object is in an image.

    Attributes:
        mask: (height, width) of dtype bool.
        label: number of its class.
        score: of the detection; of no meaning for the truth.
    """

    mask: BoolArray
    label: int
    score: float = 1.0


def detections(logits: Any, threshold: float = 0.5) -> list[Detection]:
    """Queries whose most probable class, no-object left out, is more probable than a threshold.

    Args:
        logits: (queries, classes + 1) of one image, the last column no-object (DETR).
        threshold: of the probability by softmax over all columns.
    """
    probability, label = torch.as_tensor(logits).float().softmax(-1)[:, :-1].max(-1)
    chosen = (probability > threshold).nonzero().flatten().tolist()
    return [Detection(n, int(label[n]), float(probability[n])) for n in chosen]


def mask_of_map(scores: npt.ArrayLike, boxes: npt.ArrayLike, height: int, width: int) -> BoolArray:
    """Pixels of an image where a map is above Otsu's threshold.

    A pixel has the highest score of the tokens whose box holds its centre. To scale the map first
    (min-max, as published) would change nothing, see
    :func:`~vl_tb_plugin.analysis.grounding.above_otsu`.

    Args:
        scores: (tokens,), NaN for none.
        boxes: (tokens, 4) fractions of the image, NaN where a token has no place.
        height: of the image in pixels.
        width: of the image in pixels.

    Returns:
        (height, width); empty where the map is constant.
    """
    picture = np.full((height, width), np.nan)
    edges = np.asarray(boxes, np.float64) * [width, height, width, height]
    for score, box in zip(np.asarray(scores, np.float64), edges, strict=True):
        if not np.isnan(box).any():
            left, upper, right, lower = np.ceil(box - 0.5).astype(int).tolist()
            place = slice(upper, lower), slice(left, right)
            picture[place] = np.fmax(picture[place], score)
    return above_otsu(picture)


def mask_average_precision(
    found: Sequence[Sequence[ObjectMask]],
    truth: Sequence[Sequence[ObjectMask]],
    *,
    method: str = "relevancy",
    iou_thresholds: Sequence[float] = IOU_THRESHOLDS,
) -> Measure:
    """COCO's average precision of masks, mean over IoU thresholds and classes.

    Args:
        found: of each image, the masks of its detections; COCO counts the 100 with the highest
            scores.
        truth: of each image, the masks of its objects.
        method: whose maps they come from.
        iou_thresholds: overlaps from which on a mask counts as right.

    Returns:
        the measure ``detection_mask_ap``; NaN where there is no object at all.

    Raises:
        ImportError: if pycocotools is not installed.
        ValueError: if the numbers of images differ.
    """
    if len(found) != len(truth):
        raise ValueError(f"Detections in {len(found)} images, but objects in {len(truth)}.")
    coco, evaluation, codec = _pycocotools()
    value = float("nan")
    if any(truth):
        value = 0.0
    if any(truth) and any(found):
        with contextlib.redirect_stdout(io.StringIO()):  # it tells of every step
            known = coco()
            known.dataset = {
                "images": _images(truth, found),
                "categories": [{"id": label} for label in _labels(truth)],
                "annotations": _annotations(truth, codec),
            }
            known.createIndex()
            judged = evaluation(known, known.loadRes(_annotations(found, codec)), "segm")
            judged.params.iouThrs = np.asarray(iou_thresholds, np.float64)
            judged.evaluate()
            judged.accumulate()
        # (thresholds, recalls, classes, sizes of objects, most detections): all sizes, the most
        precision = judged.eval["precision"][:, :, :, 0, -1]
        value = float(precision[precision > -1].mean())
    return Measure("detection_mask_ap", value, method, samples=len(truth))


def _images(*objects: Sequence[Sequence[ObjectMask]]) -> list[dict[str, int]]:
    """Numbers of the images, from 1 on as in COCO, and their sizes in pixels."""
    images = []
    for number, lists in enumerate(zip(*objects, strict=True), start=1):
        shapes = [one.mask.shape for own in lists for one in own] or [(1, 1)]
        images.append({"id": number, "height": shapes[0][0], "width": shapes[0][1]})
    return images


def _labels(objects: Sequence[Sequence[ObjectMask]]) -> list[int]:
    return sorted({one.label for own in objects for one in own})


def _annotations(objects: Sequence[Sequence[ObjectMask]], codec: Any) -> list[dict[str, Any]]:
    """Objects as COCO describes them, numbers from 1 on."""
    annotations: list[dict[str, Any]] = []
    for image, own in enumerate(objects, start=1):
        for one in own:
            encoded = codec.encode(np.asfortranarray(one.mask, np.uint8))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": one.label,
                    "segmentation": encoded,
                    "area": float(one.mask.sum()),
                    "iscrowd": 0,
                    "score": one.score,
                }
            )
    return annotations


def _pycocotools() -> tuple[Any, Any, Any]:
    """The class of data, the class of evaluation and the module of masks."""
    try:
        data, evaluation, masks = (
            importlib.import_module(f"pycocotools.{name}") for name in ("coco", "cocoeval", "mask")
        )
    except ImportError as error:
        raise ImportError(
            "The average precision of masks is computed by pycocotools: pip install pycocotools"
        ) from error
    return data.COCO, evaluation.COCOeval, masks
