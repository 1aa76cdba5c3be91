"""The patches of one view, in a vision tower and merged in a prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vl_tb_plugin.capture.sequences.image_tokens import ImageToken
from vl_tb_plugin.capture.sequences.image_views import View, view_tokens


@dataclass(frozen=True)
class PatchGrid:
    """How a vision tower and a prompt divide a view.

    Attributes:
        rows: of the tower's patches.
        columns: of the tower's patches.
        merge: side of the squares of patches that are merged to one token of the prompt; what is
            left over at the right and lower edge is dropped.
        class_token: where in the tower's sequence it is, if it has one.
        keeps_class: whether it stands in the prompt, too.
    """

    rows: int
    columns: int
    merge: int = 1
    class_token: Literal["", "first", "last"] = ""
    keeps_class: bool = False

    @property
    def prompt_length(self) -> int:
        """Number of tokens of a view in the prompt."""
        squares = (self.rows // self.merge) * (self.columns // self.merge)
        return squares + int(bool(self.class_token) and self.keeps_class)

    def tower_tokens(self, view: View, image: int) -> list[ImageToken]:
        """The tower's tokens for a view of an image."""
        return self._with_class(view_tokens(view, image, self.rows, self.columns), view)

    def prompt_tokens(self, view: View, image: int) -> list[ImageToken]:
        """The tokens of a view in the prompt."""
        rows, columns = self.rows // self.merge, self.columns // self.merge
        x0, y0, x1, y1 = view.box
        right = x0 + (x1 - x0) * columns * self.merge / self.columns
        below = y0 + (y1 - y0) * rows * self.merge / self.rows
        tokens = view_tokens(View((x0, y0, right, below), view.label), image, rows, columns)
        return self._with_class(tokens, view) if self.keeps_class else tokens

    def _with_class(self, tokens: list[ImageToken], view: View) -> list[ImageToken]:
        own = [ImageToken(f"{view.label} [CLS]".lstrip())] if self.class_token else []
        return tokens + own if self.class_token == "last" else own + tokens
