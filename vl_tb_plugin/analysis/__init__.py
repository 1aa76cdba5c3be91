"""Pure functions on arrays: what every number means. Knows nothing of files, HTTP or torch."""
