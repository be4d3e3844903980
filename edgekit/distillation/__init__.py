"""A smaller student of a teacher, after DistilBERT (Sanh et al. 2019, arXiv 1910.01108).

:mod:`plan` checks a :mod:`request`, :mod:`loading` makes teacher, student and examples of it,
:mod:`training` is the loop, :mod:`outcome` compares, and :mod:`run` is the way through.
"""
