"""Live changes: reads that go on, whatever protocol tells of them."""
