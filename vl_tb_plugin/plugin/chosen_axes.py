"""Axes that a person chose, from text to who belongs to them (http_api.md, *projection*).

``mean:<group>~<group>`` is the difference of the means of two groups, first minus second;
``token:<tag>|<sequence>|<position>`` the direction from the mean of all points to one token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.logged_samples import LoggedSample
from vl_tb_plugin.plugin.request import BadRequest

_GROUP = (
    "A group is conditions joined by commas: modality=image, correct=true, correct=false,"
    " field:<name>=<value>"
)


@dataclass(frozen=True)
class Group:
    """Points by modality and by what became of their example.

    Attributes:
        title: for a person.
        modality: index into ``MODALITIES``, None for all.
        correct: of the example at the step, None for either.
        fields: what the user's own fields must be, as text.
    """

    title: str
    modality: int | None
    correct: bool | None
    fields: Mapping[str, str]

    def takes(self, sample: LoggedSample) -> bool:
        """Whether the example belongs to it."""
        if self.correct is not None and sample.correct is not self.correct:
            return False
        return all(
            name in sample.fields and _text(sample.fields[name]) == value
            for name, value in self.fields.items()
        )


@dataclass(frozen=True)
class MeanDifference:
    """First minus second."""

    groups: tuple[Group, Group]

    @property
    def title(self) -> str:
        """Of the axis."""
        return f"{self.groups[0].title} minus {self.groups[1].title}"


@dataclass(frozen=True)
class TokenDirection:
    """From the mean of all points to a token."""

    tag: str
    sequence: str
    position: int


def chosen_axis(description: str) -> MeanDifference | TokenDirection:
    """The axis that a text describes; raises ``BadRequest``."""
    kind, _, rest = description.partition(":")
    if kind == "mean" and rest.count("~") == 1:
        first, second = rest.split("~")
        return MeanDifference((_group(first), _group(second)))
    parts = [unquote(part) for part in rest.split("|")]
    if kind == "token" and len(parts) == 3 and parts[2].isascii() and parts[2].isdigit():
        return TokenDirection(parts[0], parts[1], int(parts[2][:9]))
    raise BadRequest(
        "An axis must be mean:<group>~<group> or token:<tag>|<sequence>|<position>,"
        f" not {description!r}."
    )


def _group(text: str) -> Group:
    modality: int | None = None
    correct: bool | None = None
    fields: dict[str, str] = {}
    titles = []
    for condition in text.split(","):
        name, separator, value = (unquote(part) for part in condition.partition("="))
        if name == "modality" and value in MODALITIES:
            modality = MODALITIES.index(value)
            titles.append(value)
        elif name == "correct" and value in ("true", "false"):
            correct = value == "true"
            titles.append("correct" if correct else "wrong")
        elif name.startswith("field:") and separator:
            fields[name.removeprefix("field:")] = value
            titles.append(f"{name.removeprefix('field:')}: {value}")
        else:
            raise BadRequest(f"{_GROUP}; not {condition!r}.")
    return Group(", ".join(titles), modality, correct, fields)


def _text(value: float | str | bool) -> str:
    """As the page writes it: true and false, whole numbers without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
