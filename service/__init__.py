"""A question comes in: it is answered from the archive, with quotes, through the command line and HTTP."""
