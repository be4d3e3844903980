"""From a PyTorch model to one graph of plain operators, which every converter reads.

:mod:`export` traces; :mod:`rewrites` and :mod:`decompositions` say in other words what phones do
not run, and :mod:`graph` is the result on disk.
"""
