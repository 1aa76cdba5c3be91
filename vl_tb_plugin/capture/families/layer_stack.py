"""The layers of a transformer stack, by paths: what families with exchangeable stacks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite
from vl_tb_plugin.capture.module_sites import module_sites


@dataclass(frozen=True)
class LayerStack:
    """Where the layers of a stack are, and what is inside of each.

    Args:
        layer: path of a layer, as in :class:`AttentionSite`.
        self_attention: path of its self-attention within the layer.
        cross_attention: path of its cross-attention within the layer, if any.
        norm: path of the normalisation after the last layer, if any.
    """

    layer: str
    self_attention: str
    cross_attention: str = ""
    norm: str = ""

    def within(self, path: str) -> LayerStack:
        """The same stack inside a module, at any depth."""
        norm = f"{path}*.{self.norm}" if self.norm else ""
        return LayerStack(f"{path}*.{self.layer}", self.self_attention, self.cross_attention, norm)

    def attention(self, block: str, sequence: str) -> AttentionSite:
        """The self-attention of the stack."""
        return AttentionSite(f"{self.layer}.{self.self_attention}", block, sequence, sequence)

    def cross(self, block: str, sequence: str, key: str) -> AttentionSite:
        """The cross-attention of the stack."""
        return AttentionSite(f"{self.layer}.{self.cross_attention}", block, sequence, key)

    def is_part_of(self, model: Any) -> bool:
        """Whether ``model`` has such a stack."""
        return bool(module_sites(model, (HiddenStateSite(self.layer, ""),)))

    def hidden_states(self, model: Any, sequence: str) -> tuple[HiddenStateSite, ...]:
        """The inputs of all layers, then the result of the last one, normalised where ``model``
        does that, as in transformers' own ``hidden_states``."""
        layers = [
            entry.layer for entry in module_sites(model, (HiddenStateSite(self.layer, sequence),))
        ]
        if not layers:
            return ()
        depth = max(layers) + 1
        last = HiddenStateSite(self.norm, sequence, first_layer=depth)
        if not self.norm or not module_sites(model, (last,)):
            path = self.layer.format(layer=depth - 1)
            last = HiddenStateSite(path, sequence, first_layer=depth)
        return (HiddenStateSite(self.layer, sequence, at="input"), last)


BART_ENCODER = LayerStack("encoder.layers.{layer}", "self_attn", norm="encoder.layer_norm")
BART_DECODER = LayerStack(
    "decoder.layers.{layer}", "self_attn", "encoder_attn", "decoder.layer_norm"
)
T5_ENCODER = LayerStack(
    "encoder.block.{layer}", "layer.0.SelfAttention", norm="encoder.final_layer_norm"
)
T5_DECODER = LayerStack(
    "decoder.block.{layer}",
    "layer.0.SelfAttention",
    "layer.1.EncDecAttention",
    "decoder.final_layer_norm",
)
BERT = LayerStack("encoder.layer.{layer}", "attention.self", "crossattention.self")
GPT2 = LayerStack("h.{layer}", "attn", "crossattention", "ln_f")
