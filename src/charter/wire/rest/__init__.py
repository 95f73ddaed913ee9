"""REST over HTTP: RFC 9110 semantics, RFC 9457 problems, RFC 7396 patches, HAL."""
