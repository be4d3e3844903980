"""Whether a file gives PyTorch's answers: tried when it is made, and again by ``edgekit verify``.

:mod:`probes` are what it is tried on, :mod:`trials` how it is fed, :mod:`reference` what it is held
against, and :mod:`compare` the one comparer; :mod:`prove` and :mod:`verify` are the two that ask.
"""
