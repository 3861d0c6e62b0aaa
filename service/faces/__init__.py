"""Faces only translate: a request in, one question asked, the answer rendered."""
