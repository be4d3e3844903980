"""A bundle used as an app uses it: tokenize, infer in the smallest bucket, post-process."""
