"""Benchmarks: what the program costs, measured on the machine at hand.

``make bench`` runs them all, prints a table and writes ``results/benchmarks.json``. A benchmark is
a module of :mod:`benchmarks.cases` with a function ``measure(repeats)`` that yields measurements; a
new one is one small file there.
"""
