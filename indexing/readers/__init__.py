"""One reader a format: bytes or HTML in, an Extracted text with what the file says about itself out."""
