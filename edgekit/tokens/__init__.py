"""Texts as token ids: :mod:`encoding` uses the tokenizer that the checkpoint was trained with, and
:mod:`portable` writes it in a form that an app reads without a library.
"""
