"""How a model's weights are stored: schemes, which tensor gets which, and the arithmetic."""
