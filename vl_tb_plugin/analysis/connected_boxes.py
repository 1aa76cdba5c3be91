"""Which boxes touch, and what hangs together: connected components of tokens in an image.

On a grid the tokens that touch are the eight neighbours; boxes of any other kind (regions, tiles of
two sizes) need no grid.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.intp]

_GAP = 1e-4
"""Boxes that are closer than this, in fractions of the image, touch: their edges are rounded."""

_AT_ONCE = 128
"""How many boxes are compared with the others at a time."""


def touching(boxes: npt.ArrayLike, image: npt.ArrayLike) -> IntArray:
    """(pairs, 2): the pairs of boxes of one image that overlap or touch, also at a corner.

    Args:
        boxes: (n, 4) ``x0, y0, x1, y1`` as fractions of the image.
        image: (n,) which image each lies in.
    """
    places, images = np.asarray(boxes, np.float64).reshape(-1, 4), np.asarray(image)
    # in the order of their upper edges, a box meets only those before the end of its lower edge
    order = np.lexsort((places[:, 1], images))
    places, images = places[order], images[order]
    found = [np.zeros((0, 2), np.intp)]
    for start in range(0, len(places), _AT_ONCE):
        own = np.arange(start, min(start + _AT_ONCE, len(places)))
        last = images == images[own[-1]]
        reach = places[own, 3].max() + _GAP if images[own[0]] == images[own[-1]] else np.inf
        end = np.flatnonzero(last)[0] + np.searchsorted(places[last, 1], reach, side="right")
        other = np.arange(start, max(end, own[-1] + 1))
        a, b = places[own][:, None], places[other][None, :]
        meet = (images[own][:, None] == images[other]) & (own[:, None] < other)
        meet &= (a[..., 0] <= b[..., 2] + _GAP) & (b[..., 0] <= a[..., 2] + _GAP)
        meet &= (a[..., 1] <= b[..., 3] + _GAP) & (b[..., 1] <= a[..., 3] + _GAP)
        one, two = np.nonzero(meet)
        found.append(np.stack([order[own[one]], order[other[two]]], axis=1))
    return np.concatenate(found)


def components(chosen: npt.NDArray[np.bool_], pairs: IntArray) -> IntArray:
    """Connected components of the chosen tokens of several maps.

    Args:
        chosen: (maps, tokens).
        pairs: (pairs, 2) tokens that touch.

    Returns:
        (maps, tokens): one and the same token of the component for all its members.
    """
    maps, tokens = chosen.shape
    number, which = np.nonzero(chosen[:, pairs[:, 0]] & chosen[:, pairs[:, 1]])
    ends = number[:, None] * tokens + pairs[which]
    label = np.arange(maps * tokens)
    while len(ends):
        # hang each tree below the smaller root that it touches, then shorten all ways to the root
        roots = label[ends]
        np.minimum.at(label, roots[:, 0], roots[:, 1])
        np.minimum.at(label, roots[:, 1], roots[:, 0])
        while not np.array_equal(label[label], label):
            label = label[label]
        ends = ends[label[ends[:, 0]] != label[ends[:, 1]]]
    inside: IntArray = label.reshape(maps, tokens) % tokens
    return inside
