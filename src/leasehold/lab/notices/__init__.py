"""Tells people and programs outside what happened: by e-mail and by webhooks."""
