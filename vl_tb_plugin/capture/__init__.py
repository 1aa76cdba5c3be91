"""Capture: attention probabilities and hidden states of a running transformers model.

==========================  ======================================================================
``trace``                   the public entry: ``with trace(model) as t`` ... ``t.examples(batch)``
``attention_watch``         runs the watched attention modules and collects what they compute
``function_sightings``      sees ``softmax`` and its kin inside a watched module
``interface_patch``         sees transformers' attention interface (flash, flex and other kernels)
``probabilities``           the arithmetic: float32, row chunks, masks
``attention_piece``         a rectangle of one sample's attention matrix
``forward_record``          what one forward pass left behind
``module_sites``            from the paths a family states to the modules of a model
``layout``                  token sequences that the user states
``sample_arrays``           cuts the record of a batch into the arrays of one sample
``per_sample_values``       checks the lists (predictions, targets ...) that come with a batch
``provenance``              how the arrays came to be
``sequences``               building blocks of token sequences: text, grids, image tokens
``families``                one small file per model structure, and the registry
==========================  ======================================================================

Importing this package imports nothing; its modules import torch.
"""
