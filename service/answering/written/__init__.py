"""Answers that a language model writes: asked, read, and let through statement by statement once proven."""
