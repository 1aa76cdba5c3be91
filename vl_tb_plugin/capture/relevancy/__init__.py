"""Relevancy of a traced batch: a forward pass with gradients, reduced as they appear.

``observed_attention`` lets the gradient of attention probabilities be seen; ``gradient_pass`` runs
the model with it; ``contributions`` reduce what is seen, layer by layer; ``targets`` say what is
explained; ``batch_reading`` follows the rules of :mod:`vl_tb_plugin.analysis.relevancy` and reads
the scores; ``relevancy_maps`` runs it all for a ``relevancy_request``.
"""
