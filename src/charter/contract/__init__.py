"""The hub: a contract as frozen values. No I/O, no SQL, no word of any protocol."""
