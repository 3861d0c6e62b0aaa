"""What indexing writes and the service reads: articles, passages and their vectors, kept in Qdrant."""
