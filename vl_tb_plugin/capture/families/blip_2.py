"""BLIP-2, InstructBLIP: queries that attend to a vision tower stand for the image in a prompt.

Sequences ``joint`` (the prompt: queries in the place of image tokens, and text), ``vision`` (class
token and patches), ``queries`` (the Q-Former's latents) and, where the language model has an
encoder and a decoder, ``decoder``. InstructBLIP's Q-Former reads the instruction, too: there its
self-attention runs over ``queries_and_text``; so it does for BLIP-2's image-text retrieval, which
has no language model. Each numbers its own layers:

=======================  ======================  ==============================================
block                    query -> key            layers
=======================  ======================  ==============================================
``language``             joint -> joint          of a language model that is a decoder alone
``encoder``              joint -> joint          of the language model's encoder
``decoder``              decoder -> decoder      of the language model's decoder
``decoder_to_encoder``   decoder -> joint        the same
``queries``              queries -> queries, or  of the Q-Former
                         queries_and_text
``queries_to_image``     queries -> vision       of the Q-Former, where it has cross-attention
``vision``               vision -> vision        of the vision tower
=======================  ======================  ==============================================

Retrieval without the matching head runs queries and text one after the other: the probability
between them is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, Part, SampleSequence
from vl_tb_plugin.capture.families.layer_stack import (
    BART_DECODER,
    BART_ENCODER,
    T5_DECODER,
    T5_ENCODER,
    LayerStack,
)
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.class_and_patches import class_and_patches
from vl_tb_plugin.capture.sequences.decoder_sequence import decoder_sequence
from vl_tb_plugin.capture.sequences.image_tokens import (
    ImageToken,
    image_places,
    image_sequence,
    prompt_with_images,
)
from vl_tb_plugin.capture.sequences.joined_sequence import joined
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.capture.sequences.text_tokens import text_modalities, token_strings
from vl_tb_plugin.example import TokenSequence

_TOWER = LayerStack("vision_model.encoder.layers.{layer}", "self_attn")
_QUERIES = LayerStack(
    "qformer.encoder.layer.{layer}", "attention.attention", "crossattention.attention"
)
_DECODERS_ALONE = (
    LayerStack("decoder.layers.{layer}", "self_attn", norm="decoder.final_layer_norm"),  # OPT
    LayerStack("layers.{layer}", "self_attn", norm="norm"),  # Llama, Vicuna
)
_ENCODERS = (T5_ENCODER, BART_ENCODER)
_DECODERS = (T5_DECODER, BART_DECODER)


@register("blip-2", "instructblip")
class Blip2:
    def structure(self, model: Any) -> Structure:
        joint, vision, queries, decoder = "joint", "vision", "queries", "decoder"
        readers, decoders = _language(model)
        language = "encoder" if decoders else "language"
        own = "queries_and_text" if _reads_text(model) else queries
        return Structure(
            attention=(
                *(one.attention(language, joint) for one in readers),
                *(one.attention(decoder, decoder) for one in decoders),
                *(one.cross("decoder_to_encoder", decoder, joint) for one in decoders),
                _QUERIES.attention("queries", own),
                _QUERIES.cross("queries_to_image", queries, vision),
                _TOWER.attention("vision", vision),
            ),
            hidden_states=(
                *(site for one in readers for site in one.hidden_states(model, joint)),
                *(site for one in decoders for site in one.hidden_states(model, decoder)),
                *_query_states(model),
                *_TOWER.hidden_states(model, vision),
            ),
            generated=decoder if decoders else joint,
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        if not hasattr(inputs.model, "language_model"):
            return _retrieval(inputs)
        names = ("input_ids", "inputs_embeds", "pixel_values")
        given = next(inputs.batch[name] for name in names if inputs.batch.get(name) is not None)
        first_image = 0
        samples: list[list[TokenSequence | SampleSequence]] = []
        for sample in range(len(given)):
            prompt, images = _prompt(inputs, sample)
            entries = range(first_image, first_image + images)
            first_image += images
            samples.append([prompt, *_decoder(inputs, sample), *_seen(inputs, sample, entries)])
        return samples


def _language(model: Any) -> tuple[tuple[LayerStack, ...], tuple[LayerStack, ...]]:
    """The stack that reads the prompt, and the decoder behind it, if that is another one."""
    if not hasattr(model, "language_model"):
        return (), ()
    alone = model.config.use_decoder_only_language_model
    readers = _present(model, _DECODERS_ALONE if alone else _ENCODERS)
    return readers, () if alone else _present(model, _DECODERS)


def _present(model: Any, stacks: tuple[LayerStack, ...]) -> tuple[LayerStack, ...]:
    inside = (stack.within("language_model") for stack in stacks)
    return tuple(stack for stack in inside if stack.is_part_of(model))[:1]


def _reads_text(model: Any) -> bool:
    """Whether the Q-Former is given text beside its queries."""
    return not hasattr(model, "language_model") or model.config.model_type == "instructblip"


def _query_states(model: Any) -> tuple[HiddenStateSite, ...]:
    if hasattr(model, "language_model"):
        sites = _QUERIES.hidden_states(model, "queries")
        both = _QUERIES.hidden_states(model, "queries_and_text") if _reads_text(model) else ()
        return (*sites, *both)
    # here a layer may run once for the queries and once for the text; this part only for the former
    return (HiddenStateSite(f"{_QUERIES.layer}.output_query", "queries", first_layer=1),)


def _prompt(inputs: ForwardInputs, sample: int) -> tuple[TokenSequence, int]:
    """The prompt of a sample, and how many images it has."""
    config = inputs.model.config
    queries = _latents(inputs)
    token = getattr(config, "image_token_index", None)
    if inputs.batch.get("input_ids") is None and inputs.batch.get("inputs_embeds") is None:
        # generate() without a prompt: the queries, then the token that begins a text
        start = [config.text_config.bos_token_id]
        begin = TokenSequence(token_strings(start, inputs.tokenizer), ["special"])
        return joined("joint", image_sequence(queries, "queries"), begin), 1
    text = text_sequence(inputs, sample, "joint")
    if token is None:  # older versions put the queries before the text
        return joined("joint", image_sequence(queries, "queries"), text), 1
    if inputs.batch.get("input_ids") is None:
        inputs.remarks.append("Image tokens among inputs_embeds can't be told from text.")
        return text, 1
    places = image_places(inputs, sample, token)
    images = len(places) // len(queries)
    return prompt_with_images(text, places, queries * images), images


def _decoder(inputs: ForwardInputs, sample: int) -> list[TokenSequence]:
    config = inputs.model.config
    if config.use_decoder_only_language_model:
        return []
    return [decoder_sequence(inputs, sample, config.text_config)]


def _seen(inputs: ForwardInputs, sample: int, entries: Sequence[int]) -> list[SampleSequence]:
    """What tower and Q-Former see of the images of a sample, image after image."""
    if inputs.batch.get("pixel_values") is None or not entries:
        return []
    latents = image_sequence(_latents(inputs) * len(entries), "queries")
    tower = [
        token for image in range(len(entries)) for token in _tower_tokens(inputs, sample, image)
    ]
    sequences = [
        SampleSequence(latents, entries),
        SampleSequence(image_sequence(tower, "vision"), entries),
    ]
    if inputs.batch.get("qformer_input_ids") is not None:
        own = image_sequence(_latents(inputs), "queries")
        both = [part for entry in entries for part in (own, _instruction(inputs, entry))]
        sequences.append(SampleSequence(joined("queries_and_text", *both), entries))
    return sequences


def _instruction(inputs: ForwardInputs, entry: int) -> TokenSequence:
    """What InstructBLIP's Q-Former reads behind its queries."""
    ids = inputs.batch["qformer_input_ids"][entry].tolist()
    mask = inputs.batch.get("qformer_attention_mask")
    admitted = [True] * len(ids) if mask is None else [bool(one) for one in mask[entry].tolist()]
    # words of the Q-Former's own vocabulary, which the tokenizer of the prompt does not know
    return TokenSequence(token_strings(ids, None), text_modalities(ids, admitted, None))


def _retrieval(inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
    """Image-text retrieval: queries and text through the same Q-Former."""
    ids, pixels = inputs.batch.get("input_ids"), inputs.batch.get("pixel_values")
    texts, images = (0 if one is None else len(one) for one in (ids, pixels))
    together = bool(inputs.batch.get("use_image_text_matching_head"))
    latents = image_sequence(_latents(inputs), "queries")
    count = len(latents)
    samples: list[list[TokenSequence | SampleSequence]] = []
    for sample in range(max(texts, images)):
        text, image = (sample if many > 1 else 0 for many in (texts, images))
        streams, parts, samples = [], [], [*samples, []]
        if image < images:
            streams, parts = [latents], [Part(image, range(count))]
            tower = image_sequence(_tower_tokens(inputs, sample, 0), "vision")
            samples[-1] += [SampleSequence(latents, [image]), SampleSequence(tower, [image])]
        if text < texts:
            read = _read_text(inputs, text, count if images else 0)
            before = sum(map(len, streams))
            places = range(before, before + len(read))
            # with the matching head, both are one entry; else the texts are a call of their own
            parts.append(Part(image, places, count) if together else Part(images + text, places))
            streams.append(read)
        both = joined("queries_and_text", *streams)
        samples[-1].append(SampleSequence(both, placements={"": parts}))
    return samples


def _read_text(inputs: ForwardInputs, sample: int, queries: int) -> TokenSequence:
    """What the Q-Former reads of ``input_ids``."""
    text = text_sequence(inputs, sample)
    if getattr(inputs.model.config, "image_token_index", None) is None:
        return text
    # the processor keeps places for the queries before the text: the model leaves them out
    return TokenSequence(text.tokens[queries:], text.modality[queries:])


def _latents(inputs: ForwardInputs) -> list[ImageToken]:
    count = inputs.model.config.num_query_tokens
    return [ImageToken(f"query {number}", "image") for number in range(count)]


def _tower_tokens(inputs: ForwardInputs, sample: int, image: int) -> list[ImageToken]:
    patch = inputs.model.config.vision_config.patch_size
    return class_and_patches(inputs, sample, patch, image=image)
