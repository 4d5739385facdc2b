"""Reads user-data as cloud-init does and says what a guest has to do. No I/O here."""
