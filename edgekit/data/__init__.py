"""Files of examples as rows of cells: :mod:`rows` reads them, :mod:`columns` says which column
is what, :mod:`labels` reads their labels. Serves evaluation and distillation.
"""
