"""The Slack face: what people write to the bot in, cited answers in their thread out."""
