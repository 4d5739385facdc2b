"""What runs apart from the emulator's process: the keeper, and in each guest its init.

This package is imported twice: by the emulator, for the messages, and by a bare interpreter
(``python -I -S``) that must stay small because every guest is forked from it. So it takes
nothing but the standard library and msgspec, and its modules import each other relatively.
"""
