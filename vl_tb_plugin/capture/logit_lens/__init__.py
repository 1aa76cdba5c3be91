"""The logit lens: what the output head of a model reads in the hidden states of every layer.

The states of all layers are kept as they are while the model runs, and read when the examples are
asked for: only then is it known what the model says in the end. They are read layer by layer, a
few tokens at a time, on the device of the head: a large vocabulary is never there for all tokens.
What the head makes of the last layer is compared with the logits that the model gave; where they
differ, nothing is logged, and the example says so.
"""
