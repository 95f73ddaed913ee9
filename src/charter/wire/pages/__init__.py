"""Pages for people: the API's documentation, and what each problem code means."""
