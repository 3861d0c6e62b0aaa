"""Measures the whole: quality of retrieval and answers on evaluation sets, speed and memory of a service."""
