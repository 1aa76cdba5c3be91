"""How well a map of relevancy points at the evidence in an image, where that is known.

Common arguments:

- ``scores``: (tokens,) of one map, NaN for none;
- ``boxes``: (tokens, 4) ``x0, y0, x1, y1`` of the tokens as fractions of the image, NaN where a
  token has no place in it (text, class token, another image). Tokens without a score or a place do
  not count.
- ``truth``: the evidence, (n, 4) boxes of the same kind, or a mask (height, width) of dtype bool.

Every function returns NaN where no token counts or the evidence is empty.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.image_cells import ImageCells

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def pointing_game(scores: npt.ArrayLike, boxes: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """1 if the centre of the token with the highest score lies inside the evidence, else 0.

    Zhang et al., *Top-down Neural Attention by Excitation Backprop* (ECCV 2016), without its
    tolerance of 15 pixels. The edge belongs to a box. Of equal scores, the first token counts.
    """
    placed = _Placed(scores, boxes, truth)
    if placed.is_empty:
        return float("nan")
    x0, y0, x1, y1 = placed.boxes[placed.scores.argmax()]
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    if placed.mask is None:
        left, upper, right, lower = placed.truth_boxes.T
        return float(((left <= x) & (x <= right) & (upper <= y) & (y <= lower)).any())
    height, width = placed.mask.shape
    return float(placed.mask[min(int(y * height), height - 1), min(int(x * width), width - 1)])


def energy_inside(scores: npt.ArrayLike, boxes: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Share of the positive relevancy of image tokens that lies inside the evidence.

    ``sum_i relu(s_i) o_i / sum_i relu(s_i)`` with ``o_i`` the share of token ``i``'s box inside the
    evidence, as if relevancy were spread evenly over the box (the energy-based pointing game of
    Wang et al., *Score-CAM*, CVPR Workshops 2020, for tokens). NaN where no score is positive; a
    box without an area counts as outside.
    """
    placed = _Placed(scores, boxes, truth)
    positive = placed.scores.clip(0)
    if placed.is_empty or not positive.any():
        return float("nan")
    evidence = placed.cells.area * placed.evidence
    inside = np.array([evidence[placed.cells.within(box)].sum() for box in placed.boxes])
    area = np.array([placed.cells.area[placed.cells.within(box)].sum() for box in placed.boxes])
    overlap = np.divide(inside, area, out=np.zeros_like(inside), where=area > 0)
    weight = positive / positive.max()  # sums of huge scores could overflow
    return float(weight @ overlap / weight.sum())


def otsu_iou(scores: npt.ArrayLike, boxes: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Intersection over union of the evidence and the part of the image above Otsu's threshold.

    Where boxes of tokens overlap, the highest score counts; where there is none, the image is below
    the threshold and has no say in it. NaN where the map is constant.
    """
    placed = _Placed(scores, boxes, truth)
    if placed.is_empty:
        return float("nan")
    cells = placed.cells
    chosen = above_otsu(cells.highest(placed.scores, placed.boxes), cells.area)
    if not chosen.any():
        return float("nan")
    union = cells.area[chosen | placed.evidence].sum()
    return float(cells.area[chosen & placed.evidence].sum() / union)


def above_otsu(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> BoolArray:
    """Which values are above Otsu's threshold; of any shape, NaN is below and has no say.

    The threshold that splits the values in two classes with the largest variance between them,
    ``w0 w1 (m0 - m1)^2`` with the classes' weights and means (Otsu, *A Threshold Selection Method
    from Gray-Level Histograms*, IEEE Transactions on Systems, Man, and Cybernetics 1979, equation
    14). Each distinct value is a level of its own: there is no histogram, and so scaling the map
    (min-max, say) changes nothing. Of equally good thresholds the lowest counts. Nothing is above
    where all values are equal.

    Args:
        values: of a map.
        weights: of the same shape: how much each value counts, 1 unless given.
    """
    given = np.asarray(values, np.float64)
    counts = np.ones_like(given) if weights is None else np.asarray(weights, np.float64)
    counted = ~np.isnan(given) & (counts > 0)
    levels, level = np.unique(given[counted], return_inverse=True)
    if len(levels) < 2:
        return np.zeros(given.shape, bool)
    scaled = (levels - levels[0]) / (levels[-1] - levels[0])
    total = np.bincount(level, counts[counted])
    share = total / total.sum()
    below, moment = np.cumsum(share)[:-1], np.cumsum(share * scaled)[:-1]
    mean = float(share @ scaled)
    # w0 w1 (m0 - m1)^2 = (mean w0 - moment)^2 / (w0 w1), equation 18
    between = (mean * below - moment) ** 2 / (below * (1 - below))
    return np.nan_to_num(given, nan=-np.inf) > levels[between.argmax()]


class _Placed:
    """Tokens with a score and a place, and the evidence, of one map.

    Attributes:
        scores: (k,)
        boxes: (k, 4)
        truth_boxes: (n, 4), empty where the evidence is a mask.
        mask: (height, width), ``None`` where the evidence is boxes.
    """

    mask: BoolArray | None = None

    def __init__(self, scores: npt.ArrayLike, boxes: npt.ArrayLike, truth: npt.ArrayLike):
        values, places = np.asarray(scores, np.float64), np.asarray(boxes, np.float64)
        if values.ndim != 1 or places.shape != (len(values), 4):
            raise ValueError(
                f"Scores (tokens,) and boxes (tokens, 4) belong together, not {values.shape} and"
                f" {places.shape}."
            )
        counts = ~np.isnan(values) & ~np.isnan(places).any(axis=1)
        self.scores, self.boxes = values[counts], places[counts]
        given = np.asarray(truth)
        self.truth_boxes = np.zeros((0, 4))
        if given.dtype == bool:
            if given.ndim != 2:
                raise ValueError(f"A mask has the shape (height, width), not {given.shape}.")
            self.mask = given
        else:
            self.truth_boxes = given.astype(np.float64).reshape(-1, 4)

    @property
    def is_empty(self) -> bool:
        """Whether no token counts or there is no evidence."""
        evidence = len(self.truth_boxes) if self.mask is None else self.mask.any()
        return not len(self.scores) or not evidence

    @cached_property
    def cells(self) -> ImageCells:
        """The image along the edges of tokens and evidence."""
        shape = None if self.mask is None else (self.mask.shape[0], self.mask.shape[1])
        return ImageCells(np.concatenate([self.boxes, self.truth_boxes]), shape)

    @cached_property
    def evidence(self) -> BoolArray:
        """(rows, columns) of the cells that are evidence."""
        if self.mask is None:
            return self.cells.covered(self.truth_boxes)
        return self.cells.of_mask(self.mask)
