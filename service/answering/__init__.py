"""Question in, cited answer out; knows no HTTP and no Slack."""
