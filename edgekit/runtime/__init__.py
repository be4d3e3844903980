"""Files opened on this machine, in what runs them on a phone: :mod:`table` has a row for each.

:mod:`session` says what an opened file offers, and :mod:`feeding` how any is fed.
"""
