"""Capture: attention probabilities and hidden states of a running transformers model.

==========================  ======================================================================
``trace``                   the public entry: ``with trace(model) as t`` ... ``t.examples(batch)``
``capture_policy``          what of a forward pass is kept
``families``                one small file per model structure, and the registry
``sequences``               building blocks of token sequences: text, grids, image tokens
``module_sites``            from the paths a family states to the modules of a model
``attention_watch``         runs the watched attention modules and collects what they compute
``function_sightings``      sees ``softmax`` and its kin inside a watched module
``interface_patch``         sees transformers' attention interface (flash, flex and other kernels)
``seen_attention``          the arithmetic: probabilities in float32, part by part, on demand
``layout``                  token sequences that the user states, or the family makes
``batch_layout``            which tokens an entry of the batch axis holds
``generation``              how far a ``generate()`` has come
``row_choice``              which query rows are kept, within the bytes an example may have
``kept_attention``          what is kept of one layer: sums for statistics, encoded weights
``packed_probabilities``    encoded weights, compressed until the end of the pass
``kept_hidden_states``      the hidden states that are kept
``forward_record``          what one forward pass, or one ``generate()``, left behind
``sample_attention``        the attention blocks of one sample
``per_sample_values``       checks the lists (predictions, targets ...) that come with a batch
``provenance``              how the arrays came to be
==========================  ======================================================================

Importing this package imports nothing; its modules import torch.
"""
