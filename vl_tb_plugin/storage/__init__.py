"""What is kept of an example: a manifest in the event file, the arrays in a file per step."""
