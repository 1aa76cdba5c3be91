"""The TensorBoard plugin: lists manifests, reads slices of the stores, answers HTTP."""
