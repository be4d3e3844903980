"""A checkpoint: where it is, what its files say, and how it becomes a PyTorch model and an oracle.

:mod:`finding` and :mod:`source` look without importing torch, :mod:`checkpoint` loads,
:mod:`families` and :mod:`tasks` are the tables of what is known, and :mod:`oracle` asks PyTorch.
"""
