"""Small worlds on a clock that is set by hand: an engine or a lab over a cloud in memory."""
