"""A package, so that fixtures of that scope end with it: Playwright's event loop must be gone for other tests."""
