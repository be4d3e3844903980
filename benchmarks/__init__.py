"""Latency, memory and energy of files, measured interleaved: behind ``edgekit bench`` and its like.

:mod:`spec` reads a suite, :mod:`prepare` makes its bundles, :mod:`bench` measures them in rounds on
one of the :mod:`devices`, and :mod:`results` keeps each :mod:`measurement` in a folder.
"""
