"""Tables that are there already: read as if they were Charter's, written in their own forms."""
