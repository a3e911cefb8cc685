"""What can be set about a server: declared once, and read from a file, the environment and the command line."""
