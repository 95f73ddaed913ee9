"""What leaves the service: letters."""
