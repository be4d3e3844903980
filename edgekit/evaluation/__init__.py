"""Quality over labelled data: every artifact of a bundle against PyTorch, on the same examples.

:mod:`edgekit.data` reads the data, :mod:`ways` chooses a kind, which asks, records and judges;
:mod:`run` puts the artifacts through it, :mod:`report` is the result.
"""
