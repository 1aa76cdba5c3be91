"""Benchmarks. Each module runs alone (``python -m tests.benchmarks.logging_cost``) and prints a
table; nothing here is a timed test."""
